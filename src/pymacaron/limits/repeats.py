"""`x-idempotent`: a request that comes again with the same Idempotency-Key gets the same answer, and its work is done
once (draft-ietf-httpapi-idempotency-key-header).

The key is taken in the store before the function is called, and the answer kept there, for all processes and machines
that share the store. What becomes of a key:

    not known        the function is called; its answer is kept for `idempotency_seconds`
    being worked on  409 REQUEST_IN_PROGRESS, with Retry-After
    answered         the answer that was kept, with `Idempotency-Replayed: true`
    another request  422 IDEMPOTENCY_KEY_REUSED

An answer of 5xx, an unexpected exception, and a request that was refused before its function was called free the key:
the caller may try again. So does the end of a process in the middle of the work, half a minute later: whether the work
was done then, nobody can know. A function that runs on after its 504 (`x-timeout-ms`) has its key until it ends.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from contextlib import ExitStack, suppress
from hashlib import blake2b
from time import time
from typing import Any, NamedTuple

import msgspec

from pymacaron._types import HeaderList, JsonObject
from pymacaron.calls import Identity
from pymacaron.exceptions import (
    BadRequestError,
    ConditionFailedError,
    DeadlineExceededError,
    ItemTooLargeError,
    PyMacaronException,
    ServiceUnavailableError,
    TableMissingError,
)
from pymacaron.messages import Request, Response
from pymacaron.operations import Operation
from pymacaron.stores import ABSENT, Attribute, Item, Store, Table, When, get_store, unchanged
from pymacaron.stores.deadlines import unhurried

from .prints import Reread, print_of
from .renewing import Insisting, Renewing
from .working import Work, current_work

log = logging.getLogger(__name__)
KEY = "x-idempotent"
HEADER = "idempotency-key"
TABLE = Table("pymacaron-requests", Attribute("key"))
LEASE = 30.0  # seconds for which a key is taken; renewed while the work goes on
_AGAIN, _INSISTING = 1.0, 300.0  # seconds: how often, and for how long a store that is away is tried again
_UNKEPT, _UNFREED = 32 << 20, 1000  # bytes of answers that wait for it, and keys that do
_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")
_REPLAYED = ("Idempotency-Replayed", "true")


class RequestInProgressError(PyMacaronException):
    """The request with this key is being answered just now."""

    code, status = "REQUEST_IN_PROGRESS", 409
    headers = (("Retry-After", "1"),)


class KeyReusedError(PyMacaronException):
    """The key has come with another request."""

    code, status = "IDEMPOTENCY_KEY_REUSED", 422


class AnswerNotKeptError(PyMacaronException):
    """The work was done, and its answer was a stream, or larger than the store keeps."""

    code, status = "ANSWER_NOT_KEPT", 409


class _RepeatedError(PyMacaronException):
    """The error that a function has raised when the request first came."""

    def __init__(self, kept: JsonObject) -> None:
        body = kept["error"]
        super().__init__(body.get("error_description", ""), body.get("user_message"), body.get("error_id"))
        self.code, self.status, self._body = kept["code"], kept["status"], body
        self.headers = (*((name, text) for name, text in kept["headers"]), _REPLAYED)

    def to_json(self) -> JsonObject:
        return {**self._body}


class Reading(NamedTuple):
    """How what a service answers is read, to be kept.

    Attributes:
        response: an answer as a response that is all there; None if it cannot be kept.
        error: an exception as one of ours.
        limit: bytes of a body that are compared; longer ones the endpoint refuses.
    """

    response: Callable[[Any], Response | None]
    error: Callable[[BaseException], PyMacaronException]
    limit: int | None

    def answer(self, answer: Any) -> JsonObject | None:
        """What to keep of an answer; {} where it cannot be kept, None where the request may come again."""
        response = self.response(answer)
        if response is None:
            return {}
        kept = {"status": response.status, "headers": response.headers, "body": response.body}
        return kept if response.status < 500 else None

    def raised(self, raised: Exception) -> JsonObject | None:
        """Likewise of what the function has raised; flask.abort(response) raises its answer."""
        aborted = getattr(raised, "response", None)
        if aborted is not None and hasattr(raised, "get_response"):  # Werkzeug's HTTPException
            return self.answer(aborted)
        error = self.error(raised)
        if error.status >= 500:
            return None
        headers = error.response_headers()
        return {"code": error.code, "status": error.status, "error": error.to_json(), "headers": headers}


class Repeats:
    """The requests of a service that have come with a key, and what was answered.

    Args:
        seconds: for which an answer is kept.
        store: asked for at each use.
    """

    def __init__(
        self, seconds: float, store: Callable[[], Store] = get_store, clock: Callable[[], float] = time
    ) -> None:
        self._seconds, self._store, self._clock = seconds, store, clock
        self._renewing = Renewing(self._renew, LEASE / 3)
        self._insisting = Insisting(_AGAIN, _INSISTING, _UNKEPT)
        self._freeing = Insisting(_AGAIN, LEASE, _UNFREED)

    def answer(
        self, operation: Operation, request: Request, identity: Identity, work: Callable[[Request], Any],
        reading: Reading,
    ) -> Any:  # fmt: skip
        """What `work` answers, or what it answered when the request first came.

        Raises:
            BadRequestError: the key is none.
            RequestInProgressError, KeyReusedError, AnswerNotKeptError: as their names say.
            Exception: what `work` raises, or raised then.
        """
        key = request.headers.get(HEADER)
        if key is None:
            return work(request)
        if not _KEY.fullmatch(key):
            raise BadRequestError("The Idempotency-Key has to be 1 to 255 printable ASCII characters")
        name = _name(operation, identity, request, key)
        try:
            claim = self._take({"key": name, "print": print_of(request, reading.limit)})
            if claim["done"]:
                return _again(claim)
            return self._worked(claim, lambda: work(request), reading)
        finally:
            if isinstance(request.body, Reread):
                request.body.close()

    def _take(self, wanted: Item) -> Item:
        """The key's item: ours from now on, or done."""
        while True:
            taken = {**wanted, "claim": os.urandom(9), "until": self._clock() + LEASE, "done": False}
            found = self._begun(taken)
            if found is None:
                return taken
            if found["print"] != wanted["print"]:
                raise KeyReusedError("This Idempotency-Key was used for another request; send a new one")
            if found["done"]:
                return found
            if found["until"] > self._clock():
                raise RequestInProgressError("The request with this Idempotency-Key is still being answered")
            if self._put(taken, unchanged(found)) is None:
                return taken

    def _begun(self, taken: Item) -> Item | None:
        """Take a key; the item that is there if somebody has it. Nobody keeps one that the store has taken although it
        could not say so."""
        try:
            return self._put(taken, ABSENT)
        except (ServiceUnavailableError, DeadlineExceededError):
            self._freeing.on(lambda: self._free(taken), 1)
            raise

    def _put(self, item: Item, when: When) -> Item | None:
        """Write an item; the one that is there if it does not meet the condition."""
        store = self._store()
        while True:
            try:
                store.put(TABLE, item, when=when, expires=self._clock() + self._seconds)
            except TableMissingError:
                store.create_table(TABLE)
            except ConditionFailedError:
                found = store.get(TABLE, item["key"])
                if found is not None:
                    return found
                when = ABSENT  # it has expired, or was freed, in between
            else:
                return None

    def _worked(self, claim: Item, work: Callable[[], Any], reading: Reading) -> Any:
        noted, renewed = Work(), ExitStack()
        renewed.enter_context(self._renewing.of(claim))

        def end(kept: JsonObject | None) -> None:
            renewed.close()
            unhurried().run(self._end, claim, kept)

        outer = current_work.set(noted)
        kept: JsonObject | None = None
        try:
            answer = work()
            kept = reading.answer(answer)
        except Exception as raised:
            if noted.begun:
                kept = reading.raised(raised)
            raise
        finally:
            current_work.reset(outer)
            if not noted.outlasts(end):
                end(kept)
        return answer

    def _end(self, claim: Item, kept: JsonObject | None) -> None:
        """Keep what was answered; free the key if that is None. The work is done: its answer is sent in any case, and
        a store that is away gets it as soon as it is back."""
        if kept is None:
            self._let_go(claim)
            return
        item = {**claim, "done": True, "kept": msgspec.msgpack.encode(kept)}
        try:
            self._keep(item)
        except PyMacaronException as error:
            fact = "the answer to an Idempotency-Key could not be kept; it is tried again: %s"
            if not self._insisting.on(lambda: self._keep(item), len(item["kept"])):
                fact = f"the answer to an Idempotency-Key could not be kept; in {LEASE:.0f} s it is free again: %s"
            log.error(fact, error)

    def _let_go(self, claim: Item) -> None:
        """Free a key, or as soon as the store is back; its lease ends by itself."""
        try:
            self._free(claim)
        except PyMacaronException as error:
            log.warning("an Idempotency-Key could not be freed; in %.0f s it is: %s", LEASE, error)
            self._freeing.on(lambda: self._free(claim), 1)

    def _free(self, claim: Item) -> None:
        with suppress(ConditionFailedError):  # as below
            self._store().delete(TABLE, claim["key"], when=_ours(claim))

    def _keep(self, item: Item) -> None:
        with suppress(ConditionFailedError):  # the claim was lost, to somebody who took this process for dead
            try:
                self._put(item, _ours(item))
            except ItemTooLargeError:
                self._put({**item, "kept": msgspec.msgpack.encode({})}, _ours(item))

    def _renew(self, claim: Item) -> None:
        self._store().update(TABLE, claim["key"], set={"until": self._clock() + LEASE}, when=_ours(claim))


def _ours(claim: Item) -> When:
    return When(equal={"claim": claim["claim"]})


def _name(operation: Operation, identity: Identity, request: Request, key: str) -> str:
    """Keys are their callers' own, and each operation's own; hashed, since they may be secret. Where nobody is known by
    name, as before functions that ask for credentials themselves, a caller is what he sends of these."""
    if identity.user is not None:
        who = f"{identity.data.get('iss', '')} {identity.user}"
    else:
        who = "\1".join(request.headers.get(name) or "" for name in ("authorization", "cookie"))
    parts = (operation.api, operation.title, who, key)
    return blake2b("\0".join(parts).encode(), digest_size=24).hexdigest()


def _again(item: Item) -> Response:
    """The answer that was kept.

    Raises:
        PyMacaronException: it was an error, or was not kept.
    """
    kept: JsonObject = msgspec.msgpack.decode(item["kept"])
    if not kept:
        raise AnswerNotKeptError("This request was answered before, but its answer could not be stored")
    if "error" in kept:
        raise _RepeatedError(kept)
    headers: HeaderList = [(name, text) for name, text in kept["headers"]]
    return Response(kept["status"], [*headers, _REPLAYED], kept["body"])
