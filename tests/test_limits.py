"""What operations allow beside what they take: how long, how often, how many at once, the same call twice, and tags."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import pytest
from flask import Response
from flask.testing import FlaskClient
from flask_cors import CORS
from hypothesis import given
from hypothesis import strategies as st
from programs import PATIENCE
from services import Project, body, operation, project_in
from werkzeug.serving import make_server
from workers import Redis

from pymacaron.auth import generate_token
from pymacaron.config import Config, get_config, set_config
from pymacaron.exceptions import ConfigurationError, DocumentError, StoreDownError
from pymacaron.limits.counting import Counter, OwnCounter
from pymacaron.limits.rates import network_of
from pymacaron.limits.redis_counting import RedisCounter
from pymacaron.limits.renewing import Insisting
from pymacaron.rates import Rate, read_rate
from pymacaron.stores import get_store, open_store, set_store

ROADS = ["lane", "flask"]
ANY: dict[str, Any] = {"type": "object"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path, jwt_secret="a secret of the tests") as made:
        set_store(open_store("sqlite:///store.sqlite", str(tmp_path)))
        yield made
        get_store().close()
        set_store(None)


def served(
    project: Project, code: str, keys: Mapping[str, Any], *, method: str = "get", dispatch: str = "lane"
) -> FlaskClient:
    """A service with one operation, GET or POST /f, that calls f()."""
    get_config().dispatch = dispatch
    project.document({"/f": {method: operation("f", **keys)}})
    project.functions(f"import time, threading, asyncio\nfrom pymacaron import *\n{code}")
    return project.start()


def said(answer: Any) -> Any:
    """The JSON that was answered."""
    return json.loads(answer.data)


# x-timeout-ms


@pytest.mark.parametrize("dispatch", ROADS)
def test_answers_in_time(project: Project, dispatch: str, caplog: pytest.LogCaptureFixture) -> None:
    """A function that takes longer than x-timeout-ms is not waited for: 504 in time, and a line when it has ended."""
    code = "over = threading.Event()\ndef f():\n    over.wait(60)\n    return {}"
    client = served(project, code, {"x-timeout-ms": 100}, dispatch=dispatch)
    began = time.monotonic()
    answer = client.get("/f")
    assert (answer.status_code, said(answer)["error"]) == (504, "DEADLINE_EXCEEDED")
    assert time.monotonic() - began >= 0.1
    assert "the function ended" not in caplog.text
    import handlers  # type: ignore[import-not-found]  # written above

    handlers.over.set()
    assert until_true(lambda: "its caller had got 504" in caplog.text)
    assert "GET /f: the function ended after" in caplog.text


@pytest.mark.parametrize("dispatch", ROADS)
def test_in_time_is_as_without(project: Project, dispatch: str) -> None:
    """Below its limit a function answers as without one: its context, Flask's, its errors, its user."""
    code = """
    from flask import g, request
    from pymacaron.auth import get_userid, requires_auth
    from pymacaron.exceptions import PyMacaronException
    class Gone(PyMacaronException):
        code, status = "GONE_AWAY", 410
    @requires_auth
    def f(say=None):
        g.seen = request.args.get("say")
        if say == "raise":
            raise Gone("it is gone")
        if say == "exit":
            raise SystemExit(3)
        return {"user": get_userid(), "seen": g.seen}
    """
    says = {"parameters": [{"name": "say", "in": "query", "schema": {"type": "string"}}]}
    client = served(project, dedent(code), says | {"x-timeout-ms": 5000}, dispatch=dispatch)
    auth = {"Authorization": f"Bearer {generate_token('ann')}"}
    assert client.get("/f?say=hi", headers=auth).json == {"user": "ann", "seen": "hi"}
    assert said(client.get("/f?say=raise", headers=auth))["error"] == "GONE_AWAY"
    assert client.get("/f?say=exit", headers=auth).status_code == 500
    assert client.get("/f").status_code == 401


