"""The service that is called, as a document: OpenAPI 3.1, and Swagger 2.0 for those that read no other."""

from __future__ import annotations

from typing import Any

THING: dict[str, Any] = {
    "type": "object", "required": ["id"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"},
                   "tags": {"type": "array", "items": {"type": "string"}}},
}  # fmt: skip
SENT = {"id": 3, "name": "abc", "tags": ["x", "y"]}
# What pymacaron sends with a call: the bare client of its connections does so too, or more bytes would be compared.
HEADERS = {
    "accept": "application/json", "accept-encoding": "gzip", "user-agent": "pymacaron/3.0.0", "pymcallid": "0" * 32,
    "traceparent": f"00-{'1' * 32}-{'2' * 16}-01", "pymdeadlinems": "20000",
}  # fmt: skip


def openapi(url: str) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    answer = {"200": {"description": "A thing.", **body}}
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "openapi": "3.1.0", "info": {"title": "things", "version": "1"}, "servers": [{"url": url}],
        "paths": {
            "/things/{id}": {"get": {"operationId": "getThing", "parameters": [number], "responses": answer}},
            "/things": {"post": {"operationId": "addThing", "requestBody": {"required": True, **body},
                                 "responses": answer}},
        },
        "components": {"schemas": {"Thing": THING}},
    }  # fmt: skip


def swagger(url: str) -> dict[str, Any]:
    schema = {"$ref": "#/definitions/Thing"}
    answer = {"200": {"description": "A thing.", "schema": schema}}
    number = {"name": "id", "in": "path", "required": True, "type": "integer"}
    thing = {"name": "thing", "in": "body", "required": True, "schema": schema}
    common = {"responses": answer, "tags": ["things"], "produces": ["application/json"]}
    return {
        "swagger": "2.0", "info": {"title": "things", "version": "1"}, "host": url.removeprefix("http://"),
        "schemes": ["http"], "consumes": ["application/json"],
        "paths": {
            "/things/{id}": {"get": {"operationId": "getThing", "parameters": [number], **common}},
            "/things": {"post": {"operationId": "addThing", "parameters": [thing], **common}},
        },
        "definitions": {"Thing": THING},
    }  # fmt: skip
