"""Any document can be had in OpenAPI 3.0: it accepts what the document does, and where nothing is listed as weakened,
refuses the same, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pymacaron.bundling import bundle
from pymacaron.bundling.homes import at, pointer_of
from pymacaron.dialects import Document
from pymacaron.downgrade import as_openapi_30
from pymacaron.formats import Formats
from pymacaron.loading import load_document
from pymacaron.messages import Request
from pymacaron.operations import Operation
from pymacaron.router import Router
from pymacaron.samples import NoSample, arguments, sample, spoiled
from pymacaron.schemas import REQUEST, RESPONSE, Schema
from pymacaron.wire import read_request, write_request

JSON = "application/json"
CORPUS = Path(__file__).parent.parent / ".corpus"
SUITE = CORPUS / "suites" / "JSON-Schema-Test-Suite" / "tests"
NULL = {"type": "string", "nullable": True, "enum": [None]}
ANSWER = {"responses": {"default": {"description": ""}}}


def load(path: Path) -> Document:
    faults: list[Any] = []
    loaded = load_document("test", str(path), Formats(), faults)
    assert loaded is not None, faults
    assert not loaded.soft_faults
    return loaded.document


def written(folder: Path, value: Any, name: str = "api.json") -> Document:
    path = folder / name
    path.write_text(json.dumps(value), "utf-8")
    return load(path)


def lowered(folder: Path, value: Any) -> tuple[dict[str, Any], Document]:
    """A document in OpenAPI 3.0: its value, and what is read from that."""
    made = as_openapi_30(bundle(written(folder, value)))
    return made, written(folder, made, "lowered.json")


def api(paths: Any = None, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": paths or {}, **more}


def taking(schema: Any, **schemas: Any) -> dict[str, Any]:
    """A document of 3.1 with one operation, which takes JSON of a schema."""
    body = {"content": {JSON: {"schema": schema}}}
    return api({"/": {"post": {"requestBody": body, **ANSWER}}}, components={"schemas": schemas})


def taken(value: Any) -> Any:
    """The schema that the operation of such a document takes."""
    return value["paths"]["/"]["post"]["requestBody"]["content"][JSON]["schema"]


def keywords(value: Any) -> list[str]:
    return [note["keyword"] for note in value.get("x-weakened", ())]


# What 3.0 says in other words

HERE = "#/paths/~1/post/requestBody/content/application~1json/schema"
EXACT: list[tuple[Any, Any]] = [
    (True, {}),
    (False, {"not": {}}),
    ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ({"type": ["string"]}, {"type": "string"}),
    ({"type": ["integer", "number"]}, {"type": "number"}),
    ({"type": "null"}, NULL),
    ({"type": ["string", "integer"]}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    ({"type": ["array", "null"]}, {"type": "array", "items": {}, "nullable": True}),
    ({"type": ["array", "boolean", "integer", "null", "number", "object", "string"]}, {}),
    ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "nullable": True, "enum": ["a", None]}),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "string"}, NULL]}),
    ({"const": 3}, {"enum": [3]}),
    ({"const": None}, {"enum": [None]}),
    ({"enum": [1, 2], "const": 1}, {"allOf": [{"enum": [1]}], "enum": [1, 2]}),
    ({"enum": []}, {"not": {}}),
    ({"exclusiveMinimum": 3}, {"minimum": 3, "exclusiveMinimum": True}),
    ({"exclusiveMinimum": 3, "minimum": 5}, {"minimum": 5}),
    ({"exclusiveMinimum": 3, "minimum": 3}, {"minimum": 3, "exclusiveMinimum": True}),
    ({"exclusiveMaximum": 3, "maximum": 5}, {"maximum": 3, "exclusiveMaximum": True}),
    ({"maxLength": 5.0}, {"maxLength": 5}),
    ({"required": []}, {}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"type": "array", "items": False}, {"type": "array", "items": {"not": {}}}),
    ({"prefixItems": [{"type": "string"}], "items": False}, {"maxItems": 1, "items": {"type": "string"}}),
    ({"prefixItems": [{"type": "string"}] * 2, "items": {"type": "string"}}, {"items": {"type": "string"}}),
    ({"unevaluatedItems": {"type": "string"}}, {"items": {"type": "string"}}),
    ({"type": "array", "contains": {"type": "string"}}, {
        "type": "array", "items": {}, "allOf": [{"not": {"items": {"not": {"type": "string"}}}}]}),
    ({"contains": {}, "minContains": 0}, {}),
    ({"type": "object", "unevaluatedProperties": False}, {"type": "object", "additionalProperties": False}),
    ({"additionalProperties": {}, "unevaluatedProperties": False}, {"additionalProperties": {}}),
    ({"patternProperties": {"": {"type": "string"}}}, {"additionalProperties": {"type": "string"}}),
    ({"propertyNames": {"type": "string"}}, {}),
    ({"propertyNames": False}, {"maxProperties": 0}),
    ({"dependentRequired": {"a": ["b"]}}, {"anyOf": [{"not": {"required": ["a"]}}, {"required": ["b"]}]}),
    ({"dependentSchemas": {"a": {"minProperties": 2}}}, {
        "anyOf": [{"not": {"type": "object"}}, {"not": {"required": ["a"]}}, {"minProperties": 2}]}),
    ({"if": {"minimum": 3}, "then": {"multipleOf": 2}, "else": {"multipleOf": 3}}, {
        "allOf": [{"anyOf": [{"not": {"minimum": 3}}, {"multipleOf": 2}]},
                  {"anyOf": [{"minimum": 3}, {"multipleOf": 3}]}]}),
    ({"if": {"minimum": 3}}, {}),
    ({"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/A"}),
    ({"$ref": "#/components/schemas/A", "minLength": 3},
     {"allOf": [{"$ref": "#/components/schemas/A"}], "minLength": 3}),
    ({"$ref": "#/components/schemas/A/properties/a"}, {"$ref": "#/components/schemas/properties_a"}),
    ({"$defs": {"B": {"type": "integer"}}, "$ref": f"{HERE}/$defs/B"}, {"$ref": "#/components/schemas/defs_B"}),
    ({"examples": ["a", "b"]}, {"example": "a"}),
    ({"contentMediaType": "image/png"}, {"format": "binary"}),
    ({"$comment": "no", "unknown": 1, "nullable": True, "x-more": 2}, {"x-more": 2}),
]  # fmt: skip
A = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(("schema", "expected"), EXACT, ids=lambda value: json.dumps(value)[:60])
def test_what_can_be_said(tmp_path: Path, schema: Any, expected: Any) -> None:
    """What 3.0 has other words for is said in these; nothing is listed."""
    made, document = lowered(tmp_path, taking(schema, A=A))
    assert taken(made) == expected
    assert "x-weakened" not in made
    assert_not_tighter(load(tmp_path / "api.json"), document, made, tries=4)


# What it has no words for

WEAKENED: list[tuple[Any, Any, list[str]]] = [
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}]}, {}, ["prefixItems"]),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
     {"maxItems": 2, "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}, ["prefixItems"]),
    ({"contains": {"type": "string"}, "minContains": 2},
     {"anyOf": [{"not": {"type": "array", "items": {}}}, {"not": {"items": {"not": {"type": "string"}}}}]},
     ["minContains"]),
    ({"contains": {"type": "string"}, "minContains": 0, "maxContains": 2}, {}, ["maxContains"]),
    ({"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
     {"additionalProperties": {"type": "string"}}, ["patternProperties"]),
    ({"patternProperties": {"^a": {"type": "string"}}}, {}, ["patternProperties"]),
    ({"propertyNames": {"pattern": "^a"}}, {}, ["propertyNames"]),
    ({"allOf": [{"$ref": "#/components/schemas/A"}], "unevaluatedProperties": False},
     {"$ref": "#/components/schemas/A"}, ["unevaluatedProperties"]),
    ({"not": {"propertyNames": {"pattern": "^a"}}}, {}, ["not"]),
    ({"not": {"$ref": "#/components/schemas/Vague"}}, {}, ["not", "propertyNames"]),
    ({"not": {"items": {"$ref": "#/components/schemas/Vague"}}}, {}, ["not", "propertyNames"]),
    ({"oneOf": [{"propertyNames": {"pattern": "^a"}}, {"required": ["b"]}]}, {"anyOf": [{}, {"required": ["b"]}]},
     ["oneOf", "propertyNames"]),
    ({"if": {"propertyNames": {"pattern": "^a"}}, "then": {"required": ["a"]}, "else": {"required": ["b"]}},
     {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, ["if"]),
]  # fmt: skip
VAGUE = {"propertyNames": {"pattern": "^a"}}


@pytest.mark.parametrize(("schema", "expected", "told"), WEAKENED, ids=lambda value: json.dumps(value)[:60])
def test_what_cannot_be_said(tmp_path: Path, schema: Any, expected: Any, told: list[str]) -> None:
    """What 3.0 has no words for is said less strictly, and listed by its place in the bundle; what is negated is left
    out, since less of it would be more."""
    used = "Vague" in json.dumps(schema)
    value = taking(schema, A=A, **({"Vague": VAGUE} if used else {}))
    made, document = lowered(tmp_path, value)
    assert taken(made) == expected
    assert keywords(made) == told
    for note in made["x-weakened"]:
        assert at(value, pointer_of(note["pointer"])) is not None
        assert note["now"]
    assert_not_tighter(load(tmp_path / "api.json"), document, made, tries=8)


def test_discriminators(tmp_path: Path) -> None:
    """They choose among bare references: what people are told beside these is left out, and null stands apart. With a
    default (OpenAPI 3.2), which 3.0 does not have, nothing is chosen."""
    kind = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}
    branches = [{"$ref": "#/components/schemas/Cat", "description": "meows"}, {"$ref": "#/components/schemas/Dog"}]
    chosen = {"propertyName": "k", "mapping": {"kitty": "#/components/schemas/Cat"}}
    schema = {"oneOf": [*branches, {"type": "null"}], "discriminator": chosen}
    made, document = lowered(tmp_path, taking(schema, Cat=kind, Dog=kind))
    bare = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
    assert taken(made) == {"anyOf": [{"oneOf": bare, "discriminator": chosen}, NULL]}
    check = document.operations[0].contents[0].schema
    assert check is not None
    assert [check.checker(REQUEST).is_valid(value) for value in (None, {"k": "kitty"}, {"k": "Dog"}, {"k": "x"})] == [
        True, True, True, False,
    ]  # fmt: skip
    default = {"oneOf": branches, "discriminator": {"propertyName": "k", "defaultMapping": "Cat"}}
    made, _ = lowered(tmp_path, {**taking(default, Cat=kind, Dog=kind), "openapi": "3.2.0"})
    assert "discriminator" not in taken(made)
    assert keywords(made) == ["discriminator", "oneOf"]


# Objects


def test_objects_of_31(tmp_path: Path) -> None:
    """What 3.0 does not have is left out or said otherwise; webhooks are listed."""
    value = api(
        {"/a": {"$ref": "#/components/pathItems/A"}, "/b": {"get": {}}},
        info={"title": "t", "version": "1", "summary": "s", "license": {"name": "MIT", "identifier": "MIT"}},
        webhooks={"new": {"post": ANSWER}},
        jsonSchemaDialect="https://spec.openapis.org/oas/3.1/dialect/base",
        components={
            "pathItems": {"A": {"get": {**ANSWER, "security": [{"key": ["role"], "tls": []}]}}},
            "securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}, "tls": {"type": "mutualTLS"}},
        },
    )
    made, document = lowered(tmp_path, value)
    assert made["openapi"] == "3.0.3"
    assert made["info"] == {
        "title": "t", "version": "1", "x-summary": "s",
        "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
    }  # fmt: skip
    assert made["paths"] == {"/a": {"get": {**ANSWER, "security": [{"key": []}]}}, "/b": {"get": ANSWER}}
    assert made["components"] == {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}}
    assert [(note["pointer"], note["keyword"]) for note in made["x-weakened"]] == [
        ("#/webhooks/new", "webhooks"), ("#/components/securitySchemes/tls", "type: mutualTLS"),
    ]  # fmt: skip
    assert [one.title for one in document.operations] == ["GET /a", "GET /b"]


def test_objects_of_32(tmp_path: Path) -> None:
    """Methods, parameters and streams that came with 3.2 are left out and listed; the rest is said otherwise."""
    stream = {"text/event-stream": {"itemSchema": {"type": "object"}}}
    value = api(
        {
            "/a": {
                "query": ANSWER,
                "additionalOperations": {"COPY": ANSWER},
                "get": {
                    "parameters": [
                        {"$ref": "#/components/parameters/q"},
                        {"name": "c", "in": "cookie", "style": "cookie", "schema": {}},
                    ],
                    "responses": {"200": {"summary": "fine", "content": stream}},
                },
            }
        },
        "3.2.0",
        tags=[{"name": "t", "kind": "nav", "parent": "u"}, {"name": "u"}],
        servers=[{"url": "/v1", "name": "first"}],
        components={
            "parameters": {"q": {"name": "p", "in": "querystring", "content": {JSON: {"schema": {}}}}},
            "mediaTypes": {"J": {"schema": {"type": "string"}}},
            "responses": {"R": {"description": "", "content": {JSON: {"$ref": "#/components/mediaTypes/J"}}}},
        },
    )
    made, _ = lowered(tmp_path, value)
    assert made["paths"]["/a"] == {
        "get": {
            "parameters": [{"name": "c", "in": "cookie", "style": "form", "schema": {}}],
            "responses": {"200": {"description": "fine", "content": {"text/event-stream": {}}}},
        }
    }
    assert made["tags"] == [{"name": "t"}, {"name": "u"}]
    assert made["servers"] == [{"url": "/v1"}]
    assert made["components"]["responses"]["R"]["content"] == {JSON: {"schema": {"type": "string"}}}
    assert sorted(keywords(made)) == [
        "additionalOperations", "in: querystring", "in: querystring", "itemSchema", "query", "style: cookie",
    ]  # fmt: skip


def test_30_stays_as_it_is(tmp_path: Path) -> None:
    """A document of OpenAPI 3.0 is one already."""
    value = api({"/": {"get": ANSWER}}, "3.0.1")
    assert lowered(tmp_path, value)[0] == value


# Swagger 2.0


def swagger(operation: Any, **more: Any) -> dict[str, Any]:
    return {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"post": {**ANSWER, **operation}}},
        **more,
    }


LISTS = {
    "csv": {"style": "form", "explode": False}, "multi": {"style": "form", "explode": True},
    "ssv": {"style": "spaceDelimited", "explode": False}, "pipes": {"style": "pipeDelimited", "explode": False},
}  # fmt: skip


def test_parameters_of_20(tmp_path: Path) -> None:
    """Each collectionFormat has a style, but tabs; a default, bounds and nullability belong to the schema."""
    lists = [
        {"name": name, "in": "query", "type": "array", "items": {"type": "integer"}, "collectionFormat": name}
        for name in (*LISTS, "tsv")
    ]
    plain = {"name": "p", "in": "query", "type": "string", "default": "x", "maxLength": 3, "x-nullable": True,
             "allowEmptyValue": True, "description": "d", "x-more": 1}  # fmt: skip
    nested = {"name": "n", "in": "header", "type": "array", "items": {"type": "array", "items": {"type": "string"}}}
    made, _ = lowered(tmp_path, swagger({"parameters": [*lists, plain, nested]}))
    integers = {"type": "array", "items": {"type": "integer"}}
    assert made["paths"]["/a"]["post"]["parameters"] == [
        *({"name": name, "in": "query", **style, "schema": integers} for name, style in LISTS.items()),
        {"name": "tsv", "in": "query", "schema": {"type": "string"}},
        {"name": "p", "in": "query", "description": "d", "allowEmptyValue": True, "x-more": 1,
         "schema": {"type": "string", "nullable": True, "default": "x", "maxLength": 3}},
        {"name": "n", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}},
    ]  # fmt: skip
    assert keywords(made) == ["collectionFormat: tsv", "items"]


def test_bodies_of_20(tmp_path: Path) -> None:
    """A body is a request body, and so are the fields of a form, of the path as well as of the operation."""
    value = swagger({"consumes": ["a/b"], "parameters": [{"$ref": "#/parameters/Body"}]}, consumes=["c/d"])
    value["parameters"] = {"Body": {"name": "b", "in": "body", "required": True, "schema": {"type": "string"}}}
    value["paths"]["/b"] = {"post": {**ANSWER, "parameters": [{"$ref": "#/parameters/Body"}]}}
    ids = {"name": "ids", "in": "formData", "type": "array", "items": {"type": "integer"}}
    file = {"name": "f", "in": "formData", "type": "file", "required": True}
    value["paths"]["/c"] = {"parameters": [ids], "put": {**ANSWER, "consumes": [], "parameters": []},
                            "post": {**ANSWER, "parameters": [file]}}  # fmt: skip
    made, document = lowered(tmp_path, value)
    content = {"schema": {"type": "string"}}
    paths = made["paths"]
    assert paths["/a"]["post"]["requestBody"] == {"required": True, "content": {"a/b": content}}
    assert paths["/b"]["post"]["requestBody"] == {"$ref": "#/components/requestBodies/Body"}
    assert made["components"] == {"requestBodies": {"Body": {"required": True, "content": {"c/d": content}}}}
    integers = {"type": "array", "items": {"type": "integer"}}
    assert paths["/c"]["put"]["requestBody"]["content"]["application/x-www-form-urlencoded"] == {
        "schema": {"type": "object", "properties": {"ids": integers}},
        "encoding": {"ids": {"style": "form", "explode": False}},
    }
    files = {"ids": {"type": "string"}, "f": {"type": "string", "format": "binary"}}
    assert paths["/c"]["post"]["requestBody"] == {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object", "properties": files, "required": ["f"]}}},
    }
    assert set(keywords(made)) == {"collectionFormat: csv"}
    assert [one.title for one in document.operations] == ["POST /a", "POST /b", "PUT /c", "POST /c"]


def test_answers_of_20(tmp_path: Path) -> None:
    """Answers have content of every type that is produced, files are binary text, and examples stand with it."""
    header = {"X-N": {"type": "integer", "description": "n"}}
    plain = {"description": "", "schema": {"type": "object"}, "headers": header, "examples": {JSON: {}, "other": 1}}
    value = swagger({"responses": {"200": plain, "201": {"description": "", "schema": {"type": "file"}}}})
    value["paths"]["/b"] = {"get": {"responses": {"404": {"$ref": "#/responses/No"}}}}
    value["paths"]["/c"] = {"get": {"produces": ["a/b"], "responses": {"404": {"$ref": "#/responses/No"}}}}
    value["responses"] = {"No": {"description": "no", "schema": {"type": "string"}}}
    made, _ = lowered(tmp_path, value)
    answers = made["paths"]["/a"]["post"]["responses"]
    assert answers["200"] == {
        "description": "", "headers": {"X-N": {"description": "n", "schema": {"type": "integer"}}},
        "content": {JSON: {"schema": {"type": "object"}, "example": {}}},
    }  # fmt: skip
    assert answers["201"]["content"] == {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    no = {"description": "no", "content": {JSON: {"schema": {"type": "string"}}}}
    assert made["paths"]["/b"]["get"]["responses"] == {"404": {"$ref": "#/components/responses/No"}}
    assert made["components"]["responses"] == {"No": no}
    assert made["paths"]["/c"]["get"]["responses"]["404"]["content"] == {"a/b": {"schema": {"type": "string"}}}


def test_the_rest_of_20(tmp_path: Path) -> None:
    """Servers of host, base path and schemes; security schemes; names that 3.0 does not allow."""
    code = {"authorizationUrl": "https://a/", "tokenUrl": "https://t/", "scopes": {"s": "x"}}
    schemes = {
        "b": {"type": "basic", "description": "d"}, "k": {"type": "apiKey", "in": "header", "name": "K"},
        "o": {"type": "oauth2", "flow": "accessCode", **code},
        "p": {"type": "oauth2", "flow": "application", "tokenUrl": "https://t/", "scopes": {}},
    }  # fmt: skip
    schema = {"$ref": "#/definitions/Map«string»"}
    value = swagger(
        {"parameters": [{"in": "body", "name": "b", "schema": schema}], "schemes": ["ws"],
         "security": [{"b": [], "o": ["s"]}]},
        host="h", basePath="/v1/", schemes=["https", "http"], securityDefinitions=schemes,
        definitions={"Map«string»": {"type": "object"}, "Map_string": {"type": "string"}},
    )  # fmt: skip
    made, document = lowered(tmp_path, value)
    assert made["servers"] == [{"url": "https://h/v1"}, {"url": "http://h/v1"}]
    assert made["paths"]["/a"]["post"]["servers"] == [{"url": "ws://h/v1"}]
    assert made["paths"]["/a"]["post"]["security"] == [{"b": [], "o": ["s"]}]
    assert made["components"]["securitySchemes"] == {
        "b": {"type": "http", "scheme": "basic", "description": "d"}, "k": schemes["k"],
        "o": {"type": "oauth2", "flows": {"authorizationCode": code}},
        "p": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://t/", "scopes": {}}}},
    }  # fmt: skip
    assert made["components"]["schemas"] == {"Map_string": {"type": "string"}, "Map_string_2": {"type": "object"}}
    assert [one.title for one in document.operations] == ["POST /v1/a"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "x-nullable": True}, {"type": "string", "nullable": True}),
        ({"type": "string", "enum": ["a"], "x-nullable": True},
         {"type": "string", "enum": ["a", None], "nullable": True}),
        ({"$ref": "#/definitions/A", "x-nullable": True}, {"anyOf": [{"$ref": "#/components/schemas/A"}, NULL]}),
        ({"$ref": "#/definitions/A", "minLength": 3}, {"$ref": "#/components/schemas/A"}),
        ({"$ref": "#/definitions/A", "readOnly": True},
         {"allOf": [{"$ref": "#/components/schemas/A"}], "readOnly": True}),
        ({"minimum": 3, "exclusiveMinimum": True}, {"minimum": 3, "exclusiveMinimum": True}),
        ({"type": "object", "discriminator": "k", "properties": {"k": {"type": "string"}}},
         {"type": "object", "discriminator": {"propertyName": "k"}, "properties": {"k": {"type": "string"}}}),
    ],
)  # fmt: skip
def test_schemas_of_20(tmp_path: Path, schema: Any, expected: Any) -> None:
    """Draft 4 is what 3.0 has; null and discriminators are said otherwise."""
    body = {"parameters": [{"in": "body", "name": "b", "schema": {"$ref": "#/definitions/S"}}]}
    value = swagger(body, definitions={"S": schema, "A": {"type": "string", "minLength": 2}})
    value["definitions"]["S"] = {"type": "object", "properties": {"s": schema}}
    made, document = lowered(tmp_path, value)
    assert made["components"]["schemas"]["S"]["properties"]["s"] == expected
    assert_not_tighter(load(tmp_path / "api.json"), document, made, tries=4)


# The law


def operations_of(one: Document, other: Document) -> Iterator[tuple[Operation, Operation]]:
    theirs = {(operation.method, operation.path): operation for operation in other.operations}
    for operation in one.operations:
        found = theirs.get((operation.method, operation.path))
        if found is not None:
            yield operation, found


def schemas_of(operation: Operation) -> Iterator[tuple[tuple[str, ...], Schema, str]]:
    """The schemas of an operation, by what they are for."""
    for parameter in operation.parameters:
        if not parameter.is_file:
            yield ("parameter", parameter.location, parameter.name), parameter.schema, REQUEST
    for content in operation.contents:
        if content.schema is not None and content.media_type.startswith(("application/json", "text/")):
            yield ("body", content.media_type), content.schema, REQUEST
    for key, answer in operation.answers.items():
        for content in answer.contents:
            if content.schema is not None and content.media_type.startswith("application/json"):
                yield ("answer", key, content.media_type), content.schema, RESPONSE


def plain(value: Any) -> Any:
    """Whole numbers without a fraction: whether 1.0 is an integer, drafts differ in."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def values_for(schemas: tuple[Schema, ...], view: str, random: Random, tries: int) -> Iterator[Any]:
    for _ in range(tries):
        for schema in schemas:
            for make in (sample, spoiled):
                try:
                    yield plain(make(schema, view, random))
                except NoSample:
                    continue


