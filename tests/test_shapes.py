"""Which Python value a JSON value becomes, and which class an object's schema is."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import msgspec
import pytest
from drawn import NAMED, SCHEMAS, SEEDS, VALUES, api_of, model_of, schema_of, shapes_of
from hypothesis import assume, given

from pymacaron.formats import Format, Formats
from pymacaron.samples import NoSample, sample
from pymacaron.schemas import REQUEST
from pymacaron.shapes import Shape
from pymacaron.structs import UNSET, OpenModel, encode_other, finish, is_model

NOON = datetime(2020, 2, 29, 12, tzinfo=UTC)


def shape_of(schema: Any, version: str = "3.1", formats: Formats | None = None, **named: Any) -> Shape:
    made = schema_of(schema, version, formats, **named)
    return shapes_of(made).of(made, "Drawn")


def converted(schema: Any, value: Any, version: str = "3.1", **named: Any) -> Any:
    return shape_of(schema, version, **named).convert(value)


def as_json(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=encode_other)


# Conversion follows validity


def names_in(schema: Any) -> set[str]:
    """Every text in a schema: what it names is among them."""
    return set(re.findall(r'"([^"]*)"', json.dumps(schema, ensure_ascii=False)))


def same(value: Any, back: Any, named: set[str]) -> bool:
    """Is a JSON value what came back, but for properties that no schema names, and other ways to write a time?"""
    if isinstance(value, dict) and isinstance(back, dict):
        lost = value.keys() - back.keys()
        return not lost & named and back.keys() <= value.keys() and all(same(value[k], back[k], named) for k in back)
    if isinstance(value, list) and isinstance(back, list):
        return len(value) == len(back) and all(same(*pair, named) for pair in zip(value, back, strict=True))
    if isinstance(value, bool) or isinstance(back, bool) or value is None or back is None:
        return value is back
    return value == back or _instant(value) == _instant(back) is not None


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


@given(SCHEMAS, SEEDS)
def test_conversion_keeps_the_meaning(drawn: Any, seed: int) -> None:
    """A valid value is converted without an error, and written again it is the same JSON value."""
    schema = schema_of(drawn)
    try:
        value = sample(schema, REQUEST, Random(seed))
    except NoSample:
        assume(False)
    shape = shapes_of(schema).of(schema, "Drawn")
    named = names_in({"named": NAMED, "drawn": drawn})
    assert same(value, as_json(shape.dump(shape.convert(value))), named)


@pytest.mark.parametrize("kind", ["object", ["object", "null"]])
@pytest.mark.parametrize("second", [{"properties": {"a": {}, "b": {}}}, {"patternProperties": {"^b": {}}}])
def test_the_alternative_that_keeps_everything(kind: Any, second: dict[str, Any]) -> None:
    """Of several alternatives that fit, it is the first that has a place for every property, also further inside."""
    first = {"type": kind, "properties": {"a": {}}}
    one, two = {"anyOf": [first, {"type": "object", **second}]}, {"a": 1, "b": 2}
    inside = {"anyOf": [{"type": "object", "properties": {"x": {"type": "array", "items": it}}} for it in (first, one)]}
    for drawn, value in ((one, two), (inside, {"x": [two]})):
        schema = schema_of(drawn)
        shape = shapes_of(schema).of(schema, "Drawn")
        assert as_json(shape.dump(shape.convert(value))) == as_json(shape.dump(shape.load(value))) == value


@given(SCHEMAS, SEEDS)
def test_both_ways_lead_to_the_same(drawn: Any, seed: int) -> None:
    """msgspec's way and ours give equal values, of the same classes."""
    schema = schema_of(drawn)
    try:
        value = sample(schema, REQUEST, Random(seed))
    except NoSample:
        assume(False)
    shape = shapes_of(schema).of(schema, "Drawn")
    quick, slow = shape.convert(value), shape.load(value)
    assert quick == slow
    assert as_json(shape.dump(quick)) == as_json(shape.dump(slow))
    assert type(quick) is type(slow) or not (is_model(quick) or is_model(slow))


@given(SCHEMAS, VALUES)
def test_nothing_is_too_strange_to_load(drawn: Any, value: Any) -> None:
    """A value that is not valid is converted without an error too: what does not fit stays as it is."""
    shape_of(drawn).load(value)


# Numbers and times that Python has otherwise