def test_coroutines_are_cancelled(project: Project) -> None:
    """An `async def` function is cancelled at its deadline, and may tidy up; its own TimeoutError stays its own."""
    code = (
        "done = []\nasync def f(own=False):\n    if own:\n        raise TimeoutError('mine')\n"
        "    try:\n        await asyncio.sleep(10)\n    finally:\n        done.append(1)"
    )
    says = {"parameters": [{"name": "own", "in": "query", "schema": {"type": "boolean"}}]}
    client = served(project, code, says | {"x-timeout-ms": 100})
    assert client.get("/f").status_code == 504
    assert client.get("/f?own=true").status_code == 500
    import handlers

    assert until_true(lambda: handlers.done == [1])


def test_earlier_deadline_counts(project: Project) -> None:
    """Of the caller's deadline and the operation's, the earlier one counts, and is what calls of the function have."""
    code = "from pymacaron.calls import get_call\ndef f():\n    return {'left': get_call().left_ms()}"
    client = served(project, code, {"x-timeout-ms": 60_000})
    assert 30_000 < said(client.get("/f"))["left"] <= 60_000
    assert 0 < said(client.get("/f", headers={"PymDeadlineMs": "30000"}))["left"] <= 30_000
    assert 30_000 < said(client.get("/f", headers={"PymDeadlineMs": "90000"}))["left"] <= 60_000


def test_nothing_goes_on_after_the_deadline(project: Project) -> None:
    """A function that runs on after its 504 does nothing any more with what is ours: stores, tasks and clients stop."""
    code = """
from pymacaron import ApiPool, asynctask
from pymacaron.exceptions import PyMacaronException
from pymacaron.stores import Attribute, Table, get_store
over, tries = threading.Event(), []
NOTES = Table("notes", Attribute("id"))
@asynctask
def task(): ...
def f():
    while get_call().left_ms():
        time.sleep(0.01)
    for act in (lambda: get_store().put(NOTES, {"id": "a"}), task.fire, lambda: ApiPool.shop.client.f()):
        try:
            result = act()
        except PyMacaronException as error:
            result = error
        tries.append(getattr(result, "code", None))
    over.set()
    return {}
"""
    tasks = f"sqlite:///{project.folder}/tasks"
    set_config(Config(name="service", live_host="localhost", with_async=True, async_broker=tasks))
    client = served(project, "from pymacaron.calls import get_call\n" + code, {"x-timeout-ms": 100, "operationId": "f"})
    import handlers

    get_store().create_table(handlers.NOTES)
    # where the machine is slow, the time may be over before the function is called
    assert until_true(lambda: client.get("/f").status_code == 504 and handlers.over.wait(0.5))
    assert handlers.tries[:3] == ["DEADLINE_EXCEEDED"] * 3
    assert get_store().scan(handlers.NOTES) == []


# x-rate-limit


@given(
    calls=st.integers(1, 50), seconds=st.sampled_from([1, 60, 3600]), pauses=st.lists(st.floats(0, 5000), max_size=60)
)
def test_no_more_than_the_rate(calls: int, seconds: int, pauses: list[float]) -> None:
    """In any span of time no more calls are allowed than the whole allowance and what came back in that span; one that
    is refused may come when it was told, and not before."""
    now = [1000.0]
    counter = OwnCounter(lambda: now[0])
    rate = Rate(calls, seconds)
    allowed: list[float] = []
    for pause in pauses:
        now[0] += pause / 1000
        count = counter.count("me", rate)
        if count.allowed:
            allowed.append(now[0])
            continue
        assert count.left == 0
        now[0] += count.wait * 0.99
        assert not counter.count("me", rate).allowed
        now[0] += count.wait * 0.02
        assert counter.count("me", rate).allowed
        allowed.append(now[0])
    for at, first in enumerate(allowed):
        for number, last in enumerate(allowed[at:], 1):
            assert number <= calls + (last - first) * calls / seconds + 1e-6


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if Redis.program is None:
        pytest.skip("there is no redis-server; `make services` installs it where that is possible")
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