class Weak:
    """Which places of a bundle are said less strictly in its 3.0 form: those listed, and those that refer to them."""

    def __init__(self, made: dict[str, Any], bundled: dict[str, Any]) -> None:
        self._listed = [pointer_of(note["pointer"]) for note in made.get("x-weakened", ())]
        self._bundle = bundled
        self.as_text = {pointer_of(n["pointer"]) for n in made.get("x-weakened", ()) if n["now"] == "text"}

    def __call__(self, pointer: tuple[str, ...], seen: frozenset[tuple[str, ...]] = frozenset()) -> bool:
        if any(listed[: len(pointer)] == pointer for listed in self._listed):
            return True
        seen |= {pointer}
        leads = {pointer_of(text) for text in _references(at(self._bundle, pointer))}
        return any(lead not in seen and self(lead, seen) for lead in leads)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def assert_not_tighter(document: Document, other: Document, made: dict[str, Any], tries: int) -> int:
    """Everything that a document accepts, its 3.0 form does; what is not listed, it refuses in the same way. Returns
    how many values were tried. The document must be a bundle, for its places are looked up in the list."""
    random, tried = Random(3), 0
    weak = Weak(made, document.root.value)
    for operation, theirs in operations_of(document, other):
        found = {key: schema for key, schema, _ in schemas_of(theirs)}
        for key, schema, view in schemas_of(operation):
            pointer = tuple(map(str, schema.node.pointer))
            if pointer in weak.as_text or (*pointer, "items") in weak.as_text or key not in found:
                continue
            ours, lowered_ = schema.checker(view), found[key].checker(view)
            for value in values_for((schema, found[key]), view, random, tries):
                tried += 1
                accepted, then = ours.is_valid(value), lowered_.is_valid(value)
                assert then or not accepted, f"tighter: {operation.title} {key} {value!r}"
                assert accepted or not then or weak(pointer), f"weaker: {operation.title} {key} {value!r}"
    return tried


