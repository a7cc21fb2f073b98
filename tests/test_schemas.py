"""What is valid, in which view, and what is said of what is not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from drawn import NAMED, PLAIN_SCHEMAS, SCHEMAS, SEEDS, VALUES, api_of, schema_of
from hypothesis import assume, given
from hypothesis import strategies as st

from pymacaron.documents import Cache, Files
from pymacaron.formats import Format, Formats
from pymacaron.samples import NoSample, sample, spoiled
from pymacaron.schemas import OPENAPI_31, REQUEST, RESPONSE, Schema, Schemas, metaschema
from pymacaron.schemas.problems import problems_of

VIEWS = st.sampled_from([REQUEST, RESPONSE])
SECRET = "s3cr3t-of-the-caller"


def codes(schema: Schema, value: Any, view: str = REQUEST) -> list[tuple[str, str]]:
    """(JSON pointer, code) of every problem."""
    found = schema.checker(view).problems(value)
    return [("".join(f"/{step}" for step in problem.path), problem.code) for problem in found]


def is_valid(schema: Schema, value: Any, view: str = REQUEST) -> bool:
    return schema.checker(view).is_valid(value)


# The question and the answer


@given(SCHEMAS, VALUES, VIEWS)
def test_problems_are_complete(drawn: Any, value: Any, view: str) -> None:
    """A value is valid if, and only if, there is no problem; and if one is told as the first one, as of a large value,
    it is one of all."""
    checker = schema_of(drawn).checker(view)
    problems = checker.problems(value)
    assert checker.is_valid(value) == (problems == [])
    first = checker._explain()._first(value)
    assert bool(first) == bool(problems)
    assert [problem.code for problem in first[-1:]] == ["more"] * bool(first)
    assert {problem.path for problem in first[:-1]} <= {problem.path for problem in problems}


@given(SCHEMAS, SEEDS)
def test_what_is_near_to_valid_is_judged_alike(drawn: Any, seed: int) -> None:
    """So it is with samples of the schema, which random values seldom come near to."""
    schema = schema_of(drawn)
    try:
        value = sample(schema, REQUEST, Random(seed))
    except NoSample:
        return
    assert schema.checker(REQUEST).problems(value) == []


@given(SCHEMAS, SEEDS, st.sampled_from(["3.0", "3.1"]))
def test_alternatives_are_told_alike(drawn: Any, seed: int, version: str) -> None:
    """Where schemas lead back to themselves, alternatives are asked about one group at a time: that tells the same."""
    recursive = {"anyOf": [{"$ref": "#/components/schemas/Tree"}, drawn]}
    checker = schema_of(recursive, version).checker(REQUEST)
    try:
        value = spoiled(schema_of(recursive, version), REQUEST, Random(seed))
    except NoSample:
        return
    errors = checker._validator.iter_errors(value)
    assert set(checker.problems(value)) == {p for error in errors for p in problems_of(error, lambda _: None)}


@given(SCHEMAS, VALUES)
def test_values_are_never_told(drawn: Any, value: Any) -> None:
    """Nothing of a value is in what is said of it but the names of properties, in the path."""
    secret = _with_secret(value)
    for problem in schema_of(drawn).checker(REQUEST).problems(secret):
        assert SECRET not in problem.expected
        assert SECRET not in problem.code


def _with_secret(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_secret(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_secret(inner) for inner in value]
    return SECRET if isinstance(value, str) else value


def test_said_of_every_keyword() -> None:
    """Each keyword says what would have been right, in words, and with the numbers of the document."""
    schema = schema_of({
        "type": "object",
        "required": ["gone"],
        "maxProperties": 30,
        "propertyNames": {"maxLength": 20},
        "properties": {
            "type": {"type": ["string", "null"]}, "enum": {"enum": ["red", 1, True, None]}, "const": {"const": "x"},
            "minimum": {"minimum": 5}, "maximum": {"maximum": 5}, "more": {"exclusiveMinimum": 5},
            "less": {"exclusiveMaximum": 5}, "multiple": {"multipleOf": 3}, "short": {"minLength": 3},
            "long": {"maxLength": 3}, "pattern": {"pattern": "^a$"}, "format": {"format": "uuid"},
            "few": {"minItems": 2}, "many": {"maxItems": 1}, "unique": {"uniqueItems": True},
            "contains": {"contains": {"const": 1}}, "least": {"minProperties": 1}, "most": {"maxProperties": 0},
            "not": {"not": {"type": "integer"}}, "any": {"anyOf": [{"minimum": 9}, {"maximum": 1}]},
            "one": {"oneOf": [{"minimum": 1}, {"maximum": 9}]}, "never": False,
            "closed": {"additionalProperties": False}, "unevaluated": {"unevaluatedProperties": False},
            "items": {"prefixItems": [{}], "unevaluatedItems": False},
        },
    })  # fmt: skip
    value = {
        "type": 1, "enum": "blue", "const": "y", "minimum": 4, "maximum": 6, "more": 5, "less": 5, "multiple": 4,
        "short": "ab", "long": "abcd", "pattern": "b", "format": "x", "few": [1], "many": [1, 2], "unique": [1, 1],
        "contains": [2], "least": {}, "most": {"a": 1}, "not": 5, "any": 5, "one": 5, "never": 0,
        "closed": {"a": 1}, "unevaluated": {"b": 1}, "items": [1, 2], "a name that is far too long": 0,
    }  # fmt: skip
    problems = schema.checker(REQUEST).problems(value)
    said = {problem.path[0] if problem.path else "": problem.expected for problem in problems}
    assert said == {
        "gone": "a value (required)", "type": "a string or null", "enum": "one of 'red', 1, true, null",
        "const": "exactly 'x'", "minimum": "at least 5", "maximum": "at most 5", "more": "more than 5",
        "less": "less than 5", "multiple": "a multiple of 3", "short": "at least 3 characters",
        "long": "at most 3 characters", "pattern": "text that matches ^a$", "format": "text of the format uuid",
        "few": "at least 2 items", "many": "at most 1 item", "unique": "items that are all different",
        "contains": "an item that matches the schema's `contains`", "least": "at least 1 property",
        "most": "at most 0 properties", "not": "a value that does not match the schema's `not`",
        "any": "a value that fits one of the alternatives",
        "one": "a value that fits exactly one of the alternatives", "never": "no value: none is allowed here",
        "closed": "no such property", "unevaluated": "no such property", "items": "no further items",
        "": "property names that the schema allows",
    }  # fmt: skip


# Plain JSON Schema


@given(PLAIN_SCHEMAS, VALUES)
def test_plain_schemas_mean_what_json_schema_says(drawn: Any, value: Any) -> None:
    """Where OpenAPI adds nothing, a schema means what a JSON Schema validator makes of it by itself."""
    whole = {"components": {"schemas": NAMED}, **drawn}
    alone = jsonschema_rs.Draft202012Validator({**whole, "$schema": OPENAPI_31.uri}, validate_formats=True)
    if "int32" not in json.dumps(drawn):  # which OpenAPI adds
        assert is_valid(schema_of(drawn), value) == alone.is_valid(value)


@given(PLAIN_SCHEMAS, VALUES)
def test_drafts_agree_where_they_can(drawn: Any, value: Any) -> None:
    """The same plain schema means the same in every version of OpenAPI; but 1.0 is an integer since 3.1 only."""
    assume(not re.search(r"\.0|e\+", json.dumps(value)))
    verdicts = {is_valid(schema_of(drawn, version), value) for version in ("2.0", "3.0", "3.1")}
    assert len(verdicts) == 1


def test_faulty_keywords_count_for_nothing() -> None:
    """A keyword whose value it cannot have is passed over, and the others of its schema count."""
    schema = schema_of({
        "type": "string", "minLength": -1, "maxLength": 3, "pattern": "(", "multipleOf": 0, "required": ["a", "a"],
    })  # fmt: skip
    assert is_valid(schema, "abc")
    assert not is_valid(schema, "abcd")
    assert codes(schema, "abcd") == [("", "maxLength")]


# Patterns


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^[\w-.]+$", "a-b.c", "a b"),
        (r"^{id}$", "{id}", "id"),
        (r"\A\d+\Z", "12", "1a"),
        (r"^(?=.*\d)(?!.*x)\w+$", "a1", "a1x"),
        (r"^(a)\1$", "aa", "ab"),
        (r"^\p{Lu}+$", "ÄÖ", "äö"),
    ],
)
def test_patterns(version: str, pattern: str, yes: str, no: str) -> None:
    """A pattern is what browsers take it for, look-around and tolerance included."""
    schema = schema_of({"type": "string", "pattern": pattern}, version)
    assert is_valid(schema, yes)
    assert not is_valid(schema, no)


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(?=(a+)+$).*$", "^(a|a)*b(?=c)$", "a(?=.*c)", r"(a+)\1b"])
def test_no_pattern_takes_long(pattern: str, version: str) -> None:
    """A text made to keep a pattern busy is refused within a moment, however long it is."""
    checker = schema_of({"type": "string", "pattern": pattern}, version).checker(REQUEST)
    start = time.process_time()
    for length in (30, 1999, 300_000):
        assert not checker.is_valid("a" * length + "!")
        assert [problem.code for problem in checker.problems("a" * length + "!")][:1] == ["pattern"]
    assert time.process_time() - start < 2


def test_many_texts_take_no_longer_together() -> None:
    """However many texts a value has, in its items or its names, all of them together keep such a pattern busy for a
    moment only; honest ones are found valid all the same."""
    busy, honest = r"^(?:(a+)+\1?b|a+[!])\d*$", r"^(?=.*[a-z])(?=.*\d)(?!\d).{8,}$"
    texts = ["a" * 25 + f"!{number}" for number in range(5000)]
    start = time.process_time()
    for told, value in (
        ({"items": {"pattern": busy}}, texts),
        ({"propertyNames": {"pattern": busy}}, dict.fromkeys(texts)),
        ({"patternProperties": {busy: {}}, "additionalProperties": False}, dict.fromkeys(texts)),
    ):
        checker = schema_of(told, "3.1").checker(REQUEST)
        assert checker.is_valid(value) or checker.problems(value)
    assert time.process_time() - start < 4  # in place of half a minute
    words = [f"word-number-{number}" for number in range(20_000)]
    assert is_valid(schema_of({"items": {"pattern": honest}}, "3.1"), words)
    assert is_valid(schema_of({"propertyNames": {"pattern": honest}}, "3.1"), dict.fromkeys(words))


@pytest.mark.parametrize("version", ["3.0", "3.1"])
def test_bound_patterns(version: str) -> None:
    """What a linear engine cannot do is searched for in texts of 2,000 characters, anywhere in them, and in no longer
    ones: which is what callers are told."""
    schema = schema_of({"type": "string", "pattern": r"b(?=c)|\d$"}, version)
    assert is_valid(schema, "\n" * 1998 + "bc")
    assert is_valid(schema, "é" * 1999 + "7")
    assert not is_valid(schema, "é" * 2000 + "7")
    (problem,) = schema.checker(REQUEST).problems("x" * 2001)
    assert problem.expected == r"text of at most 2000 characters that matches b(?=c)|\d$"
    assert is_valid(schema_of({"type": "string", "pattern": "bc"}, version), "a" * 100_000 + "bc")


# Formats


FORMATS = {
    "date-time": ("2020-02-29T12:00:00.5+01:00", "2021-02-29T12:00:00Z"), "date": ("2020-02-29", "2020-2-29"),
    "time": ("12:00:00Z", "25:00:00Z"), "duration": ("P3DT4H", "PT1D"), "email": ("a@b.example", "a b"),
    "hostname": ("a.example", "-a-"), "ipv4": ("127.0.0.1", "256.0.0.1"), "ipv6": ("::1", "12345::"),
    "uri": ("https://a.example/b", "//a"), "uri-reference": ("/b", "\\\\a"), "iri": ("https://ä.example", "ä b"),
    "uuid": ("2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"), "uri-template": ("/{a}", "/{a"),
    "json-pointer": ("/a/0", "a"), "relative-json-pointer": ("1/a", "/a"), "regex": ("^a", "^(a"),
    "byte": ("YWI=", "YWI"), "base64url": ("YW-_", "YW+/"),
}  # fmt: skip


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_checked(version: str, name: str) -> None:
    """Every known format of strings is checked, whatever the version, and says nothing of other kinds of value."""
    right, wrong = FORMATS[name]
    schema = schema_of({"format": name}, version)
    assert is_valid(schema, right)
    assert codes(schema, wrong) in ([("", "format")], [("", "pattern")])
    assert is_valid(schema, 5)


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
def test_times_and_durations_of_iso_8601(version: str) -> None:
    """Draft 4 has no `time` and no `duration`: what documents of its age mean is ISO 8601's, with fractions of seconds
    and without an offset. 2020-12 means RFC 3339's."""
    for name, rights, wrongs in (
        ("time", ("11:34:56", "11:34:56.25", "23:59:60"), ("11:34", "24:00:00", "11:34:56+25:00", "T11:34:56")),
        (
            "duration",
            ("PT0.5S", "P123DT22H14M12.011S", "P1Y1D", "PT1H1S"),
            ("P", "PT", "P1DT", "P1S", "P1M1Y", "P1WT1H"),
        ),
    ):
        schema = schema_of({"format": name}, version)
        assert {is_valid(schema, right) for right in rights} == {version != "3.1"}
        assert not [wrong for wrong in wrongs if is_valid(schema, wrong)]


