"""Parameters: what is written reads back, in every style, and nothing that anyone sends does harm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pymacaron._types import Json
from pymacaron.messages import ABSENT
from pymacaron.parameters import (
    ANYTHING,
    STYLES,
    Codec,
    TextFault,
    TextType,
    codec,
    parse_cookies,
    parse_query,
    scalar_reader,
    scalar_text,
)


def type_of(*kinds: str, **parts: Any) -> TextType:
    return TextType(frozenset(kinds), **parts)


STRING, INTEGER, NUMBER, BOOLEAN = (type_of(kind) for kind in ("string", "integer", "number", "boolean"))
NULLABLE = type_of("integer", "null")
STRINGS, INTEGERS = type_of("array", items=STRING), type_of("array", items=INTEGER)
COLOR = type_of("object", properties={"R": INTEGER, "G": INTEGER, "B": INTEGER})
OPEN = type_of("object", additional=STRING)


def send(parameter: Codec, location: str, value: Json) -> Json:
    """The value that arrives: written, put into a URL or header between other parameters, taken apart, read."""
    sent = parameter.write(value)
    if location == "path":
        assert sent.isascii()
        assert not set("/?# ") & set(sent)
        return parameter.read(unquote(sent, errors="strict"))
    if location == "header":
        assert sent == sent.strip(" \t")
        assert sent.isprintable() or max(sent) > "~"
        return parameter.read(sent)
    if location == "cookie":
        return parameter.read(parse_cookies("; ".join(["before=1", *sent, "after=2"])))
    query = "&".join(["before=1", *sent, "after=2"])
    assert query.isascii()
    assert query.isprintable()
    assert not set(' "<>#[]|') & set(query)
    return parameter.read(parse_query(query))


# The standard's table.

BLUE = (STRING, "blue")
COLORS = (STRINGS, ["blue", "black", "brown"])
RGB = (COLOR, {"R": 100, "G": 200, "B": 150})
STYLE_EXAMPLES = [  # OpenAPI 3.2.1, Style Examples: location, style, explode, value, text
    ("path", "matrix", False, BLUE, ";color=blue"),
    ("path", "matrix", False, COLORS, ";color=blue,black,brown"),
    ("path", "matrix", False, RGB, ";color=R,100,G,200,B,150"),
    ("path", "matrix", True, BLUE, ";color=blue"),
    ("path", "matrix", True, COLORS, ";color=blue;color=black;color=brown"),
    ("path", "matrix", True, RGB, ";R=100;G=200;B=150"),
    ("path", "label", False, BLUE, ".blue"),
    ("path", "label", False, COLORS, ".blue,black,brown"),
    ("path", "label", False, RGB, ".R,100,G,200,B,150"),
    ("path", "label", True, BLUE, ".blue"),
    ("path", "label", True, COLORS, ".blue.black.brown"),
    ("path", "label", True, RGB, ".R=100.G=200.B=150"),
    *(
        (location, "simple", explode, *example)
        for location in ("path", "header")
        for explode, example in [
            (False, (BLUE, "blue")),
            (False, (COLORS, "blue,black,brown")),
            (False, (RGB, "R,100,G,200,B,150")),
            (True, (BLUE, "blue")),
            (True, (COLORS, "blue,black,brown")),
            (True, (RGB, "R=100,G=200,B=150")),
        ]
    ),
    ("query", "form", False, (NULLABLE, None), "color="),
    ("query", "form", False, (STRING, ""), "color="),
    ("query", "form", False, BLUE, "color=blue"),
    ("query", "form", False, COLORS, "color=blue,black,brown"),
    ("query", "form", False, RGB, "color=R,100,G,200,B,150"),
    ("query", "form", True, (NULLABLE, None), "color="),
    ("query", "form", True, (STRING, ""), "color="),
    ("query", "form", True, BLUE, "color=blue"),
    ("query", "form", True, COLORS, "color=blue&color=black&color=brown"),
    ("query", "form", True, RGB, "R=100&G=200&B=150"),
    ("query", "spaceDelimited", False, COLORS, "color=blue%20black%20brown"),
    ("query", "spaceDelimited", False, RGB, "color=R%20100%20G%20200%20B%20150"),
    ("query", "pipeDelimited", False, COLORS, "color=blue%7Cblack%7Cbrown"),
    ("query", "pipeDelimited", False, RGB, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query", "deepObject", True, RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("cookie", "cookie", False, (NULLABLE, None), "color="),
    ("cookie", "cookie", False, BLUE, "color=blue"),
    ("cookie", "cookie", True, (NULLABLE, None), "color="),
    ("cookie", "cookie", True, BLUE, "color=blue"),
    ("cookie", "cookie", True, COLORS, "color=blue; color=black; color=brown"),
    ("cookie", "cookie", True, RGB, "R=100; G=200; B=150"),
    ("cookie", "form", True, (STRING, "Hello, world!"), "color=Hello%2C%20world%21"),
]


@pytest.mark.parametrize(("location", "style", "explode", "example", "text"), STYLE_EXAMPLES)
def test_the_standards_examples(
    location: str, style: str, explode: bool, example: tuple[TextType, Json], text: str
) -> None:
    """Every cell of the standard's table of style examples is written so, and read so."""
    type_, value = example
    color = codec("color", location, style, explode, type_)
    sent = color.write(value)
    assert {"query": "&", "cookie": "; "}.get(location, "").join(sent) == text
    parse: dict[str, Callable[[str], Any]] = {"query": parse_query, "cookie": parse_cookies}
    assert color.read(parse.get(location, str)(text)) == value


@pytest.mark.parametrize(("location", "default"), [("path", "a,b"), ("header", "a,b"), ("query", ["c=a", "c=b"])])
def test_defaults(location: str, default: Json) -> None:
    """A document that names no style gets its location's: simple in path and header, form, exploded, elsewhere."""
    assert codec("c", location, None, None, STRINGS).write(["a", "b"]) == default


