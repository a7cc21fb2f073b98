"""An endpoint behind the limits of its operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from time import monotonic
from typing import Any

from pymacaron._types import Handler, HeaderList
from pymacaron.auth import Guard
from pymacaron.calls import NOBODY, Call, current
from pymacaron.config import Config
from pymacaron.config.kinds import SIZE
from pymacaron.endpoints import Bound, Endpoint, admit
from pymacaron.exceptions import PyMacaronException
from pymacaron.messages import Request, Response
from pymacaron.operations import Operation
from pymacaron.rates import read_rate

from . import deadlines, repeats, tags
from .counting import Counter, OwnCounter
from .crowds import Crowd
from .rates import RateLimit, rate_of
from .working import noting

_NOBODY: AbstractContextManager[None] = nullcontext()


class Limits:
    """The limits of a service's operations.

    Args:
        error: an exception as one of ours.
    """

    def __init__(self, config: Config, error: Callable[[BaseException], PyMacaronException]) -> None:
        self._usual = None if config.rate_limit is None else read_rate(config.rate_limit)
        self._store_url: str | None = config.rate_limit_store
        self._counter: Counter | None = None
        self._crowd = None if config.max_concurrency is None else Crowd(config.max_concurrency)
        self._max_body: int | None = config.max_body
        self._seconds: int = config.idempotency_seconds
        self._repeats: repeats.Repeats | None = None
        self._error = error

    def function(self, operation: Operation, function: Handler) -> Handler:
        """What is called instead of an operation's function."""
        seconds = _seconds(operation.extensions)
        if seconds is not None:
            function = deadlines.awaited(function, seconds)
        if operation.extensions.get(repeats.KEY):
            function = noting(function)
        return function if seconds is None else deadlines.in_time(function, seconds, operation.title)

    def endpoint(self, make: Callable[..., Endpoint], operation: Operation, guard: Guard | None) -> Bound:
        """The endpoint of an operation; `make` makes it, for a guard."""
        says = operation.extensions
        rate = rate_of(operation, self._usual)
        tag = says.get(tags.KEY) or None
        if rate is None and self._crowd is None and not (tag or says.get(repeats.KEY) or says.get(deadlines.KEY)):
            return make(guard=guard)
        return Limited(
            make(guard=None), guard, seconds=_seconds(says),
            rate=None if rate is None else RateLimit(rate, operation.title, self._counting()),
            crowd=self._crowd,
            repeated=self._repeated(operation) if says.get(repeats.KEY) else None,
            tag=tag if operation.method in {"GET", "HEAD"} else None,
        )  # fmt: skip

    def _counting(self) -> Counter:
        if self._counter is None:
            if self._store_url is None:
                self._counter = OwnCounter()
            else:
                from .redis_counting import RedisCounter  # its library is an extra

                self._counter = RedisCounter(self._store_url)
        return self._counter

    def _repeated(self, operation: Operation) -> Callable[..., Any]:
        if self._repeats is None:
            self._repeats = repeats.Repeats(self._seconds)
        answer = self._repeats.answer
        own = operation.extensions.get("x-max-body")
        reading = repeats.Reading(_kept, self._error, self._max_body if own is None else SIZE.read(own))
        return lambda request, identity, work: answer(operation, request, identity, work, reading)


class Limited:
    """An endpoint, and what has to be true before it is asked: as an Endpoint, it gives the response to a request.

    Args:
        endpoint: without its guard.
        seconds: the deadline of a call, from its beginning.
    """

    def __init__(
        self, endpoint: Endpoint, guard: Guard | None, *, seconds: float | None, rate: RateLimit | None,
        crowd: Crowd | None, repeated: Callable[..., Any] | None, tag: Any,
    ) -> None:  # fmt: skip
        self.operation, self.guard = endpoint.operation, guard
        self.begin, self.answer = endpoint.begin, endpoint.answer
        self._endpoint = endpoint
        self._seconds, self._rate, self._repeated, self._tag = seconds, rate, repeated, tag
        self._crowd: AbstractContextManager[None] = crowd or _NOBODY

    def __call__(self, request: Request) -> Any:
        """Answer a request.

        Raises:
            TooManyRequestsError, ServiceUnavailableError, DeadlineExceededError: a limit forbids it.
            Exception: as the endpoint.
        """
        call = current.get()
        if call is not None:
            self.begin(call)
            self._hurry(call)
        if self.guard is not None:
            admit(self.guard, request, call)
        told = [] if self._rate is None else self._rate.admit(request, NOBODY if call is None else call.identity)
        with self._crowd:
            if self._repeated is None:
                answer = self._endpoint(request)
            else:
                answer = self._repeated(request, NOBODY if call is None else call.identity, self._endpoint)
        if self._tag is not None and (response := _kept(answer)) is not None:
            if response is not answer:
                answer.close()  # a response of Flask's, which has more to do then
            answer = tags.tagged(request, response, weak=self._tag == tags.WEAK)
        return _with(answer, told) if told else answer

    def _hurry(self, call: Call) -> None:
        """Let the call have its operation's deadline, if it has no earlier one."""
        if self._seconds is not None:
            until = monotonic() + self._seconds
            call.deadline = until if call.deadline is None else min(until, call.deadline)


def _seconds(says: Mapping[str, Any]) -> float | None:
    """The deadline of an operation's calls. One whose work a worker does (`x-async`) is answered at once."""
    milliseconds = None if says.get("x-async") else says.get(deadlines.KEY)
    return None if milliseconds is None else milliseconds / 1000


def _with(answer: Any, headers: HeaderList) -> Any:
    """An answer, ours or Flask's, with more headers."""
    if isinstance(answer, Response):
        return Response(answer.status, [*answer.headers, *headers], answer.body)
    answer.headers.extend(headers)
    return answer


def _kept(answer: Any) -> Response | None:
    """An answer as one of ours that is all there; None for a stream."""
    if isinstance(answer, Response):
        return answer if isinstance(answer.body, bytes) else None
    if getattr(answer, "is_streamed", True):  # a WSGI application has nothing of the kind
        return None
    return Response(answer.status_code, list(answer.headers), answer.get_data())