@pytest.mark.parametrize(("name", "most"), [("int8", 127), ("uint8", 255), ("int32", 2**31 - 1), ("int64", 2**63 - 1)])
def test_integer_formats_are_ranges(name: str, most: int) -> None:
    """An integer of a format is within its bits; with no format it has no end."""
    schema = schema_of({"type": "integer", "format": name})
    assert is_valid(schema, most)
    assert codes(schema, most + 1) == [("", "maximum")]
    assert is_valid(schema_of({"type": "integer"}), 10**40)


def test_custom_formats() -> None:
    """A format of the user's is asked; raising means no, and a name of ours may be taken over."""

    def even(text: str) -> bool:
        return int(text) % 2 == 0

    formats = Formats([Format("even", even), Format("uuid", lambda text: text == "mine")])
    schema = schema_of(
        {"type": "object", "properties": {"a": {"format": "even"}, "b": {"format": "uuid"}}}, "3.0", formats
    )
    assert is_valid(schema, {"a": "4", "b": "mine"})
    assert codes(schema, {"a": "five", "b": "yours"}) == [("/a", "format"), ("/b", "format")]
    assert codes(schema, {"a": "5"}) == [("/a", "format")]


def test_unknown_formats_say_nothing() -> None:
    """A format that nobody knows is passed over."""
    assert is_valid(schema_of({"type": "string", "format": "colour"}), "anything")