@pytest.mark.parametrize(
    ("schema", "value", "wanted"),
    [
        ({"type": "integer"}, 1.0, 1),
        ({"type": "integer"}, 10**40, 10**40),
        ({"type": "number"}, 10**40, 10**40),
        ({"type": "number"}, 1, 1),
        ({"type": "number"}, 1e308, 1e308),
        ({"type": ["integer", "string"]}, 2.0, 2),
        ({"type": "string", "format": "date-time"}, "2020-02-29T12:00:00Z", NOON),
        ({"type": "string", "format": "date-time"}, "2020-02-29t14:00:00+02:00", NOON),
        ({"type": "string", "format": "date-time"}, "2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ({"type": "string", "format": "date-time"}, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ({"type": "string", "format": "date"}, "2020-02-29", date(2020, 2, 29)),
        ({"type": "string", "format": "date"}, "0000-01-01", "0000-01-01"),
        ({"type": ["string", "null"], "format": "date"}, None, None),
        ({"format": "date-time"}, 5, 5),
        ({"format": "date-time"}, "2020-02-29T12:00:00Z", NOON),
        ({"type": "array", "items": {"format": "date", "type": "string"}}, ["2020-02-29"], [date(2020, 2, 29)]),
        ({"allOf": [{"type": "array", "items": {"format": "date"}}]}, ["2020-02-29"], [date(2020, 2, 29)]),
        ({"type": "array", "prefixItems": [{"format": "date"}, {}], "items": {"type": "integer"}},
         ["2020-02-29", "x", 1.0], [date(2020, 2, 29), "x", 1]),
        ({"additionalProperties": {"type": "string", "format": "date"}, "type": "object"}, {"a": "2020-02-29"},
         {"a": date(2020, 2, 29)}),
        ({"anyOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}]}, "2020-02-29T12:00:00Z", NOON),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]}, "2020-02-29T12:00:00Z", NOON),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]}, "soon", "soon"),
    ],
)  # fmt: skip
def test_python_values(schema: Any, value: Any, wanted: Any) -> None:
    """Each kind of value becomes what Python calls it, and what Python cannot say stays JSON."""
    shape = shape_of(schema)
    for made in (shape.convert(value), shape.load(value)):
        assert made == wanted
        assert type(made) is type(wanted)


def test_times_are_aware() -> None:
    """The offset that was written is kept."""
    made = converted({"type": "string", "format": "date-time"}, "2020-02-29T12:00:00-05:30")
    assert made.utcoffset() == timedelta(hours=-5, minutes=-30)
    assert made == datetime(2020, 2, 29, 12, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))


class Money(str):
    __slots__ = ()


def test_custom_formats_go_both_ways() -> None:
    """A format of the user's becomes its Python value wherever it stands, and is written as it says."""
    formats = Formats([Format("money", str.isdecimal, Money, lambda value: f"{int(value):03}")])
    schema = {
        "type": "object",
        "properties": {
            "price": {"type": "string", "format": "money"},
            "all": {"type": "array", "items": {"type": "string", "format": "money"}},
            "by": {"type": "object", "additionalProperties": {"type": "string", "format": "money"}},
            "maybe": {"type": ["string", "null"], "format": "money"},
            "either": {"anyOf": [{"type": "integer"}, {"type": "string", "format": "money"}]},
        },
    }
    shape = shape_of(schema, "3.1", formats)
    value = {"price": "5", "all": ["6"], "by": {"a": "7"}, "maybe": None, "either": "8"}
    made = shape.convert(value)
    assert [type(part) for part in (made.price, made.all[0], made.by["a"], made.either)] == [Money] * 4
    assert made.maybe is None
    written = {"price": "005", "all": ["006"], "by": {"a": "007"}, "maybe": None, "either": "008"}
    assert shape.must_dump()
    assert as_json(shape.dump(made)) == written
    assert made.to_json() == written
    assert shape.dump({"price": Money("5")}) == {"price": "005"}


# Objects


SHOP: dict[str, Any] = {
    "Item": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "made": {"format": "date", "type": "string"}},
    },
    "Order": {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
            "gift": {"allOf": [{"$ref": "#/components/schemas/Item"}], "description": "for free"},
            "best": {"$ref": "#/components/schemas/Item", "description": "the best of them"},
            "first": {"$ref": "#/components/schemas/Item", "readOnly": True},
            "byName": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Item"}},
            "maybe": {"oneOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]},
            "address": {"type": "object", "properties": {"street": {"type": "string"}}},
        },
    },
}  # fmt: skip


