"""The kit for acceptance tests: what it wants of answers, what it says, what it counts."""

from __future__ import annotations

import json
import os
import re
import ssl
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import pytest
import trustme
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from peers import Received, peer
from programs import EXAMPLES, run
from services import Project, answers, body, operation, project_in, query

from pymacaron import cli
from pymacaron.comparison.sources import documents_at
from pymacaron.exceptions import StartError
from pymacaron.test import Answer, Asking, PyMacaronTestCase, in_process
from pymacaron.testing.asking import LOCAL, Asker
from pymacaron.testing.assertions import Service
from pymacaron.testing.documents import contract_for
from pymacaron.testing.exchanges import Asked
from pymacaron.testing.items import Item, items_of
from pymacaron.testing.ledger import FOLDER, Coverage, Ledger, gather
from pymacaron.testing.page import page_of
from pymacaron.testing.places import HOST, PORT, TOKEN, UNVERIFIED, place_from, place_of
from pymacaron.testing.report import lines
from pymacaron.transports import LocalTransport

JSON = "application/json"
CODES = {"type": "object", "properties": {"error": {"enum": ["NO_THING", "SOLD"]}}}
FUNCTIONS = """
    from flask import Response, redirect, request
    from pymacaron import PyMacaronException

    class NoThing(PyMacaronException):
        code, status = "NO_THING", 404

    def get(thing_id, limit=None):
        if thing_id == 404:
            raise NoThing("there is none")
        if thing_id >= 200:
            return Response("{}", thing_id, content_type="application/json")
        wrong = {1: {"id": "one"}, 2: "text"}.get(thing_id, {"id": thing_id})
        return wrong if thing_id != 2 else Response("text", content_type="text/plain")

    def put(thing):
        return thing, 201

    def page():
        return "<p>hello"

    def away():
        return redirect("/page")

    def echo(body=None):
        return {"authorization": request.headers.get("Authorization"), "key": request.headers.get("X-Key"),
                "type": request.content_type, "query": request.query_string.decode()}
"""
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
ID = {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "integer"}}
PATHS = {
    "/things/{thing_id}": {
        "get": operation(
            "get", parameters=[ID, query("limit", type="integer")],
            responses={**answers(**{"200": THING, "404": CODES}), "202": {
                "description": "Later.", "headers": {"X-Left": {"required": True, "schema": {"type": "integer"}}},
                "content": {JSON: {}},
            }},
        )
    },
    "/things": {"post": operation("put", requestBody=body(THING), responses=answers(**{"201": THING}))},
    "/page": {"get": operation("page", responses={"200": {"description": "A page.", "content": {"text/html": {}}}})},
    "/away": {"get": operation("away", responses={"302": {"description": "Elsewhere.", "content": {"text/html": {}}}})},
    "/echo": {"post": operation("echo", requestBody={"content": {"*/*": {}}})},
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project_in(tmp_path_factory.mktemp("kit"), validate_responses="off", jwt_secret="k" * 40) as made:
        made.document(PATHS)
        made.functions(FUNCTIONS)
        made.start()
        yield made


@pytest.fixture
def service(project: Project) -> Asking:
    return in_process(project.app)


# What is wanted


def test_what_is_right_passes(service: Asking) -> None:
    """Each assertion lets what it wants pass, and gives what was answered."""
    assert service.assertGetReturnJson("/things/7") == {"id": 7} == service.assertGetReturnDict("/things/7", 200)
    assert service.assertPostReturnJson("/things", {"id": 1}, 201) == {"id": 1}
    assert service.assertPostReturnDict("/things", {"id": 1}, status=(200, 201)) == {"id": 1}
    assert service.assertPostReturnOk("/things", {"id": 1}) == {"id": 1}
    assert service.assertGetReturnOk("/page") is None
    assert service.assertCallReturnJson("get", "/things/7", None, None, 200) == {"id": 7}
    assert service.assertGetReturnError("/things/404", 404, "NO_THING")["error_description"] == "there is none"
    assert service.assertCallReturnHtml("GET", "/page") == "<p>hello" == service.assertCallReturnText("GET", "/page")
    assert service.assertCallReturnRedirect("GET", "/away", location="/page") == "/page"
    assert service.assertHasVersion()["name"] == "shop"
    assert service.assertHasAuthVersion()["version"] == "1.2.3"
    service.assertHasPing()
    assert service.call("HEAD", "/things/7").body == b""
    assert service.call("GET", "/nowhere").status == 404


def test_both_orders_of_an_error(service: Asking) -> None:
    """An error that is wanted may be written with the body before status and code, behind them, or by name."""
    wrong, code = {"id": "x"}, "INVALID_PARAMETER"
    service.assertPostReturnError("/things", wrong, 400, code)
    service.assertPostReturnError("/things", 400, code, data=wrong)
    service.assertPostReturnError("/things", data=wrong, status=400, code=code)
    service.assertCallReturnError("POST", "/things", wrong, 400, code)
    service.assertCallReturnError("POST", "/things", 400, None, data=wrong)
    service.assertPostReturnError("/things", None, 400, None)
    with pytest.raises(TypeError, match="status, code"):
        service.assertPostReturnError("/things", wrong)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda one: one.assertGetReturnJson("/things/404"), "expected the status 200, got 404"),
        (lambda one: one.assertGetReturnJson("/page"), "expected JSON"),
        (lambda one: one.assertGetReturnOk("/things/404"), "expected a status of 200 to 299, got 404"),
        (lambda one: one.assertGetReturnError("/things/404", 404, "SOLD"), "expected the error SOLD, got NO_THING"),
        (lambda one: one.assertGetReturnError("/things/7", 200), "expected an error, with a code in 'error'"),
        (lambda one: one.assertCallReturnHtml("GET", "/things/7"), "expected text/html"),
        (lambda one: one.assertCallReturnText("GET", "/things/7"), "expected text of some kind"),
        (lambda one: one.assertCallReturnRedirect("GET", "/page"), "expected a header Location"),
        (lambda one: one.assertCallReturnRedirect("GET", "/away", location="/x"), "redirect to /x, not to /page"),
        (lambda one: one.assertPostReturnJson("/things", {"id": 1}, (200, 202)), "expected a status of 200 or 202"),
        (lambda one: one.call("GET", "/things/1"), r"\(GET /things/{thing_id}\): body/id: expected an integer"),
        (lambda one: one.call("GET", "/things/2"), "the Content-Type text/plain is not declared for status 200"),
        (lambda one: one.call("GET", "/things/418"), "the status 418 is not declared"),
        (lambda one: one.call("GET", "/things/202"), "the header X-Left is missing"),
        (lambda one: one.call("HEAD", "/things/418"), "the status 418 is not declared"),
        (lambda one: one.assertGetReturnJson("/things/7", auth=object()), "auth is a token"),
        (lambda one: one.assertPostReturnJson("/things", {"id": object()}), "object is not JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(service: Asking, asked: Any, told: str) -> None:
    """An answer that is not wanted, or that breaks the document, fails, whatever is asserted; the failure names the
    request, the fact and the answer."""
    with pytest.raises((AssertionError, TypeError), match=told) as failure:
        asked(service)
    if failure.type is AssertionError:
        assert re.match(r"(GET|POST|HEAD) http://localhost/\w+", str(failure.value))
        assert re.search(r"\n  the answer: \d{3} [\w/]+\n", str(failure.value))


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        ("a.b.c", ("Bearer a.b.c", None)),
        ("Bearer x", ("Bearer x", None)),
        (("ada", "engine"), ("Basic YWRhOmVuZ2luZQ==", None)),
        ({"X-Key": "k"}, (None, "k")),
        (None, (None, None)),
    ],
)
def test_credentials(service: Asking, auth: Any, sent: tuple[Any, Any]) -> None:
    """A token, a whole header, a user and a password, headers of any name; True is the token that a test assigns."""
    echo = service.assertPostReturnJson("/echo", auth=auth)
    assert (echo["authorization"], echo["key"]) == sent
    mine = Asking(service._service)
    mine.token = "of-a-login"
    assert mine.assertPostReturnJson("/echo", auth=True)["authorization"] == "Bearer of-a-login"


