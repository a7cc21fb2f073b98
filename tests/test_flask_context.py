"""Everything that Flask promises inside of an operation, by the lane and by Flask's own dispatch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import flask
import pytest
from flask import Flask, Response, current_app, g, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    got_request_exception,
    message_flashed,
    request_finished,
    request_started,
    request_tearing_down,
)
from roads import (
    FLASK,
    GET,
    JSON,
    LANE,
    Ask,
    ask,
    both,
    events_of,
    hooks,
    make,
    note,
    one,
    reply,
)

from pymacaron import messages
from pymacaron.exceptions import ForbiddenError
from pymacaron.lane import Route


def test_proxies() -> None:
    """flask.request, g, session, current_app and url_for work inside an operation."""

    def endpoint(message: messages.Request) -> Any:
        g.user = "ann"
        session["n"] = session.get("n", 0) + 1
        return reply(
            [
                request.args["q"], request.headers["X-A"], request.method, request.path, request.endpoint,
                request.view_args, request.blueprint, str(request.url_rule), g.user, current_app.name,
                url_for("shop.x", item_id=3), url_for(".x", item_id=3, _external=True), url_for("static", filename="a"),
                flask.has_request_context(), flask.has_app_context(), type(flask.globals.request_ctx.request).__name__,
                request.url, request.remote_addr, request.host,
            ]
        )  # fmt: skip

    build = lambda app: one(endpoint, path="/items/{item-id}")  # noqa: E731
    (answer,) = both(build, Ask("GET", "/items/7?q=1", headers={"X-A": "2"}))
    assert answer.json == [
        "1", "2", "GET", "/items/7", "shop.x", {"item_id": "7"}, "shop", "/items/<item_id>", "ann", "shop",
        "/items/3", "http://localhost/items/3", "/static/a", True, True, "Request", "http://localhost/items/7?q=1",
        None, "localhost",
    ]  # fmt: skip
    assert answer.header("Set-Cookie")
    assert answer.header("Vary") == "Cookie"


class MyRequest(flask.Request):
    mine = "mine"


class MyGlobals(flask.ctx._AppCtxGlobals):
    mine = "too"


def test_the_users_classes() -> None:
    """request and g are made by the application's classes."""

    def build(app: Flask) -> list[Route]:
        app.request_class, app.app_ctx_globals_class = MyRequest, MyGlobals
        return one(lambda message: reply([request.mine, g.mine]))  # type: ignore[attr-defined]

    assert both(build, GET)[0].json == ["mine", "too"]


def test_contexts_end_with_the_request() -> None:
    """After the answer there is no context any more, whatever happened."""

    def endpoint(message: messages.Request) -> Any:
        note(g.get("n"), flask.has_request_context())
        g.n = 1
        raise KeyError

    for road in (LANE, FLASK):
        app = make(lambda app: one(endpoint), road)
        for _ in range(2):
            ask(app, *GET)
            assert not flask.has_request_context()
            assert not flask.has_app_context()
        assert app.extensions["events"] == [(None, True)] * 2


def test_an_outer_app_context_is_kept() -> None:
    """Inside an application context of the same application, the request uses that one, and so its g."""

    def endpoint(message: messages.Request) -> Any:
        return reply(g.get("n"))

    for road in (LANE, FLASK):
        app = make(lambda app: one(endpoint), road)
        with app.app_context():
            g.n = 5
            assert ask(app, *GET).json == 5
            assert flask.has_app_context()
        with Flask("other").app_context():
            g.n = 6
            assert ask(app, *GET).json is None


def test_after_this_request() -> None:
    """Functions given to after_this_request are called with the response."""

    def endpoint(message: messages.Request) -> Any:
        @flask.after_this_request
        def add(response: Response) -> Response:
            response.headers["X-Late"] = "1"
            return response

        return reply({})

    (answer,) = both(lambda app: one(endpoint), GET)
    assert answer.headers[-1] == ("X-Late", "1")