def test_defaults_of_explode() -> None:
    """Only form and cookie explode by default; deepObject always does."""
    assert codec("c", "query", "form", None, STRINGS).write(["a", "b"]) == ["c=a", "c=b"]
    assert codec("c", "cookie", "cookie", None, STRINGS).write(["a", "b"]) == ["c=a", "c=b"]
    assert codec("c", "query", "pipeDelimited", None, STRINGS).write(["a", "b"]) == ["c=a%7Cb"]
    assert codec("c", "query", "deepObject", None, COLOR).write({"R": 1}) == ["c%5BR%5D=1"]


@pytest.mark.parametrize(
    ("style", "explode", "delimiter"),
    [("simple", False, ","), ("simple", True, ","), ("label", False, ","), ("label", True, "."), ("matrix", False, ","),
     ("matrix", True, ";")],
)  # fmt: skip
def test_no_escape_in_a_path_hides_a_delimiter(style: str, explode: bool, delimiter: str) -> None:
    """A path is decoded before it is split: an item with the delimiter in it is refused, not sent as two."""
    items = TextType(frozenset({"array"}), TextType(frozenset({"string"})))
    properties = TextType(frozenset({"object"}), additional=TextType(frozenset({"string"})))
    for type_, value in ((items, [f"a{delimiter}b", "c"]), (properties, {"a": f"b{delimiter}c"})):
        with pytest.raises(TextFault):
            codec("color", "path", style, explode, type_).write(value)


# The law, for what the wire can carry.

Typed: TypeAlias = tuple[TextType, Json]
Texts: TypeAlias = st.SearchStrategy[str]


class Place(NamedTuple):
    """Where and how a value travels, and which characters get lost there.

    `alphabet` is what a text may hold at all, `delimiters` what an item must not hold as well; `name_delimiters` what
    a property's name must not. A path is percent-decoded by the server before it is split (PEP 3333), so its
    delimiters cannot be data; a header has no escapes; a query escapes all but the delimiters that are escaped
    themselves.
    """

    location: str
    style: str | None = None
    explode: bool | None = None
    collection_format: str | None = None
    alphabet: Texts = st.characters(codec="utf-8")
    delimiters: str = ""
    name_delimiters: str = ""

    def __str__(self) -> str:
        return f"{self.location}-{self.collection_format or self.style}{'*' if self.explode else ''}"

    def codec(self, type_: TextType, **options: Any) -> Codec:
        return codec(
            "color", self.location, self.style, self.explode, type_,
            collection_format=self.collection_format, known_names={"before", "after"}, **options,
        )  # fmt: skip

    @property
    def is_path(self) -> bool:
        return self.location == "path"

    @property
    def is_repeating(self) -> bool:
        """Whether an array has a pair for each item, and the empty one therefore none."""
        exploded = self.explode or self.collection_format == "multi"
        return bool(exploded) and self.location in {"query", "form", "cookie"}


LATIN = st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"])
COOKIES = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=";")
COOKIE_NAMES = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",;=")
PLACES = [
    Place("path", "simple", False, delimiters=","),
    Place("path", "simple", True, delimiters=",", name_delimiters="="),
    Place("path", "label", False, delimiters=","),
    Place("path", "label", True, delimiters=".", name_delimiters="="),
    Place("path", "matrix", False, delimiters=","),
    Place("path", "matrix", True, delimiters=";", name_delimiters="="),
    Place("path", collection_format="ssv", delimiters=" "),
    Place("path", collection_format="tsv", delimiters="\t"),
    Place("path", collection_format="pipes", delimiters="|"),
    Place("header", "simple", False, alphabet=LATIN, delimiters=","),
    Place("header", "simple", True, alphabet=LATIN, delimiters=",", name_delimiters="="),
    Place("header", collection_format="pipes", alphabet=LATIN, delimiters="|"),
    Place("query", "form", False),
    Place("query", "form", True),
    Place("query", "spaceDelimited", False, delimiters=" "),
    Place("query", "spaceDelimited", True),
    Place("query", "pipeDelimited", False, delimiters="|"),
    Place("query", "pipeDelimited", True),
    Place("query", "deepObject", True, name_delimiters="[]"),
    Place("form", collection_format="csv"),
    Place("form", collection_format="ssv", delimiters=" "),
    Place("form", collection_format="tsv", delimiters="\t"),
    Place("form", collection_format="pipes", delimiters="|"),
    Place("form", collection_format="multi"),
    Place("cookie", "form", False),
    Place("cookie", "form", True),
    Place("cookie", "cookie", False, alphabet=COOKIES, delimiters=","),
    Place("cookie", "cookie", True, alphabet=COOKIES),
]
every_place = pytest.mark.parametrize("place", PLACES, ids=str)


def without(texts: Texts, characters: str) -> Texts:
    return texts.filter(lambda text: not set(characters) & set(text))


@cache
def strategies(place: Place) -> dict[str, st.SearchStrategy[Typed]]:
    """By shape, what the wire can carry at a place: types, each with values."""
    whole, name = st.text(place.alphabet, max_size=9), st.text(place.alphabet, max_size=4)
    if place.location == "header" or place.style == "cookie":
        whole = whole.map(lambda text: text.strip(" \t"))  # which is what HTTP does to it
        name = name.map(str.strip)
    if place.location == "cookie":
        name = st.text(COOKIE_NAMES, min_size=1, max_size=4)
    text = without(whole, place.delimiters)
    name = without(name, place.delimiters + place.name_delimiters)
    name = name.filter(lambda name: name.partition("[")[0] not in {"before", "after"})
    integers = st.integers() | st.integers(min_value=10**300, max_value=10**4000)
    items = [(STRING, text), (INTEGER, integers), (NULLABLE, st.integers() | st.none()), (BOOLEAN, st.booleans())]
    if "." not in place.delimiters:
        items.append((NUMBER, st.integers() | st.floats(allow_nan=False, allow_infinity=False)))
    scalars = [(STRING, whole), *items[1:]]
    return {
        "scalar": st.one_of(*(st.tuples(st.just(type_), values) for type_, values in scalars)),
        "array": st.one_of(
            *(
                st.tuples(st.just(type_of("array", items=type_)), st.lists(values, max_size=5))
                for type_, values in items
            )
        ),
        "object": st.one_of(*(objects(name, type_, values) for type_, values in items)),
    }