# Views


PERSON = {
    "type": "object",
    "required": ["id", "name", "password"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
    },
}


@pytest.mark.parametrize("version", ["3.0", "3.1"])
def test_views(version: str) -> None:
    """readOnly is not demanded from callers, writeOnly not from answers; what else is required, is."""
    schema = schema_of(PERSON, version)
    assert codes(schema, {}, REQUEST) == [("/name", "required"), ("/password", "required")]
    assert codes(schema, {}, RESPONSE) == [("/id", "required"), ("/name", "required")]


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
def test_what_is_dropped_does_not_count(version: str) -> None:
    """`minProperties` counts what is left of a request without what is readOnly; names that are not declared count, as
    JSON Schema has it. In an answer everything counts."""
    schema = schema_of({**PERSON, "required": ["name"], "minProperties": 2}, version)
    (problem,) = schema.checker(REQUEST).problems({"name": "x", "id": 1})
    assert problem == ((), "minProperties", "at least 2 properties, beside those that only the service sets")
    assert codes(schema, {"name": "x", "other": 1}) == codes(schema, {"name": "x", "id": 1}, RESPONSE) == []
    assert sample(schema, REQUEST, Random(1)).keys() - {"id"}


def test_views_through_references() -> None:
    """A property is hidden by what is said of it elsewhere: beside a reference, behind it, in another part of allOf."""
    hidden = {"type": "string", "readOnly": True}
    drawn = {
        "required": ["a", "b", "c", "d"],
        "properties": {
            "a": {"$ref": "#/components/schemas/Hidden"}, "b": {"$ref": "#/components/schemas/Day", "readOnly": True}
        },
        "allOf": [{"properties": {"c": {"readOnly": True}}, "required": ["c"]}, {"required": ["d"]}],
    }  # fmt: skip
    schema = schema_of(drawn, Hidden=hidden)
    assert codes(schema, {}, REQUEST) == [("/d", "required")]
    demanding = {"allOf": [{"$ref": "#/components/schemas/Demand"}, {"properties": {"a": {"readOnly": True}}}]}
    assert is_valid(schema_of(demanding, Demand={"required": ["a"]}), {})


