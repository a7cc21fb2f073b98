"""Messages with leases, and what is remembered of tasks: the same laws in files, in Redis, in SQS and in the store."""

from __future__ import annotations

import importlib
import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from workers import Project, Redis, Worker

from pymacaron.exceptions import ItemTooLargeError, TaskValueError
from pymacaron.stores import open_store
from pymacaron.tasks.files import File
from pymacaron.tasks.queues import Queues
from pymacaron.tasks.queues.by_file import FileQueues
from pymacaron.tasks.queues.by_redis import RedisQueues
from pymacaron.tasks.queues.by_sqs import SqsQueues
from pymacaron.tasks.records import Records
from pymacaron.tasks.records.by_file import FileRecords
from pymacaron.tasks.records.by_redis import RedisRecords
from pymacaron.tasks.records.by_store import StoreRecords
from pymacaron.tasks.transport import Heartbeat

LEASE = 1.0  # SQS has whole seconds only


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if Redis.program is None:
        pytest.skip("there is no redis-server; `make services` installs it where that is possible")
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def sqs() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # 1 s to import, for the one fixture that uses it

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(params=["file", "redis", "sqs"])
def queues(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Queues]:
    if request.param == "sqs":
        here = {
            "endpoint_url": request.getfixturevalue("sqs"), "aws_access_key_id": "x", "aws_secret_access_key": "y"
        }  # fmt: skip
        made: Queues = SqsQueues("eu-west-1", here, lease=LEASE)
    elif request.param == "redis":
        made = RedisQueues(request.getfixturevalue("redis").url, str(tmp_path), lease=LEASE)
    else:
        made = FileQueues(str(tmp_path / "own" / "queues.db"), lease=LEASE)
    yield made
    made.close()


@pytest.fixture(params=["file", "redis", "store"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    if request.param == "redis":
        return RedisRecords(request.getfixturevalue("redis").url, str(tmp_path))
    if request.param == "store":
        store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
        return StoreRecords("shop-tasks", lambda: store)
    return FileRecords(str(tmp_path / "own" / "records.db"))


def name_of(test: object) -> str:
    """A queue of one test: those of SQS outlive it."""
    return str(getattr(test, "__name__", test)).replace("_", "-")[-40:]


def test_what_is_put_is_taken_once(queues: Queues) -> None:
    """Each message is handed out once while it is leased, in the order of their coming; when it is done it is gone."""
    queue = name_of(test_what_is_put_is_taken_once)
    for text in ("a", "é\n", "c"):
        queues.put(queue, text)
    assert queues.take("none") is None
    taken = [queues.take(queue) for _ in range(4)]
    assert taken[3] is None
    assert sorted(one.body for one in taken if one) == ["a", "c", "é\n"]
    assert {one.times for one in taken if one} == {1}
    assert [queues.done(one.tag) for one in taken if one] == [True] * 3
    assert queues.count(queue) == 0


def test_leases_end(queues: Queues) -> None:
    """A message that nobody keeps is there again after the lease; one that is kept is not. Whose lease has ended can no
    longer say anything of it."""
    queue = name_of(test_leases_end)
    queues.put(queue, "lost")
    queues.put(queue, "kept")
    lost, kept = sorted([queues.take(queue), queues.take(queue)], key=lambda one: one.body != "lost" if one else 0)
    assert lost is not None
    assert kept is not None
    time.sleep(LEASE / 2)
    queues.extend([kept.tag])
    time.sleep(LEASE * 0.6)
    again = queues.take(queue)
    assert again is not None
    assert (again.body, again.times) == ("lost", 2)
    assert queues.take(queue) is None
    if not isinstance(queues, SqsQueues):  # which lets old receipts do it
        assert not queues.done(lost.tag)
    queues.extend([lost.tag])
    assert queues.done(again.tag)


def test_delays_and_what_is_given_back(queues: Queues) -> None:
    """A message is not handed out before its time, nor is one that was given back for later."""
    queue = name_of(test_delays_and_what_is_given_back)
    queues.put(queue, "later", 1)
    assert queues.take(queue) is None
    time.sleep(1.1)
    taken = queues.take(queue)
    assert taken is not None
    queues.give_back(taken.tag)
    again = queues.take(queue)
    assert again is not None
    queues.give_back(again.tag, 60)
    assert queues.take(queue) is None
    assert queues.clear(queue) == 1
    assert queues.count(queue) == 0


def test_many_take_at_once(tmp_path: Path) -> None:
    """Threads that open a file that is not there yet, put and take at the same time lose nothing, and take nothing
    twice. None fails; who asks in the very moment in which something is put may not see it yet."""
    queues = FileQueues(str(tmp_path / "queues.db"))
    found: list[str] = []
    together = threading.Barrier(4)

    def work(name: int) -> None:
        together.wait()
        for at in range(50):
            queues.put("q", f"{name}.{at}")
            while (taken := queues.take("q")) is None:  # another took ours, and what it put was not due just then
                pass
            found.append(taken.body)
            assert queues.done(taken.tag)
        queues.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"{name}.{at}" for name in range(4) for at in range(50))


def test_files_are_private(tmp_path: Path) -> None:
    """The file and its folder are for their owner alone."""
    queues = FileQueues(str(tmp_path / "own" / "queues.db"))
    queues.put("q", "x")
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "own").iterdir()} == {0o600}
    queues.close()


