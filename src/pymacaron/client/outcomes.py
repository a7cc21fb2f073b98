"""What an answer means: a result, or an error that says what was called and what came back.

What is told to callers of ours names the operation and the fact. What came back stands in a note of the exception,
without secrets, for the log and for crash reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

from pymacaron.bodies import close, read_json
from pymacaron.exceptions import (
    BadGatewayError,
    BadRequestError,
    DeadlineExceededError,
    InternalServerError,
    PyMacaronException,
    ServiceUnavailableError,
    error_of_status,
    is_error,
    raise_error,
)
from pymacaron.messages import Response, header_of
from pymacaron.operations import Operation
from pymacaron.schemas import RESPONSE
from pymacaron.transports import Origin, TransportFault, WrongAnswer
from pymacaron.wire import check_response, read_response

if TYPE_CHECKING:
    from pymacaron.crash.redaction import Redaction

# Tells a redaction what is secret.
Hiding: TypeAlias = "Callable[[Redaction], None]"

_ACCEPTED = 202
_SHOWN = 300  # characters of an answer


T = TypeVar("T")


class Answered(NamedTuple, Generic[T]):
    """What a call gives that was made `with_response`.

    Attributes:
        result: what it gives without.
        status: of the answer; None if there was none.
        headers: of the answer, by lower-case name; several of one name joined by ", ".
    """

    result: T
    status: int | None
    headers: Mapping[str, str]


def outcome_of(
    operation: Operation, origin: Origin, response: Response,
    *, hide: Hiding = lambda redaction: None,
) -> Any:  # fmt: skip
    """The result that an answer holds; for an error a model, or an exception that is not raised.

    Args:
        hide: tells what nobody is told, even if it came back.
    """
    if response.status == _ACCEPTED and operation.extensions.get("x-async") and isinstance(response.body, bytes):
        return _lenient(operation, response.body)  # its status, which no document of a service declares
    value: Any = None
    fault: PyMacaronException | None = None
    try:
        value = read_response(operation, response)
    except InternalServerError as error:
        fault = error
    if response.status < 400:
        return value if fault is None else _noted(_unexpected(fault), operation, origin, response, hide)
    if fault is not None:
        value = _lenient(operation, response.body)
    if is_error(value) and not isinstance(value, dict):
        return value
    return _noted(_of_status(operation, response.status, value), operation, origin, response, hide)


def undeclared(operation: Operation, origin: Origin, response: Response, *, hide: Hiding) -> PyMacaronException | None:
    """The error for an answer whose body is not read here, if the document has none such."""
    try:
        check_response(operation, response)
    except InternalServerError as fault:
        close(response.body)
        return _noted(_unexpected(fault), operation, origin, response, hide)
    return None


def _unexpected(fault: PyMacaronException) -> PyMacaronException:
    """An answer that the document does not allow. Its parts stay unsaid where they may be the caller's secrets."""
    error = BadGatewayError(fault.error_description, error_id=fault.error_id)
    error.__cause__ = fault.__cause__
    return error


def _of_status(operation: Operation, status: int, value: Any) -> PyMacaronException:
    """The error for an answer whose body is no error that the document describes; `value` is its body."""
    if is_error(value):
        return raised({**value, "status": status})
    error = error_of_status(status, f"{operation.api}.{operation.name} answered with status {status}")
    return error.caught(value) if value is not None else error


def _lenient(operation: Operation, body: Any) -> Any:
    """An error that the document does not declare: as its model `Error`, if that is what it is, else what is said in
    JSON; None if nothing is."""
    try:
        value = read_json(body) if isinstance(body, bytes) else None
    except BadRequestError:
        return None
    shapes = operation.shapes
    if is_error(value) and "Error" in shapes.named:
        schema = shapes.schemas.at(shapes.named["Error"])
        if schema.checker(RESPONSE).is_valid(value):
            return shapes.of(schema).convert(value)
    return value


def unreached(operation: Operation, origin: Origin, fault: TransportFault) -> PyMacaronException:
    """The error for a call that has no answer."""
    unavailable = BadGatewayError if isinstance(fault, WrongAnswer) else ServiceUnavailableError
    cls = DeadlineExceededError if fault.late else unavailable
    error = cls(f"{operation.api}.{operation.name} was not answered: {fault}").caught(fault)
    error.add_note(f"called {operation.method} {origin}{operation.path}")
    return error


def raised(error: Any) -> PyMacaronException:
    """An error as the exception that it is raised as."""
    try:
        raise_error(error)
    except PyMacaronException as exception:
        return exception


def _noted(
    error: PyMacaronException, operation: Operation, origin: Origin, response: Response, hide: Hiding
) -> PyMacaronException:  # fmt: skip
    """The error with what was called and what came back. A body says most, so it is looked through for secrets."""
    # 10 ms to import, for calls that fail
    from pymacaron.crash.names import names_of
    from pymacaron.crash.redaction import Redaction, with_stars

    body = response.body if isinstance(response.body, bytes) else b""
    kind = header_of(response.headers, "content-type") or "no Content-Type"
    text = body[: 4 * _SHOWN].decode("utf-8", "replace")
    redaction = Redaction(names_of(operation))
    hide(redaction)
    shown = with_stars(redaction.clean(text))[:_SHOWN]
    error.add_note(
        f"called {operation.method} {origin}{operation.path}; "
        f"answered {response.status}, {kind[:100]}, {len(body)} bytes: {shown!r}"
    )
    return error
