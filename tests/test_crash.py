"""Crash reports: what is told of which calls, once, and at what cost."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from programs import run
from services import Project, answers, operation, project_in, query
from told import Told

from pymacaron import API, crash
from pymacaron.crash import crash_handler, report_error, report_slow, set_error_reporter
from pymacaron.crash.names import Names
from pymacaron.crash.redaction import Redaction
from pymacaron.crash.reporting import Reporting

FUNCTIONS = """
    import time
    from pymacaron.crash import report_error, report_slow
    from pymacaron.exceptions import add_error

    Broken = add_error("Broken", code="BROKEN", status=502)

    def raised(n=None): raise Broken("out of order").tell_user("sorry")
    def returned(): return Broken("out of order")
    def unexpected(): return {}["the key"]
    def status(): return {"error": "DOWN", "error_description": "down for now", "status": 503}, 503
    def refused(): raise add_error("Refused", code="REFUSED", status=409)("not like this")
    def good(): return {}
    def slow(): time.sleep(0.03); return {}
    def patient(): return slow()
    @report_slow(max_ms=60_000)
    def marked(): return slow()
    @report_slow(max_ms=1)
    def strict(): return slow()
    def reports():
        report_error("it is odd", data={"a": 1})
        try:
            unexpected()
        except KeyError as error:
            report_error("caught it", caught=error, is_fatal=True)
        return {}
    def stream():
        def pieces():
            yield "one"
            unexpected()
        return pieces()