# null


@pytest.mark.parametrize(
    ("version", "schema", "takes_null"),
    [
        ("3.0", {"type": "string", "nullable": True}, True),
        ("3.0", {"type": "string", "nullable": False}, False),
        ("3.0", {"type": "string", "nullable": True, "enum": ["a"]}, False),
        ("3.0", {"type": "string", "nullable": True, "enum": ["a", None]}, True),
        ("3.0", {"nullable": True, "allOf": [{"type": "string"}]}, False),
        ("3.0", {"type": "object", "nullable": True, "allOf": [{"type": "object"}]}, True),
        ("3.0", {"type": "string", "x-nullable": True, "enum": ["a"]}, True),
        ("2.0", {"type": "string", "x-nullable": True}, True),
        ("2.0", {"type": "string", "nullable": True}, False),
        ("2.0", {"x-nullable": True, "allOf": [{"$ref": "#/components/schemas/Prices"}]}, True),
        ("3.1", {"type": ["string", "null"]}, True),
        ("3.1", {"type": "string", "nullable": True}, False),
        ("3.1", {"oneOf": [{"$ref": "#/components/schemas/Prices"}, {"type": "null"}]}, True),
    ],
)
def test_null(version: str, schema: Any, takes_null: bool) -> None:
    """null is a value where the version says so, by `nullable`, `x-nullable` or a type."""
    assert is_valid(schema_of(schema, version), None) == takes_null


