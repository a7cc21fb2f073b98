"""What one can do with a model, whichever kind of class it is."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from random import Random
from types import ModuleType
from typing import Any

import pytest
from drawn import SEEDS, api_of
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.pool import ApiPool, LoadedApi, get_model
from pymacaron.samples import sample
from pymacaron.schemas import RESPONSE
from pymacaron.structs import UNSET, fields_of, finish, is_model

NOON = datetime(2020, 2, 29, 12, tzinfo=UTC)
PROPERTIES: dict[str, Any] = {
    "id": {"type": "string"},
    "count": {"type": "integer", "default": 3},
    "at": {"type": "string", "format": "date-time"},
    "on": {"type": "string", "format": "date"},
    "note": {"type": ["string", "null"]},
    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Struct"}},
    "inner": {"type": "object", "properties": {"a": {"type": "integer"}}},
    "password": {"type": "string", "format": "password"},
    "from": {"type": "string"},
    "self": {"type": "integer"},
    "cls": {"type": "integer"},
    "to_json": {"type": "string"},
    "X-Odd-Name": {"type": "integer"},
    "with space": {"type": "integer"},
    "_private": {"type": "integer"},
    "__dunder__": {"type": "integer"},
    "größe": {"type": "number"},
}
SCHEMAS: dict[str, Any] = {
    "Struct": {"type": "object", "properties": PROPERTIES},
    "Open": {"type": "object", "properties": PROPERTIES, "additionalProperties": {"type": "string", "format": "date"}},
    "Child": {"type": "object", "properties": PROPERTIES, "x-parent": "drawn_structs.Parent"},
    "Made": {"type": "object", "properties": PROPERTIES, "x-parent": "drawn_structs.Maker"},
    "Escaped": {"type": "object", "properties": {**PROPERTIES, 'a "b"': {}, "new\nline": {"type": "integer"}}},
}
NAMES = sorted(SCHEMAS)


class Parent:
    kind = "child"
    grade: int

    @property
    def half(self) -> float:
        return self.count / 2

    @half.setter
    def half(self, value: float) -> None:
        self.count = value * 2

    def twice(self) -> int:
        return int(self.count * 2)


class Maker:
    def __init__(self) -> None:
        self.made_at = "start"


@pytest.fixture(scope="module")
def api() -> Iterator[LoadedApi]:
    module = ModuleType("drawn_structs")
    module.Parent, module.Maker = Parent, Maker  # type: ignore[attr-defined]
    sys.modules["drawn_structs"] = module
    yield api_of(SCHEMAS)
    del sys.modules["drawn_structs"]


def drawn(api: LoadedApi, name: str, seed: int) -> Any:
    """(the class, a JSON object that is valid for it)."""
    schema = api.document.schemas.at(api.document.named[name])
    return getattr(api.model, name), sample(schema, RESPONSE, Random(seed))


EVERY = st.sampled_from(NAMES)


# JSON


@given(EVERY, SEEDS)
def test_json_goes_in_and_out(api: LoadedApi, name: str, seed: int) -> None:
    """What a model is read from is what it is written as, and reading that gives an equal model."""
    cls, value = drawn(api, name, seed)
    model = cls.from_json(value)
    assert type(model) is cls
    assert cls.from_json(model.to_json()) == model
    assert model.to_json().keys() == value.keys()
    assert api.model_to_json(model) == model.to_json()
    assert api.json_to_model(name, value) == model


@given(EVERY, SEEDS)
def test_dates_can_be_kept(api: LoadedApi, name: str, seed: int) -> None:
    """With keep_datetime, dates stay objects, inside too; and a model may be made from such."""
    cls, value = drawn(api, name, seed)
    model = cls.from_json(value)
    kept = model.to_json(keep_datetime=True)
    for key in ("at", "on"):
        if key in value:
            assert isinstance(kept[key], (datetime, date))
    assert cls.from_json(kept, keep_datetime=True) == model
    assert cls.from_json(kept) == model


def test_from_json_is_lenient(api: LoadedApi) -> None:
    """Nothing is validated: what does not fit stays as it is, unknown things are dropped, and only a dict will do."""
    model = api.model.Struct.from_json({"id": 5, "at": "soon", "parts": "none", "colour": "red"})
    assert (model.id, model.at, model.parts) == (5, "soon", "none")
    assert model.to_json() == {"id": 5, "at": "soon", "parts": "none"}
    with pytest.raises(TypeError, match=r"Struct.from_json takes a dict, got list"):
        api.model.Struct.from_json([])


# Copies


@given(EVERY, SEEDS)
def test_copies_are_equal_and_apart(api: LoadedApi, name: str, seed: int) -> None:
    """clone, deepcopy and every pickle protocol give an equal model of the same class, which shares nothing."""
    cls, value = drawn(api, name, seed)
    model = cls.from_json(value)
    model.parts = [api.model.Struct(id="part")]
    model.inner = type(api.model.Struct.from_json({"inner": {}}).inner)(a=1)
    pickled = [pickle.loads(pickle.dumps(model, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for made in (model.clone(), copy.deepcopy(model), *pickled):
        assert made == model
        assert type(made) is cls
        made.parts[0].id = "changed"
        made.inner.a = 2
        assert made != model
        assert (model.parts[0].id, model.inner.a) == ("part", 1)


@given(EVERY, SEEDS)
def test_a_copy_shares_what_is_inside(api: LoadedApi, name: str, seed: int) -> None:
    """copy.copy is shallow: equal, and changed apart from the original."""
    cls, value = drawn(api, name, seed)
    model = cls.from_json(value)
    model.parts = []
    made = copy.copy(model)
    assert made == model
    assert made.parts is model.parts
    made.id = "another"
    assert model.id != "another"


@given(EVERY, SEEDS, SEEDS)
def test_equality(api: LoadedApi, name: str, seed: int, other: int) -> None:
    """Models are equal if they are of one class and say the same."""
    cls, value = drawn(api, name, seed)
    _, second = drawn(api, name, other)
    one, two = cls.from_json(value), cls.from_json(second)
    assert (one == two) == (one.to_json() == two.to_json())
    assert one == cls.from_json(value)
    assert one != value
    assert api.model.Struct(id="x") != api.model.Open(id="x")


def test_models_have_no_hash(api: LoadedApi) -> None:
    """What can change is no key of a dict."""
    for name in NAMES:
        with pytest.raises(TypeError, match="unhashable"):
            hash(getattr(api.model, name)())


# Properties


@pytest.mark.parametrize("name", NAMES)
def test_construction(api: LoadedApi, name: str) -> None:
    """Properties are given by keyword, by their name in JSON or in Python; what is absent is not written."""
    cls = getattr(api.model, name)
    model = cls(id="x", from_="a", **{"X-Odd-Name": 5, "self": 6, "cls": 7, "to_json": "t", "with space": 8})
    assert model.to_json() == {
        "id": "x",
        "from": "a",
        "self": 6,
        "cls": 7,
        "to_json": "t",
        "X-Odd-Name": 5,
        "with space": 8,
    }
    assert (model.from_, model["from"]) == ("a", "a")
    assert (model.x_odd_name, model["X-Odd-Name"]) == (5, 5)
    assert (model.self, model["cls"], model["to_json"], model["with space"]) == (6, 7, "t", 8)
    assert cls().to_json() == {}
    with pytest.raises(TypeError):
        cls("x")


@pytest.mark.parametrize("name", ["Struct", "Child", "Made", "Escaped"])
def test_unknown_properties(api: LoadedApi, name: str) -> None:
    """A keyword or an index that there is not names the nearest one."""
    cls = getattr(api.model, name)
    with pytest.raises(TypeError, match="did you mean 'count'"):
        cls(coutn=1)
    with pytest.raises(KeyError, match="did you mean 'count'"):
        cls()["coutn"]
    with pytest.raises(KeyError):
        cls()["coutn"] = 1
    with pytest.raises(KeyError):
        cls().update_from_dict({"coutn": 1})


@pytest.mark.parametrize("name", NAMES)
def test_absent_null_and_present(api: LoadedApi, name: str) -> None:
    """An absent property reads None, or UNSET where null is a value; UNSET is false; null is written."""
    model = getattr(api.model, name)()
    assert (model.id, model.note) == (None, UNSET)
    assert not model.note
    assert "note" not in model
    model.note = None
    assert model.note is None
    assert "note" in model
    assert model.to_json() == {"note": None}
    del model.note
    assert model["note"] is UNSET
    model.id = "x"
    assert "id" in model
    del model["id"]
    assert model.id is None
    assert model.to_json() == {}


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_for_requests(api: LoadedApi, name: str) -> None:
    """The constructor fills in no default, and a value that equals one is written."""
    cls = getattr(api.model, name)
    assert cls().count is None
    assert cls(count=3).to_json() == {"count": 3}
    model = cls()
    finish(model)
    assert model.to_json() == {"count": 3}


@pytest.mark.parametrize("name", NAMES)
def test_update_from_dict(api: LoadedApi, name: str) -> None:
    """Values are taken as JSON or as Python has them; None is one, unless it is to be ignored."""
    model = getattr(api.model, name)(id="x", note="n")
    model.update_from_dict(
        {"at": "2020-02-29T12:00:00Z", "on": date(2020, 2, 29), "parts": [{"id": "y"}], "inner": {"a": 1}}
    )
    assert (model.at, model.on) == (NOON, date(2020, 2, 29))
    assert type(model.parts[0]) is api.model.Struct
    assert model.inner.a == 1
    model.update_from_dict({"id": None, "note": None, "from": "f"}, ignore_none=True)
    assert (model.id, model.note, model.from_) == ("x", "n", "f")
    model.update_from_dict({"id": None, "note": None})
    assert model.to_json().keys() == {"note", "at", "on", "parts", "inner", "from"}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_class_says(api: LoadedApi, name: str) -> None:
    """Its name and those of its properties, as in the document."""
    cls = getattr(api.model, name)
    assert cls.get_model_name() == cls.__name__ == name
    assert cls.get_property_names() == list(SCHEMAS[name]["properties"])
    assert is_model(cls())
    assert not is_model(cls)


@pytest.mark.parametrize("name", NAMES)
def test_repr_keeps_secrets(api: LoadedApi, name: str) -> None:
    """repr shows what is present, but for secrets."""
    shown = repr(getattr(api.model, name)(id="x", password="hunter2", note=None))
    assert shown == f"{name}(id='x', note=None, password=***)"


# Extras and parents


def test_extras(api: LoadedApi) -> None:
    """What a schema allows without naming it is given by keyword, read and deleted by index, compared and copied."""
    model = api.model.Open(id="x", later=date(2021, 1, 1))
    assert model["later"] == date(2021, 1, 1)
    assert "later" in model
    assert model.to_json() == {"id": "x", "later": "2021-01-01"}
    assert fields_of(model) == {"id": "x", "later": date(2021, 1, 1)}
    assert pickle.loads(pickle.dumps(model)) == model.clone() == model
    assert repr(model) == "Open(id='x', later=datetime.date(2021, 1, 1))"
    assert model != api.model.Open(id="x")
    del model["later"]
    assert model == api.model.Open(id="x")
    with pytest.raises(KeyError):
        _ = model["later"]
    with pytest.raises(AttributeError, match="later"):
        model.later = date(2021, 1, 1)


def test_parents(api: LoadedApi) -> None:
    """A model has what its parent has; an `__init__` of the parent's is run when it is made, read or restored."""
    child = api.model.Child(count=4)
    assert (child.twice(), child.kind) == (8, "child")
    child.kind = "grown"
    child.half = 3
    assert child.to_json() == {"count": 6}
    for made in (api.model.Made(id="x"), api.model.Made.from_json({"id": "x"}), api.model.Made(id="x").clone()):
        assert made.made_at == "start"
        assert made.to_json() == {"id": "x"}


