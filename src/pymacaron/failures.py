"""The one place that turns exceptions into responses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeGuard

from ._types import ErrorDecorator, JsonObject
from .answers import BrokenPromise
from .bodies import write_json
from .calls import get_call
from .config import redact
from .exceptions import (
    HIDDEN,
    MethodNotAllowedError,
    PyMacaronException,
    UnhandledServerError,
    error_of_status,
    format_error,
)
from .messages import Response
from .structs import is_model

log = logging.getLogger(__name__)

_JSON, _PROBLEM = ("Content-Type", "application/json"), ("Content-Type", "application/problem+json")


class Failures:
    """Turns any exception into a response.

    Args:
        callback: makes the body of an exception, a dict or a model.
        decorator: sees every body before it is sent, and may change it.
        expose: are the texts of unexpected exceptions sent to callers? Asked each time.
        problem: answer RFC 9457 application/problem+json instead of our own format.
    """

    def __init__(
        self, callback: Callable[[BaseException], Any] = format_error, decorator: ErrorDecorator | None = None,
        expose: Callable[[], bool] = lambda: False, *, problem: bool = False,
    ) -> None:  # fmt: skip
        self._is_usual = callback is format_error and decorator is None
        self._callback = callback
        self._decorator = decorator
        self._expose = expose
        self._problem = problem

    def __call__(self, exception: BaseException) -> Response:
        """The response to an exception; never raises."""
        error = exception if isinstance(exception, PyMacaronException) else self._read(exception)
        try:
            body = error.to_json() if self._is_usual else self._body(error)
            raw = write_json(_as_problem(body) if self._problem else body)
        except Exception:  # a fault in the user's callback must not cost the answer
            log.exception("error_callback or error_decorator failed; the error is answered without them")
            body = error.to_json()
            raw = write_json(_as_problem(body) if self._problem else body)
        status = body.get("status")
        if not _is_error_status(status):
            status = error.status if _is_error_status(error.status) else 500
        return Response(status, [_PROBLEM if self._problem else _JSON, *error.response_headers()], raw)

    def _read(self, exception: BaseException) -> PyMacaronException:
        try:
            error = self.known(exception)
        except Exception:  # an exception may be of the user's making in every way
            kind = type(exception).__name__
            log.exception("an exception of type %s cannot be read; it is answered as unexpected", kind)
            error = UnhandledServerError(HIDDEN)
        call = get_call()
        if call is not None:
            call.error = error
        return error

    def known(self, exception: BaseException) -> PyMacaronException:
        """The exception as one of ours. What nobody expected is logged here with its trace, and hidden."""
        if isinstance(exception, PyMacaronException):
            return exception
        status = getattr(exception, "code", None)
        is_of_werkzeug = hasattr(exception, "get_response")  # its HTTPException, as abort() raises
        if isinstance(status, int) and is_of_werkzeug:
            return _of_http(exception, status)
        exposed = self._expose() and not isinstance(exception, BrokenPromise)
        text = redact(_text_of(exception)) if exposed else HIDDEN
        return UnhandledServerError(text).caught(exception)

    def _body(self, error: PyMacaronException) -> JsonObject:
        body = self._callback(error)
        if type(body) is not dict:
            if is_model(body):
                body = body.to_json()
            if not isinstance(body, dict):
                raise TypeError(f"error_callback must return a dict or a model, not {type(body).__name__}")
        if self._decorator is not None:
            body = self._decorator(body)
            if not isinstance(body, dict):
                raise TypeError(f"error_decorator must return a dict, not {type(body).__name__}")
        return body


def _is_error_status(status: object) -> TypeGuard[int]:
    return isinstance(status, int) and 400 <= status <= 599


def _text_of(exception: BaseException) -> str:
    """What an unexpected exception says of itself, as text that can be sent."""
    try:
        said = f": {exception}"
    except Exception:  # noqa: BLE001 - its __str__ is the user's
        said = ""
    return f"{type(exception).__name__}{said}".encode("utf-8", "replace").decode()


def _of_http(exception: Any, status: int) -> PyMacaronException:
    error = error_of_status(status, exception.description or "").caught(exception)
    if isinstance(error, MethodNotAllowedError):
        error.allowed = tuple(sorted(exception.valid_methods or ()))
    kept = [(k, v) for k, v in exception.get_headers() if k.lower() not in ("content-type", "content-length", "allow")]
    if kept:
        error.response_headers = lambda: kept  # type: ignore[method-assign]  # of this one
    return error


def _as_problem(body: JsonObject) -> JsonObject:
    """Our body in the members of RFC 9457 section 3.1; what it has no member for is kept as an extension."""
    out = dict(body)
    status = out.get("status")
    phrase = HTTPStatus(status).phrase if isinstance(status, int) and status in HTTPStatus._value2member_map_ else ""
    code = out.pop("error", None)
    detail = out.pop("error_description", None)
    return {"type": "about:blank", "title": phrase, "status": status, "detail": detail, "code": code, **out}
