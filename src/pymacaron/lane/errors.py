"""Which errors become our responses, and which are left to Flask.

Whatever goes wrong in an operation is ours, unless the user has a handler for it. Of all other requests, only what
Flask itself would answer is: a path or method that does not exist (404, 405), and exceptions nobody handles (500).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from flask import Flask, request
from flask.signals import got_request_exception
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound

from pymacaron.answers import BrokenPromise
from pymacaron.calls import current
from pymacaron.exceptions import MethodNotAllowedError, NotFoundError, PyMacaronException
from pymacaron.flask_context import error_handler, flask_response, is_flasks_own
from pymacaron.messages import Response

from .routes import Endpoint, name_call

ErrorResponse: TypeAlias = Callable[[BaseException], Response]

_PLACE = "pymacaron"  # in app.extensions, where Flask's extensions keep what belongs to an application


class Errors:
    """Our error handlers on one application.

    Two are registered with Flask: for Werkzeug's HTTPException and for our PyMacaronException. Being for the broadest
    classes, they stand behind whatever the user registers, before or after: for a code, for a subclass, in a blueprint.
    One for the same class takes their place, and to one for a broader class (`Exception`) they give way.
    """

    @classmethod
    def of(cls, app: Flask, error_response: ErrorResponse) -> Errors:
        """Those of the application; made, with `error_response` for requests that are no operation's, if need be."""
        errors: Errors | None = app.extensions.get(_PLACE)
        if errors is None:
            errors = app.extensions[_PLACE] = cls(app, error_response)
        return errors

    def __init__(self, app: Flask, error_response: ErrorResponse) -> None:
        self.app = app
        self.formats: dict[str, ErrorResponse] = {}  # by Flask's name of the operation
        self.endpoints: dict[str, Endpoint] = {}  # likewise
        self._else = error_response
        self._broad: dict[type[Exception], Callable[[Any], Any]] = app.error_handler_spec[None][None]
        self._handler = self.handle
        for cls in (HTTPException, PyMacaronException):
            if cls not in self._broad:
                app.register_error_handler(cls, self._handler)
        if is_flasks_own(app, "handle_exception"):
            self._flasks = app.handle_exception
            app.handle_exception = self.unhandled  # type: ignore[assignment]  # as flask-cors does

    def name_calls(self) -> None:
        """Let calls that Flask dispatches be of their operations, though a hook should answer in their stead."""
        first: list[Callable[..., None]] = self.app.url_value_preprocessors[None]
        if self._begin not in first:
            first.insert(0, self._begin)

    def _begin(self, name: str | None, _values: object) -> None:
        call, endpoint = current.get(), self.endpoints.get(name or "")
        if call is not None and endpoint is not None:
            name_call(call, endpoint)

    def is_ours(self, error: Exception, blueprints: list[str]) -> bool:
        """Whether our handler is the one to take an error of an operation."""
        if isinstance(error, PyMacaronException) and self._is_alone(blueprints):
            return True
        return error_handler(self.app, error, blueprints) == self.handle and self._broader(error) is None

    def _is_alone(self, blueprints: list[str]) -> bool:
        """Whether nobody else has a handler that could be for one of our errors: two dictionary look-ups that save
        Flask's search."""
        broad, specific = self._broad, self.app.error_handler_spec
        if len(broad) != 2 or broad.get(PyMacaronException) is not self._handler:
            return False
        for name in blueprints:  # noqa: SIM110 - on the request path, where a generator costs as much as all the rest
            if name in specific and specific[name][None]:
                return False
        return True

    def _broader(self, error: Exception) -> Callable[[Any], Any] | None:
        """A handler of the user's for a class above those that ours stand for."""
        for cls in type(error).__mro__:
            handler = self._broad.get(cls)
            if handler is not None and handler != self.handle:
                return handler
        return None

    def handle(self, error: Exception) -> Any:
        """The handler that Flask calls. What is not for us is given back as Flask would have answered it."""
        self._note(error)
        broader = self._broader(error)
        if broader is not None:
            return self.app.ensure_sync(broader)(error)
        if isinstance(error, HTTPException) and not self._answers(error):
            if self.app.trap_http_exception(error):  # then it is to count as a failure of the program
                raise error
            return error
        return flask_response(self.app, self._format(error))

    def _note(self, error: BaseException) -> None:
        """Let the call know what has ended it, where that was before its operation was reached."""
        call, endpoint = current.get(), self.endpoints.get(request.endpoint or "")
        if call is not None and endpoint is not None and call.failure is None:
            call.failure = error
            name_call(call, endpoint)

    def _answers(self, error: HTTPException) -> bool:
        if getattr(error, "original_exception", None) is not None:
            return True
        if error.response is not None:  # abort(response) and the like
            return False
        return request.endpoint in self.formats or error is request.routing_exception

    def _format(self, error: BaseException) -> Response:
        original = getattr(error, "original_exception", None)
        if original is not None and not isinstance(original, HTTPException):  # that would answer with its own status
            error = original
        if error is request.routing_exception:
            error = _routing_error(error)
        return self.formats.get(request.endpoint or "", self._else)(error)

    def unhandled(self, error: Exception) -> Any:
        """Takes the place of `app.handle_exception`. An operation answers 500 even where Flask would let the exception
        through, in tests and in debug mode."""
        self._note(error)
        if request.endpoint not in self.formats:
            return self._flasks(error)
        app = self.app
        got_request_exception.send(app, _async_wrapper=app.ensure_sync, exception=error)
        if not isinstance(error, BrokenPromise):  # which is told already, and comes from no line of the user's
            app.log_exception(sys.exc_info())
        failure = InternalServerError(original_exception=error)
        handler = error_handler(app, failure, request.blueprints)
        answer = app.ensure_sync(handler or self.handle)(failure)
        return app.finalize_request(answer, from_error_handler=True)


def _routing_error(error: BaseException) -> BaseException:
    """Flask's 404 and 405 as ours; the others (a host that is not trusted) as they are."""
    if isinstance(error, MethodNotAllowed):
        return MethodNotAllowedError("this path does not support the method", allowed=error.valid_methods or ())
    if isinstance(error, NotFound):
        return NotFoundError("this path does not exist")
    return error