def test_flash() -> None:
    """Messages flashed in one request are read in the next."""

    def endpoint(message: messages.Request) -> Any:
        if message.query:
            return reply(flask.get_flashed_messages(with_categories=True))
        flask.flash("saved", "info")
        return reply(flask.get_flashed_messages())

    for road in (LANE, FLASK):
        client = make(lambda app: one(endpoint), road).test_client()
        assert client.get("/x").json == ["saved"]
        client = make(lambda app: one(endpoint), road).test_client()
        with client.session_transaction() as stored:
            stored["_flashes"] = [("info", "saved")]
        assert client.get("/x?read").json == [["info", "saved"]]
        assert client.get("/x?read").json == []


def test_streaming_with_context() -> None:
    """stream_with_context keeps the request for a body that is made while it is sent."""

    def endpoint(message: messages.Request) -> Any:
        def pieces() -> Iterator[bytes]:
            yield request.args["q"].encode()
            yield str(g.n).encode()

        g.n = 3
        body = flask.stream_with_context(pieces())
        return messages.Response(200, JSON, body) if request.args["q"] == "ours" else Response(body)

    asks = [Ask("GET", "/x?q=ours"), Ask("GET", "/x?q=flasks")]
    assert [answer.body for answer in both(lambda app: one(endpoint), *asks)] == [b"ours3", b"flasks3"]


def test_streaming_without_context() -> None:
    """Contexts end before a body is sent, as with Flask."""

    def endpoint(message: messages.Request) -> Any:
        def pieces() -> Iterator[bytes]:
            yield str(flask.has_request_context()).encode()

        return messages.Response(200, JSON, pieces())

    assert both(lambda app: one(endpoint), GET)[0].body == b"False"


def test_copied_context() -> None:
    """copy_current_request_context takes the request and the session along."""

    def endpoint(message: messages.Request) -> Any:
        session["a"] = 1

        @flask.copy_current_request_context
        def later() -> list[Any]:
            return [request.endpoint, request.view_args, session["a"], request.args["q"]]

        return reply([later(), later()])

    (answer,) = both(lambda app: one(endpoint, path="/{a}"), Ask("GET", "/x?q=1"))
    assert answer.json == [["shop.x", {"a": "x"}, 1, "1"]] * 2


def test_pushed_again() -> None:
    """A context that the function pushes once more is torn down once, at the end."""

    def endpoint(message: messages.Request) -> Any:
        with flask.globals.request_ctx._get_current_object():  # type: ignore[attr-defined]
            note("inside")
        with current_app.test_request_context("/other?a=b"):
            note(request.args["a"])
        return reply([message.path, request.path])

    def build(app: Flask) -> list[Route]:
        app.teardown_request(lambda error: note("teardown", request.path))
        app.teardown_appcontext(lambda error: note("app teardown"))
        return one(endpoint)

    once = ["inside", "b", ("teardown", "/other"), ("teardown", "/x"), "app teardown"]
    assert events_of(build, GET) == once


def test_hooks() -> None:
    """Every kind of hook is called, in Flask's order, for operations as for the user's own routes."""

    def endpoint(message: messages.Request) -> Any:
        note("operation")
        return reply({})

    def build(app: Flask) -> list[Route]:
        hooks(app)
        app.add_url_rule("/own/<a>", "own", lambda a: {})
        return one(endpoint, path="/x/{a}")

    answers = both(
        build, Ask("GET", "/x/1"), Ask("HEAD", "/x/1"), Ask("OPTIONS", "/x/1"), Ask("GET", "/own/1"), passed_on=2
    )
    assert [name for name, _ in answers[0].headers] == ["Content-Type", "Content-Length", "After-2", "After-1"]
    assert events_of(build, Ask("GET", "/x/1"), passed_on=0) == [
        ("values", "shop.x", {"a": "1"}), "before 1", ("before 2", "/x/1"), "operation",
        ("After-2", 200, b"{}"), ("After-1", 200, b"{}"), ("teardown request", "None"), ("teardown app", "None"),
    ]  # fmt: skip


