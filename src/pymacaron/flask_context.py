"""What this package knows of Flask's insides, all in one place.

The lane stands in for Flask's own dispatch, so it has to push Flask's contexts, make Flask's responses and find Flask's
error handlers itself. Flask promises none of the names used here, therefore `why_unknown` says whether this Flask, and
this application, are built as this room expects; where they are not, nothing here is used and Flask dispatches.

Contexts are Flask's own classes, whose parts are made when somebody first looks: `request` by `app.request_class`, `g`
by `app.app_ctx_globals_class`, the session by `app.session_interface`.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Sequence
from contextvars import Token
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

import flask.app
import flask.ctx
import flask.sansio.app
from flask.globals import _cv_app, _cv_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    request_tearing_down,
)
from werkzeug.datastructures import Headers
from werkzeug.routing import Rule
from werkzeug.wrappers import Response as WerkzeugResponse

from ._types import HeaderList
from .messages import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask.sessions import SessionMixin

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
    if vars(_made([], 200, b"")).keys() != vars(flask.Response(b"")).keys() or [*vars(Headers())] != ["_list"]:
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


# ------------------------------------------------------------------------------------------------------- contexts


class _Lazy:
    """An attribute that is made at the first look and then kept on the context, which also may be assigned to."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, context: Any, owner: type) -> Any:
        if context is None:
            return self
        made = context.__dict__[self.name] = self.make(context)
        context.touched = True
        return made


class _Tokens(_Lazy):
    """How often a context is pushed: a list that Flask keeps, and that is only made if it is pushed once more."""

    def __get__(self, context: Any, owner: type) -> Any:
        if context is None:
            return self
        made = context.__dict__[self.name] = self.make(context)
        context.pushed_again = True
        return made


class AppContext(flask.ctx.AppContext):
    """Flask's application context, without what nobody asked for."""

    token: Token[flask.ctx.AppContext] | None
    touched = pushed_again = False
    _cv_tokens = _Tokens(lambda self: [] if self.token is None else [self.token])
    g = _Lazy(lambda self: self.app.app_ctx_globals_class())
    url_adapter = _Lazy(lambda self: self.app.create_url_adapter(None))


class RequestContext(flask.ctx.RequestContext):
    """Flask's request context, without what nobody asked for.

    `environ`, `rule` and `view_args` are what `request` is made from; `touched` says whether anything has been made.
    """

    environ: Environ
    rule: Rule
    view_args: dict[str, Any]
    token: Token[flask.ctx.RequestContext] | None
    own: AppContext | None
    touched = pushed_again = False
    _cv_tokens = _Tokens(lambda self: [] if self.token is None else [(self.token, self.own)])

    flashes = None
    request = _Lazy(lambda self: self._make_request())
    url_adapter = _Lazy(lambda self: self.app.create_url_adapter(self.request))
    _session = _Lazy(lambda self: self._open_session())
    _after_request_functions = _Lazy(lambda _: [])

    def _make_request(self) -> flask.Request:
        request = self.app.request_class(self.environ)
        request.json_module = self.app.json
        trusted = self.app.config["TRUSTED_HOSTS"]
        if trusted is not None:
            request.trusted_hosts = trusted
        request.url_rule, request.view_args = self.rule, self.view_args
        return request

    def _open_session(self) -> SessionMixin:
        interface = self.app.session_interface
        opened = interface.open_session(self.app, self.request)
        return interface.make_null_session(self.app) if opened is None else opened

    def match_request(self) -> None:
        """Asked for whenever the context is pushed again or copied; the router has already found the rule."""
        if self.request.url_rule is None:
            super().match_request()


_new = object.__new__
# Blinker keeps these for good, and lets everybody ask whether there is something in them.
_ON_PUSH, _ON_POP = appcontext_pushed.receivers, appcontext_popped.receivers
_ON_APP_TEARDOWN, _ON_REQUEST_TEARDOWN = appcontext_tearing_down.receivers, request_tearing_down.receivers
RESPONSE_CLASS = flask.Response


def enter(app: flask.Flask, environ: Environ, rule: Rule, view_args: dict[str, Any]) -> RequestContext:
    """Push a request context, and an application context unless there is one of this application already."""
    app._got_first_request = True
    context = _new(RequestContext)
    context.app, context.environ, context.rule, context.view_args = app, environ, rule, view_args
    outer: flask.ctx.AppContext | None = _cv_app.get(None)
    own: AppContext | None = None
    if outer is None or outer.app is not app:
        own = _new(AppContext)
        own.app = app
        own.token = _cv_app.set(own)
        if _ON_PUSH:
            appcontext_pushed.send(app, _async_wrapper=app.ensure_sync)
    context.own, context.token = own, _cv_request.set(context)
    return context


def leave(context: RequestContext, error: BaseException | None) -> None:
    """Pop what `enter` pushed, with the teardown functions and signals that there are. `error` is what no handler
    took, which teardown functions get."""
    app, environ = context.app, context.environ
    if "werkzeug.debug.preserve_context" in environ:  # the test client, in a `with` block
        environ["werkzeug.debug.preserve_context"](_cv_app.get())
        environ["werkzeug.debug.preserve_context"](_cv_request.get())
    if error is not None and app.should_ignore_error(error):
        error = None
    if app.teardown_request_funcs or _ON_REQUEST_TEARDOWN or context.pushed_again:
        context.pop(error)
        return
    try:
        if context.touched:
            _close_request(context)
    finally:
        _cv_request.reset(context.token)  # type: ignore[arg-type]  # set by enter()
        context.token, own = None, context.own
        if own is not None:
            _pop_app_context(app, own, error)