def test_every_object_schema_is_a_class() -> None:
    """A schema with a name is one class, however it is referred to; one without is a class of its own."""
    api = api_of(SHOP)
    item = {"id": "x", "made": "2020-02-29"}
    order = api.model.Order.from_json({
        "items": [item], "gift": item, "best": item, "first": item, "byName": {"x": item}, "maybe": item,
        "address": {"street": "s"},
    })  # fmt: skip
    parts = [order.items[0], order.gift, order.best, order.first, order.byName["x"], order.maybe]
    assert {type(part) for part in parts} == {api.model.Item}
    assert order.gift.made == date(2020, 2, 29)
    assert type(order.address).__name__ == "OrderAddress"
    assert order.address.street == "s"


def test_allof_of_one_reference_in_old_documents() -> None:
    """`allOf` around a reference is how 3.0 says something beside one: it is the same class, or null."""
    ref = {"$ref": "#/components/schemas/Item"}
    order = {
        "type": "object",
        "properties": {"a": {"allOf": [ref], "nullable": True, "type": "object"}, "b": {"allOf": [ref]}},
    }
    api = api_of({**SHOP, "Order": order}, "3.0")
    made = api.model.Order.from_json({"a": None, "b": {"id": "x"}})
    assert made.a is None
    assert type(made.b) is api.model.Item


@pytest.mark.parametrize(
    ("schema", "value", "kept"),
    [
        ({"type": "object"}, {"a": 1}, {"a": 1}),
        ({"type": "object", "properties": {"a": {}}}, {"a": 1, "b": 2}, {"a": 1}),
        ({"type": "object", "properties": {"a": {}}, "required": ["b"]}, {"a": 1, "b": None}, {"a": 1, "b": None}),
        ({"properties": {"a": {}}, "additionalProperties": True}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"properties": {"a": {}}, "patternProperties": {"^b": {}}}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"properties": {"a": {}}, "allOf": [{"properties": {"b": {}}}]}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}, {"properties": {"c": {}}}]}, {"a": 1, "c": 2},
         {"a": 1, "c": 2}),
        ({"properties": {"a": {}}, "if": {"required": ["a"]}, "then": {"properties": {"b": {}}}}, {"a": 1, "b": 2},
         {"a": 1, "b": 2}),
        ({"properties": {"a": {}}, "dependentSchemas": {"a": {"properties": {"b": {}}}}}, {"a": 1, "b": 2},
         {"a": 1, "b": 2}),
        ({"properties": {"a": {}}, "dependentRequired": {"a": ["b"]}}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"properties": {"a": {}, "n\\n": {}, 'q"': {}}}, {"a": 1, "n\\n": 2, 'q"': 3}, {"a": 1, "n\\n": 2, 'q"': 3}),
        ({"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x"}}, "properties": {"a": {}}}, {"b": 1}, {"b": 1}),
    ],
)  # fmt: skip
def test_what_is_kept(schema: Any, value: Any, kept: Any) -> None:
    """A model keeps what its schema speaks of; the rest is ignored, unless the schema speaks of none or of any."""
    shape = shape_of(schema)
    assert as_json(shape.dump(shape.convert(value))) == kept
    assert as_json(shape.dump(shape.load(value))) == kept


def test_a_named_object_without_properties() -> None:
    """It is a class, and loses nothing: what such a schema means is any object, or an empty one."""
    model = model_of("Anything", {"Anything": {"type": "object"}})
    assert model().to_json() == {}
    made = model.from_json({"a": 1})
    assert made["a"] == 1
    assert made.to_json() == {"a": 1}


