"""Text ⇄ scalars; percent-encoding and its likes; query strings and cookies taken apart.

Reading follows validity: text that does not convert stays text, and the schema validator says what was expected. Only
what cannot be text at all (invalid UTF-8, malformed JSON) is a TextFault.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from pymacaron._types import Json

TextReader = Callable[[str], Json]

SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
# What int() takes by default; beyond it the conversion costs quadratic time, and the text stays text.
MAX_DIGITS = min(4300, sys.get_int_max_str_digits() or 4300)
# The number of RFC 8259 section 6; int() and float() take far more ("1_000", " 5", "٣", "inf").
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
BOOLEANS: dict[str, Json] = {"true": True, "false": False}
HEX = re.compile("[0-9A-Fa-f]{2}")
_STEP = 1 << 16  # bytes that are decoded at a time
# Printable, or beyond ASCII: what may stand in a header's value (RFC 9110 section 5.5; Latin-1 at most) and in a
# cookie's (RFC 6265 section 4.1.1, without its ban on space, comma, quote and backslash, which servers take).
HEADER_TEXT = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
COOKIE_TEXT = re.compile(r"(?:[!-:<-~](?:[ -:<-~]*[!-:<-~])?)?")


class TextFault(Exception):
    """Text that is no value of any kind when read; a value that no text can carry when written.

    `code` and `expected` are what a Problem needs: a stable word, and what would have been right. Never the value.
    """

    def __init__(self, code: str, expected: str) -> None:
        super().__init__(expected)
        self.code = code
        self.expected = expected


class TextType:
    """What a schema says about the text form of its values.

    Attributes:
        kinds: the JSON Schema types that are possible; empty: anything, and then text stays a string.
        items: of an array's items; None: anything.
        properties: of an object's declared properties.
        additional: of its other properties; None where the schema does not ask for any.
        style: the Swagger 2.0 collectionFormat of arrays inside arrays; None is "csv".

    May be filled in after it was made, as a type that contains itself must be. Equal only to itself.
    """

    __slots__ = ("additional", "items", "kinds", "properties", "style")

    def __init__(
        self,
        kinds: frozenset[str] = frozenset(),
        items: TextType | None = None,
        properties: Mapping[str, TextType] | None = None,
        additional: TextType | None = None,
        style: str | None = None,
    ) -> None:
        self.kinds = kinds
        self.items = items
        self.properties = properties or {}
        self.additional = additional
        self.style = style

    def __repr__(self) -> str:
        return f"<TextType {'|'.join(sorted(self.kinds)) or 'anything'}>"

    def property(self, name: str) -> TextType:
        """The type of a property, declared or not."""
        return self.properties.get(name) or self.additional or ANYTHING


ANYTHING = TextType()


# Scalars: each reader returns the very text it got when it does not convert.


def _same(text: str) -> Json:
    return text


def _null(text: str) -> Json:
    return None if text in {"", "null"} else text


def _boolean(text: str) -> Json:
    return BOOLEANS.get(text, text)


def _integer(text: str) -> Json:
    digits = text.removeprefix("-")
    if not (digits.isdecimal() and digits.isascii()) or (digits[0] == "0" and digits != "0"):
        return text
    return int(text) if len(digits) <= MAX_DIGITS else text


def _number(text: str) -> Json:
    value = _integer(text)
    if value is not text or not NUMBER.fullmatch(text):
        return value
    value = float(text)
    return value if abs(value) != float("inf") else text


def _first_of(steps: Sequence[TextReader]) -> TextReader:
    def read(text: str) -> Json:
        for step in steps:
            value = step(text)
            if value is not text:
                return value
        return text

    return read


@cache
def scalar_reader(kinds: frozenset[str]) -> TextReader:
    """The reader of one text as one of `kinds`: null, boolean, integer, number in this order; what is none stays text.

    Where a string is possible too, what parses is still no string ("5" for an integer or a string is 5), except
    for null: "" and "null" are words that people send.
    """
    readers = {"null": _null, "boolean": _boolean, "integer": _integer, "number": _number}
    steps = [read for kind, read in readers.items() if kind in kinds and not (kind == "null" and "string" in kinds)]
    if len(steps) < 2:
        return steps[0] if steps else _same
    return _first_of(steps)


def scalar_text(value: Json, kinds: frozenset[str]) -> str:
    """The text of a scalar that scalar_reader(kinds) reads back; raises TextFault where there is none."""
    if isinstance(value, str):
        return value
    if value is None:
        if "null" in kinds and "string" not in kinds:
            return ""
        raise TextFault("null", "a value: null cannot be told from text here, leave it out instead")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and "integer" in kinds and "number" not in kinds:
        return _number_text(int(value))  # 5.0 is a valid integer, but "5.0" is none
    if isinstance(value, int | float):
        return _number_text(value)
    raise TextFault("nested", "no array or object here: the style has no text for it")


def _number_text(value: float) -> str:
    try:
        text = repr(value)
    except ValueError:
        text = ""
    if not NUMBER.fullmatch(text):
        raise TextFault("number", f"a finite number of at most {MAX_DIGITS} digits")
    return text


def reads_null(type_: TextType) -> bool:
    """Whether there is a text for null: the empty one, where it is not a string as well."""
    return "null" in type_.kinds and "string" not in type_.kinds


def may_be_scalar(type_: TextType) -> bool:
    return not type_.kinds or not type_.kinds.isdisjoint(SCALARS)


def is_scalar(type_: TextType) -> bool:
    """Whether there is nothing else that a value could be, as far as text can say."""
    return type_.kinds.isdisjoint({"array", "object"})


def may_be_text(type_: TextType | None) -> bool:
    """Whether values of this type may hold any character, a delimiter too."""
    return type_ is None or not type_.kinds or not type_.kinds.isdisjoint({"string", "array"})


def may_be_empty(type_: TextType | None) -> bool:
    """Whether the empty text is a value of this type."""
    return may_be_text(type_) or (type_ is not None and "null" in type_.kinds)


# Percent-encoding and its likes: one inverse pair for each place.


class Escape(NamedTuple):
    """How plain text is put into one place of a request, and read back. Both raise TextFault.

    `percent` says whether it is by percent-encoding; `early`, that it is undone before anybody looks for delimiters, so
    that it cannot hide one.
    """

    decode: Callable[[str], str]
    encode: Callable[[str], str]
    percent: bool
    early: bool = False


def raw_reader(kinds: frozenset[str], escape: Escape) -> TextReader:
    """The reader of one raw text as one of `kinds`. Numbers and words need no decoding; what is none is decoded."""
    convert, decode = scalar_reader(kinds), escape.decode
    if convert is _same:
        return decode

    def read(raw: str) -> Json:
        value = convert(raw)
        return value if value is not raw else convert(decode(raw))

    return read


def unquote(raw: str) -> str:
    """Percent-decoded text; a "%" that starts no escape is itself. Raises TextFault for what is not UTF-8.

    Characters beyond ASCII are bytes that the sender did not encode: WSGI hands them over as Latin-1 (PEP 3333).
    """
    if "%" not in raw and raw.isascii():
        return raw
    try:
        data = raw.encode("utf-8" if raw.isascii() or max(raw) > "\xff" else "latin-1")
        return (unquote_to_bytes(data) if len(data) <= _STEP else b"".join(_unquoted(data))).decode()
    except UnicodeError:
        raise TextFault("encoding", "percent-encoded UTF-8") from None


def _unquoted(raw: bytes) -> Iterator[bytes]:
    """Percent-decoded bytes, piece by piece: at once it would take eighty bytes of memory for each one that came."""
    at = 0
    while at < len(raw):
        end = at + _STEP
        split = raw.rfind(b"%", end - 2, end)  # an escape that does not end here
        end = end if split < 0 else split
        yield unquote_to_bytes(raw[at:end])
        at = end


def unquote_query(raw: str) -> str:
    """Like unquote, with "+" for a space, as in application/x-www-form-urlencoded (WHATWG URL section 5.1)."""
    return unquote(raw.replace("+", " ") if "+" in raw else raw)


def unquote_cookie(raw: str) -> str:
    """Like unquote, without the quotes that may enclose a cookie's value (RFC 6265 section 4.1.1)."""
    return unquote(raw[1:-1] if len(raw) > 1 and raw[0] == raw[-1] == '"' else raw)


