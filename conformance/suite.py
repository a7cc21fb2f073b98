"""The official JSON-Schema-Test-Suite, and OpenAPI documents that put its schemas behind request bodies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
SUITE = HERE.parent / ".corpus" / "suites" / "JSON-Schema-Test-Suite"


class Case(NamedTuple):
    """A value, and whether the schema of its group allows it."""

    description: str
    data: Any
    valid: bool


class Group(NamedTuple):
    """A schema and its cases. `file` is where it stands, below the folder of its draft: "optional/format/date.json"."""

    file: str
    description: str
    schema: Any
    cases: list[Case]

    @property
    def name(self) -> str:
        return f"{self.file}: {self.description}"


class Version(NamedTuple):
    """A version of OpenAPI, the draft of the suite that its schemas speak, and how its documents are written."""

    name: str
    draft: str
    top: dict[str, Any]
    base: Callable[[str], dict[str, Any]]
    operation: Callable[[dict[str, Any]], dict[str, Any]]


def groups(draft: str) -> list[Group]:
    """All groups of a draft, the optional ones too."""
    folder = SUITE / "tests" / draft
    found = []
    for path in sorted(folder.rglob("*.json")):
        for group in json.loads(path.read_text("utf-8")):
            cases = [Case(case["description"], case["data"], case["valid"]) for case in group["tests"]]
            found.append(Group(str(path.relative_to(folder)), group["description"], group["schema"], cases))
    return found


def _base_path(path: str) -> dict[str, Any]:
    return {"basePath": path}


def _servers(path: str) -> dict[str, Any]:
    return {"servers": [{"url": path}]}


def _body_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": [{"name": "body", "in": "body", "required": True, "schema": schema}]}


def _request_body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


VERSIONS = (
    Version("Swagger 2.0", "draft4", {"swagger": "2.0"}, _base_path, _body_parameter),
    Version("OpenAPI 3.0", "draft4", {"openapi": "3.0.3"}, _servers, _request_body),
    Version("OpenAPI 3.1", "draft2020-12", {"openapi": "3.1.1"}, _servers, _request_body),
    Version("OpenAPI 3.2", "draft2020-12", {"openapi": "3.2.0"}, _servers, _request_body),
)


class Written(NamedTuple):
    """A group as a document: the API's name, and the path of its one operation."""

    group: Group
    api: str
    path: str


def write_documents(version: Version, found: Iterable[Group], folder: Path) -> list[Written]:
    """Write a document with one operation for each group.

    A schema is a file of its own, to which its operation refers: so "#" is the schema, as it is in the suite. And each
    has a document of its own, since schemas of the suite share names (`$id`), which those of one document cannot.
    """
    return [_written(version, group, number, folder) for number, group in enumerate(found)]


def _written(version: Version, group: Group, number: int, folder: Path) -> Written:
    api = f"{version.name.replace('.', '').replace(' ', '')}-{number}"
    (folder / f"{api}-schema.json").write_text(json.dumps(group.schema), "utf-8")
    operation = version.operation({"$ref": f"{api}-schema.json"})
    answer = {"x-bind-server": "echo.echo", "responses": {"default": {"description": "the value"}}}
    document = {
        **version.top,
        **version.base(f"/{api}"),
        "info": {"title": group.description, "version": "1"},
        "paths": {"/case": {"post": operation | answer}},
    }
    (folder / f"{api}.json").write_text(json.dumps(document), "utf-8")
    return Written(group, api, f"/{api}/case")