limits = st.integers(0, 3)
names = st.sampled_from(["a", "b", "ab"])
kinds = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
VALUES = [
    None,
    True,
    0,
    1,
    2.5,
    "",
    "a",
    "ab",
    [],
    [1],
    ["a", 1],
    {},
    {"a": 1},
    {"b": "a"},
    {"a": "a", "b": 2},
    [[1], {"a": []}],
]


def schemas() -> st.SearchStrategy[Any]:
    """Schemas of 2020-12, with every keyword that 3.0 does not have and most that it has."""
    leaves = st.booleans() | st.just({"$ref": "#/components/schemas/S"})
    return st.recursive(leaves, lambda inner: st.fixed_dictionaries({}, optional=keywords_of(inner)), max_leaves=8)


def keywords_of(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    lists, maps = st.lists(inner, min_size=1, max_size=3), st.dictionaries(names, inner, max_size=2)
    return {
        "type": kinds | st.lists(kinds, min_size=1, max_size=3, unique=True),
        "enum": st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique_by=repr),
        "const": st.sampled_from(VALUES),
        "minimum": limits, "exclusiveMinimum": limits, "exclusiveMaximum": limits, "multipleOf": st.integers(1, 2),
        "minLength": limits, "maxItems": limits, "minProperties": limits,
        "required": st.lists(names, max_size=2, unique=True),
        "properties": maps, "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$", ""]), inner, max_size=2),
        "additionalProperties": inner, "unevaluatedProperties": inner, "propertyNames": inner,
        "dependentRequired": st.dictionaries(names, st.lists(names, max_size=2, unique=True), max_size=2),
        "dependentSchemas": maps,
        "prefixItems": lists, "items": inner, "unevaluatedItems": inner, "contains": inner, "minContains": limits,
        "maxContains": limits, "uniqueItems": st.booleans(),
        "allOf": lists, "anyOf": lists, "oneOf": lists, "not": inner, "if": inner, "then": inner, "else": inner,
    }  # fmt: skip


