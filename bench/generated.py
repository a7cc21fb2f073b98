"""Services made for measuring how fast they start: a folder with a document, functions for it and a `server.py`."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import yaml

SERVER = """
import time

from flask import Flask
from pymacaron import API

app = Flask(__name__)
began = time.process_time()
api = API(app)
api.load_apis({apis!r})
api.start(serve={name!r})
SECONDS = time.process_time() - began
"""

# Every operation of the document finds a function here, whatever its operationId is. The answer is right for the
# documents that are generated, so that no complaint about it is measured.
FUNCTIONS = """
THING = {
    "id": "7d9d1f3e-52a1-4c5b-8f0e-6a1c9f7b2d10", "name": "x", "kind": "small", "made_at": "2025-03-01T08:00:00Z"
}


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *args, **kwargs: THING
"""


def service(folder: Path, name: str, document: str) -> None:
    """Write a service that answers every operation of `document` (YAML text, a mapping in block style)."""
    (folder / "apis").mkdir(parents=True)
    (folder / "apis" / f"{name}.yaml").write_text(f"{document.rstrip()}\nx-handlers: generated_functions\n")
    (folder / "generated_functions.py").write_text(FUNCTIONS)
    (folder / "server.py").write_text(SERVER.format(apis=str(folder / "apis"), name=name))
    (folder / "pym-config.yaml").write_text("name: generated\nlive_host: localhost\n")


def document_of(operations: int) -> str:
    """An ordinary document: five operations and three schemas for each kind of thing, about 1.2 KB an operation."""
    chance = random.Random(operations)
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Error": _object({"error": {"type": "string"}, "status": {"type": "integer"}}, [])}
    for number in range(operations // 5):
        paths |= _paths(f"thing{number:02}", f"Thing{number:02}")
        schemas |= _schemas(f"Thing{number:02}", f"Thing{chance.randrange(operations // 5):02}")
    whole = {
        "openapi": "3.0.3",
        "info": {"title": "generated", "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return yaml.dump(whole, Dumper=_WithoutAliases, sort_keys=False)


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _paths(thing: str, schema: str) -> dict[str, Any]:
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}
    query = [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
        {"name": "after", "in": "query", "schema": {"type": "string", "format": "date-time"}},
        {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["name", "made_at"]}},
    ]
    body = {"required": True, "content": {"application/json": {"schema": _ref(f"New{schema}")}}}
    return {
        f"/{thing}s": {
            "get": _operation(f"list_{thing}s", f"{schema}List", parameters=query),
            "post": _operation(f"add_{thing}", schema, requestBody=body),
        },
        f"/{thing}s/{{id}}": {
            "get": _operation(f"get_{thing}", schema, parameters=[one]),
            "put": _operation(f"replace_{thing}", schema, parameters=[one], requestBody=body),
            "delete": _operation(f"remove_{thing}", schema, parameters=[one]),
        },
    }


def _operation(name: str, answer: str, **more: Any) -> dict[str, Any]:
    text = f"{name.replace('_', ' ').capitalize()}: one of the operations that a service of this size has many of."
    responses = {"200": ("What was asked for", answer), "404": ("There is none", "Error"), "409": ("Not now", "Error")}
    return {"operationId": name, "summary": name.replace("_", " "), "description": text, **more} | {
        "responses": {
            status: {"description": says, "content": {"application/json": {"schema": _ref(schema)}}}
            for status, (says, schema) in responses.items()
        }
    }


def _schemas(name: str, other: str) -> dict[str, Any]:
    properties = {
        "name": {"type": "string", "minLength": 1, "maxLength": 80, "description": "What people call it"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
        "count": {"type": "integer", "minimum": 0, "maximum": 1000},
        "kind": {"type": "string", "enum": ["small", "large", "other"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
        "belongs_to": _ref(other),
    }
    kept = {"id": {"type": "string", "format": "uuid"}, "made_at": {"type": "string", "format": "date-time"}}
    return {
        f"New{name}": _object(properties, ["name", "kind"]),
        name: _object(kept | properties, ["id", "name", "kind", "made_at"]),
        f"{name}List": _object({"items": {"type": "array", "items": _ref(name)}}, ["items"]),
    }


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", **({"required": required} if required else {}), "properties": properties}


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}
