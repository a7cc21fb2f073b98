"""Samples: what is made from a schema is valid, what is spoiled is not, and both are found wherever they can be."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from drawn import SCHEMAS, SEEDS, api_of, schema_of
from hypothesis import assume, given
from hypothesis import strategies as st

from pymacaron.bodies import Upload
from pymacaron.exceptions import PyMacaronException
from pymacaron.formats import Format, Formats
from pymacaron.messages import ABSENT
from pymacaron.operations import Operation
from pymacaron.patterns.cursor import Unreadable
from pymacaron.samples import NoSample, arguments, result, sample, spoiled, spoiled_request
from pymacaron.samples.patterns import matching
from pymacaron.samples.texts import FORMATS
from pymacaron.schemas import REQUEST, RESPONSE
from pymacaron.wire import read_request

VIEWS = st.sampled_from([REQUEST, RESPONSE])
MANY = [Random(seed) for seed in range(40)]


@given(SCHEMAS, VIEWS, SEEDS)
def test_samples_are_valid(drawn: Any, view: str, seed: int) -> None:
    schema = schema_of(drawn)
    try:
        value = sample(schema, view, Random(seed))
    except NoSample:
        assume(False)
    assert schema.checker(view).is_valid(value)
    assert sample(schema, view, Random(seed)) == value  # the same random numbers, the same value


@given(SCHEMAS, VIEWS, SEEDS)
def test_what_is_spoiled_is_not_valid(drawn: Any, view: str, seed: int) -> None:
    schema = schema_of(drawn)
    try:
        value = spoiled(schema, view, Random(seed))
    except NoSample:
        assume(False)
    assert not schema.checker(view).is_valid(value)
    assert spoiled(schema, view, Random(seed)) == value


def text(pattern: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, **more}


def obj(*required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", **({"required": list(required)} if required else {}), **more}


def props(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


NODE = {"$ref": "#/components/schemas/Node"}
TREE = {"$ref": "#/components/schemas/Tree"}
LEAF = obj("kind", "leaf", **props(kind={"const": "leaf"}, leaf={}))
FORK = obj("kind", "left", "right", **props(kind={"const": "fork"}, left=TREE, right=TREE))
TREES = {
    "Leaf": LEAF,
    "Fork": FORK,
    "Tree": {
        "oneOf": [{"$ref": "#/components/schemas/Leaf"}, {"$ref": "#/components/schemas/Fork"}],
        "discriminator": {"propertyName": "kind", "mapping": {"leaf": "Leaf", "fork": "Fork"}},
    },
}

# Each has values, which every keyword in it narrows down.
NARROW: list[Any] = [
    {"enum": [[1], {"a": None}, None]},
    {"const": {"deep": [1, {"er": False}]}},
    {"type": ["integer", "null"], "minimum": 5, "maximum": 5},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "integer", "multipleOf": 7, "minimum": 8, "maximum": 14},
    {"type": "number", "multipleOf": 0.01, "minimum": 0.015, "maximum": 0.025},
    {"type": "integer", "minimum": 10**30, "format": "whatever"},
    {"type": "string", "minLength": 70, "maxLength": 70},
    {"type": "string", "maxLength": 0},
    {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    {"type": "array", "prefixItems": [{"const": 1}, {"const": "b"}], "items": False, "minItems": 2},
    {"type": "array", "contains": {"const": 9}, "minContains": 2, "maxContains": 2, "minItems": 4},
    {"type": "array", "prefixItems": [{}, {}], "contains": {"type": "string", "minLength": 3}, "maxItems": 3},
    obj("a", "undeclared", **props(a={"type": "integer"})),
    obj(minProperties=4, additionalProperties={"type": "integer"}, **props(a={})),
    obj(minProperties=2, additionalProperties=False, patternProperties={"^x-[a-z]$": {"type": "null"}}),
    obj(minProperties=2, propertyNames={"pattern": "^[A-Z]{3}$"}),
    obj("b", maxProperties=1, **props(a={}, b={})),
    obj("a", dependentRequired={"a": ["b"]}, dependentSchemas={"b": props(b={"const": 3})}),
    obj("a", dependencies={"a": ["c"]}),
    {"allOf": [obj("a"), props(a={"type": "integer"}), props(a={"minimum": 4})]},
    {"type": "integer", "oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]},
    obj(oneOf=[{"required": ["a"]}, {"required": ["b"]}], **props(a={}, b={})),
    {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "array", "minItems": 1}], "not": {"type": "string"}},
    obj("a", **{"if": props(a={"const": 1}), "then": {"required": ["one"]}, "else": {"required": ["two"]}},
        **props(a={"enum": [1, 2]})),
    obj(minProperties=1, **{"not": {"required": ["a"]}}, **props(a={}, b={})),
    {"type": "integer", "not": {"enum": [1, 2, 3]}, "minimum": 1, "maximum": 4},
    obj(minProperties=1, allOf=[props(a={"type": "string"})], unevaluatedProperties=False),
    {"type": "array", "prefixItems": [{"type": "string"}], "unevaluatedItems": False, "minItems": 1},
    obj("next", "all", **props(next=NODE, all={"type": "array", "items": NODE, "minItems": 2})),
    text("^[A-Z]{2}[0-9]{4}$"),
    text("^(?:a|bc)+$", minLength=9),
    text("x", minLength=30),
    text(r"^\d+\.\d{2}$", maxLength=6),
]  # fmt: skip
NO_VALUE: list[tuple[Any, str]] = [
    (False, "nothing may hold"),
    ({"type": "integer", "minimum": 2, "maximum": 1}, "no number is within the bounds"),
    ({"type": "array", "minItems": 2, "maxItems": 1}, "more items are needed than allowed"),
    ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}}, "not enough items"),
    (obj(minProperties=2, additionalProperties=False, **props(a={})), "not enough properties can be made"),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "no kind of value fits all types"),
    ({"enum": [1, 2], "type": "string"}, "no listed value fits"),
    ({"type": "string", "pattern": "^a$", "minLength": 2}, "what was made does not pass: minLength"),
    (obj("me", **props(me={"$ref": "#/components/schemas/Drawn"})), "values in values without end"),
    ({"not": {}}, "nothing may hold"),
]  # fmt: skip


@pytest.mark.parametrize("narrow", NARROW, ids=str)
def test_what_has_values_has_samples(narrow: Any) -> None:
    for seed in range(40):
        for view in (REQUEST, RESPONSE):
            sample(schema_of(narrow), view, Random(seed))
            spoiled(schema_of(narrow), view, Random(seed))


@pytest.mark.parametrize(("empty", "reason"), NO_VALUE, ids=str)
def test_what_has_none_says_why(empty: Any, reason: str) -> None:
    with pytest.raises(NoSample, match=reason):
        sample(schema_of(empty), REQUEST, Random(1))
    spoiled(schema_of(empty), REQUEST, Random(1))


@pytest.mark.parametrize("everything", [True, {}, {"title": "Anything"}, {"anyOf": [{"type": "string"}, {}]}], ids=str)
def test_what_allows_everything(everything: Any) -> None:
    with pytest.raises(NoSample, match="everything is valid"):
        spoiled(schema_of(everything), REQUEST, Random(1))
    assert len({str(sample(schema_of(everything), REQUEST, Random(seed))) for seed in range(40)}) > 5


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


@given(SEEDS)
def test_circles_end(seed: int) -> None:
    """Values of schemas that contain themselves are as small as others."""
    tree = schema_of(TREE, "3.1", None, **TREES)
    value = sample(tree, REQUEST, Random(seed))
    assert value["kind"] in {"leaf", "fork"}
    assert depth(value) < 20
    assert depth(sample(schema_of(NODE), REQUEST, Random(seed))) < 20


def test_samples_differ() -> None:
    """Optional properties come and go, every alternative and every listed value is met, lists have several lengths."""
    alternatives = {"oneOf": [{"type": "integer"}, {"type": "string"}]}
    kinds = obj(**props(a=alternatives, b={"enum": ["x", "y", "z"]}, c={"type": "array", "items": {"type": "null"}}))
    values = [sample(schema_of(kinds), REQUEST, Random(seed)) for seed in range(100)]
    assert {frozenset(value) for value in values} >= {frozenset(), frozenset("abc"), frozenset("a"), frozenset("bc")}
    assert {type(value["a"]) for value in values if "a" in value} == {int, str}
    assert {value["b"] for value in values if "b" in value} == {"x", "y", "z"}
    assert len({len(value["c"]) for value in values if "c" in value}) > 2


# Texts


PATTERNS = [
    "^$", "^abc$", "a|b|", "^(a|b)(c|d)?$", "^[^a-z]{3}$", r"^\w+@\w+\.(com|org)$", r"^\s\S\d\D\w\W$", r"^[\d\-x]+$",
    "^(?=.*[a-z])(?=.*[0-9])[a-z0-9]{2,}$", r"^(?<year>\d{4})-\k<year>$", r"^(ab?)\1$", "^(?:x{2}){3}$", "^a{2,}$",
    r"^\u0041\x42$", r"^\/a\.b\$$", r"^[\s\S]{5}$", "^.*$", "^a+?b*?c??$", r"^(?!0)[1-9]$", "^{a}$",
    r"^\t[\b]?$", r"^[.*+]$", "^((a)(b))\\3$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(pattern: str) -> None:
    python = pattern.replace("(?<year>", "(?P<year>").replace(r"\k<year>", "(?P=year)").replace(r"\/", "/")
    for random in MANY:
        found = matching(pattern, random)
        assert re.search(python, found, re.ASCII), found


@given(st.text("ab01().*+?[]{},^$|\\-dwsSbpxu", max_size=12), SEEDS)
def test_any_text_as_a_pattern(pattern: str, seed: int) -> None:
    """Whatever a pattern says, it is followed, or said to be none that can be."""
    with suppress(Unreadable):
        assert isinstance(matching(pattern, Random(seed)), str)


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
@pytest.mark.parametrize(
    "name", [*FORMATS, "int32", "int64", "float", "double", "byte", "binary", "password", "unheard-of"]
)
def test_formats(version: str, name: str) -> None:
    kind = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}.get(name, "string")
    schema = schema_of({"type": kind, "format": name}, version)
    for random in MANY:
        sample(schema, REQUEST, random)


@pytest.mark.parametrize(
    "check",
    [
        lambda text: text.isdecimal(),
        lambda text: text.isupper() and len(text) == 3,
        lambda text: re.fullmatch(r"[\d.]+ [A-Z]{3}", text) is not None,
        lambda text: "@" in text,
    ],
)
def test_formats_of_users(check: Callable[[str], bool]) -> None:
    """Texts of a format that only a function knows are guessed."""
    formats = Formats([Format("own", check)])
    for random in MANY:
        assert check(sample(schema_of({"type": "string", "format": "own"}, "3.1", formats), REQUEST, random))


# Operations


def body_of(media: str, schema: Any, *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {media: {"schema": schema}}}}


def operation_of(version: str = "3.1", **described: Any) -> Operation:
    responses = described.pop("responses", {"200": {"description": "Done."}})
    path = {"post": {"operationId": "do", "responses": responses, **described}}
    (operation,) = api_of({"Day": {"type": "object", "properties": {"on": {"type": "string", "format": "date"}}}},
                          version, {"/do/{id}": path}).document.operations  # fmt: skip
    return operation


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
DAY = {"$ref": "#/components/schemas/Day"}


def test_arguments_are_what_functions_get() -> None:
    """Values of Python: models, dates, files; defaults are filled in; what is optional comes and goes."""
    form = {"type": "object", "required": ["file", "day"],
            "properties": {"file": {"type": "string", "format": "binary"}, "day": DAY}}  # fmt: skip
    operation = operation_of(
        "3.0",
        parameters=[
            ID,
            {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}},
        ],
        **body_of("multipart/form-data", form),
    )
    drawn = [arguments(operation, Random(seed)) for seed in range(40)]
    bodies: list[Any] = [one.body for one in drawn]
    assert {type(body.file) for body in bodies} == {Upload}
    assert {type(body.day).__name__ for body in bodies} == {"Day"}
    assert {type(one.parameters["id"]) for one in drawn} == {int}
    assert {type(one.parameters.get("since")).__name__ for one in drawn} == {"datetime", "NoneType"}
    assert 20 in {one.parameters["limit"] for one in drawn}
    assert all("limit" in one.parameters for one in drawn)


def test_bodies_that_need_not_be() -> None:
    operation = operation_of(parameters=[ID], **body_of("application/json", DAY, required=False))
    bodies = [arguments(operation, Random(seed)).body for seed in range(40)]
    assert {body is ABSENT for body in bodies} == {True, False}


def test_what_is_required_and_cannot_be() -> None:
    operation = operation_of(parameters=[ID], **body_of("application/json", {"type": "integer", "enum": ["a"]}))
    with pytest.raises(NoSample):
        arguments(operation, Random(1))
    optional = operation_of(
        parameters=[ID], **body_of("application/json", {"enum": [1], "type": "string"}, required=False)
    )
    assert all(arguments(optional, Random(seed)).body is ABSENT for seed in range(20))
    # every request is wrong
    request = spoiled_request(operation, Random(1))
    assert request is not None
    request.path_values = {"id": "1"}
    with pytest.raises(PyMacaronException):
        read_request(operation, request)


def test_operations_that_take_everything() -> None:
    (operation,) = api_of(
        {}, "3.1", {"/": {"get": {"responses": {"200": {"description": "Done."}}}}}
    ).document.operations
    assert all(spoiled_request(operation, Random(seed)) is None for seed in range(20))


def test_ways_to_be_wrong() -> None:
    """A faulty body or parameter, one left out, broken JSON, another media type: each is met."""
    limit = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 9}}
    operation = operation_of(parameters=[ID, limit], **body_of("application/json", DAY))
    codes = set()
    for seed in range(60):
        request = spoiled_request(operation, Random(seed))
        assert request is not None
        request.path_values = {"id": request.path.rpartition("/")[2]}
        with pytest.raises(PyMacaronException) as caught:
            read_request(operation, request)
        codes.add(caught.value.code)
    assert codes >= {"INVALID_PARAMETER", "INVALID_JSON", "UNSUPPORTED_MEDIA_TYPE"}


def test_results() -> None:
    """Every declared status is met, with a value of its schema as functions return it."""
    answers = {
        "200": {"description": "Found.", "content": {"application/json": {"schema": DAY}}},
        "204": {"description": "Nothing."},
        "4XX": {"description": "Wrong.", "content": {"application/json": {"schema": {"type": "string"}}}},
        "default": {
            "description": "Else.",
            "content": {"application/json": {"schema": {"type": "array", "items": DAY}}},
        },
    }
    operation = operation_of(parameters=[ID], responses=answers)
    found = [result(operation, Random(seed)) for seed in range(100)]
    assert {type(value).__name__ for status, value, _ in found if status == 200} == {"Day"}
    assert {value for status, value, _ in found if status == 204} == {None}
    assert {type(value) for status, value, _ in found if 400 <= status < 500} == {str}
    assert {type(value) for status, value, _ in found if status >= 500} == {list}


def test_operations_that_promise_nothing() -> None:
    with pytest.raises(NoSample, match="no final answer"):
        result(operation_of(parameters=[ID], responses={"101": {"description": "Switching."}}), Random(1))
