"""What one side writes, the other reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from drawn import SEEDS, api_of
from hypothesis import given, settings
from wire_law import arrived, check_request, check_response, is_clear

from pymacaron import ApiPool
from pymacaron.exceptions import InvalidJsonError, PyMacaronException, ValidationError
from pymacaron.formats import Formats
from pymacaron.messages import Request
from pymacaron.operations import Operation
from pymacaron.router import Router
from pymacaron.samples import spoiled_request
from pymacaron.wire import read_request, read_response, write_response

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
# A service has the documents of those that it calls, too: each is taken once.
OF_EXAMPLES = {path.name: path for path in sorted(EXAMPLES.rglob("apis/*.yaml"))}.values()
DOCUMENTS = [*sorted((HERE / "documents").glob("*.yaml")), *OF_EXAMPLES]


def loaded(path: Path) -> tuple[Operation, ...]:
    name = f"wire_{path.parent.parent.name}_{path.stem}".replace("-", "_")
    return ApiPool.load({name: str(path)}, Formats())[0].document.operations


TABLES = {path: Router(loaded(path)) for path in DOCUMENTS}


# (operation, the table of its document's routes)
EVERY = [(operation, TABLES[path]) for path in DOCUMENTS for operation in loaded(path)]
IDS = [f"{operation.api}: {operation.title}" for operation, _ in EVERY]
FEW = settings(max_examples=25)


@pytest.mark.parametrize(("operation", "router"), EVERY, ids=IDS)
@given(SEEDS)
@FEW
def test_requests_arrive(operation: Operation, router: Router[Operation], seed: int) -> None:
    """`read_request(op, write_request(op, args)) == args`, for every operation of the documents beside this file, in
    which every version says all it can, and of the examples."""
    assert is_clear(operation)
    assert check_request(operation, router, seed)


@pytest.mark.parametrize(("operation", "router"), EVERY, ids=IDS)
@given(SEEDS)
@FEW
def test_responses_arrive(operation: Operation, router: Router[Operation], seed: int) -> None:
    """`read_response(op, write_response(op, result)) == result`, for the same operations and every status."""
    assert check_response(operation, seed)


@pytest.mark.parametrize(("operation", "router"), EVERY, ids=IDS)
@given(SEEDS)
@FEW
def test_what_is_wrong_is_refused(operation: Operation, router: Router[Operation], seed: int) -> None:
    """A request with one thing wrong is refused as the caller's fault, by nothing but an error of ours."""
    request = spoiled_request(operation, Random(seed))
    if request is None:
        return
    found, request = arrived(request, router)
    if found is operation:
        with pytest.raises(PyMacaronException) as caught:
            read_request(operation, request)
        assert 400 <= caught.value.status < 500


ITSELF = {"$ref": "#/components/schemas/Deep"}
OPENED = {"type": "object", "properties": {"in": ITSELF}, "additionalProperties": {"type": "string"}}
# Schemas that lead back to themselves, with what a level of their values begins and ends with, and the innermost.
DEEP: dict[str, tuple[Any, str, str, str]] = {
    "model": ({"type": "object", "properties": {"in": ITSELF}}, '{"in":', "}", '{"in":{}}'),
    "open model": (OPENED, '{"in":', "}", '{"more":"x"}'),
    "array": ({"type": "array", "items": ITSELF}, "[", "]", "[]"),
    "map": ({"type": "object", "additionalProperties": ITSELF}, '{"a":', "}", "{}"),
    "contained": ({"allOf": [{"properties": {"in": ITSELF}}, {"type": "object"}]}, '{"in":', "}", "{}"),
    "nullable": ({"type": ["object", "null"], "properties": {"in": ITSELF}}, '{"in":', "}", "null"),
    "union": ({"oneOf": [{"type": "string"}, OPENED, {"type": "array", "items": ITSELF}]}, '[{"in":', "}]", '"x"'),
    "anything": ({}, '[{"in":', "}]", "1"),
}


@pytest.mark.parametrize(("schema", "begin", "end", "inner"), DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("levels", [30, 150, 300, 1000, 100_000])
def test_depth_is_no_danger(schema: Any, begin: str, end: str, inner: str, levels: int) -> None:
    """Values nested however deeply arrive, or are refused as the caller's fault; so are faulty ones."""
    deep = {"application/json": {"schema": ITSELF}}
    described = {"requestBody": {"content": deep}, "responses": {"200": {"description": "Back.", "content": deep}}}
    (operation,) = api_of({"Deep": schema}, "3.1", {"/": {"post": described}}).document.operations
    for innermost in (inner, "5"):
        raw = (begin * levels + innermost + end * levels).encode()
        try:
            body = read_request(operation, Request("POST", "/", "", {"content-type": "application/json"}, raw)).body
        except (InvalidJsonError, ValidationError):
            assert levels > 100 or innermost == "5"
            continue
        response = write_response(operation, (body, 200))
        assert response.body == raw
        assert read_response(operation, response) == body


OPEN = {"type": "array", "uniqueItems": True, "items": {}}
FIELDS = {"type": "object", "properties": {"json": {"type": "object"}}}
MULTIPART = b'--b\r\nContent-Disposition: form-data; name="json"\r\n\r\n%s\r\n--b--\r\n'
# Where a request may hold JSON, as (media type, schema, what a JSON text becomes there).
HOLDING: dict[str, tuple[str, Any, Callable[[bytes], bytes]]] = {
    "body": ("application/json", OPEN, lambda text: b"[%s]" % text),
    "faulty body": ("application/json", OPEN | {"minItems": 2}, lambda text: b"[%s]" % text),
    "undeclared": ("application/json", FIELDS, lambda text: b'{"other":[%s]}' % text),
    "lines": ("application/x-ndjson", {}, lambda text: b"1\n%s\n" % text),
    "form": ("application/x-www-form-urlencoded", FIELDS, lambda text: b"json=" + quote(text).encode()),
    "multipart": ("multipart/form-data; boundary=b", FIELDS, MULTIPART.__mod__),
    "parameter": ("", {}, lambda text: text),
}


@pytest.mark.parametrize(("media", "schema", "held"), HOLDING.values(), ids=HOLDING)
@pytest.mark.parametrize("levels", [150, 205, 260, 900, 5000])
def test_depth_has_a_limit(media: str, schema: Any, held: Callable[[bytes], bytes], levels: int) -> None:
    """Where a request may hold any JSON, it may have two hundred levels; more are refused as the caller's fault."""
    parameter = {"name": "json", "in": "query", "content": {"application/json": {"schema": {}}}}
    content = {media.partition(";")[0]: {"schema": schema}} if media else {"text/plain": {}}
    described = {"parameters": [parameter], "requestBody": {"content": content}, "responses": {}}
    (operation,) = api_of({}, "3.1", {"/": {"post": described}}).document.operations
    sent = held(b'{"a":[' * (levels // 2) + b"]}" * (levels // 2))
    query = "" if media else "json=" + quote(sent)
    request = Request("POST", "/", query, {"content-type": media} if media else {}, sent if media else b"")

    def read() -> None:
        body = read_request(operation, request).body
        if isinstance(body, Iterator):
            list(body)

    if levels < 200 and "minItems" not in schema:
        read()
    else:
        with pytest.raises((InvalidJsonError, ValidationError)):
            read()
