"""Stores when processes die, fork and meet, and when the store is not there."""

from __future__ import annotations

import http.server
import json
import logging
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from programs import free_row, run
from services import Project, answers, operation, project_in

from pymacaron.calls import Call, current
from pymacaron.config import Config, load_config, set_config
from pymacaron.exceptions import (
    BindingError,
    ConditionFailedError,
    ConfigurationError,
    DeadlineExceededError,
    ItemNotFound,
    ItemRefusedError,
    StartError,
    StoreDownError,
    StoreThrottledError,
    TableMissingError,
)
from pymacaron.stores import (
    ABSENT,
    ALWAYS,
    NUMBER,
    Attribute,
    Index,
    Put,
    Store,
    Table,
    When,
    create_tables,
    get_store,
    open_store,
    set_store,
    unchanged,
)
from pymacaron.stores.dynamodb.connection import OPTIONS
from pymacaron.stores.sqlite import SqliteStore

COUNTS = Table("counts", Attribute("id"))
PAIRS = Table("pairs", Attribute("id"), None, (Index("by_half", Attribute("half")),))
TESTS = str(Path(__file__).parent)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(str(tmp_path / "store.sqlite"))
    made.create_table(COUNTS)
    made.create_table(PAIRS)
    yield made
    made.close()


# Processes


def count(path: str, times: int) -> None:
    """In a process of its own: add one, so often, each time if nobody was quicker."""
    store, done = SqliteStore(path, patience=60), 0
    while done < times:
        item = store.get(COUNTS, "n") or {"id": "n", "n": 0}
        when = unchanged(item) if "_version" in item else ABSENT
        try:
            store.put(COUNTS, {**item, "n": item["n"] + 1}, when=when)
            done += 1
        except ConditionFailedError:
            pass


