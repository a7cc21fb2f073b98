"""Operations that fail in every way there is, to try crash reports out: builtin_apis/crash.yaml."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pymacaron._types import JsonObject
from pymacaron.exceptions import InternalServerError, PyMacaronException, ServiceUnavailableError, add_error

from .decorators import report_slow
from .reporting import report_error

TeapotError = add_error("TeapotError", code="TEAPOT", status=418)


def reported() -> JsonObject:
    """Reports, and answers as if nothing had happened."""
    report_error("called /crash/report_error", data={"password": "not shown", "shown": "in the report"})
    return {}


def reported_caught() -> JsonObject:
    try:
        _divide(1, 0)
    except ZeroDivisionError as error:
        report_error("called /crash/report_error_caught", caught=error)
    return {}


def reported_fatal() -> JsonObject:
    report_error("called /crash/report_fatal_error", is_fatal=True)
    return {}


def raises_error() -> JsonObject:
    raise InternalServerError("called /crash/internal_error").tell_user("This was a trial")


def returns_error() -> PyMacaronException:
    return ServiceUnavailableError("called /crash/returned_error")


def raises_exception() -> JsonObject:
    return {"result": _divide(1, 0)}


def raises_chain() -> JsonObject:
    try:
        _divide(1, 0)
    except ZeroDivisionError as error:
        raise InternalServerError("called /crash/caught_error").caught(error) from error
    return {}


def returns_status(status: int) -> tuple[JsonObject, int]:
    return {"error": "TRIAL", "status": status, "error_description": "called /crash/status"}, status


def breaks_the_document() -> JsonObject:
    return {"number": "no number"}


def cannot_be_written() -> JsonObject:
    return {"object": object()}


def recurses() -> JsonObject:
    return recurses()


def is_slow(ms: int) -> JsonObject:
    time.sleep(ms / 1000)
    return {}


@report_slow(max_ms=10_000)
def is_slow_on_purpose(ms: int) -> JsonObject:
    return is_slow(ms)


def breaks_off(after: int) -> Iterator[str]:
    """Streams lines, and fails in the middle."""
    for number in range(after):
        yield f"line {number}\n"
    _divide(1, 0)


def refuses() -> JsonObject:
    """An error of the caller's: nothing is reported."""
    raise TeapotError("called /crash/teapot")


def exits() -> JsonObject:
    raise SystemExit("called /crash/exit")


def _divide(one: int, other: int) -> float:
    return one / other
