"""The law of wire.py, for one operation: what is written is what is read. Used by tests and by conformance/wire.py."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import unquote

from pymacaron.bodies import BodyStream, Upload
from pymacaron.messages import Request
from pymacaron.operations import HEADER, Operation
from pymacaron.router import Router
from pymacaron.samples import NoSample, arguments, result
from pymacaron.samples.calls import calls_of
from pymacaron.structs import fields_of, is_model
from pymacaron.wire import read_request, read_response, write_request, write_response


def seen(value: Any) -> Any:
    """A value as data that can be compared: files by their content, models by class and what is present."""
    if isinstance(value, (Upload, BodyStream)):
        return type(value).__name__, getattr(value, "filename", None), value.content_type, value.read()
    if is_model(value):
        return type(value).__name__, seen(fields_of(value))
    if isinstance(value, dict):
        return {name: seen(item) for name, item in value.items()}
    if isinstance(value, (list, Iterator)):
        return [seen(item) for item in value]
    return value


def same(read: Any, given: Any) -> bool:
    """Whether what is read is what was given. A value that fits one of several schemas only by what that one does not
    declare is given as JSON, and read as the model, which has no place for it."""
    if is_model(read) and isinstance(given, dict):
        given = type(read).from_json(given)
    return bool(seen(read) == seen(given))


def is_clear(operation: Operation) -> bool:
    """Can its requests be told apart at all? Not if two parameters take the same key, or one is a header that says how
    the body is sent."""
    headers = {parameter.name.lower() for parameter in operation.parameters if parameter.location == HEADER}
    return not calls_of(operation).entangled and not headers & {"content-type", "content-length", "content-encoding"}


def arrived(request: Request, router: Router[Operation]) -> tuple[Operation, Request]:
    """A request as the other side gets it: the path decoded and taken apart, as WSGI and the router do; slashes inside
    of variables are kept, as the lane does."""
    path = unquote(request.path.replace("%25", "%2525").replace("%2F", "%252F"))
    found = router.find(request.method, path, request.query, request.headers)
    has_slashes = "%2F" in path and not isinstance(found, frozenset)
    if not has_slashes:  # or they are the document's own
        path = unquote(request.path)
        found = router.find(request.method, path, request.query, request.headers)
    assert not isinstance(found, frozenset), f"{request.method} {path} is not routed; there are {sorted(found)}"
    operation, values = found
    values = {name: unquote(value) for name, value in values.items()} if has_slashes else values
    return operation, Request(request.method, path, request.query, request.headers, request.body, values)


def check_request(operation: Operation, router: Router[Operation], seed: int) -> bool:
    """`read_request(op, write_request(op, args)) == args`; False if there are no arguments to try it with."""
    try:
        given, sent = arguments(operation, Random(seed)), arguments(operation, Random(seed))
    except NoSample:
        return False
    found, request = arrived(write_request(operation, sent), router)
    if found is operation:  # else one with the same path, which is more specific
        back = read_request(operation, request)
        assert seen(back.parameters) == seen(given.parameters)
        assert same(back.body, given.body)
    return True


def check_response(operation: Operation, seed: int) -> bool:
    """`read_response(op, write_response(op, result)) == result`; False if there is no result to try it with."""
    try:
        status, value, headers = result(operation, Random(seed))
        equal = result(operation, Random(seed)).value
    except NoSample:
        return False
    response = write_response(operation, (equal, status, headers))
    assert response.status == status
    content = value.read() if isinstance(value, BodyStream) else value  # a stream that says what it is arrives as bytes
    assert same(read_response(operation, response), content)
    return True