def counted(store: SqliteStore, processes: int, times: int) -> int:
    spawn = multiprocessing.get_context("fork")
    children = [spawn.Process(target=count, args=(store.path, times)) for _ in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    return int((store.get(COUNTS, "n") or {})["n"])


def test_processes_update_optimistically(store: SqliteStore) -> None:
    """Of the optimistic updates of several processes none is lost."""
    assert counted(store, 4, 25) == 100


@pytest.mark.heavy
def test_eight_thousand_updates(store: SqliteStore) -> None:
    """Eight processes with a thousand optimistic updates each end exactly at eight thousand."""
    assert counted(store, 8, 1000) == 8000


def test_a_fork_amid_everything(store: SqliteStore) -> None:
    """A process that forks while its threads read and write goes on, and so does the child, each with connections of
    its own; nothing is lost."""
    stop = threading.Event()
    written = [0] * 3

    def work(number: int) -> None:
        while not stop.is_set():
            store.update(COUNTS, f"t{number}", add={"n": 1})
            written[number] += 1
            store.get(COUNTS, "t0")
            stop.wait(0.001)  # or the child would seldom get its turn

    threads = [threading.Thread(target=work, args=[n]) for n in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    for _ in range(5):
                        store.update(COUNTS, "child", add={"n": 1})
                    store.close()
                    code = 0
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert (store.get(COUNTS, "child") or {})["n"] == 25
    assert [(store.get(COUNTS, f"t{n}") or {"n": 0})["n"] for n in range(3)] == written
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


SAVING = """
import sys
import tempfile
from pymacaron.stores.sqlite import SqliteStore
sys.path.insert(0, {tests!r})
from test_stores_faults import PAIRS
store = SqliteStore({path!r})
n = (store.get(PAIRS, "x") or {{"n": 0}})["n"]
print("ready", flush=True)
while True:
    n += 1
    store.put(PAIRS, {{"id": "x", "n": n, "half": str(n), "text": str(n) * {size}, "again": n}})
    sys.stdout.write(f"{{n}}\\n")
    sys.stdout.flush()
"""


def killed_while_saving(store: SqliteStore, rounds: int, size: int) -> None:
    """Kill a process that saves, at any moment: what was answered is there, and nothing is there by half."""
    program = SAVING.format(tests=TESTS, path=store.path, size=size)
    for _ in range(rounds):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(random.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            said = process.stdout.read().split(b"\n")[:-1]
        item = store.get(PAIRS, "x")
        if item is None:
            assert not said
            continue
        n = item["n"]
        assert (item["half"], item["again"], item["text"]) == (str(n), n, str(n) * size)
        assert not said or n - int(said[-1]) in {0, 1}
        assert store.query(PAIRS, str(n), index="by_half") == [item]


def test_killed_while_saving(store: SqliteStore) -> None:
    """What is killed while it saves leaves the old item or the new one, never half of one, and its index likewise."""
    killed_while_saving(store, 4, 500)


@pytest.mark.heavy
@pytest.mark.parametrize("size", [1, 2000, 50_000])
def test_killed_while_saving_often(store: SqliteStore, size: int) -> None:
    """So it is at two hundred moments, for items of all sizes."""
    killed_while_saving(store, 200, size)


def test_many_open_a_new_file(tmp_path: Path) -> None:
    """Many that open one file at once, which is not there yet, all find it."""
    path = str(tmp_path / "new.sqlite")
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                mine = SqliteStore(path)
                mine.create_table(PAIRS)
                mine.put(COUNTS._replace(name="pairs"), {"id": str(os.getpid())})
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    assert len(SqliteStore(path).scan(PAIRS)) == 6


def test_a_busy_file(store: SqliteStore) -> None:
    """Who waits for another writer too long is told to come back; readers do not wait."""
    impatient = SqliteStore(store.path, patience=0.05)
    store.put(COUNTS, {"id": "x"})
    with sqlite3.connect(store.path, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert impatient.get(COUNTS, "x") is not None
        for when in (ALWAYS, ABSENT):
            with pytest.raises(StoreThrottledError) as caught:
                impatient.put(COUNTS, {"id": "y"}, when=when)
            assert (caught.value.status, caught.value.response_headers()) == (503, [("Retry-After", "1")])
        connection.execute("ROLLBACK")
    impatient.put(COUNTS, {"id": "y"})


def test_expired_items_leave_the_file(tmp_path: Path) -> None:
    """What has expired is taken out of the file in time, and never piles up."""
    now = [1000.0]
    store = SqliteStore(str(tmp_path / "x.sqlite"), clock=lambda: now[0])
    store.create_table(COUNTS)
    for n in range(1500):
        now[0] += 1
        store.put(COUNTS, {"id": str(n)}, expires=now[0] + 1)
    with sqlite3.connect(store.path) as connection:
        assert connection.execute('SELECT count(*) FROM "items.counts"').fetchone()[0] < 1500


# Deadlines


@contextmanager
def a_call(seconds: float) -> Iterator[Call]:
    """A call that is of no use any more in so many seconds."""
    call = Call()
    call.deadline = time.monotonic() + seconds
    outer = current.set(call)
    try:
        yield call
    finally:
        current.reset(outer)


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 100000000) SELECT count(*) FROM n"


def test_a_file_stops_at_the_deadline(store: SqliteStore) -> None:
    """At the deadline of its call a store waits for nobody any more, and gives up what it does; nothing of that is
    written. Who comes next, and has time, has all of it."""
    with store._connections.one() as connection:
        patience = connection.execute("PRAGMA busy_timeout").fetchone()
    with sqlite3.connect(store.path, isolation_level=None, check_same_thread=False) as other:
        other.execute("BEGIN IMMEDIATE")
        for when in (ALWAYS, ABSENT):
            with a_call(0.05), pytest.raises(DeadlineExceededError):
                store.put(COUNTS, {"id": "a"}, when=when)
        other.execute("ROLLBACK")
    with store._connections.writer(), a_call(0.05), pytest.raises(DeadlineExceededError):
        store.put(COUNTS, {"id": "b"})
    with a_call(0.05), pytest.raises(DeadlineExceededError), store._connections.writer() as connection:
        connection.execute(ENDLESS)
    with a_call(-1), pytest.raises(DeadlineExceededError):
        store.put(COUNTS, {"id": "c"})
    with a_call(0.05), pytest.raises(DeadlineExceededError):
        store.put_many(COUNTS, ({"id": "d"} for _ in iter(int, 1)))
    with a_call(60):
        store.put(COUNTS, {"id": "in time"})
    assert [item["id"] for item in store.scan(COUNTS)] == ["in time"]
    with store._connections.one() as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone() == patience
        assert connection.execute(ENDLESS.replace("100000000", "100000")).fetchone() == (100000,)
    assert store._connections._lent == 0


# A store that is not there


def not_there(tmp_path: Path, kind: str) -> Store:
    if kind == "folder":
        return open_store("sqlite:///no/such/folder/x.sqlite", str(tmp_path))
    if kind == "no database":
        (tmp_path / "x.sqlite").write_bytes(b"this is a text, and no database" * 100)
        return open_store("sqlite:///x.sqlite", str(tmp_path))
    return open_store(f"dynamodb://eu-west-1?endpoint=http://127.0.0.1:{free_row(1)}")


KINDS_OF_NOTHING = ["folder", "no database", "nobody listens"]


@pytest.mark.parametrize("kind", KINDS_OF_NOTHING)
def test_a_store_that_is_down(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is not there is an error with a code, whatever is asked of it; its text names the store."""
    monkeypatch.setattr("pymacaron.stores.dynamodb.connection.OPTIONS", {"retries": {"total_max_attempts": 1}})
    store = not_there(tmp_path, kind)
    uses: list[Callable[[], object]] = [
        store.check, lambda: store.get(COUNTS, "x"), lambda: store.put(COUNTS, {"id": "x"}),
        lambda: store.delete(COUNTS, "x"), lambda: store.query(COUNTS, "x"),
        lambda: store.create_table(COUNTS),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(StoreDownError, match=r"x\.sqlite|dynamodb://eu-west-1") as caught:
            use()
        assert (caught.value.status, caught.value.code) == (503, "STORE_DOWN")


class Dynamo(http.server.BaseHTTPRequestHandler):
    """A DynamoDB that answers what the test has it say, the last thing again and again; None breaks off."""

    answers: ClassVar[list[Callable[[dict[str, Any]], tuple[int, dict[str, Any]] | None]]] = []
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(self.headers["X-Amz-Target"].rpartition(".")[2])
        answer = (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(body)
        if answer is None:
            self.close_connection = True
            return
        text = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def dynamo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr("pymacaron.stores.dynamodb.connection.pause", lambda _: None)
    monkeypatch.setattr("pymacaron.stores.dynamodb.store.pause", lambda _: None)
    monkeypatch.setattr("pymacaron.stores.dynamodb.connection.OPTIONS", {"retries": {"total_max_attempts": 2}})
    Dynamo.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dynamo) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        store = open_store(f"dynamodb://eu-west-1?endpoint=http://127.0.0.1:{server.server_port}")
        yield store
        store.close()
        server.shutdown()
        thread.join()


def fault(code: str, **more: Any) -> Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]:
    return lambda _: (400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no", **more})


def test_dynamodb_stops_at_the_deadline(dynamo: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the deadline of its call no answer is waited for any more, nor is what failed tried again after it; nothing is
    asked when it has passed. Who comes next, and has time, has all of it."""
    monkeypatch.setattr("pymacaron.stores.dynamodb.connection.OPTIONS", OPTIONS)
    over = threading.Event()

    def hang(_: dict[str, Any]) -> None:
        over.wait(60)

    Dynamo.answers = [hang]
    with a_call(0.2), pytest.raises(DeadlineExceededError):
        dynamo.get(COUNTS, "x")
    over.set()
    Dynamo.answers = [fault("ThrottlingException")]
    with a_call(0.5), pytest.raises((StoreThrottledError, DeadlineExceededError)):
        dynamo.put(COUNTS, {"id": "x"})
    assert Dynamo.asked.count("PutItem") < 6  # which would take it seconds
    with a_call(-1), pytest.raises(DeadlineExceededError):
        dynamo.query(COUNTS, "x")
    assert "Query" not in Dynamo.asked
    Dynamo.answers = [lambda _: (500 if Dynamo.asked.count("DeleteItem") == 1 else 200, {})]
    dynamo.delete(COUNTS, "x")
    assert Dynamo.asked.count("DeleteItem") == 2


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ProvisionedThroughputExceededException", StoreThrottledError), ("ThrottlingException", StoreThrottledError),
        ("RequestLimitExceeded", StoreThrottledError), ("TransactionConflictException", StoreThrottledError),
        ("AccessDeniedException", StoreDownError), ("UnrecognizedClientException", StoreDownError),
        ("ResourceNotFoundException", TableMissingError), ("ValidationException", ItemRefusedError),
    ],
)  # fmt: skip
def test_what_dynamodb_says(dynamo: Store, code: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """What DynamoDB refuses, again and again, is an error of ours, each with its own code."""
    monkeypatch.setattr("pymacaron.stores.dynamodb.connection.OPTIONS", {"retries": {"total_max_attempts": 1}})
    Dynamo.answers = [fault(code)]
    with pytest.raises(error):
        dynamo.get(COUNTS, "x")
    with pytest.raises(error):
        dynamo.put(COUNTS, {"id": "x"}, when=ABSENT)


def test_who_may_not_list_tables(dynamo: Store) -> None:
    """A store is there for those who may only use their own tables, and not for those whom it does not know."""
    Dynamo.answers = [fault("AccessDeniedException")]
    dynamo.check()
    Dynamo.answers = [fault("UnrecognizedClientException")]
    with pytest.raises(StoreDownError):
        dynamo.check()


def test_a_transaction_that_others_are_in_the_way_of(dynamo: Store) -> None:
    """A transaction that meets others is tried again, and given up at last as too much to do."""
    conflict = fault("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
    Dynamo.answers = [conflict, conflict, lambda _: (200, {})]
    dynamo.transact([Put(COUNTS, {"id": "x"})])
    assert len(Dynamo.asked) == 3
    Dynamo.answers = [conflict]
    with pytest.raises(StoreThrottledError):
        dynamo.transact([Put(COUNTS, {"id": "x"})])


def test_batches_of_which_a_part_is_left(dynamo: Store) -> None:
    """What DynamoDB leaves of a batch is sent again, until it has taken all, or too often has not."""
    Dynamo.answers = [
        lambda asked: (200, {"UnprocessedItems": {"counts": asked["RequestItems"]["counts"][1:]}}),
        lambda asked: (200, {"UnprocessedItems": {"counts": asked["RequestItems"]["counts"][1:]}}),
        lambda asked: (200, {"UnprocessedItems": {}}),
    ]
    dynamo.put_many(COUNTS, [{"id": str(n)} for n in range(3)])
    assert len(Dynamo.asked) == 3
    Dynamo.answers = [lambda asked: (200, {"UnprocessedItems": asked["RequestItems"]})]
    with pytest.raises(StoreThrottledError):
        dynamo.put_many(COUNTS, [{"id": "x"}])


def test_an_answer_that_gets_lost(dynamo: Store) -> None:
    """A write whose answer gets lost is sent again, and counts once: what is in its way then is itself."""
    left: list[dict[str, Any]] = []

    def done(asked: dict[str, Any]) -> None:
        names, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
        item = dict(asked.get("Item") or {"id": {"S": "x"}, "n": {"N": "1"}})
        token = asked["UpdateExpression"].split(" = ")[1].split()[0] if "UpdateExpression" in asked else None
        left.append(item if token is None else {**item, "_version": values[token]})
        assert "_version" in {*names.values(), *item}

    def again(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return fault("ConditionalCheckFailedException", Item=left[-1])({})

    Dynamo.answers = [done, again]
    assert dynamo.update(COUNTS, "x", add={"n": 1})["n"] == 1
    Dynamo.answers = [done, again]
    assert dynamo.put(COUNTS, {"id": "x"}, when=ABSENT)["id"] == "x"
    with pytest.raises(ConditionFailedError):
        dynamo.put(COUNTS, {"id": "x"}, when=ABSENT)


def test_a_delete_whose_answer_gets_lost(dynamo: Store) -> None:
    """A conditional delete that is sent again, since no answer came or one that left it open, and finds nothing, has
    been done; one that finds nothing at once, or after it was told to come back, has not, nor one that finds another
    item."""
    gone, other = fault("ConditionalCheckFailedException"), {"id": {"S": "x"}, "_version": {"N": "7"}}
    for lost in (lambda _: None, lambda _: (500, {"__type": "InternalServerError"})):
        Dynamo.answers = [lost, gone]
        dynamo.delete(COUNTS, "x", when=When(version=5))
        Dynamo.answers = [lost, fault("ConditionalCheckFailedException", Item=other)]
        with pytest.raises(ConditionFailedError):
            dynamo.delete(COUNTS, "x", when=When(version=5))
    for answers_ in ([gone], [fault("ThrottlingException"), gone]):
        Dynamo.answers = [*answers_]
        with pytest.raises(ConditionFailedError):
            dynamo.delete(COUNTS, "x", when=When(version=5))


DB = """
    from pymacaron.stores import PersistentModel

    class Kept(PersistentModel):
        api_name, model_name, table_name, primary_key = "shop", "User", "users", "id"

    class Careless(PersistentModel):
        table_name, primary_key, indexes = "users", "idd", {"by_name": "nmae", "by_all": ("id", "id", "id")}

    class Empty(PersistentModel):
        pass

    class Named(PersistentModel):
        table_name, primary_key = "no such name", "id"

    class Half:
        def load_from_db(self): ...

    class Own:
        kept = {}

        @classmethod
        def load_from_db(cls, key):
            return cls.from_json(cls.kept[key])

        def save_to_db(self):
            self.kept[self.id] = self.to_json()
"""
HANDLERS = """
    def get(id):
        from pymacaron.models import User
        return User.load_from_db(id)

    def put(user, id):
        user.save_to_db()
        return user
"""
TEXT = {"type": "string"}


def shop(project: Project, by: str, schema: dict[str, Any] | None = None) -> None:
    project.functions(DB, "db")
    project.functions(HANDLERS)
    user = {"type": "object", "properties": {"id": TEXT, "name": TEXT}, **(schema or {}), "x-persist": f"db.{by}"}
    ref = {"$ref": "#/components/schemas/User"}
    key = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    body = {"required": True, "content": {"application/json": {"schema": ref}}}
    project.document({"/users/{id}": {
        "parameters": [key], "get": operation("get", responses=answers(**{"200": ref})),
        "put": operation("put", requestBody=body, responses=answers(**{"200": ref})),
    }}, {"User": user})  # fmt: skip


def told(answer: Any) -> str:
    """The code of an error."""
    return str(answer.json["error"])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "shop").mkdir()
    with project_in(tmp_path / "shop", store=f"sqlite:///{tmp_path}/shop.sqlite") as made:
        yield made
    set_store(None)


def test_a_service(project: Project) -> None:
    """A service keeps models between requests; what is not there is a 404."""
    shop(project, "Kept")
    client = project.start()
    assert client.get("/users/a").status_code == 404
    assert told(client.get("/users/a")) == "ITEM_NOT_FOUND"
    assert client.put("/users/a", json={"id": "a", "name": "Ada"}).status_code == 200
    assert client.get("/users/a").json == {"id": "a", "name": "Ada"}
    assert told(client.put("/users/a", json={"id": ""})) == "ITEM_REFUSED"


def test_a_service_whose_store_is_down(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A service whose store does not work starts, says so, and answers 503 where it needs the store; once that is back,
    so is the service."""
    folder = project.folder / "later"
    set_config(Config(name="service", live_host="localhost", store=f"sqlite:///{folder}/x.sqlite"))
    shop(project, "Kept")
    with caplog.at_level(logging.ERROR, "pymacaron"):
        client = project.start()
    assert f"the store {folder}/x.sqlite does not work" in caplog.text
    answer = client.get("/users/a")
    assert (answer.status_code, told(answer), str(folder) in answer.text) == (503, "STORE_DOWN", False)
    assert answer.headers["Retry-After"] == "5"
    assert client.get("/ping").status_code == 200
    folder.mkdir()
    assert client.put("/users/a", json={"id": "a"}).status_code == 200
    assert client.get("/users/a").json == {"id": "a"}


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("Careless", ["User has no property 'idd'; did you mean 'id'?", "User has no property 'nmae'",
        "one property, or two"]),
        ("Empty", ["it has no table_name", "it has no primary_key"]),
        ("Named", ["'no such name' is no name of a table"]),
        ("Half", ["db.Half has no save_to_db; inherit it from pymacaron.stores.PersistentModel"]),
    ],
)  # fmt: skip
def test_what_a_start_says_of_classes(project: Project, by: str, told: list[str]) -> None:
    """A class that cannot keep its model stops the start, with the place and everything that is wrong."""
    shop(project, by)
    with pytest.raises(BindingError) as caught:
        project.start()
    text = str(caught.value)
    assert f"({len(told)} finding" in text
    for one in told:
        assert one in text
    assert "shop.yaml:" in text


def test_a_table_that_is_there_otherwise(project: Project, tmp_path: Path) -> None:
    """A table that is there with another key, or by a name that is the same to SQLite, stops the start in plain words;
    items that cannot be in a new index are not in it."""
    store = open_store(f"sqlite:///{tmp_path}/shop.sqlite")
    store.create_table(Table("Users", Attribute("id")))
    shop(project, "Kept")
    with pytest.raises(StartError, match="has a table Users"):
        project.start()
    text = Table("others", Attribute("id"))
    indexed = text._replace(indexes=(Index("by_n", Attribute("n", NUMBER)),))
    store.create_table(text)
    store.put_many(text, [{"id": "a", "n": "one"}, {"id": "b", "n": 1}, {"id": "c", "n": None}])
    store.create_table(indexed)
    assert [item["id"] for item in store.query(indexed, 1, index="by_n")] == ["b"]
    store.close()


def test_no_object_no_item(project: Project) -> None:
    """Only objects are kept."""
    shop(project, "Kept", {"type": "string"})
    with pytest.raises(BindingError, match=r"cannot keep this.*not a model"):
        project.start()


def test_a_class_of_ones_own(project: Project) -> None:
    """A class with the two methods is a store of its own; ours is not touched."""
    shop(project, "Own")
    client = project.start()
    client.put("/users/a", json={"id": "a", "name": "Ada"})
    assert client.get("/users/a").json == {"id": "a", "name": "Ada"}
    assert not os.path.exists(f"{project.folder.parent}/shop.sqlite")


# Which store it is


@pytest.mark.parametrize(
    "url",
    ["x.sqlite", "sqlite://", "sqlite:///", "dynamodb://", "redis://x", "dynamodb://eu west", "dynamodb://x?endpint=y"],
)
def test_no_stores(tmp_path: Path, url: str) -> None:
    """A setting that names no store stops the start, with its place and the cure."""
    file = tmp_path / "pym-config.yaml"
    file.write_text(f"name: x\nlive_host: x\nstore: {json.dumps(url)}\n", "utf-8")
    with pytest.raises(
        ConfigurationError, match=r"pym-config.yaml:3:8: store: .*write for example sqlite:///store.sqlite"
    ):
        load_config(str(file))


def test_the_store_follows_the_configuration(tmp_path: Path) -> None:
    """Another configuration is another store; one that was set stays."""
    try:
        set_config(Config(store=f"sqlite:///{tmp_path}/a"))
        assert repr(get_store()) == f"<SqliteStore {tmp_path}/a>"
        assert get_store() is get_store()
        set_config(Config(store="dynamodb://eu-west-1?endpoint=http://localhost:1"))
        assert repr(get_store()) == "<DynamoStore dynamodb://eu-west-1 at http://localhost:1>"
        mine = SqliteStore(str(tmp_path / "b"))
        set_store(mine)
        set_config(Config(store=f"sqlite:///{tmp_path}/a"))
        assert get_store() is mine
    finally:
        set_store(None)
        set_config(None)


def test_nobody_pays_for_nothing(tmp_path: Path) -> None:
    """A service that keeps nothing imports no store, one with a file no boto3."""
    with project_in(tmp_path) as project:
        project.functions("def f(): return 1")
        project.document({"/f": {"get": operation("f")}})
    rest = "import sys; from flask import Flask; from pymacaron import API; "
    loaded = "print(*(m for m in sys.modules if m in {'pymacaron.stores', 'sqlite3', 'boto3'}))"
    plain = f"{rest}API(Flask('x')).load_apis('apis').start(); {loaded}"
    kept = f"import sys, pymacaron.stores as s; s.get_store().check(); {loaded}"
    for program, found in ((plain, ""), (kept, "pymacaron.stores sqlite3")):
        told = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == found, told


def test_a_model_of_a_missing_item_is_an_error_for_callers() -> None:
    """What callers see of a missing item does not say how it is kept."""
    error = ItemNotFound("there is no such User")
    assert error.to_json()["error"] == "ITEM_NOT_FOUND"


def test_schemas_without_a_name(tmp_path: Path) -> None:
    """A schema that is written where it is used is kept as well: its class is checked at the start, its table made."""
    keys = {"type": "object", "properties": {"id": TEXT}}
    inner = {**keys, "x-persist": "kept.Inner"}
    outer = {"type": "object", "properties": {"id": TEXT, "inner": inner}, "x-persist": "kept.Outer"}
    sent = {"requestBody": {"content": {"application/json": {"schema": outer}}}, "responses": answers(**{"200": keys})}
    classes = "from pymacaron.stores import PersistentModel"
    for name in ("Inner", "Outer"):
        classes += f"\nclass {name}(PersistentModel): table_name, primary_key = '{name.lower()}s', 'id'"
    for said, fault in ((classes, None), (classes.replace("'id'", "'key'"), "has no property 'key'"),
                        (classes.replace("Inner", "Other"), "there is no kept.Inner")):  # fmt: skip
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        with project_in(folder, store=f"sqlite:///{folder}/store.sqlite") as project:
            project.functions(said, "kept")
            project.functions("def put(it): it.save_to_db(); return it")
            project.document({"/it": {"put": operation("put", **sent)}})
            if fault is not None:
                with pytest.raises(BindingError, match=fault):
                    project.start()
                continue
            assert project.start().put("/it", json={"id": "a"}).status_code == 200
            assert sorted(create_tables()) == ["inners", "outers"]


FULL = """
import json
import os
import resource

from pymacaron import asynctask
from pymacaron.config import Config, set_config
from pymacaron.exceptions import QueueUnavailableError, StoreDownError
from pymacaron.stores import Put, open_store
from pymacaron.tasks import sending
from test_stores_faults import COUNTS

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
set_config(Config(name="shop", with_async=True, async_broker=f"sqlite:////{os.getcwd()}"))
store, queue = open_store("sqlite:///full.sqlite"), sending.sender().broker.options["queues"]()
store.create_table(COUNTS)

@asynctask
def job(text): ...

kept, fired, refused = [], 0, set()
for name in map(str, range(60)):
    try:
        store.transact([Put(COUNTS, {"id": name + part, "text": "x" * 2000}) for part in "ab"])
        kept += [name + "a", name + "b"]
    except StoreDownError:
        refused.add("store")
    try:
        job.fire("x" * 4000)
        fired += 1
    except QueueUnavailableError:
        refused.add("queue")
print(json.dumps([sorted(refused), kept, fired, queue.count("shop-tasks")]))
"""


def test_no_room(tmp_path: Path) -> None:
    """Where files cannot grow, each save and each task is either there, whole, or refused with its error."""
    done = run([sys.executable, "-c", FULL], tmp_path, PYTHONPATH=os.path.dirname(__file__))
    assert done.returncode == 0, done.stderr
    refused, kept, fired, queued = json.loads(done.stdout)
    assert refused == ["queue", "store"]
    assert fired == queued > 0
    store = open_store("sqlite:///full.sqlite", str(tmp_path))
    assert sorted(item["id"] for item in store.each(COUNTS)) == sorted(kept) != []


def test_a_file_without_room_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose disk is full says so before something is to be saved."""
    store = SqliteStore(str(tmp_path / "x.sqlite"))
    store.check()
    room = os.statvfs(tmp_path)
    full = os.statvfs_result([*room[:3], 0, 0, *room[5:]])
    monkeypatch.setattr("os.statvfs", lambda _: full)
    with pytest.raises(StoreDownError, match="the disk is full"):
        store.check()