# References


def test_siblings_of_references() -> None:
    """What stands beside a reference counts from 3.1 on, along a chain of them too, and not before."""
    chain: dict[str, Any] = {
        "One": {"$ref": "#/components/schemas/Two", "minLength": 2},
        "Two": {"$ref": "#/components/schemas/Three"},
        "Three": {"maxLength": 3},
    }
    for version, verdicts in (("3.0", [True, True, False]), ("3.1", [False, True, False])):
        schema = schema_of({"$ref": "#/components/schemas/One"}, version, **chain)
        assert [is_valid(schema, text) for text in ("a", "ab", "abcd")] == verdicts


def test_what_says_the_same_is_compiled_once() -> None:
    """Operations repeat themselves: the same parameter, the same body. Which bound it is makes a difference, though."""
    schema = schema_of({"type": "array", "items": [{"maximum": 5}, {"maximum": 5}, {"maximum": 5.0}]}, "3.0")
    one, same, other = (schema.child("items", index) for index in range(3))
    assert one is not same
    assert one.checker(REQUEST) is same.checker(REQUEST)
    assert one.checker(REQUEST) is not other.checker(REQUEST)
    ask = schema.schemas.object_checker
    assert ask({"a": one}, ["a"], REQUEST) is ask({"a": same}, ["a"], REQUEST)
    assert ask({"a": one}, [], REQUEST) is not ask({"a": one}, ["a"], REQUEST)


def written(folder: Path, **files: Any) -> Schema:
    """The schema `main` of a file among others."""
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value), "utf-8")
    opened = Files(Cache(None), known=metaschema)
    return Schemas(opened, OPENAPI_31, Formats()).at(opened.open(folder / "main.json").root)


