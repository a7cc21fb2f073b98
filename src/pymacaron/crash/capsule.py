"""A request as it can be made again: a capsule for `pymacaron replay`, and a line for curl.

    {"method": "POST", "path": "/orders", "query": "key={{query.key}}",
     "headers": [["Authorization", "Bearer {{token}}"]], "body": {"json": {"password": "{{body.password}}"}},
     "secrets": {"token": "text", "query.key": "url", "body.password": "text"}, "status": 500}

Secrets are placeholders; `secrets` says how each value is written: as it is ("text"), percent-encoded ("url"), or as
JSON ("json"), which replaces the whole string.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from pymacaron._types import Json, JsonObject
from pymacaron.messages import Request
from pymacaron.operations import Operation
from pymacaron.router import Router

from .redaction import Redaction

_LARGEST = 256 * 1024  # bytes of a body that are kept
# What a server or a proxy writes anew (RFC 9110 section 7.6.1), and a deadline that is over by then.
_LEFT_OUT = frozenset((
    "accept-encoding", "connection", "content-length", "expect", "forwarded", "keep-alive", "pymdeadlinems", "te",
    "trailer", "transfer-encoding", "upgrade",
))  # fmt: skip
_JSON = re.compile(r"(?:application|text)/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)
_TEXT = re.compile(r"text/|application/(?:[\w.+-]+\+)?(?:xml|yaml|x-ndjson|json-seq|graphql)\b", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"


class Asked:
    """A request with placeholders for its secrets, which `redaction` knows from then on."""

    def __init__(self, request: Request, operation: Operation | None, redaction: Redaction) -> None:
        self.method = request.method
        self.headers = redaction.headers(request.headers.items())
        self.query = redaction.pairs(request.query, "query")
        self.path = _path(request, operation, redaction)
        self.body = _body(request, redaction)

    def capsule(self, redaction: Redaction, status: int) -> JsonObject:
        kept = [(name, text) for name, text in self.headers if name.lower() not in _LEFT_OUT]
        capsule = {
            "method": self.method, "path": self.path, "query": self.query, "headers": kept, "body": self.body,
            "status": status,
        }  # fmt: skip
        capsule = redaction.tree(capsule, redaction.with_placeholders)
        text = json.dumps(capsule)
        secrets = {label: how for label, how in redaction.labels.items() if f"{{{{{label}}}}}" in text}
        return {**capsule, "secrets": secrets}


def body_of(data: bytes, content_type: str, place: str, redaction: Redaction) -> JsonObject | None:
    """A body under the name of what it is: {"json": ...}, {"form": ...}, {"text": ...}, or {"left_out": why}."""
    if not data:
        return None
    if len(data) > _LARGEST:
        return {"left_out": f"{len(data)} bytes of {content_type or 'no type'}"}
    if redaction.names.whole_body and place == "body":
        return {"text": redaction.hide(data, "body")}
    if _JSON.match(content_type) or not content_type:
        try:
            return {"json": redaction.json(json.loads(data), place)}
        except (ValueError, RecursionError):
            pass
    if content_type.lower().startswith(_FORM):
        return {"form": redaction.pairs(data.decode("utf-8", "replace"), place)}
    if _TEXT.match(content_type) or _JSON.match(content_type) or not content_type:
        text = data.decode("utf-8", "replace")
        for line in text.splitlines():
            redaction.learn_written(line)
        return {"text": text}
    return {"left_out": f"{len(data)} bytes of {content_type}"}


def _body(request: Request, redaction: Redaction) -> JsonObject | None:
    content_type = request.headers.get("content-type") or ""
    if isinstance(request.body, bytes) and request.body:
        return body_of(request.body, content_type, "body", redaction)
    length = request.headers.get("content-length") or ("0" if "transfer-encoding" not in request.headers else "?")
    return None if length == "0" else {"left_out": f"a stream of {length} bytes, {content_type or 'no type'}"}


def _path(request: Request, operation: Operation | None, redaction: Redaction) -> str:
    """The path with placeholders for variables that are secret."""
    path = request.path
    if operation is None:
        return path
    found = Router([operation]).find(operation.method, path, request.query, request.headers)
    for name, value in found[1].items() if isinstance(found, tuple) else ():
        if name in redaction.names:
            redaction.learn(unquote(value), f"path.{name}")  # what the function gets, where "%2F" was kept
            path = path.replace(value, redaction.hide(value, f"path.{name}"))
    return path


# Asking again


def is_capsule(value: Any) -> bool:
    """Is it as reports have it? A capsule may come from anywhere."""
    if not isinstance(value, dict) or "method" not in value:
        return False
    headers, body, secrets = value.get("headers"), value.get("body"), value.get("secrets", {})
    lines = [value["method"]]
    for pair in headers if isinstance(headers, list) else [None]:
        lines += pair if isinstance(pair, list) and len(pair) == 2 else [None]
    texts = [value.get("path"), value.get("query"), *lines]
    if isinstance(body, dict) and len(body) == 1:
        texts += [text for name, text in body.items() if name != "json"]
    elif body:
        texts.append(None)
    return isinstance(secrets, dict) and all(map(_is_text, texts)) and not any(map(_BREAK.search, lines))


_BREAK = re.compile(r"[\r\n\0]")


def _is_text(value: object) -> bool:
    """A text that can be sent: half a surrogate pair cannot."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


