"""Two versions of a document: every kind of change is found, alone, and judged for callers and for the service."""

from __future__ import annotations

import json
import os
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from peers import Received, peer

from pymacaron.comparison import CALLERS, KINDS, SERVICE, compare
from pymacaron.comparison.sources import documents_at

GONE: Any = object()
ROOT = Path(__file__).parent.parent
OWN = sorted(map(str, [*ROOT.glob("examples/**/apis/*.yaml"), *ROOT.glob("tests/documents/*.yaml")]))

BASE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "https://{region}.example.com/v1", "variables": {"region": {"default": "eu"}}}],
    "security": [{"token": ["read"]}],
    "paths": {
        "/things/{id}": {
            "put": {
                "operationId": "putThing",
                "x-bind-server": "shop.put",
                "x-max-body": "1MB",
                "x-timeout-ms": 500,
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9, "default": 5}},
                    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}, "text/csv": {}}
                },
                "responses": {
                    "200": {
                        "description": "ok",
                        "headers": {"X-Count": {"schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}, "text/csv": {},
                        },
                    },
                    "202": {"description": "later"},
                    "404": {"description": "gone"},
                    "default": {"description": "else"},
                },
                "callbacks": {"done": {"{$request.query.url}": {"post": {"responses": {"200": {"description": "x"}}}}}},
            },
        },
        "/old": {"get": {"deprecated": True, "responses": {"204": {"description": "ok"}}}},
    },
    "webhooks": {"made": {"post": {"responses": {"204": {"description": "ok"}}}}},
    "components": {
        "schemas": {
            "Body": {"type": "object", "properties": {"value": {"type": "string"}, "other": {"type": "string"}}},
            "Answer": {"type": "object", "properties": {"value": {"type": "string"}, "other": {"type": "string"}}},
            "Cat": {"type": "object"}, "Dog": {"type": "object"}, "Cow": {"type": "object"},
        },
        "securitySchemes": {
            "token": {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {"tokenUrl": "https://id.example.com/t", "scopes": {"read": "", "write": ""}},
                    "password": {"tokenUrl": "https://id.example.com/p", "scopes": {}},
                },
            },
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/o"},
        },
    },
}  # fmt: skip

A = {"$ref": "#/components/schemas/Cat"}
B = {"$ref": "#/components/schemas/Dog"}
C = {"$ref": "#/components/schemas/Cow"}
S, INT, NUM = {"type": "string"}, {"type": "integer"}, {"type": "number"}
LIST = {"type": "array", "items": S}

