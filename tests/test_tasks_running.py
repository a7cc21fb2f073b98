"""What tasks do, whatever broker they wait in: the laws of `@asynctask`, with workers as programs of their own."""

from __future__ import annotations

import importlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from programs import PATIENCE
from workers import LEASE, Project, Redis, Worker

from pymacaron import ApiPool
from pymacaron.auth.acting import as_user
from pymacaron.calls import Call, Identity, current
from pymacaron.exceptions import (
    DeadlineExceededError,
    NotFoundError,
    TaskCancelledError,
    TaskFailedError,
    TaskValueError,
)
from pymacaron.tasks import Handle

JOBS = """
import os, time
from datetime import timedelta
from pathlib import Path
from pymacaron import asynctask, get_model
from pymacaron.auth import get_userid, get_user_token
from pymacaron.calls import get_call
from pymacaron.exceptions import NotFoundError
from pymacaron.tasks import is_task

NOTES = Path(__file__).parent / "notes"

def nothing():
    pass

def note(*words):
    with NOTES.open("a") as file:
        file.write(" ".join(map(str, words)) + "\\n")

@asynctask
def echo(*args, **kwargs):
    return [list(args), kwargs]

@asynctask
async def later(value):
    return value

@asynctask
def whoami():
    call = get_call()
    return {
        "id": call.id, "path": call.path, "user": get_userid(), "token": get_user_token(), "task": is_task(),
        "left": call.left_ms(), "trace": call.trace.trace_id, "parent": call.trace.parent_id, "pid": os.getpid(),
    }

@asynctask
def nested(value):
    return [echo(value), is_task()]

@asynctask
def chained(value):
    return echo.fire(value).id

@asynctask
def missing():
    raise NotFoundError("no such order").tell_user("Sorry")

@asynctask
def broken():
    return 1 / 0

@asynctask
def leaving():
    raise SystemExit(3)

@asynctask
def unspeakable():
    return object()

@asynctask(max_retries=2, backoff=0.1)
def shaky(name, failures):
    note("shaky", name)
    if sum(line == f"shaky {name}" for line in NOTES.read_text().splitlines()) <= failures:
        raise RuntimeError("not yet")
    return "done"

@asynctask(max_seconds=1)
def endless():
    time.sleep(60)

@asynctask
def cancellable():
    note("cancellable begun")
    try:
        time.sleep(60)
    finally:
        note("cancellable ended")

@asynctask(unique=True)
def once(value):
    note("once", value)

@asynctask(delay=0.5)
def delayed(name):
    note("delayed", name)

@asynctask
def slow(name, seconds):
    note("begin", name)
    time.sleep(seconds)
    note("end", name)
    return name

@asynctask
def deadly(name):
    note("deadly", name)
    os.kill(os.getpid(), 9)

def make_report(mail=None, month=None):
    if mail is not None:
        note("report", mail.to)
    if mail is not None and mail.to == "nobody":
        raise NotFoundError("no such customer")
    if mail is not None and mail.to == "slow":
        time.sleep(30)
    return get_model("Report")(month=month, mail=mail)

@asynctask(queue="mails")
def mail(value):
    return [value]

@asynctask(every=1)
def tick():
    note("tick", time.time())

@asynctask
def hold(key):
    note("hold", key)
    while not (NOTES.parent / key).exists():
        time.sleep(0.02)
    return key
"""


LIMITS = """\
      x-idempotent: true
      x-timeout-ms: 1
      x-rate-limit: 60/hour
"""


class Service:
    """A service with two workers, none of which had begun at `began`."""

    def __init__(self, project: Project, workers: list[Worker], began: float, server: Any) -> None:
        self.project, self.workers, self.began, self.jobs = project, workers, began, server.jobs
        self.client: Any = server.app.test_client()  # whose answers' `json` may be anything

    @property
    def log(self) -> str:
        """What the workers have printed."""
        return "".join(worker.log for worker in self.workers)

    def notes(self, word: str) -> list[str]:
        """What tasks have noted that begins with a word."""
        path = self.project.folder / "notes"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [line.removeprefix(f"{word} ") for line in lines if line.split(" ")[0] == word]