def _from_bytes(raw: str) -> str:
    return raw if raw.isascii() else unquote(raw.replace("%", "%25"))


def check_unicode(text: str) -> str:
    """The text itself; TextFault if it holds lone surrogates, which stand for bytes that were not UTF-8."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise TextFault("encoding", "UTF-8") from None
    return text


def percent_encode(text: str, safe: str = "") -> str:
    """Everything but RFC 3986's unreserved characters, and `safe`, percent-encoded."""
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise TextFault("encoding", "text without lone surrogates") from None


def _encode_reserved(safe: str, text: str) -> str:
    """Reserved expansion (RFC 6570 section 3.2.3): `safe` and what is percent-encoded already pass through."""
    head, *parts = text.split("%")
    after = (("%" if HEX.match(part) else "%25") + percent_encode(part, safe) for part in parts)
    return percent_encode(head, safe) + "".join(after)


def _check_header(text: str) -> str:
    if not HEADER_TEXT.fullmatch(text):
        raise TextFault("header", "text without control characters, outer spaces and characters beyond Latin-1")
    return text


def _check_cookie(text: str) -> str:
    if not COOKIE_TEXT.fullmatch(text):
        raise TextFault("cookie", "ASCII text without control characters, outer spaces and semicolons")
    return text


def _strip(text: str) -> str:
    return text.strip(" \t")