@settings(max_examples=150)
@given(schemas(), schemas())
def test_any_schema(tmp_path_factory: pytest.TempPathFactory, schema: Any, shared: Any) -> None:
    """Whatever a schema of 2020-12 says: nothing that it accepts is refused in 3.0, and what is not listed is the
    same."""
    folder = tmp_path_factory.mktemp("schema")
    (folder / "api.json").write_text(json.dumps(taking(schema, S=shared)))
    loaded = load_document("test", str(folder / "api.json"), Formats(), [])
    assume(loaded is not None)  # a schema that contains itself is none
    assert loaded is not None
    document = loaded.document
    made = as_openapi_30(bundle(document))
    other = written(folder, made, "lowered.json")
    weak = Weak(made, document.root.value)
    ours, theirs = (one.operations[0].contents[0].schema for one in (document, other))
    assert ours is not None
    assert theirs is not None
    place = ("paths", "/", "post", "requestBody", "content", JSON, "schema")
    for value in VALUES:
        accepted, then = ours.checker(REQUEST).is_valid(value), theirs.checker(REQUEST).is_valid(value)
        assert then or not accepted, (value, taken(made))
        assert accepted or not then or weak(place), (value, taken(made))


SAMPLES = sorted((SUITE / "draft2020-12").glob("*.json")) if SUITE.exists() else [None]


