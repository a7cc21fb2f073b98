"""A function of the user's behind each operation: found, checked against the document, and called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ._types import Handler, JsonObject
from .answers import OFF, BreachListener, ResponseCheck, keep_length
from .auth import Guard
from .bodies import FileBody, Pieces, close
from .calls import Call, current
from .conditions import conditional, meets_conditions
from .exceptions import DeadlineExceededError, PyMacaronException, is_error, spare_the_worker
from .loops import awaited
from .messages import ABSENT, Request, Response
from .negotiation import check_acceptable, choices, preference
from .operations import Operation
from .structs import ModelInfo, is_model
from .wire import RequestReader, ResponseWriter


class Options(NamedTuple):
    """What the configuration says about answering.

    Attributes:
        strict_query: refuse undeclared query parameters.
        max_body: bytes a body may have; None for any number.
        mode: how responses are checked (see answers.py); asked at the first call of each operation.
        passed_on: the type of results that are responses already, Flask's.
        broken: is told of responses that break the document; None: they are logged.
    """

    strict_query: bool
    max_body: int | None
    mode: Callable[[], str]
    passed_on: type
    broken: BreachListener | None = None


_CONDITIONAL = frozenset(("GET", "HEAD"))  # RFC 9110 sections 13.1 and 14.2
# So many different Accept headers are remembered, of so many characters.
_MOST_WRITERS, _LONGEST_ACCEPT = 64, 500


class Bound(Protocol):
    """An operation and what answers it."""

    operation: Operation
    guard: Guard | None

    def begin(self, call: Call) -> None: ...
    def answer(self, request: Request, result: Any) -> Any: ...
    def __call__(self, request: Request) -> Any: ...


class Endpoint:
    """An operation bound to its function: called with a request, it gives the response.

    Args:
        inner: the function inside the decorator, whose signature counts; None if there is no decorator.
        guard: says who calls, or refuses, before anything of the request is read; None: everybody may call.
    """

    def __init__(
        self, operation: Operation, function: Handler, options: Options, inner: Handler | None = None, *,
        guard: Guard | None = None, signature: inspect.Signature | None = None,
    ) -> None:  # fmt: skip
        inner = function if inner is None else inner
        self.operation = operation
        self.function = function
        self.guard = guard
        self._name = f"{inner.__module__}.{getattr(inner, '__qualname__', type(inner).__name__)}"
        self._passed_on = options.passed_on
        self._mode, self._broken = options.mode, options.broken
        self._read = RequestReader(operation, strict_query=options.strict_query, max_body=options.max_body).read
        self._writers: dict[str | None, ResponseWriter] = {}  # by Accept header, made when it is first seen
        self._by_choices: dict[object, ResponseWriter] = {}
        self._checked: Callable[[Response], None] = self._first_checked
        self._unchecked = False
        is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(inner)
        self._call = awaited(function) if is_async else function
        self._plain: set[type] = {dict, list}  # types of results that take the shortest way
        self._takes_body = bool(operation.contents) and not operation.has_form_fields
        self._fill, self._body_default = _defaults(operation, signature or _signature_of(inner))

    def begin(self, call: Call) -> None:
        """Let a call be one of this operation."""
        call.operation, call.function = self.operation, self._name

    def __call__(self, request: Request) -> Any:
        """Answer a request.

        Raises:
            Exception: whatever the function raises, and what the request does wrong (PyMacaronException).
        """
        call = current.get()
        if call is not None:
            call.operation, call.function = self.operation, self._name
            if call.deadline is not None and not call.left_ms():
                raise DeadlineExceededError("the caller's deadline has passed")
        if self.guard is not None:
            admit(self.guard, request, call)
        accept = request.headers.get("accept")
        write = self._writers.get(accept) or self._writer_for(accept)
        body, arguments = self._read(request)
        for name in self._fill:
            arguments.setdefault(name, None)
        try:
            if not self._takes_body or (body is ABSENT and self._body_default):
                result = self._call(**arguments)
            else:
                result = self._call(None if body is ABSENT else body, **arguments)
        except BaseException as error:
            spare_the_worker(error, f"{self.operation.title}: the function")
            raise
        if type(result) in self._plain and write.is_plain:
            response = write.plain(result)
            if not self._unchecked:
                self._checked(response)
            return response
        return self._sent(request, self.respond(result, write))

    def _writer_for(self, accept: str | None) -> ResponseWriter:
        """What writes for callers who send this Accept header.

        Raises:
            NotAcceptableError: nothing that they want is there.
        """
        wanted = preference(accept)
        check_acceptable(self.operation, wanted)
        found = choices(self.operation, wanted)
        made = self._by_choices.get(found) or ResponseWriter(self.operation, wanted)
        if len(self._writers) < _MOST_WRITERS and len(accept or "") < _LONGEST_ACCEPT:
            self._writers[accept] = self._by_choices[found] = made
        return made

    def answer(self, request: Request, result: Any) -> Any:
        """The response for what the function has returned at some other time.

        Raises:
            Exception: as for a call.
        """
        return self._sent(request, self.respond(result, self._writer_for(request.headers.get("accept"))))

    def respond(self, result: Any, write: ResponseWriter) -> Any:
        """The response for what the function returned."""
        if isinstance(result, PyMacaronException):
            raise result
        if isinstance(result, self._passed_on):
            return result
        if is_model(result) and not _is_error_model(type(result)):
            self._plain.add(type(result))
            return write(result)
        value, status = result if _is_value_and_status(result) else (result, None)
        if is_model(value) and _is_error_model(type(value)) and is_error(value):
            raise ReturnedError(value.to_json(), value.status if status is None else status)
        return write(result)

    def _sent(self, request: Request, response: Any) -> Any:
        """The response as it is sent: checked, begun, and no more of it than the caller asks for.

        Raises:
            Exception: what goes wrong before the first byte.
        """
        if not isinstance(response, Response):
            return response
        try:
            if not self._unchecked:
                self._checked(response)
            if isinstance(response.body, Pieces | FileBody):
                response.body.begin()
        except BaseException:
            close(response.body)
            raise
        if request.method in _CONDITIONAL and meets_conditions(response):
            response = conditional(request, response)
        if request.method == "HEAD" and not isinstance(response.body, bytes):
            close(response.body)
            response.body = iter(())
        elif any(len(name) == 14 and name.lower() == "content-length" for name, _ in response.headers):
            keep_length(response, self.operation)
        return response

    def _first_checked(self, response: Response) -> None:
        mode = self._mode()  # at the first call, when it is known whether tests are running
        self._unchecked = mode == OFF
        if not self._unchecked:
            self._checked = ResponseCheck(self.operation, mode, self._broken).__call__
            self._checked(response)


def admit(guard: Guard, request: Request, call: Call | None) -> None:
    """Let the call have the identity that a guard finds, or its refusal."""
    identity = guard(request)
    if call is not None:
        call.identity = identity


class ReturnedError(PyMacaronException):
    """The error that a function returned as a model of the document: the same to callers as one that was raised."""

    def __init__(self, body: JsonObject, status: int) -> None:
        super().__init__(str(body.get("error_description") or ""), body.get("user_message"), body.get("error_id"))
        self.code, self.status = body["error"], status
        self._body = body | {"status": status}

    def to_json(self) -> JsonObject:
        return super().to_json() | self._body


def _is_value_and_status(result: object) -> bool:
    return isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], int)


def _is_error_model(cls: Any) -> bool:
    info: ModelInfo = cls.__model__
    return {"error", "status"} <= info.properties.keys()


def _signature_of(function: Handler) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _defaults(operation: Operation, signature: inspect.Signature | None) -> tuple[tuple[str, ...], bool]:
    """(the arguments that are None when absent, as the function has no default for them; has it one for the body?)"""
    if signature is None:
        return tuple(p.argument for p in operation.parameters if not p.required), False
    parameters = signature.parameters
    named = {name for name, p in parameters.items() if p.default is not inspect.Parameter.empty}
    catches_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    fill = tuple(
        p.argument
        for p in operation.parameters
        if p.argument not in named
        and (p.argument in parameters or not catches_all)
        and not p.required
        and p.default is ABSENT
    )
    first = next(iter(parameters.values()), None)
    return fill, first is not None and first.default is not inspect.Parameter.empty