# What a schema said and says; the change is looked for in a request and in a response.
SCHEMAS: list[tuple[str, Any, Any]] = [
    ("maximum-lowered", {**INT, "maximum": 9}, {**INT, "maximum": 8}),
    ("maximum-lowered", INT, {**INT, "maximum": 8}),
    ("maximum-lowered", {**INT, "maximum": 9}, {**INT, "exclusiveMaximum": 9}),
    ("maximum-raised", {**INT, "maximum": 9}, {**INT, "maximum": 10}),
    ("maximum-raised", {**INT, "maximum": 9}, INT),
    ("minimum-raised", {**INT, "minimum": 1}, {**INT, "minimum": 2}),
    ("minimum-lowered", {**INT, "minimum": 1}, {**INT, "minimum": -1}),
    ("max-length-lowered", {**S, "maxLength": 9}, {**S, "maxLength": 8}),
    ("max-length-raised", {**S, "maxLength": 9}, {**S, "maxLength": 10}),
    ("min-length-raised", S, {**S, "minLength": 1}),
    ("min-length-lowered", {**S, "minLength": 2}, {**S, "minLength": 0}),
    ("max-items-lowered", LIST, {**LIST, "maxItems": 3}),
    ("max-items-raised", {**LIST, "maxItems": 3}, {**LIST, "maxItems": 4}),
    ("min-items-raised", LIST, {**LIST, "minItems": 3}),
    ("min-items-lowered", {**LIST, "minItems": 3}, LIST),
    ("max-properties-lowered", {"type": "object"}, {"type": "object", "maxProperties": 3}),
    ("max-properties-raised", {"type": "object", "maxProperties": 3}, {"type": "object", "maxProperties": 4}),
    ("min-properties-raised", {"type": "object"}, {"type": "object", "minProperties": 3}),
    ("min-properties-lowered", {"type": "object", "minProperties": 3}, {"type": "object", "minProperties": 2}),
    ("max-contains-lowered", {**LIST, "maxContains": 3}, {**LIST, "maxContains": 2}),
    ("max-contains-raised", {**LIST, "maxContains": 3}, {**LIST, "maxContains": 4}),
    ("min-contains-raised", {**LIST, "minContains": 3}, {**LIST, "minContains": 4}),
    ("min-contains-lowered", {**LIST, "minContains": 3}, {**LIST, "minContains": 2}),
    ("multiple-of-narrowed", {**INT, "multipleOf": 2}, {**INT, "multipleOf": 4}),
    ("multiple-of-widened", {**INT, "multipleOf": 4}, {**INT, "multipleOf": 2}),
    ("multiple-of-changed", {**INT, "multipleOf": 4}, {**INT, "multipleOf": 6}),
    ("unique-items-added", LIST, {**LIST, "uniqueItems": True}),
    ("unique-items-removed", {**LIST, "uniqueItems": True}, LIST),
    ("pattern-added", S, {**S, "pattern": "a"}),
    ("pattern-removed", {**S, "pattern": "a"}, S),
    ("pattern-changed", {**S, "pattern": "a"}, {**S, "pattern": "b"}),
    ("format-added", S, {**S, "format": "date"}),
    ("format-removed", {**S, "format": "date"}, S),
    ("format-changed", {**S, "format": "date"}, {**S, "format": "date-time"}),
    ("type-narrowed", NUM, INT),
    ("type-narrowed", {}, {"type": "array"}),
    ("type-narrowed", {"type": "array"}, LIST),
    ("type-widened", INT, NUM),
    ("type-widened", S, {"type": ["string", "integer"]}),
    ("type-changed", S, INT),
    ("type-changed", {"type": "object"}, LIST),
    ("null-allowed", S, {"type": ["string", "null"]}),
    ("null-allowed", A, {"anyOf": [A, {"type": "null"}]}),
    ("null-refused", {"type": ["string", "null"]}, S),
    ("enum-added", S, {**S, "enum": ["a"]}),
    ("enum-removed", {**S, "enum": ["a"]}, S),
    ("enum-value-added", {**S, "enum": ["a"]}, {**S, "enum": ["b", "a"]}),
    ("enum-value-removed", {**S, "enum": ["a", "b"]}, {**S, "const": "a"}),
    ("additional-properties-forbidden", {"type": "object"}, {"type": "object", "additionalProperties": False}),
    ("additional-properties-forbidden", {"type": "object"}, {"type": "object", "additionalProperties": S}),
    ("additional-properties-allowed", {"type": "object", "additionalProperties": False}, {"type": "object"}),
    ("branch-added", {"oneOf": [A, B]}, {"oneOf": [A, C, B]}),
    ("branch-removed", {"anyOf": [A, B, C]}, {"anyOf": [A, B]}),
    ("condition-changed", {**S, "not": {"const": "a"}}, {**S, "not": {"const": "b"}}),
    ("condition-changed", S, {**S, "if": {"const": "b"}, "then": False}),
    ("discriminator-changed", {"oneOf": [A, B]}, {"oneOf": [A, B], "discriminator": {"propertyName": "kind"}}),
    ("default-added", S, {**S, "default": "a"}),
    ("default-changed", {**S, "default": "b"}, {**S, "default": "a"}),
    ("default-removed", {**S, "default": "a"}, S),
    ("property-added", {"type": "object"}, {"type": "object", "properties": {"a": S}}),
    ("property-added", A, {"allOf": [A, {"properties": {"a": S}}]}),
    ("required-property-added", {"type": "object"}, {"type": "object", "properties": {"a": S}, "required": ["a"]}),
    ("property-removed", {"type": "object", "properties": {"a": S}}, {"type": "object"}),
    ("property-became-required", {"properties": {"a": S}}, {"properties": {"a": S}, "required": ["a"]}),
    ("property-became-optional", {"properties": {"a": S}, "required": ["a"]}, {"properties": {"a": S}}),
    ("property-became-required", {"type": "object"}, {"type": "object", "required": ["b"]}),
]

