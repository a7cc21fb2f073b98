"""Laws about documents that nobody means well with: they load or are told to be faulty, in little time."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import thread_time
from types import ModuleType
from typing import Any

import grammar_documents
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from pymacaron import API
from pymacaron._types import Json, Pointer
from pymacaron.config import Config, set_config
from pymacaron.documents.yaml_core import parse_yaml
from pymacaron.exceptions import DocumentError, Finding, StartError
from pymacaron.pool import ApiPool, LoadedApi


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    ApiPool.clear()


def answer(*_: object, **__: object) -> dict[str, Any]:
    return {}


def document(body: Any, schemas: dict[str, Any], path: str = "/things", **operation: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": body}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hostile", "version": "1"},
        "paths": {
            path: {
                "post": {
                    "x-bind-server": f"{__name__}.answer",
                    "requestBody": {"content": content},
                    "responses": {"200": {"description": "Done.", "content": {"application/json": {}}}},
                    **operation,
                }
            }
        },
        "components": {"schemas": schemas},
    }


def served(folder: Path, written: dict[str, Any], version: str = "3.1.0") -> Flask:
    (folder / "hostile.json").write_text(json.dumps({**written, "openapi": version}), "utf-8")
    app = Flask("hostile")
    API(app).load_apis(folder).start()
    return app


def refused(folder: Path, written: dict[str, Any], version: str = "3.1.0") -> list[Finding]:
    with pytest.raises(DocumentError) as caught:
        served(folder, written, version)
    found = list(caught.value.findings)
    assert found
    assert all(":" in one.place for one in found), "each with its place"
    return found


def to(number: int) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/S{number}"}


OBJECT = {"type": "object", "properties": {"a": {"type": "string", "readOnly": True}}, "required": ["a"]}
LINKS: dict[str, Callable[[int], Any]] = {
    "property": lambda n: {"type": "object", "properties": {"next": to(n)}},
    "items": lambda n: {"type": "object", "properties": {"next": {"type": "array", "items": to(n)}}},
    "map": lambda n: {"type": "object", "additionalProperties": to(n)},
    "alternative": lambda n: {"type": "object", "properties": {"next": {"oneOf": [{"type": "string"}, to(n)]}}},
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("link", LINKS)
def test_long_ways(link: str, version: str, tmp_path: Path) -> None:
    """A thousand schemas, each leading to the next, are no matter: values go as deep as they like."""
    schemas = {f"S{n}": LINKS[link](n + 1) for n in range(1000)} | {"S1000": OBJECT}
    client = served(tmp_path, document(to(0), schemas), version).test_client()
    assert client.post("/things", json={}).status_code == 200
    assert client.post("/things", json=5).status_code == 400


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("holder", ["$ref", "allOf"])
def test_long_chains(holder: str, version: str, tmp_path: Path) -> None:
    """Hundreds of schemas that are each nothing but the next are a fault, told in time that grows with their number,
    not its square."""

    def chained(count: int) -> float:
        schemas = {f"S{n}": to(n + 1) if holder == "$ref" else {"allOf": [to(n + 1)]} for n in range(count)}
        start = thread_time()
        found = refused(tmp_path, document(to(0), {**schemas, f"S{count}": OBJECT}), version)
        assert "more than" in found[0].fact
        return thread_time() - start

    chained(300)
    # the least of some, since what else this process does, such as collecting garbage of other tests, only adds to it
    assert min(chained(1200) for _ in range(2)) < 10 * min(chained(300) for _ in range(2))


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("extra", [{}, {"required": ["a"]}, {"discriminator": {"propertyName": "a"}}])
@pytest.mark.parametrize("holder", ["allOf", "anyOf", "oneOf"])
def test_diamonds(holder: str, extra: dict[str, Any], version: str, tmp_path: Path) -> None:
    """Schemas that hold the next one twice take time by their number, not by the number of ways through them."""
    schemas = {f"S{n}": {holder: [to(n + 1), to(n + 1)], **extra} for n in range(30)} | {"S30": OBJECT}
    held = {"type": "object", "properties": {"of": to(0)}}
    start = thread_time()
    client = served(tmp_path, document(held, schemas), version).test_client()
    assert client.post("/things", json={}).status_code == 200
    assert thread_time() - start < 5


@pytest.mark.parametrize(
    ("operation", "path", "fact"),
    [
        ({"parameters": [{"name": "a b", "in": "cookie", "schema": {}}]}, "/things", "not a valid name for a cookie"),
        ({"parameters": [{"name": "ä", "in": "cookie", "schema": {}}]}, "/things", "not a valid name for a cookie"),
        ({"requestBody": {"$ref": "#/tags/" + "9" * 5000}}, "/things", "leads nowhere"),
        ({}, "/<%2F>", "a path cannot contain '<'"),
        ({}, "/" + "a/" * 1000, "a path of more than 200 segments"),
    ],
    ids=["cookie", "umlaut", "index", "rule", "segments"],
)
def test_single_oddities(operation: dict[str, Any], path: str, fact: str, tmp_path: Path) -> None:
    """What cannot be served is told with its place, whatever would fail over it later."""
    written = {**document({}, {}, path, **operation), "tags": [{"name": "one"}]}
    assert any(fact in one.fact for one in refused(tmp_path, written))


def test_commands_for_terminals(tmp_path: Path) -> None:
    """A message has no character that a terminal would obey, whatever stands in the document."""
    found = refused(tmp_path, document({}, {}, "/things", **{"\x1b[2Jbad\x9b": 1, "parameters": [{"\x07": "\u202e"}]}))
    assert found
    assert all(line.isprintable() for one in found for line in str(one).split("\n"))
    assert r"\x1b[2Jbad\x9b" in "".join(map(str, found))


@pytest.mark.parametrize("content", ["hunter2", "user: hunter2\nfoo: [\n", "a: &a [*a]  # hunter2", "\0hunter2"])
def test_what_is_no_document_is_not_printed(content: str, tmp_path: Path) -> None:
    """A reference may name any file of the machine; what stands in one that is no document, no message shows."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "passwords").write_text(content, "utf-8")
    found = refused(tmp_path, document({"$ref": "elsewhere/passwords"}, {}))
    assert "hunter2" not in "".join(map(str, found))


