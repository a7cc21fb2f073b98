"""Small services, made for one test in a folder of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from pymacaron import API, ApiPool
from pymacaron.config import Config, set_config

JSON = "application/json"
ERROR = {
    "type": "object",
    "required": ["error", "status"],
    "properties": {
        "error": {"type": "string"},
        "error_description": {"type": "string"},
        "error_id": {"type": "string"},
        "user_message": {"type": "string"},
        "status": {"type": "integer"},
    },
}


def operation(function: str | None = None, /, **more: Any) -> dict[str, Any]:
    """An operation that answers any JSON with 200. Keys are written with _ for -; `function` is in `handlers`."""
    made = {key.replace("_", "-") if key.startswith("x_") else key: value for key, value in more.items()}
    bound = {"x-bind-server": f"handlers.{function}"} if function else {}
    return {"responses": answers(**{"200": {}}), **bound, **made}


def answers(**schemas: Any) -> dict[str, Any]:
    """Responses by status, with the schema of a JSON body; None for no body."""
    return {
        status: {"description": status} | ({} if schema is None else {"content": {JSON: {"schema": schema}}})
        for status, schema in schemas.items()
    }


def query(name: str, /, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def body(schema: Any, *, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": {JSON: {"schema": schema}}}


class Project:
    """A folder with documents below `apis` and functions in `handlers.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = Flask("service")
        (folder / "apis").mkdir()

    def document(
        self, paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None, /, name: str = "shop", **more: Any
    ) -> Path:
        """Write a document in OpenAPI 3.1."""
        document = {
            "openapi": "3.1.0", "info": {"title": name, "version": "1.2.3"}, "paths": paths,
            "components": {"schemas": {"Error": ERROR, **(schemas or {})}}, **more,
        }  # fmt: skip
        path = self.folder / "apis" / f"{name}.yaml"
        path.write_text(json.dumps(document, indent=1), "utf-8")
        return path

    def functions(self, text: str, name: str = "handlers") -> Path:
        """Write a module that the document can name."""
        path = self.folder / f"{name}.py"
        path.write_text(dedent(text), "utf-8")
        return path

    def load(self, **options: Any) -> API:
        return API(self.app, **options).load_apis(self.folder / "apis")

    def start(self, serve: str | Iterable[str] | None = None, **options: Any) -> FlaskClient:
        """Serve the APIs named, all if none is; a client to ask them."""
        self.load(**options).start(serve=serve)
        return self.app.test_client()


@contextmanager
def project_in(folder: Path, **settings: Any) -> Iterator[Project]:
    """A project whose modules and APIs nobody knows any more when the block ends."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    set_config(Config(name="service", live_host="localhost", **settings))
    ApiPool.clear()
    try:
        yield Project(folder)
    finally:
        sys.path.remove(str(folder))
        set_config(None)
        ApiPool.clear()
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
                del sys.modules[name]
