"""A request and its answer as an entry of a recording, and back.

    call: mailer.send_mail
    at: https://mailer.example.com
    request: {method: POST, path: /v1/mails/out?key=*****, headers: {content-type: application/json}, json: {to: ann}}
    response: {status: 201, headers: {Content-Type: application/json}, json: {id: 7}}

Secrets are stars, and numbers that are secret 0. A request is known again by what stands in its entry: what differs
from call to call, as ids and deadlines do, is left out. In place of a response there may be a `fault`.
"""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron.bodies import parse_media_type, uncoded, write_json
from pymacaron.crash.names import Names, api_keys, names_of
from pymacaron.crash.redaction import Redaction
from pymacaron.exceptions import BadRequestError, UnsupportedMediaTypeError
from pymacaron.messages import Request, Response, header_of
from pymacaron.operations import COOKIE, HEADER, QUERY, Operation
from pymacaron.parameters import unquote_query
from pymacaron.router import parse_template, split_segment

from .carrying import Sending, TransportFault, WrongAnswer

_STARS = "*****"
_BOUNDARY = "boundary"  # in place of those that are made up for each request
_FORM = "application/x-www-form-urlencoded"
# Of answers: what is about a connection and about how the body is written there, and what differs each time.
_LEFT_OUT = frozenset(("connection", "content-encoding", "content-length", "date", "keep-alive", "transfer-encoding"))
_VARYING = frozenset(("idempotency-key",))


def request_entry(sending: Sending, body: bytes) -> JsonObject:
    """What is asked."""
    request, names = sending.request, names_of(sending.operation)
    redaction = Redaction(names, most=10**9)
    headers = dict(redaction.headers(_told_headers(request, sending.operation)))
    body = _with_usual_boundary(headers, body)
    path = _path(request, sending.operation, redaction)
    query = redaction.pairs(_told_query(request, sending.operation), "query")
    entry = {
        "method": request.method, "path": f"{path}?{query}" if query else path, "headers": headers,
        **_shown(body, headers.get("content-type", ""), redaction),
    }  # fmt: skip
    shown: JsonObject = redaction.tree({key: value for key, value in entry.items() if value != {}})
    return shown


def response_entry(response: Response, body: bytes, operation: Operation | None) -> JsonObject:
    """What is answered; `body` has its codings still."""
    redaction = Redaction(names_of(operation), most=10**9)
    left_out = _LEFT_OUT
    plain = _uncoded(response, body)
    if plain is None:
        plain, left_out = body, _LEFT_OUT - {"content-encoding"}
    headers: dict[str, Any] = {}
    for name, text in redaction.headers(response.headers):
        if name.lower() not in left_out:
            headers[name] = text if name not in headers else [*_listed(headers[name]), text]
    media = header_of(response.headers, "content-type") or ""
    shown: JsonObject = redaction.tree(
        {"status": response.status, "headers": headers, **_shown(plain, media, redaction)}
    )
    return shown


def response_of(entry: JsonObject) -> Response:
    """The inverse, as far as secrets let it be.

    Raises:
        TransportFault: that is what was recorded.
        KeyError, TypeError, ValueError: it is no such entry.
    """
    if "fault" in entry:
        fault = entry["fault"]
        cls = WrongAnswer if fault.get("wrong") else TransportFault
        raise cls(fault["fact"], unsent=bool(fault.get("unsent")), late=bool(fault.get("late")))
    headers = [(name, text) for name, said in entry.get("headers", {}).items() for text in _listed(said)]
    return Response(entry["status"], headers, _bytes(entry))


def fault_entry(fault: TransportFault) -> JsonObject:
    """What goes wrong on the way."""
    said = {"unsent": fault.unsent, "late": fault.late, "wrong": isinstance(fault, WrongAnswer)}
    return {"fault": {"fact": str(fault), **{name: value for name, value in said.items() if value}}}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _told_headers(request: Request, operation: Operation | None) -> list[tuple[str, str]]:
    """The headers that the document has something to say of."""
    parameters = operation.parameters if operation is not None else ()
    told = {one.name.lower() for one in parameters if one.location == HEADER} - _VARYING
    told |= {"content-type"} | {"cookie" for one in parameters if one.location == COOKIE}
    return [(name, text) for name, text in sorted(request.headers.items()) if name in told]


