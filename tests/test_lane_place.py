"""Where the lane goes, and where it stays out."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import werkzeug
from flask import Flask, Response, request
from roads import (
    FLASK,
    GET,
    LANE,
    ask,
    error_response,
    make,
    one,
    raising,
    reply,
)
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from pymacaron import messages
from pymacaron.flask_context import known, responses
from pymacaron.lane import Route, install


class Wrapped:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return self.inner(environ, start_response)

    handle = __call__


class Slotted:
    __slots__ = ("inner",)
    __call__ = Wrapped.__call__

    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Nested:
    def __init__(self, inner: Any) -> None:
        self.apps = [{"/": [inner]}]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return self.apps[0]["/"][0](environ, start_response)


def closure(inner: Any) -> Any:
    def middleware(environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return inner(environ, start_response)

    return middleware


def bound(inner: Any) -> Any:
    return Wrapped(inner).handle


def by_default(inner: Any) -> Any:
    def middleware(environ: Any, start_response: Any, inner: Any = inner) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return inner(environ, start_response)

    return middleware


def frozen(inner: Any) -> Any:
    apps = (inner,)

    def middleware(environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return apps[0](environ, start_response)

    return middleware


def seen(message: messages.Request) -> Any:
    return reply(request.environ.get("seen"))


def is_on_the_lane(app: Flask) -> bool:
    """Whether an operation is answered without asking Flask."""
    asked = []
    original = Flask.full_dispatch_request

    def dispatch(self: Flask) -> Response:
        asked.append(self)
        return original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "full_dispatch_request", dispatch)
        assert ask(app, *GET).status == "200 OK"
    return not asked


@pytest.mark.parametrize(
    "wraps", [[Wrapped], [Slotted], [Nested], [closure], [bound], [closure, Wrapped, Nested, Slotted]]
)
def test_middleware_stays_outside(wraps: list[Any]) -> None:
    """The lane goes inside of what is wrapped around the application, however it is wrapped."""
    app = Flask("shop")
    for wrap in wraps:
        app.wsgi_app = wrap(app.wsgi_app)  # type: ignore[method-assign]
    outside = app.wsgi_app
    install(app, one(seen), error_response)
    assert app.wsgi_app is outside
    assert ask(app, *GET).json == len(wraps)
    assert ask(app, "GET", "/nowhere").status == "404 NOT FOUND"
    assert is_on_the_lane(app)


@pytest.mark.parametrize("wrap", [by_default, frozen])
def test_middleware_that_hides_the_application(wrap: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Where the application is not to be found inside, Flask dispatches, and a line in the log says so."""
    app = Flask("shop")
    app.wsgi_app = wrap(app.wsgi_app)  # type: ignore[method-assign]
    install(app, one(seen), error_response)
    assert ask(app, *GET).json == 1
    assert not is_on_the_lane(app)
    (record,) = caplog.records
    assert record.message == (
        "shop: Flask's own dispatch answers the operations, since what is wrapped around its wsgi_app could not be "
        "recognised"
    )


def test_real_middleware() -> None:
    """Werkzeug's own middleware works around the lane: proxies are undone before, prefixes taken off."""
    app = Flask("shop")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = DispatcherMiddleware(Response("outside", 404), {"/mount": app.wsgi_app})  # type: ignore[method-assign]
    install(app, one(lambda m: reply([request.remote_addr, request.script_root])), error_response)
    answer = ask(app, "GET", "/mount/x", headers={"X-Forwarded-For": "1.2.3.4"})
    assert answer.json == ["1.2.3.4", "/mount"]
    assert ask(app, "GET", "/x").body == b"outside"


def test_middleware_added_later() -> None:
    """What is wrapped around the application after the start stays outside too."""
    app = make(lambda app: one(seen), LANE)
    app.wsgi_app = Wrapped(app.wsgi_app)  # type: ignore[method-assign]
    assert ask(app, *GET).json == 1


