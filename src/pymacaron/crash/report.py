"""The report of what happened in one call: a title, and a message in JSON."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from pymacaron._types import HeaderList, Json, JsonObject
from pymacaron._version import __version__
from pymacaron.calls import Call, Exchange
from pymacaron.config import get_config
from pymacaron.exceptions import PyMacaronException, UnhandledServerError, error_of_status
from pymacaron.messages import header_of

from .capsule import Asked, body_of, curl
from .names import names_of
from .redaction import TOO_MANY, Redaction, with_stars
from .stack import frames_of, stack_of, text_of
from .summary import shortened

CRASH, ERROR, SLOW = "crash", "error", "slow"
_LONGEST_TITLE = 300
_LARGEST = 200_000  # characters of a message


class Report(NamedTuple):
    """What reporters get. `message` is JSON, see the documentation for its members."""

    title: str
    message: str


class Event(NamedTuple):
    """What is to be reported, gathered while it happened; everything else is found out later.

    Attributes:
        kind: CRASH (an answer of 500 and above, or one that broke off), ERROR (report_error) or SLOW.
        call: in which it happened; an empty one outside of calls.
        exchange: the answer; None while there is none.
        function: "shop.api.create_order".
        caught: the exception, if there is one.
        stack: where the program was, if there is none.
        title, data, is_fatal: as given to report_error.
        limit_ms: that was exceeded.
    """

    kind: str
    call: Call
    function: str
    at: float
    exchange: Exchange | None = None
    caught: BaseException | None = None
    stack: list[Any] = []  # noqa: RUF012 - never changed
    title: str = ""
    data: object = None
    is_fatal: bool = False
    limit_ms: float = 0
    seconds: float = 0


def report_of(event: Event, up_seconds: float) -> Report:
    """Make the report of an event, in a process that has run for so long."""
    call, exchange = event.call, event.exchange
    redaction = Redaction(names_of(call.operation))
    redaction.learn(call.identity.token, "token")
    asked = Asked(exchange.request if exchange else call.request, call.operation, redaction)
    response = answer_of(exchange, redaction) if exchange is not None else None
    data = redaction.shown(event.data)
    _stack(event, redaction)
    stack = _stack(event, redaction)  # once more, since what one frame tells is secret may stand in any other
    if redaction.is_full:
        response, data, stack = None, None, [_bare(one) for one in stack]
    error = _error(event, response)
    title = _title(event, error, redaction)
    message: JsonObject = {
        "title": title,
        "kind": event.kind,
        "call": {"id": call.id, "path": call.path},
        "user": call.identity.user,
        "caller": call.caller,
        "endpoint": _endpoint(call, event.function),
        "error": error,
        "data": data,
        "request": {
            "method": asked.method, "path": asked.path, "query": asked.query, "headers": dict(asked.headers),
            "body": asked.body,
        },
        "response": response,
        "timing": _timing(event),
        "server": _server(up_seconds),
        "stack": stack or None,
        "trace": call.trace._asdict() | {"deadline_left_ms": call.left_ms()},
    }  # fmt: skip
    kept = {name: value for name, value in message.items() if value is not None}
    clean = kept if redaction.is_full else redaction.tree(kept)
    if redaction.is_full:
        del clean["request"]
        clean["left_out"] = TOO_MANY
        if error is not None:
            error["text"] = TOO_MANY
    elif asked.method:
        capsule = asked.capsule(redaction, exchange.status if exchange else 0)
        clean |= {"curl": curl(capsule), "capsule": capsule}
    else:
        clean.pop("request")
    return Report(title, _written(clean))


def _bare(error: JsonObject) -> JsonObject:
    """An exception of a stack without what may be a secret."""
    frames = [{name: told for name, told in frame.items() if name != "locals"} for frame in error["frames"]]
    return {name: told for name, told in error.items() if name != "text"} | {"frames": frames}


def _stack(event: Event, redaction: Redaction) -> list[JsonObject]:
    return stack_of(event.caught, redaction) if event.caught is not None else frames_of(event.stack, redaction)


def _written(message: JsonObject) -> str:
    text = json.dumps(shortened(message, _LARGEST), indent=2, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace").decode()  # without surrogates, which nobody could send


def _title(event: Event, error: JsonObject | None, redaction: Redaction) -> str:
    call = event.call
    api = call.operation.api if call.operation is not None else str(get_config().get("name") or "-")
    if event.kind == SLOW:
        took = f"{event.seconds * 1000:.0f} ms, its limit is {event.limit_ms:.0f} ms"
        return f"SLOW CALL {api} {event.function}(): {took}"
    if event.kind == ERROR:
        text = error["text"] if error is not None else ""
        start = "FATAL" if event.is_fatal else "NON-FATAL"
        return f"{start} BACKEND ERROR {api} {event.function}(): {_line(event.title or text, redaction)}"
    assert error is not None, "a crash has one"
    code, text = _line(str(error["code"]), redaction), _line(error["text"], redaction)  # as the function answered
    return f"FATAL BACKEND ERROR {api} {error['status']} {code}: {event.function}(): {text}"


def _line(text: str, redaction: Redaction) -> str:
    line = " ".join(with_stars(redaction.clean(text)).split()).encode("utf-8", "replace").decode()
    return line if len(line) <= _LONGEST_TITLE else f"{line[:_LONGEST_TITLE]}…"


def _error(event: Event, response: JsonObject | None) -> JsonObject | None:
    """Code, status, id and text of what went wrong, as far as they are known; None if nothing has failed."""
    status = event.exchange.status if event.exchange is not None else None
    if event.caught is None:
        return _answered(status, response) if event.kind == CRASH else None
    text, error = text_of(event.caught), event.caught
    if not isinstance(error, PyMacaronException):
        text = f"{type(error).__qualname__}: {text}".removesuffix(": ")
        told = event.call.error if event.kind == CRASH else None
        if told is None:
            return {"code": UnhandledServerError.code, "status": status, "error_id": None, "text": text}
        error = told
    return {"code": error.code, "status": status, "error_id": error.error_id, "text": text}


def _answered(status: int | None, response: JsonObject | None) -> JsonObject:
    """What an answer says of itself that no exception has led to."""
    body = ((response or {}).get("body") or {}).get("json")
    sent = body if isinstance(body, dict) else {}
    code = sent.get("error") or sent.get("code") or (error_of_status(status, "").code if status else None)
    text = str(sent.get("error_description") or sent.get("detail") or "the answer does not say why")
    return {"code": code, "status": status, "error_id": sent.get("error_id"), "text": text}


def _endpoint(call: Call, function: str) -> JsonObject:
    operation = call.operation
    if operation is None:
        return {"function": function}
    return {"api": operation.api, "operation": operation.title, "name": operation.name, "function": function}


class Answered(Protocol):
    """What is to be known of an answer, as an Exchange has it."""

    status: int
    headers: HeaderList
    body: bytes
    sent: int
    complete: bool


def answer_of(exchange: Answered, redaction: Redaction) -> JsonObject:
    """An answer as reports show it."""
    headers = redaction.headers(exchange.headers)
    content_type = header_of(headers, "content-type") or ""
    body = body_of(exchange.body, content_type, "response", redaction)
    return {
        "status": exchange.status, "headers": headers, "body": body, "bytes": exchange.sent,
        "complete": exchange.complete,
    }  # fmt: skip


def _timing(event: Event) -> JsonObject:
    timing: JsonObject = {"at": datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds")}
    seconds = event.exchange.seconds if event.exchange is not None else event.seconds
    if seconds:
        timing["ms"] = round(seconds * 1000, 1)
    if event.limit_ms:
        timing["limit_ms"] = event.limit_ms
    return timing


def _server(up_seconds: float) -> Json:
    import socket  # only to report

    config = get_config()
    return {
        "name": config.get("name"), "live_host": config.get("live_host"), "host": socket.gethostname(),
        "pid": os.getpid(), "pym_env": os.environ.get("PYM_ENV"), "container": os.environ.get("PYM_CONTAINER"),
        "up_seconds": round(up_seconds), "pymacaron": __version__, "python": sys.version.split()[0],
    }  # fmt: skip