def objects(name: Texts, type_: TextType, values: st.SearchStrategy[Json]) -> st.SearchStrategy[Typed]:
    """Objects with an integer property and others of one type."""
    object_type = type_of("object", properties={"n": INTEGER}, additional=type_)
    others = st.dictionaries(name.filter(lambda name: name != "n"), values, max_size=4)
    integer = st.fixed_dictionaries({}, optional={"n": st.integers()})
    return st.tuples(st.just(object_type), st.builds(lambda own, other: {**own, **other}, integer, others))


def is_carried(place: Place, pair: Typed) -> bool:
    """What else the wire cannot carry, beside delimiters.

    - A path segment of nothing or dots alone leads to another path; but matrix starts with the name.
    - In one text, one empty item is the same as no item.
    - Where each item or property has its own pair, none has none; unless items cannot be empty: then an empty pair.
    """
    type_, value = pair
    if place.location == "path":
        if place.style == "matrix":
            return place.explode is True or value not in LONE
        texts = value if isinstance(value, list | dict) else [value]
        return bool("".join("" if text is None else str(text) for text in texts).strip("."))
    if place.is_repeating or place.style == "deepObject":
        return value not in ([], {}) or (value == [] and type_.items not in {STRING, NULLABLE})
    return value not in LONE


LONE = ([""], [None])


@every_place
@pytest.mark.parametrize("shape", ["scalar", "array", "object"])
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_reads_back(place: Place, shape: str, data: st.DataObject) -> None:
    """read(parse(write(value))) == value for every style, location and type, for all that the wire can carry."""
    type_, value = data.draw(strategies(place)[shape].filter(lambda pair: is_carried(place, pair)))
    assert send(place.codec(type_), place.location, value) == value


ANY_TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from(',;=.&%+|[] \t\r\n\0"\\'), max_size=6)


@pytest.mark.parametrize("place", [place for place in PLACES if not place.is_path], ids=str)
@settings(max_examples=60)
@given(
    pair=st.tuples(st.sampled_from([STRING, STRINGS]), ANY_TEXT | st.lists(ANY_TEXT, max_size=3))
    | st.tuples(st.just(OPEN), st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
    | st.tuples(st.just(type_of("array", items=STRINGS)), st.lists(st.lists(ANY_TEXT, max_size=3), max_size=3))
)
def test_nothing_else_is_sent(place: Place, pair: Typed) -> None:
    """What the wire cannot carry is a TextFault, never another value; nothing to send is nothing."""
    type_, value = pair
    if isinstance(value, list) != ("array" in type_.kinds):
        type_ = type_of("array", items=STRING) if isinstance(value, list) else STRING
    parameter = place.codec(type_)
    try:
        received = send(parameter, place.location, value)
    except TextFault:
        return
    assert received == value or (parameter.write(value) == [] and value in ([], {}))


ROW = type_of("object", properties={"n": INTEGER}, additional=STRING)
ROWS = st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | st.lists(st.none(), max_size=1), max_size=2)


@pytest.mark.parametrize("place", [place for place in PLACES if not place.is_path], ids=str)
@settings(max_examples=40)
@given(
    pair=st.tuples(st.just(type_of("array", items=ROW)), st.lists(ROWS, max_size=3))
    | st.tuples(st.just(type_of("object", properties={"row": ROW})), ROWS.map(lambda row: {"row": row}))
)
def test_objects_inside(place: Place, pair: Typed) -> None:
    """Objects inside arrays and objects, of which the standard says nothing, are JSON: they read back, or are a
    TextFault where no text holds their delimiters."""
    type_, value = pair
    parameter = place.codec(type_)
    try:
        received = send(parameter, place.location, value)
    except TextFault:
        assert place.style in {"deepObject", "cookie"} or place.location == "header" or place.delimiters
        return
    assert received == value or parameter.write(value) == [] or place.style == "deepObject"


def test_objects_inside_as_swagger_ui_sends_them() -> None:
    """An item that is an object is JSON; what is no JSON object stays text, for validation to refuse."""
    rows = codec("row", "query", None, None, type_of("array", items=ROW))
    assert rows.write([{"n": 1, "a": "b,c"}]) == ["row=%7B%22n%22%3A1%2C%22a%22%3A%22b%2Cc%22%7D"]
    assert rows.read({"row": ['{"n":1}', "{", "n", '{"n":1e999}']}) == [{"n": 1}, "{", "n", '{"n":1e999}']
    assert codec("row", "query", None, False, type_of("array", items=ROW)).read({"row": ['{"n":1%2C"a":"b"}']}) == [
        {"n": 1, "a": "b"}
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FINITE_JSON = JSON.filter(lambda value: not {"inf", "nan"} & set(re.findall("inf|nan", repr(value))))


# Kinds.


@pytest.mark.parametrize(
    ("kinds", "text", "value"),
    [
        ("integer", "5", 5), ("integer", "-0", 0), ("integer", "9" * 4300, 10**4300 - 1),
        ("number", "5", 5), ("number", "-1.5e3", -1500.0), ("number", "1E-2", 0.01), ("number", "0.0", 0.0),
        ("boolean", "true", True), ("boolean", "false", False), ("null", "null", None), ("null", "", None),
        ("null boolean integer number", "null", None), ("null boolean integer number", "true", True),
        ("null boolean integer number", "1.0", 1.0), ("null boolean integer number", "1", 1),
        ("integer string", "5", 5), ("integer string", "05", "05"), ("boolean string", "true", True),
        ("null string", "null", "null"), ("null string", "", ""), ("string", "5", "5"), ("", "5", "5"),
        ("", "true", "true"), ("integer null", "", None),
    ],
)  # fmt: skip
def test_kinds(kinds: str, text: str, value: Json) -> None:
    """Null, boolean, integer, number are tried in this order; a string is what is left; no kind means any text."""
    found = scalar_reader(frozenset(kinds.split()))(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("kind", ["integer", "number", "integer number null boolean"])
@pytest.mark.parametrize(
    "text",
    [
        "05", "-05", "+5", " 5", "5 ", "1_000", "\u0663", "\u00b2", "--5", "-", "0x10", "5,0", "1e", ".5", "5.",
        "1e5_0", "inf", "-inf", "Infinity", "nan", "NaN", "1e999", "-1e999", "9" * 4301, "True", "FALSE", "yes", "on",
        "Null", "5\n",
    ],
)  # fmt: skip
def test_no_numbers(kind: str, text: str) -> None:
    """Only RFC 8259's grammar makes numbers, and only of a size that costs no time; booleans are true and false."""
    assert scalar_reader(frozenset(kind.split()))(text) == text


@pytest.mark.parametrize("text", ["5.0", "1e3", "true", "1", "0"])
def test_strict_kinds(text: str) -> None:
    """A fraction is no integer, 1 is no boolean."""
    kind = "boolean" if text in {"0", "1"} else "integer"
    assert scalar_reader(frozenset({kind}))(text) == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans() | st.none())
def test_scalars(value: Json) -> None:
    """scalar_reader reads what scalar_text writes, and no number changes its type."""
    kinds = frozenset({"number", "boolean", "null"})
    found = scalar_reader(kinds)(scalar_text(value, kinds))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**5000, [], {}, object()], ids=type)