def test_a_file_opened_twice_stays_locked(tmp_path: Path) -> None:
    """A process that opens the file once more keeps its locks: else another one that closes it would drop what is
    written."""
    first, second = (File(str(tmp_path / "f.db"), "CREATE TABLE IF NOT EXISTS t (x)") for _ in range(2))
    first.write("INSERT INTO t VALUES (1)")
    second.write("INSERT INTO t VALUES (2)")
    child = os.fork()
    if not child:
        other = File(str(tmp_path / "f.db"), "")
        other.write("INSERT INTO t VALUES (3)")
        other.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    first.write("INSERT INTO t VALUES (4)")
    third = File(str(tmp_path / "f.db"), "")
    assert third.rows("SELECT count(*) FROM t") == [(4,)]
    for file in (first, second, third):
        file.close()


def test_a_fork_amid_writes(tmp_path: Path) -> None:
    """A child that is forked while other threads write can write as well: it takes no lock of its
    parent's for its own."""
    queues, ended = FileQueues(str(tmp_path / "queues.db")), threading.Event()

    def keep_writing() -> None:
        while not ended.is_set():
            queues.put("q", "x" * 2000)

    threads = [threading.Thread(target=keep_writing) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        child = os.fork()
        if not child:
            signal.alarm(5)
            queues.put("child", "x")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    ended.set()
    for thread in threads:
        thread.join()
    assert queues.count("child") == 10
    queues.close()


def test_leases_while_the_broker_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A heartbeat that does not reach the broker says so once, and when it does again; what a worker has to say of its
    messages meanwhile is said then."""
    queues, folder = FileQueues(str(tmp_path / "own" / "queues.db")), tmp_path / "own"
    queues.put("q", "x")
    taken = queues.take("q")
    assert taken is not None
    queues.close()
    folder.rename(tmp_path / "away")
    folder.write_text("no folder")
    heartbeat = Heartbeat(queues)
    heartbeat.keep(taken.tag)
    heartbeat.end(taken.tag, queues.done)
    for _ in range(3):
        heartbeat._beat()
    folder.unlink()
    (tmp_path / "away").rename(folder)
    for _ in range(2):
        heartbeat._beat()
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "leases of tasks cannot be extended", "leases of tasks are extended again",
    ]  # fmt: skip
    assert queues.count("q") == 0
    queues.close()


def test_records(records: Records) -> None:
    """A value is there until its time is over or it is removed; of those who add one, the first has it."""
    assert records.get("a", "b") == [None, None]
    records.put("a", b"\0one", 60)
    records.put("a", b"two", 60)
    assert records.get("b", "a") == [None, b"two"]
    assert not records.add("a", b"three", 60)
    assert records.add("b", b"b", 60)
    assert records.get("a", "b") == [b"two", b"b"]
    records.remove("a")
    records.remove("a")
    assert records.add("a", b"four", 60)


def test_records_end(records: Records) -> None:
    """After its time a value is not there, and another one can be added. Stores count in whole seconds."""
    records.put("a", b"1", 0.05)
    records.put("b", b"1", 0.05)
    time.sleep(1.1 if isinstance(records, StoreRecords) else 0.1)
    assert records.get("a") == [None]
    assert records.add("b", b"2", 60)
    assert records.get("b") == [b"2"]


JOBS = """
import time
from pathlib import Path
from pymacaron import asynctask

NOTES = Path(__file__).parent / "notes"

def nothing(): ...
def make_report(mail=None, month=None): ...

def note(word):
    with NOTES.open("a") as file:
        file.write(word)

@asynctask(max_retries=1, backoff=0)
def twice(value):
    note(value)
    if NOTES.read_text().count(value) < 2:
        raise RuntimeError("once more")
    return {"value": value}

@asynctask
def large():
    return "x" * 500_000

@asynctask(every=1)
def tick():
    note("t")
    return time.time()
"""


def test_sqs_from_end_to_end(sqs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks go through SQS to workers, and their results through the store to those who have fired them; a result that
    no store keeps is a failure with its code. Two workers fire a periodic task once in each period. A message that SQS
    does not take is refused where it is fired."""
    for name, value in (("ENDPOINT_URL", sqs), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "y")):
        monkeypatch.setenv(f"AWS_{name}", value)
    project = Project(tmp_path, JOBS, "sqs://eu-west-1?lease=1", store=f"sqlite:///{tmp_path}/store.sqlite")
    workers = [Worker(tmp_path, name) for name in ("first", "second")]
    before = int(time.time())
    with project.here(), workers[0], workers[1]:
        started = int(time.time()) + 1
        jobs = importlib.import_module("server").jobs
        handle, large = jobs.twice.fire("a"), jobs.large.fire()
        assert handle.wait(20) == {"value": "a"}
        with pytest.raises(ItemTooLargeError):
            large.wait(20)
        with pytest.raises(TaskValueError, match=r"jobs\.twice"):
            jobs.twice.fire("x" * 2_000_000)
        while time.time() < started + 1.2:  # a whole period, and the moment in which it is run
            time.sleep(0.05)
        periods = int(time.time()) - before + 1
        assert 1 <= (tmp_path / "notes").read_text().count("t") <= periods
