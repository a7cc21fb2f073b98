"""Strings in path, query, header, cookie and form ⇄ JSON values: one table of styles, both directions.

`codec` makes the inverse pair for one parameter when the service starts; nothing is looked up on the request path.
It knows nothing of documents: a TextType says what a schema would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from pymacaron._types import Json

from .deep_objects import deep_object
from .delimited import DELIMITERS
from .json_texts import json_pair
from .pairs import Naming, PairCodec, Pairs, ReadPairs, exploded, json_value, query_string, whole
from .segments import segment, value_text
from .texts import (
    ANYTHING,
    COOKIE,
    HEADER,
    PATH,
    PLAIN_COOKIE,
    QUERY,
    TextFault,
    TextType,
    is_scalar,
    may_be_empty,
    parse_cookies,
    parse_query,
    reserved,
    scalar_reader,
    scalar_text,
    unquote_query,
)

__all__ = [
    "ANYTHING", "STYLES", "Codec", "TextFault", "TextType", "codec", "is_scalar", "parse_cookies", "parse_query",
    "scalar_reader", "scalar_text", "unquote_query",
]  # fmt: skip

QUERY_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")
# Which styles a location has, its default first (OpenAPI 3.2.1, Style Values).
STYLES: Mapping[str, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "header": ("simple",),
    "query": QUERY_STYLES,
    "form": QUERY_STYLES,
    "cookie": ("form", "cookie"),
}
ESCAPES = {"path": PATH, "header": HEADER, "query": QUERY, "form": QUERY, "querystring": QUERY, "cookie": COOKIE}
EXPLODED = {"form", "cookie"}  # explode is true by default


class Codec(NamedTuple):
    """One parameter's text ⇄ its JSON value.

    Attributes:
        read: from the segment's decoded text (path), the value's text (header), the dict of parse_query (query and
            form) or of parse_cookies (cookie), the raw query string (querystring) to the JSON value; ABSENT where
            nothing was sent. What does not convert stays text, for the validator to refuse. Raises TextFault alone.
        write: the way back: percent-encoded text (path), text (header), a list of "name=value" (elsewhere), which is
            empty where there is nothing to send. Raises TextFault for what no text can carry.
        claims: whether a query, form or cookie key belongs to this parameter.
        allow_empty: the document allows an empty value; then "" is right, whatever the schema says.
    """

    read: Callable[[Any], Json]
    write: Callable[[Json], Any]
    claims: Callable[[str], bool]
    allow_empty: bool = False


def codec(
    name: str, location: str, style: str | None, explode: bool | None, type_: TextType, *,
    allow_reserved: bool = False, allow_empty: bool = False, collection_format: str | None = None,
    content: bool = False, known_names: Collection[str] = (),
) -> Codec:  # fmt: skip
    """The codec of one parameter; ValueError for a style that its location does not have.

    Args:
        name, location, style, explode, allow_reserved, allow_empty: as in the Parameter Object of OpenAPI 3.x; None for
            the standard's default. `location` is "path", "query", "header", "cookie", "form" or "querystring".
        type_: what the schema says. It has to be complete by now.
        collection_format: of Swagger 2.0, whose default is "csv"; it stands in for style and explode.
        content: the value is JSON (`content: application/json`).
        known_names: the operation's other parameters in this location; objects with open properties leave them alone.
    """
    if location == "querystring":
        return Codec(*query_string(type_, is_json=content), lambda _key: True)
    if location not in STYLES:
        raise ValueError(f"no location is called {location!r}; there are {', '.join(STYLES)} and querystring")
    style, explode = _resolved(location, style, explode, collection_format)
    escape = PLAIN_COOKIE if style == "cookie" else ESCAPES[location]
    if allow_reserved:
        is_split = not explode and not type_.kinds.isdisjoint({"array", "object"})
        escape = reserved(escape, location, DELIMITERS.get(style, "") if is_split else "")
    if location == "path":
        return Codec(*segment(name, "json" if content else style, explode, type_, escape), name.__eq__)
    if location == "header":
        pair = json_pair(escape) if content else value_text(DELIMITERS[style], explode, type_, escape)
        return Codec(*pair, name.__eq__)
    naming = Naming(name, escape, location == "cookie", frozenset(known_names))
    read_pairs, write_pairs, claims = _pairs(naming, "json" if content else style, explode, type_)
    if allow_empty and "boolean" in type_.kinds and not may_be_empty(type_):
        return Codec(_flag(read_pairs), write_pairs, claims, allow_empty)
    return Codec(read_pairs, write_pairs, claims, allow_empty)


def _flag(read: ReadPairs) -> ReadPairs:
    """A boolean that may be sent empty is one that is set by being there: ?verbose."""

    def read_flag(source: Pairs) -> Json:
        value = read(source)
        return True if value == "" else value

    return read_flag


def _resolved(
    location: str, style: str | None, explode: bool | None, collection_format: str | None
) -> tuple[str, bool]:
    """Style and explode with the standard's defaults; a collectionFormat is a style, and "multi" is form, exploded."""
    if collection_format == "multi":
        return STYLES[location][0], location in {"query", "form"}
    if collection_format is not None:
        return collection_format, False
    style = style or STYLES[location][0]
    if style not in STYLES[location]:
        raise ValueError(f"{location} parameters have no style {style!r}, only {', '.join(STYLES[location])}")
    return style, style in EXPLODED if explode is None else explode


def _pairs(naming: Naming, style: str, explode: bool, type_: TextType) -> PairCodec:
    if style == "json":
        return json_value(naming)
    if style == "deepObject":
        return deep_object(naming, type_)
    return exploded(naming, type_) if explode else whole(naming, type_, DELIMITERS[style])
