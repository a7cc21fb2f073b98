"""Flask's contexts and sessions, made when somebody first looks.

The contexts are Flask's own classes. Their parts come from where Flask has them from: `request` from
`app.request_class`, `g` from `app.app_ctx_globals_class`, the session from `app.session_interface`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import Token
from typing import TYPE_CHECKING, Any

import flask.ctx
from flask.globals import _cv_app, _cv_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.signals import appcontext_popped, appcontext_pushed, appcontext_tearing_down, request_tearing_down
from werkzeug.routing import Rule

from .known import Environ

if TYPE_CHECKING:
    from flask.sessions import SessionMixin


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

    def present_view_args(self) -> dict[str, Any]:
        """The view_args, which hooks may have changed or put others in the place of."""
        made = self.__dict__.get("request")
        return self.view_args if made is None else made.view_args or {}

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
        _cv_app.reset(own.token)  # type: ignore[arg-type]  # Flask's types differ by version
        own.token = None


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