def test_forgetting_is_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many callers there are, those who may be forgotten are not looked for at each call."""
    monkeypatch.setattr(OwnCounter, "_MOST", 100)
    clock = itertools.count(0, 36.1)  # seconds, so that 100 callers of the last hour are known
    looked, forget = [], OwnCounter._forget

    def look(self: OwnCounter, now: float) -> None:
        looked.append(now)
        forget(self, now)

    monkeypatch.setattr(OwnCounter, "_forget", look)
    counter = OwnCounter(lambda: next(clock))
    for number in range(1000):
        counter.count(str(number), Rate(1, 3600, "user"))
    assert len(looked) <= 1000 / 25 + 1


@pytest.mark.parametrize("where", ["here", "redis"])
def test_counted_for_all(where: str, request: pytest.FixtureRequest) -> None:
    """However many threads count, and for Redis processes, no call too many is allowed, and none too few."""
    counters: list[Counter] = [OwnCounter()]
    if where == "redis":
        url = request.getfixturevalue("redis").url
        counters = [RedisCounter(url), RedisCounter(url)]
    rate = Rate(50, 3600)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda n: counters[n % len(counters)].count("all", rate), range(120)))
    assert sum(count.allowed for count in counts) == 50
    assert sorted(count.left for count in counts if count.allowed) == list(range(50))
    assert counters[0].count("another", rate).allowed


def test_redis_away(caplog: pytest.LogCaptureFixture) -> None:
    """While Redis is away each process counts for itself, and says so once; nobody waits long."""
    counter = RedisCounter("redis://127.0.0.1:1/0")
    began = time.monotonic()
    assert [counter.count("me", Rate(2, 60)).allowed for _ in range(3)] == [True, True, False]
    assert time.monotonic() - began < PATIENCE
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("dispatch", ROADS)
def test_callers_are_counted_apart(project: Project, dispatch: str) -> None:
    """Each caller has his allowance; above it 429, with when to come again; answers tell what is left."""
    keys = {"x-rate-limit": "2/hour", "x-decorate-server": "pymacaron.auth.requires_auth"}
    client = served(project, "def f(): return {}", keys, dispatch=dispatch)
    ann, bob = ({"Authorization": f"Bearer {generate_token(name)}"} for name in ("ann", "bob"))
    first = client.get("/f", headers=ann)
    assert (first.status_code, first.headers["RateLimit-Policy"]) == (200, '"calls";q=2;w=3600')
    assert first.headers["RateLimit"] == '"calls";r=1;t=1800'
    assert [client.get("/f", headers=ann).status_code for _ in range(2)] == [200, 429]
    refused = client.get("/f", headers=ann)
    assert said(refused)["error"] == "TOO_MANY_REQUESTS"
    assert 1790 <= int(refused.headers["Retry-After"]) <= 1800
    assert client.get("/f", headers=bob).status_code == 200
    assert client.get("/f").status_code == 401  # and costs nobody anything


class Proxy(BaseHTTPRequestHandler):
    """A proxy that adds the address of its caller, as they all do."""

    to: ClassVar[int]

    def do_GET(self) -> None:
        sent = self.headers.get_all("X-Forwarded-For", [])
        onward = HTTPConnection("127.0.0.1", self.to, timeout=PATIENCE)
        onward.request("GET", self.path, headers={"X-Forwarded-For": ", ".join([*sent, self.client_address[0]])})
        self.send_response(onward.getresponse().status)
        self.end_headers()
        onward.close()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(server: Any) -> Iterator[int]:
    """Its port, while it serves."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_callers_behind_a_proxy(project: Project) -> None:
    """Behind a proxy that is trusted, each caller has his own allowance, whatever he says of himself; who does not come
    by it is whoever he is."""
    get_config().trusted_proxies = ["127.0.0.1"]
    served(project, "def f(): return {}", {"x-rate-limit": {"rate": "2/hour", "by": "address"}})

    def ask(port: int, caller: str, *said: str) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(caller, 0))
        connection.putrequest("GET", "/f")
        for address in said:
            connection.putheader("X-Forwarded-For", address)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    with serving(make_server("127.0.0.1", 0, project.app, threaded=True)) as service:
        Proxy.to = service
        with serving(ThreadingHTTPServer(("127.0.0.1", 0), Proxy)) as proxy:
            said = [(), ("192.0.2.7",), ("192.0.2.8, 127.0.0.1",), ("192.0.2.9", "127.0.0.1")]
            assert [ask(proxy, "127.0.0.2", *one) for one in said] == [200, 200, 429, 429]
            assert [ask(proxy, "127.0.0.3", *one) for one in said] == [200, 200, 429, 429]
            assert [ask(service, "127.0.0.4", *one) for one in said] == [200, 200, 429, 429]