"""
NAMES = re.findall(r"^    def (\w+)", FUNCTIONS, re.MULTILINE)


@pytest.fixture(autouse=True)
def _reports_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_ERROR_REPORTING", raising=False)


class Service(NamedTuple):
    client: FlaskClient
    told: Told
    app: Flask

    def get(self, path: str, **more: Any) -> Any:
        answer = self.client.get(path, **more)
        with suppress(KeyError, ZeroDivisionError):  # of streams that break off
            assert answer.data is not None
        answer.close()
        return answer


@pytest.fixture(params=["lane", "flask"])
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    with project_in(tmp_path, dispatch=request.param, report_to=[], report_call_exceeding_ms=15) as project:
        yield serve(project)


def serve(project: Project) -> Service:
    project.functions(FUNCTIONS)
    text = {"200": {"description": "", "content": {"text/plain": {}}}}
    paths = {f"/{name}": {"get": operation(name)} for name in NAMES}
    paths["/status"]["get"]["responses"] = answers(**{"200": {}, "503": {}})
    paths["/stream"]["get"]["responses"] = text
    for path in paths.keys() - {"/slow"}:
        paths[path]["get"]["x-slow-ms"] = 60_000
    project.document(paths)
    told = Told()
    return Service(project.start(error_reporter=told), told, project.app)


FATAL, UNHANDLED = "FATAL BACKEND ERROR shop", "UNHANDLED_SERVER_ERROR"
TITLES = {
    "raised": f"{FATAL} 502 BROKEN: handlers.raised(): out of order",
    "returned": f"{FATAL} 502 BROKEN: handlers.returned(): out of order",
    "unexpected": f"{FATAL} 500 UNHANDLED_SERVER_ERROR: handlers.unexpected(): KeyError: 'the key'",
    "status": f"{FATAL} 503 DOWN: handlers.status(): down for now",
    "stream": f"{FATAL} 200 UNHANDLED_SERVER_ERROR: handlers.stream(): KeyError: 'the key'",
}


@pytest.mark.parametrize("name", TITLES)
def test_what_is_a_crash(service: Service, name: str) -> None:
    """An answer of 500 and above is reported, whatever led to it, and so is a stream that breaks off."""
    answer = service.get(f"/{name}?a=1", headers={"PymCallID": "id-1", "PymCallPath": "front.page"})
    report = service.told.the_one()
    assert report["title"] == TITLES[name]
    assert report["call"] == {"id": "id-1", "path": f"front.page/shop.get_{name}"}
    assert report["caller"] == "front.page"
    assert report["endpoint"]["function"] == f"handlers.{name}"
    assert report["request"]["query"] == "a=1"
    assert report["response"]["status"] == answer.status_code
    assert report["response"]["complete"] == (name != "stream")
    assert report["error"]["error_id"] == (answer.get_json(silent=True) or {}).get("error_id")
    assert report["timing"]["ms"] > 0
    frames = [frame["function"] for error in report.get("stack", []) for frame in error["frames"]]
    assert any(frame.startswith(("raised", "Endpoint", "unexpected")) for frame in frames) == (name != "status")


@pytest.mark.parametrize("kind", ["teardown_request", "teardown_appcontext"])
@pytest.mark.parametrize("name", ["good", "unexpected", "stream", "patient"])
def test_teardown_that_fails(
    service: Service, kind: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    """What fails after the answer takes its place, and is told once, in one report and one line: a 500, with what had
    failed before it."""

    def teardown(error: BaseException | None) -> None:
        raise RuntimeError("the pool is closed")

    @service.app.before_request
    def in_its_stead() -> str | None:
        return "busy" if request.path == "/patient" else None

    getattr(service.app, kind)(teardown)
    with caplog.at_level("INFO", "pymacaron.calls"), pytest.raises(RuntimeError, match="the pool is closed"):
        service.get(f"/{name}")
    report = service.told.the_one()
    assert report["title"] == f"{FATAL} 500 {UNHANDLED}: handlers.{name}(): RuntimeError: the pool is closed"
    assert report["response"]["status"] == 500
    assert ["KeyError" in one["exception"] for one in report["stack"]] == [False, True][: 1 + (name == "unexpected")]
    assert [r.getMessage().rpartition(" ")[2] for r in caplog.records if r.name == "pymacaron.calls"] == ["500"]


@pytest.mark.parametrize("mode", ["sample", "report", "enforce"])
@pytest.mark.parametrize("road", ["lane", "flask"])
def test_answers_that_break_the_document(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: str, road: str
) -> None:  # fmt: skip
    """They are reported once, and counted, with the place that is wrong, and logged by nobody but the reporter: as a
    crash if `enforce` made it one, else as something that callers did not notice."""
    with project_in(tmp_path, dispatch=road, report_to=["log"], validate_responses=mode) as project:
        project.functions("def f(n): return [{'n': 1}] * n + [{'n': 'x'}]")
        items = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}
        get = operation("f", parameters=[query("n", type="integer")], responses=answers(**{"200": items}))
        project.document({"/f": {"get": get}})
        told = Told()
        client = project.start(error_reporter=told)
        statuses = {client.get(f"/f?n={n}", buffered=True).status_code for n in range(3)}
        assert [" [2 more in 0 s]" in title for title in told.titles] == [False, True][: 1 + (mode != "sample")]
        report = told[0][1]
    broken = "the answer 200 of GET /f breaks the document: body/0/n: expected an integer"
    if mode == "enforce":
        assert statuses == {500}
        assert report["title"] == f"{FATAL} 500 {UNHANDLED}: handlers.f(): BrokenPromise: {broken}"
    else:
        assert statuses == {200}
        assert report["title"] == f"NON-FATAL BACKEND ERROR shop handlers.f(): {broken}"
        assert report["data"] == {"status": 200, "faults": [broken.partition("document: ")[2]]}
    assert report["request"]["query"] == "n=0"
    lines = [r.name for r in caplog.records if "breaks the document" in r.getMessage()]
    assert lines == ["pymacaron.crash"] * len(told)


def test_what_is_none(service: Service) -> None:
    """Answers below 500, the application's own routes, and calls that may take long are not reported."""
    service.app.view_functions["own"] = lambda: ("own", 500)
    for path in ("/good", "/refused", "/nothing", "/ping", "/patient", "/marked"):
        service.get(path)
    assert service.told.titles == []


def test_slow_calls(service: Service) -> None:
    """A call that takes longer than its limit is reported: the configured one, or its own."""
    service.get("/slow")
    service.get("/strict")
    titles = service.told.titles
    assert re.fullmatch(r"SLOW CALL shop handlers.slow\(\): \d+ ms, its limit is 15 ms", titles[0])
    assert re.fullmatch(r"SLOW CALL shop handlers.strict\(\): \d+ ms, its limit is 1 ms", titles[1])
    assert service.told[0][1]["timing"]["limit_ms"] == 15