def test_no_scalars(value: Json) -> None:
    """What JSON has no number for, and what is no scalar, is refused where it is sent."""
    with pytest.raises(TextFault):
        scalar_text(value, frozenset({"number"}))


def test_integral_floats() -> None:
    """5.0 is a valid integer, and is sent as one."""
    assert scalar_text(5.0, frozenset({"integer"})) == "5"
    assert scalar_text(5.0, frozenset({"number"})) == "5.0"


# Query strings and cookies.


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT).filter(any)))
def test_parse_query(pairs: list[tuple[str, str]]) -> None:
    """Keys arrive decoded, in order, with all their values as they were sent, by urlencode's rules too."""
    expected: dict[str, list[str]] = {}
    for key, value in pairs:
        expected.setdefault(key, []).append(value)
    found = parse_query(urlencode(pairs))
    assert list(found) == list(expected)
    strings = {key: codec(key, "query", None, None, STRINGS).read(found) for key in found}
    assert strings == expected


def test_parse_query_raw() -> None:
    """Values stay encoded; a key alone has an empty value; empty pairs are nothing; a broken key stays as it was."""
    assert parse_query("a=%2C+%20&b&&c==&%FF=1&a=2&=x&%C3%A9+=3") == {
        "a": ["%2C+%20", "2"], "b": [""], "c": ["="], "%FF": ["1"], "": ["x"], "\u00e9 ": ["3"],
    }  # fmt: skip
    assert parse_query("") == {}


def test_parse_cookies() -> None:
    """Names and values stay as they are, without the space around them; what has no "=" is no cookie."""
    assert parse_cookies(' a=1;b = "x=y" ;flag; a=2;=z; ') == {"a": ["1", "2"], "b": ['"x=y"'], "": ["z"]}


# Leniency.


@pytest.mark.parametrize("comma", [",", "%2C", "%2c"])
def test_encoded_commas(comma: str) -> None:
    """An encoded comma is data in a string; where items are no strings it splits, as browsers send it."""
    found = parse_query(f"c=1{comma}2")
    assert codec("c", "query", "form", False, INTEGERS).read(found) == [1, 2]
    assert codec("c", "query", "form", False, STRINGS).read(found) == (["1", "2"] if comma == "," else ["1,2"])


@pytest.mark.parametrize("space", ["+", "%20", " "])
def test_spaces(space: str) -> None:
    """A space delimits in any of its forms, and is one in data."""
    assert codec("c", "query", "spaceDelimited", False, STRINGS).read({"c": [f"a{space}b"]}) == ["a", "b"]
    assert codec("c", "query", None, None, STRING).read({"c": [f"a{space}b"]}) == "a b"


def test_pipes() -> None:
    """A pipe delimits raw and encoded; where a raw one stands, an encoded one is data, as Swagger UI sends it."""
    pipes = codec("c", "query", "pipeDelimited", False, STRINGS)
    assert pipes.read({"c": ["a%7Cb%7cc"]}) == pipes.read({"c": ["a|b|c"]}) == ["a", "b", "c"]
    assert pipes.read({"c": ["a%7Cb|c"]}) == ["a|b", "c"]


def test_encoded_objects() -> None:
    """An object without a comma can only be one whose commas were encoded."""
    assert codec("c", "query", "form", False, COLOR).read({"c": ["R%2C100%2CG%2C200"]}) == {"R": 100, "G": 200}


def test_header_lists() -> None:
    """Several lines of a header are one list (RFC 9110 section 5.2), with or without space after the comma."""
    ids = codec("x-ids", "header", None, None, INTEGERS)
    assert ids.read("1, 2,3 ,\t4") == [1, 2, 3, 4]
    assert ids.read("") == []


def test_delimited_and_repeated() -> None:
    """A delimited array that comes several times is the items of all."""
    assert codec("c", "query", "form", False, INTEGERS).read(parse_query("c=1,2&c=3")) == [1, 2, 3]


def test_numbers_with_plus() -> None:
    """Digits may be encoded, and a plus in an exponent need not be."""
    number = codec("c", "query", None, None, NUMBER)
    assert number.read({"c": ["%31%30"]}) == 10
    assert number.read({"c": ["1e+2"]}) == number.read({"c": ["1e%2B2"]}) == 100.0


def test_cookies() -> None:
    """Quotes around a cookie are not part of it; of several cookies of a name the first counts (RFC 6265 5.4)."""
    sid = codec("sid", "cookie", None, None, INTEGER)
    assert sid.read(parse_cookies('sid="5"; sid=6')) == 5
    assert codec("sid", "cookie", None, None, STRING).read(parse_cookies("sid=a+b%20c%")) == "a+b c%"
    assert codec("sid", "cookie", "cookie", None, STRING).read(parse_cookies('sid="a%20b"')) == '"a%20b"'
    assert codec("ids", "cookie", None, None, INTEGERS).read(parse_cookies("ids=1; ids=2")) == [1, 2]


# Several kinds, several parameters.