PUT_PATH = ("paths", "/things/{id}", "put")
BODY_OTHER, ANSWER_OTHER = (("components", "schemas", name, "properties", "other") for name in ("Body", "Answer"))
ANSWER = (*PUT_PATH, "responses", "200")
LIMIT, IDS = (*PUT_PATH, "parameters", 1), (*PUT_PATH, "parameters", 2)
TOKEN = ("components", "securitySchemes", "token")
X = {"description": "x"}
NEW = {"name": "new", "in": "query", "schema": S}

# Where the document is changed, to what; which kinds of change that is. GONE takes something away.
EDITS: list[tuple[tuple[str, ...], tuple[Any, ...], Any]] = [
    (("operation-added",), ("paths", "/new"), {"get": {"responses": {"204": X}}}),
    (("operation-removed",), PUT_PATH, GONE),
    (("deprecated-operation-removed",), ("paths", "/old"), GONE),
    (("operation-deprecated",), (*PUT_PATH, "deprecated"), True),
    (("operation-no-longer-deprecated",), ("paths", "/old", "get", "deprecated"), GONE),
    (("client-name-changed",), (*PUT_PATH, "operationId"), "replaceThing"),
    (("function-changed",), (*PUT_PATH, "x-bind-server"), "shop.replace"),
    (("parameter-added",), (*PUT_PATH, "parameters", 3), NEW),
    (("required-parameter-added",), (*PUT_PATH, "parameters", 3), {**NEW, "required": True}),
    (("parameter-removed",), LIMIT, GONE),
    (("parameter-moved",), (*LIMIT, "in"), "header"),
    (("parameter-became-required",), (*LIMIT, "required"), True),
    (("parameter-style-changed",), (*LIMIT, "style"), "pipeDelimited"),
    ((), (*LIMIT, "explode"), False),
    (("parameter-style-changed",), (*IDS, "explode"), False),
    ((), (*IDS, "explode"), True),
    (("parameter-deprecated",), (*LIMIT, "deprecated"), True),
    (("parameter-empty-value-allowed",), (*LIMIT, "allowEmptyValue"), True),
    (("request-maximum-lowered",), (*LIMIT, "schema", "maximum"), 8),
    (("request-default-changed",), (*LIMIT, "schema", "default"), 4),
    (("body-removed",), (*PUT_PATH, "requestBody"), GONE),
    (("body-became-required",), (*PUT_PATH, "requestBody", "required"), True),
    (("request-media-type-added",), (*PUT_PATH, "requestBody", "content", "text/plain"), {}),
    (("request-media-type-removed",), (*PUT_PATH, "requestBody", "content", "text/csv"), GONE),
    (("request-type-narrowed",), (*PUT_PATH, "requestBody", "content", "text/csv"), {"schema": S}),
    (("success-status-added",), (*PUT_PATH, "responses", "201"), X),
    (("success-status-removed",), (*PUT_PATH, "responses", "202"), GONE),
    (("error-status-added",), (*PUT_PATH, "responses", "4XX"), X),
    (("error-status-removed",), (*PUT_PATH, "responses", "404"), GONE),
    (("default-response-removed",), (*PUT_PATH, "responses", "default"), GONE),
    (("response-media-type-added",), (*ANSWER, "content", "text/plain"), {}),
    (("response-media-type-removed",), (*ANSWER, "content", "text/csv"), GONE),
    (("response-header-added",), (*ANSWER, "headers", "X-New"), {"schema": S}),
    (("required-response-header-added",), (*ANSWER, "headers", "X-New"), {"schema": S, "required": True}),
    (("response-header-removed",), (*ANSWER, "headers"), GONE),
    (("response-header-became-required",), (*ANSWER, "headers", "X-Count", "required"), True),
    (("response-type-changed",), (*ANSWER, "headers", "X-Count", "schema", "type"), "string"),
    (("security-removed",), (*PUT_PATH, "security"), []),
    (("security-alternative-added",), (*PUT_PATH, "security"), [{"token": ["read"]}, {"key": []}]),
    (("security-alternative-added", "security-alternative-removed"), (*PUT_PATH, "security"), [{"key": []}]),
    (("security-scope-added",), (*PUT_PATH, "security"), [{"token": ["read", "write"]}]),
    (("security-scope-removed",), (*PUT_PATH, "security"), [{"token": []}]),
    (("security-scheme-changed",), ("components", "securitySchemes", "key", "name"), "X-Token"),
    (("oauth-address-changed",), (*TOKEN, "flows", "password", "tokenUrl"), "https://id.example.com/q"),
    (("oauth-address-changed",), ("components", "securitySchemes", "oidc", "openIdConnectUrl"), "https://a.example"),
    (("oauth-flow-removed",), (*TOKEN, "flows", "password"), GONE),
    (("server-added",), ("servers", 1), {"url": "https://us.example.com/v1"}),
    (("server-variable-changed",), ("servers", 0, "variables", "region", "default"), "us"),
    (("body-limit-lowered",), (*PUT_PATH, "x-max-body"), "10kB"),
    (("body-limit-raised",), (*PUT_PATH, "x-max-body"), GONE),
    (("time-limit-lowered",), (*PUT_PATH, "x-timeout-ms"), 400),
    (("time-limit-raised",), (*PUT_PATH, "x-timeout-ms"), 600),
    (("rate-limit-changed",), (*PUT_PATH, "x-rate-limit"), "10/s"),
    (("became-asynchronous",), (*PUT_PATH, "x-async"), True),
    (("idempotency-added",), (*PUT_PATH, "x-idempotent"), True),
    (("callback-removed",), (*PUT_PATH, "callbacks", "done"), GONE),
    (("callback-changed",), (*PUT_PATH, "callbacks", "done", "{$request.query.url}", "post", "summary"), "x"),
    (("callback-added",), (*PUT_PATH, "callbacks", "failed"), {}),
    (("webhook-added",), ("webhooks", "gone"), {}),
    (("webhook-removed",), ("webhooks", "made"), GONE),
    (("webhook-changed",), ("webhooks", "made", "post", "summary"), "x"),
    (("version-changed",), ("info", "version"), "2"),
    (("documentation-changed",), ("info", "description"), "x"),
    (("documentation-changed",), (*PUT_PATH, "summary"), "x"),
    ((), (*ANSWER, "description"), "fine"),
    ((), ("components", "schemas", "Body", "properties", "value", "description"), "x"),
    (("property-deprecated",), ("components", "schemas", "Body", "properties", "value", "deprecated"), True),
    (("request-property-became-read-only",), (*BODY_OTHER, "readOnly"), True),
    (("response-property-became-write-only",), (*ANSWER_OTHER, "writeOnly"), True),
]  # fmt: skip
# The same the other way round: what was changed is the old document.
REVERSED = {
    "parameter-became-required": "parameter-became-optional",
    "parameter-empty-value-allowed": "parameter-empty-value-refused",
    "body-became-required": "body-became-optional",
    "default-response-removed": "default-response-added",
    "response-header-became-required": "response-header-became-optional",
    "security-removed": "security-added",
    "oauth-flow-removed": "oauth-flow-added",
    "server-added": "server-removed",
    "became-asynchronous": "no-longer-asynchronous",
    "idempotency-added": "idempotency-removed",
    "body-removed": "body-added",
    "request-property-became-read-only": "request-property-no-longer-read-only",
    "response-property-became-write-only": "response-property-no-longer-write-only",
}


