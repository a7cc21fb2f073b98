"""What documents of real services do, each oddity in a tiny document of its own: it loads, and what is right comes over
the wire, there and back. The corpus has the real ones (corpus/run.py)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from drawn import api_of
from wire_law import arrived, check_request, check_response

from pymacaron.messages import ABSENT, Arguments, Request
from pymacaron.operations import Operation
from pymacaron.router import Router
from pymacaron.samples import result, spoiled_request
from pymacaron.wire import read_request, write_request

OK = {"responses": {"200": {"description": ""}}}
TEXT = {"type": "string"}


def parameter(name: str, place: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema or TEXT, **more}


def in_20(name: str, place: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "type": "string", **more}


def answering(schema: Any, status: Any = "200", media: str = "application/json") -> dict[str, Any]:
    return {"responses": {status: {"description": "", "content": {media: {"schema": schema}}}}}


def taking(schema: Any, media: str = "application/json", **more: Any) -> dict[str, Any]:
    return {**OK, "requestBody": {"content": {media: {"schema": schema, **more}}}}


BINARY = {"type": "string", "format": "binary"}
CHAIN = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": TEXT, "next": {"$ref": "#/components/schemas/Chain"}},
}
PATHS_30: dict[str, Any] = {
    # Paths
    "text beside a variable": {"/a/{sid}.json": {"get": {**OK, "parameters": [parameter("sid", "path")]}}},
    "two variables in a segment": {
        "/a/{base}...{head}": {"get": {**OK, "parameters": [parameter("base", "path"), parameter("head", "path")]}}
    },
    "a query in the path": {
        "/a?action=go": {"post": OK}, "/a?action=stay": {"post": OK}, "/a": {"post": OK},
    },
    "a fragment in the path": {
        "/a#one": {"post": {**OK, "parameters": [parameter("one", "query")]}}, "/a": {"post": OK},
    },
    "an encoded slash in the path": {"/a%2Fb/{id}": {"get": {**OK, "parameters": [parameter("id", "path")]}}},
    "a slash in a value": {"/a/{id}": {"get": {**OK, "parameters": [parameter("id", "path", {"enum": ["x/y", "/"]})]}}},
    "a word that another path takes for a value": {
        "/a/{id}": {"get": {**OK, "parameters": [parameter("id", "path")]}}, "/a/mine": {"get": OK},
    },
    # Parameters
    "names that are no identifiers": {
        "/a/{from}/{X-Id}": {"get": {**OK, "parameters": [
            parameter("from", "path"), parameter("X-Id", "path"), parameter("page[size]", "query", {"type": "integer"}),
            parameter("class", "query"), parameter("$filter", "query"), parameter("class", "header"),
        ]}},
    },
    "parameters of the path, and the same of the operation": {
        "/a/{id}": {"parameters": [parameter("id", "path")],
                    "get": {**OK, "parameters": [parameter("id", "path", {"type": "integer"})]}},
    },
    "a length that is declared": {"/a": {"put": {**taking(BINARY, "application/octet-stream"), "parameters": [
        parameter("Content-Length", "header", {"type": "integer"})]}}},
    "a parameter with content": {"/a": {"get": {**OK, "parameters": [
        {"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}]}}},
    "a nullable enum": {"/a": {"get": {**OK, "parameters": [
        parameter("s", "query", {"type": "string", "nullable": True, "enum": ["a", None]})]}}},
    # Bodies
    "a GET with a body": {"/a": {"get": taking(CHAIN)}},
    "a DELETE with a body": {"/a": {"delete": taking({"type": "array", "items": TEXT})}},
    "any media type": {"/a": {"post": taking({"type": "object"}, "*/*")}},
    "a range of pictures": {"/a": {"post": taking(BINARY, "image/*")}},
    "several media types in one key": {"/a": {"post": taking(TEXT, "text/csv, text/plain")}},
    "text with a charset": {"/a": {"post": taking(TEXT, "text/plain; charset=utf-8")}},
    "a JSON of one's own": {"/a": {"post": taking(CHAIN, "application/vnd.a.v1+json; version=1")}},
    "a list of files": {"/a": {"post": taking(
        {"type": "object", "properties": {"f": {"type": "array", "items": BINARY}, "n": {"type": "integer"}}},
        "multipart/form-data", encoding={"f": {"contentType": "image/*"}})}},
    "objects in a form": {"/a": {"post": taking(
        {"type": "object", "properties": {"o": {"type": "object", "properties": {"n": {"type": "integer"}}}}},
        "application/x-www-form-urlencoded", encoding={"o": {"style": "deepObject", "explode": True}})}},
    "a file, and nothing said": {"/a": {"post": {**OK, "requestBody": {"content": {"application/zip": {}}}}}},
    # Schemas
    "a property called $ref": {"/a": {"post": taking(
        {"type": "object", "required": ["$ref"], "properties": {"$ref": TEXT}})}},
    "a property called like a method": {"/a": {"post": taking(
        {"type": "object", "required": ["to_json", "items"],
         "properties": {"to_json": TEXT, "items": TEXT, "self": TEXT}})}},
    "what is required and not described": {"/a": {"post": taking({"type": "object", "required": ["id"]})}},
    "what is required and readOnly": {"/a": {"post": taking(
        {"type": "object", "required": ["id"], "properties": {"id": {**TEXT, "readOnly": True}, "n": TEXT}})}},
    "a chain": {"/a": {"post": {**taking(CHAIN), **answering(CHAIN)}}},
    "a constraint that fits no type": {"/a": {"post": taking(
        {"type": "integer", "maxLength": 1, "format": "date-time"})}},
    # Answers
    "a class of statuses": {"/a": {"get": answering(TEXT, "2XX")}},
    "nothing but a default": {"/a": {"get": answering(CHAIN, "default")}},
    "only a redirection": {"/a": {"get": {"responses": {"302": {
        "description": "", "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}}}}}}},
    "bytes in an answer": {"/a": {"get": answering(BINARY, media="application/pdf")}},
    "HTML": {"/a": {"get": answering(TEXT, media="text/html")}},
}  # fmt: skip
PATHS_20: dict[str, Any] = {
    "a body beside form fields": {"/a": {"post": {**OK, "parameters": [
        {"name": "b", "in": "body", "schema": {"type": "object"}}, in_20("f", "formData")]}}},
    "a file in a form that is not said to be multipart": {"/a": {"post": {**OK, "parameters": [
        in_20("f", "formData", type="file"), in_20("n", "formData")], "consumes": ["multipart/form-data"]}}},
    "an answer that is a file": {"/a": {"get": {"produces": ["image/png"], "responses": {
        "200": {"description": "", "schema": {"type": "file"}}}}}},
    "lists in every format": {"/a": {"get": {**OK, "parameters": [
        in_20(name, "query", type="array", items={"type": "integer"}, collectionFormat=name)
        for name in ("csv", "ssv", "tsv", "pipes", "multi")]}}},
    "lists in lists": {"/a": {"get": {**OK, "parameters": [in_20("a", "query", type="array", collectionFormat="pipes",
        items={"type": "array", "items": {"type": "integer"}})]}}},
    "a media type that consumes says, and is JSON": {"/a": {"post": {**OK, "consumes": ["text/json"], "parameters": [
        {"name": "b", "in": "body", "schema": {"type": "object"}}]}}},
}  # fmt: skip
EVERY = [(name, "3.0", paths) for name, paths in PATHS_30.items()]
EVERY += [(name, "2.0", paths) for name, paths in PATHS_20.items()]


def operations_of(version: str, paths: Any) -> tuple[Operation, ...]:
    return api_of({"Chain": CHAIN} if version != "2.0" else {}, version, paths).document.operations


@pytest.mark.parametrize(("name", "version", "paths"), EVERY, ids=[name for name, _, _ in EVERY])
def test_oddities(name: str, version: str, paths: Any) -> None:
    """It loads, every operation is reached with what was sent, and answers arrive; what is wrong does not."""
    operations = operations_of(version, paths)
    router = Router(operations)
    for operation in operations:
        for seed in range(5):
            assert check_request(operation, router, seed)
            assert check_response(operation, seed)
            wrong = spoiled_request(operation, Random(seed))
            assert wrong is None or isinstance(wrong, Request)


def test_whose_request_it_is() -> None:
    """Operations of one route are told apart by what their paths have after "?"."""
    operations = operations_of("3.0", PATHS_30["a query in the path"])
    router = Router(operations)
    found = [arrived(write_request(one, Arguments(ABSENT, {})), router)[0] for one in operations]
    assert found == list(operations)


def test_the_body_goes_before_fields() -> None:
    """Swagger 2.0 forbids both; where a document has both, the body is what is sent."""
    (made,) = operations_of("2.0", PATHS_20["a body beside form fields"])
    request = Request("POST", "/a", "", {"content-type": "application/json"}, b'{"x": 1}')
    assert read_request(made, request).body is not None


def test_the_status_of_a_redirection() -> None:
    """An operation that only redirects answers with that."""
    (made,) = operations_of("3.0", PATHS_30["only a redirection"])
    assert result(made, Random(0)).status == 302