@pytest.mark.parametrize(
    ("style", "explode", "query", "value"),
    [
        ("form", True, "c=5", 5), ("form", True, "c=5&c=6", [5, 6]), ("form", False, "c=5", 5),
        ("form", False, "c=5,6", [5, 6]), ("form", False, "c=", ""), ("pipeDelimited", None, "c=5%7C6", [5, 6]),
        ("deepObject", None, "c=5", 5), ("deepObject", None, "c[]=5", [5]), ("deepObject", None, "c=5&c=6", [5, 6]),
    ],
)  # fmt: skip
def test_scalar_or_array(style: str, explode: bool | None, query: str, value: Json) -> None:
    """What may be a scalar or an array is an array if it looks like one: by a delimiter, by repetition, by c[]."""
    either = codec("c", "query", style, explode, type_of("integer", "array", items=INTEGER))
    assert either.read(parse_query(query)) == value


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [("query", None, True), ("query", None, False), ("query", "pipeDelimited", None), ("query", "deepObject", None),
     ("form", None, True), ("path", "simple", None), ("path", "label", True), ("path", "matrix", True),
     ("header", None, None), ("cookie", None, None)],
)  # fmt: skip
@pytest.mark.parametrize("value", [["w"], ["v", "w"], None])
def test_null_or_array(location: str, style: str | None, explode: bool | None, value: Json) -> None:
    """A single text that is no scalar of the schema is an array of one item, so that lists that may be null, as many
    frameworks declare optional ones, are read whatever their length."""
    either = codec("c", location, style, explode, type_of("null", "array", items=STRING))
    if value is not None or location != "path":
        assert send(either, location, value) == value


@pytest.mark.parametrize(
    ("style", "explode", "query", "value"),
    [
        ("form", True, "c=5", 5), ("form", True, "R=5", {"R": 5}), ("form", True, "d=5", ABSENT),
        ("form", False, "c=5", 5), ("form", False, "c=R,5", {"R": 5}),
        ("deepObject", None, "c=5", 5), ("deepObject", None, "c[R]=5", {"R": 5}),
    ],
)  # fmt: skip
def test_scalar_or_object(style: str, explode: bool | None, query: str, value: Json) -> None:
    """What may be a scalar or an object is an object if it has names; exploded, its own name makes it a scalar."""
    either = codec("c", "query", style, explode, type_of("integer", "object", properties={"R": INTEGER}))
    assert either.read(parse_query(query)) == value
    if value is not ABSENT:
        assert send(either, "query", value) == value


@pytest.mark.parametrize("value", [5, [5, 6], {"R": 5}, {"c": 5, "R": 6}])
@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
def test_several_kinds_in_a_path(style: str, value: Json) -> None:
    """A path takes unions as well."""
    kind = "object" if isinstance(value, dict) else "array"
    type_ = type_of("integer", kind, items=INTEGER, additional=INTEGER)
    assert send(codec("x", "path", style, True, type_), "path", value) == value


def test_null() -> None:
    """Null is the empty text; where that is a string, null is not sent in a query, and cannot be sent elsewhere."""
    for location in ("query", "form", "cookie"):
        assert codec("c", location, None, None, NULLABLE).write(None) == ["c="]
        assert codec("c", location, None, None, type_of("string", "null")).write(None) == []
    assert codec("c", "header", None, None, NULLABLE).write(None) == ""
    for value, type_ in [(None, STRING), (["a", None], STRINGS), ({"a": None}, OPEN)]:
        with pytest.raises(TextFault):
            codec("c", "header", None, None, type_).write(value)


def test_exploded_objects() -> None:
    """An object takes its declared properties, and with open ones every key that is no other parameter's."""
    query = parse_query("R=1&limit=5&filter[a]=2&x=3&x=4&c=5")
    names = {"limit", "filter", "c"}
    closed = codec("c", "query", None, None, COLOR, known_names=names)
    assert closed.read(query) == {"R": 1}
    assert [closed.claims(key) for key in ("R", "limit", "filter[a]", "x", "c")] == [True, False, False, False, False]
    opened = codec("c", "query", None, None, OPEN, known_names=names)
    assert opened.read(query) == {"R": "1", "x": ["3", "4"], "c": "5"}
    assert [opened.claims(key) for key in ("R", "limit", "filter[a]", "x", "c")] == [True, False, False, True, True]
    with pytest.raises(TextFault, match="other parameter"):
        opened.write({"limit": "5"})


def test_arrays_in_exploded_objects() -> None:
    """An array in an exploded object repeats its own key, by the rules of a parameter of that name."""
    tagged = codec("c", "query", None, None, type_of("object", properties={"tags": STRINGS, "n": INTEGER}))
    assert tagged.write({"tags": ["a", "b"], "n": 1}) == ["tags=a", "tags=b", "n=1"]
    assert tagged.read(parse_query("tags=a&n=1")) == {"tags": ["a"], "n": 1}
    with pytest.raises(TextFault):
        tagged.write({"n": {"a": 1}})


def test_claims() -> None:
    """A parameter claims its own name; deepObject also every well-formed key that starts with it."""
    assert [codec("a", "query", None, None, STRING).claims(key) for key in ("a", "a[b]", "b")] == [True, False, False]
    deep = codec("a", "query", "deepObject", None, COLOR)
    good, bad = (
        ["a", "a[b]", "a[]", "a[b][c]"],
        ["a[", "a]", "a[b", "a[b]c", "a[b]]", "a[[b]]", "ab[c]", "b[a]", "aa", ""],
    )
    assert all(deep.claims(key) for key in good)
    assert not any(deep.claims(key) for key in bad)
    assert deep.read({key: ["1"] for key in bad}) is ABSENT


@pytest.mark.parametrize("style", ["form", "pipeDelimited", "deepObject"])
def test_names_with_brackets(style: str) -> None:
    """A name may have brackets of its own; they are encoded when sent and read either way."""
    ids = codec("ids[]", "query", style, True, INTEGERS)
    assert send(ids, "query", [1, 2]) == [1, 2]
    assert ids.read(parse_query("ids[]=1&ids%5B%5D=2")) == [1, 2]
    assert ids.claims("ids[]")


# Style deepObject beyond the standard.