PATH = Escape(check_unicode, percent_encode, True, True)  # WSGI has percent-decoded the path before we see it
QUERY = Escape(unquote_query, percent_encode, True)
COOKIE = Escape(unquote_cookie, percent_encode, True)
# OpenAPI 3.2.1 appendix D: headers, and cookies of style "cookie", are sent as they are.
HEADER = Escape(_strip, _check_header, False)
PLAIN_COOKIE = Escape(_from_bytes, _check_cookie, False)
# What allowReserved lets pass: RFC 3986's reserved characters, less those that would end, split or change the value.
RESERVED = {"path": ":@!$&'()*+", "query": ":/?@!$'()*,;=", "form": ":/?@!$'()*,;=", "cookie": ":/?#[]@!$&'()*+="}


def reserved(escape: Escape, location: str, delimiter: str) -> Escape:
    """The escape of a parameter with allowReserved, which still hides the delimiter of its items."""
    safe = RESERVED.get(location, "").replace(delimiter, "")
    return escape._replace(encode=partial(_encode_reserved, safe)) if escape.percent else escape


# Query strings and cookies taken apart.


def parse_query(raw: str) -> dict[str, list[str]]:
    """A query string or form body by key, in order: keys decoded, values still encoded, since "," may be data.

    A key that is not UTF-8 stays as it was sent, which no document declares.
    """
    found: dict[str, list[str]] = {}
    for pair in raw.split("&"):
        key, _, value = pair.partition("=")
        if "%" in key or "+" in key or not key.isascii():
            key = _query_key(key)
        if key in found:
            found[key].append(value)
        elif pair:
            found[key] = [value]
    return found


def _query_key(raw: str) -> str:
    try:
        return unquote_query(raw)
    except TextFault:
        return raw


def parse_cookies(header: str) -> dict[str, list[str]]:
    """A Cookie header by name, in order: names and values as they stand, without the spaces around them."""
    found: dict[str, list[str]] = {}
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found.setdefault(name.strip(" \t"), []).append(value.strip(" \t"))
    return found
