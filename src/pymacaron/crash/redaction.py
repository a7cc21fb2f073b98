"""What a report must not show: found by name, remembered by value, and taken out of every text.

A secret is replaced by a mark first, which stands for a label. At the end marks become stars, or what the command
`pymacaron replay` fills in again: `{{body.password}}`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, unquote_plus

from pymacaron._types import Json
from pymacaron.config import Secret

from .names import Names
from .objects import LONGEST, fields_of, items_of, leaves, plain_of, text_of_object
from .values import MARK, STARS, Values, mark, number_of, without_forms, without_named

_DEPTH, _BREADTH, _TEXT = 5, 50, 1000  # of values that are shown
_MOST_SHOWN = 2000  # values in one that is shown
_MOST_SECRETS = 500  # of one call; each is looked for in every text
TOO_MANY = "<not shown: the call has more secrets than are looked for>"
# What a report and a capsule call their members. They stay, even if a caller's password is such a word.
_MEMBERS = frozenset((
    "api", "at", "body", "bytes", "call", "caller", "capsule", "code", "complete", "container", "curl", "data",
    "deadline_left_ms", "endpoint", "error", "error_id", "exception", "file", "flags", "form", "frames", "function",
    "headers", "host", "id", "json", "kind", "left_out", "limit_ms", "line", "live_host", "locals", "method", "ms",
    "name", "operation", "parent_id", "path", "pid", "pym_env", "pymacaron", "python", "query", "request", "response",
    "secrets", "server", "span_id", "stack", "state", "status", "text", "timing", "title", "trace", "trace_id",
    "up_seconds", "user",
))  # fmt: skip
_SCHEME = re.compile(r"(bearer|basic|digest|token|apikey|negotiate)[ +]+(.+)", re.IGNORECASE | re.DOTALL)


def with_stars(text: str) -> str:
    """The text for people."""
    return MARK.sub(STARS, text)


class Redaction:
    """What is secret in one call.

    Args:
        most: so many secrets are looked for in texts.

    Attributes:
        is_full: there were more, which may stand in any text. None is shown then.
    """

    def __init__(self, names: Names, *, most: int = _MOST_SECRETS) -> None:
        self.names = names
        self._most = most
        self.is_full = False
        self.labels: dict[str, str] = {}  # label -> how its value is written: "text", "url" or "json"
        self._numbers = {"": 0}  # of labels, in their marks
        self._values = Values()
        self._left = 0  # values that may still be shown

    # Finding

    def learn(self, value: object, label: str = "") -> None:
        """Remember a secret; `label` is what it is to be called."""
        if isinstance(value, bytes | bytearray):
            value = bytes(value).decode("utf-8", "replace")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and not isinstance(value, Secret):  # which redact() knows
            if self._values.count >= self._most and not self._values.has(value):
                self.is_full = True
                return
            self._values.learn(value, self._mark(label))

    def _learn_all(self, value: object, label: str = "") -> None:
        """Remember what is inside of a value, however it is made; what has a label is one itself."""
        for leaf in leaves(value, self._most):
            if leaf is ...:
                self.is_full = True
            else:
                self.learn(leaf, label if leaf is value else "")

    def _mark(self, label: str) -> str:
        return mark(self._numbers.setdefault(label, len(self._numbers)))

    def hide(self, value: object, label: str, how: str = "text") -> str:
        """The mark for a secret, which is remembered."""
        self.learn(value, label)
        self.labels.setdefault(label, how)
        return self._mark(label)

    def credentials(self, text: str, label: str, how: str = "text") -> str:
        """The value of an Authorization header or the like, its scheme left (RFC 9110 section 11.4)."""
        found = _SCHEME.fullmatch(text.strip())
        if found is None:
            return self.hide(text, label, how)
        if found[1].lower() == "basic":
            for part in _basic(found[2]):
                self.learn(part)
        return f"{found[1]} {self.hide(found[2], label, how)}"

    def cookies(self, text: str) -> str:
        """A Cookie header: every value is secret (RFC 6265 section 4.2.1)."""
        pieces = []
        for piece in text.split(";"):
            name, equals, value = piece.strip().partition("=")
            if not equals:
                name, value = "", name
            value = value.strip().strip('"')
            plain = unquote(value)
            label = "token" if name == "token" and _SCHEME.fullmatch(plain) else f"cookie.{name}"
            self.learn(value, label)
            pieces.append(f"{name}{equals}{self.credentials(plain, label)}")
        return "; ".join(pieces)

    def set_cookie(self, text: str) -> str:
        """A Set-Cookie header: the name and the attributes are shown."""
        pair, semicolon, attributes = text.partition(";")
        name, _, value = pair.partition("=")
        self.learn(value.strip().strip('"'))
        return f"{name}={STARS}{semicolon}{attributes}"

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, self._header(name.lower(), text)) for name, text in headers]

    def _header(self, name: str, text: str) -> str:
        if name == "cookie":
            return self.cookies(text)
        if name == "set-cookie":
            return self.set_cookie(text)
        if name == "authorization":
            return self.credentials(text, "token")
        return self.credentials(text, f"header.{name}") if name in self.names else text

    def pairs(self, text: str, place: str) -> str:
        """A query, or the body of a form, as it was sent but for its secrets."""
        pieces = []
        for piece in text.split("&"):
            name, equals, value = piece.partition("=")
            plain = unquote_plus(name)
            if equals and (plain in self.names or re.split(r"[\[.]", plain)[0] in self.names):
                self.learn(value, f"{place}.{plain}")
                value = self.hide(unquote_plus(value), f"{place}.{plain}", "url")
            elif equals:
                self.learn_written(unquote_plus(value))
            pieces.append(f"{name}{equals}{value}")
        return "&".join(pieces)

    def json(self, value: Json, place: str) -> Json:
        """A JSON value with placeholders for what the names say is secret."""
        if isinstance(value, dict):
            return {
                name: self._secret(item, f"{place}.{name}")
                if name in self.names
                else self.json(item, f"{place}.{name}")
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.json(item, f"{place}.{index}") for index, item in enumerate(value)]
        if isinstance(value, str):
            self.learn_written(value)
        return value

    def learn_written(self, text: str, depth: int = 4) -> None:
        """Remember the secrets in a text that is itself JSON, maybe with such texts in it."""
        try:
            waiting = [json.loads(text)] if depth and text.lstrip()[:1] in {"{", "["} else []
        except (ValueError, RecursionError):
            return
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                self.learn_written(value, depth - 1)
            elif isinstance(value, list):
                waiting += value
            elif isinstance(value, dict):
                waiting += [item for name, item in value.items() if name not in self.names]
                self._learn_escaped(item for name, item in value.items() if name in self.names)

    def _learn_escaped(self, items: Iterable[Json]) -> None:
        for leaf in (leaf for item in items for leaf in leaves(item, self._most)):
            self.is_full |= leaf is ...
            self.learn(leaf)
            self.learn(json.dumps(leaf)[1:-1] if isinstance(leaf, str) else "")

    def _secret(self, value: Json, label: str) -> Json:
        if value is None:
            return None
        self._learn_all(value, label)
        self.labels.setdefault(label, "text" if isinstance(value, str) else "json")
        return self._mark(label)

    # Showing

    def shown(self, value: object, depth: int = _DEPTH) -> Json:
        """Any Python value as JSON, shortened, with its secrets hidden by name. Runs no code of its class; never
        raises."""
        self._left = _MOST_SHOWN
        return self._part(value, depth)

    def _part(self, value: object, depth: int) -> Json:
        self._left -= 1
        if self._left < 0:
            return "…"
        try:
            return self._shown(value, depth)
        except BaseException as error:  # noqa: BLE001 - what another thread changes meanwhile
            return f"<{type(value).__name__}, which cannot be shown: {type(error).__name__}>"

    def _shown(self, value: Any, depth: int) -> Json:
        kind = type(value)
        if value is None or kind is bool or (kind is int and abs(value) < 2**63):
            return value
        if issubclass(kind, Secret):
            return STARS
        if issubclass(kind, str):
            return self._text(str.__str__(value))
        if issubclass(kind, bytes | bytearray):
            return self._text(repr(plain_of(value)))
        text = text_of_object(value)
        if text is not None:
            return self._text(text)
        fields = fields_of(value)
        if fields is not None:
            return self._mapping(*fields, depth, "" if issubclass(kind, dict) else kind.__name__)
        items = items_of(value, _BREADTH)
        return f"<{kind.__name__}>" if items is None else self._items(*items, depth, kind)

    def _text(self, text: str) -> str:
        clean = self.clean(text[:LONGEST])
        return clean if len(clean) <= _TEXT else f"{clean[:_TEXT]}… ({len(text)} characters)"

    def _mapping(self, fields: Iterable[tuple[Any, Any]], secret: Container[str], depth: int, kind: str) -> Json:
        if depth <= 0:
            return f"<{kind or 'dict'}>"
        out: dict[str, Json] = {"": f"<{kind}>"} if kind else {}
        for count, (name, item) in enumerate(fields):
            if count == _BREADTH:
                out["…"] = "more"
                break
            text = name if type(name) is str else str(self._part(name, 1))
            hides = text in secret or text in self.names
            out[self._text(text)] = self.concealed(item) if hides else self._part(item, depth - 1)
        return out

    def _items(self, items: list[Any], count: int, depth: int, kind: type) -> Json:
        if depth <= 0:
            return f"<{kind.__name__}>"
        if kind is tuple and count == 2 and items[0] in self.names:  # a header, a pair of a form
            return [items[0], self.concealed(items[1])]
        out = [self._part(item, depth - 1) for item in items]
        return out if count <= _BREADTH else [*out, f"… ({count} items)"]

    def concealed(self, value: object) -> Json:
        """Stars for what is secret by its name, whose texts are remembered."""
        if value is None or type(value) is bool:
            return value
        with suppress(Exception):  # what another thread changes meanwhile
            self._learn_all(value)
        return STARS

    def clean(self, text: str) -> str:
        """A text without the secrets that are known by now, or that look like ones; marks stand for them."""
        return TOO_MANY if self.is_full else without_named(without_forms(self._values.replace(text)), self.names)

    def by_value(self, text: str) -> str:
        """A text for people without the secrets that are known by now, or that look like ones, whatever their names."""
        if self.is_full:
            return TOO_MANY
        return with_stars(without_forms(self._values.replace(text)))

    def knows(self, text: str) -> bool:
        """Is there a secret in the text that is known by now?"""
        return self._values.replace(text) != text

    def with_placeholders(self, text: str) -> str:
        """The text for a program that fills in again what marks stand for; secrets without a label stay stars."""
        labels = list(self._numbers)

        def put(found: re.Match[str]) -> str:
            label = labels[number_of(found)] if number_of(found) < len(labels) else ""
            if label:
                self.labels.setdefault(label, "text")
            return f"{{{{{label}}}}}" if label else STARS

        return MARK.sub(put, text)

    def tree(self, value: Json, render: Callable[[str], str] = with_stars) -> Json:
        """A JSON value whose texts are all clean, and its placeholders rendered."""
        if isinstance(value, str):
            return render(self.clean(value))
        if isinstance(value, Mapping):
            return {
                name if name in _MEMBERS else render(self.clean(str(name))): self.tree(item, render)
                for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.tree(item, render) for item in value]
        return value


def _basic(encoded: str) -> Iterator[str]:
    """What the credentials of the Basic scheme say (RFC 7617 section 2)."""
    try:
        said = base64.b64decode(encoded.strip(), validate=False).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return
    yield said
    yield said.partition(":")[2]
