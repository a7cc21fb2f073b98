"""The client of boto3, one for each process, and what it raises as errors of ours."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf
from random import uniform
from typing import Any

from pymacaron.config import get_config, reveal
from pymacaron.exceptions import (
    ItemRefusedError,
    ItemTooLargeError,
    PyMacaronException,
    StartError,
    StoreDownError,
    StoreThrottledError,
    TableMissingError,
)
from pymacaron.stores.deadlines import deadline, left, too_late

try:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.retries.standard import register_retry_handler
    from urllib3 import Timeout
except ImportError:
    raise StartError("a store in DynamoDB needs boto3: pip install 'pymacaron[aws]'") from None

__all__ = ["ClientError", "Connection", "code_of", "is_throttling", "pause", "refused"]

_THROTTLED = frozenset((
    "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "LimitExceededException",
    "TransactionInProgressException", "TransactionConflictException", "ProvisionedThroughputExceeded",
    "ThrottlingError",
    "TransactionConflict",
))  # fmt: skip
_PATIENCE = 10.0  # seconds for one action, with all its attempts; a deadline that is nearer counts
_RETRYING = ("needs-retry.dynamodb", "retry-config-dynamodb")  # where botocore asks itself whether to try again
_ATTEMPTS = 10  # of what another write is in the way of, and of the rest of a batch
OPTIONS: dict[str, Any] = {
    "retries": {"mode": "standard", "max_attempts": 5}, "connect_timeout": 3, "read_timeout": 8,
    "max_pool_connections": 50,
}  # fmt: skip


class _Patience(Timeout):
    """How long one attempt may take; asked for at each.

    Args:
        left: seconds that are left of its action.
    """

    def __init__(self, left: Callable[[], float], **seconds: float) -> None:
        super().__init__(**seconds)
        self._left = left

    def clone(self) -> Timeout:
        return Timeout(total=max(self._left(), 0.001), connect=self._connect, read=self._read)


class Connection:
    """Calls of DynamoDB. They keep to the deadline of the call that they are made for.

    Args:
        region: such as eu-west-1.
        endpoint: the URL of another server; None: Amazon's, or what $AWS_ENDPOINT_URL says.
    """

    def __init__(self, region: str, endpoint: str | None) -> None:
        self.place = f"dynamodb://{region}" + (f" at {endpoint}" if endpoint else "")
        self._region, self._endpoint = region, endpoint
        self._lock = threading.Lock()
        self._client: tuple[int, Any] = (0, None)
        self._sent = threading.local()

    @property
    def is_in_doubt(self) -> bool:
        """Has the last call of this thread been sent more than once, and may an earlier one have been done?"""
        return bool(getattr(self._sent, "unanswered", False))

    def _left(self) -> float:
        """Seconds that are left of the action of this thread, and of its call."""
        return left(getattr(self._sent, "until", inf) - time.monotonic())

    def _note(self, response: Any, caught_exception: Any = None, **_: Any) -> None:
        """An attempt has ended: with an answer, and its status, or without."""
        if caught_exception is not None or response is None or response[0].status_code >= 500:
            self._sent.unanswered = True

    @property
    def client(self) -> Any:
        """The client of this process; a child does not use its parent's connections."""
        pid, client = self._client
        if pid != os.getpid():
            with self._lock:
                pid, client = self._client
                if pid != os.getpid():
                    client = self._made()
                    self._client = (os.getpid(), client)
        return client

    def _made(self) -> Any:
        session = Session()
        keys = self._credentials() if session.get_credentials() is None else {}
        made = session.client(
            "dynamodb", region_name=self._region, endpoint_url=self._endpoint, config=Config(**OPTIONS), **keys
        )
        self._hurry(made)
        made.meta.events.register(_RETRYING[0], self._note)
        return made

    def _hurry(self, client: Any) -> None:
        """Let the attempts of a client end when their time is over, and none begin after it. There are no settings for
        that: where a botocore is built otherwise, attempts take as long as OPTIONS say."""
        options = client.meta.config
        with suppress(AttributeError):
            session = client._endpoint.http_session
            patience = _Patience(self._left, connect=options.connect_timeout, read=options.read_timeout)
            session._timeout = session._manager.connection_pool_kw["timeout"] = patience
        events, (event, name) = client.meta.events, _RETRYING
        events.unregister(event, unique_id=name)
        handler = register_retry_handler(client, options.retries["total_max_attempts"])
        events.unregister(event, unique_id=name)  # for that to be asked by us alone

        def again(**given: Any) -> float | None:
            pause: float | None = handler.needs_retry(**given)
            return None if pause is None or pause >= self._left() else pause

        events.register(event, again)

    def _credentials(self) -> dict[str, str]:
        """Those of the configuration, where the environment has none; a server of one's own takes any."""
        config = get_config()
        key, secret = config.aws_access_key_id, config.aws_secret_access_key
        if key and secret:
            return {"aws_access_key_id": key, "aws_secret_access_key": reveal(secret)}
        return {"aws_access_key_id": "local", "aws_secret_access_key": "local"} if self._endpoint else {}

    def call(self, action: str, **given: Any) -> Any:
        """What the client answers; where another write is in the way, it is tried again.

        Raises:
            ClientError: a condition is not met, a transaction is cancelled, a table is there, or is being made.
            DeadlineExceededError: the time is over, and nobody knows whether a write was done.
            PyMacaronException: everything else.
        """
        self._sent.unanswered, self._sent.until = False, time.monotonic() + _PATIENCE
        for attempt in range(_ATTEMPTS):
            deadline()
            try:
                return getattr(self.client, action)(**given)
            except ClientError as error:
                if code_of(error) != "TransactionConflictException" or attempt == _ATTEMPTS - 1:
                    raise self.told(error, _table(given)) from error
            except BotoCoreError as error:
                if not left():
                    raise too_late() from error
                raise StoreDownError(f"{self.place} cannot be used: {error}") from error
            pause(attempt)
        raise AssertionError("the last attempt returns or raises")

    def each_attempt(self, call: Callable[[Any], Any], rest: Any) -> None:
        """Call with what the last call left, until nothing is left.

        Raises:
            StoreThrottledError: too often something is left.
        """
        for attempt in range(_ATTEMPTS):
            rest = call(rest)
            if not rest:
                return
            pause(attempt)
        raise StoreThrottledError(f"{self.place} took only a part of a batch, {_ATTEMPTS} times")

    def close(self) -> None:
        _, client = self._client
        self._client = (0, None)
        if client is not None:
            client.close()

    def told(self, error: Any, table: str) -> Exception:
        """What DynamoDB says, as an error of ours where we have one."""
        code, text = code_of(error), str(error.response["Error"].get("Message", ""))
        if code in _OF_THE_STORE:
            return error  # type: ignore[no-any-return]  # boto3 has no types
        if code == "ResourceNotFoundException" or "does not have the specified index" in text:
            return TableMissingError(
                f"{self.place} has no table {table}, or an index is missing; create_tables() creates it"
            )
        if code == "ValidationException":
            return refused(text, table)
        if code in _THROTTLED:
            return StoreThrottledError(f"{self.place} is throttled ({code})")
        return StoreDownError(f"{self.place} cannot be used: {code}: {text}")


_OF_THE_STORE = frozenset((
    "ConditionalCheckFailedException", "TransactionCanceledException", "ResourceInUseException",
))  # fmt: skip


def _table(given: Mapping[str, Any]) -> str:
    """The tables that a request is about."""
    names = [given.get("TableName"), *given.get("RequestItems", ())]
    names += [one["TableName"] for write in given.get("TransactItems", ()) for one in write.values()]
    return " or ".join(dict.fromkeys(name for name in names if name))


def code_of(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_throttling(code: str) -> bool:
    return code in _THROTTLED


def refused(text: str, table: str) -> PyMacaronException:
    """What DynamoDB finds invalid; its words may show values, and stay with the cause."""
    if "size" in text.lower() and "exceeded" in text.lower():
        return ItemTooLargeError(f"an item of {table} would have more than 400 KiB")
    return ItemRefusedError(f"DynamoDB rejects the operation on an item of {table}")


def pause(attempt: int) -> None:
    """Twice as long each time, up to a second, never the same, and no longer than the call may take."""
    time.sleep(left(uniform(0, min(1.0, 0.02 * 2**attempt))))  # noqa: S311 - nothing to be guessed
