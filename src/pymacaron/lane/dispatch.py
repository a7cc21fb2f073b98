"""One request through the lane, in the order in which Flask does things (Flask.wsgi_app and what it calls)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Flask
from flask.signals import request_finished, request_started
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from pymacaron._types import HeaderList
from pymacaron.calls import Call, current
from pymacaron.flask_context import (
    RESPONSE_CLASS,
    STATUS_LINES,
    Environ,
    flask_response,
    header_list,
    response_of,
    send,
)
from pymacaron.flask_context.contexts import (
    RequestContext,
    after_functions,
    enter,
    has_more_to_do,
    leave,
    opens_lazily,
    session_to_save,
)
from pymacaron.messages import Request, Response
from pymacaron.router import Router

from .environ import EnvironHeaders, read_body
from .errors import Errors
from .place import Layer
from .routes import Entry, name_call
from .slashes import KEPT, keep_slashes, may_have_slashes, with_slashes
from .watching import SENT_DEADLINE, Begun, Watching

if TYPE_CHECKING:
    import flask
    from _typeshed.wsgi import StartResponse

log = logging.getLogger(__name__)

# Blinker keeps these for good, and lets everybody ask whether there is something in them.
_ON_START, _ON_FINISH = request_started.receivers, request_finished.receivers

# What is ready to be sent: the status line, the headers, the body.
Wire: TypeAlias = tuple[str, HeaderList, Iterable[bytes]]
# The operation, the request for it, and Flask's view_args.
Found: TypeAlias = tuple[Entry, Request, dict[str, str]]


class Lane(Layer):
    """Answers operations and hands all else to `inner`, Flask's own."""

    def __init__(
        self, app: Flask, router: Router[Entry], entries: Sequence[Entry], errors: Errors,
        watching: Watching | None = None,
    ) -> None:  # fmt: skip
        self.app = app
        self._watching = watching
        self._router = router
        self._entries = entries
        self._errors = errors
        self._started = False
        self._hosts: set[str] = set()
        self._trusted: Any = None
        self._session_interface: object = None
        self._opens_lazily = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        found = self._find(environ)
        if found is None:
            return self.inner(environ, start_response)
        watching = self._watching
        call = Call(found[1].headers)
        if SENT_DEADLINE in environ:
            call.with_deadline()
        outer = current.set(call)
        try:
            begun, body = self._within(found, call, environ, start_response)
        except BaseException as error:  # of a teardown function, which comes after the answer and is in its stead
            if watching is not None:
                name_call(call, found[0].endpoint)
                watching.broke_off(call, environ, error)
            raise
        else:
            return body if watching is None else watching.told(call, environ, begun, body)
        finally:
            current.reset(outer)

    def _within(
        self, found: Found, call: Call, environ: Environ, start_response: StartResponse
    ) -> tuple[Begun, Iterable[bytes]]:
        """The answer, within Flask's contexts: what has been begun, and its body."""
        entry, message, view_args = found
        context = enter(self.app, environ, entry.rule, view_args)
        failure: BaseException | None = None
        try:
            try:
                answer = self._answer(entry, message, context, call)
            except Exception as error:  # noqa: BLE001 - whatever it is becomes a response
                failure = error
                answer = self.app.handle_exception(error)
            except BaseException as error:
                failure = error
                raise
            if isinstance(answer, tuple):
                line, headers, body = answer
                start_response(line, headers)
                return Begun(line, headers), body
            begun = Begun(pass_on=start_response)
            return begun, send(answer, environ, begun)
        finally:
            leave(context, failure)

    # ---------------------------------------------------------------------------------------- finding the operation

    def _find(self, environ: Environ) -> Found | None:
        """The operation, the request for it, still without its body, and Flask's view_args; None if it is Flask's."""
        if may_have_slashes(environ):
            keep_slashes(environ, self._router)
        try:
            path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        except KeyError:  # a path may be absent, and is empty then
            return None
        if not path.isascii():
            try:
                path = path.encode("latin-1").decode()
            except UnicodeError:
                return None
        query: str = environ.get("QUERY_STRING", "")
        headers = EnvironHeaders(environ)
        found = self._router.find(method, path, query, headers)
        if not isinstance(found, tuple):
            return None
        entry, values = found
        app = self.app
        if not self._started:
            self._start()
        known_host = environ.get("HTTP_HOST") in self._hosts and app.config["TRUSTED_HOSTS"] == self._trusted
        if not known_host and not self._has_good_host(environ):
            return None
        if (
            app.view_functions.get(entry.name) is not entry.view  # somebody wrapped it
            or ("HTTP_UPGRADE" in environ and environ["HTTP_UPGRADE"].lower() == "websocket")
            or (entry.foreign and any(pattern.fullmatch(path) for pattern in entry.foreign))
        ):
            return None
        view_args = values if entry.renamed is None else entry.view_args(values)
        if KEPT in environ:
            values = with_slashes(values)
        return entry, Request(method, path, query, headers, b"", values), view_args

    def _has_good_host(self, environ: Environ) -> bool:
        """Whether Flask accepts the Host header; a good one is remembered."""
        trusted = self.app.config["TRUSTED_HOSTS"]
        if trusted != self._trusted or len(self._hosts) > 1000:  # anybody can send many
            self._hosts, self._trusted = set(), None if trusted is None else [*trusted]
        hosts = self._hosts
        try:
            self.app.create_url_adapter(self.app.request_class(dict(environ)))
        except HTTPException:
            return False
        if "HTTP_HOST" in environ:
            hosts.add(environ["HTTP_HOST"])
        return True

    def _start(self) -> None:
        """Before the first answer, when Flask's rules are complete: note where others of them may win."""
        ours = {entry.name for entry in self._entries}
        others = [(rule, *_shape(rule)) for rule in self.app.url_map.iter_rules() if rule.endpoint not in ours]
        for entry in self._entries:
            entry.foreign = tuple(pattern for rule, text, pattern in others if _may_meet(entry, rule, text, pattern))
            for rule, *_ in others:
                if rule.methods and entry.method in rule.methods and _bare(rule.rule) == _bare(entry.flask_rule):
                    fact = "%s: the application's own route %s (%s) answers %s %s instead of %s; remove one of them"
                    log.warning(fact, self.app.name, rule.rule, rule.endpoint, entry.method, entry.path, entry.name)
        wrapped = [entry.name for entry in self._entries if self.app.view_functions.get(entry.name) is not entry.view]
        if wrapped:
            fact = "%s: Flask's own dispatch answers %d operations, since their view functions were replaced: %s"
            log.warning(fact, self.app.name, len(wrapped), ", ".join(wrapped))
        self._started = True

    # ------------------------------------------------------------------------------------------------------ answering

    def _answer(self, entry: Entry, message: Request, context: RequestContext, call: Call) -> Wire | flask.Response:
        """What Flask.full_dispatch_request does."""
        app = self.app
        if app.session_interface is not self._session_interface:
            self._session_interface = app.session_interface
            self._opens_lazily = opens_lazily(app.session_interface)
        answer: Any = None
        try:
            if not self._opens_lazily:
                context._session  # noqa: B018 - opens it
            if _ON_START or app.url_value_preprocessors or app.before_request_funcs:
                answer = self._before(entry, message, context)
                if answer is not None:
                    name_call(call, entry.endpoint)
            if answer is None:
                message.body = read_body(context.environ, app.config)
                answer = entry.endpoint(message)
        except Exception as error:  # noqa: BLE001 - the user's handlers may be for any
            call.failure = error
            if not call.function:
                name_call(call, entry.endpoint)
            answer = self._handled(entry, error)
        if (
            not isinstance(answer, Response)
            or app.after_request_funcs
            or _ON_FINISH
            or ((context.touched or "HTTP_COOKIE" in context.environ) and has_more_to_do(context))
            or app.response_class is not RESPONSE_CLASS
        ):
            return self._finish(entry, context, answer)
        return _wire(app, answer, message.method)

    def _before(self, entry: Entry, message: Request, context: RequestContext) -> Any:
        """What comes before the operation; anything but None is the answer instead."""
        app = self.app
        if _ON_START:
            request_started.send(app, _async_wrapper=app.ensure_sync)
        for name in entry.outward:
            for preprocess in app.url_value_preprocessors.get(name, ()):
                preprocess(entry.name, context.present_view_args())
        for name in entry.outward:
            for function in app.before_request_funcs.get(name, ()):
                answer = app.ensure_sync(function)()
                if answer is not None:
                    return answer
        message.path_values = entry.path_values(context.present_view_args(), context.environ)
        return None

    def _handled(self, entry: Entry, error: Exception) -> Any:
        """The answer for an error, by the user's handler or ours; raises the error if there is neither."""
        if (
            not isinstance(error, HTTPException)
            and "handle_user_exception" not in vars(self.app)
            and self._errors.is_ours(error, entry.blueprints)
        ):
            return self._errors.formats[entry.name](error)
        return self.app.handle_user_exception(error)

    def _finish(self, entry: Entry, context: RequestContext, answer: Any) -> flask.Response:
        """What Flask.finalize_request does."""
        app = self.app
        response = response_of(app, answer)
        for function in after_functions(context):
            response = app.ensure_sync(function)(response)
        for name in entry.inward:
            for function in reversed(app.after_request_funcs.get(name, ())):
                response = app.ensure_sync(function)(response)
        session = session_to_save(context)
        if session is not None:
            app.session_interface.save_session(app, session, response)
        if _ON_FINISH:
            request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
        return response


