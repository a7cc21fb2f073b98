"""The console shows what happens in a service: to those who may see it, and without secrets."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import leaks
import pytest
from flask.testing import FlaskClient
from flask_cors import CORS
from hypothesis import given
from hypothesis import strategies as st
from programs import run
from services import Project, answers, body, operation, project_in

from pymacaron import asynctask, crash
from pymacaron.auth import generate_token
from pymacaron.calls import onlookers
from pymacaron.config import Secret, get_config
from pymacaron.console.latency import Course, Times
from pymacaron.console.recorder import CALLS
from pymacaron.exceptions import ConfigurationError, StartError
from pymacaron.tasks import run_here

KEY = "a key of thirty-two bytes or more, for tests"
PAGE = "/doc/console"
FUNCTIONS = """
    from flask import Response
    from pymacaron import ApiPool

    def hello(name="you"): return {"hello": name}
    def item(id): return {"id": id}
    def crashes(**sent): raise RuntimeError("a bug")
    def breaks(**sent): return {"price": "none"}
    def keep(body): return body
    def shows(voucher): return Response(voucher, headers={"Set-Cookie": f"id={voucher}", "X-Token": voucher})
    def calls(): return {"outcome": type(ApiPool.other.client.get_thing()).__name__}
    def fails(body): raise RuntimeError(f"cannot log in with {body['password']}")
