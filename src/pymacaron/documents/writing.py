"""Value → text, to be read by people too: the inverse of sources.py and yaml_core.py. The YAML is such that readers of
YAML 1.1 understand it in the same way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec

from pymacaron._types import Json


def to_json(value: Json) -> bytes:
    """A JSON value as JSON with line breaks; what JSON has no number for is null."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


# What somebody takes for null, a boolean or a merge key, in 1.1 or 1.2, unless it is quoted.
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
# One line that begins with a letter, or with what begins nothing else in YAML, and in which neither a value nor a
# comment begins.
_PLAIN = re.compile(r"[^\W\d_](?:.*\S)?|[_/$(](?:.*\S)?")
_NOT_PLAIN = re.compile(
    r":(?:\s|$)|\s#|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]"
)
_NOT_LITERAL = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# Beside what JSON escapes, YAML wants these escaped (1.2.2 section 5.1), and 1.1 takes some of them for line breaks.
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LONGEST_KEY = 1000  # characters; a longer one is marked as a key (YAML 1.2.2 section 7.4.2)


def to_yaml(value: Json) -> str:
    """A JSON value as YAML, in the order of its keys, with texts of several lines as such."""
    lines = _lines(value, "") if isinstance(value, dict | list) and value else [_scalar(value, "  ")]
    return "".join(lines).removeprefix("\n") + "\n"


def _lines(value: dict[str, Json] | list[Json], indent: str) -> Iterator[str]:
    """The text of a collection that is not empty; each of its lines begins with its line break."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = _text(key)
            yield f"\n{indent}{name}:" if len(name) < _LONGEST_KEY else f"\n{indent}? {name}\n{indent}:"
            yield from _after_key(inner, indent)
    else:
        for inner in value:
            yield f"\n{indent}-"
            yield from _item(inner, indent)


def _after_key(value: Json, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield from _lines(value, indent + "  ")
    else:
        yield " "
        yield _scalar(value, indent + "  ")


def _item(value: Json, indent: str) -> Iterator[str]:
    """What follows "-": the first key of a mapping, or the first item of a list, on the same line."""
    if isinstance(value, dict | list) and value:
        lines = _lines(value, indent + "  ")
        yield " " + next(lines).lstrip()
        yield from lines
    else:
        yield " "
        yield _scalar(value, indent + "  ")


def _scalar(value: Json, indent: str) -> str:
    if isinstance(value, str):
        return _literal(value, indent) if "\n" in value and _may_be_literal(value) else _text(value)
    if isinstance(value, float):
        return _float(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if isinstance(value, int) else "{}" if isinstance(value, dict) else "[]"


def _float(value: float) -> str:
    text = repr(value)
    if text in ("inf", "-inf", "nan"):
        return text.replace("inf", ".inf").replace("nan", ".nan")
    return text if "." in text else text.replace("e", ".0e")  # 1.1 wants the point


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and not _NOT_PLAIN.search(text) and text.lower() not in _WORDS
    return text if is_plain else _quoted(text)


def _quoted(text: str) -> str:
    """In double quotes, as in JSON."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _may_be_literal(text: str) -> bool:
    """Can all lines stand as they are? The first may not be indented, for it shows how far all are."""
    return not _NOT_LITERAL.search(text) and not text[:1].isspace() and not text.isspace()


def _literal(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    end = len(text) - len(body)
    mark = "|-" if end == 0 else "|" if end == 1 else "|+"
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    return f"{mark}\n" + "\n".join(lines) + "\n" * max(end - 1, 0)  # the next line brings the last line break