def test_files_that_refer_to_each_other(tmp_path: Path) -> None:
    """References go from file to file and round in circles."""
    main = {"type": "object", "properties": {"other": {"$ref": "other.json#/$defs/Other"}, "n": {"type": "integer"}}}
    other = {"$defs": {"Other": {"required": ["main"], "properties": {"main": {"$ref": "main.json"}}}}}
    schema = written(tmp_path, main=main, other=other)
    assert is_valid(schema, {"other": {"main": {"other": {"main": {"n": 1}}}}})
    assert codes(schema, {"other": {"main": {"other": {"main": {"n": "1"}}}}}) == [("/other/main/other/main/n", "type")]


def test_dynamic_references(tmp_path: Path) -> None:
    """A $dynamicRef means the outermost anchor of its name on the way, so a generic list is what it is used as."""
    generic = {
        "$id": "https://schemas.example/list", "type": "array", "items": {"$dynamicRef": "#item"},
        "$defs": {"any": {"$dynamicAnchor": "item"}},
    }  # fmt: skip
    main = {
        "$defs": {"generic": generic},
        "properties": {
            "numbers": {
                "$id": "https://schemas.example/numbers", "$ref": "list",
                "$defs": {"number": {"$dynamicAnchor": "item", "type": "number"}},
            },
            "anything": {"$ref": "https://schemas.example/list"},
        },
    }  # fmt: skip
    schema = written(tmp_path, main=main)
    assert is_valid(schema, {"numbers": [1], "anything": ["a"]})
    assert codes(schema, {"numbers": ["a"], "anything": "a"}) == [("/numbers/0", "type"), ("/anything", "type")]


def test_metaschemas_are_at_hand(tmp_path: Path) -> None:
    """A document may take JSON schemas: their own schema need not be fetched."""
    schema = written(tmp_path, main={"$ref": "https://json-schema.org/draft/2020-12/schema"})
    assert is_valid(schema, {"properties": {"a": {"type": "string"}}})
    assert codes(schema, {"properties": {"a": {"type": "strin"}}}) == [("/properties/a/type", "enum")]


# Discriminators


ANIMALS: dict[str, Any] = {
    "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {}, "lives": {"type": "integer"}}},
    "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {}, "barks": {"type": "boolean"}}},
}
EITHER = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]


def animals(discriminator: dict[str, Any], animals: dict[str, Any] = ANIMALS, keyword: str = "oneOf") -> Schema:
    api = api_of({**animals, "Pet": {"discriminator": {"propertyName": "kind", **discriminator}, keyword: EITHER}})
    return api.document.schemas.at(api.document.named["Pet"])


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_the_branch_that_is_named_is_the_one_that_counts(keyword: str) -> None:
    """Only the faults of the branch that the value names are told, though another might fit."""
    schema = animals({}, keyword=keyword)
    assert is_valid(schema, {"kind": "Dog"})
    assert codes(schema, {"kind": "Cat"}) == [("/lives", "required")]
    assert codes(schema, {"kind": "Cat", "lives": "many"}) == [("/lives", "type")]
    assert codes(schema, {"kind": "Fish"}) == [("/kind", "discriminator")]
    assert codes(schema, {}) == [("/kind", "discriminator")]


def test_mapped_names() -> None:
    """A mapping names branches by schema or by reference; a branch that it leaves out is called as its schema is."""
    schema = animals({"mapping": {"c": "Cat", "tom": "#/components/schemas/Cat"}})
    assert [is_valid(schema, {"kind": kind, "lives": 9}) for kind in ("c", "tom", "Dog", "Cat")] == [
        True,
        True,
        True,
        False,
    ]


def test_branches_that_name_themselves() -> None:
    """Without a mapping, what a branch lists for the property says when it is meant: as most documents rely on."""
    named = {
        "Cat": {
            "properties": {"kind": {"const": "cat.v1"}, "lives": {"type": "integer"}},
            "required": ["kind", "lives"],
        },
        "Dog": {"allOf": [{"properties": {"kind": {"enum": ["dog", "puppy"]}}}], "required": ["kind"]},
    }
    schema = animals({}, named)
    assert is_valid(schema, {"kind": "puppy"})
    assert codes(schema, {"kind": "cat.v1"}) == [("/lives", "required")]
    assert codes(schema, {"kind": "Cat"}) == [("/kind", "discriminator")]


