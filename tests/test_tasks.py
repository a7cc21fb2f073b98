"""Tasks without a worker: values that travel, options, brokers; what happens when there is no broker; workers beside a
server."""

from __future__ import annotations

import importlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import by_python, free_row, running
from services import operation, project_in
from told import Told
from workers import Project

from pymacaron import asynctask
from pymacaron.bodies import read_json, write_json
from pymacaron.calls import Call, current, get_call
from pymacaron.config import Config, set_config
from pymacaron.crash import report_slow
from pymacaron.exceptions import (
    ConfigurationError,
    DeadlineExceededError,
    QueueUnavailableError,
    StartError,
    TasksOffError,
    TaskValueError,
)
from pymacaron.formats import Formats
from pymacaron.loading import load_document
from pymacaron.tasks import Handle, is_ready, is_task, run_here, sending
from pymacaron.tasks.brokers import AMQP, FILE, REDIS, SQS, broker_of
from pymacaron.tasks.declared import Options, tasks
from pymacaron.tasks.periodic import Clockwork
from pymacaron.tasks.records.by_store import StoreRecords
from pymacaron.tasks.running import PutBack, run_task
from pymacaron.tasks.standing import standings
from pymacaron.tasks.travelling import pack, unpack

JOBS = """
from pymacaron import asynctask

@asynctask
def ping(value):
    return value

def nothing():
    ping.fire(1)

def make_report(mail=None, month=None):
    return {}
"""

zones = st.sampled_from([None, UTC, timezone(timedelta(hours=-5, minutes=-30))])
keys = st.one_of(st.text(), st.integers(), st.booleans(), st.dates(), st.tuples(st.integers()))
plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.uuids(),
    st.dates(), st.times(timezones=zones), st.timedeltas(), st.decimals(allow_nan=False), st.datetimes(timezones=zones),
)  # fmt: skip
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(keys, inner), st.sets(keys), st.frozensets(keys),
        st.dictionaries(st.sampled_from(["$int", "$model", "$dict", "a"]), inner),
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    before = dict(tasks)
    yield
    tasks.clear()
    tasks.update(before)
    set_config(None)


@given(values)
def test_what_arrives_is_what_was_sent(value: Any) -> None:
    """A value is the same, of the same types, when it has been packed, written as JSON, read and unpacked."""
    try:
        packed = pack(value, "it")
    except TaskValueError:  # half a character
        return
    arrived = unpack(read_json(write_json(packed)))
    assert arrived == value
    assert repr(arrived) == repr(value) or isinstance(value, (set, frozenset, dict, list, tuple))


@pytest.mark.parametrize("value", [object(), len, {1: object()}, "\ud800", range(3), type("Text", (str,), {})("x")])
def test_what_cannot_travel(value: Any) -> None:
    """Anything else is refused, also where it is a little more than what can travel; the place is named."""
    with pytest.raises(TaskValueError, match=r"^the argument"):
        pack(value, "the argument")
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TaskValueError, match="contains itself"):
        pack(endless, "it")


def test_examples_of_values() -> None:
    """What JSON has no word for is in an envelope; all else is as it is."""
    when = datetime(2026, 1, 31, 10, tzinfo=UTC)
    told = {
        "$datetime": when, "$date": date(2026, 1, 31), "$time": clock_time(10, 30), "$decimal": Decimal("1.10"),
        "$uuid": UUID(int=1), "$bytes": b"\0", "$tuple": (1,), "$set": {1}, "$float": float("inf"), "$int": 2**70,
    }  # fmt: skip
    for name, value in told.items():
        packed = pack(value, "it")
        assert list(packed) == [name]
    assert pack({"a": [1, None, "x", 0.5]}, "it") == {"a": [1, None, "x", 0.5]}


def test_off() -> None:
    """Without with_async, firing says how to turn tasks on."""
    set_config(Config(name="shop", live_host="localhost"))

    @asynctask
    def job() -> None: ...

    with pytest.raises(TasksOffError, match=r"with_async: true.*pymacaron\[async\]"):
        job()
    assert not is_task()


