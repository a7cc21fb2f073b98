"""/ready: what a service depends on, asked whether it is there."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from programs import free_row
from services import Project, operation, project_in
from workers import Project as Tasked

from pymacaron.config import Config, set_config
from pymacaron.readiness import Readiness
from pymacaron.stores import set_store

JOBS = """
def nothing():
    pass

def make_report(mail=None, month=None):
    return {}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        made.document({"/a": {"get": operation("f")}})
        made.functions("def f(): return 1")
        yield made
    set_store(None)


def is_ready(client: Any) -> tuple[int, dict[str, str]]:
    answer = client.get("/ready")
    assert answer.json["ready"] is (answer.status_code == 200)
    return answer.status_code, answer.json["checks"]


def test_nothing_is_needed(project: Project) -> None:
    """A service that depends on nothing is ready; what it does not use is not asked, nor made."""
    assert is_ready(project.start()) == (200, {})
    assert not list(project.folder.glob("*.sqlite"))


def test_checks_of_ones_own(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A check that raises, in whatever way, or returns False makes the service unready: the answer names it, and tells
    nothing else; the log says why. It runs in the application's context, and may be a coroutine function."""

    def search() -> None:
        raise ConnectionError("no route to https://ada:pass@10.0.0.7")

    async def awaited() -> str:
        return project.app.name

    def context() -> object:
        return __import__("flask").current_app.name == "service"

    def end() -> None:
        raise SystemExit(3)

    with caplog.at_level(logging.INFO, "pymacaron"):
        checks = {"search": search, "no": lambda: False, "end": end, "awaited": awaited, "context": context}
        client = project.start(ready=checks)
        told = {"search": "down", "no": "down", "end": "down", "awaited": "ok", "context": "ok"}
        assert is_ready(client) == (503, told)
        assert is_ready(client) == (503, told)
    assert b"10.0.0.7" not in client.get("/ready").data
    assert caplog.text.count("not ready: search is down (ConnectionError: ") == 1
    assert "BACKEND ERROR" not in caplog.text
    assert client.get("/ping").status_code == 200


def test_ones_own_check_takes_the_place_of_ours(project: Project) -> None:
    """Who can do without the store says so."""
    set_config(Config(name="service", live_host="localhost", store=f"sqlite:///{project.folder}/nowhere/x.sqlite"))
    assert is_ready(project.start(ready={"store": lambda: None})) == (200, {"store": "ok"})


def test_a_probe_storm() -> None:
    """What was found counts for a second. Meanwhile, and while somebody is asking, nobody waits and nothing is asked;
    one that hangs is slow, is asked by one thread only, and is ok when it answers in time again."""
    now, asked, go_on = [0.0], [0], threading.Event()
    go_on.set()

    def part() -> None:
        asked[0] += 1
        go_on.wait(10)

    readiness = Readiness({"part": part}, seconds=0.05, clock=lambda: now[0])
    assert [readiness() for _ in range(100)] == [{"part": "ok"}] * 100
    assert asked == [1]
    go_on.clear()
    for now[0] in (1.5, 3.0, 4.5):
        assert readiness() == {"part": "slow"}
    assert asked == [2]
    go_on.set()
    now[0] = 6
    readiness()
    now[0] = 8
    assert readiness() == {"part": "ok"}


def test_only_one_waits() -> None:
    """While one caller waits for the parts, others get what was found before."""
    now, begun, go_on = [0.0], threading.Event(), threading.Event()
    answers: Iterator[object] = iter([True, False])

    def part() -> object:
        found = next(answers)
        if found is False:
            begun.set()
            go_on.wait(10)
        return found

    readiness = Readiness({"part": part}, seconds=10, clock=lambda: now[0])
    assert readiness() == {"part": "ok"}
    now[0] = 2
    waiting = threading.Thread(target=readiness)
    waiting.start()
    begun.wait(10)
    assert readiness() == {"part": "ok"}
    go_on.set()
    waiting.join(10)
    assert readiness() == {"part": "down"}


def test_a_store_that_is_down(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose store is down starts, is not ready, and is when the store is back; so also after it goes away."""
    now = [0.0]
    monkeypatch.setattr(Readiness.__init__, "__kwdefaults__", {"seconds": 5, "kept": 1, "clock": lambda: now[0]})
    folder = project.folder / "later"
    set_config(Config(name="service", live_host="localhost", store=f"sqlite:///{folder}/x.sqlite"))
    client = project.start()
    assert is_ready(client) == (503, {"store": "down"})
    folder.mkdir()
    assert is_ready(client) == (503, {"store": "down"})
    now[0] = 2
    assert is_ready(client) == (200, {"store": "ok"})


def test_a_broker_that_is_down(tmp_path: Path) -> None:
    """A service with tasks needs its broker."""
    tasked = Tasked(tmp_path, JOBS, f"redis://127.0.0.1:{free_row(1)}/0")
    with tasked.here():
        client = importlib.import_module("server").app.test_client()
        assert is_ready(client) == (503, {"broker": "down"})
    (tmp_path / "two").mkdir()
    tasked = Tasked(tmp_path / "two", JOBS, f"sqlite:///{tmp_path}")
    with tasked.here():
        client = importlib.import_module("server").app.test_client()
        assert is_ready(client) == (200, {"broker": "ok"})


def test_keys_at_an_address(project: Project) -> None:
    """Who verifies tokens by keys at an address needs them, be they fetched or known from before; one that has its keys
    with it needs nothing."""
    set_config(Config(name="service", jwt_secret="x" * 40, jwt_issuers={"a": {"jwks": "http://127.0.0.1:9/keys"}}))
    assert is_ready(project.start()) == (503, {"keys": "down"})


def test_keys_at_hand(project: Project) -> None:
    """Keys in the configuration are always there."""
    set_config(Config(name="service", jwt_secret="x" * 40))
    assert is_ready(project.start()) == (200, {})
