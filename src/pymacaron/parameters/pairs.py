"""Parameters as name=value pairs: query strings, form bodies, cookies. Whole ones (delimited) and exploded ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.messages import ABSENT
from pymacaron.names import COOKIE_NAME

from .delimited import Read, WriteTexts, delimited, repeated
from .json_texts import json_pair
from .texts import (
    ANYTHING,
    QUERY,
    Escape,
    TextFault,
    TextType,
    is_scalar,
    parse_query,
    percent_encode,
    raw_reader,
    reads_null,
    unquote,
)

Pairs = Mapping[str, list[str]]
ReadPairs = Callable[[Pairs], Json]
WritePairs = Callable[[Json], list[str]]


class Naming(NamedTuple):
    """What the pairs of one parameter are called, and how they are escaped.

    `others` are the operation's other parameters there, which an object with open properties leaves alone.
    """

    name: str
    escape: Escape
    is_cookie: bool = False
    others: Collection[str] = ()

    def written(self, key: str) -> str:
        """A key as it is sent; cookies have no escape for theirs (RFC 6265 section 4.1.1)."""
        if not self.is_cookie:
            return percent_encode(key)
        if not COOKIE_NAME.fullmatch(key):
            raise TextFault("name", "a name of visible ASCII characters other than comma, semicolon and =")
        return key

    def once(self, read: Read, type_: TextType) -> Read:
        """The reader of what came under one name. Of several cookies the first counts: it has the longest path, and
        the sender has no say in the others (RFC 6265 section 5.4)."""
        if self.is_cookie and "array" not in type_.kinds:
            return lambda raws: read(raws[:1])
        return read

    def belongs_to_others(self, key: str) -> bool:
        """Whether another parameter takes the key: by its name, or as "name[...]" (style deepObject)."""
        return key != self.name and (key in self.others or key.partition("[")[0] in self.others)


class PairCodec(NamedTuple):
    """The two directions, and which keys the parameter reads."""

    read: ReadPairs
    write: WritePairs
    claims: Callable[[str], bool]


def whole(naming: Naming, type_: TextType, delimiter: str) -> PairCodec:
    """One pair whose value holds all: form without explode, spaceDelimited, pipeDelimited, csv and its like."""
    read, write = delimited(type_, delimiter, explode=False, escape=naming.escape)
    return _named(naming, type_, read, lambda value: [write(value)])


def exploded(naming: Naming, type_: TextType) -> PairCodec:
    """A pair for each item, named like the parameter, or for each property, named like the property."""
    named = _named(naming, type_, *repeated(type_, naming.escape))
    return _exploded_object(naming, type_, named) if "object" in type_.kinds else named


def _named(naming: Naming, type_: TextType, read_texts: Read, write_texts: WriteTexts) -> PairCodec:
    name, written = naming.name, naming.written(naming.name)

    def write(value: Json) -> list[str]:
        if value is None and not reads_null(type_):
            return []  # undefined, in the words of RFC 6570 section 2.3: not sent
        return [f"{written}={text}" for text in write_texts(value)]

    return PairCodec(_named_reader(naming, type_, read_texts), write, name.__eq__)


def _named_reader(naming: Naming, type_: TextType, read_texts: Read) -> ReadPairs:
    name, read_texts = naming.name, naming.once(read_texts, type_)
    read_one = raw_reader(type_.kinds, naming.escape)

    def read(source: Pairs) -> Json:
        raws = source.get(name)
        return ABSENT if raws is None else read_texts(raws)

    def read_scalar(source: Pairs) -> Json:  # what most parameters are, without detours
        raws = source.get(name)
        if raws is None:
            return ABSENT
        return read_one(raws[0]) if len(raws) == 1 else read_texts(raws)

    return read_scalar if is_scalar(type_) else read


def _exploded_object(naming: Naming, type_: TextType, named: PairCodec) -> PairCodec:
    """`named` takes over where the value is no object, if it may be none."""
    declared = {key: repeated(property_, naming.escape) for key, property_ in type_.properties.items()}
    readers = {key: naming.once(declared[key][0], property_) for key, property_ in type_.properties.items()}
    others = repeated(type_.additional or ANYTHING, naming.escape)
    read_other = naming.once(others[0], type_.additional or ANYTHING)
    is_open, is_union = type_.additional is not None, len(type_.kinds) > 1

    def is_leftover(key: str) -> bool:
        return is_open and not naming.belongs_to_others(key)

    def claims(key: str) -> bool:
        return key in declared or (is_union and key == naming.name) or is_leftover(key)

    def read(source: Pairs) -> Json:
        if is_union and naming.name in source:
            return named.read(source)
        value = {key: read_texts(source[key]) for key, read_texts in readers.items() if key in source}
        if is_open:
            value |= {key: read_other(raws) for key, raws in source.items() if key not in declared and is_leftover(key)}
        return value or ABSENT

    def write(value: Json) -> list[str]:
        if isinstance(value, dict):
            return [pair for key, item in value.items() for pair in write_property(key, item)]
        return named.write(value)

    def write_property(key: str, item: Json) -> list[str]:
        if key not in declared and naming.belongs_to_others(key):
            raise TextFault("name", "property names that no other parameter of the operation has")
        written = naming.written(key)
        return [f"{written}={text}" for text in declared.get(key, others)[1](item)]

    return PairCodec(read, write, claims)


def json_value(naming: Naming) -> PairCodec:
    """One pair whose value is JSON; TextFault if it was sent several times."""
    name, written = naming.name, naming.written(naming.name)
    read_text, write_text = json_pair(naming.escape)

    def read(source: Pairs) -> Json:
        raws = source.get(name)
        if raws is None:
            return ABSENT
        if len(raws) > 1 and not naming.is_cookie:
            raise TextFault("repeated", "the parameter once")
        return read_text(raws[0])

    return PairCodec(read, lambda value: [f"{written}={write_text(value)}"], name.__eq__)


def query_string(type_: TextType, *, is_json: bool) -> tuple[Callable[[str], Json], WritePairs]:
    """The pair for the whole query string as one value (OpenAPI 3.2, `in: querystring`), JSON or form-urlencoded."""
    if is_json:
        read_json, write_json = json_pair(Escape(unquote, percent_encode, percent=True))
        return (lambda raw: read_json(raw) if raw else ABSENT), (lambda value: [write_json(value)])
    whole_object = TextType(frozenset({"object"}), None, type_.properties, type_.additional or ANYTHING)
    pairs = exploded(Naming("", QUERY), whole_object)
    return (lambda raw: pairs.read(parse_query(raw))), pairs.write
