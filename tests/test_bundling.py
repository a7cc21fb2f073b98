"""A document of many files becomes one that means the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymacaron.bundling import bundle
from pymacaron.dialects import Document
from pymacaron.formats import Formats
from pymacaron.loading import load_document
from pymacaron.samples import NoSample, sample, spoiled
from pymacaron.schemas import REQUEST, RESPONSE, Schema

JSON = "application/json"
CORPUS = Path(__file__).parent.parent / ".corpus"


def load(path: Path) -> Document:
    faults: list[Any] = []
    loaded = load_document("test", str(path), Formats(), faults)
    assert loaded is not None, faults
    return loaded.document


def written(folder: Path, files: Mapping[str, Any], root: str = "api.json") -> Document:
    """Write files as JSON, whatever they are called, and load the one called `root`."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")
    return load(folder / root)


def api(paths: Any = None, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": paths or {}, **more}


def taking(schema: Any) -> dict[str, Any]:
    """A path item with one operation, which takes JSON of a schema."""
    body = {"content": {JSON: {"schema": schema}}}
    return {"post": {"requestBody": body, "responses": {"default": {"description": ""}}}}


def taken_by(made: Any) -> Any:
    """The schema that the operation of such a path item takes in a bundle."""
    return made["paths"]["/a"]["post"]["requestBody"]["content"][JSON]["schema"]


def references(value: Any, key: str = "") -> Iterator[str]:
    """All references in a bundle, and what discriminators map to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        if key == "discriminator":
            yield from (text for text in value.get("mapping", {}).values() if "#" in text or "." in text)
        for name, inner in value.items():
            yield from references(inner, name) if not name.startswith("x-") and name != "example" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def schemas_of(document: Document) -> dict[tuple[str, ...], tuple[Schema, str]]:
    """Every schema of every operation, by what it is for, with its view."""
    found: dict[tuple[str, ...], tuple[Schema, str]] = {}
    for operation in document.operations:
        for parameter in operation.parameters:
            found[operation.title, parameter.location, parameter.name] = parameter.schema, REQUEST
        for content in operation.contents:
            if content.schema is not None:
                found[operation.title, "body", content.media_type] = content.schema, REQUEST
        for key, answer in operation.answers.items():
            for content in answer.contents:
                if content.schema is not None:
                    found[operation.title, key, content.media_type] = content.schema, RESPONSE
    return found


def assert_same(document: Document, folder: Path, tries: int = 3) -> dict[str, Any]:
    """The bundle is self-contained, has the same operations, and accepts and refuses the same; returns it."""
    made = bundle(document)
    path = folder / "bundle.json"
    path.write_text(json.dumps(made), "utf-8")
    again = load(path)
    assert len(again.files.opened) == 1
    assert not [text for text in references(made) if not text.startswith("#")]
    assert [one.title for one in again.operations] == [one.title for one in document.operations]
    theirs = schemas_of(again)
    random = Random(1)
    for key, (schema, view) in schemas_of(document).items():
        other, _ = theirs[key]
        for value in samples(schema, other, view, random, tries):
            assert schema.checker(view).is_valid(value) == other.checker(view).is_valid(value), (key, value)
    return made


def samples(one: Schema, other: Schema, view: str, random: Random, tries: int) -> Iterator[Any]:
    for _ in range(tries):
        for schema in (one, other):
            for make in (sample, spoiled):
                try:
                    yield make(schema, view, random)
                except NoSample:
                    continue


# What is brought, and what it is called


def test_one_file_is_its_own_bundle(tmp_path: Path) -> None:
    """Nothing is added, renamed or moved."""
    given_ = api({"/a": taking({"$ref": "#/components/schemas/A"})}, components={"schemas": {"A": {"type": "string"}}})
    assert bundle(written(tmp_path, {"api.json": given_})) == given_


def test_every_kind_of_object(tmp_path: Path) -> None:
    """What references lead to in other files stands among the components, once, under the name it had there."""
    common: dict[str, Any] = {
        "schemas": {"A": {"type": "object", "properties": {"a": {"$ref": "#/schemas/A"}}}},
        "parameters": {"limit": {"name": "limit", "in": "query", "schema": {"$ref": "#/schemas/A"}}},
        "responses": {"Ok": {
            "description": "", "headers": {"X": {"$ref": "#/headers/X"}}, "links": {"l": {"$ref": "#/links/L"}},
            "content": {JSON: {"schema": {"$ref": "#/schemas/A"}, "examples": {"e": {"$ref": "#/examples/E"}}}},
        }},
        "headers": {"X": {"schema": {"$ref": "#/schemas/A"}}},
        "links": {"L": {"operationId": "x"}},
        "examples": {"E": {"value": {}}},
        "bodies": {"B": {"content": {JSON: {"schema": {"$ref": "#/schemas/A"}}}}},
        "callbacks": {"C": {"{$url}": {"post": {"responses": {"default": {"$ref": "#/responses/Ok"}}}}}},
        "schemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}},
    }  # fmt: skip
    operation = {
        "operationId": "x",
        "parameters": [{"$ref": "common.json#/parameters/limit"}],
        "requestBody": {"$ref": "common.json#/bodies/B"},
        "responses": {"200": {"$ref": "common.json#/responses/Ok"}},
        "callbacks": {"c": {"$ref": "common.json#/callbacks/C"}},
    }
    schemes = {"securitySchemes": {"key": {"$ref": "common.json#/schemes/key"}}}
    document = written(
        tmp_path, {"api.json": api({"/a": {"post": operation}}, components=schemes), "common.json": common}
    )
    made = assert_same(document, tmp_path)
    names = {section: list(entries) for section, entries in made["components"].items()}
    assert names == {
        "securitySchemes": ["key"], "parameters": ["limit"], "requestBodies": ["B"], "responses": ["Ok"],
        "callbacks": ["C"], "schemas": ["A"], "headers": ["X"], "examples": ["E"], "links": ["L"],
    }  # fmt: skip
    assert made["components"]["securitySchemes"]["key"] == common["schemes"]["key"]


def test_a_name_that_the_document_gives_is_kept(tmp_path: Path) -> None:
    """A component that only refers to another file becomes what is there; every other reference to that leads here."""
    item = {"$ref": "models/item.json"}
    of = {"$ref": "../api.json#/components/schemas/Thing"}
    files = {
        "api.json": api({"/a": taking(item)}, components={"schemas": {"Thing": item, "Also": item}}),
        "models/item.json": {"type": "object", "properties": {"next": {"$ref": "#"}, "of": of}},
    }
    made = assert_same(written(tmp_path, files), tmp_path)
    here = {"$ref": "#/components/schemas/Thing"}
    assert made["components"]["schemas"] == {
        "Thing": {"type": "object", "properties": {"next": here, "of": here}}, "Also": here,
    }  # fmt: skip
    assert taken_by(made) == here


def test_names_that_collide(tmp_path: Path) -> None:
    """Of two things of one name, the later is called by its file, too; case makes no difference."""
    places = ("a.json#/$defs/Error", "b/a.json#/$defs/error", "a.json")
    paths = {f"/{number}": taking({"$ref": place}) for number, place in enumerate(places)}
    files = {
        "api.json": api(paths, components={"schemas": {"Error": {"type": "string"}}}),
        "a.json": {"type": "integer", "$defs": {"Error": {"type": "integer"}}},
        "b/a.json": {"$defs": {"error": {"type": "boolean"}}},
    }  # fmt: skip
    made = assert_same(written(tmp_path, files), tmp_path)
    assert made["components"]["schemas"] == {
        "Error": {"type": "string"}, "a_Error": {"type": "integer"}, "a_error_2": {"type": "boolean"},
        "a": {"type": "integer"},
    }  # fmt: skip


def test_path_items(tmp_path: Path) -> None:
    """A path item of another file stands where the document refers to it; whoever else does, refers to that path."""
    item = taking({"$ref": "../api.json#/components/schemas/A"})
    files = {
        "api.json": api({path: {"$ref": "paths/a.json"} for path in ("/a", "/b")}, components={"schemas": {"A": {}}}),
        "paths/a.json": item,
    }  # fmt: skip
    made = assert_same(written(tmp_path, files), tmp_path)
    assert made["paths"]["/b"] == {"$ref": "#/paths/~1a"}
    assert made["paths"]["/a"] == taking({"$ref": "#/components/schemas/A"})


def test_swagger(tmp_path: Path) -> None:
    """Swagger 2.0 keeps what is shared in definitions, parameters and responses."""
    common: dict[str, Any] = {
        "definitions": {
            "A": {"type": "object", "properties": {"b": {"$ref": "#/definitions/B"}}},
            "B": {"type": "string"},
        },
        "limit": {"name": "limit", "in": "query", "type": "integer"},
        "body": {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/A"}},
        "Ok": {"description": "", "schema": {"$ref": "#/definitions/A"}},
    }
    operation = {
        "parameters": [{"$ref": "common.json#/limit"}, {"$ref": "common.json#/body"}],
        "responses": {"200": {"$ref": "common.json#/Ok"}},
    }
    root = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}
    made = assert_same(written(tmp_path, {"api.json": root, "common.json": common}), tmp_path)
    assert (list(made["definitions"]), list(made["parameters"]), list(made["responses"])) == (
        ["A", "B"],
        ["limit", "body"],
        ["Ok"],
    )


def test_circles(tmp_path: Path) -> None:
    """Circles through several files stay references."""
    files = {
        "api.json": api({"/a": taking({"$ref": "a.json"})}),
        "a.json": {"type": "object", "properties": {"b": {"$ref": "b.json"}}},
        "b.json": {"type": "array", "items": {"$ref": "a.json"}},
    }
    made = assert_same(written(tmp_path, files), tmp_path)
    assert made["components"]["schemas"]["b"] == {"type": "array", "items": {"$ref": "#/components/schemas/a"}}


# Discriminators


def test_branches_keep_their_names(tmp_path: Path) -> None:
    """A discriminator chooses by the names of schemas: those that are called otherwise here are mapped, and subtypes
    are brought, though nothing refers to them."""
    pet = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind"},
    }
    cat = {"allOf": [{"$ref": "#/schemas/Pet"}, {"required": ["lives"], "properties": {"lives": {"type": "integer"}}}]}
    files = {
        "api.json": api({"/a": taking({"$ref": "pets.json#/schemas/Pet"})}, components={"schemas": {"Cat": {}}}),
        "pets.json": {"schemas": {"Pet": pet, "Cat": cat}},
    }  # fmt: skip
    document = written(tmp_path, files)
    made = assert_same(document, tmp_path)
    assert made["components"]["schemas"]["Pet"]["discriminator"]["mapping"] == {"Cat": "#/components/schemas/pets_Cat"}
    check = load(tmp_path / "bundle.json").operations[0].contents[0].schema
    assert check is not None
    assert not check.checker(REQUEST).is_valid({"kind": "Cat"})
    assert check.checker(REQUEST).is_valid({"kind": "Cat", "lives": 9})


def test_mappings_to_other_files(tmp_path: Path) -> None:
    """What a mapping refers to is brought."""
    branches = {
        "oneOf": [{"$ref": "a.json"}, {"$ref": "b.json"}],
        "discriminator": {"propertyName": "k", "mapping": {"x": "a.json", "y": "b.json"}},
    }
    k = {"type": "object", "properties": {"k": {"type": "string"}}}
    files = {
        "api.json": api({"/a": taking(branches)}),
        "a.json": {**k, "required": ["a"]},
        "b.json": {**k, "required": ["b"]},
    }
    made = assert_same(written(tmp_path, files), tmp_path)
    assert taken_by(made)["discriminator"]["mapping"] == {"x": "#/components/schemas/a", "y": "#/components/schemas/b"}


# Names of schemas' own


def test_identifiers(tmp_path: Path) -> None:
    """`$id` and `$anchor` are followed, and not needed any more."""
    address = {"$id": "https://example.com/address", "type": "object", "properties": {"street": {"$ref": "#street"}},
               "$defs": {"street": {"$anchor": "street", "type": "string"}}}  # fmt: skip
    schemas = {
        "Address": address,
        "Person": {
            "properties": {
                "home": {"$ref": "https://example.com/address"},
                "road": {"$ref": "https://example.com/address#street"},
            }
        },
    }
    made = assert_same(
        written(
            tmp_path,
            {"api.json": api({"/a": taking({"$ref": "#/components/schemas/Person"})}, components={"schemas": schemas})},
        ),
        tmp_path,
    )
    assert "$id" not in json.dumps(made)
    assert "$anchor" not in json.dumps(made)
    assert made["components"]["schemas"]["Person"]["properties"] == {
        "home": {"$ref": "#/components/schemas/Address"}, "road": {"$ref": "#/components/schemas/Address/$defs/street"},
    }  # fmt: skip


def test_dynamic_references(tmp_path: Path) -> None:
    """A schema that leads elsewhere by the way it was come to is brought for each way."""
    tree = {"$id": "https://example.com/tree", "$dynamicAnchor": "node", "type": "object",
            "properties": {"kids": {"type": "array", "items": {"$dynamicRef": "#node"}}}}  # fmt: skip
    strict = {
        "$id": "https://example.com/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
    }
    files = {
        "api.json": api({"/loose": taking({"$ref": "tree.json"}), "/strict": taking({"$ref": "strict.json"})}),
        "tree.json": tree,
        "strict.json": {**strict, "$defs": {"tree": {"$ref": "tree.json"}}},
    }
    document = written(tmp_path, files)
    made = assert_same(document, tmp_path, tries=8)
    assert "$dynamic" not in json.dumps(made)
    loose, narrow = (one.contents[0].schema for one in load(tmp_path / "bundle.json").operations)
    assert loose is not None
    assert narrow is not None
    deep = {"kids": [{"more": 1}]}
    assert loose.checker(REQUEST).is_valid(deep)
    assert not narrow.checker(REQUEST).is_valid(deep)


def test_metaschemas(tmp_path: Path) -> None:
    """The schema of schemas itself, which is known without being fetched."""
    document = written(
        tmp_path, {"api.json": api({"/a": taking({"$ref": "https://json-schema.org/draft/2020-12/schema"})})}
    )
    assert_same(document, tmp_path)


# What is no reference


def test_locations(tmp_path: Path) -> None:
    """Operations and examples are named by where they are, seen from the document."""
    links = {
        "a": {"operationRef": "../api.json#/paths/~1a/get"},
        "b": {"operationRef": "#/get"},
        "c": {"operationRef": "https://x.y/z"},
    }
    examples = {"e": {"externalValue": "e.json"}, "f": {"externalValue": "https://x.y/f.json"}}
    response = {"description": "", "links": links, "content": {JSON: {"examples": examples}}}
    files = {
        "api.json": api(
            {"/a": {"get": {"responses": {"default": {"description": ""}}}}, "/b": {"$ref": "paths/b.json"}}
        ),
        "paths/b.json": {"get": {"responses": {"200": response}}},
    }
    made = assert_same(written(tmp_path, files), tmp_path)["paths"]["/b"]["get"]["responses"]["200"]
    assert [link["operationRef"] for link in made["links"].values()] == [
        "#/paths/~1a/get",
        "#/paths/~1b/get",
        "https://x.y/z",
    ]
    told = [example["externalValue"] for example in made["content"][JSON]["examples"].values()]
    assert told == ["paths/e.json", "https://x.y/f.json"]


def test_what_only_looks_like_a_reference(tmp_path: Path) -> None:
    """Properties that are called $ref, values, and what is in extensions."""
    properties = {"$ref": {"type": "string"}, "a": {"$ref": "a.json"}}
    values = {key: {"$ref": "b.json"} for key in ("example", "const", "x-more")}
    schema = {"type": "object", "properties": properties, **values}
    made = bundle(written(tmp_path, {"api.json": api({"/a": taking(schema)}), "a.json": {}}))
    assert taken_by(made) == {
        **schema,
        "properties": {"$ref": {"type": "string"}, "a": {"$ref": "#/components/schemas/a"}},
    }


def test_references_that_lead_nowhere(tmp_path: Path) -> None:
    """Where nothing uses them, they are no fault; they stay."""
    unused = {"schemas": {"A": {"properties": {"b": {"$ref": "nowhere.json"}}}, "B": {"$ref": "b.json"}}}
    made = bundle(written(tmp_path, {"api.json": api(components=unused), "b.json": {}}))
    assert made["components"]["schemas"]["A"] == unused["schemas"]["A"]


# Any document


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Schemas in files and folders, which refer to one another in all ways."""
    names = draw(
        st.lists(st.sampled_from(["a.json", "b.json", "d/a.json", "d/c.json", "d/e/a.json"]), min_size=1, unique=True)
    )
    places = [(file, key) for file in names for key in ("", "X", "Y")]
    files: dict[str, Any] = {}
    folders = {name: name.count("/") for name in [*names, "api.json"]}

    def reference(base: str) -> dict[str, str]:
        file, key = draw(st.sampled_from(places))
        return {"$ref": "../" * folders[base] + file + (f"#/$defs/{key}" if key else "")}

    def schema(base: str) -> dict[str, Any]:
        plain: dict[str, Any] = draw(
            st.sampled_from([{"type": "string"}, {"type": "integer"}, {"enum": [1, "a"]}, {"minimum": 3}])
        )
        shape = draw(st.integers(0, 5))
        if shape == 0:
            return dict(plain)
        if shape == 1:
            return {"type": "object", "properties": {"p": reference(base), "q": reference(base)}}
        if shape == 2:
            return {"type": "array", "items": reference(base)}
        if shape == 3:
            return {"anyOf": [{"type": "array", "items": reference(base)}, plain]}
        return {"type": "object", "additionalProperties": reference(base), "required": ["p"][: draw(st.integers(0, 1))]}

    for name in names:
        files[name] = {**schema(name), "$defs": {"X": schema(name), "Y": schema(name)}}
    own = {name: schema("api.json") for name in ("X", "a")} | {"Alias": reference("api.json")}
    paths = {f"/{number}": taking(reference("api.json")) for number in range(3)}
    paths["/own"] = taking({"$ref": "#/components/schemas/X"})
    files["api.json"] = api(paths, components={"schemas": own})
    return files


@settings(max_examples=60)
@given(graphs())
def test_any_graph_of_files(tmp_path_factory: pytest.TempPathFactory, files: dict[str, Any]) -> None:
    """However files refer to one another, one file accepts and refuses the same."""
    folder = tmp_path_factory.mktemp("graph")
    assert_same(written(folder, files), folder, tries=1)


SPLIT = [
    "feature/openapi-spec-validator/v3.0/petstore-separate/spec/openapi.yaml",
    "feature/openapi-spec-validator/v3.0/parent-reference/openapi.yaml",
    "real/v2/azure-network/virtualNetwork.json",
    "real/v2/giantswarm/fixture-1621.yaml",
]


@pytest.mark.parametrize("name", SPLIT)
def test_real_documents(tmp_path: Path, name: str) -> None:
    """Documents in many files, as published."""
    if not (CORPUS / name).exists():
        pytest.skip("`make corpus` fetches it")
    assert_same(load(CORPUS / name), tmp_path, tries=1)