"""
LOGIN = {
    "type": "object",
    "properties": {
        "user": {"type": "string"}, "password": {"type": "string"}, "pass_on": {"type": "string", "writeOnly": True},
        "card": {"type": "string", "x-sensitive": True},
    },
}  # fmt: skip
VOUCHER = {"name": "voucher", "in": "path", "required": True, "schema": {"type": "string", "x-sensitive": True}}
IN_PATH = {"name": "id", "in": "path", "required": True, "schema": {}}
PATHS = {
    "/hello": {"get": operation("hello")},
    "/items/{id}": {"get": operation("item", parameters=[IN_PATH])},
    "/crash": {"get": operation("crashes")},
    "/price": {"get": operation("breaks", responses=answers(**{
        "200": {"type": "object", "properties": {"price": {"type": "number"}}}}))},
    "/keep": {"post": operation("keep", requestBody=body({}))},
    "/login": {"post": operation("fails", requestBody=body({"$ref": "#/components/schemas/Login"}))},
    "/calls": {"get": operation("calls")},
    "/vouchers/{voucher}": {"get": operation("shows", parameters=[VOUCHER])},
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("NO_ERROR_REPORTING")
    before = list(onlookers)
    with project_in(tmp_path, report_to=[]) as made:
        made.document(PATHS, {"Login": LOGIN})
        made.functions(FUNCTIONS)
        yield made
    onlookers[:] = before


def console(project: Project, **options: Any) -> FlaskClient:
    """A service in development, for somebody on this machine."""
    return project.start("shop", **{"debug": True, **options})


def state(client: FlaskClient, since: str = "", **headers: Any) -> Any:
    answer = client.get(f"{PAGE}/state?since={since}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"{PAGE}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json


def act(client: FlaskClient, path: str, sent: Any) -> Any:
    """What the page does when a button is pressed."""
    if client.get_cookie("pymacaron_console", path="/doc") is None:
        client.get(PAGE)
    cookie = client.get_cookie("pymacaron_console", path="/doc")
    assert cookie is not None
    return client.post(f"{PAGE}/{path}", json=sent, headers={"X-Pymacaron-Console": cookie.value})


# Whether there is one


@pytest.mark.parametrize(("said", "debug", "there"), [("auto", False, 404), ("off", True, 404), ("auto", True, 200)])
def test_there_is_one_in_development(project: Project, said: str, debug: bool, there: int) -> None:
    """There is a console in development, unless it is switched off; whether or not documents are published."""
    get_config().console = said
    client = console(project, debug=debug)
    assert client.get(PAGE).status_code == client.get(f"{PAGE}/state").status_code == there


def test_not_even_imported(tmp_path: Path) -> None:
    """Without a console, nothing of it is imported."""
    with project_in(tmp_path) as project:
        project.document({"/hello": {"get": operation("hello")}})
        project.functions("def hello(): return {}")
    lines = (
        "import sys; from flask import Flask; from pymacaron import API; app = Flask('x')",
        "API(app).load_apis('apis').publish_apis().start()",
        "app.test_client().get('/hello')",
        "sys.exit(any(name.startswith('pymacaron.console') for name in sys.modules))",
    )
    done = run([sys.executable, "-c", "\n".join(lines)], tmp_path)
    assert done.returncode == 0, done.stderr


def test_beside_what_is_published(project: Project) -> None:
    """It is where the documents are, and they stay where they were."""
    project.load(debug=True).publish_apis("papers").start()
    client = project.app.test_client()
    assert client.get("/papers/console").status_code == client.get("/papers/shop").status_code == 200
    assert 'href="console"' in client.get("/papers/").text
    assert client.get("/papers/console/console.js").mimetype == "text/javascript"
    assert client.get("/papers/console/../api.py").status_code == 404


def test_a_path_that_is_taken(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """An API of that name keeps its page: the start says that there is no console, and does not begin if one was
    demanded."""
    project.document({"/x": {"get": operation("hello")}}, name="console")
    project.load(debug=True).publish_apis().start()
    assert "the console has no place: /doc/console is taken; publish_apis(path=...)" in caplog.text
    assert "console" in project.app.test_client().get("/doc/console").text


def test_demanded_and_taken(project: Project) -> None:
    get_config().console, get_config().jwt_secret = "on", Secret(KEY)
    project.document({"/doc/console/x": {"get": operation("hello")}}, name="other")
    with pytest.raises(StartError, match="/doc/console is taken"):
        project.start()


# Who may look


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("10.0.0.7", {}),
        ("127.0.0.1", {"Host": "shop.example.com"}),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 198.51.100.7"}),
        ("127.0.0.1", {"Forwarded": "for=198.51.100.7"}),
        ("127.0.0.1", {"X-Forwarded-Host": "shop.example.com"}),
        ("127.0.0.1", {"Sec-Fetch-Site": "cross-site"}),
        ("127.0.0.1", {"Sec-Fetch-Site": "same-site"}),
        ("127.0.0.1", {"Origin": "https://evil.example"}),
        ("127.0.0.1", {"Origin": "null"}),
    ],
)
def test_strangers(project: Project, address: str, headers: dict[str, str]) -> None:
    """In development nobody else sees anything: neither from elsewhere, nor by way of a proxy, nor under a name that
    somebody has let lead here, nor a page of somebody else's, even where CORS lets all pages ask."""
    CORS(project.app)
    client = console(project)
    client.get("/hello")
    answer = client.get(f"{PAGE}/state", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 403
    assert "calls" not in answer.text


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("127.0.0.1", {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}),
        ("::1", {"Host": "[::1]:8080"}),
        ("127.0.0.1", {"Host": "127.0.0.1:8080", "X-Forwarded-For": "::1"}),
        ("127.0.0.1", {"Origin": "http://localhost"}),
    ],
)
def test_this_machine(project: Project, address: str, headers: dict[str, str]) -> None:
    """Callers on this machine see it, a proxy of theirs between them or not."""
    answer = console(project).get(f"{PAGE}/state", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 200


def test_a_token_with_the_scope(project: Project) -> None:
    """`console: on` is for production: the page shows nothing, and what it asks for wants a token with the scope
    `console`, from this machine, too."""
    get_config().console, get_config().jwt_secret = "on", Secret(KEY)
    client = console(project, debug=False)
    client.get("/hello")
    assert client.get(PAGE).status_code == 200
    asked = [f"{PAGE}/state", f"{PAGE}/calls/1", f"{PAGE}/errors/1"]
    tokens: list[tuple[str, int]] = [
        ("", 401), (generate_token("ada"), 403), (generate_token("ada", data={"scope": "orders console"}), 200),
    ]  # fmt: skip
    for token, status in tokens:
        for path in asked:
            answer = client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
            assert answer.status_code == (404 if status == 200 and "errors" in path else status)
    answer = client.get(f"{PAGE}/state", headers={"Authorization": f"Bearer {tokens[2][0]}", "Origin": "https://evil"})
    assert answer.status_code == 403


def test_never_open_by_accident(project: Project) -> None:
    """Demanded without a key for tokens, it keeps the service from starting."""
    get_config().console = "on"
    with pytest.raises(ConfigurationError, match=r"console.*no key to verify tokens is configured.*set jwt_secret"):
        console(project)


def test_acting_takes_the_page(project: Project) -> None:
    """What acts has to show the value of the page's cookie in a header."""
    client = console(project)
    client.get("/hello")
    number = state(client)["calls"][0]["number"]
    process = state(client)["process"]["id"]
    sent = {"process": process, "number": number}
    assert client.post(f"{PAGE}/replay", json=sent).status_code == 403
    client.get(PAGE)
    assert client.post(f"{PAGE}/replay", json=sent).status_code == 403
    assert client.post(f"{PAGE}/replay", json=sent, headers={"X-Pymacaron-Console": "guessed"}).status_code == 403
    assert act(client, "replay", sent).status_code == 200


def test_the_page_is_locked(project: Project) -> None:
    """The page may load its own files only, and be in no frame."""
    headers = console(project).get(PAGE).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


# What is told


def test_calls(project: Project) -> None:
    """Each call is told once, in its order, with how it ended; the console's own are not."""
    client = console(project)
    client.get("/hello?name=ada", headers={"PymCallID": "mine"})
    client.get("/items/7")
    assert client.get("/nothing").text  # it has ended when it is read
    client.get(PAGE)
    first = state(client)
    rows = [(row["method"], row["path"], row["operation"], row["status"]) for row in first["calls"]]
    assert rows == [
        ("GET", "/hello", "shop.get_hello", 200), ("GET", "/items/7", "shop.get_items_id", 200),
        ("GET", "/nothing", "", 404),
    ]  # fmt: skip
    assert first["calls"][0]["id"] == "mine"
    since = f"{first['process']['id']}:{first['number']}"
    assert client.get(f"{PAGE}/state?since={since}").status_code == 204
    client.get("/hello")
    assert [row["path"] for row in state(client, since)["calls"]] == ["/hello"]
    other = state(client, f"1-00000000:{first['number']}")  # which knows another process
    assert len(other["calls"]) == 4


def test_bounded(project: Project) -> None:
    """However many calls there are, the youngest thousand are known, and what they amount to."""
    client = console(project, debug=True)
    for _ in range(CALLS + 50):
        client.get("/hello")
    found = state(client)
    (hello,) = [one for one in found["operations"] if one["path"] == "/hello"]
    assert hello["count"] == CALLS + 50
    assert sum(count for _, count in hello["classes"]) == CALLS + 50
    assert client.get(f"{PAGE}/calls/50").status_code == 404
    assert client.get(f"{PAGE}/calls/51").status_code == 200
    assert len(found["calls"]) <= CALLS


def test_polling_is_no_news(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A page that is open fills no log; that somebody opens it is told."""
    client = console(project)
    caplog.set_level(logging.INFO)
    state(client)
    assert caplog.text == ""
    assert client.get(PAGE).text
    assert "GET /doc/console 200" in caplog.text


def test_never_called(project: Project) -> None:
    """Operations that nobody has called are told as such."""
    client = console(project)
    client.get("/hello")
    counted = {one["path"]: one["count"] for one in state(client)["operations"]}
    assert counted == {path: int(path == "/hello") for path in PATHS}


def test_errors_with_their_reports(project: Project) -> None:
    """Crashes of one kind are one error, counted, with the report that reporters got."""
    reports: list[tuple[str, str]] = []
    client = console(project, error_reporter=lambda *report: reports.append(report))
    for _ in range(3):
        client.get("/crash")
    assert crash.flush()
    (error,) = state(client)["troubles"]
    assert (error["kind"], error["count"], error["title"]) == ("crash", 3, reports[0][0])
    found = get(client, f"errors/{error['id']}")
    assert found["report"] == json.loads(reports[0][1])
    assert [row["status"] for row in found["known"]] == [500, 500, 500]


def test_what_is_reported(project: Project) -> None:
    """What `report_error` reports is told, too."""
    client = console(project)
    crash.report_error("the till is open", data={"password": leaks.secret("till-password-31337")})
    assert crash.flush()
    (error,) = state(client)["troubles"]
    assert error["kind"] == "error"
    assert "the till is open" in error["title"]
    assert "31337" not in client.get(f"{PAGE}/errors/{error['id']}").text


def test_contract_drift(project: Project) -> None:
    """Answers that break the document are told by operation, status and place, and how often; whoever hears of them
    otherwise still does."""
    get_config().validate_responses = "report"
    client = console(project)
    for _ in range(3):
        assert client.get("/price").status_code == 200
    (broken,) = state(client)["breaches"]
    assert (broken["operation"], broken["status"], broken["count"]) == ("GET /price", 200, 3)
    assert broken["fault"].startswith("body/price: expected ")
    assert broken["is_sent"]
    assert crash.flush()
    assert any("breaks the document" in error["title"] for error in state(client)["troubles"])


def test_tree(project: Project) -> None:
    """A call's tree has the calls of other services that it made."""
    project.document({"/thing": {"get": operation()}}, name="other", servers=[{"url": "http://127.0.0.1:9"}])
    client = console(project)
    client.get("/calls")
    (row,) = state(client)["calls"]
    call, left = get(client, f"calls/{row['number']}")["tree"]
    assert (call["kind"], left["kind"], left["operation"]) == ("call", "client", "other.get_thing")
    assert left["parent"] == call["span"]
    assert left["path"] == "GET http://127.0.0.1:9/thing"
    assert left["status"] is None


def test_tasks(project: Project) -> None:
    """Tasks that are fired in a call are known with how they stand."""

    @asynctask
    def fine() -> None: ...

    @asynctask
    def wrong() -> None:
        raise RuntimeError("no")

    @project.app.get("/fire")
    def fire() -> str:
        fine.fire()
        wrong.fire()
        return "fired"

    client = console(project)
    with run_here():
        assert client.get("/fire").text == "fired"
        found = state(client)
        assert [(one["name"].rpartition(".")[2], one["state"]) for one in found["tasks"]] == [
            ("fine", "done"), ("wrong", "failed")
        ]  # fmt: skip
        since = f"{found['process']['id']}:{found['number']}"
        assert len(state(client, since)["tasks"]) == 2  # for other pages, too, that know that they were fired
        assert all(one["ms"] >= 0 and one["waited"] >= 0 for one in found["tasks"])
        assert crash.flush()
        call = next(row for row in found["calls"] if row["path"] == "/fire")
        tree = get(client, f"calls/{call['number']}")["tree"]
        kinds = sorted((node["kind"], node["parent"] == call["span"]) for node in tree)
        assert kinds == [("call", False), ("task", True), ("task", True)]
        assert act(client, f"tasks/{found['tasks'][0]['id']}/cancel", {}).json == {"cancelled": False}
        assert act(client, "tasks/nobody/cancel", {}).status_code == 404


# Replaying


def test_replay(project: Project) -> None:
    """A call is made again as it was, with its secrets, in this process."""
    client = console(project)
    sent = {"user": "ada", "password": leaks.secret("battery-staple-9"), "list": [1, None]}
    client.post("/keep", json=sent, headers={"X-Token": leaks.secret("token-of-header-9")})
    found = state(client)
    given = {"process": found["process"]["id"], "number": found["calls"][0]["number"]}
    now = act(client, "replay", given).json
    assert now["row"]["status"] == 200
    assert now["response"]["body"]["json"] == {**sent, "password": "*****"}
    assert [row["path"] for row in state(client)["calls"]] == ["/keep", "/keep"]


def test_replay_of_a_capsule(project: Project) -> None:
    """What another process has answered is made again from its capsule, once its secrets are given."""
    client = console(project)
    client.post("/keep", json={"password": leaks.secret("horse-battery-10")})
    capsule = get(client, "calls/1")["capsule"]
    missing = act(client, "replay", {"capsule": capsule})
    assert missing.status_code == 400
    assert "body.password" in missing.json["error_description"]
    now = act(client, "replay", {"capsule": capsule, "values": {"body.password": "another"}}).json
    assert now["row"]["status"] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"[1]", b"{", b'{"capsule": 3}', b'{"capsule": {"method": 1}}', b'{"values": 3}', b'{"number": "x"}',
        b'{"capsule": {"method": "G\\r\\nX: y", "path": "/"}}',
    ],
)  # fmt: skip
def test_nonsense_is_refused(project: Project, sent: bytes) -> None:
    """What no page has sent is a fault of the caller's."""
    client = console(project)
    act(client, "replay", {})
    cookie = client.get_cookie("pymacaron_console", path="/doc")
    assert cookie is not None
    answer = client.post(f"{PAGE}/replay", data=sent, headers={"X-Pymacaron-Console": cookie.value})
    assert answer.status_code == 400