def test_extra_properties_are_what_their_schema_says() -> None:
    """Properties that a schema allows without naming them are converted, and read by index."""
    schema = {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string", "format": "date"}}
    shape = shape_of(schema)
    made = shape.convert({"a": 1, "b": "2020-02-29"})
    assert isinstance(made, OpenModel)
    assert made["b"] == date(2020, 2, 29)
    assert made == shape.convert({"b": "2020-02-29", "a": 1})


def test_recursion() -> None:
    """A model may hold itself, two hundred times over: the JSON that comes out is the JSON that went in."""
    value: Any = {"name": "end", "born": "2020-02-29T12:00:00Z"}
    for _ in range(200):
        value = {"name": "more", "next": value}
    shape = shape_of({"$ref": "#/components/schemas/Node"})
    made = shape.convert(value)
    assert made == shape.load(value)
    assert as_json(made) == value
    while made.next is not None:
        made = made.next
    assert made.born == NOON


# Alternatives


CIRCLE: dict[str, Any] = {"type": "object", "required": ["r"], "properties": {"r": {"type": "number"}}}
SQUARE: dict[str, Any] = {"type": "object", "required": ["a"], "properties": {"a": {"type": "number"}}}


def test_alternatives_without_a_discriminator() -> None:
    """A value becomes what the alternative makes of it that it is valid for."""
    made = converted({"oneOf": [{"$ref": "#/components/schemas/Circle"}, {"$ref": "#/components/schemas/Square"},
                                {"type": "array", "items": {"$ref": "#/components/schemas/Square"}}]},
                     {"a": 2}, Circle=CIRCLE, Square=SQUARE)  # fmt: skip
    assert type(made).__name__ == "Square"
    schema = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Square"}}, {"type": "string"}]}
    assert [type(item).__name__ for item in converted(schema, [{"a": 2}], Square=SQUARE)] == ["Square"]
    assert converted(schema, "text", Square=SQUARE) == "text"


@pytest.mark.parametrize("value", [{"kind": "Circle", "r": 1}, {"kind": "sq", "a": 2}])
def test_the_discriminator_chooses(value: Any) -> None:
    """A value becomes the branch that it names, by name or mapping, in lists and maps too."""
    named = {"kind": {"type": "string"}}
    api = api_of({
        "Circle": {**CIRCLE, "properties": {**CIRCLE["properties"], **named}},
        "Square": {**SQUARE, "properties": {**SQUARE["properties"], **named}},
        "Form": {
            "oneOf": [{"$ref": "#/components/schemas/Circle"}, {"$ref": "#/components/schemas/Square"}],
            "discriminator": {"propertyName": "kind", "mapping": {"sq": "Square"}},
        },
        "Page": {"properties": {"forms": {"type": "array", "items": {"$ref": "#/components/schemas/Form"}}}},
    })  # fmt: skip
    page = api.model.Page.from_json({"forms": [value]})
    assert type(page.forms[0]) is (api.model.Circle if "r" in value else api.model.Square)
    assert page.to_json() == {"forms": [value]}


def test_a_branch_that_does_not_know_the_discriminator() -> None:
    """A branch without the property that chooses it stays a dict, or it would lose the property."""
    form = {"oneOf": [{"$ref": "#/components/schemas/Circle"}], "discriminator": {"propertyName": "kind"}}
    assert converted(form, {"kind": "Circle", "r": 1}, Circle=CIRCLE) == {"kind": "Circle", "r": 1}


def test_subtypes() -> None:
    """A supertype's value becomes the subtype that it names, and the supertype itself is a class too."""
    pet = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}, "discriminator": "kind"}
    cat = {"allOf": [{"$ref": "#/definitions/Pet"}, {"properties": {"lives": {"type": "integer"}}}]}
    api = api_of({"Pet": pet, "Cat": cat, "Home": {"properties": {"pet": {"$ref": "#/definitions/Pet"}}}}, "2.0")
    home = api.model.Home.from_json({"pet": {"kind": "Cat", "lives": 9}})
    assert type(home.pet) is api.model.Cat
    assert home.pet.lives == 9
    assert type(api.model.Home.from_json({"pet": {"kind": "Pet"}}).pet) is api.model.Pet


# Defaults and what callers may not send


def test_requests_are_finished() -> None:
    """Reading a request fills in defaults, also of models inside, and drops what is readOnly; nothing else does."""
    inner = {"type": "object", "properties": {"size": {"type": "integer", "default": 3}, "id": {"readOnly": True}}}
    schema = {
        "type": "object",
        "properties": {
            "day": {"type": "string", "format": "date", "default": "2020-02-29"},
            "list": {"type": "array", "items": inner}, "map": {"type": "object", "additionalProperties": inner},
            "wrong": {"type": "integer", "default": "five"}, "null": {"type": ["integer", "null"], "default": 7},
        },
    }  # fmt: skip
    shape = shape_of(schema)
    made = shape.convert({"list": [{"id": 1}], "map": {"a": {}}, "null": None})
    assert made.to_json() == {"list": [{"id": 1}], "map": {"a": {}}, "null": None}
    assert shape.must_finish()
    finish(made)
    assert made.to_json() == {"day": "2020-02-29", "list": [{"size": 3}], "map": {"a": {"size": 3}}, "null": None}
    assert made.day == date(2020, 2, 29)