def _told_query(request: Request, operation: Operation | None) -> str:
    """The query without credentials, which nobody needs who asks a recording."""
    if operation is None or not request.query:
        return request.query
    left_out = {*api_keys(operation)} - {one.name for one in operation.parameters if one.location == QUERY}
    pairs = request.query.split("&")
    return "&".join(pair for pair in pairs if unquote_query(pair.partition("=")[0]) not in left_out)


def _with_usual_boundary(headers: dict[str, str], body: bytes) -> bytes:
    """The parts of a body with what stands between them written as in every entry; changes the headers, too."""
    media = parse_media_type(headers.get("content-type", ""))
    boundary = media.parameters.get("boundary")
    if not boundary or not media.name.startswith("multipart/"):
        return body
    headers["content-type"] = headers["content-type"].replace(boundary, _BOUNDARY)
    return body.replace(boundary.encode("utf-8", "replace"), _BOUNDARY.encode())


def _path(request: Request, operation: Operation | None, redaction: Redaction) -> str:
    """The path, its secrets known to the redaction. What comes before the operation's own part may be another base path
    than the document's."""
    if operation is None:
        return request.path
    template = parse_template(operation.path.removeprefix(operation.base_path))
    names = iter(template.names)
    parts = request.path.split("/")[-len(template.segments) :]
    for texts, part in zip(template.segments, parts, strict=False):
        here = [next(names) for _ in texts[1:]]
        for name, value in zip(here, split_segment(texts, part) or () if here else (), strict=False):
            if name in redaction.names:
                redaction.learn(value, f"path.{name}")
                request = Request(request.method, request.path.replace(value, _STARS), "", {}, b"")
    return request.path


def _shown(body: bytes, content_type: str, redaction: Redaction) -> JsonObject:
    """A body under the name of what it is: {"json": ...}, {"text": ...}, or {"base64": ...}; {} if there is none."""
    if not body:
        return {}
    if redaction.names.whole_body:
        return {"text": _STARS}
    name = parse_media_type(content_type).name
    if name.endswith(("/json", "+json")):
        value = _json(body)
        if value is not _NONE:
            return {"json": _starred(value, redaction, redaction.names)}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    if name == _FORM:
        return {"text": redaction.pairs(text, "body")}
    for line in text.splitlines():
        redaction.learn_written(line)
    return {"text": text}


_NONE = object()


def _json(body: bytes) -> Json:
    """The value of a JSON text that can be written again; else _NONE."""
    try:
        value = json.loads(body)
        again = json.loads(write_json(value))
    except (ValueError, RecursionError, OverflowError, TypeError):
        return _NONE
    return value if value == again else _NONE


def _starred(value: Json, redaction: Redaction, names: Names, *, secret: bool = False) -> Json:
    """The value with stars for what names call secret; what it consists of stays as it is."""
    if isinstance(value, dict):
        return {name: _starred(item, redaction, names, secret=secret or name in names) for name, item in value.items()}
    if isinstance(value, list):
        return [_starred(item, redaction, names, secret=secret) for item in value]
    if not secret:
        if isinstance(value, str):
            redaction.learn_written(value)
        return value
    redaction.learn(value)
    if isinstance(value, str):
        return _STARS
    return value if isinstance(value, bool) or value is None else 0


def _bytes(entry: JsonObject) -> bytes:
    if "json" in entry:
        return write_json(entry["json"])
    if "base64" in entry:
        return base64.b64decode(entry["base64"])
    text: str = entry.get("text", "")
    return text.encode()


def _uncoded(response: Response, body: bytes) -> bytes | None:
    """The body without its codings; None if it has not those that it says."""
    coding = header_of(response.headers, "content-encoding")
    if coding is None:
        return body
    try:
        return uncoded(coding, BytesIO(body), None, None).read()
    except (BadRequestError, UnsupportedMediaTypeError):
        return None