_FILLED = re.compile(r"\{\{([^{}]+)\}\}")


def placeholders(capsule: JsonObject) -> Mapping[str, str]:
    """The names of its secrets, and how each is written."""
    secrets = capsule.get("secrets")
    return {str(name): str(how) for name, how in secrets.items()} if isinstance(secrets, dict) else {}


def filled(capsule: JsonObject, values: Mapping[str, str]) -> JsonObject:
    """The capsule with values in place of its secrets.

    Raises:
        ValueError: the value for a secret that was no text is not JSON.
    """
    known = placeholders(capsule)

    def fill(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _FILLED.fullmatch(value)
        if whole and known.get(whole[1]) == "json" and whole[1] in values:
            return _json(whole[1], values[whole[1]])
        return _FILLED.sub(put, value)

    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name not in known or name not in values:
            return found[0]
        return quote_plus(values[name]) if known[name] == "url" else values[name]

    return {name: value if name == "secrets" else fill(value) for name, value in capsule.items()}


def _json(name: str, text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"the value of {name} was no text: give it as JSON") from None


def content(body: JsonObject | None) -> bytes | None:
    """The bytes of a body; None for one that was not kept."""
    if not body:
        return b""
    if "json" in body:
        return json.dumps(body["json"]).encode()
    text = body.get("form", body.get("text"))
    return text.encode() if isinstance(text, str) else None


def curl(capsule: JsonObject) -> str:
    """The line that asks for the same, with placeholders where secrets belong."""
    headers = dict(reversed([(name.lower(), text) for name, text in capsule["headers"]]))
    host = headers.get("host", "localhost")
    scheme = headers.get("x-forwarded-proto", "http")
    query = f"?{capsule['query']}" if capsule["query"] else ""
    path = quote(capsule["path"], safe="/{}:@!$&'()*+,;=~-._")
    words = ["curl", "-g", "-X", capsule["method"], f"{scheme}://{host}{path}{query}"]
    for name, text in capsule["headers"]:
        if name.lower() not in {"host", "pymcallid", "pymcallpath", "traceparent", "tracestate"}:
            words += ["-H", f"{name}: {text}"]
    data = content(capsule["body"])
    if data is None:
        words += ["--data-binary", "@FILE"]
    elif data:
        words += ["--data-binary", data.decode()]
    return " ".join(map(shlex.quote, words))


__all__ = ["Asked", "body_of", "content", "curl", "filled", "is_capsule", "placeholders"]