FILTER = type_of(
    "object",
    properties={
        "tags": STRINGS, "n": INTEGER, "deep": COLOR, "rows": type_of("array", items=COLOR),
        "grid": type_of("array", items=INTEGERS), "words": type_of("array", items=STRINGS),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("f[tags]=a&f[tags]=b", {"tags": ["a", "b"]}), ("f[tags][]=a&f[tags][]=b", {"tags": ["a", "b"]}),
        ("f[tags][0]=a&f[tags][1]=b", {"tags": ["a", "b"]}), ("f[tags][10]=b&f[tags][2]=a", {"tags": ["a", "b"]}),
        ("f[tags]=a", {"tags": ["a"]}), ("f[tags][1]=b&f[tags]=a&f[tags][]=c", {"tags": ["a", "b", "c"]}),
        ("f[deep][R]=1&f[n]=2", {"deep": {"R": 1}, "n": 2}), ("f%5Bn%5D=2", {"n": 2}),
        ("f[rows][1][R]=2&f[rows][0][R]=1", {"rows": [{"R": 1}, {"R": 2}]}), ("f[rows][][R]=1", {"rows": [{"R": 1}]}),
        ("f[grid][0]=1&f[grid][0]=2&f[grid][1]=3", {"grid": [[1, 2], [3]]}), ("f[n]=1&f[n]=2", {"n": [1, 2]}),
        ("f[other]=x", {"other": "x"}), ("f[other][]=x", {"other": ["x"]}), ("f[other][a]=x", {"other": {"a": "x"}}),
        ("f[]=x", {"": "x"}), ("f=x", "x"), ("f[tags][a]=x", {"tags": {"a": "x"}}), ("f[n][a]=x", {"n": {"a": "x"}}),
        ("f[tags][0000001]=x", {"tags": {"0000001": "x"}}), ("g[n]=1", ABSENT), ("f[grid][0]=", {"grid": [[]]}),
    ],
)  # fmt: skip
def test_deep_objects(query: str, value: Json) -> None:
    """Arrays come as repeated keys, [] or [0]; objects nest; what does not fit its type is left to validation."""
    assert codec("f", "query", "deepObject", None, FILTER).read(parse_query(query)) == value


TREE = type_of("object", properties={"name": STRING, "sizes": INTEGERS})
TREE.properties = {**TREE.properties, "left": TREE, "children": type_of("array", items=TREE)}
LEAVES = st.fixed_dictionaries({"name": st.text(max_size=4)}, optional={"sizes": st.lists(st.integers(), max_size=3)})


@pytest.mark.parametrize("location", ["query", "form"])
@given(
    st.recursive(
        LEAVES,
        lambda inner: st.fixed_dictionaries(
            {"name": st.text(max_size=4)}, optional={"left": inner, "children": st.lists(inner, min_size=1, max_size=3)}
        ),
        max_leaves=6,
    )
)
def test_deep_trees(location: str, value: Json) -> None:
    """Objects in objects in arrays read back, along a type that contains itself."""
    assert send(codec("t", location, "deepObject", None, TREE), location, value) == value


@pytest.mark.parametrize("type_", [type_of("array", items=STRING), ANYTHING, type_of("string", "array", items=STRING)])
@pytest.mark.parametrize("value", [["a"], ["a", "b"], [["a"], ["b", "c"]], [{"a": "b"}]])
def test_deep_arrays(type_: TextType, value: Json) -> None:
    """A parameter that is an array writes c[]=a&c[]=b, which reads as one even where a scalar is possible."""
    array = codec("c", "query", "deepObject", None, TextType(type_.kinds, items=ANYTHING))
    assert send(array, "query", value) == value
    assert array.write(["a", "b"]) == ["c%5B%5D=a", "c%5B%5D=b"]


@pytest.mark.parametrize("value", [{"a[b": 1}, {"a]": 1}, {"rows": [{}]}, {"words": [[], ["a"]]}, {"n": None}])
def test_no_deep_objects(value: Json) -> None:
    """Names with brackets, and empty things inside arrays, cannot be sent."""
    with pytest.raises(TextFault):
        codec("f", "query", "deepObject", None, type_of("object", properties=FILTER.properties)).write(value)


def test_depth() -> None:
    """Sixteen brackets are read and written, seventeen are a fault in both directions."""
    value: Json = 1
    deep = codec("f", "query", "deepObject", None, type_of("object"))
    for _ in range(16):
        value = {"a": value}
    assert deep.read(parse_query("f" + "[a]" * 16 + "=1")) == json.loads(json.dumps(value).replace("1", '"1"'))
    assert deep.write(value) == ["f" + "%5Ba%5D" * 16 + "=1"]
    with pytest.raises(TextFault):
        deep.write({"a": value})
    circle: dict[str, Any] = {}
    circle["a"] = circle
    with pytest.raises(TextFault):
        deep.write(circle)


# Swagger 2.0.


@pytest.mark.parametrize(
    ("outer", "inner", "text"),
    [("csv", "pipes", "1%7C2,3"), ("pipes", "csv", "1%2C2%7C3"), ("multi", "csv", "1%2C2&3"), ("csv", None, "1%2C2,3")],
)
def test_nested_arrays(outer: str, inner: str | None, text: str) -> None:
    """Arrays in arrays have the collectionFormat of their items, and are escaped as one item of the outer array."""
    rows = type_of("array", items=type_of("array", items=INTEGER, style=inner))
    parameter = codec("c", "query", None, None, rows, collection_format=outer)
    assert "&".join(parameter.write([[1, 2], [3]])) == "&".join(f"c={part}" for part in text.split("&"))
    assert send(parameter, "query", [[1, 2], [3]]) == [[1, 2], [3]]
    assert parameter.read({"c": ["1|2,3"]}) == [[1, 2], [3]] or inner != "pipes"


def test_nested_unions() -> None:
    """An item that may be a scalar or an array is an array if it holds the delimiter."""
    either = type_of("integer", "array", items=INTEGER, style="pipes")
    assert codec("c", "header", None, None, type_of("array", items=either)).read("1|2,3") == [[1, 2], 3]


@pytest.mark.parametrize("location", ["path", "header"])
def test_multi_elsewhere(location: str) -> None:
    """multi exists for query and formData only; elsewhere it means csv."""
    assert codec("c", location, None, None, INTEGERS, collection_format="multi").write([1, 2]) == "1,2"


