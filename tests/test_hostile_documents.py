"""Laws about documents that nobody means well with: they load or are told to be faulty, in little time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from flask import Flask

from pymacaron import API
from pymacaron.exceptions import DocumentError, Finding
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
    """Thousands of schemas that are each nothing but the next are a fault, told in time that grows with their number,
    not its square."""

    def chained(count: int) -> float:
        schemas = {f"S{n}": to(n + 1) if holder == "$ref" else {"allOf": [to(n + 1)]} for n in range(count)}
        start = process_time()
        found = refused(tmp_path, document(to(0), {**schemas, f"S{count}": OBJECT}), version)
        assert "more than" in found[0].fact
        return process_time() - start

    chained(300)
    assert chained(4000) < 5


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("extra", [{}, {"required": ["a"]}, {"discriminator": {"propertyName": "a"}}])
@pytest.mark.parametrize("holder", ["allOf", "anyOf", "oneOf"])
def test_diamonds(holder: str, extra: dict[str, Any], version: str, tmp_path: Path) -> None:
    """Schemas that hold the next one twice take time by their number, not by the number of ways through them."""
    schemas = {f"S{n}": {holder: [to(n + 1), to(n + 1)], **extra} for n in range(30)} | {"S30": OBJECT}
    held = {"type": "object", "properties": {"of": to(0)}}
    start = process_time()
    client = served(tmp_path, document(held, schemas), version).test_client()
    assert client.post("/things", json={}).status_code == 200
    assert process_time() - start < 5


@pytest.mark.parametrize(
    ("operation", "path", "fact"),
    [
        ({"parameters": [{"name": "a b", "in": "cookie", "schema": {}}]}, "/things", "no cookie can be called so"),
        ({"parameters": [{"name": "ä", "in": "cookie", "schema": {}}]}, "/things", "no cookie can be called so"),
        ({"requestBody": {"$ref": "#/tags/" + "9" * 5000}}, "/things", "leads nowhere"),
        ({}, "/<%2F>", "a path cannot hold '<'"),
        ({}, "/" + "a/" * 1000, "a path of more than 200 segments"),
    ],
    ids=["cookie", "umlaut", "index", "rule", "segments"],
)
def test_single_oddities(operation: dict[str, Any], path: str, fact: str, tmp_path: Path) -> None:
    """What cannot be served is told with its place, whatever would fail over it later."""
    written = {**document({}, {}, path, **operation), "tags": [{"name": "one"}]}
    assert any(fact in one.fact for one in refused(tmp_path, written))


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