@pytest.mark.parametrize("file", SAMPLES, ids=str)
def test_the_official_suite(tmp_path: Path, file: Path | None) -> None:
    """Every instance of the JSON-Schema-Test-Suite for 2020-12, through the schema and its 3.0 form."""
    if file is None:
        pytest.skip("`make corpus` fetches it")
    for group in json.loads(file.read_bytes()):
        path = tmp_path / "api.json"
        path.write_text(json.dumps(taking(group["schema"])), "utf-8")
        loaded = load_document("test", str(path), Formats(), [])
        if loaded is None:
            continue  # of another host, or no schema
        made = as_openapi_30(bundle(loaded.document))
        schemas_ = [
            one.operations[0].contents[0].schema for one in (loaded.document, written(tmp_path, made, "l.json"))
        ]
        for test in group["tests"]:
            if plain(test["data"]) != test["data"] or "1.0" in json.dumps(test["data"]):
                continue
            accepted, then = (one.checker(REQUEST).is_valid(test["data"]) for one in schemas_ if one is not None)
            assert then or not accepted, (group["description"], test["description"])
            assert accepted or not then or "x-weakened" in made, (group["description"], test["description"])


REAL = [
    "feature/autorest-testserver/url.json", "feature/autorest-testserver/header.json",
    "feature/swagger-zoo/collection-format.yaml", "real/v2/ga4gh-wes.yaml", "real/v31/oad-vercel.json",
]  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_documents(tmp_path: Path, name: str) -> None:
    """Generated values pass both, and parameters written for one are read by the other."""
    if not (CORPUS / name).exists():
        pytest.skip("`make corpus` fetches it")
    document = load(CORPUS / name)
    made = as_openapi_30(bundle(document))
    other = written(tmp_path, made)
    assert_not_tighter(document, other, made, tries=1)
    texts = Weak(made, {}).as_text
    for operation, theirs in operations_of(document, other):
        assert_reads(operation, theirs, texts)


def assert_reads(operation: Operation, theirs: Operation, as_text: set[tuple[str, ...]]) -> None:
    """The parameters of a call of one operation are read by the other, but those that have become text."""
    try:
        call = arguments(operation, Random(5))
    except NoSample:
        return
    known = {parameter.argument for parameter in theirs.parameters}
    kept = {
        one.argument for one in operation.parameters if tuple(map(str, one.node.pointer)) not in as_text
    } & known  # fmt: skip
    if operation.has_form_fields or "%2" in operation.path:
        return  # fields become a body; and a slash in the template is the router's matter
    read = [
        {name: value for name, value in arrived(one, write_request(operation, call)).items() if name in kept}
        for one in (operation, theirs)
    ]
    assert read[0] == read[1], operation.title


def arrived(operation: Operation, request: Request) -> dict[str, object]:
    """The parameters of a request, as an operation reads them."""
    found = Router([operation]).find(request.method, unquote(request.path), request.query)
    assert isinstance(found, tuple), (operation.title, request)
    request.path_values = found[1]
    return read_request(operation, request).parameters