def test_blueprint_hooks() -> None:
    """Hooks of a blueprint are called for operations whose name begins with the blueprint's."""

    def build(app: Flask) -> list[Route]:
        outer, inner = flask.Blueprint("shop", "shop"), flask.Blueprint("v1", "v1")
        for blueprint in (outer, inner):
            name = blueprint.name

            def after(response: Response, name: str = name) -> Response:
                note("after", name)
                return response

            blueprint.url_value_preprocessor(lambda e, v, name=name: note("values", name))
            blueprint.before_request(lambda name=name: note("before", name))
            blueprint.after_request(after)
            blueprint.teardown_request(lambda error, name=name: note("teardown", name))
        outer.register_blueprint(inner)
        app.register_blueprint(outer)
        hooks(app)
        return [Route("GET", "/x", lambda m: reply(request.blueprints), "shop.v1.x")]

    assert both(build, GET)[0].json == ["shop.v1", "shop"]
    assert len(events_of(build, GET)) == 15


def test_view_args_can_be_taken() -> None:
    """A url_value_preprocessor may change or take values, and the operation sees what is left."""

    def preprocess(endpoint: str | None, values: dict[str, Any] | None) -> None:
        assert values is not None
        g.lang = values.pop("lang")
        values["c_d"] = "changed"

    def build(app: Flask) -> list[Route]:
        app.url_value_preprocessor(preprocess)
        app.url_value_preprocessor(lambda endpoint, values: note(values is request.view_args))
        return [
            Route("GET", "/{lang}/{c_d}", lambda m: reply([g.lang, m.path_values, request.view_args]), "shop.x"),
            Route("GET", "/{lang}/{c-d}/x", lambda m: reply([g.lang, m.path_values, request.view_args]), "shop.y"),
        ]

    first, second = both(build, Ask("GET", "/en/1"), Ask("GET", "/en/1/x"))
    assert first.json == ["en", {"c_d": "changed"}, {"c_d": "changed"}]
    assert second.json == ["en", {"c-d": "changed"}, {"c_d": "changed"}]


def test_view_args_can_be_replaced() -> None:
    """Other view_args put into the request by a before_request function are what the operation gets."""

    def replace() -> None:
        request.view_args = {"c_d": "other"}

    def build(app: Flask) -> list[Route]:
        app.before_request(replace)
        return one(lambda m: reply([m.path_values, request.view_args]), path="/x/{c-d}")

    assert both(build, Ask("GET", "/x/1"))[0].json == [{"c-d": "other"}, {"c_d": "other"}]


BEFORE: list[Callable[[], Any]] = [
    lambda: "text", lambda: ({"a": 1}, 418, {"X-A": "1"}), lambda: Response("r", 202), lambda: [1],
]  # fmt: skip


@pytest.mark.parametrize("answer", BEFORE)
def test_before_request_answers(answer: Callable[[], Any]) -> None:
    """What a before_request function returns is the answer; the operation is not called, after_request is."""

    def build(app: Flask) -> list[Route]:
        hooks(app)
        app.before_request(answer)
        return one(lambda message: note("called"))

    assert "called" not in events_of(build, GET)


def test_async_hooks() -> None:
    """A coroutine function as a hook goes through app.ensure_sync."""

    async def hook() -> None:
        note("never")

    def build(app: Flask) -> list[Route]:
        app.async_to_sync = lambda func: lambda *args: note("sync")  # type: ignore[method-assign]
        app.before_request(hook)
        return one(lambda message: reply({}))

    assert events_of(build, GET) == ["sync"]


def test_first_request() -> None:
    """After the first request the application is set up for good, as with Flask."""
    for road in (LANE, FLASK):
        app = make(lambda app: one(lambda message: reply({})), road)
        ask(app, *GET)
        with pytest.raises(AssertionError, match="can no longer be called"):
            app.before_request(lambda: None)


SIGNALS = {
    "started": request_started, "finished": request_finished, "exception": got_request_exception,
    "tearing down": request_tearing_down, "app pushed": appcontext_pushed, "app tearing down": appcontext_tearing_down,
    "app popped": appcontext_popped,
}  # fmt: skip