@pytest.mark.parametrize(
    ("name", "attribute", "allowed"),
    [
        ("Child", "grade", True), ("Child", "_seen", True), ("Child", "kount", False), ("Child", "made_at", False),
        ("Made", "made_at", True), ("Made", "_seen", True), ("Made", "kount", False), ("Made", "grade", False),
        ("Struct", "_seen", False), ("Open", "kount", False),
    ],
)  # fmt: skip
def test_attributes(api: LoadedApi, name: str, attribute: str, allowed: bool) -> None:
    """A model takes the attributes of its schema, and those that its parent declares, sets in its `__init__`, or hides
    behind an underscore; any other is refused, with the nearest property named."""
    model = getattr(api.model, name)(count=1)
    if allowed:
        setattr(model, attribute, 5)
        assert getattr(model, attribute) == 5
    else:
        with pytest.raises(AttributeError, match=attribute):
            setattr(model, attribute, 5)


def test_names_of_inline_schemas(api: LoadedApi) -> None:
    """A model whose schema has no name in the document is found by the name that its repr shows."""
    made = api.model.Struct.from_json({"inner": {"a": 1}}).inner
    assert repr(made) == "StructInner(a=1)"
    assert get_model("StructInner") is get_model("StructInner", api.name) is api.model.StructInner is type(made)
    assert api.json_to_model("StructInner", {"a": 2}, validate=True).a == 2
    with pytest.raises(AttributeError, match="did you mean 'StructInner'"):
        _ = api.model.StructIner


def test_names_of_bodies_and_parameters() -> None:
    """Bodies, answers and parameters without a name have their models, too, called after the operation."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {
        "operationId": "addThing", "requestBody": content,
        "parameters": [{"name": "page-filter", "in": "query", "schema": schema}],
        "responses": {"200": {"description": "", **content}, "400": {"description": "", **content}},
    }  # fmt: skip
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/": {"post": operation}}}
    api = ApiPool.add("inline", yaml_str=json.dumps(document))
    assert "AddThingBody" in api.model
    for name in ("AddThingBody", "AddThingPageFilter", "AddThingResponse", "AddThingResponse400"):
        assert getattr(api.model, name)(a=1).to_json() == {"a": 1}