def test_usual_rate(project: Project) -> None:
    """`rate_limit` is for operations that say nothing; what is built in is not limited."""
    get_config().rate_limit = {"rate": "1/hour", "by": "address"}
    project.document({"/f": {"get": operation("f"), "put": operation("f", **{"x-rate-limit": False})}})
    project.functions("def f(): return {}")
    client = project.start()
    assert [client.get("/f").status_code for _ in range(2)] == [200, 429]
    assert client.get("/f", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
    assert {client.put("/f").status_code for _ in range(5)} == {200}
    assert {client.get("/ping").status_code for _ in range(5)} == {200}


def test_networks() -> None:
    """A caller has one IPv4 address, but may have 64 bits of IPv6 to call from."""
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9")
    assert network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")


@pytest.mark.parametrize("text", ["100/minute", "100 per minute", "100/m", "100/MINUTES", " 100 / minute "])
def test_rates_are_read(text: str) -> None:
    assert read_rate(text) == Rate(100, 60)
    assert str(read_rate(text)) == "100/minute"


@pytest.mark.parametrize(
    "value", ["", "100", "0/minute", "100/fortnight", 100, None, True, {"per": 1}, {"rate": "1/s", "by": "me"}]
)
def test_what_is_no_rate(project: Project, value: Any) -> None:
    """What is no rate stops the start, with the place."""
    with pytest.raises(DocumentError, match=r"shop.yaml:\d+:\d+.*x-rate-limit"):
        served(project, "def f(): return {}", {"x-rate-limit": value})


# max_concurrency


def test_crowds(project: Project) -> None:
    """More calls at once than max_concurrency get 503 with Retry-After; room that is left is used again."""
    get_config().max_concurrency = 2
    code = """
go, inside = threading.Event(), threading.Semaphore(0)
def f():
    inside.release()
    go.wait(60)
    return {}
"""
    served(project, code, {})
    import handlers

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(project.app.test_client().get, "/f") for _ in range(2)]
        for _ in range(2):
            assert handlers.inside.acquire(timeout=PATIENCE)
        refused = project.app.test_client().get("/f")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert project.app.test_client().get("/ping").status_code == 200
        handlers.go.set()
        assert [one.result().status_code for one in waiting] == [200, 200]
    assert {project.app.test_client().get("/f").status_code for _ in range(5)} == {200}


# x-idempotent

COUNTING = """
calls = []
from flask import abort, make_response
from pymacaron.exceptions import PyMacaronException
class Declined(PyMacaronException):
    code, status = "DECLINED", 402
class Broken(PyMacaronException):
    code, status = "BROKEN", 502
def f(body):
    calls.append(body)
    if body.say == "declined":
        raise Declined("no money")
    if body.say == "broken":
        raise Broken("no bank")
    if body.say == "bug":
        raise ValueError("a bug")
    if body.say in {"refuse", "fail"}:
        abort(make_response({"number": len(calls)}, 409 if body.say == "refuse" else 503))
    return {"number": len(calls)}, 200, {"X-Number": str(len(calls))}
"""


@pytest.fixture(params=ROADS)
def paying(project: Project, request: pytest.FixtureRequest) -> FlaskClient:
    schema = {"type": "object", "properties": {"say": {"type": "string"}, "amount": {"type": "integer"}}}
    keys = {"requestBody": body(schema), "x-idempotent": True}
    return served(project, COUNTING, keys, method="post", dispatch=request.param)


def calls() -> int:
    import handlers

    return len(handlers.calls)


def post(client: FlaskClient, key: str | None, **body: Any) -> Any:
    return client.post("/f", json=body, headers={} if key is None else {"Idempotency-Key": key})


def test_same_key_same_answer(paying: FlaskClient) -> None:
    """A request with the same key gets the same answer, and the work is done once; other keys, and none, are others."""
    first, again = post(paying, "k", amount=1), post(paying, "k", amount=1)
    assert first.data == again.data
    assert (first.status_code, first.headers["X-Number"]) == (again.status_code, again.headers["X-Number"])
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert calls() == 1
    post(paying, "l", amount=1), post(paying, None, amount=1), post(paying, None, amount=1)
    assert calls() == 4