def test_a_discriminator_that_cannot_choose() -> None:
    """Where two branches list the same value, all alternatives are tried, as if there were no discriminator."""
    same = {name: {**schema, "properties": {"kind": {"enum": ["pet"]}}} for name, schema in ANIMALS.items()}
    assert is_valid(animals({}, same, "anyOf"), {"kind": "pet"})


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_subtypes(version: str) -> None:
    """A supertype's discriminator chooses among the schemas that contain it, itself included, to any depth."""
    ref = "#/definitions/" if version == "2.0" else "#/components/schemas/"
    discriminator: Any = "kind" if version == "2.0" else {"propertyName": "kind"}
    pet = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "discriminator": discriminator,
    }
    cat = {"allOf": [{"$ref": f"{ref}Pet"}, {"required": ["lives"], "properties": {"lives": {"type": "integer"}}}]}
    tiger = {"allOf": [{"$ref": f"{ref}Cat"}, {"required": ["stripes"]}]}
    api = api_of({"Pet": pet, "Cat": cat, "Tiger": tiger}, version)
    schema = api.document.schemas.at(api.document.named["Pet"])
    assert is_valid(schema, {"kind": "Pet"})
    assert codes(schema, {"kind": "Tiger"}) == [("/lives", "required"), ("/stripes", "required")]
    assert is_valid(schema, {"kind": "Tiger", "lives": 9, "stripes": 100})
    assert codes(schema, {"kind": "Dog"}) == [("/kind", "discriminator")]
    own = api.document.schemas.at(api.document.named["Cat"])
    assert is_valid(own, {"kind": "Tiger", "lives": 9})  # a reference to the subtype itself means just that


def test_null_beside_a_discriminator() -> None:
    """An alternative that is null is no branch, and null is valid."""
    schema = schema_of({
        "discriminator": {"propertyName": "kind"},
        "oneOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}],
    })  # fmt: skip
    assert is_valid(schema, None)
    assert is_valid(schema, {"kind": "Node", "name": "a"})


# Depth


def nested(levels: int) -> Iterator[Any]:
    value: Any = {"name": "end"}
    for _ in range(levels):
        value = {"name": "more", "next": value}
    yield value
    listed: Any = []
    for _ in range(levels):
        listed = [listed]
    yield listed


def _choices(levels: int) -> Any:
    """Alternatives inside alternatives, each standing in the schema itself."""
    if not levels:
        return {"type": "integer"}
    inner = {"type": "array", "items": _choices(levels - 1)}
    return {"oneOf": [inner, {"type": "object", "properties": {"a": inner}}, {"anyOf": [inner, {"type": "null"}]}]}