def test_bodies(service: Asking) -> None:
    """What is sent is what it looks like; a header of one's own goes before what is usual. A path needs no slash."""

    def kind(**more: Any) -> str:
        return str(service.assertPostReturnJson("/echo", **more)["type"]).partition(";")[0]

    assert [kind(data={"a": 1}), kind(data="a"), kind(data=b"a"), kind()] == [
        JSON, "text/plain", "application/octet-stream", "None",
    ]  # fmt: skip
    assert kind(form={"a": [1, 2]}) == "application/x-www-form-urlencoded"
    assert kind(form={"a": 1}, files={"b": b"data", "c": [("c.txt", "text", "text/plain")]}) == "multipart/form-data"
    assert kind(data=b"a", headers={"Content-Type": "image/png"}) == "image/png"
    echo = service.assertPostReturnJson("echo?a=ö&b=%20", query={"c": ["1 2", 3], "d": None})
    assert service.answer.asked.path == "/echo"
    assert echo["query"] == "a=%C3%B6&b=%20&c=1+2&c=3"


def test_documents_of_the_service(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are those of the folder; else those that the service publishes; of those, the ones that it serves."""
    app = Flask("published")
    published = Project.__new__(Project)
    published.folder, published.app = project.folder, app
    published.load().publish_apis().start()
    asking = Asking(Service(Asker(LOCAL, LocalTransport(app), lambda: None)))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="expected an integer"):
        asking.call("GET", "/things/1")
    monkeypatch.chdir(project.folder)
    (project.folder / "apis" / "other.json").write_text(
        '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}'
    )
    service = Service(Asker(LOCAL, LocalTransport(app), lambda: None))
    assert {one.api for one in service.contract.operations} == {"shop"}


def test_what_need_not_be_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pymacaron or HTTP answers by itself breaks no document, even where that has a default, which it does not
    touch."""
    text: dict[str, Any] = {"content": {"text/plain": {}}}
    declared = {"200": {"description": "Done.", **text}, "default": {"description": "An error.", **text}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {
        "/long": {"post": operation(responses=declared, x_async={"max_seconds": 9})},
    }}  # fmt: skip
    (tmp_path / "x.json").write_text(json.dumps(document))
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with documents_at(str(tmp_path / "x.json")) as found:
        contract = contract_for(found.values())

    def faults(status: int, **headers: str) -> list[str]:
        asked = Asked("POST", "/long", "", headers, b"", "http://x/long")
        return contract.judge(Answer(asked, status, [("Content-Type", JSON)], b"{}"))

    assert [faults(202), faults(206, range="bytes=0-1"), faults(304, **{"if-none-match": "x"})] == [[], [], []]
    assert {str(item) for item in gather(tmp_path).touched} == {"operation"}
    assert faults(206) == faults(418) != []
    assert "status default" in {str(item) for item in gather(tmp_path).touched}


# Where it is


@pytest.mark.parametrize(
    ("host", "port", "place"),
    [
        ("localhost", 8080, "http://localhost:8080"),
        ("localhost", None, "http://localhost"),
        ("shop.example.com", "443", "https://shop.example.com"),
        ("https://shop.example.com/v1/", None, "https://shop.example.com/v1"),
        ("http://shop:81", 82, "http://shop:82"),
        ("::1", 8080, "http://[::1]:8080"),
        ("[::1]:81", None, "http://[::1]:81"),
    ],
)
def test_places(host: str, port: Any, place: str) -> None:
    """A host may be a name, an address or the beginning of a URL."""
    assert str(place_of(host, port)) == place


@given(st.text(max_size=30), st.none() | st.text(max_size=6) | st.integers())
def test_no_places(host: str, port: Any) -> None:
    """Whatever is no address is a StartError, and nothing else."""
    try:
        place = str(place_of(host, port))
    except StartError as error:
        place = str(error)
    assert place.startswith("http") or "is not an address" in place


def test_nobody_says_where() -> None:
    """Without a place, what runs tests is told how to give one."""
    with pytest.raises(StartError, match=r"pymacaron test --start.*PYM_SERVER_HOST"):
        place_from({})
    assert place_from({PORT: "81", UNVERIFIED: "1"}) == place_of("localhost", 81, verify=False)


def test_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unittest class asks where the environment says; a certificate of nobody's is refused, unless that is said."""

    class Case(PyMacaronTestCase):
        def test(self) -> None:
            assert (self.host, self.token) == ("localhost", "t")
            assert self.call("GET", "/x", auth=True).json == {"authorization": "Bearer t"}

    def answer(received: Received) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": JSON}, json.dumps({"authorization": received.headers["authorization"]}).encode()

    certificate = trustme.CA().issue_cert("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with peer(answer, context) as other:
        monkeypatch.setenv(HOST, f"https://localhost:{other.port}")
        monkeypatch.delenv(PORT, raising=False)
        monkeypatch.setenv(TOKEN, "t")
        refused = unittest.TestResult()
        Case("test").run(refused)
        assert "TLS connection failed" in refused.failures[0][1]
        monkeypatch.setenv(UNVERIFIED, "1")
        taken = unittest.TestResult()
        Case("test").run(taken)
        assert taken.wasSuccessful(), taken
    with pytest.raises(AssertionError, match=r"there is no answer: .*; is the service running at"):
        Case("test").call("GET", "/x")


# Contract coverage


def test_what_there_is_to_be_touched(project: Project) -> None:
    """An operation, its statuses, media types and parameters, the codes of its errors."""
    api = project.app.extensions["pymacaron"].served["shop"]
    (found,) = [one for one in api.document.operations if one.path == "/things/{thing_id}"]
    assert [str(item) for item in items_of(found)] == [
        "operation", "parameter path thing_id", "parameter query limit", "status 200", f"type 200 {JSON}", "status 404",
        f"type 404 {JSON}", "status 202", f"type 202 {JSON}", "code 404 NO_THING", "code 404 SOLD",
    ]  # fmt: skip


def test_what_is_touched(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls touch what they send and what is answered; the rest is told by operation."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    service = in_process(project.app)
    service.assertGetReturnJson("/things/7?limit=3")
    service.assertGetReturnError("/things/404", 404)
    service.assertPostReturnError("/things", {"id": "x"}, 400)
    coverage = gather(tmp_path)
    assert "  GET /things/{thing_id}: status 202; type of 202 application/json; error 404 SOLD" in list(lines(coverage))
    assert "  POST /things: status 201; type of 201 application/json" in list(lines(coverage))
    assert "  GET /page: nothing of it" in list(lines(coverage))
    assert "  400 INVALID_PARAMETER: POST /things" in list(lines(coverage))
    assert 0 < coverage.percent < 100
    told = json.loads(json.dumps(coverage.to_json()))
    assert told["touched"] == sum(item["touched"] for item in told["items"]) == len(coverage.touched)
    assert "test_what_is_touched" in coverage.touched[Item("shop", "POST /things", "operation", "")]


ITEMS = [Item("shop", f"GET /{number}", kind, "") for number in range(4) for kind in ("operation", "status")]


@given(st.lists(st.sets(st.sampled_from(ITEMS)), max_size=4))
def test_processes_are_gathered(parts: list[set[Item]]) -> None:
    """Whoever touches what, and in how many processes: together it is the same."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        for number, part in enumerate(parts):
            patch.setattr(os, "getpid", lambda number=number: number)
            ledger = Ledger(folder)
            ledger.declare(ITEMS)
            ledger.touch(part, [])
            ledger.touch(part, [])
        found = gather(folder)
    assert set(found.touched) == set().union(*parts)
    assert len(found.declared) == (len(ITEMS) if parts else 0)


def test_codes_that_operations_share(tmp_path: Path) -> None:
    """Codes that a schema lists for several operations are to be seen once, wherever."""
    with project_in(tmp_path) as made:
        shared = {"$ref": "#/components/schemas/Codes"}
        paths = {
            f"/{name}": {
                "get": operation(x_bind_server=f"coded.{name}", responses=answers(**{"200": {}, "404": shared}))
            }
            for name in "ab"
        }
        made.document(paths, {"Codes": CODES})
        made.functions(FUNCTIONS + "    def a(): raise NoThing()\n    b = a\n", "coded")
        made.start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(FOLDER, str(tmp_path))
            in_process(made.app).assertGetReturnError("/a", 404, "NO_THING")
        found = gather(tmp_path)
    codes = [item for item in found.declared if item.kind == "code"]
    assert [str(item) for item in codes] == ["code NO_THING", "code SOLD"]
    assert [item in found.touched for item in codes] == [True, False]
    assert "  any operation: error SOLD" in list(lines(found))


def test_the_page_is_whole() -> None:
    """The page loads nothing, and shows names as they are."""
    item = Item("shop", "GET /<b>", "parameter", "query <i>")
    page = page_of(Coverage([item._replace(kind="operation", name=""), item], {item: "t"}, [])).decode()
    assert "&lt;b&gt;" in page
    assert "✓ query &lt;i&gt;" in page
    assert not re.search(r"https?:|<script|<link|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page


# pytest


def test_coverage_over_workers(tmp_path: Path) -> None:
    """Workers touch side by side, and what they touch counts together; less than is wanted fails the run."""
    (tmp_path / "apis").mkdir()
    paths = {f"/{name}": {"get": operation(name, responses=answers(**{"200": {}}))} for name in "abc"}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    (tmp_path / "apis" / "abc.json").write_text(json.dumps(document))
    (tmp_path / "handlers.py").write_text("def a(): return 1\nb = c = a\n")
    (tmp_path / "test_abc.py").write_text(
        dedent("""
        import pytest
        from flask import Flask
        from pymacaron import API
        from pymacaron.test import in_process

        app = Flask("abc")
        API(app).load_apis("apis").start()

        @pytest.mark.parametrize("path", ["/a", "/b"])
        def test_it(path):
            in_process(app).assertGetReturnJson(path)
    """)
    )
    command = [
        sys.executable, "-m", "pytest", "-p", "pymacaron.testing.plugin", "-p", "no:cacheprovider", "-n", "2",
        "--contract-report", "deep/coverage.html", "--min-contract-coverage",
    ]  # fmt: skip
    done = run([*command, "67"], tmp_path)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    assert "together         6 of 9      66 %" in done.stdout
    assert "GET /c: nothing of it" in done.stdout
    assert "the tests touch 66.7 % of the documents, less than the 67 % that are required" in done.stdout
    assert "</html>" in (tmp_path / "deep" / "coverage.html").read_text()


def test_the_plugin_is_cheap() -> None:
    """Who does not use it pays for one file."""
    program = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport pymacaron.testing.plugin\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))\n"
        "print(*(name for name in sys.modules if name.startswith('pymacaron')))"
    )
    libraries, ours = run([sys.executable, "-c", program], Path.cwd()).stdout.splitlines()
    assert libraries == "pymacaron"
    assert set(ours.split()) == {"pymacaron", "pymacaron._version", "pymacaron.testing", "pymacaron.testing.plugin"}


# pymacaron test


def test_helloworld_is_tested(tmp_path: Path) -> None:
    """--start runs server.py, asks it, and ends it; everything of its document is touched."""
    reports = ["--junit", str(tmp_path / "results.xml"), "--coverage", str(tmp_path / "coverage.json")]
    command = [sys.executable, "-c", "from pymacaron.cli.test import run_acceptance_tests as run; run()", "--start"]
    done = run([*command, "--min-coverage", "100", *reports], EXAMPLES / "helloworld")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'tests="3"' in (tmp_path / "results.xml").read_text()
    told = json.loads((tmp_path / "coverage.json").read_text())
    assert (told["percent"], told["undeclared"][0]["name"]) == (100.0, "400 INVALID_PARAMETER")
    assert "test_hello.py::HelloTest::test_greeting" in told["items"][0]["by"]


def told_by(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code of `pymacaron test`, and what it says."""
    monkeypatch.setattr(sys, "argv", ["pymacaron", "test", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--start"], r"there is no server\.py in .*; run this in the folder of a service"),
        (["--local", "--port", "1"], "there is no .*testaccept; write tests there"),
        (["--port", "1", "tests.py"], "no service listens at http://localhost:1; start it"),
        (["--host", "http://shop.invalid", "tests.py"], "no service listens at http://shop.invalid; is it up"),
        (["--image", "abc", "--live"], "--start, --image, --local, --live and --host exclude each other"),
        (["--image", "abc", "--port", "1"], "--image takes a free port: leave --port out"),
        (["--env", "A=1"], "--env and --network are for containers: name an --image"),
        (["--live"], "live_host of pym-config.yaml, but none is set"),
        (["--live", "--local"], "exclude each other"),
        (["--start", "--port", "1"], "leave --port out"),
        (["--host", "ftp://x"], "'ftp://x' is not an address"),
        (["--coverage", "x.pdf"], r"x\.pdf: the name says the form"),
        (["--explore"], r"--explore needs schemathesis.*pip install 'pymacaron\[explore\]'"),
        (["--min-coverage", "101"], "101"),
    ],
)
def test_nothing_to_run(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """What cannot be run is told in a sentence, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    (tmp_path / "tests.py").touch()
    code, said = told_by(monkeypatch, capsys, *arguments)
    assert code == 2
    assert re.search(told, said)


def test_a_server_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it has said is shown; what it has logged in lines for people, since nobody has asked for others."""
    monkeypatch.chdir(tmp_path)
    logs = "import logging, pymacaron.logs\npymacaron.logs.set_up()\nlogging.warning('a lock')\n"
    (tmp_path / "server.py").write_text(f"{logs}raise SystemExit('no key')")
    code, said = told_by(monkeypatch, capsys, "--start")
    assert (code, re.sub(r"\d\d:\d\d:\d\d\.\d{3}", "TIME", said)) == (
        2, "server.py ended with exit code 1:\nTIME WARNING root: a lock\nno key\n",
    )  # fmt: skip