def test_defaults_are_not_shared() -> None:
    """A default that is a list is a new list each time."""
    shape = shape_of({"type": "object", "properties": {"list": {"type": "array", "default": []}}})
    one, other = shape.convert({}), shape.convert({})
    finish(one)
    finish(other)
    one.list.append(1)
    assert other.list == []


# Parents


class Greeting:
    def greet(self) -> str:
        return f"Hello {self.name}"  # type: ignore[attr-defined]


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def call(self) -> int:
        self.calls += 1
        return self.calls


@pytest.fixture
def parents() -> Any:
    module = ModuleType("drawn_parents")
    module.Greeting, module.Counting = Greeting, Counting  # type: ignore[attr-defined]
    sys.modules["drawn_parents"] = module
    yield
    del sys.modules["drawn_parents"]


@pytest.mark.usefixtures("parents")
def test_parents() -> None:
    """A model inherits from the class that `x-parent` names, with an `__init__` of its own or without; what it is
    read from and written as stays the same."""
    properties = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "born": {"type": "string", "format": "date"}},
    }
    api = api_of({
        "Polite": {**properties, "x-parent": "drawn_parents.Greeting"},
        "Busy": {**properties, "x-parent": "drawn_parents.Counting"},
    })  # fmt: skip
    polite = api.model.Polite.from_json({"name": "Ann", "born": "2020-02-29"})
    assert isinstance(polite, Greeting)
    assert polite.greet() == "Hello Ann"
    busy = api.model.Busy(name="Bob")
    assert (busy.call(), busy.call()) == (1, 2)
    assert busy.to_json() == {"name": "Bob"}
    assert api.document.shapes.parents.findings == []


def test_parents_that_are_not_there() -> None:
    """A class that cannot be imported is a finding, with the nearest name."""
    api = api_of({"A": {"type": "object", "properties": {"a": {}}, "x-parent": "collections.OrderedDic"}})
    assert api.model.A(a=1).a == 1
    (finding,) = api.document.shapes.parents.findings
    assert "collections.OrderedDic" in str(finding)
    assert "OrderedDict" in str(finding)


def test_parents_that_import_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module of a parent has no models to import yet, and is told so."""
    (tmp_path / "too_early.py").write_text("from pymacaron.models import TooEarly\n\nclass Parent: pass\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    api = api_of({"TooEarly": {"type": "object", "properties": {"a": {}}, "x-parent": "too_early.Parent"}})
    api.document.shapes.check_parents()
    (finding,) = api.document.shapes.parents.findings
    assert "import models inside its functions" in str(finding)


# Names


def test_class_names() -> None:
    """Classes of schemas without a name are called by their way there, and never alike."""
    thing = {"type": "object", "properties": {"thing": {"type": "object", "properties": {"a": {}}}}}
    api = api_of({"One": thing, "OneThing": {"type": "object", "properties": {"b": {}}}})
    made = api.model.One.from_json({"thing": {"a": 1}})
    assert type(made.thing).__name__ == "OneThing2"
    assert type(made.thing).__module__ == api.model.One.__module__


def test_models_that_are_none() -> None:
    """Asking for a model that there is not, or that is no object, says so and what is meant."""
    api = api_of({"Order": {"type": "object"}, "Colour": {"enum": ["red"]}})
    with pytest.raises(AttributeError, match="did you mean 'Order'"):
        _ = api.model.Ordr
    with pytest.raises(AttributeError, match="does not describe an object"):
        _ = api.model.Colour
    assert set(dir(api.model)) == {"Order", "Colour"}


def test_nullable_and_absent() -> None:
    """Whether null is a value is read off the schema: then what is absent reads UNSET, else None."""
    properties = {
        "a": {"type": ["string", "null"]}, "b": {"type": "string"}, "c": {}, "d": {"enum": ["x", None]},
        "e": {"anyOf": [{"type": "null"}, {"type": "integer"}]}, "f": {"allOf": [{"type": "string"}]},
        "g": {"const": 1},
    }  # fmt: skip
    made = model_of("A", {"A": {"type": "object", "properties": properties}})()
    assert [made[name] for name in "acde"] == [UNSET] * 4
    assert [made[name] for name in "bfg"] == [None] * 3
