"""Requests with something wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from pymacaron._types import Json
from pymacaron.bodies import FORM, JSON, write_json
from pymacaron.forms import FieldFault
from pymacaron.messages import ABSENT, Arguments, Request
from pymacaron.operations import COOKIE, HEADER, PATH, QUERY, Operation, Parameter
from pymacaron.parameters import TextFault, parse_cookies, parse_query
from pymacaron.schemas import REQUEST
from pymacaron.wire import write_request

from .calls import Calls, calls_of, is_of_the_message
from .texts import word
from .valid import NoSample, spoiled

# Texts that hardly any parameter takes.
_TEXTS = ("spoiled", "-0.125", "9" * 25, "\u2620", "x" * 300, "true", "1969-13-32", "")
_UNKNOWN_TYPE = "application/x-spoiled"


def spoiled_request(operation: Operation, random: Random) -> Request | None:
    """A request that breaks the document in one way; None if none was found, since the operation takes everything."""
    calls = calls_of(operation)
    try:
        drawn = calls.parameters(random)
        arguments = Arguments(calls.some_body(random), drawn.passed)
    except NoSample:  # something is required that cannot be: so nothing is right
        return Request(operation.method, _path(calls, {}), "", {}, b"")
    base = Base(write_request(operation, arguments), drawn.sent)
    ways = (_spoil_body, _spoil_parameter, _leave_out, _break_json, _mislabel)
    for way in random.sample(ways, len(ways)):
        request = way(calls, base, random)
        if request is not None:
            return request
    return None


class Base(NamedTuple):
    """A request with nothing wrong, and the JSON values of its parameters."""

    request: Request
    sent: dict[str, Json]

    def changed(self, **parts: Any) -> Request:
        given = self.request
        kept = {"path": given.path, "query": given.query, "headers": given.headers, "body": given.body}
        made = Request(given.method, **{**kept, **parts})
        if isinstance(made.body, bytes):
            made.headers = {**made.headers, "content-length": str(len(made.body))}
        return made

    def with_body(self, body: bytes, media: str) -> Request:
        return self.changed(body=body, headers={**self.request.headers, "content-type": media})


def _path(calls: Calls, texts: dict[str, str]) -> str:
    path = re.split("[?#]", calls.operation.path)[0]
    for parameter in calls.inputs.parameters:
        if parameter.location == PATH:
            path = path.replace("{" + parameter.name + "}", texts.get(parameter.argument) or "spoiled")
    return path


# Each way to spoil a request gives None where it does not apply


def _spoil_body(calls: Calls, base: Base, random: Random) -> Request | None:
    body = calls.body
    if body is None or body.schema is None:
        return None
    media = base.request.headers.get("content-type", "application/json")
    if body.kind == JSON:
        try:
            return base.with_body(write_json(spoiled(body.schema, REQUEST, random)), media)
        except NoSample:
            return None
    if body.kind == FORM and body.form is not None:
        return _spoil_form(calls, base, random)
    return None


def _spoil_form(calls: Calls, base: Base, random: Random) -> Request | None:
    assert calls.body is not None
    assert calls.body.form is not None
    form = calls.body.form
    for name in random.sample(form.names, len(form.names)):
        for text in random.sample(_TEXTS, len(_TEXTS)):
            raw = f"{quote(name)}={quote(text)}".encode()
            try:
                wrong = bool(form.problems(form.read(raw, None, None)))
            except FieldFault:
                wrong = True
            if wrong:
                return base.with_body(raw, "application/x-www-form-urlencoded")
    return None


def _spoil_parameter(calls: Calls, base: Base, random: Random) -> Request | None:
    parameters = [parameter for parameter in calls.inputs.parameters if not is_of_the_message(parameter)]
    for parameter in random.sample(parameters, len(parameters)):
        for text in random.sample(_TEXTS, len(_TEXTS)):
            request = _with_text(calls, base, parameter, text)
            if request is not None and _is_wrong(calls, parameter, request, text):
                return request
    return None


def _with_text(calls: Calls, base: Base, parameter: Parameter, text: str) -> Request | None:
    """The request with another text for one parameter; None if there it cannot be."""
    codec, request = calls.inputs.codecs[parameter.argument], base.request
    pair = f"{quote(parameter.name)}={quote(text)}"
    if parameter.location == PATH and text:
        texts = {name: calls.inputs.codecs[name].write(value) for name, value in base.sent.items()}
        path = _path(calls, {**texts, parameter.argument: quote(text, safe="")})
        return base.changed(path=path)
    if parameter.location == QUERY:
        kept = [one for one in request.query.split("&") if one and not any(map(codec.claims, parse_query(one)))]
        return base.changed(query="&".join([*kept, pair]))
    if parameter.location == HEADER and text.isascii():
        return base.changed(headers={**request.headers, parameter.name.lower(): text})
    if parameter.location == COOKIE:
        cookies = [one for one in request.headers.get("cookie", "").split("; ") if one]
        kept = [one for one in cookies if not any(map(codec.claims, parse_cookies(one)))]
        return base.changed(headers={**request.headers, "cookie": "; ".join([*kept, pair])})
    return None


def _is_wrong(calls: Calls, parameter: Parameter, request: Request, text: str) -> bool:
    codec = calls.inputs.codecs[parameter.argument]
    try:
        value = codec.read(_source(parameter, request, text))
    except TextFault:
        return True
    if value is ABSENT or (codec.allow_empty and value == ""):
        return False
    return not parameter.schema.checker(REQUEST).is_valid(value)


def _source(parameter: Parameter, request: Request, text: str) -> Any:
    if parameter.location == QUERY:
        return parse_query(request.query)
    return parse_cookies(request.headers["cookie"]) if parameter.location == COOKIE else text


def _leave_out(calls: Calls, base: Base, random: Random) -> Request | None:
    ways = list(_left_out(calls, base))
    return random.choice(ways) if ways else None


def _left_out(calls: Calls, base: Base) -> Iterator[Request]:
    """The request without one thing that is required."""
    request = base.request
    for parameter in calls.inputs.parameters:
        if not parameter.required or parameter.default is not ABSENT or is_of_the_message(parameter):
            continue
        codec = calls.inputs.codecs[parameter.argument]
        if parameter.location == QUERY:
            kept = [one for one in request.query.split("&") if one and not any(map(codec.claims, parse_query(one)))]
            if codec.read(parse_query("&".join(kept))) is ABSENT:
                yield base.changed(query="&".join(kept))
        elif parameter.location == HEADER:
            name = parameter.name.lower()
            yield base.changed(headers={key: text for key, text in request.headers.items() if key != name})
    if calls.operation.body_required and not calls.operation.has_form_fields:
        headers = {key: text for key, text in request.headers.items() if key != "content-type"}
        yield base.changed(body=b"", headers=headers)  # an empty text is a body too, if it says that it is one


def _break_json(calls: Calls, base: Base, random: Random) -> Request | None:
    if calls.body is None or calls.body.kind != JSON:
        return None
    broken = random.choice((b'{"spoiled": ', b"[1, 2", b"{'a': 1}", b"\xff\xfe", b"nul"))
    return base.with_body(broken, base.request.headers.get("content-type", "application/json"))


def _mislabel(calls: Calls, base: Base, random: Random) -> Request | None:
    contents = calls.operation.contents
    if not contents or any("*" in content.media_type for content in contents):
        return None
    return base.with_body(word(random).encode(), _UNKNOWN_TYPE)
