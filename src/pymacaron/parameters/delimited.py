"""Arrays and objects as one text: items between delimiters, and what stands around them (RFC 6570 section 3.2).

Every function here makes one half of an inverse pair: `split` and `join`, `read` and `write`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pymacaron._types import Json, JsonObject

from .json_texts import json_pair
from .texts import (
    ANYTHING,
    Escape,
    TextFault,
    TextReader,
    TextType,
    may_be_empty,
    may_be_scalar,
    may_be_text,
    percent_encode,
    raw_reader,
    scalar_reader,
    scalar_text,
)

Read = Callable[[list[str]], Json]
Write = Callable[[Json], str]
WriteTexts = Callable[[Json], list[str]]

# Styles of OpenAPI 3.x and collectionFormats of Swagger 2.0.
DELIMITERS = {
    "simple": ",", "label": ",", "matrix": ",", "form": ",", "cookie": ",", "spaceDelimited": " ",
    "pipeDelimited": "|", "csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|",
}  # fmt: skip
NO_URI_CHARACTER = " \t|"  # delimiters that RFC 3986 wants encoded, unlike "," "." and ";"
MAX_NESTING = 4  # arrays in arrays; a type may contain itself


# Items. Arrays inside arrays have their own delimiter (Swagger 2.0 Items Object), which only plain text can hold. How
# objects are sent inside arrays and objects, the standard leaves open: here as JSON, as Swagger UI does.


def item_reader(type_: TextType, nesting: int = 0) -> TextReader:
    """The reader of one decoded text as a scalar, an object, or an array inside an array."""
    scalar = scalar_reader(type_.kinds)
    if "object" in type_.kinds:
        scalar = _object_reader(scalar)
    if "array" not in type_.kinds or nesting == MAX_NESTING:
        return scalar
    delimiter = DELIMITERS[type_.style or "csv"]
    item = item_reader(type_.items or ANYTHING, nesting + 1)
    has_others = may_be_scalar(type_) or "object" in type_.kinds

    def read(text: str) -> Json:
        if has_others and delimiter not in text:
            return scalar(text)
        return [item(part) for part in text.split(delimiter)] if text else []

    return read


_PLAIN = Escape(lambda text: text, lambda text: text, percent=False)
_read_json, _write_json = json_pair(_PLAIN)


def _object_reader(read_other: TextReader) -> TextReader:
    """The reader of one decoded text as an object, where it is one."""

    def read(text: str) -> Json:
        if not text.startswith("{"):
            return read_other(text)
        try:
            return _read_json(text)
        except TextFault:
            return read_other(text)

    return read


def item_text(value: Json, type_: TextType) -> str:
    """The plain text of a scalar, an object, or an array inside an array."""
    if isinstance(value, dict) and "object" in type_.kinds:
        return _write_json(value)
    if not isinstance(value, list | tuple):
        return scalar_text(value, type_.kinds)
    items = type_.items or ANYTHING
    return joined([item_text(item, items) for item in value], DELIMITERS[type_.style or "csv"])


def joined(tokens: list[str], delimiter: str) -> str:
    """Texts that hold no delimiter, joined; TextFault where the reader would find other ones."""
    if any(delimiter in token for token in tokens):
        raise TextFault("delimiter", "items without the delimiter of their style")
    if tokens == [""]:
        raise TextFault("empty", "no array of just one empty item: it reads as the empty array")
    return delimiter.join(tokens)


# A list of texts as one raw text.


class Delimiter(NamedTuple):
    """What stands between the items of one raw text.

    `written` is the delimiter as we send it. Splitting comes before decoding, so that an encoded delimiter is data;
    but where it cannot be data (`lenient`) and none stands there as it is, the encoded one splits too: that is how
    URLSearchParams sends a comma, and how the standard sends "|" and the space (OpenAPI 3.2.1, appendix E).
    """

    character: str
    written: str
    escape: Escape
    lenient: bool

    def split(self, raw: str) -> list[str]:
        if not raw:
            return []
        character, decode = self.character, self.escape.decode
        if self.lenient and character not in raw:
            return decode(raw).split(character)
        return [decode(part) for part in raw.split(character)]

    def join(self, texts: Iterable[str]) -> str:
        plain = list(texts)
        if self.escape.early:
            joined(plain, self.character)
        return joined([self.escape.encode(text) for text in plain], self.written)


def delimiter_of(character: str, escape: Escape, type_: TextType) -> Delimiter:
    written = percent_encode(character) if escape.percent and character in NO_URI_CHARACTER else character
    items = type_.items or ANYTHING
    only_scalars = "array" in type_.kinds and not may_be_text(items) and "object" not in items.kinds
    return Delimiter(character, written, escape, character != "," or only_scalars or "array" not in type_.kinds)


# Objects as texts: "R,100,G,200" or "R=100,G=200".


def alternating(texts: list[str]) -> list[tuple[str, str]] | None:
    """Names and values taken by turns; None if one is left over."""
    return None if len(texts) % 2 else list(zip(texts[::2], texts[1::2], strict=True))


def assigned(texts: list[str]) -> list[tuple[str, str]] | None:
    """Names and values around "="; None if a text has none."""
    pairs = [text.partition("=") for text in texts]
    return [(name, value) for name, equals, value in pairs if equals] if all(pair[1] for pair in pairs) else None


def object_of(pairs: Iterable[tuple[str, str]], type_: TextType) -> JsonObject:
    """The object of names and texts; TextFault if a name comes twice."""
    value: JsonObject = {}
    for name, text in pairs:
        if name in value:
            raise TextFault("repeated", "every property once")
        value[name] = item_reader(type_.property(name))(text)
    return value


def assignment(name: str, text: str, escape: Escape) -> str:
    """name=text, both escaped."""
    escaped = escape.encode(name)
    if "=" in escaped:
        raise TextFault("name", 'property names without "="')
    return f"{escaped}={escape.encode(text)}"


# Whole values.


def delimited(type_: TextType, character: str, explode: bool, escape: Escape) -> tuple[Read, Write]:
    """The pair for one parameter: raw texts (several where it was sent several times) ⇄ value.

    A value that may be an array is one, unless it may be a scalar as well, and is one that holds no delimiter; likewise
    an object. Text that is no object stays text.
    """
    delimiter = delimiter_of(character, escape, type_)
    read_scalar, write = scalars(type_, escape), _delimited_writer(type_, delimiter, explode)
    is_item = item_test(type_)
    item, has_scalars = item_reader(type_.items or ANYTHING), may_be_scalar(type_)
    split_pairs = assigned if explode else alternating

    def read_array(raws: list[str]) -> Json:
        texts = [text for raw in raws for text in delimiter.split(raw)]
        if has_scalars and len(texts) < 2:
            value = read_scalar(raws)
            if not texts or not is_item(value):
                return value
        return [item(text) for text in texts]

    def read_object(raws: list[str]) -> Json:
        pairs = split_pairs([text for raw in raws for text in delimiter.split(raw)])
        if pairs is None or (has_scalars and not pairs):
            return read_scalar(raws)
        return object_of(pairs, type_)

    if "array" in type_.kinds:
        return read_array, write
    return (read_object if "object" in type_.kinds else read_scalar), write


def _delimited_writer(type_: TextType, delimiter: Delimiter, explode: bool) -> Write:
    escape, items = delimiter.escape, type_.items or ANYTHING

    def write(value: Json) -> str:
        if isinstance(value, list | tuple):
            return delimiter.join(item_text(item, items) for item in value)
        if not isinstance(value, dict):
            return escape.encode(scalar_text(value, type_.kinds))
        pairs = [(name, item_text(item, type_.property(name))) for name, item in value.items()]
        if explode:
            if escape.early:
                joined([assignment(name, text, _PLAIN) for name, text in pairs], delimiter.character)
            return joined([assignment(name, text, escape) for name, text in pairs], delimiter.written)
        return delimiter.join(text for pair in pairs for text in pair)

    return write


def repeated(type_: TextType, escape: Escape) -> tuple[Read, WriteTexts]:
    """The pair for a value with one raw text for each item, as in style form, exploded.

    One empty text is the empty array where an item cannot be empty.
    """
    read_scalar = _objects(type_, escape) if "object" in type_.kinds else scalars(type_, escape)
    items, has_scalars = type_.items or ANYTHING, may_be_scalar(type_)
    item, is_item = item_reader(items), item_test(type_)
    empty = [] if may_be_empty(items) or has_scalars else [""]

    def read(raws: list[str]) -> Json:
        if has_scalars and len(raws) == 1:
            value = read_scalar(raws)
            if not is_item(value):
                return value
        return [item(escape.decode(raw)) for raw in raws] if raws != empty else []

    def write(value: Json) -> list[str]:
        if isinstance(value, list | tuple):
            return [escape.encode(item_text(entry, items)) for entry in value] or empty
        return [escape.encode(item_text(value, type_))]

    return (read if "array" in type_.kinds else read_scalar), write


def item_test(type_: TextType) -> Callable[[Json], bool]:
    """Of what may be an array or a scalar: was a single text, read as a scalar, none, so that it is the only item?"""
    has_texts = not type_.kinds or "string" in type_.kinds
    return lambda value: isinstance(value, str) and not has_texts


def _objects(type_: TextType, escape: Escape) -> Read:
    """The reader of an object inside an object, or of what else it may be."""
    read_one = item_reader(type_)

    def read(raws: list[str]) -> Json:
        texts = [escape.decode(raw) for raw in raws]
        return read_one(texts[0]) if len(texts) == 1 else [read_one(text) for text in texts]

    return read


def scalars(type_: TextType, escape: Escape) -> Read:
    """The reader of a scalar. Several texts stay several, so that validation refuses them: none of them wins."""
    read_one = raw_reader(type_.kinds, escape)

    def read(raws: list[str]) -> Json:
        if len(raws) == 1:
            return read_one(raws[0])
        return [read_one(raw) for raw in raws]

    return read