def test_options_are_checked() -> None:
    """An option that makes no sense, or is misspelt, is an error of the module that has it."""
    wrong: list[dict[str, Any]] = [
        {"delay": -1}, {"delay": "5"}, {"max_seconds": 0}, {"every": timedelta(0)}, {"queue": "a b"}, {"queue": ""},
        {"delay": math.inf}, {"max_seconds": 1e300}, {"max_retries": math.inf}, {"max_retries": 2.7}, {"queue": 5},
    ]  # fmt: skip
    for options in wrong:
        with pytest.raises(ValueError, match=r"^asynctask: "):
            Options(**options)
    with pytest.raises(TypeError):
        asynctask(retries=3)  # type: ignore[call-overload]  # the fault


def test_brokers() -> None:
    """async_broker says what kind it is; what is none says which there are, without the password."""
    kinds = {
        None: FILE, "sqlite:///own": FILE, "redis://:p@h/1": REDIS, "rediss://h": REDIS, "amqp://u:p@h//": AMQP,
        "sqs://eu-west-1": SQS,
    }  # fmt: skip
    for url, kind in kinds.items():
        assert broker_of(Config(name="shop", async_broker=url)).kind == kind
    assert broker_of(Config(name="a shop")).queue("mails") == "a-shop-mails"
    for url in ("mysql://u:secretword@h", "sqs://"):
        with pytest.raises(ConfigurationError) as caught:
            broker_of(Config(name="shop", async_broker=url))
        assert "secretword" not in str(caught.value)


def test_run_here() -> None:
    """For tests, tasks are run where they are fired; all that holds of a worker holds there, but the waiting."""
    set_config(Config(name="shop", live_host="localhost"))
    seen: list[Any] = []

    @asynctask(max_retries=2, delay=60)
    def job(value: Any, failures: int = 0) -> Any:
        seen.append(value)
        if len(seen) <= failures:
            raise ZeroDivisionError
        return is_task(), value

    sent = {"when": datetime(2026, 1, 31, tzinfo=UTC)}
    with run_here() as fired:
        assert job.fire(sent).result == (True, sent)
        assert seen[0] is not sent
        seen.clear()
        assert job.fire(1, failures=2).state == "done"
        seen.clear()
        assert job.fire(2, failures=3).state == "failed"
    assert len(seen) == 3
    assert len(fired) == 3
    with pytest.raises(TasksOffError):
        job.fire(1)


def test_deadlines() -> None:
    """A task has until its own max_seconds, else until the deadline of the call that fired it, so far as that is ahead.
    Once that has passed, the request queues nothing; a task that runs may."""
    set_config(Config(name="shop", live_host="localhost"))

    @asynctask
    def left() -> Any:
        call = get_call()
        assert call is not None
        return call.left_ms()

    @asynctask(max_seconds=50)
    def own() -> Any:
        call = get_call()
        assert call is not None
        now, call.deadline = call.left_ms(), 1.0
        left.fire()
        return now

    def seconds(task: Any) -> Any:
        found = task.fire().result
        return None if found is None else found / 1000

    with run_here() as fired:
        assert seconds(left) is None
        assert 40 < seconds(own) <= 50
        call = Call()
        outer = current.set(call)
        call.deadline = time.monotonic() + 30
        assert 20 < seconds(left) <= 30
        assert 40 < seconds(own) <= 50
        count, call.deadline = len(fired), time.monotonic()
        with pytest.raises(DeadlineExceededError, match="left was not queued"):
            left.fire()
        assert len(fired) == count
        current.reset(outer)


def test_handles() -> None:
    """Handles are equal if their ids are."""
    assert Handle[Any]("a") == Handle("a") != Handle("b")
    assert len({Handle[Any]("a"), Handle[Any]("a")}) == 1


def test_importing_needs_no_celery() -> None:
    """Declaring tasks does not import Celery."""
    code = "import sys, pymacaron; pymacaron.asynctask(print); sys.exit('celery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("broker", ["sqlite:///tasks", "sqs://eu-west-1"], ids=["file", "store"])
