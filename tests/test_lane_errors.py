"""Which errors the lane answers, how, and which it leaves to Flask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import pytest
import werkzeug
from flask import Flask, Response, abort
from flask.signals import (
    got_request_exception,
)
from roads import (
    FLASK,
    GET,
    LANE,
    Answer,
    Ask,
    OurError,
    ask,
    both,
    events_of,
    hooks,
    make,
    one,
    raising,
    reply,
)
from werkzeug.exceptions import HTTPException

from pymacaron.exceptions import MethodNotAllowedError, NotFoundError, PyMacaronException
from pymacaron.lane import Route


def fail(*args: Any) -> Any:
    raise ZeroDivisionError


RAISED: list[Callable[[], BaseException]] = [
    lambda: OurError("ours"), lambda: KeyError("k"), werkzeug.exceptions.NotFound,
    lambda: werkzeug.exceptions.ImATeapot("hot"), lambda: werkzeug.exceptions.BadRequestKeyError("k"),
    werkzeug.exceptions.InternalServerError, lambda: HTTPException(response=Response("own", 423)),
    lambda: werkzeug.exceptions.Gone(response=Response("own", 423)),
    lambda: werkzeug.exceptions.MethodNotAllowed(["X"]),
    lambda: werkzeug.routing.RequestRedirect("/elsewhere"),
]  # fmt: skip


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("error", RAISED)
def test_errors_of_operations(error: Callable[[], BaseException], debug: bool) -> None:
    """Whatever an operation raises is answered in our format, through the hooks, even in debug mode and in tests; a
    response carried by Werkzeug's exception is the answer. Teardown functions hear of what nobody expected."""

    def build(app: Flask) -> list[Route]:
        hooks(app)
        return one(raising(error))

    (answer,) = both(build, GET, DEBUG=debug, TESTING=debug)
    made = error()
    own = getattr(made, "response", None) is not None or isinstance(made, werkzeug.routing.RequestRedirect)
    assert answer.header("Content-Type") == ("application/json" if not own else "text/html; charset=utf-8")
    assert answer.headers[-2:] == [("After-2", "1"), ("After-1", "1")]
    expected = repr(made) if isinstance(made, KeyError) and not isinstance(made, HTTPException) else "None"
    assert events_of(build, GET, DEBUG=debug)[-2:] == [("teardown request", expected), ("teardown app", expected)]


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize(
    "handled",
    [Exception, HTTPException, PyMacaronException, OurError, KeyError, LookupError, 404, 418, 500, 400,
     werkzeug.exceptions.InternalServerError, werkzeug.exceptions.NotFound],
)  # fmt: skip
@pytest.mark.parametrize("late", [False, True])
def test_the_users_error_handlers(error: Callable[[], BaseException], handled: Any, late: bool) -> None:
    """A handler of the user's, for a class, a base class or a code, registered early or late, wins over our format."""

    def handler(error: Exception) -> Any:
        original = getattr(error, "original_exception", None)
        code = getattr(error, "code", None)
        return {"handled": type(original or error).__name__}, code if isinstance(code, int) else 499

    def answers(road: str, hook: bool) -> list[Answer]:
        def build(app: Flask) -> list[Route]:
            if hook:
                app.before_request(lambda: raising(error)(None))  # type: ignore[arg-type]
            if not late:
                app.register_error_handler(handled, handler)
            return one(raising(error))

        app = make(build, road)
        if late:
            app.register_error_handler(handled, handler)
        return [ask(app, *one) for one in (GET, Ask("GET", "/nowhere"), Ask("POST", "/x"))]

    lane = answers(LANE, False)
    assert lane == answers(FLASK, False)
    assert answers(LANE, True) == answers(FLASK, True)
    made = error()
    code = getattr(made, "code", 500)
    if isinstance(handled, type) and isinstance(made, handled) and code and "Redirect" not in type(made).__name__:
        assert "handled" in lane[0].json
    if handled is HTTPException or handled is Exception or handled == 404:
        assert lane[1].json == {"handled": "NotFound"}
    elif handled is not werkzeug.exceptions.NotFound:
        assert lane[1].json == {"error": "NOT_FOUND", "text": "this path does not exist"}


def test_blueprint_error_handlers() -> None:
    """A blueprint's handler comes before the application's."""

    def build(app: Flask) -> list[Route]:
        blueprint = flask.Blueprint("shop", "shop")
        blueprint.register_error_handler(LookupError, lambda error: ("blueprint", 480))
        blueprint.register_error_handler(404, lambda error: ("blueprint 404", 404))
        app.register_error_handler(Exception, lambda error: ("app", 481))
        app.register_blueprint(blueprint)
        return [
            Route("GET", "/k", raising(KeyError), "shop.k"),
            Route("GET", "/n", raising(werkzeug.exceptions.NotFound), "shop.n"),
            Route("GET", "/v", raising(ValueError), "shop.v"),
        ]

    answers = both(build, Ask("GET", "/k"), Ask("GET", "/n"), Ask("GET", "/v"), Ask("GET", "/nowhere"), passed_on=1)
    assert [answer.body for answer in answers] == [b"blueprint", b"blueprint 404", b"app", b"app"]