def edited(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """BASE with another value at a place."""
    document = deepcopy(BASE)
    at: Any = document
    for step in place[:-1]:
        at = at[step]
    if value is GONE:
        del at[place[-1]]
    elif isinstance(at, list) and place[-1] == len(at):
        at.append(value)
    else:
        at[place[-1]] = value
    return document


def kinds(tmp_path: Path, old: Any, new: Any) -> list[str]:
    for name, document in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    with documents_at(f"{tmp_path}/old.json") as left, documents_at(f"{tmp_path}/new.json") as right:
        return [change.kind.name for change in compare(left[""], right[""])]


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize(("aspect", "old", "new"), SCHEMAS)
def test_a_schema_that_changed_is_told_by_what_changed_and_nothing_else(
    tmp_path: Path, side: str, aspect: str, old: Any, new: Any
) -> None:
    place = ("components", "schemas", "Body" if side == "request" else "Answer", "properties", "value")
    assert kinds(tmp_path, edited(place, old), edited(place, new)) == [f"{side}-{aspect}"]


@pytest.mark.parametrize(("expected", "place", "value"), EDITS)
def test_an_operation_that_changed_is_told_by_what_changed_and_nothing_else(
    tmp_path: Path, expected: tuple[str, ...], place: tuple[Any, ...], value: Any
) -> None:
    document = edited(place, value)
    assert sorted(kinds(tmp_path, BASE, document)) == sorted(expected)
    if len(expected) == 1 and expected[0] in REVERSED:
        assert kinds(tmp_path, document, BASE) == [REVERSED[expected[0]]]


def test_a_path_parameter_of_another_name_is_the_same_path(tmp_path: Path) -> None:
    new = json.loads(json.dumps(BASE).replace("/things/{id}", "/things/{key}").replace('"name": "id"', '"name": "key"'))
    assert kinds(tmp_path, BASE, new) == ["path-parameter-renamed"]


def test_a_new_body_breaks_callers_only_if_it_is_required(tmp_path: Path) -> None:
    body = {"content": {"text/csv": {}}, "required": True}
    old = edited((*PUT_PATH, "requestBody"), GONE)
    assert kinds(tmp_path, old, edited((*PUT_PATH, "requestBody"), body)) == ["required-body-added"]


def test_every_kind_is_prepared_somewhere() -> None:
    """There is no kind of change without a pair of documents that shows it."""
    shown = {f"{side}-{aspect}" for aspect, _, _ in SCHEMAS for side in ("request", "response")}
    shown |= {name for expected, _, _ in EDITS for name in expected} | set(REVERSED.values())
    assert KINDS.keys() - shown == {
        "api-added", "api-removed", "path-parameter-renamed", "required-body-added",
    }  # fmt: skip
    assert len(KINDS) >= 80
    assert all(kind.reason for kind in KINDS.values())


def test_what_narrows_requests_breaks_callers_and_what_narrows_answers_the_service() -> None:
    for name in ("maximum-lowered", "enum-value-removed", "property-became-required", "null-refused"):
        assert KINDS[f"request-{name}"].breaks == (CALLERS,)
        assert KINDS[f"response-{name}"].breaks == (SERVICE,)


@pytest.mark.parametrize("path", OWN)
def test_a_document_has_not_changed_from_itself(path: str) -> None:
    with documents_at(path) as old, documents_at(path) as new:
        assert compare(old[""], new[""]) == []


THREE = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}}
JSON = ["application/json"]
TWO = {"swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "consumes": JSON, "produces": JSON}


def test_what_two_versions_of_openapi_say_in_their_own_ways_is_the_same(tmp_path: Path) -> None:
    """Bodies, nullable values, excluded limits and arrays in a query: another spelling is no change."""
    old_value = {"type": "integer", "maximum": 9, "exclusiveMaximum": True, "x-nullable": True}
    new_value = {"type": ["integer", "null"], "exclusiveMaximum": 9}
    listed = {"name": "ids", "in": "query"}
    items = {"type": "array", "items": S}
    ok = {"description": "ok"}
    old = TWO | {"paths": {"/a": {"post": {
        "parameters": [
            {**listed, **items, "collectionFormat": "multi"}, {"name": "b", "in": "body", "schema": old_value},
            {"name": "n", "in": "query", "type": "integer"},
        ],
        "responses": {"200": {**ok, "schema": old_value}},
    }}}}  # fmt: skip
    new = THREE | {"openapi": "3.1.0", "paths": {"/a": {"post": {
        "parameters": [{**listed, "schema": items}, {"name": "n", "in": "query", "schema": INT}],
        "requestBody": {"content": {"application/json": {"schema": new_value}}},
        "responses": {"200": {**ok, "content": {"application/json": {"schema": new_value}}}},
    }}}}  # fmt: skip
    assert kinds(tmp_path, old, new) == []


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [os.path.join(ROOT, ".venv/bin/pymacaron"), "diff", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository whose last commit has BASE in two files, and whose working folder has a lower limit in it."""
    part = {"schema": deepcopy(BASE["components"]["schemas"]["Body"])}
    document = edited(("components", "schemas", "Body"), {"$ref": "parts/body.json#/schema"})
    (tmp_path / "apis" / "parts").mkdir(parents=True)
    (tmp_path / "apis" / "shop.json").write_text(json.dumps(document))
    (tmp_path / "apis" / "parts" / "body.json").write_text(json.dumps(part))
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run((*git, *command), cwd=tmp_path, check=True)
    part["schema"]["properties"]["value"] = {**S, "maxLength": 5}
    (tmp_path / "apis" / "parts" / "body.json").write_text(json.dumps(part))
    return tmp_path


def test_a_revision_in_git_is_read_with_all_its_files(repository: Path) -> None:
    """Files and folders, from the top and from below; the exit code says that callers break."""
    for old, new, cwd in (
        ("git:HEAD:apis/shop.json", "apis/shop.json", repository),
        ("git:HEAD:apis", "apis", repository),
        ("git:HEAD:shop.json", "shop.json", repository / "apis"),
    ):
        asked = run(old, new, "--json", cwd=cwd)
        (change,) = json.loads(asked.stdout)
        assert (asked.returncode, change["kind"]) == (1, "request-max-length-lowered"), asked.stderr
        assert change["operations"] == ["PUT /v1/things/{id}"]
    assert run("git:HEAD:apis", "git:HEAD:apis", cwd=repository).returncode == 0


def test_a_published_document_is_read_with_all_its_files(repository: Path) -> None:
    """From where a service shows it, by HTTP."""

    def answer(received: Received) -> tuple[int, dict[str, str], bytes]:
        file = repository / received.target.lstrip("/")
        return (200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")

    with peer(answer) as other:
        asked = run("git:HEAD:apis/shop.json", f"{other.url}/apis/shop.json", "--json", cwd=repository)
        (change,) = json.loads(asked.stdout)
        assert (asked.returncode, change["kind"], bool(change["reason"])) == (1, "request-max-length-lowered", True)
        assert [one.target for one in other.received] == ["/apis/shop.json", "/apis/parts/body.json"]
        asked = run(f"{other.url}/apis/nowhere.json", "apis/shop.json", cwd=repository)
        assert (asked.returncode, f"{other.url}/apis/nowhere.json" in asked.stderr) == (2, True)


def test_who_decides_what_fails_says_so(repository: Path) -> None:
    (repository / "apis" / "new.json").write_text(json.dumps({**BASE, "openapi": "3.1.0"}))
    assert run("apis", "apis", cwd=repository).returncode == 0
    for fail_on, code in (("callers", 1), ("service", 1), ("any", 1), ("never", 0)):
        asked = run("git:HEAD:apis", "apis", "--fail-on", fail_on, cwd=repository)
        assert asked.returncode == code
        assert "api-added: new is new" in asked.stdout
        assert "\x1b" not in asked.stdout  # no colours where no terminal is


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("nowhere.json", "nowhere.json: does not exist"),
        ("git:HEAD", "write, for example, git:main:apis/shop.yaml"),
        ("git:HEAD:nowhere.json", "does not exist in HEAD"),
        ("git:nothing:apis", "run it in the repository"),
        ("parts.json", "not JSON"),
        ("empty", "holds no document"),
        ("http://127.0.0.1:9/a.json", "cannot be fetched"),
        ("apis", "compare two of a kind"),
        ("git:--output=/tmp/x:apis", "run it in the repository"),
    ],
)
def test_a_version_that_cannot_be_read_is_named_with_the_cure(repository: Path, old: str, says: str) -> None:
    (repository / "parts.json").write_text("{")
    (repository / "empty").mkdir()
    asked = run(old, "apis/shop.json", cwd=repository)
    assert asked.returncode == 2, asked.stdout
    assert says in asked.stderr
    assert "Traceback" not in asked.stderr
