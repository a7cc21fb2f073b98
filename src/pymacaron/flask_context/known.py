"""Which Flask, and which applications, are built as the lane expects; and what is asked of any."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

import flask.app
import flask.ctx
import flask.sansio.app
from werkzeug.routing import Rule

from .responses import is_werkzeug_known

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Environ: TypeAlias = "WSGIEnvironment"

KNOWN_FLASKS = "3.1.3 and later 3.1.x"

# Methods of Flask whose place the lane takes, or that say how a request is dispatched. Who overrides one means it.
_REPLACED = (
    "wsgi_app", "full_dispatch_request", "dispatch_request", "preprocess_request", "process_response",
    "finalize_request", "make_response", "handle_http_exception", "request_context", "app_context",
    "create_url_adapter", "do_teardown_request", "do_teardown_appcontext", "ensure_sync", "raise_routing_exception",
)  # fmt: skip
# These two are called where Flask calls them, so extensions may wrap them on the application (flask-cors does).
_CALLED = ("handle_exception", "handle_user_exception")


def why_unknown(app: flask.Flask) -> str | None:
    """The reason why Flask has to dispatch the operations of this application itself; None if there is none."""
    version = importlib.metadata.version("flask")
    if not version.startswith("3.1.") or "session" not in vars(flask.ctx.RequestContext):  # an attribute before 3.1.3
        return f"Flask {version} is not one whose contexts are known here ({KNOWN_FLASKS})"
    if not is_werkzeug_known():
        return "Werkzeug builds its responses in another way than is known here"
    for name in (*_REPLACED, *_CALLED):
        if not is_flasks_own(app, name):
            return f"{type(app).__name__}.{name} is not Flask's own"
    for name in _REPLACED[1:]:
        if name in vars(app):
            return f"{name} was replaced on the application"
    if app.subdomain_matching or app.url_map.host_matching:
        return "it routes by host name"
    return None


def is_flasks_own(app: flask.Flask, name: str) -> bool:
    """Whether the application's class has a method just as Flask defines it: neither overridden nor patched."""
    method = getattr(type(app), name, None)
    homes = (vars(flask.app), vars(flask.sansio.app))
    return isinstance(method, FunctionType) and any(method.__globals__ is home for home in homes)


def read_by_flask(environ: Environ) -> bytes | None:
    """The body, where `flask.request` has begun to read it; None if it has not.

    Raises:
        RuntimeError: it was read and not kept.
    """
    made = environ.get("werkzeug.request")
    if made is None or "stream" not in vars(made):
        return None
    kept: bytes = made.get_data()
    if made.content_length not in {None, len(kept)}:
        raise RuntimeError(
            "a function that runs before the operations has used up the body of the request; let it call "
            "request.get_data() first, which keeps the body"
        )
    return kept


def error_handler(app: flask.Flask, error: Exception, blueprints: list[str]) -> Callable[[Any], Any] | None:
    """The handler that Flask would call for this error."""
    return app._find_error_handler(error, blueprints)


class LazyRule(Rule):
    """A URL rule whose builders, which `url_for` calls, are compiled at their first use: compiling them takes three
    quarters of the time that a rule costs at start, and most are never built."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        name = "_build_unknown" if append_unknown else "_build"

        def build(rule: LazyRule, /, **values: Any) -> tuple[str, str]:
            compiled = Rule._compile_builder(rule, append_unknown).__get__(rule, None)
            setattr(rule, name, compiled)
            return compiled(**values)  # type: ignore[no-any-return]  # made by exec

        return build


class ExactRule(LazyRule):
    """A URL rule with a slash at its end that Werkzeug does not redirect to.

    Before it looks for less specific rules, Werkzeug redirects a path that a rule would match with one more slash. It
    looks for that slash as a fixed text, so here it is a pattern, which matches the same.
    """

    def compile(self) -> None:
        super().compile()
        *parts, slash = self._parts
        self._parts = [*parts, replace(slash, static=False, content=r"\Z")]