@pytest.mark.parametrize("only", [[name] for name in SIGNALS] + [[*SIGNALS]])
@pytest.mark.parametrize("fails", [False, True])
def test_signals(only: list[str], fails: bool) -> None:
    """Signals are sent to the receivers there are, which may come late."""

    def endpoint(message: messages.Request) -> Any:
        if fails:
            raise KeyError("k")
        return reply({})

    def run(road: str) -> list[Any]:
        app = make(lambda app: one(endpoint), road)
        ask(app, *GET)
        seen: list[Any] = []
        receivers = []
        for name in only:

            def receive(sender: Any, name: str = name, **more: Any) -> None:
                response = more.pop("response", None)
                seen.append((name, sender.name, repr(more), response and (response.status, response.get_data())))

            receivers.append(receive)
            SIGNALS[name].connect(receive, app)
        ask(app, *GET)
        for name, receive in zip(only, receivers, strict=True):
            SIGNALS[name].disconnect(receive, app)
        ask(app, *GET)
        return seen

    seen = run(LANE)
    assert seen == run(FLASK)
    order = ["app pushed", "started", "exception", "finished", "tearing down", "app tearing down", "app popped"]
    assert [name for name, *_ in seen] == [name for name in order if name in only and (fails or name != "exception")]


def test_flash_signal() -> None:
    """message_flashed is sent."""
    seen: list[str] = []

    def receive(sender: Any, message: str, **more: Any) -> None:
        seen.append(message)

    def endpoint(message: messages.Request) -> Any:
        flask.flash("hello")
        return reply({})

    with message_flashed.connected_to(receive):
        both(lambda app: one(endpoint), GET)
    assert seen == ["hello", "hello"]


def counting(message: messages.Request) -> Any:
    if message.query == "set":
        session["n"] = session.get("n", 0) + 1
    if message.query == "permanent":
        session.permanent = True
    if message.query == "clear":
        session.clear()
    return reply(session.get("n") if message.query else None)


@pytest.mark.parametrize("refresh", [True, False])
@pytest.mark.parametrize("key", ["secret", None])
def test_sessions(refresh: bool, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session is read, saved, refreshed if permanent, and deleted, as with Flask."""
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_700_000_000)
    queries = ["", "?read", "?set", "", "?read", "?set", "?permanent", "", "?read", "?clear", "", "?read"]

    def run(road: str) -> list[Any]:
        app = make(lambda app: one(counting), road, SESSION_REFRESH_EACH_REQUEST=refresh, SECRET_KEY=key)
        app.permanent_session_lifetime = timedelta(days=10_000)
        client = app.test_client()
        answers = [client.get("/x" + query) for query in queries]
        cookies = [[c.split("; Expires")[0] for c in a.headers.getlist("Set-Cookie")] for a in answers]
        return [[(a.status, a.data, a.headers.get("Vary"), c) for a, c in zip(answers, cookies, strict=True)]]

    lane = run(LANE)
    assert lane == run(FLASK)
    saved = [bool(cookies) for *_, cookies in lane[0]]
    if key:
        assert saved == [False, False, True, False, False, True, True, refresh, refresh, True, False, False]


class Stored(dict[str, Any], SessionMixin):
    pass


class Store(SecureCookieSessionInterface):
    """A session store that notes when it is asked."""

    def open_session(self, app: Flask, request: Any) -> Any:
        app.extensions["events"].append(("open", flask.has_request_context(), request.headers.get("X-None")))
        return None if "X-None" in request.headers else Stored(a=1)

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        app.extensions["events"].append(("save", dict(session), session.accessed))
        response.headers["X-Saved"] = "1"


def test_session_interface() -> None:
    """A session interface of the user's is asked for every request, before the operation and after it."""

    def build(app: Flask) -> list[Route]:
        app.session_interface = Store()
        app.after_request(lambda response: (note("after"), response)[1])
        return one(lambda message: reply(note("operation")))

    assert both(build, GET)[0].header("X-Saved") == "1"
    both(build, Ask("GET", "/x", headers={"X-None": "1"}))
    assert events_of(build, GET) == [("open", True, None), "operation", "after", ("save", {"a": 1}, False)]


def test_session_of_a_failing_operation() -> None:
    """What a failing operation left in the session is saved, as with Flask."""

    def endpoint(message: messages.Request) -> Any:
        session["a"] = 1
        raise KeyError if message.query else ForbiddenError("no")

    asks = [Ask("GET", "/x"), Ask("GET", "/x?a")]
    assert all(answer.header("Set-Cookie") for answer in both(lambda app: one(endpoint), *asks))