def _close_request(context: RequestContext) -> None:
    made = context.__dict__.get("request")
    if made is not None:
        context.environ["werkzeug.request"] = None  # a circle that would wait for the garbage collector
        made.close()


def _pop_app_context(app: flask.Flask, own: AppContext, error: BaseException | None) -> None:
    if app.teardown_appcontext_funcs or _ON_APP_TEARDOWN or _ON_POP or own.pushed_again:
        own.pop(error)
    else:
        _cv_app.reset(own.token)  # type: ignore[arg-type]
        own.token = None


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


# -------------------------------------------------------------------------------------------------------- session


def opens_lazily(interface: object) -> bool:
    """Whether a session may be opened when somebody looks at it: nobody can tell with Flask's own, kept in a cookie."""
    return (
        type(interface) is SecureCookieSessionInterface
        and not vars(interface)
        and interface.session_class is SecureCookieSession
    )


def session_to_save(context: RequestContext) -> SessionMixin | None:
    """The session that has to be saved with this response. One that nobody looked at needs no saving, unless it is
    permanent: those are sent anew with every response."""
    app = context.app
    session: SessionMixin | None = context.__dict__.get("_session") if context.touched else None
    if session is None:
        cookies = context.environ.get("HTTP_COOKIE")
        if not cookies or app.config["SESSION_COOKIE_NAME"] not in cookies:
            return None
        if not app.secret_key or not app.config["SESSION_REFRESH_EACH_REQUEST"]:
            return None
        session = context._session
        if session is None or not session.permanent:
            return None
    return None if app.session_interface.is_null_session(session) else session


def has_more_to_do(context: RequestContext) -> bool:
    """Whether there is a function from after_this_request to be called, or a session to be saved."""
    return bool(after_functions(context)) or session_to_save(context) is not None


def after_functions(context: RequestContext) -> Sequence[Callable[[Any], Any]]:
    """What `flask.after_this_request` collected."""
    return context.__dict__.get("_after_request_functions", ()) if context.touched else ()


# ------------------------------------------------------------------------------------------------------ responses


class _StatusLines(dict[int, str]):
    """Status lines as Werkzeug writes them: 404 is "404 NOT FOUND"."""

    def __missing__(self, status: int) -> str:
        line = self[status] = WerkzeugResponse(status=status).status
        return line


STATUS_LINES = _StatusLines()


class _Names(dict[str, bool]):
    """Whether a header is Content-Length, for names that can be sent."""

    def __missing__(self, name: str) -> bool:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!a} is no name of a header (RFC 9110 section 5.6.2)")
        is_length = name.lower() == "content-length"
        if len(self) < 1000:  # names come from documents and code, but nothing says so
            self[name] = is_length
        return is_length


_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NAMES = _Names()


def header_list(response: Response) -> HeaderList:
    """The headers of our response as a new list, with Content-Length where the length is known.

    Raises:
        ValueError: a header that could not be sent, or that would smuggle in another one (CR, LF).
    """
    headers = [*response.headers]
    sized = False
    for name, value in headers:
        if _NAMES[name]:
            sized = True
        if not (value.isascii() and value.isprintable()):
            _check_value(name, value)
    if not sized:
        body = response.body
        if isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        elif isinstance(body, list | tuple):
            headers.append(("Content-Length", str(sum(map(len, body)))))
    return headers


def _check_value(name: str, value: str) -> None:
    try:
        value.encode("latin-1")  # what PEP 3333 lets pass
    except UnicodeEncodeError:
        raise ValueError(f"the header {name} has characters beyond Latin-1, which HTTP cannot carry") from None
    if "\r" in value or "\n" in value or "\0" in value:
        raise ValueError(f"the header {name} has a line break or NUL, which HTTP forbids")


def flask_response(app: flask.Flask, response: Response) -> flask.Response:
    """Our response as one of `app.response_class`."""
    headers = header_list(response)
    body = response.body
    if app.response_class is flask.Response:
        return _made(headers, response.status, body)
    made = app.response_class(body, status=response.status, headers=headers)
    if not any(name.lower() == "content-type" for name, _ in headers):
        made.headers.pop("Content-Type", None)  # the class put in its default, ours has none
    return made


def _made(headers: HeaderList, status: int, body: bytes | Iterable[bytes]) -> flask.Response:
    """What flask.Response(body, status, headers) makes, in a fifth of the time: the headers are checked already."""
    made, held = _new(flask.Response), _new(Headers)
    held._list = headers
    made.headers = held
    made._status, made._status_code = STATUS_LINES[status], status
    made.direct_passthrough = False
    made._on_close = []
    made.response = [body] if isinstance(body, bytes) else body
    return made


def send(response: flask.Response, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with Flask's response: by itself, or in a quarter of the time where nothing about it is special."""
    body = response.response
    if (
        type(response) is flask.Response
        and type(body) is list
        and len(body) == 1
        and type(body[0]) is bytes
        and not response._on_close
        and response._status_code >= 200
        and response._status_code not in {204, 304}
        and _is_plain(response.headers._list)
    ):
        start_response(response._status, [*response.headers._list])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body
    return response(environ, start_response)


def _is_plain(headers: HeaderList) -> bool:
    """Whether Werkzeug would send these headers as they are: it edits locations and adds a missing length."""
    sized = False
    for name, _ in headers:
        lower = name.lower()
        if lower == "content-length":
            sized = True
        elif lower in {"location", "content-location"}:
            return False
    return sized


# ----------------------------------------------------------------------------------------- error handlers and rules


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
            return compiled(**values)  # type: ignore[no-any-return]

        return build
