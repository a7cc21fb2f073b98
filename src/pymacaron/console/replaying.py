"""A call is made again, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from time import monotonic, perf_counter
from typing import Any
from urllib.parse import quote

from pymacaron._types import JsonObject
from pymacaron.bodies import close
from pymacaron.crash.capsule import content, filled, placeholders
from pymacaron.exceptions import BadRequestError, new_error_id
from pymacaron.messages import Request
from pymacaron.transports import LocalTransport, Origin, Sending

from .recorder import Recorder, Seen
from .telling import clean, row

_LEFT_OUT = frozenset((  # what another call has of its own
    "accept-encoding", "connection", "content-length", "expect", "keep-alive", "pymcallid", "pymcallpath",
    "pymdeadlinems", "te", "trailer", "traceparent", "tracestate", "transfer-encoding", "upgrade", "if-none-match",
    "if-modified-since",
))  # fmt: skip
_SECONDS, _MOST = 10.0, 64 * 1024  # of a stream that are waited for, and read
_HOST = Origin("http", "localhost", 80)


def asked_by(seen: Seen) -> Request:
    """The request of a call that is still known, its secrets included.

    Raises:
        BadRequestError: its body was not kept.
    """
    request = seen.request
    length = request.headers.get("content-length") or "0"
    if not request.body and (length != "0" or "transfer-encoding" in request.headers):
        raise BadRequestError("The body of this call was not kept: make it again with the command pymacaron replay")
    return Request(request.method, quote(request.path), request.query, _sent(request.headers.items()), request.body)


def asked_again(capsule: JsonObject, values: Mapping[str, str]) -> Request:
    """The request of a capsule.

    Raises:
        BadRequestError: a secret is missing, or the body was not kept.
    """
    missing = [name for name in placeholders(capsule) if name not in values]
    if missing:
        raise BadRequestError(f"The secrets of the call are not known here: give {', '.join(missing)}")
    try:
        asked = filled(capsule, values)
    except ValueError as error:
        raise BadRequestError(str(error)) from None
    body = content(asked["body"])
    if body is None:
        raise BadRequestError("The body of this call was not kept: make it again with the command pymacaron replay")
    headers = _sent((name.lower(), text) for name, text in asked["headers"])
    return Request(asked["method"], quote(asked["path"]), asked["query"], headers, body)


def _sent(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: text for name, text in headers if name not in _LEFT_OUT}


def replay(app: Any, recorder: Recorder, request: Request, caller: str) -> JsonObject:
    """The answer to a request, and the number of the call that it was, if that is known.

    Args:
        app: the WSGI application.
        caller: the address of the one who wants to know.
    """
    call_id = f"replay-{new_error_id()}"
    headers = {**request.headers, "pymcallid": call_id}
    if isinstance(request.body, bytes) and request.body:
        headers["content-length"] = str(len(request.body))
    request.headers = headers
    began = perf_counter()
    fault = _answered(_from(app, caller), request)
    seen = recorder.call_of(call_id)
    if seen is None:
        return {"fault": fault or "The answer takes longer than the console waits", "ms": _since(began)}
    found = clean(seen)
    answer = found.redaction.tree(found.answer) if not found.redaction.is_full else {"status": seen.status}
    return {"row": row(seen), "response": answer, "fault": fault, "ms": _since(began)}


def _since(began: float) -> float:
    return round((perf_counter() - began) * 1000, 3)


def _from(app: Any, caller: str) -> Callable[..., Any]:
    """The application, for somebody at an address: it may be more open to callers on its own machine."""
    return lambda environ, start_response: app({**environ, "REMOTE_ADDR": caller}, start_response)


def _answered(app: Any, request: Request) -> str | None:
    """Ask, and read the answer to its end; what has gone wrong beyond an answer."""
    until = monotonic() + _SECONDS
    try:
        answer = LocalTransport(app).send(Sending(_HOST, request, _SECONDS, _SECONDS, until))
        body: Any = answer.body
        read = 0
        try:
            while not isinstance(body, bytes) and read < _MOST and monotonic() < until and (piece := body.read(4096)):
                read += len(piece)
        finally:
            close(body)
    except Exception as error:  # noqa: BLE001 - in development, exceptions of routes may leave the application
        return f"No answer: {type(error).__name__} has left the application"
    return None


def values_of(given: Any) -> dict[str, str]:
    """
    Raises:
        BadRequestError: they are no texts by name.
    """
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise BadRequestError("values: write an object of texts")
    return given


def body_of(data: bytes) -> JsonObject:
    """
    Raises:
        BadRequestError: no JSON object was sent.
    """
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadRequestError("Send a JSON object")
    return found