def _wire(app: Flask, response: Response, method: str) -> Wire | flask.Response:
    """Our response, ready to be sent."""
    status, body = response.status, response.body
    headers = header_list(app, response)
    if method == "HEAD" or status in {204, 304} or status < 200:
        return _bodiless(app, response, headers)
    return STATUS_LINES[status], headers, [body] if isinstance(body, bytes) else body


def _bodiless(app: Flask, response: Response, headers: HeaderList) -> Wire | flask.Response:
    """Our response without its body (RFC 9110 sections 9.3.2 and 6.4.1)."""
    close = getattr(response.body, "close", None)
    if close is not None:
        close()
    if response.status == 304 or response.status < 200:
        return flask_response(app, Response(response.status, headers, b""))  # Werkzeug knows what these may not have
    if response.status == 204:  # RFC 9110 section 8.6
        headers = [header for header in headers if header[0].lower() != "content-length"]
    return STATUS_LINES[response.status], headers, []


_RULE_VARIABLE = re.compile(r"<(?:([a-zA-Z_][a-zA-Z0-9_]*)(?:\(.*?\))?:)?[a-zA-Z_][a-zA-Z0-9_]*>")


def _bare(rule: str) -> str:
    """The rule without the names of its variables."""
    return re.sub(r"<[^>]*>", "<>", rule)


def _shape(rule: Rule) -> tuple[str, re.Pattern[str]]:
    """The text that a rule of Flask begins with, and a pattern for at least all the paths that it matches."""
    pattern = prefix = ""
    at = 0
    for variable in _RULE_VARIABLE.finditer(rule.rule):
        text = rule.rule[at : variable.start()]
        converter = rule.map.converters.get(variable[1] or "default")
        prefix = prefix or text
        pattern += re.escape(text) + ("[^/]+" if getattr(converter, "part_isolating", False) else ".+")
        at = variable.end()
    text = rule.rule[at:].rstrip("/")  # a slash at the end may be a matter of taste
    return prefix or text, re.compile(pattern + re.escape(text) + "/?", re.DOTALL)


def _may_meet(entry: Entry, rule: Rule, text: str, pattern: re.Pattern[str]) -> bool:
    """Whether a rule of Flask, beginning with `text`, may match a path of the operation's."""
    if rule.methods is not None and entry.method not in rule.methods:
        return False
    ours, variable, _ = entry.flask_rule.partition("<")
    if not variable:
        return pattern.fullmatch(ours) is not None
    return ours.startswith(text) or text.startswith(ours)
