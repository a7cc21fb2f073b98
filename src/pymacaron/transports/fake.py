"""What stands in for another service in a test: functions, or ready results, for its operations.

Arguments and results go through the document on both sides, as they would with the service itself: a fake that gives
what the document does not allow fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import unquote

from pymacaron.answers import ENFORCE, BrokenPromise
from pymacaron.bodies import Joined
from pymacaron.calls import Call, current
from pymacaron.endpoints import Endpoint, Options
from pymacaron.exceptions import PyMacaronException, WrongFakeError
from pymacaron.failures import Failures
from pymacaron.messages import Request, Response
from pymacaron.operations import Operation
from pymacaron.router import Router
from pymacaron.wire import ResultFault

from .carrying import Sending, TransportFault

_SLASH = "\uf8ff"  # stands for one inside a value, and is of private use


class Called(NamedTuple):
    """A call that a fake has got.

    Attributes:
        operation: its name, as the client has it.
        body: None if there was none.
        arguments: the other ones, by the names that functions get them by.
        headers: by lower-case name.
    """

    operation: str
    body: Any
    arguments: Mapping[str, Any]
    headers: Mapping[str, str]


class FakeTransport:
    """Answers the operations of an API.

    Args:
        operations: all of the API, by their names.
        answers: by name: a function, which is called as that of the service would be, a result, or an exception. A
            ConnectionError is a connection that breaks off, a TimeoutError an answer that does not come in time.

    Attributes:
        calls: that have come, the first one first.
    """

    is_local = True

    def __init__(self, operations: Mapping[str, Operation], answers: Mapping[str, Any]) -> None:
        self.calls: list[Called] = []
        self._names = {operation: name for name, operation in operations.items()}
        self._endpoints = {name: self._endpoint(operations[name], answer) for name, answer in answers.items()}
        self._router = Router(operations.values())

    def send(self, sending: Sending) -> Response:
        if sending.until <= monotonic():
            raise TransportFault("the deadline has passed", unsent=True, late=True)
        asked = sending.request
        operation, values = self._found(asked)
        request = Request(asked.method, unquote(asked.path), asked.query, asked.headers, asked.body, values)
        return copy_context().run(self._answered, operation, request)

    def _found(self, request: Request) -> tuple[Operation, Mapping[str, str]]:
        """What a request calls, and the values in its path."""
        kept = "/".join(unquote(part).replace("/", _SLASH) for part in request.path.split("/"))
        for path in (kept, unquote(request.path)):  # a document may have such a slash in a path, too
            found = self._router.find(request.method, path, request.query, request.headers)
            if isinstance(found, tuple):
                return found[0], {name: text.replace(_SLASH, "/") for name, text in found[1].items()}
        raise WrongFakeError(f"no operation of the document is {request.method} {request.path}")

    def _answered(self, operation: Operation, request: Request) -> Response:
        name = self._names[operation]
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            known = ", ".join(self._endpoints) or "none"
            raise WrongFakeError(f"{operation.api}.{name} is called, and not faked: fake(..., {name}=...); {known} is")
        current.set(Call(request.headers))
        try:
            response: Response = endpoint(request)
        except (BrokenPromise, ResultFault) as fault:
            raise _wrong(operation, fault) from fault
        except PyMacaronException as error:
            return Failures()(error)
        except TimeoutError as error:
            raise TransportFault("the answer timed out", late=True) from error
        except ConnectionError as error:
            raise TransportFault("the connection broke off") from error
        if not isinstance(response.body, bytes):
            response.body = Joined(_held(response.body, operation))
        return response

    def _endpoint(self, operation: Operation, answer: Any) -> Endpoint:
        answering = answer if callable(answer) and not isinstance(answer, type) else _giving(answer)
        name, takes_body = self._names[operation], bool(operation.contents) and not operation.has_form_fields

        def called(*body: Any, **arguments: Any) -> Any:
            call = current.get()
            headers = call.headers if call is not None else {}
            self.calls.append(Called(name, body[0] if takes_body and body else None, arguments, headers))
            return answering(*body, **arguments)

        options = Options(strict_query=False, max_body=None, mode=lambda: ENFORCE, passed_on=Response)
        return Endpoint(operation, called, options, answering, signature=_generous(answering))


def _generous(function: Callable[..., Any]) -> inspect.Signature | None:
    """Its signature, as if it took any argument: those that it does not name, and that are not sent, it need not."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    named = [one for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD]
    return inspect.Signature([*named, inspect.Parameter("others", inspect.Parameter.VAR_KEYWORD)])


def _giving(answer: Any) -> Callable[..., Any]:
    """The function that gives a ready result, or raises an exception."""

    def give(*_: Any, **__: Any) -> Any:
        if isinstance(answer, BaseException) or (isinstance(answer, type) and issubclass(answer, BaseException)):
            raise answer
        return answer

    return give


def _held(pieces: Any, operation: Operation) -> Iterator[bytes]:
    """The pieces of an answer, each held against the document."""
    try:
        yield from pieces
    except BrokenPromise as fault:
        raise _wrong(operation, fault) from fault


def _wrong(operation: Operation, fault: Exception) -> WrongFakeError:
    return WrongFakeError(f"the fake of {operation.api}.{operation.name} breaks the document: {fault}")