def test_production_makes_no_call_up(project: Project) -> None:
    """With a token, only calls that are known are made again, and their secrets are not filled in."""
    get_config().console, get_config().jwt_secret = "on", Secret(KEY)
    client = console(project, debug=False)
    client.post("/keep", json={"password": leaks.secret("staple-horse-11")})
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {generate_token('ada', data={'scope': 'console'})}"
    found = state(client)
    capsule: dict[str, Any] = {
        "method": "GET",
        "path": "/hello",
        "query": "",
        "headers": [],
        "body": None,
        "secrets": {},
    }
    assert act(client, "replay", {"capsule": capsule}).status_code == 404
    given = {"process": found["process"]["id"], "number": found["calls"][0]["number"]}
    refused = act(client, "replay", given)
    assert (refused.status_code, "body.password" in refused.text) == (400, True)
    again = {**given, "values": {"body.password": "mine"}, "once": "a name"}
    assert act(client, "replay", again).json["row"]["status"] == 200
    assert act(client, "replay", again).status_code == 404
    client.get("/crash")
    assert crash.flush()
    (error,) = state(client)["troubles"]
    assert act(client, "replay", {**given, "number": None, "error": error["id"]}).status_code == 400  # its token


def test_an_exception_that_leaves(project: Project) -> None:
    """A route of the application's own may let an exception through in development: that is what is told."""
    project.app.add_url_rule("/own", "own", lambda: str(1 / 0))
    client = console(project)
    with pytest.raises(ZeroDivisionError):
        client.get("/own")
    found = state(client)
    assert found["calls"][0]["status"] == 500
    given = {"process": found["process"]["id"], "number": found["calls"][0]["number"]}
    assert "ZeroDivisionError" in act(client, "replay", given).json["fault"]