@pytest.fixture(scope="module", params=["file", "redis"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp(request.param)
    redis = None
    if request.param == "redis":
        if Redis.program is None:
            pytest.skip("there is no redis-server; `make services` installs it where that is possible")
        redis = Redis(folder)
    url = f"sqlite:///{folder}" if redis is None else redis.url
    store = f"sqlite:///{folder}/store.sqlite"
    project = Project(folder, JOBS, f"{url}?lease={LEASE}", async_drain=3, store=store, max_concurrency=8)
    document = folder / "apis" / "shop.yaml"
    document.write_text(document.read_text("utf-8").replace("      x-async:", f"{LIMITS}      x-async:"), "utf-8")
    began = time.time()
    workers = [Worker(folder, name) for name in ("first", "second")]
    with project.here(), workers[0], workers[1]:
        yield Service(project, workers, began, importlib.import_module("server"))
    if redis is not None:
        redis.stop()


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not (seen := holds()) and time.monotonic() < until:
        time.sleep(0.02)
    return seen


def test_values_travel(service: Service) -> None:
    """Arguments and results arrive as they were sent: models, dates, numbers, bytes, whatever JSON has no word for."""
    mail = ApiPool.shop.model.Mail(to="ann", at=datetime(2026, 1, 31, 10, tzinfo=UTC))
    values = [None, 1, -(2**80), 0.5, "é", b"\0", (1, {2}), timedelta(1), {"$x": 1, 2: 3}, datetime.now(UTC), mail]
    handle = service.jobs.echo.fire(*values, mail=mail)
    assert handle.wait(PATIENCE) == [values, {"mail": mail}]
    assert handle.state == "done"
    assert handle.result == Handle(handle.id).result


def test_async_functions(service: Service) -> None:
    """A task may be a coroutine function."""
    assert service.jobs.later.fire([1]).wait(PATIENCE) == [1]


def test_plain_calls(service: Service) -> None:
    """A plain call queues a task, as fire() does; inside of a worker it runs it in place."""
    assert service.jobs.nested(5).wait(PATIENCE) == [[[5], {}], True]
    assert Handle[Any](service.jobs.chained("x").wait(PATIENCE)).wait(PATIENCE) == [["x"], {}]


def test_the_call_travels(service: Service) -> None:
    """A task has the user, token, id, path, trace and deadline of the call that fired it."""
    call = Call({"pymcallid": "abc-1", "pymcallpath": "shop.order"})
    call.identity = Identity("ann", "t.o.k", {"sub": "ann"}, frozenset({"a"}))
    call.deadline = time.monotonic() + 30
    before = current.set(call)
    try:
        handle = service.jobs.whoami.fire()
        with as_user(Identity("bob")):
            other = service.jobs.whoami.fire()
    finally:
        current.reset(before)
    told = handle.wait(PATIENCE)
    assert (told["id"], told["path"], told["task"]) == ("abc-1", "shop.order/jobs.whoami", True)
    assert (told["user"], told["token"]) == ("ann", "t.o.k")
    assert 0 < told["left"] <= 30_000
    assert (told["trace"], told["parent"]) == (call.trace.trace_id, call.trace.span_id)
    assert told["pid"] != os.getpid()
    assert other.wait(PATIENCE)["user"] == "bob"


def test_outside_of_calls(service: Service) -> None:
    """A task that nobody's call has fired is a call of its own."""
    first, second = service.jobs.whoami.fire().wait(PATIENCE), service.jobs.whoami.fire().wait(PATIENCE)
    assert first["id"] != second["id"]
    assert (first["path"], first["user"], first["left"]) == ("jobs.whoami", None, None)


def test_failures(service: Service) -> None:
    """What ends a task is raised for those who ask for its result: our errors as they were, of others only the kind;
    and a function that ends its process ends the task alone. All are reported in the worker's log."""
    with pytest.raises(NotFoundError, match="no such order") as caught:
        service.jobs.missing.fire().wait(PATIENCE)
    assert (caught.value.user_message, caught.value.status) == ("Sorry", 404)
    for job, kind in (("broken", "ZeroDivisionError"), ("leaving", "RuntimeError"), ("unspeakable", "TaskValueError")):
        handle = getattr(service.jobs, job).fire()
        with pytest.raises(TaskFailedError) as failed:
            handle.wait(PATIENCE)
        assert (failed.value.kind, handle.state) == (kind, "failed")
    for job in ("missing", "broken", "leaving", "unspeakable"):
        assert eventually(lambda job=job: f"TASK jobs.{job} 500" in service.log)  # type: ignore[misc]  # bound


def test_retries(service: Service) -> None:
    """A task that fails is run again, as often as it says, under the same id."""
    assert service.jobs.shaky.fire("twice", 2).wait(PATIENCE) == "done"
    handle = service.jobs.shaky.fire("ever", 9)
    with pytest.raises(TaskFailedError):
        handle.wait(PATIENCE)
    assert service.notes("shaky").count("ever") == 3


def test_limits(service: Service) -> None:
    """A task that takes longer than it may is ended."""
    with pytest.raises(DeadlineExceededError, match="longer than the 1 s"):
        service.jobs.endless.fire().wait(PATIENCE)


def test_cancelling(service: Service) -> None:
    """A task that waits is not begun any more; one that runs is interrupted, and can clean up."""
    waiting = service.jobs.echo.fire_in(600, "never")
    assert waiting.state == "queued"
    assert waiting.cancel()
    assert waiting.state == "cancelled"
    running = service.jobs.cancellable.fire()
    assert eventually(lambda: service.notes("cancellable") == ["begun"])
    assert running.state == "running"
    assert running.cancel()
    for handle in (waiting, running):
        with pytest.raises(TaskCancelledError):
            handle.wait(PATIENCE)
        assert not handle.cancel()
    assert eventually(lambda: service.notes("cancellable") == ["begun", "ended"])


def test_waiting_ends(service: Service) -> None:
    """wait() gives up after its time; the task goes on."""
    handle = service.jobs.hold.fire("wait")
    with pytest.raises(TimeoutError):
        handle.wait(0.05)
    assert handle.result is None
    (service.project.folder / "wait").touch()
    assert handle.wait(PATIENCE) == "wait"


def test_delays(service: Service) -> None:
    """A task is run when it is due, and not before."""
    start = time.time()
    at = datetime.now(UTC) + timedelta(seconds=0.6)
    ended = [service.jobs.delayed.fire("d"), service.jobs.echo.fire_in(0.7), service.jobs.echo.fire_at(at)]
    for handle, least in zip(ended, (0.5, 0.7, 0.5), strict=True):
        handle.wait(PATIENCE)
        assert time.time() - start >= least


def test_unique(service: Service) -> None:
    """A unique task that waits with the same arguments is not queued again; when it has begun, it can be."""
    first = service.jobs.once.fire_in(600, 3)
    assert service.jobs.once.fire_in(600, 3) == first
    first.cancel()
    first, other = service.jobs.once.fire(1), service.jobs.once.fire(2)
    assert first != other
    first.wait(PATIENCE)
    assert service.jobs.once.fire(1) != first
    assert eventually(lambda: sorted(service.notes("once")) == ["1", "1", "2"])


def test_long_operations(service: Service) -> None:
    """An operation with x-async is answered at once with where to ask for it; its result is the answer it would have
    given. Only its caller, with the credentials of the operation, sees it; not who has that name elsewhere."""
    client, ann = service.client, {"key": "ann"}
    begun = client.post("/reports/2026-01-31", json={"to": "ann", "at": "2026-01-01T00:00:00Z"}, headers=ann)
    assert (begun.status_code, begun.json["state"], begun.json["operation"]) == (202, "queued", "shop.make_report")
    assert begun.headers["Retry-After"] == "1"
    place = begun.headers["Location"]
    assert eventually(lambda: client.get(place, headers=ann).json["state"] == "done")
    status = client.get(place, headers=ann)
    assert (status.status_code, "Retry-After" in status.headers) == (200, False)
    result = client.get(status.json["result"], headers=ann)
    assert (result.status_code, result.json["month"], result.json["mail"]["to"]) == (201, "2026-01-31", "ann")
    for who in ({"key": "bob"}, {"key": "ann@elsewhere"}, {}):
        assert {client.get(at, headers=who).status_code for at in (place, f"{place}/result")} == {404}
        assert client.delete(place, headers=who).status_code == 404
    assert client.get("/operations/none").status_code == 404
    assert client.delete(place, headers=ann).json["error"] == "OPERATION_ENDED"


def test_limits_of_long_operations(service: Service) -> None:
    """Limits are for the request that begins it, which is answered in no time: of many with one key, one begins it, and
    the others are told where it is; x-timeout-ms says nothing of the work."""
    headers = {"key": "eve", "Idempotency-Key": "k", "PymDeadlineMs": "60000"}

    def begin() -> Any:
        return service.client.application.test_client().post("/reports/2026-01-31", json={"to": "eve"}, headers=headers)

    with ThreadPoolExecutor(16) as pool:
        answers = [future.result() for future in [pool.submit(begin) for _ in range(40)]]
    assert {answer.status_code for answer in answers} <= {202, 409, 503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}
    again = begin()
    places = {answer.headers["Location"] for answer in answers if answer.status_code == 202}
    assert (again.headers["Idempotency-Replayed"], places | {again.headers["Location"]}) == ("true", places)
    assert again.headers["RateLimit-Policy"] == '"calls";q=60;w=3600'
    assert eventually(lambda: service.client.get(places.copy().pop(), headers=headers).json["state"] == "done")
    assert service.notes("report").count("eve") == len(places) == 1
    while (refused := begin()).status_code == 202:
        pass
    assert (refused.status_code, refused.json["error"]) == (429, "TOO_MANY_REQUESTS")
    assert service.client.get(*places, headers=headers).status_code == 200


def test_long_operations_that_fail(service: Service) -> None:
    """What is wrong with the request is told at once; what ends the function is the result."""
    client = service.client
    assert client.post("/reports/january").status_code == 400
    begun = client.post("/reports/2026-01-31", json={"to": "nobody"})
    assert eventually(lambda: client.get(begun.headers["Location"]).json["state"] == "failed")
    assert client.get(begun.headers["Location"]).json["error"]["error"] == "NOT_FOUND"
    result = client.get(f"{begun.headers['Location']}/result")
    assert (result.status_code, result.json["error_description"]) == (404, "no such customer")


def test_cancelling_long_operations(service: Service) -> None:
    """DELETE cancels an operation that has not ended."""
    client = service.client
    place = client.post("/reports/2026-01-31", json={"to": "slow"}).headers["Location"]
    early = client.get(f"{place}/result")
    assert (early.status_code, early.headers["Retry-After"]) == (202, "1")
    assert client.delete(place).status_code == 202
    assert eventually(lambda: client.get(place).json["state"] == "cancelled")
    assert client.delete(place).status_code == 202
    assert client.get(f"{place}/result").json["error"] == "TASK_CANCELLED"


def test_long_operations_are_published(service: Service) -> None:
    """The bundled document, in every version, has the 202 and the resources."""
    for version in ("", "&version=3.0"):
        document = service.client.get(f"/doc/shop.json?bundled=1{version}").json
        assert "202" in document["paths"]["/reports/{month}"]["post"]["responses"]
        assert document["paths"]["/operations/{operation_id}"].keys() >= {"get", "delete"}
        headers = document["components"]["responses"]["Accepted"]["headers"]
        assert headers.keys() == {"Location", "Retry-After"}


def test_queues(service: Service) -> None:
    """A worker takes tasks from all queues that they name."""
    assert service.jobs.mail.fire("x").wait(PATIENCE) == ["x"]


def test_periodic(service: Service) -> None:
    """A periodic task is fired once in each period, however many workers there are."""
    assert eventually(lambda: len(service.notes("tick")) > 2)
    assert len(service.notes("tick")) <= time.time() - service.began + 1  # twice as many, if each worker did


def test_refused_where_they_are_fired(service: Service) -> None:
    """What cannot travel, and what the function does not take, is an error at the line that fires."""
    with pytest.raises(TaskValueError, match=r"jobs.echo: argument 1\['a'\]\[1\] is a builtins.object"):
        service.jobs.echo.fire({"a": [1, object()]})
    with pytest.raises(TaskValueError, match="argument 'when'"):
        service.jobs.echo.fire(when=open)
    with pytest.raises(TypeError, match=r"jobs\.later: missing a required argument"):
        service.jobs.later.fire()
    with pytest.raises(ValueError, match="time zone"):
        service.jobs.later.fire_at(datetime.now(), 1)  # noqa: DTZ005 - the fault


def test_workers_that_die(service: Service) -> None:
    """A task whose worker is killed is run by another one; one whose process is killed as well, until it is clear that
    it is the task that kills."""
    handles = [service.jobs.slow.fire(f"kill{at}", 0.5) for at in range(4)]
    assert eventually(lambda: sum(note.startswith("kill") for note in service.notes("begin")) >= 4)
    service.workers[1].kill()
    assert [handle.wait(PATIENCE) for handle in handles] == [f"kill{at}" for at in range(4)]
    service.jobs.deadly.fire("d")
    assert eventually(lambda: len(service.notes("deadly")) > 1)


def test_workers_that_are_asked_to_end(service: Service) -> None:
    """A worker that is asked to end takes no more tasks, lets those that run go on for a while, and leaves the rest to
    others: those that were not begun, and those that do not end in time."""
    worker, folder = service.workers[0], service.project.folder
    service.workers[1].kill()  # unless another test has: it would take what is left
    held = [service.jobs.hold.fire(f"stop{at}") for at in range(3)]
    assert eventually(lambda: len([key for key in service.notes("hold") if key.startswith("stop")]) == 2)
    worker.process.send_signal(signal.SIGTERM)
    (folder / "stop0").touch()
    assert worker.process.wait(PATIENCE) == 0
    assert [handle.state for handle in held] == ["done", "queued", "queued"]
    for at in range(3):
        (folder / f"stop{at}").touch()
    with service.project.worker(name="third"):
        for handle in held:
            handle.wait(PATIENCE)