# Options.


@pytest.mark.parametrize("location", ["path", "query", "header", "cookie", "form", "querystring"])
@given(FINITE_JSON)
@example("caf\u00e9 + 50%, a;b")
def test_content(location: str, value: Json) -> None:
    """A parameter with content is JSON, in every location, and every JSON value reads back."""
    parameter = codec("c", location, None, None, ANYTHING, content=True)
    if location == "querystring":
        assert parameter.read("".join(parameter.write(value))) == value
    else:
        assert send(parameter, location, value) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nan",
        "NaN",
        "-Infinity",
        "1e999",
        "[" * 100000,
        "9" * 5000,
        '"\\ud800"',
        "'a'",
        "{} {}",
        "\x00",
        "%22%FF%22",
    ],
    ids=range(13),
)
def test_malformed_content(text: str) -> None:
    """Malformed JSON, numbers without end, lone surrogates and bottomless nesting are a TextFault."""
    parameter = codec("c", "query", None, None, ANYTHING, content=True)
    with pytest.raises(TextFault) as caught:
        parameter.read({"c": [text]})
    assert caught.value.code in {"json", "encoding"}
    assert parameter.read({}) is ABSENT
    with pytest.raises(TextFault, match="once"):
        parameter.read({"c": ["1", "2"]})


def test_query_strings() -> None:
    """The whole query string is one value: JSON, or an object of all keys (OpenAPI 3.2, in: querystring)."""
    form = codec("q", "querystring", None, None, COLOR)
    assert form.read("R=100&G=200&x=1") == {"R": 100, "G": 200, "x": "1"}
    assert form.write({"R": 100, "a b": "c&d"}) == ["R=100", "a%20b=c%26d"]
    assert form.claims("anything")
    assert form.read("") is ABSENT
    content = codec("q", "querystring", None, None, ANYTHING, content=True)
    assert content.read("%7B%22a%22%3A%5B1%2C+2%5D%7D".replace("+", "%20")) == {"a": [1, 2]}
    assert content.read("") is ABSENT


@pytest.mark.parametrize(
    ("location", "type_", "value", "text"),
    [
        ("query", STRING, "a/b?c,d;e:f@g'(h)*!$=", "c=a/b?c,d;e:f@g'(h)*!$="),
        ("query", STRING, "a&b#c[d]+e f", "c=a%26b%23c%5Bd%5D%2Be%20f"),
        ("query", STRING, "%2f%zz%", "c=%2f%25zz%25"), ("path", STRING, "a:b@c/d?e", "a:b@c%2Fd%3Fe"),
        ("cookie", STRING, "a/b=c;d,e", "c=a/b=c%3Bd%2Ce"), ("header", STRING, "a/b", "a/b"),
    ],
)  # fmt: skip
def test_allow_reserved(location: str, type_: TextType, value: str, text: str) -> None:
    """allowReserved lets reserved characters and percent-encoded triples pass, but for what would break the place."""
    sent = codec("c", location, None, None, type_, allow_reserved=True).write(value)
    assert "".join(sent) == text


def test_allow_reserved_delimiters() -> None:
    """Items still hide their delimiter."""
    assert codec("c", "query", None, False, STRINGS, allow_reserved=True).write(["a,b", "c/d"]) == ["c=a%2Cb,c/d"]
    assert codec("c", "query", None, None, STRINGS, allow_reserved=True).write(["a,b"]) == ["c=a,b"]


def test_allow_empty() -> None:
    """An empty value that the document allows stays "" and the codec says so; a boolean is set by being there."""
    assert codec("c", "query", None, None, INTEGER, allow_empty=True).read({"c": [""]}) == ""
    assert codec("c", "query", None, None, INTEGER, allow_empty=True).allow_empty
    assert not codec("c", "query", None, None, INTEGER).allow_empty
    flag = codec("c", "query", None, None, BOOLEAN, allow_empty=True)
    assert [flag.read(parse_query(query)) for query in ("c", "c=", "c=false", "d")] == [True, True, False, ABSENT]
    assert codec("c", "query", None, None, BOOLEAN).read({"c": [""]}) == ""


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_no_other_path(text: str) -> None:
    """No value of a path parameter turns the path into another one."""
    with pytest.raises(TextFault) as caught:
        codec("c", "path", None, None, STRING).write(text)
    assert caught.value.code == "segment"


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: b", "\0", " a", "a\t", "\u65e5", "\x7f"])
@pytest.mark.parametrize("location", ["header", "cookie"])
def test_no_injection(location: str, text: str) -> None:
    """Headers and plain cookies take no control characters, no outer spaces, nothing beyond their character set."""
    style = "cookie" if location == "cookie" else None
    with pytest.raises(TextFault):
        codec("c", location, style, None, STRING).write(text)
    with pytest.raises(TextFault):
        codec("c", location, style, None, STRINGS).write(["a", text])


@pytest.mark.parametrize(
    ("location", "style"), [("query", "simple"), ("path", "form"), ("cookie", "deepObject"), ("body", "form")]
)
def test_unknown_styles(location: str, style: str) -> None:
    """A style that a location does not have is the programmer's error, with those it has."""
    with pytest.raises(ValueError, match=r"only form|only simple|there are path"):
        codec("c", location, style, None, STRING)


# What does not convert, and what cannot.


@pytest.mark.parametrize(
    ("type_", "query", "value"),
    [
        (INTEGER, "c=", ""), (INTEGER, "c", ""), (INTEGER, "c=x", "x"), (INTEGER, "c=1&c=2", [1, 2]),
        (STRING, "c=a&c=b", ["a", "b"]), (BOOLEAN, "c=True", "True"), (INTEGERS, "c=1&c=x", [1, "x"]),
        (INTEGERS, "c=", []), (STRINGS, "c=", [""]), (STRING, "d=1", ABSENT), (INTEGERS, "d=1", ABSENT),
        (COLOR, "R=x", {"R": "x"}), (COLOR, "R=1&R=2", {"R": [1, 2]}), (COLOR, "d=1", ABSENT), (ANYTHING, "c=1", "1"),
        (ANYTHING, "c=1&c=2", ["1", "2"]),
    ],
)  # fmt: skip
def test_left_to_validation(type_: TextType, query: str, value: Json) -> None:
    """Text that does not convert stays text, and a scalar sent several times is several, so that validation sees it."""
    assert codec("c", "query", None, None, type_).read(parse_query(query)) == value