_NAMES = [f"a property called {number}" for number in range(60)]
# Schemas by which much can be wrong in little text, and a value of a given size in which it is.
HOSTILE: dict[str, tuple[Any, Callable[[int], Any]]] = {
    "names": ({"propertyNames": {"pattern": "^[a-z]+$"}}, lambda size: {str(n): 0 for n in range(size // 10)}),
    "closed": ({"additionalProperties": False}, lambda size: {f"{n:0500}": 0 for n in range(size // 500)}),
    "required": ({"type": "array", "items": {"required": _NAMES}}, lambda size: [{}] * (size // 3)),
    "a large one": ({"required": _NAMES}, lambda size: {"b": [0] * (size // 2)}),
    "alternatives": (_choices(6), lambda size: [[[[[["x"]]]]]] * (size // 16)),
    "items": (
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"anyOf": [{"required": _NAMES}, {"minProperties": 9}]}},
            ]
        },
        lambda size: [{}] * (size // 3),
    ),
    "text": ({"type": "object", "required": _NAMES}, lambda size: {"text": "x" * size}),
}


@pytest.mark.parametrize("size", [1400, 15_000, 1_000_000])
@pytest.mark.parametrize(("schema", "made"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_wrong_is_told_within_bounds(schema: Any, made: Callable[[int], Any], size: int) -> None:
    """However much is wrong: it takes a moment, is told in a hundred problems at most, and then that there are more."""
    checker = schema_of(schema).checker(REQUEST)
    checker.problems({})
    value = made(size)
    start = time.process_time()
    assert not checker.is_valid(value)
    problems = checker.problems(value)
    assert time.process_time() - start < 2
    assert 0 < len(problems) <= 101
    assert len(problems) < 100 or problems[-1].code == "more"


@given(st.lists(VALUES, max_size=4), st.sampled_from(["3.0", "3.1"]))
def test_items_that_differ(values: list[Any], version: str) -> None:
    """Items differ as JSON Schema has it: 1 and 1.0 do not, 1 and true do, the order of properties is none."""
    mine = is_valid(schema_of({"uniqueItems": True}, version), values)
    assert mine == jsonschema_rs.Draft202012Validator({"uniqueItems": True}).is_valid(values)


@pytest.mark.parametrize("base", [2**53, 2**63, 10**40, 2**61 - 1])
def test_items_that_nearly_differ(base: int) -> None:
    """Numbers that are hard to tell apart for machines are told apart in a moment, wherever they stand."""
    start = time.process_time()
    numbers = [base + n for n in range(10_000)] if base % 2 == 0 else [base * n for n in range(10_000)]
    for items in (numbers, [[n] for n in numbers], [{"n": n} for n in numbers]):
        assert is_valid(schema_of({"uniqueItems": True}), items)
        assert not is_valid(schema_of({"uniqueItems": True}), [*items, items[5]])
        assert not is_valid(schema_of({"uniqueItems": True, "items": {"type": "string"}}), items)
    assert time.process_time() - start < 3


def test_told_in_few_words() -> None:
    """What would have been right is told in words that can be read, however long the document's are."""
    schema = schema_of({"enum": ["x" * 1000], "pattern": "^" + "y" * 1000})
    assert all(len(problem.expected) < 600 for problem in schema.checker(REQUEST).problems("z"))


EXPRESSION = {"$ref": "#/components/schemas/Expression"}
KINDS = ("And", "Or", "Not", "Leaf")


def expressions(*, named: bool) -> dict[str, Any]:
    """Schemas that lead back to themselves through alternatives, which a discriminator names or a property lists."""

    def of_kind(name: str, **properties: Any) -> Any:
        kind = {"type": "string"} if named else {"enum": [name]}
        return {"type": "object", "required": ["kind", *properties], "properties": {"kind": kind, **properties}}

    dispatch = {"discriminator": {"propertyName": "kind"}} if named else {}
    alternatives = [{"$ref": f"#/components/schemas/{name}"} for name in KINDS]
    inner = {name: of_kind(name, of=EXPRESSION) for name in KINDS[:-1]}
    return {
        "Expression": {"oneOf": alternatives, **dispatch},
        **inner,
        "Leaf": of_kind("Leaf", value={"type": "integer"}),
    }


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize("named", [True, False])
def test_depth_of_alternatives_is_no_danger(version: str, named: bool) -> None:
    """What is wrong deep inside is found quickly, where a validator would tell all that is wrong with what was not
    meant; and told, up to a depth."""
    checker = schema_of(EXPRESSION, version, None, **expressions(named=named)).checker(REQUEST)
    for levels in (3, 30, 100, 300):
        value: Any = {"kind": "Leaf", "value": "x"}
        for _ in range(levels):
            value = {"kind": "Or", "of": value}
        (problem,) = checker.problems(value)
        assert set(problem.path) <= {"of", "value"}
        if named and levels < 40:
            assert (problem.path, problem.code) == ((*["of"] * levels, "value"), "type")
        assert (problem.code == "depth") == (levels == 300)


def test_depth_is_no_danger() -> None:
    """A value nested a thousand times is judged like any other."""
    schema = schema_of({"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "array"}]})
    for levels in (100, 300, 1000):
        for value in nested(levels):
            assert codes(schema, value) == []
            assert is_valid(schema, value)
            (found,) = codes(schema_of({"type": "string"}), value)
            assert found == ("", "type" if levels < 250 else "depth")
