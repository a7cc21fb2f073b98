"""Operations that take long (`x-async`): the request fires a task, and is answered at once with where to ask for it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from time import time
from typing import Any

import msgspec

from pymacaron._types import Handler, Json, JsonObject
from pymacaron.auth.acting import identity
from pymacaron.calls import current
from pymacaron.config import get_config
from pymacaron.endpoints import Bound, admit
from pymacaron.exceptions import BindingError, Finding, NotFoundError, OperationEndedError, StartError
from pymacaron.messages import Response
from pymacaron.operations import Operation

from .declared import Options, Task
from .standing import CANCELLED, DONE, ENDED, FAILED, LONGEST, QUEUED, failure_error, new_standing, standings
from .travelling import unpack

KEY = "x-async"
PATH = "/operations"
_ALLOWED = ("max_seconds", "max_retries", "backoff", "queue")
_SOON, _RARELY = 1, 10  # seconds until it is worth while to ask again, for what began just now and long ago


class LongOperations:
    """The operations of a service that take long.

    Args:
        reply: makes what the web framework sends.
        root: the path that the application is at, for the one who asks.
    """

    def __init__(self, reply: Callable[[Response], Any], root: Callable[[], str]) -> None:
        self._reply, self._root = reply, root
        self.endpoints: dict[str, Bound] = {}

    def deferred(self, operation: Operation, function: Handler) -> Handler:
        """What answers an operation: its function, or what fires a task that calls it.

        Raises:
            BindingError: x-async says what a task cannot be told.
        """
        said = operation.extensions.get(KEY)
        if not said:
            return function
        task = LongTask(function, _options(operation, said), operation)

        def fire(*args: Any, **kwargs: Any) -> Any:
            return self._accepted(task, args, kwargs)

        return fire

    def _accepted(self, task: LongTask, args: Any, kwargs: Any) -> Any:
        task_id = os.urandom(16).hex()
        begun = {"operation": task.name, "who": _who(), "created": time()}
        standings().note(task_id, new_standing(QUEUED))
        standings().keep(f"operation:{task_id}", msgspec.json.encode(begun).decode(), LONGEST)
        try:
            task.fire_as(task_id, args, kwargs)
        except BaseException:
            standings().release(f"operation:{task_id}")
            raise
        return self._status(202, self._told(task_id, begun, {"state": QUEUED}))

    def of(self, task_id: str) -> tuple[JsonObject, JsonObject]:
        """What is known of an operation that this caller has begun, and how it stands.

        Raises:
            NotFoundError: he has begun no such operation.
            PyMacaronException: what the operation itself says to callers without its credentials.
        """
        kept = standings().kept(f"operation:{task_id}")
        begun: JsonObject = {} if kept is None else msgspec.json.decode(kept)
        endpoint = self.endpoints.get(begun.get("operation", ""))
        call = current.get()
        if endpoint is not None and endpoint.guard is not None and call is not None:
            admit(endpoint.guard, call.request, call)
        standing = standings().of(task_id)
        is_known = "at" in standing  # how one has ended is forgotten before that it was begun
        if endpoint is None or not is_known or begun.get("who") != _who():
            raise NotFoundError("You have no operation with this id")
        return begun, standing

    def status(self, task_id: str, status: int = 200) -> Any:
        begun, standing = self.of(task_id)
        return self._status(status, self._told(task_id, begun, standing))

    def result(self, task_id: str) -> Any:
        """The answer of the operation itself."""
        begun, standing = self.of(task_id)
        if standing["state"] not in ENDED:
            return self._status(202, self._told(task_id, begun, standing))
        if standing["state"] != DONE:
            raise failure_error(standing)
        call = current.get()
        assert call is not None, "this function can only be called in an operation"
        answer = self.endpoints[begun["operation"]].answer(call.request, unpack(standing["result"]))
        return self._reply(answer) if isinstance(answer, Response) else answer

    def cancel(self, task_id: str) -> Any:
        begun, standing = self.of(task_id)
        if standing["state"] in {DONE, FAILED}:
            raise OperationEndedError(f"The operation is {standing['state']} already")
        if standing["state"] != CANCELLED:
            standings().stop(task_id)
        return self._status(202, self._told(task_id, begun, standings().of(task_id)))

    def _told(self, task_id: str, begun: JsonObject, standing: JsonObject) -> JsonObject:
        told: JsonObject = {
            "id": task_id, "operation": begun["operation"], "state": standing["state"],
            "created": datetime.fromtimestamp(begun["created"], UTC).isoformat(timespec="milliseconds"),
            "location": f"{self._root()}{PATH}/{task_id}",
        }  # fmt: skip
        if standing["state"] == DONE:
            told["result"] = f"{told['location']}/result"
        elif standing["state"] == FAILED:
            told["error"] = failure_error(standing).to_json()
        return told

    def _status(self, status: int, told: JsonObject) -> Any:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Location", told["location"])]
        if told["state"] not in ENDED:
            age = time() - datetime.fromisoformat(told["created"]).timestamp()
            headers.append(("Retry-After", str(_SOON if age < 60 else _RARELY)))
        return self._reply(Response(status, headers, msgspec.json.encode(told)))


class LongTask(Task[..., Any]):
    """A task that is an operation of a document."""

    def __init__(self, function: Handler, options: Options, operation: Operation) -> None:
        super().__init__(function, options, f"{operation.api}.{operation.name}")
        self.operation = operation


def _who() -> list[object]:
    """The caller. Two issuers of tokens may each have a user of one name."""
    who = identity()
    return [who.user, who.data.get("iss")]


def _options(operation: Operation, said: Json) -> Options:
    given: Mapping[str, Any] = said if isinstance(said, dict) else {}
    try:
        for name in given:
            if name not in _ALLOWED:
                raise ValueError(f"there is no {name!r} here, but {', '.join(_ALLOWED)}")
        return Options(**given)
    except (TypeError, ValueError) as error:
        raise BindingError([Finding(operation.title, KEY, str(error))]) from None


def check(operations: Iterable[Operation]) -> None:
    """
    Raises:
        StartError: operations take long, and there are no tasks; or one has the path of a resource that it needs.
    """
    operations = list(operations)
    long = next(operation.title for operation in operations if operation.extensions.get(KEY))
    if not get_config().with_async:
        cure = "write `with_async: true` into pym-config.yaml, and install pymacaron[async]"
        raise StartError(f"{KEY} of {long} needs tasks, and they are off; {cure}")
    taken = next((one.title for one in operations if re.fullmatch(PATH + "/{[^/]*}(/result)?", one.path)), None)
    if taken is not None:
        raise StartError(f"{KEY} of {long} needs {PATH}/{{operation_id}} and what is below it, which {taken} has")


_service: list[LongOperations] = []  # of this process; at most one


def begin(reply: Callable[[Response], Any], root: Callable[[], str]) -> LongOperations:
    """The long operations of a service that starts; see there."""
    _service[:] = [LongOperations(reply, root)]
    return _service[0]


def the_service() -> LongOperations:
    return _service[0]