def test_report_error(service: Service) -> None:
    """`report_error` tells where it was called, in which call, with its data and the exception; the call goes on."""
    assert service.get("/reports").status_code == 200
    crash.flush()
    (odd, one), (caught, other) = service.told
    assert odd == "NON-FATAL BACKEND ERROR shop handlers.reports(): it is odd"
    assert caught == "FATAL BACKEND ERROR shop handlers.reports(): caught it"
    assert one["data"] == {"a": 1}
    assert one["request"]["path"] == other["request"]["path"] == "/reports"
    assert one["stack"][0]["frames"][-1]["function"] == "reports"
    assert other["stack"][0]["exception"] == "KeyError"
    assert one["call"]["id"] == other["call"]["id"]
    assert "error" not in one
    assert other["error"]["text"].startswith("KeyError")


def test_how_long_the_process_has_run(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first report of a process, too, says for how many seconds it has run."""
    monkeypatch.setattr(crash.reporting, "_began", time.time() - 3600)
    service.get("/unexpected")
    assert service.told.the_one()["server"]["up_seconds"] >= 3600


def test_outside_of_calls(service: Service) -> None:
    """Functions that no request has called can be reported, too."""

    @crash_handler
    def job(n: int) -> None:
        report_error("odd")
        raise ValueError(n)

    @report_slow(max_ms=1)
    def slow() -> int:
        time.sleep(0.01)
        return 5

    with pytest.raises(ValueError, match="3"):
        job(3)
    assert slow() == 5
    name = f"{__name__}.test_outside_of_calls.<locals>"
    assert service.told.titles[:2] == [
        f"NON-FATAL BACKEND ERROR service {name}.job(): odd",
        f"FATAL BACKEND ERROR service {name}.job(): ValueError: 3",
    ]
    assert service.told[2][0].startswith(f"SLOW CALL service {name}.slow(): ")


def test_crash_handler(tmp_path: Path) -> None:
    """A route of the application's own is reported if it asks for it, as operations are; these need it not."""
    with project_in(tmp_path, report_to=[]) as project:
        project.functions("from pymacaron.crash import crash_handler\ndef f(): return {}['x']")
        project.document({"/f": {"get": operation("f", x_decorate_server="pymacaron.crash.crash_handler")}})

        @project.app.route("/own")
        @crash_handler
        def own() -> str:
            raise ValueError("no")

        told = Told()
        service = Service(project.start(error_reporter=told), told, project.app)
        service.get("/own")
        service.get("/f")
        name = f"{__name__}.test_crash_handler.<locals>.own"
        assert told.titles == [
            f"FATAL BACKEND ERROR service 500 UNHANDLED_SERVER_ERROR: {name}(): ValueError: no",
            "FATAL BACKEND ERROR shop 500 UNHANDLED_SERVER_ERROR: handlers.f(): KeyError: 'x'",
        ]


def test_before_the_function(service: Service) -> None:
    """What fails before an operation's function is reached, in a hook, is reported as the operation's."""

    @service.app.before_request
    def no_database() -> None:
        raise ConnectionError("no database")

    assert service.get("/good").status_code == 500
    title = f"{FATAL} 500 UNHANDLED_SERVER_ERROR: handlers.good(): ConnectionError: no database"
    assert service.told.titles == [title]


def test_a_deadline_that_has_passed(service: Service) -> None:
    """Nothing is begun then: the answer is 504, and it is reported, since the caller waits in vain."""
    answer = service.get("/reports", headers={"PymDeadlineMs": "0"})
    assert (answer.status_code, answer.json["error"]) == (504, "DEADLINE_EXCEEDED")
    assert [title.partition(": ")[0] for title in service.told.titles] == [f"{FATAL} 504 DEADLINE_EXCEEDED"]
    assert service.get("/good", headers={"PymDeadlineMs": "60000"}).status_code == 200


def test_in_the_stead_of_the_function(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """A hook that answers an operation itself answers for it: 5xx is reported, and the operation is in the line."""
    service.app.before_request(lambda: ("closed", 503))
    service.app.add_url_rule("/own", "own")
    with caplog.at_level("INFO", "pymacaron.calls"):
        assert [service.get(path).status_code for path in ("/good", "/own")] == [503, 503]
    title = f"{FATAL} 503 SERVICE_UNAVAILABLE: handlers.good(): the answer does not say why"
    assert service.told.titles == [title]
    lines = [r.pymacaron_fields for r in caplog.records if r.name == "pymacaron.calls"]  # type: ignore[attr-defined]
    assert [line.get("operation") for line in lines] == ["get_good", None]


def test_async_functions(tmp_path: Path) -> None:
    """Functions that are `async def` are watched until they are done."""
    with project_in(tmp_path, report_to=[]) as project:
        project.functions("""
            import asyncio
            from pymacaron.crash import crash_handler, report_slow
            @report_slow(max_ms=5)
            @crash_handler
            async def f():
                await asyncio.sleep(0.01)
                return {"a": 1}
        """)
        project.document({"/f": {"get": operation("f")}})
        told = Told()
        assert project.start(error_reporter=told).get("/f").json == {"a": 1}
        assert [title.partition(":")[0] for title in told.titles] == ["SLOW CALL shop handlers.f()"]


def test_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_ERROR_REPORTING=1 nothing is reported."""
    monkeypatch.setenv("NO_ERROR_REPORTING", "1")
    with project_in(tmp_path, report_to=[], report_call_exceeding_ms=1) as project:
        service = serve(project)
        for name in NAMES:
            service.get(f"/{name}")
        assert service.told.titles == []


# Once, and counted


def test_first_at_once(service: Service) -> None:
    """The first of a kind does not wait for others; what came after it is told when the process ends, at the latest."""
    service.get("/unexpected")
    until = time.monotonic() + 20
    while not service.told and time.monotonic() < until:
        time.sleep(0.001)
    assert [title for title, _ in service.told] == [TITLES["unexpected"]]
    for _ in range(20):
        service.get("/unexpected")
    assert re.sub(r"in \d+ s", "in 0 s", service.told.titles[1]) == f"{TITLES['unexpected']} [20 more in 0 s]"
    assert len(service.told) == 2


# A reporter harms nothing


def test_reports_of_reporters(service: Service) -> None:
    """What goes wrong while something is reported is not reported in its turn."""

    def odd(title: str, message: str) -> None:
        report_error("while reporting")
        raise ValueError

    set_error_reporter(odd)
    service.get("/unexpected")
    assert crash.flush()
    set_error_reporter(service.told)
    assert service.told.titles == []


def raises(error: Exception) -> None:
    raise error


def test_odd_exceptions(service: Service) -> None:
    """Whatever an exception, a variable or the data is like, there is a report."""

    class Odd(Exception):
        code: Any = []  # noqa: RUF012 - not even hashable

        def __str__(self) -> str:
            raise ValueError

        __repr__ = __str__

    circle: list[Any] = []
    circle.append(circle)
    deep: Any = {}
    for _ in range(5000):
        deep = {"deep": deep}
    odd = Odd(circle)
    try:
        raise odd
    except Odd as error:
        report_error("odd", data=[circle, deep, odd, float("nan"), b"\xff", "\ud800", {1: 2}, object], caught=error)
    crash_handler(lambda: 5)()
    with pytest.raises(Odd):
        crash_handler(raises)(odd)
    assert crash.flush()
    assert len(service.told) == 2
    report = service.told[0][1]
    assert report["stack"][0]["exception"].endswith("Odd")
    assert report["stack"][0]["frames"][-1]["locals"]["odd"] == {"": "<Odd>", "args": [[[["<list>"]]]]}


RAN: list[str] = []


def trap(parent: type, **more: Any) -> Any:
    """A class whose every method notes that it was run, where a user's might hang."""

    def note(name: str) -> Any:
        return lambda self, *args: RAN.append(f"{parent.__name__}.{name}")

    names = ("repr", "str", "iter", "len", "getitem", "getattr", "bool", "eq", "format", "contains", "dir", "bytes")
    methods = {f"__{name}__": note(name) for name in names}
    said = property(lambda self: RAN.append("property"))
    return type(
        "Trap",
        (parent,),
        {**methods, "items": note("items"), "said": said, "__class__": said, "__hash__": object.__hash__, **more},
    )


def test_variables_run_no_code(service: Service) -> None:
    """What classes of the user's make of themselves, which may take for ever, is not asked for: variables are told by
    what they hold."""
    plain, slotted = trap(object)(), trap(object, __slots__=("place",))()
    plain.said_so, slotted.place = trap(dict)(name=1), trap(list)([trap(str)("text"), trap(int)(5)])
    found: Any = (trap(ValueError)("no", plain), slotted, trap(tuple)([1]), {trap(str)("key"): trap(bytes)(b"x")})
    my_password = trap(dict)(inner=[trap(str)("hidden-in-there")])
    try:
        raise KeyError("hidden-in-there", my_password is None)
    except KeyError as error:
        RAN.clear()
        report_error("odd", data=found, caught=error)
        report = service.told.the_one()
    assert [RAN, report["error"]["text"]] == [[], "KeyError: ('*****', False)"]
    kept = report["stack"][0]["frames"][-1]["locals"]
    trapped = {"": "<Trap>", "said_so": {"name": 1}}
    said = [{"": "<Trap>", "args": ["no", trapped]}, {"": "<Trap>", "place": ["text", "5"]}, [1], {"key": "b'x'"}]
    assert (kept["found"], kept["plain"], report["data"]) == (said, trapped, said)


def test_huge_variables(service: Service) -> None:
    """A report takes its time and its length from limits, not from the variables; where there are more secrets than are
    looked for, it shows nothing in which one might stand."""
    wide: Any = [[[[["x"] * 50] * 50] * 50] * 50] * 50
    long = {f"n{n}": "text " * 300 for n in range(100_000)}
    for secrets in ({"password": "one-of-few"}, {f"password{n}": f"one-of-many-{n}" for n in range(100_000)}):
        service.told.clear()
        token = [secrets] * 10
        harmless = list(secrets.values())[-1]
        began = time.perf_counter()
        try:
            raise KeyError(harmless, len(wide), len(long), len(token))
        except KeyError as error:
            report_error(f"odd {len(secrets)}", caught=error)
        title, report = service.told.titles[0], service.told[0][1]
        assert time.perf_counter() - began < 20
        assert "one-of" not in title + json.dumps(report)
        (frame,) = report["stack"][0]["frames"]
        assert ("locals" in frame, "left_out" in report) == (len(secrets) == 1, len(secrets) > 1)


# What it costs


def seconds_of(app: Flask, path: str) -> float:
    """CPU time of some calls, as the service answers its server."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
               "wsgi.url_scheme": "http"}  # fmt: skip
    began = time.process_time()
    for _ in range(50):
        app.wsgi_app(dict(environ), lambda status, headers, exc_info=None: lambda data: None)
    return time.process_time() - began


def test_throughput_of_what_always_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that always fails is answered nearly as often as without reports; `make bench` tells the figure."""
    found = {}
    for name, value in (("on", "0"), ("off", "1")):
        monkeypatch.setenv("NO_ERROR_REPORTING", value)
        (tmp_path / name).mkdir()
        with project_in(tmp_path / name, report_to=[]) as project:
            found[name] = serve(project).app
    ratios = [seconds_of(found["off"], "/raised") / seconds_of(found["on"], "/raised") for _ in range(20)]
    assert median(ratios) > 0.7, ratios


def test_a_service_that_is_well_pays_nothing_at_start(tmp_path: Path) -> None:
    """What makes and sends reports is imported with the first of them."""
    heavy = ["smtplib", "sentry_sdk", "pymacaron.crash.report", "pymacaron.crash.stack"]
    program = f"import pymacaron.api, sys; print([name for name in {heavy} if name in sys.modules])"
    done = run([sys.executable, "-c", program], tmp_path)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


# To try it out


def test_crash_api(tmp_path: Path) -> None:
    """Each operation of the crash API fails in its way, and those that should be are reported."""
    told = Told()
    with project_in(tmp_path, report_to=[]) as project:
        project.document({"/f": {"get": operation("f")}})
        project.functions("def f(): return {}")
        API(project.app, error_reporter=told).load_apis(project.folder / "apis", include_crash_api=True).start()
        service = Service(project.app.test_client(), told, project.app)
        paths = sorted(str(rule) for rule in project.app.url_map.iter_rules() if str(rule).startswith("/crash/"))
        statuses = {path: service.get(f"{path}?ms=1100" if "slow" in path else path).status_code for path in paths}
        functions = sorted(re.findall(r"crash\.trials\.(\w+)\(\)", " ".join(told.titles)))
    fine = {"report_error", "report_error_caught", "report_fatal_error", "slow", "slow_on_purpose", "broken_stream"}
    assert {path[7:] for path, status in statuses.items() if status == 200} == fine
    assert statuses["/crash/teapot"] == 418
    assert len(functions) == len(statuses) - 2
    assert not {"is_slow_on_purpose", "refuses"} & set(functions)


# Nobody can keep a report from being made


def names_in(value: Any) -> set[str]:
    """The names of a report's members."""
    if isinstance(value, list):
        return {name for item in value for name in names_in(item)}
    if not isinstance(value, dict):
        return set()
    inner = [item for name, item in value.items() if name not in {"locals", "secrets"}]
    return value.keys() | {name for item in inner for name in names_in(item)}


def test_a_password_that_is_a_word_of_reports(service: Service) -> None:
    """A caller whose password is the name of a member of reports finds no way to break them."""
    service.get("/raised", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    report = service.told.the_one()
    del report["request"]["headers"], report["response"]["body"]
    for word in names_in(report):
        redaction = Redaction(Names())
        redaction.learn(word)
        assert names_in(redaction.tree(report)) == names_in(report), word


def test_titles_show_no_secret(tmp_path: Path) -> None:
    """What a function answers stands in the title without the secrets of the call, in one line."""
    with project_in(tmp_path, report_to=[]) as project:
        project.functions("def fail(n=None): return {'error': f'no such\\ntoken {n}', 'n': n}, 500")
        get = operation("fail", parameters=[query("n", type="string", format="password")])
        get["responses"] = answers(**{"200": {}, "500": {}})
        project.document({"/fail": {"get": get}})
        told = Told()
        project.start(error_reporter=told).get("/fail?n=hunter2zz")
        assert told.titles == [f"{FATAL} 500 no such token *****: handlers.fail(): the answer does not say why"]


class Ends(Exception):
    """Ends whatever wants to know what it says."""

    def __str__(self) -> str:
        raise SystemExit

    __repr__ = __str__


def test_what_ends_threads(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """A variable, an exception or a reporter that ends the thread takes no later report with it."""

    def fails(title: str, message: str) -> None:
        raise Ends

    told = Told()
    reporting = Reporting({"fails": fails, "told": told}, window=60, limit_ms=1000)
    for number in range(2):
        reporting.tell(number, {"kind": "error", "function": "f", "data": Ends(), "caught": Ends()})
    assert reporting.flush(3)
    assert len(told) == 2
    assert len(caplog.messages) == 1


def test_report_error_takes_anything(service: Service) -> None:
    """`report_error` raises nothing, whatever it is given, and tells of it where it can."""
    report_error(ValueError("an exception as title"))  # type: ignore[arg-type]
    report_error({"a": 1}, caught="no exception")  # type: ignore[arg-type]
    report_error(Ends())  # type: ignore[arg-type]
    assert [title.partition("(): ")[2] for title in service.told.titles] == ["an exception as title", "{'a': 1}"]


def test_groups(service: Service) -> None:
    """Of a group of exceptions, those in it are told, with their frames and without their secrets."""

    def inner() -> None:
        my_token = "a" + "-token-in-a-group"
        raise ValueError(my_token)

    try:
        inner()
    except ValueError as error:
        report_error("group", caught=ExceptionGroup("several", [KeyError("one"), error]))
    report = service.told.the_one()
    assert [one["exception"] for one in report["stack"]] == ["ExceptionGroup", "KeyError", "ValueError"]
    assert "a-token-in-a-group" not in json.dumps(report)