def test_key_of_another_request(paying: FlaskClient) -> None:
    """A key that comes with another request is refused, and nothing is done."""
    post(paying, "k", amount=1)
    refused = post(paying, "k", amount=2)
    assert (refused.status_code, said(refused)["error"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert calls() == 1


def test_errors_of_functions(paying: FlaskClient) -> None:
    """An error for the caller that a function raised is its answer; one that says that the service failed is not, nor a
    request that was refused before: these may be tried again."""
    declined = [post(paying, "d", say="declined") for _ in range(2)]
    assert [one.status_code for one in declined] == [402, 402]
    assert declined[0].json == declined[1].json
    assert calls() == 1
    assert [post(paying, "b", say="broken").status_code for _ in range(2)] == [502, 502]
    assert [post(paying, "u", say="bug").status_code for _ in range(2)] == [500, 500]
    assert calls() == 5
    refused = [post(paying, "a", say="refuse") for _ in range(2)]
    assert [(one.status_code, one.json) for one in refused] == [(409, {"number": 6})] * 2
    assert [post(paying, "f", say="fail").json for _ in range(2)] == [{"number": 7}, {"number": 8}]
    wrong = [paying.post("/f", json={"amount": "x"}, headers={"Idempotency-Key": "w"}) for _ in range(2)]
    assert [one.status_code for one in wrong] == [400, 400]
    assert calls() == 8


@pytest.mark.parametrize("key", ["", "a" * 256, "\u00e4", "\t"])
def test_what_is_no_key(paying: FlaskClient, key: str) -> None:
    assert post(paying, key).status_code == 400
    assert calls() == 0


def test_at_once(project: Project) -> None:
    """Of many requests with one key at the same time one does the work; the others are told that it goes on, or get its
    answer."""
    code = "calls = []\ndef f(body):\n    calls.append(1)\n    time.sleep(0.2)\n    return {'number': len(calls)}"
    served(project, code, {"requestBody": body(ANY), "x-idempotent": True}, method="post")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(project.app.test_client(), "k"), range(8)))
    assert calls() == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.headers["Retry-After"] for answer in answers if answer.status_code == 409} == {"1"}
    assert post(project.app.test_client(), "k").json == {"number": 1}


@pytest.mark.parametrize("keys", [{}, {"x-decorate-server": "pymacaron.auth.requires_auth"}])
def test_keys_are_their_callers(project: Project, keys: dict[str, Any]) -> None:
    """The key of one caller is nothing to another, whether the document or the function asks who calls."""
    code = """
from pymacaron.auth import get_userid, requires_auth
calls = []
@requires_auth
def f(body):
    calls.append(1)
    return {"user": get_userid()}
"""
    if keys:
        code = code.replace("@requires_auth\n", "")
    client = served(project, code, {"requestBody": body(ANY), "x-idempotent": True} | keys, method="post")
    tokens = {name: generate_token(name) for name in ("ann", "bob")}  # of another second, they would be others
    for name in ("ann", "bob", "ann"):
        headers = {"Authorization": f"Bearer {tokens[name]}", "Idempotency-Key": "k"}
        assert client.post("/f", json={}, headers=headers).json == {"user": name}
    assert client.post("/f", json={}, headers={"Idempotency-Key": "k"}).status_code == 401
    assert calls() == 2


def test_answers_that_cannot_be_kept(project: Project) -> None:
    """Streams and answers too large for the store are sent, and their work is not done again."""
    code = "calls = []\ndef f(body):\n    calls.append(1)\n    return {'long': 'x' * 500_000}"
    client = served(project, code, {"requestBody": body(ANY), "x-idempotent": True}, method="post")
    assert post(client, "k").status_code == 200
    again = post(client, "k")
    assert (again.status_code, said(again)["error"]) == (409, "ANSWER_NOT_KEPT")
    assert calls() == 1


