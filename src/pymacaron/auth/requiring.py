"""Functions and Flask routes of the author's own that want a token."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakSet

from pymacaron.calls import Identity
from pymacaron.exceptions import AuthMissingHeaderError, Finding

from . import acting
from .checks import verify_token
from .credentials import bearer_token

F = TypeVar("F", bound=Callable[..., Any])

_guarded: WeakSet[Callable[..., Any]] = WeakSet()  # what the decorator was put around


def authenticate_http_request(token: str | None = None) -> Identity:
    """Verify the token of the request, or `token`, and make its user the caller.

    Raises:
        AuthError: there is none, or it is not accepted.
        RuntimeError: outside of a call.
    """
    call = acting.the_call()
    if token is None:
        token = bearer_token(call.headers)
    if token is None:
        raise AuthMissingHeaderError("No token was sent; send one as `Authorization: Bearer <token>`")
    identity = verify_token(token)
    acting.become(identity)
    return identity


def requires_auth(function: F) -> F:
    """A decorator for functions and Flask routes that demand a token. On a route, write it below `@app.get`.

    In a document, `x-decorate-server: pymacaron.auth.requires_auth` demands the token before the request is read.
    """
    if inspect.isfunction(function):
        _guarded.add(function)
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def guarded_async(*args: Any, **kwargs: Any) -> Any:
            authenticate_http_request()
            return await function(*args, **kwargs)

        return guarded_async  # type: ignore[return-value]  # of its signature

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        authenticate_http_request()
        return function(*args, **kwargs)

    return guarded  # type: ignore[return-value]  # likewise


def bypassed(views: Mapping[str, Callable[..., Any]]) -> list[Finding]:
    """What is wrong with routes, by their endpoint: one that calls a function without the `requires_auth` around it is
    open to all, as when that stands above `@app.get`. An author who means it has a route for both."""
    wrapped = {id(inner) for view in views.values() for inner in _inside(view)}
    found = []
    for endpoint, view in views.items():
        if inspect.isfunction(view) and view in _guarded and id(view) not in wrapped:
            code = view.__code__
            fact = f"the route {endpoint!r} calls {view.__qualname__} without the requires_auth that is put around it"
            cure = "write @requires_auth below the decorator of the route, next to the function"
            found.append(Finding(f"{code.co_filename}:{code.co_firstlineno}", "", fact, cure))
    return found


def _inside(view: Any) -> Iterator[Any]:
    """What decorators were put around, from the outside in."""
    while (view := getattr(view, "__wrapped__", None)) is not None:
        yield view
