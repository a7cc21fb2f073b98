"""The lane: operations answered in front of Flask's dispatcher, everything Flask promises kept.

It stands around Flask's own `wsgi_app`, innermost: what the user wrapped around the application stays outside. For a
request that the router knows, it pushes Flask's contexts, calls the hooks, error handlers and signal receivers that
there are, and sends the answer. All other requests, and all that is out of the ordinary (a websocket, a host that Flask
may refuse, a view function that somebody wrapped), go on to Flask, which knows the operations too: each has a URL rule
and a view function. Both ways give the same bytes; `install(..., through_flask=True)` leaves only Flask's.

    routes.py     an operation as Flask and the lane see it; its URL rule and view function
    environ.py    the WSGI environ as headers, path and body
    errors.py     which errors become our responses, and which are left to Flask
    dispatch.py   one request through the lane
    place.py      where the lane goes: inside all middleware
    watching.py   a call for every request, and its end told
    slashes.py    slashes inside of path variables
    origins.py    whose pages may call from browsers
    hosts.py      which hosts are answered for
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from flask import Flask

from pymacaron.calls import Listeners
from pymacaron.flask_context import why_unknown
from pymacaron.router import Router

from .errors import ErrorResponse, Errors
from .hosts import trust_hosts
from .origins import allow_origins
from .place import Layer, place, wrap
from .routes import Entry, Route, register
from .slashes import Slashes
from .watching import Watching

__all__ = ["ErrorResponse", "Layer", "Route", "allow_origins", "install", "trust_hosts", "wrap"]

log = logging.getLogger(__name__)


def install(
    app: Flask, routes: Sequence[Route], error_response: ErrorResponse, *, listeners: Listeners | None = None,
    through_flask: bool = False,
) -> None:  # fmt: skip
    """Let `app` answer the operations. `error_response` turns any exception into our response and never raises;
    `listeners` are told of requests that were answered, those for the application's own routes included.

    With `through_flask`, Flask's own dispatch answers them; so it does where Flask or the application is not built as
    flask_context expects, which is logged. May be called several times, before the first request.

    Raises:
        AssertionError: from Flask, where the application has handled a request or has an endpoint of that name.
    """
    entries = [Entry(route) for route in routes]
    router = Router(entries)
    errors = Errors.of(app, error_response)
    errors.formats.update((entry.name, error_response) for entry in entries)
    errors.endpoints.update((entry.name, entry.endpoint) for entry in entries)
    register(app, entries, router)
    watching = None if listeners is None else Watching(app, listeners)
    if watching is not None:
        wrap(app, watching)
    reason = None if through_flask else why_unknown(app) or _put_lane(app, router, entries, errors, watching)
    if through_flask or reason is not None:
        place(app, Slashes(app, router))
        errors.name_calls()
    if reason is not None:
        log.warning("%s: Flask's own dispatch answers the operations, since %s", app.name, reason)


def _put_lane(
    app: Flask, router: Router[Entry], entries: Sequence[Entry], errors: Errors, watching: Watching | None
) -> str | None:
    """Put the lane into its place; the reason if that cannot be done."""
    from .dispatch import Lane  # with private names of Flask, which an unknown one may not have

    if place(app, Lane(app, router, entries, errors, watching)):
        return None
    return "what is wrapped around its wsgi_app could not be recognised"