def test_key_outlasts_the_deadline(project: Project) -> None:
    """A function that runs on after its 504 keeps its key: the work is never done twice, nor at the same time."""
    code = """
calls, go = [], threading.Event()
def f(body):
    calls.append(1)
    go.wait(60)
    if body.get('again'):
        raise ValueError('a bug')
    return {}
"""
    keys = {"requestBody": body(ANY), "x-idempotent": True, "x-timeout-ms": 400}
    client = served(project, code, keys, method="post")
    import handlers

    def is_told(error: str, key: str, data: dict[str, Any]) -> bool:
        return bool(said(post(client, key, **data))["error"] == error)

    for data, then in (({}, "ANSWER_NOT_KEPT"), ({"again": 1}, "UNHANDLED_SERVER_ERROR")):
        handlers.go.clear()
        handlers.calls.clear()
        keys_ = (f"{data} {number}" for number in itertools.count())
        # where the machine is slow, the time may be over before the function is called
        key = next(key for key in keys_ if is_told("DEADLINE_EXCEEDED", key, data) and calls())
        assert until_true(partial(is_told, "REQUEST_IN_PROGRESS", key, data))
        assert calls() == 1
        handlers.go.set()
        assert until_true(partial(is_told, then, key, data))


def test_store_goes_away(project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A store that goes away during the work does not take the answer along; it gets it when it is back, so that the
    work is not done again. Meanwhile, nothing is begun."""
    code = "calls = []\ndef f(body):\n    calls.append(1)\n    go_away()\n    return {'number': len(calls)}"
    client = served(project, code, {"requestBody": body(ANY), "x-idempotent": True}, method="post")
    import handlers

    def down(*_: Any, **__: Any) -> None:
        raise StoreDownError("away")

    with monkeypatch.context() as away:
        handlers.go_away = lambda: away.setattr(get_store(), "put", down)
        assert post(client, "k").json == {"number": 1}
        assert "could not be kept" in caplog.text
        assert said(post(client, "other"))["error"] == "STORE_DOWN"
    until = time.monotonic() + PATIENCE
    while (again := post(client, "k")).status_code == 409 and time.monotonic() < until:
        time.sleep(0.05)
    assert (again.json, again.headers["Idempotency-Replayed"], calls()) == ({"number": 1}, "true", 1)


def test_a_key_that_was_taken_in_silence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the store has taken although it could not say so is free again soon: nobody works on it."""
    code = "calls = []\ndef f(body):\n    calls.append(1)\n    return {'number': len(calls)}"
    client = served(project, code, {"requestBody": body(ANY), "x-idempotent": True}, method="post")
    monkeypatch.setattr("pymacaron.limits.repeats.LEASE", 1000.0)
    assert post(client, "another").status_code == 200
    store = get_store()

    def silent(*given: Any, **more: Any) -> None:
        type(store).put(store, *given, **more)
        raise StoreDownError("away")

    with monkeypatch.context() as away:
        away.setattr(store, "put", silent)
        assert post(client, "k").status_code == 503
    assert until_true(lambda: post(client, "k").status_code == 200)
    assert calls() == 2


def test_what_waits_for_a_store() -> None:
    """What cannot be done is tried again, in its order, for a while and not for ever; no more of it waits than there is
    room for."""
    done: list[int] = []
    there = threading.Event()

    def act(number: int) -> None:
        if not there.is_set():
            raise StoreDownError("away")
        done.append(number)

    insisting = Insisting(0.01, PATIENCE, 10)
    assert [insisting.on(partial(act, number), 3) for number in range(4)] == [True, True, True, False]
    there.set()
    assert until_true(lambda: done == [0, 1, 2] and not insisting._is_running)
    there.clear()
    brief = Insisting(0.01, 0.05, 10)
    assert brief.on(partial(act, 5), 1)
    assert until_true(lambda: not brief._is_running)
    there.set()
    assert insisting.on(partial(act, 6), 1)
    assert until_true(lambda: done == [0, 1, 2, 6])


def until_true(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    return is_so()


def test_errors_of_their_own_form(project: Project) -> None:
    """An error whose JSON is its own is given again as it was."""
    code = """
from pymacaron.exceptions import PyMacaronException
class Sorry(PyMacaronException):
    code, status = "SORRY", 409
    def to_json(self):
        return {"sorry": True}
def f(body):
    raise Sorry("no")
"""
    client = served(project, code, {"requestBody": body(ANY), "x-idempotent": True}, method="post")
    answers = [post(client, "k") for _ in range(2)]
    assert [(answer.status_code, said(answer)) for answer in answers] == [(409, {"sorry": True})] * 2
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_body_is_read_as_before(project: Project) -> None:
    """A request with a key is read as one without: as large as it may be, and no larger."""
    get_config().max_body = 3_000_000
    code = "calls = []\ndef f(body):\n    calls.append(1)\n    return {'size': len(body['text'])}"
    client = served(project, code, {"requestBody": body(ANY), "x-idempotent": True}, method="post")
    assert post(client, "k", text="x" * 2_500_000).json == {"size": 2_500_000}
    assert post(client, "l", text="x" * 3_500_000).status_code == 413
    assert calls() == 1


# x-etag


@pytest.mark.parametrize("dispatch", ROADS)
@pytest.mark.parametrize("said", [True, "weak"])
def test_tags(project: Project, dispatch: str, said: Any) -> None:
    """An answer has a tag of its own; who has it gets 304 without a body, and who has another one the answer."""
    code = "value, own = [1], []\ndef f():\n    return own[-1]() if own else {'value': value[0]}"
    client = served(project, code, {"x-etag": said}, dispatch=dispatch)
    first = client.get("/f")
    tag = first.headers["ETag"]
    assert tag.startswith("W/") == (said == "weak")
    same = client.get("/f", headers={"If-None-Match": tag})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    bare = tag.removeprefix("W/")
    for wanted in ("*", f'"x", {tag}', bare, f"W/{bare}"):
        assert client.get("/f", headers={"If-None-Match": wanted}).status_code == 304
    strong, weak = (client.get("/f", headers={"If-Match": one}) for one in (bare, f"W/{bare}"))
    assert (strong.status_code, weak.status_code) == (412 if said == "weak" else 200, 412)
    assert client.get("/f", headers={"If-Match": "*"}).status_code == 200
    import handlers

    handlers.value[0] = 2
    other = client.get("/f", headers={"If-None-Match": tag})
    assert (other.status_code, other.json) == (200, {"value": 2})
    assert other.headers["ETag"] != tag
    closed: list[int] = []

    def flasks(headers: dict[str, str]) -> Response:
        made = Response('{"a": 1}', headers=headers, mimetype="application/json")
        made.call_on_close(lambda: closed.append(1))
        return made

    for own in (None, '"mine"'):  # a response of Flask's is an answer like another, and is closed like one
        handlers.own.append(partial(flasks, {"ETag": own} if own else {}))
        tag = client.get("/f").headers["ETag"]
        assert own is None or tag == own
        assert client.get("/f", headers={"If-None-Match": tag}).status_code == 304
        assert client.get("/f", headers={"If-None-Match": '"other"'}).json == {"a": 1}
    assert len(closed) == 6


# What browsers are told


@pytest.mark.parametrize("dispatch", ROADS)
def test_origins(project: Project, dispatch: str) -> None:
    """Pages of origins that are named may call, others not; errors say so too, and a preflight is answered."""
    get_config().cors = {"origins": ["https://app.example.com", "https://*.example.org"], "credentials": True}
    client = served(project, "def f(): return {}", {}, dispatch=dispatch)
    allow = "Access-Control-Allow-Origin"
    for origin in ("https://app.example.com", "https://a.b.example.org"):
        for path in ("/f", "/nothing"):
            answer = client.get(path, headers={"Origin": origin})
            assert (answer.headers[allow], answer.headers["Vary"]) == (origin, "Origin")
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    for origin in ("https://evil.example.com", "https://app.example.com.evil.org", "http://app.example.com", "null"):
        answer = client.get("/f", headers={"Origin": origin})
        assert (allow in answer.headers, answer.headers["Vary"]) == (False, "Origin")
    asks = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "PUT"}
    preflight = client.options("/f", headers={**asks, "Access-Control-Request-Headers": "x-one, x-two"})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "PUT"
    assert preflight.headers["Access-Control-Allow-Headers"] == "x-one, x-two"
    assert allow not in client.options("/f", headers={**asks, "Origin": "https://evil.org"}).headers


@pytest.mark.parametrize(
    ("said", "told"),
    [({}, "Origin"), ({"Vary": "Accept, origin"}, "Accept, Origin"), ({"vary": "Cookie"}, "Cookie, Origin"),
     ({"Vary": "Accept, *"}, "*")],
)  # fmt: skip
def test_origins_are_told_once(project: Project, said: dict[str, str], told: str) -> None:
    """That answers depend on the origin is said once, whatever the function says, and with flask-cors as well."""
    get_config().cors = {"origins": ["https://app.example.com"]}
    CORS(project.app, origins=["https://app.example.com"])
    client = served(project, f"def f(): return {{}}, 200, {said}", {})
    answer = client.get("/f", headers={"Origin": "https://app.example.com"})
    assert answer.headers.getlist("Vary") == [told]
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["https://app.example.com"]
    assert client.get("/f").headers.getlist("Vary") == [told]


def test_closed_by_default(project: Project) -> None:
    """Without a setting, no page of another host may read an answer."""
    client = served(project, "def f(): return {}", {})
    answer = client.get("/f", headers={"Origin": "https://app.example.com"})
    assert not [name for name in dict(answer.headers) if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "value", ["https://a.example/path", "app.example.com", [], {"origin": "*"}, {"origins": "*", "credentials": True}]
)
def test_wrong_origins(tmp_path: Path, value: Any) -> None:
    """What is no origin, and what browsers would refuse, stops the start."""
    from pymacaron.config import load_config

    path = tmp_path / "pym-config.yaml"
    path.write_text(json.dumps({"name": "a", "live_host": "b", "cors": value}))
    with pytest.raises(ConfigurationError, match="cors"):
        load_config(str(path))


@pytest.mark.parametrize("dispatch", ROADS)
def test_security_headers(project: Project, dispatch: str) -> None:
    """Our answers, errors included, carry them; what a function says itself counts; routes of the user's are his."""
    project.app.add_url_rule("/own", "own", lambda: "mine")
    code = "own = None\ndef f(): return own() if own else ({}, 200, {'x-frame-options': 'SAMEORIGIN'})"
    client = served(project, code, {}, dispatch=dispatch)
    answer = client.get("/f")
    assert answer.headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/nothing").headers["X-Frame-Options"] == "DENY"
    assert client.get("/ping").headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in client.get("/own").headers
    import handlers

    handlers.own = lambda: Response(iter([b"page"]), headers={"X-Frame-Options": "SAMEORIGIN"})
    answer = client.get("/f")
    assert answer.headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_trusted_hosts(project: Project) -> None:
    """A Host that is not among the trusted ones is refused. Capitals, a dot at the end and the port make no other host
    (RFC 9110 section 4.2.3)."""
    get_config().trusted_hosts = ["API.example.com", "*.example.org", "10.0.0.7"]
    client = served(project, "def f(): return {}", {})
    for status, hosts in (
        (200, ("api.example.com", "Api.Example.COM:8080", "api.example.com.", "a.example.org", "10.0.0.7:80")),
        (400, ("evil.example.com", "example.com", "[::1]:80", "api.example.com.evil.com", "10.0.0.70", "")),
    ):
        assert {client.get("/f", headers={"Host": host}).status_code for host in hosts} == {status}
        assert {client.get("/nowhere", headers={"Host": host}).status_code for host in hosts} == {
            404 if status == 200 else 400
        }


def test_nothing_costs_nothing(project: Project) -> None:
    """A service that says nothing of limits does not have the room that keeps them."""
    project.document({"/f": {"get": operation("f")}})
    project.functions("def f(): return {}")
    (project.folder / "asks.py").write_text(
        "import os, sys\nfrom flask import Flask\nfrom pymacaron import API\n"
        "API(Flask('a')).load_apis('apis').start(serve='shop')\n"
        "assert not [name for name in sys.modules if name.startswith('pymacaron.limits')]"
    )
    subprocess.run([sys.executable, "asks.py"], cwd=project.folder, check=True)
