"""What is answered to the page of the console."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from flask import Flask, Response, request

from pymacaron._types import JsonObject
from pymacaron.calls import Call, get_call
from pymacaron.conditions import asked
from pymacaron.config import get_config, redact
from pymacaron.crash.capsule import is_capsule
from pymacaron.exceptions import BadRequestError, ForbiddenError, NotFoundError, PyMacaronException
from pymacaron.messages import Request

from .access import COOKIE, check_origin, check_page, check_token, is_here
from .recorder import OWN, QUIET, Recorder, Seen
from .replaying import asked_again, asked_by, body_of, replay, values_of
from .telling import detail, report_of, state

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_SINCE = re.compile(r"(\d{1,10}-[0-9a-f]{8}):(\d{1,15})")


class Console(NamedTuple):
    """The console of a service.

    Attributes:
        facts: of the service, as the page shows them.
        in_development: is this a development server?
    """

    app: Flask
    recorder: Recorder
    facts: Callable[[], JsonObject]
    in_development: bool

    def publish(self, path: str) -> None:
        """Add the routes: the page at `path`, and what it asks for below."""
        add = self.app.add_url_rule
        for rule, name, view in (
            ("", "page", self._page), ("/<name>", "file", self._file), ("/state", "state", self._state),
            ("/calls/<int:number>", "call", self._call), ("/errors/<int:number>", "error", self._error),
        ):  # fmt: skip
            add(path + rule, f"{OWN}.{name}", self._guarded(view, name))
        for rule, name, view in (("/replay", "replay", self._replay), ("/tasks/<name>/cancel", "cancel", self._cancel)):
            add(path + rule, f"{OWN}.{name}", self._guarded(view, name), methods=["POST"])

    def _guarded(self, view: Callable[..., Response], name: str) -> Callable[..., Response]:
        """The view for those who may see it."""

        def answer(**given: Any) -> Response:
            call = get_call() or Call()
            call.function = QUIET if name in {"state", "file", "call", "error"} else f"{OWN}.{name}"
            call.slow_ms = float("inf")
            try:
                self._admit(call, name)
                response = view(**given)
            except PyMacaronException as error:
                response = _json(error.to_json())
                response.status_code = error.status
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
            return response

        return answer

    def _admit(self, call: Call, name: str) -> None:
        """
        Raises:
            PyMacaronException: who calls may not.
        """
        is_free = self.in_development and is_here(request.remote_addr, call.headers)
        if not is_free and get_config().console != "on":
            fact = "The console of a development server is for callers on this machine, by a name of this machine"
            raise ForbiddenError(f"{fact}; `console: on` in pym-config.yaml lets in those with a token")
        if name in {"page", "file"}:  # which show nothing of the service
            return
        check_origin(call.headers)
        if not is_free:
            check_token()
        if request.method == "POST":
            check_page(request.cookies.get(COOKIE), call.headers)

    def _page(self) -> Response:
        response = _sent("index.html")
        response.headers["Content-Security-Policy"] = _POLICY
        if COOKIE not in request.cookies:
            response.set_cookie(
                COOKIE, secrets.token_urlsafe(24), path=None, samesite="Strict", secure=request.is_secure
            )  # fmt: skip
        return response

    def _file(self, name: str) -> Response:
        if name not in _files():
            raise NotFoundError("The console has no such file")
        return _sent(name)

    def _state(self) -> Response:
        """What is new since the numbers that the page knows, by process; 204 if nothing is."""
        known = {found[1]: int(found[2]) for found in _SINCE.finditer(request.args.get("since", "")[:2000])}
        since = known.get(self.recorder.id, -1)
        is_open = any(left.is_task and left.standing is None for left in list(self.recorder.left))
        if since == self.recorder.number and not is_open:
            return Response(status=204)
        return _json(state(self.recorder, min(since, self.recorder.number), self.facts()))

    def _call(self, number: int) -> Response:
        self._check_process()
        seen = self.recorder.call(number)
        if seen is None:
            raise NotFoundError("This call is not stored any more")
        return _json(detail(self.recorder, seen))

    def _error(self, number: int) -> Response:
        self._check_process()
        trouble = self.recorder.trouble(number)
        if trouble is None:
            raise NotFoundError("This error is not stored any more")
        return _json(report_of(self.recorder, trouble))

    def _check_process(self) -> None:
        """
        Raises:
            NotFoundError: it is another process that knows.
        """
        wanted = request.args.get("process")
        if wanted not in {None, self.recorder.id}:
            raise NotFoundError("Another process of this service knows this, or one that has ended did")

    def _replay(self) -> Response:
        """Make a call again, once."""
        given = body_of(request.get_data(cache=False))
        wanted = self._wanted(given, values_of(given.get("values") or {}))
        if "once" in given and not self.recorder.is_first(str(given["once"])):
            raise NotFoundError("This was done already")
        return _json(replay(self.app, self.recorder, wanted, request.remote_addr or ""))

    def _wanted(self, given: JsonObject, values: dict[str, str]) -> Request:
        """The request of a call that is known, in development with its secrets; else the one of a capsule.

        Raises:
            PyMacaronException: there is none, or it lacks something.
        """
        seen = self.recorder.call(given.get("number")) if given.get("process") == self.recorder.id else None
        if seen is not None and self.in_development and not values:
            return asked_by(seen)
        capsule = self._capsule(given, seen)
        if not isinstance(capsule, dict) or not is_capsule(capsule):
            raise BadRequestError("The call is not known any more, and this is no capsule of it")
        return asked_again(capsule, values)

    def _capsule(self, given: JsonObject, seen: Seen | None) -> Any:
        """That of a call or a report that is known, in development also one that the page has: by way of that, any
        request at all can be made.

        Raises:
            NotFoundError: nothing is known.
        """
        if seen is not None:
            return detail(self.recorder, seen).get("capsule")
        trouble = self.recorder.trouble(given.get("error")) if given.get("process") == self.recorder.id else None
        if trouble is not None and trouble.report is not None:
            return trouble.report.get("capsule")
        if not self.in_development:
            raise NotFoundError("Another process of this service knows this call, or it is not known any more")
        return given.get("capsule")

    def _cancel(self, name: str) -> Response:
        if self.recorder.task(name) is None:
            raise NotFoundError("No task that was fired here is known by this id")
        from pymacaron.tasks import Handle  # there, since it was fired

        return _json({"cancelled": Handle[object](name).cancel()})


@cache
def _files() -> frozenset[str]:
    return frozenset(name for name in os.listdir(_FOLDER) if os.path.splitext(name)[1] in _TYPES)


@cache
def _content(name: str) -> bytes:
    with open(os.path.join(_FOLDER, name), "rb") as file:
        return file.read()


def _sent(name: str) -> Response:
    response = Response(_content(name), mimetype=_TYPES[os.path.splitext(name)[1]])
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(asked(request.environ))
    return response


def _json(value: JsonObject) -> Response:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    response = Response(redact(text).encode("utf-8", "replace"), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