# Secrets


def test_no_secret_is_told(project: Project) -> None:
    """Whatever a caller sends in confidence, and whatever the document says nobody is to see, is in no answer of the
    console: lists, details, reports, capsules, replays."""
    secrets = {
        "header": "header-secret-5501", "cookie": "cookie-secret-5502", "query": "query-secret-5503",
        "password": "password-secret-5504", "pass_on": "write-only-secret-5505", "card": "sensitive-secret-5506",
        "bearer": "bearer-secret-token-5507", "path": "path-secret-5508",
    }  # fmt: skip
    for name, secret in secrets.items():
        if name != "password":  # which the function tells its own caller, in development
            leaks.secret(secret)
    client = console(project)
    client.set_cookie("session", secrets["cookie"])
    for path in ("/login", f"/login?token={secrets['query']}"):
        client.post(
            path, json={name: secrets[name] for name in ("password", "pass_on", "card")},
            headers={"X-Api-Key": secrets["header"], "Authorization": f"Bearer {secrets['bearer']}"},
        )  # fmt: skip
    client.post("/keep", json={"password": secrets["password"]})
    assert client.get(f"/vouchers/{secrets['path']}").text == secrets["path"]
    assert crash.flush()
    found = state(client)
    answers_ = [client.get(f"{PAGE}/state")]
    answers_ += [client.get(f"{PAGE}/calls/{row['number']}") for row in found["calls"]]
    answers_ += [client.get(f"{PAGE}/errors/{error['id']}") for error in found["troubles"]]
    given = {"process": found["process"]["id"]}
    answers_ += [act(client, "replay", {**given, "number": row["number"]}) for row in found["calls"]]
    answers_ += [client.get(f"{PAGE}/calls/{row['number']}") for row in state(client)["calls"]]
    assert len(answers_) > 10
    for answer in answers_:
        assert answer.status_code == 200
        assert [name for name, text in secrets.items() if text in answer.text] == []


# Figures


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=9))
def test_classes_of_times(times: list[float]) -> None:
    """Each time is counted in the class that it lies in, and these are a fifth wider each."""
    counted = Times()
    for ms in times:
        counted.add(ms)
    told_ = counted.to_json()
    expected: dict[int, int] = {}
    for ms in times:
        at = 0 if ms <= 1 / 16 else min(83, math.floor(4 * math.log2(ms * 16)))
        expected[at] = expected.get(at, 0) + 1
    assert dict(told_["classes"]) == expected
    assert told_["count"] == len(times)


@given(st.lists(st.tuples(st.floats(0, 3000), st.sampled_from([200, 404, 500])), max_size=9))
def test_course(calls: list[tuple[float, int]]) -> None:
    """Over time every call of the last ten minutes is counted once, at its time."""
    course = Course()
    for at, status in sorted(calls):
        course.add(at, status, 1.0, complete=True)
    now = max([at for at, _ in calls], default=0.0)
    points = course.to_json(now)
    recent = [at for at, _ in calls if at // 5 > now // 5 - 120]
    assert sum(point["count"] for point in points) == len(recent)
    assert [point["at"] for point in points] == sorted({int(at) // 5 * 5 for at in recent})