def test_broken_objects() -> None:
    """An object with a name too many or without "=" stays text; one with a name twice is a fault."""
    assert codec("c", "query", "form", False, COLOR).read({"c": ["R,100,G"]}) == "R,100,G"
    assert codec("c", "header", None, True, COLOR).read("R=100,G") == "R=100,G"
    with pytest.raises(TextFault, match="once"):
        codec("c", "query", "form", False, COLOR).read({"c": ["R,100,R,200"]})
    with pytest.raises(TextFault, match="names without"):
        codec("c", "header", None, True, COLOR).write({"R=": 1})


@pytest.mark.parametrize(
    ("location", "style", "source", "code"),
    [
        ("query", "form", {"c": ["%FF"]}, "encoding"), ("query", "form", {"c": ["%C3%28x"]}, "encoding"),
        ("query", "form", {"c": ["\xe9"]}, "encoding"), ("query", "form", {"c": ["\ud800"]}, "encoding"),
        ("query", "form", {"c": ["%ED%A0%80"]}, "encoding"), ("cookie", "form", {"c": ["%FF"]}, "encoding"),
        ("cookie", "cookie", {"c": ["\xff"]}, "encoding"), ("path", "simple", "\udcff", "encoding"),
        ("query", "deepObject", {"c[a]": ["%FF"]}, "encoding"), ("path", "label", "blue", "style"),
        ("path", "matrix", "blue", "style"), ("path", "matrix", ";colour=blue", "style"),
        ("path", "matrix*", ";c=blue;d=black", "style"),
        ("query", "deepObject", {"c" + "[a]" * 17: ["x"]}, "depth"),
        ("query", "deepObject", {"c": ["x"], "c[a]": ["y"]}, "conflict"),
    ],
)  # fmt: skip
def test_faults(location: str, style: str, source: Any, code: str) -> None:
    """What is not UTF-8, and what its style cannot be, is a TextFault with a stable code."""
    with pytest.raises(TextFault) as caught:
        codec("c", location, style.strip("*"), "*" in style, STRINGS if "*" in style else STRING).read(source)
    assert caught.value.code == code


def test_bytes_that_were_not_encoded() -> None:
    """UTF-8 that was not percent-encoded arrives as Latin-1 (PEP 3333), and is read as what it is."""
    assert codec("c", "query", None, None, STRING).read(parse_query("c=\xc3\xa9%20%C3%A9")) == "\u00e9 \u00e9"
    assert codec("\u00e9", "query", None, None, STRING).read(parse_query("\xc3\xa9=1")) == "1"
    assert codec("c", "cookie", "cookie", None, STRING).read(parse_cookies("c=\xc3\xa9%20")) == "\u00e9%20"


SOURCES: dict[str, st.SearchStrategy[Any]] = {
    "path": st.text(max_size=12),
    "header": st.text(max_size=12),
    "query": st.text(max_size=30).map(parse_query),
    "cookie": st.text(max_size=30).map(parse_cookies),
    "querystring": st.text(max_size=20),
}
TYPES = [
    STRING, INTEGER, NUMBER, BOOLEAN, NULLABLE, ANYTHING, STRINGS, INTEGERS, COLOR, OPEN, type_of("array"),
    type_of("array", items=type_of("array", items=INTEGER, style="pipes")),
    type_of("object"), type_of("object", properties={"c": INTEGERS}),
    type_of("string", "integer", "array", "object", items=INTEGER, properties={"a": INTEGER}, additional=STRING),
]  # fmt: skip


def all_codecs(location: str) -> list[Codec]:
    shapes = [(style, explode) for style in STYLES.get(location, ("form",)) for explode in (False, True)]
    return [
        codec("c", location, style, explode, type_, content=content)
        for type_ in TYPES
        for style, explode in shapes
        for content in (False, True)
    ]


CODECS = {location: all_codecs(location) for location in SOURCES}


def is_json(value: Json) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_json, value))
    return value is None or isinstance(value, str | int | float)


@pytest.mark.parametrize("location", SOURCES)
@given(data=st.data())
@settings(max_examples=60)
def test_hostile_text(location: str, data: st.DataObject) -> None:
    """Whatever is sent, every codec answers with a JSON value, ABSENT or a TextFault."""
    words = [
        "c",
        "c[a]",
        "c[]",
        "c[0][a]",
        "=",
        "&",
        ";",
        ",",
        ".",
        "|",
        "[",
        "]",
        "%",
        "%FF",
        "%00",
        "+",
        "1",
        "9" * 5000,
    ]
    text = "".join(data.draw(st.lists(st.sampled_from(words) | st.characters(), max_size=12)))
    source = {"query": parse_query, "cookie": parse_cookies}.get(location, str)(text)
    for parameter in CODECS[location]:
        try:
            value = parameter.read(source)
        except TextFault:
            continue
        assert value is ABSENT or is_json(value)
        assert all(parameter.claims(key) in {True, False} for key in ["c", "", "c[", "c[a]", text])


@pytest.mark.parametrize("location", SOURCES)
@settings(max_examples=60)
@given(value=JSON)
@example(value="\ud800")
@example(value="a\r\nSet-Cookie: b=c")
def test_hostile_values(location: str, value: Json) -> None:
    """Whatever is to be sent, every codec writes text that fits its place, or raises TextFault."""
    for parameter in CODECS[location]:
        try:
            sent = parameter.write(value)
        except TextFault:
            continue
        texts = [sent] if isinstance(sent, str) else sent
        assert not any(set("\r\n\0") & set(text) for text in texts)
        if location != "header":
            assert all(text.isascii() for text in texts)
        if location in {"query", "querystring"}:
            assert not any(set("&# ") & set(text) for text in texts)
        if location == "cookie":
            assert not any(";" in text for text in texts)
