"""What is tried again, when, and from when on it is not tried at all."""

from __future__ import annotations

from random import uniform
from time import monotonic, time

from pymacaron.exceptions import new_error_id
from pymacaron.messages import Request, Response, header_of
from pymacaron.operations import HEADER, Operation
from pymacaron.transports import Origin, TransportFault, WrongAnswer

KEY = "idempotency-key"
_FIRST, _LONGEST = 0.1, 5.0  # seconds to wait at most, before the second attempt and before any
_PASSING = frozenset((429, 502, 503, 504))  # statuses that say that it may be otherwise soon
_DOWN = _PASSING - {429}
# RFC 9110 section 9.2.2, and the method QUERY
_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "QUERY"))
_MOST_HOSTS = 1000
_PAUSE = 5.0  # seconds in which a host that fails is not asked


def may_repeat(request: Request) -> bool:
    """Does a request do the same when it is done twice? Its body has to be there a second time, too."""
    is_safe = request.method in _IDEMPOTENT or KEY in request.headers
    return is_safe and isinstance(request.body, bytes)


def key_for(operation: Operation) -> str | None:
    """A new Idempotency-Key, for an operation that takes one: it says so with `x-idempotent`, or by a parameter."""
    takes = operation.compiled.get("client.key")
    if takes is None:
        named = any(one.location == HEADER and one.name.lower() == KEY for one in operation.parameters)
        takes = operation.compiled["client.key"] = named or operation.extensions.get("x-idempotent") is True
    return new_error_id() if takes and operation.method not in _IDEMPOTENT else None


def pause_after(outcome: Response | TransportFault, request: Request, attempt: int) -> float | None:
    """How many seconds to wait before trying again; None if that is not to be done.

    Exponential, with full jitter: callers who failed together do not come back together. A Retry-After (RFC 9110
    section 10.2.3) is the least.
    """
    if isinstance(outcome, WrongAnswer | Refused):
        return None
    if isinstance(outcome, TransportFault):
        again = outcome.unsent or may_repeat(request)
        return _jitter(attempt) if again else None
    if outcome.status not in _PASSING or not may_repeat(request):
        return None
    return max(_jitter(attempt), _retry_after(outcome))


def _jitter(attempt: int) -> float:
    return uniform(0, min(_LONGEST, _FIRST * 2 ** (attempt - 1)))  # noqa: S311 - nothing secret


def _retry_after(response: Response) -> float:
    text = (header_of(response.headers, "retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if not text:
        return 0.0
    from email.utils import parsedate_to_datetime  # 15 ms to import, and most say seconds

    try:
        return parsedate_to_datetime(text).timestamp() - time()
    except (ValueError, TypeError, OverflowError):
        return 0.0


class Breaker:
    """Whether a host is asked at all: one that has failed so often in a row is left alone for some seconds. Then a
    single call finds out how it is."""

    __slots__ = ("_closed_until", "_failures")

    def __init__(self) -> None:
        self._failures, self._closed_until = 0, 0.0

    def check(self, most: int) -> None:
        """
        Args:
            most: failures in a row; 0: it is always asked.

        Raises:
            Refused: it is not to be asked now.
        """
        if not most or self._failures < most:
            return
        now = monotonic()
        if now < self._closed_until:
            raise Refused(
                f"it failed {self._failures} times in a row, so no call is sent for some seconds", unsent=True
            )
        self._closed_until = now + _PAUSE

    def tell(self, outcome: Response | TransportFault) -> None:
        """What became of a call."""
        if isinstance(outcome, TransportFault) or outcome.status in _DOWN:
            self._failures += 1
            self._closed_until = monotonic() + _PAUSE
        else:
            self._failures = 0


class Refused(TransportFault):
    """It is not even tried: the host is left alone for now, or nobody wants to know any more."""


_breakers: dict[Origin, Breaker] = {}


def forget_failures() -> None:
    """Let every host be asked again."""
    _breakers.clear()


def breaker_of(origin: Origin) -> Breaker:
    if len(_breakers) > _MOST_HOSTS:  # calls may name addresses of their own
        _breakers.clear()
    return _breakers.get(origin) or _breakers.setdefault(origin, Breaker())
