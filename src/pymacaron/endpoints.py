"""A function of the user's behind each operation: found, checked against the document, and called."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, NamedTuple
from weakref import finalize

from ._types import Handler, JsonObject
from .answers import OFF, ResponseCheck
from .exceptions import PyMacaronException, is_error
from .messages import ABSENT, Request, Response
from .operations import Operation
from .structs import ModelInfo, is_model
from .wire import RequestReader, ResponseWriter


class Options(NamedTuple):
    """What the configuration says about answering.

    Attributes:
        strict_query: refuse undeclared query parameters.
        max_body: bytes a body may have; None for any number.
        check: makes the check of an operation's responses; None: they are not checked.
        passed_on: the type of results that are responses already, Flask's.
    """

    strict_query: bool
    max_body: int | None
    mode: Callable[[], str]
    passed_on: type


class Endpoint:
    """An operation bound to its function: called with a request, it gives the response.

    Args:
        inner: the function inside the decorator, whose signature counts; None if there is no decorator.
    """

    def __init__(self, operation: Operation, function: Handler, options: Options, inner: Handler | None = None) -> None:
        inner = function if inner is None else inner
        self.operation = operation
        self.function = function
        self._passed_on = options.passed_on
        self._mode = options.mode
        self._read = RequestReader(operation, strict_query=options.strict_query, max_body=options.max_body)
        self._write = ResponseWriter(operation)
        self._check: ResponseCheck | None = None
        self._unchecked = False
        is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(inner)
        self._call = _awaited(function) if is_async else function
        self._plain: set[type] = {dict, list}  # types of results that take the shortest way
        self._takes_body = bool(operation.contents) and not operation.has_form_fields
        self._fill, self._body_default = _defaults(operation, inner)

    def __call__(self, request: Request) -> Any:
        """Answer a request.

        Raises:
            Exception: whatever the function raises, and what the request does wrong (PyMacaronException).
        """
        body, arguments = self._read(request)
        for name in self._fill:
            arguments.setdefault(name, None)
        if not self._takes_body or (body is ABSENT and self._body_default):
            result = self._call(**arguments)
        else:
            result = self._call(None if body is ABSENT else body, **arguments)
        write = self._write
        plain = type(result) in self._plain and write.is_plain
        response = write.plain(result) if plain else self.respond(result)
        if not self._unchecked:
            self._checked(response)
        return response

    def respond(self, result: Any) -> Any:
        """The response for what the function returned."""
        if isinstance(result, PyMacaronException):
            raise result
        if isinstance(result, self._passed_on):
            return result
        if is_model(result) and not _is_error_model(type(result)):
            self._plain.add(type(result))
            return self._write(result)
        value, status = result if _is_value_and_status(result) else (result, None)
        if is_model(value) and _is_error_model(type(value)) and is_error(value):
            raise ReturnedError(value.to_json(), value.status if status is None else status)
        return self._write(result)

    def _checked(self, response: Any) -> None:
        if self._check is None:  # at the first call, when it is known whether tests are running
            mode = self._mode()
            self._unchecked = mode == OFF
            self._check = ResponseCheck(self.operation, mode)
        if not self._unchecked and isinstance(response, Response):
            self._check(response)


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


def _defaults(operation: Operation, function: Handler) -> tuple[tuple[str, ...], bool]:
    """(the arguments that are None when absent, as the function has no default for them; has it one for the body?)"""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return tuple(p.argument for p in operation.parameters if not p.required), False
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


class _Loop:
    """The event loop that a thread keeps for its calls, and that is closed with the thread."""

    def __init__(self) -> None:
        import asyncio  # 20 ms to import, for the services that have such functions

        self._runner = asyncio.Runner()
        finalize(self, _close, self._runner.get_loop())

    def run(self, coroutine: Any) -> Any:
        # in a copy of the caller's context variables, Flask's among them
        return self._runner.run(coroutine, context=copy_context())


def _close(loop: Any) -> None:
    if not loop.is_running():
        loop.close()


_thread = threading.local()


def _awaited(function: Handler) -> Handler:
    """A function that returns coroutines as one that returns their results."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if not inspect.iscoroutine(result):
            return result
        if not hasattr(_thread, "loop"):
            _thread.loop = _Loop()
        return _thread.loop.run(result)

    return call
