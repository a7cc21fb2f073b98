"""What pymacaron adds to an API: answers that it may give by itself, and the status resources of every service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pymacaron._types import JsonObject
from pymacaron.dialects import Document
from pymacaron.operations import Operation
from pymacaron.schemas import RESPONSE

from .service import OWN, PROBLEM


class Added(NamedTuple):
    """An answer that pymacaron may give: its status, what it is called among components, and what it means."""

    status: int
    name: str
    description: str

    @property
    def is_error(self) -> bool:
        return self.status >= 400


_ACCEPTED = Added(202, "Accepted", "The operation is queued; Location is the URL of its status.")
_INVALID = Added(400, "InvalidRequest", "The request does not fit this document; `errors` lists every problem.")
_UNAUTHORIZED = Added(401, "Unauthorized", "The request has no credential that is accepted.")
_FORBIDDEN = Added(403, "Forbidden", "The credential lacks the required scope.")
_NOT_ACCEPTABLE = Added(406, "NotAcceptable", "No response matches the Accept header.")
_TOO_LARGE = Added(413, "PayloadTooLarge", "The body is larger than this service accepts.")
_UNSUPPORTED = Added(415, "UnsupportedMediaType", "The Content-Type of the body is not supported.")
_TOO_MANY = Added(429, "TooManyRequests", "Too many calls; try again later.")
_KEY_IN_USE = Added(409, "RequestInProgress", "A request with this Idempotency-Key is being answered, or was answered.")
_KEY_REUSED = Added(422, "IdempotencyKeyReused", "This Idempotency-Key was used for another request.")
_FAILED = Added(500, "ServerError", "The service failed; `error_id` identifies the failure.")
_TOO_LATE = Added(504, "DeadlineExceeded", "The operation has exceeded its time limit.")


def added_answers(operation: Operation) -> list[Added]:
    """The answers of an operation that pymacaron may give, and that the document does not declare."""
    declared = operation.answers.keys()
    accepted = [_ACCEPTED] if operation.extensions.get("x-async") and "202" not in declared else []
    return accepted + _added_errors(operation)


def _added_errors(operation: Operation) -> list[Added]:
    declared = operation.answers.keys()
    if "default" in declared or operation.extensions.get("x-no-bind-server") is True:
        return []
    return [
        answer
        for answer in _possible(operation)
        if str(answer.status) not in declared and f"{answer.status // 100}XX" not in declared
    ]


def _possible(operation: Operation) -> Iterator[Added]:
    if operation.parameters or operation.contents:
        yield _INVALID
    security = operation.security or [{}]
    if {} not in security:
        yield _UNAUTHORIZED
        if any(scopes for requirement in security for scopes in requirement.values()):
            yield _FORBIDDEN
    if any(answer.contents for key, answer in operation.answers.items() if key[0] == "2"):
        yield _NOT_ACCEPTABLE
    if operation.contents:
        yield _TOO_LARGE
        yield _UNSUPPORTED
    if operation.extensions.get("x-idempotent"):
        yield _KEY_IN_USE
        yield _KEY_REUSED
    if operation.extensions.get("x-rate-limit"):
        yield _TOO_MANY
    yield _FAILED
    if "x-timeout-ms" in operation.extensions:
        yield _TOO_LATE


# Those of the status resources.
OF_RESOURCES = (
    _UNAUTHORIZED,
    Added(404, "NotFound", "No such operation, or not one of this caller."),
    Added(409, "Conflict", "It is too late for that."),
    Added(410, "Gone", "It was cancelled."),
)

ACCEPTED_HEADERS: JsonObject = {
    "Location": {"description": "Where the status of the operation is.", "schema": {"type": "string"}}
}

# The bodies of errors

_TEXT = {"type": "string"}
_FAULTS: JsonObject = {
    "type": "array",
    "description": "Every problem of the request.",
    "items": {
        "type": "object",
        "required": ["in", "code", "expected"],
        "properties": {
            "in": {"type": "string", "description": "The part of the request: body, path, query, header or cookie."},
            "name": {"type": "string", "description": "The parameter."},
            "pointer": {"type": "string", "description": "The place in the body, as a JSON pointer (RFC 6901)."},
            "code": {"type": "string", "description": "What is wrong: the keyword of the schema, for instance."},
            "expected": {"type": "string", "description": "What would have been right."},
            "spec": {"type": "string", "description": "The place in this document where a parameter is declared."},
        },
    },
}
_OFFSET = {"type": "integer", "description": "Where the JSON of the body is not valid, in bytes from its start."}
_COMMON: JsonObject = {
    "error_id": {"type": "string", "description": "Identifies this very error, in reports and logs."},
    "user_message": {"type": "string", "description": "A text for the people who use the client."},
    "errors": _FAULTS,
    "offset": _OFFSET,
}
BODIES: Mapping[str, JsonObject] = {
    OWN: {
        "type": "object",
        "required": ["error", "error_description", "error_id", "status"],
        "properties": {
            "error": {"type": "string", "description": "A code for programs."},
            "error_description": {"type": "string", "description": "A text for developers."},
            "status": {"type": "integer", "description": "The HTTP status."},
            **_COMMON,
        },
    },
    PROBLEM: {
        "type": "object",
        "description": "Problem Details (RFC 9457).",
        "required": ["type", "title", "status", "code", "error_id"],
        "properties": {
            "type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT,
            "code": {"type": "string", "description": "A code for programs."},
            **_COMMON,
        },
    },
}  # fmt: skip
MEDIA = {OWN: "application/json", PROBLEM: "application/problem+json"}
NAMES = {OWN: "Error", PROBLEM: "Problem"}
_FAULT = {"in": "query", "name": "limit", "code": "type", "expected": "an integer"}
_EXAMPLES: Mapping[str, JsonObject] = {
    OWN: {
        "error": "INVALID_PARAMETER", "error_description": "query limit: an integer", "status": 400,
        "error_id": "5ab1c2f4-5d0e-4c55-a7f5-6a2a7f7a7a10",
    },
    PROBLEM: {
        "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "query limit: an integer",
        "code": "INVALID_PARAMETER", "error_id": "5ab1c2f4-5d0e-4c55-a7f5-6a2a7f7a7a10",
    },
}  # fmt: skip


def is_compatible(document: Document, name: str, form: str) -> bool:
    """Does the schema that the document calls `name` allow the errors of pymacaron?"""
    node = document.named.get(name)
    if node is None:
        return False
    example = _EXAMPLES[form]
    bodies = (example, {**example, "errors": [_FAULT], "user_message": "Sorry"}, {**example, "offset": 3})
    check = document.schemas.at(node).checker(RESPONSE)
    return all(check.is_valid(body) for body in bodies)