def test_each_period_once(tmp_path: Path, broker: str) -> None:
    """Of all clockworks, one fires a task in each period, by a lease in a file or in the service's store; a broker
    that is away does not cost the period."""
    with Project(tmp_path, JOBS, broker, store=f"sqlite:///{tmp_path}/store.sqlite").here():
        fired: list[float] = []

        @asynctask(every=10)
        def job() -> None: ...

        def fire() -> Any:
            if now[0] == 25:
                raise QueueUnavailableError("away")
            fired.append(now[0])

        job.fire = fire  # type: ignore[method-assign]  # counted instead
        now = [0.0]
        clockworks = [Clockwork(lambda: now[0]) for _ in range(3)]
        for now[0] in (1, 9, 10, 15, 25, 26, 60):
            threads = [threading.Thread(target=clockwork.turn, args=[[job]]) for clockwork in clockworks]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert fired == [1, 10, 26, 60]
        assert isinstance(standings()._records, StoreRecords) is broker.startswith("sqs")


def test_a_broker_that_is_away_for_long(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While the broker is away, periodic tasks ask less and less often, up to each half a minute; that it is away is
    said once, and that it is back."""
    with Project(tmp_path, JOBS, f"sqlite:////{tmp_path}").here():
        asked: list[float] = []

        @asynctask(every=1)
        def job() -> None: ...

        def fire() -> Any:
            asked.append(now[0])
            if now[0] < 200:
                raise QueueUnavailableError("away")

        job.fire = fire  # type: ignore[method-assign]  # counted instead
        now = [0.0]
        clockwork = Clockwork(lambda: now[0])
        for now[0] in range(1, 240):
            clockwork.turn([job])
        assert asked[:9] == [1, 2, 4, 8, 16, 32, 62, 92, 122]
        assert [*range(212, 240)] == asked[-28:]
        assert [record.getMessage() for record in caplog.records] == [
            "periodic tasks cannot be queued, retrying: away", "periodic tasks are queued again",
        ]  # fmt: skip


def test_a_store_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is kept in the store how tasks stand, and that is away, a task stays with its broker; and a periodic
    one is not taken for fired."""
    monkeypatch.setattr("pymacaron.tasks.running.sleep", lambda _: None)
    with Project(tmp_path, JOBS, "sqs://eu-west-1", store=f"sqlite:///{tmp_path}/later/store.sqlite").here():
        ran, now = list[str](), [0.0]

        @asynctask(every=10)
        def job() -> None:
            ran.append("job")

        job.send = lambda *_: ran.append("sent")  # type: ignore[method-assign]  # instead
        clockwork = Clockwork(lambda: now[0])
        message = {"task": job.name, "args": [], "kwargs": {}, "call": {}}
        for now[0] in (1.0, 3.0):
            with pytest.raises(PutBack):
                run_task("00", message)
            clockwork.turn([job])
            assert ran == []
        (tmp_path / "later").mkdir()
        now[0] = 6.0
        clockwork.turn([job])
        run_task("00", message)
        assert ran == ["sent", "job"]
        assert Handle[Any]("00").state == "done"


def test_slow_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that takes longer than calls may, or than its own limit, is reported, as a call is."""
    monkeypatch.delenv("NO_ERROR_REPORTING")
    settings = {"with_async": True, "async_broker": f"sqlite:///{tmp_path}", "report_call_exceeding_ms": 20}
    with project_in(tmp_path, **settings) as project:
        project.functions("def nothing(): ...")
        project.document({"/a": {"get": operation("nothing")}})
        reported = Told()
        project.start(error_reporter=reported)

        @asynctask
        def quick() -> None: ...

        @asynctask
        def slow() -> None:
            time.sleep(0.03)

        @asynctask
        @report_slow(max_ms=60_000)
        def patient() -> None:
            time.sleep(0.03)

        with run_here():
            for job in (quick, slow, patient):
                job.fire()
        assert [title.split(": ")[0] for title in reported.titles] == [f"SLOW CALL service {slow.name}()"]
        assert reported.the_one()["timing"]["limit_ms"] == 20


def test_times_that_never_come(tmp_path: Path) -> None:
    """A task is not fired for a time that no clock reaches."""
    with Project(tmp_path, JOBS, f"sqlite:///{tmp_path}").here():

        @asynctask
        def job() -> None: ...

        for seconds in (math.inf, math.nan, 1e300, 10**400, -1):
            with pytest.raises(ValueError, match="fire_in"):
                job.fire_in(seconds)
        with pytest.raises(ValueError, match="fire_at"):
            job.fire_at(datetime.max.replace(tzinfo=UTC))


def test_unique_tasks_that_are_over(tmp_path: Path) -> None:
    """A unique task that was cancelled is queued anew when it is fired; and a task lets go of its own claim only,
    not of the one of whoever waits with the same arguments since it was begun."""
    with Project(tmp_path, JOBS, f"sqlite:////{tmp_path}").here():
        sent: list[dict[str, Any]] = []

        @asynctask(unique=True, max_retries=5)
        def job(value: int) -> None:
            raise ZeroDivisionError

        tasks[job.name] = job
        job.send = lambda _id, message, *_: sent.append(message)  # type: ignore[method-assign]  # instead
        cancelled = job.fire(1)
        cancelled.cancel()
        first = job.fire(1)
        assert first != cancelled
        assert job.fire(1) == first
        for handle, message in ((cancelled, sent[0]), (first, sent[1])):
            run_task(handle.id, message)
        second = job.fire(1)
        assert second != first
        run_task(first.id, sent[1])  # once more
        assert job.fire(1) == second
        assert len(sent) == 3


_ENVELOPE = {"body": "[[{}],{},{}]", "headers": {"task": "pymacaron.task", "timelimit": [1, 2]}}


@pytest.mark.parametrize(
    "body",
    [
        "", "{}", "[]", "null", "[" * 100_000, json.dumps(_ENVELOPE), json.dumps({**_ENVELOPE, "properties": 5}),
        json.dumps({**_ENVELOPE, "properties": {"delivery_info": []}}),
        json.dumps({"body": 5, "headers": {}, "properties": {"delivery_info": {}}}),
        json.dumps({"body": "", "headers": {"task": "x", "timelimit": [1, 2]}, "properties": {"delivery_info": {}}}),
        json.dumps(
            {"body": "", "headers": {"task": "pymacaron.task", "timelimit": "abc"}, "properties": {"delivery_info": {}}}
        ),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_message(tmp_path: Path, body: str, caplog: pytest.LogCaptureFixture) -> None:
    """What others have put in a queue ends no worker: it is told and dropped, and the tasks behind it are taken."""
    with Project(tmp_path, JOBS, f"sqlite:////{tmp_path}").here():
        sender, queue = sending.sender(), sending.sender().broker.queue("tasks")
        sender.broker.options["queues"]().put(queue, body)
        sender.send("00", {"task": "x"}, queue="tasks", due=None, seconds=5)
        with sender.app.connection_for_read() as connection:
            found = connection.default_channel.basic_get(queue, no_ack=True)
        assert found.headers["id"] == "00"
        assert "dropped a message" in caplog.text


def test_no_broker(tmp_path: Path) -> None:
    """A service whose broker is away starts, says so, is not ready, and answers 503 to whoever needs a task, without
    the broker's address."""
    url = f"redis://127.0.0.1:{free_row(1)}/0"
    project = Project(tmp_path, JOBS, url)
    with project.here():
        server = importlib.import_module("server")
        answer = server.app.test_client().get("/a")
        assert (answer.status_code, answer.json["error"]) == (503, "QUEUE_UNAVAILABLE")
        assert (answer.headers["Retry-After"], "jobs" in answer.text, "127.0" in answer.text) == ("5", False, False)
        assert not is_ready()
        assert server.app.test_client().post("/reports/2026-01-01").status_code == 503


def test_long_operations_need_tasks(tmp_path: Path) -> None:
    """A document with x-async does not start a service that has no tasks."""
    project = Project(tmp_path, JOBS, f"sqlite:///{tmp_path}", with_async=False)
    with project.here(), pytest.raises(StartError, match=r"x-async of POST /reports/\{month\} needs tasks"):
        importlib.import_module("server")


def test_long_operations_of_swagger(tmp_path: Path) -> None:
    """A document of version 2.0 may have x-async, too; what is published then is a document as well. run_here does what
    takes long at once. When it is forgotten how one has ended, it is not queued again, but gone."""
    with project_in(tmp_path, with_async=True, async_broker=f"sqlite:///{tmp_path}") as project:
        project.functions("from pymacaron.calls import get_call\ndef make(): return {'left': get_call().left_ms()}")
        (tmp_path / "apis" / "shop.yaml").write_text(
            "{swagger: '2.0', info: {title: x, version: '1'}, paths: {/r: {post: {operationId: make, x-async: true, "
            "x-bind-server: handlers.make, responses: {'200': {description: ok, schema: {type: object}}}}}}}", "utf-8",
        )  # fmt: skip
        project.load().publish_apis().start()
        client: Any = project.app.test_client()
        for query in ("bundled=1", "version=3.0"):
            published = tmp_path / "published.json"
            published.write_text(client.get(f"/doc/shop.json?{query}").text, "utf-8")
            faults: list[Any] = []
            loaded = load_document("published", str(published), Formats(()), faults)
            assert faults == []
            assert loaded is not None
            assert "/operations/{operation_id}" in [one.path for one in loaded.document.operations]
        with run_here():
            place = client.post("/r", headers={"PymDeadlineMs": "30000"}).headers["Location"]
            assert client.get(f"{place}/result").json == {"left": None}  # the time was for the 202
            standings()._records.remove(f"state:{place.rpartition('/')[2]}")  # after a day
            assert client.get(place).status_code == client.get(f"{place}/result").status_code == 404


def test_a_worker_beside_a_server(tmp_path: Path) -> None:
    """`python server.py` has a worker of its own, which is replaced when it dies, and ends with the server, even if
    that is killed."""
    Project(tmp_path, JOBS, f"sqlite:///{tmp_path}?lease=1")
    with running(by_python(), tmp_path, tmp_path / "log") as server:
        first = _worker(server, 1)
        assert first != server.process.pid
        os.kill(first, signal.SIGKILL)
        second = _worker(server, 2)
        assert server.ask("GET", "/a").status == 204
        _until(lambda: "TASK jobs.ping 200" in server.log, server)
        server.process.kill()
        server.process.wait()
        _until(lambda: not Path(f"/proc/{second}").exists(), server)


def _worker(server: Any, number: int) -> int:
    """The process of the worker that was the last to begin."""
    lines: list[str] = []

    def begun() -> bool:
        lines[:] = [line for line in server.log.splitlines() if "a worker takes tasks from" in line]
        return len(lines) >= number

    _until(begun, server)
    return int(lines[-1].split("process ")[1].split('"')[0])


def _until(holds: Any, server: Any) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, server.log
        time.sleep(0.05)


def test_the_project_is_loaded(tmp_path: Path) -> None:
    """A worker says what it misses."""
    command = [sys.executable, "-m", "pymacaron.cli", "worker"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, "there is no server.py; name the file" in ended.stderr) == (2, True)
    Project(tmp_path, JOBS, "", with_async=False, async_broker="sqlite:///x")
    document = tmp_path / "apis" / "shop.yaml"
    document.write_text(document.read_text("utf-8").replace("x-async: {max_seconds: 30}", "x-async: false"), "utf-8")
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, "with_async: is off" in ended.stderr) == (2, True), ended.stderr


def test_workers_that_are_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are killed at random lose no task; only what was running then is run twice."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "faults"))
    from killed_workers import run as run_faults  # the script of `make faults`

    outcome = run_faults(tmp_path, "file", 300, kills=2, restart=False, lease=1)
    assert (outcome.lost, outcome.wrongly) == ([], [])
    assert outcome.kills == 2