def test_installed_twice() -> None:
    """Operations may be installed in several steps, each with its own errors."""
    for road in (LANE, FLASK):
        app = Flask("shop")
        other = lambda error: reply({"error": "other"}, 500)  # noqa: E731
        install(app, [Route("GET", "/x", seen, "a.x")], error_response, through_flask=road == FLASK)
        install(app, [Route("GET", "/y", raising(ValueError), "b.y")], other, through_flask=road == FLASK)
        assert ask(app, *GET).status == "200 OK"
        assert ask(app, "GET", "/y").json == {"error": "other"}
        assert ask(app, "GET", "/nowhere").json["error"] == "NOT_FOUND"
        assert ask(app, "POST", "/y").header("Allow") == "GET, HEAD, OPTIONS"


def overriding(name: str) -> type[Flask]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.extensions.setdefault("events", []).append(name)
        return getattr(Flask, name)(self, *args, **kwargs)

    return type("MyFlask", (Flask,), {name: method})


@pytest.mark.parametrize("name", [*known._REPLACED, *known._CALLED])
@pytest.mark.parametrize("how", ["class", "object"])
def test_overridden_methods(name: str, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who overrides how Flask dispatches is obeyed: the lane stays out."""
    app = overriding(name)("shop") if how == "class" else Flask("shop")
    called = app.extensions.setdefault("events", [])
    if how == "object":
        original = getattr(app, name)
        setattr(app, name, lambda *args, **kwargs: (called.append(name), original(*args, **kwargs))[1])
    fails = name == "raise_routing_exception" or name.startswith("handle_")
    error: Any = werkzeug.exceptions.Gone if name == "handle_http_exception" else KeyError
    install(app, one(raising(error) if fails else seen), error_response)
    answer = ask(app, "GET", "/nowhere" if name == "raise_routing_exception" else "/x")
    assert answer.header("Content-Type") == "application/json"
    assert name in called or (name, how) == ("handle_exception", "object")  # ours answers instead
    stays_out = how == "class" or name not in {"wsgi_app", *known._CALLED}
    assert bool(caplog.records and "Flask's own dispatch" in caplog.text) is stays_out


def test_a_patched_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents that patch Flask's class are seen as well."""
    original = Flask.dispatch_request

    def patched(self: Flask) -> Any:
        return original(self)

    monkeypatch.setattr(Flask, "dispatch_request", patched)
    assert known.why_unknown(Flask("shop")) == "Flask.dispatch_request is not Flask's own"


def test_an_unknown_flask(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """With a Flask whose contexts are not known here, Flask dispatches."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9.0")
    app = Flask("shop")
    install(app, one(seen), error_response)
    assert ask(app, *GET).status == "200 OK"
    assert not is_on_the_lane(app)
    assert "Flask 9.9.0" in caplog.text


BARE = """
import flask.globals, importlib.metadata
del flask.globals._cv_app, flask.globals._cv_request
importlib.metadata.version = lambda name: "9.9.0"
from pymacaron.lane import Route, install
from pymacaron.messages import Response
app = flask.Flask("shop")
install(app, [Route("GET", "/x", lambda message: Response(200, [], b"x"), "shop.x")], None)
assert app.test_client().get("/x").data == b"x"
"""


def test_a_flask_without_the_private_names() -> None:
    """On a Flask that is not known, not even its private names have to be there."""
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Flask 9.9.0 is not one" in done.stderr


def test_an_unknown_werkzeug(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a Werkzeug whose responses hold other things, Flask dispatches."""
    made = responses._made

    def other(*args: Any) -> Response:
        response = made(*args)
        vars(response)["more"] = 1
        return response

    monkeypatch.setattr(responses, "_made", other)
    assert "Werkzeug" in str(known.why_unknown(Flask("shop")))


def test_routing_by_host(caplog: pytest.LogCaptureFixture) -> None:
    """An application that routes by host name is Flask's to dispatch."""
    app = Flask("shop", host_matching=True, static_host="localhost")
    assert known.why_unknown(app) == "it routes by host name"
    assert known.why_unknown(Flask("shop", subdomain_matching=True)) == "it routes by host name"


def test_installing_too_late() -> None:
    """After the first request nothing can be installed, and Flask says so."""
    app = make(lambda app: one(seen), LANE)
    ask(app, *GET)
    with pytest.raises(AssertionError, match="can no longer be called"):
        install(app, [Route("GET", "/y", seen, "shop.y")], error_response)
    assert vars(app).get("url_rule_class") is None