def api_of(schemas: dict[str, Any]) -> LoadedApi:
    return ApiPool.add("hostile", yaml_str=json.dumps(document({}, schemas)))


SECRET = {"type": "string", "format": "password"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"allOf": [SECRET]}, "hunter2"),
        ({"allOf": [{"$ref": "#/components/schemas/Secret"}]}, "hunter2"),
        ({"type": "array", "items": SECRET}, ["hunter2"]),
        ({"type": "object", "additionalProperties": SECRET}, {"a": "hunter2"}),
        ({"oneOf": [{"type": "integer"}, SECRET]}, "hunter2"),
        ({"anyOf": [{"type": "array", "prefixItems": [{"x-sensitive": True}]}, {"type": "null"}]}, ["hunter2"]),
        ({"$ref": "#/components/schemas/Whole"}, {"a": "hunter2"}),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Whole"}}, [{"a": "hunter2"}]),
        ({"$ref": "#/components/schemas/Open"}, {"any": "hunter2"}),
    ],
)
def test_secrets_behind_others(schema: dict[str, Any], value: Any) -> None:
    """No repr shows what is sensitive, wherever the schema says so: behind references, in alternatives, items, maps."""
    schemas = {
        "Secret": SECRET,
        "Whole": {"type": "object", "x-sensitive": True, "properties": {"a": {"type": "string"}}},
        "Open": {"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": SECRET},
        "Held": {"type": "object", "properties": {"it": schema, "name": {"type": "string"}}},
    }
    shown = repr(api_of(schemas).model.Held.from_json({"it": value, "name": "shown"}))
    assert "hunter2" not in shown
    assert "name='shown'" in shown


# Documents that were changed somewhere

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace", "query", "additionalOperations", "COPY")
SCALARS: list[Json] = [None, True, 0, -1, 1.5, 10**30, "", "x", "a b", "/", "#", "#/", "(", "{x}", "1e999", "9" * 5000]
THINGS: list[Json] = [
    *SCALARS, [], {}, [None], [[]], {"": None}, {"$ref": "#"}, {"$ref": 5}, {"$ref": "nowhere.yaml"},
    [{"type": "object"}], {"type": ["string", "null"]}, {"allOf": [{"$ref": "#"}]}, {"type": "array"},
    {"$ref": "#/components/schemas/Book"}, {"$ref": "#/definitions/Book"},
]  # fmt: skip
KEYS = (
    "$ref", "type", "properties", "items", "allOf", "oneOf", "not", "required", "enum", "const", "default", "format",
    "pattern", "discriminator", "readOnly", "name", "in", "schema", "content", "style", "additionalProperties", "$id",
    "$anchor", "$dynamicRef", "security", "x-max-body", "x-nullable", "a b", "", "200",
)  # fmt: skip