def test_error_handlers_that_fail() -> None:
    """An error in an error handler, or in a hook, is answered with 500, as with Flask."""

    def build(app: Flask) -> list[Route]:
        app.register_error_handler(OurError, fail)
        return one(raising(lambda: OurError("x")))

    assert both(build, GET)[0].json == {"error": "UNHANDLED", "type": "ZeroDivisionError"}
    for hook in ("before_request", "url_value_preprocessor", "after_request"):

        def build_hook(app: Flask, hook: str = hook) -> list[Route]:
            getattr(app, hook)(fail)
            return one(lambda message: reply({}))

        assert both(build_hook, GET)[0].json == {"error": "UNHANDLED", "type": "ZeroDivisionError"}


def test_unhandled_errors_are_logged_and_signalled(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody expected goes to app.log_exception and got_request_exception, once; other errors do not."""
    for error, times in ((KeyError("k"), 1), (OurError("x"), 0), (werkzeug.exceptions.Gone(), 0)):
        for road in (LANE, FLASK):
            caplog.clear()
            seen: list[Any] = []
            app = make(lambda app: one(raising(lambda: error)), road, TESTING=True)  # noqa: B023
            with got_request_exception.connected_to(lambda sender, exception: seen.append(exception), app):  # noqa: B023
                ask(app, *GET)
            assert seen == [error] * times
            assert [record.message for record in caplog.records] == ["Exception on /x [GET]"] * times


def test_base_exceptions_pass() -> None:
    """What is no Exception is not answered but let through, and the contexts are left."""
    for road in (LANE, FLASK):
        app = make(lambda app: [*hooks(app), *one(raising(lambda: SystemExit(3)))], road)
        with pytest.raises(SystemExit):
            ask(app, *GET)
        assert not flask.has_request_context()
        assert app.extensions["events"][-1] == ("teardown app", "SystemExit(3)")


def test_trapped_http_exceptions() -> None:
    """TRAP_HTTP_EXCEPTIONS is for routes of the user's: there they count as failures of the program."""

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/own", "own", lambda: abort(410))
        return one(raising(werkzeug.exceptions.Gone))

    ours, own = both(build, GET, Ask("GET", "/own"), passed_on=1, TRAP_HTTP_EXCEPTIONS=True)
    assert (ours.status, ours.json) == ("410 GONE", {"error": "Gone"})
    assert own.status == "500 INTERNAL SERVER ERROR"


def test_what_flask_itself_answers() -> None:
    """404, 405 with Allow, and 500 are in our format outside of operations too; redirects are Flask's."""

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/own", "own", fail)
        app.add_url_rule("/slash/", "slash", lambda: "x")
        return one(lambda message: reply({}))

    asks = [Ask("GET", "/nowhere"), Ask("DELETE", "/x"), Ask("GET", "/own"), Ask("GET", "/slash"), Ask("POST", "/own")]
    missing, method, broken, slash, own = both(build, *asks, passed_on=5)
    assert (missing.status, missing.json["error"]) == ("404 NOT FOUND", NotFoundError.code)
    assert (method.status, method.json["error"]) == ("405 METHOD NOT ALLOWED", MethodNotAllowedError.code)
    assert method.header("Allow") == "GET, HEAD, OPTIONS"
    assert (broken.status, broken.json["type"]) == ("500 INTERNAL SERVER ERROR", "ZeroDivisionError")
    assert slash.status == "308 PERMANENT REDIRECT"
    assert own.header("Allow") == "GET, HEAD, OPTIONS"


def test_the_users_own_routes_are_left_alone() -> None:
    """What a route or blueprint of the user's answers, or aborts with, is not changed."""

    def routes(app: Flask) -> list[Route]:
        blueprint = flask.Blueprint("own", "own")
        blueprint.add_url_rule("/a", "a", lambda: abort(404))
        blueprint.add_url_rule("/b", "b", lambda: ("gone", 410))
        blueprint.add_url_rule("/c", "c", lambda: abort(500))
        blueprint.add_url_rule("/d", "d", lambda: abort(Response("e", 422)))
        app.register_blueprint(blueprint, url_prefix="/own")
        return []

    plain = Flask("plain")
    routes(plain)
    paths = ["/own/a", "/own/b", "/own/c", "/own/d"]
    answers = both(lambda app: [*routes(app), *one(lambda m: reply({}))], *(Ask("GET", p) for p in paths), passed_on=4)
    assert answers == [ask(plain, "GET", path) for path in paths]


def test_failures_of_the_users_own_routes_pass_in_tests() -> None:
    """In tests, an exception in a route of the user's reaches the test, as Flask has it."""
    for road in (LANE, FLASK):
        app = make(lambda app: one(lambda m: reply({})), road, TESTING=True)
        app.add_url_rule("/own", "own", fail)
        with pytest.raises(ZeroDivisionError):
            ask(app, "GET", "/own")


def test_our_errors_in_the_users_own_routes() -> None:
    """A route of the user's may raise our exceptions too."""

    def fail() -> Any:
        raise OurError("x")

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/own", "own", fail)
        return one(lambda m: reply({}))

    assert both(build, Ask("GET", "/own"), passed_on=1)[0].status == "409 CONFLICT"