def bound(written: Json) -> Json:
    """A document whose operations are all bound to `answer`, and open to all."""
    paths = written.get("paths")
    waiting = list(paths.values()) if isinstance(paths, dict) else []
    while waiting:
        item = waiting.pop()
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if not isinstance(operation, dict):
                continue
            if method == "additionalOperations":
                waiting.append(operation)
            else:
                operation.pop("x-decorate-server", None)
                operation.pop("x-decorate-request", None)
                operation |= {"x-bind-server": f"{__name__}.answer", "security": []}
    return written


def places_in(value: Json, pointer: Pointer = ()) -> Iterator[Pointer]:
    yield pointer
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places_in(inner, (*pointer, step))


def found_at(value: Json, pointer: Pointer) -> Json:
    for step in pointer:
        value = value[step]
    return value


def change(written: Json, random: Random) -> None:
    """Delete, replace, move, rename, wrap or add something, anywhere."""
    pointers = [pointer for pointer in places_in(written) if pointer]
    *above, step = random.choice(pointers)
    holder = found_at(written, tuple(above))
    kind = random.randrange(6)
    if kind == 0:
        del holder[step]
    elif kind == 1:
        holder[step] = copy.deepcopy(random.choice(THINGS))
    elif kind == 2:
        holder[step] = copy.deepcopy(found_at(written, random.choice(pointers)))
    elif kind == 3:
        holder[step] = random.choice([[holder[step]], {"x": holder[step]}])
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(random.choice(holder)))
    else:
        name = random.choice([*KEYS, f"{str(step)[:-1]}s"])
        holder[name] = holder.pop(step) if kind == 4 else copy.deepcopy(random.choice(THINGS))


KEEPING = ("load_from_db", "save_to_db")


@pytest.fixture(scope="module")
def _library() -> Iterator[None]:
    """What the documents' `x-parent` and `x-persist` name."""
    for name in ("library", "library.models", "library.db"):
        module = sys.modules[name] = ModuleType(name)
        module.Readable = module.PersistentBook = type("Readable", (), dict.fromkeys(KEEPING, print))  # type: ignore[attr-defined]
    yield
    for name in ("library", "library.models", "library.db"):
        del sys.modules[name]


@settings(max_examples=80)
@pytest.mark.usefixtures("_library")
@given(st.sampled_from(["SWAGGER_20", "OPENAPI_30", "OPENAPI_31", "OPENAPI_32"]), st.integers(0, 2**32))
def test_changed_documents(tmp_path_factory: pytest.TempPathFactory, name: str, seed: int) -> None:
    """A document that was changed anywhere loads and is served and published, or is refused with the places of what is
    wrong, in little time; nothing else is ever raised."""
    folder, random, start = tmp_path_factory.mktemp("changed"), Random(seed), thread_time()
    written = bound(parse_yaml(getattr(grammar_documents, name)).value)
    for _ in range(random.choice((1, 1, 2, 4))):
        change(written, random)
    (folder / "api.json").write_text(json.dumps(bound(written)), "utf-8")
    (folder / "parts.yaml").write_text(grammar_documents.PARTS, "utf-8")
    ApiPool.clear()
    set_config(Config(name="changed", live_host="localhost"))
    app = Flask("changed")
    places: list[str] = []
    try:
        API(app).load_apis(folder, ignore=["parts"]).publish_apis().start()
    except StartError as error:
        places += [one.place for one in getattr(error, "findings", ())]
    else:
        assert not hasattr(ApiPool.api.model, "NoModelHasThisName")  # all are made before it is said so
        for form in ("api.json", "api.yaml?version=3.0"):
            assert app.test_client().get(f"/doc/{form}").status_code < 500
    finally:
        set_config(None)
    assert all(str(folder) in place for place in places)
    assert thread_time() - start < 5
