"""How gunicorn serves: callers who are slow hold up nobody else."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from programs import EXAMPLES, PATIENCE, SHOP, running

from pymacaron import gunicorn
from pymacaron.ending import ending
from pymacaron.gunicorn import Paced
from pymacaron.running import leaving

IMPATIENT = """
from pymacaron import gunicorn
from pymacaron.gunicorn import *

gunicorn.GRACE, threads, workers = 0.4, 4, 1
"""
POST = b"POST /v1/products HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BEGUN = [
    POST + b"Content-Length: 100000\r\n\r\n{",
    POST + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{",
    b"POST /v1/products HTTP/1.1\r\nHost: x\r\nX-Begun",
]


def test_settings(tmp_path: Path) -> None:
    """`gunicorn --config python:pymacaron.gunicorn` serves with our worker, and several requests on one connection.
    Callers who say nothing hold no thread."""
    command = ["-m", "gunicorn", "--config", "python:pymacaron.gunicorn", "--bind", "127.0.0.1:0", "server:app"]
    with running([sys.executable, *command], EXAMPLES / "helloworld", tmp_path / "log") as server:
        assert server.ask("GET", "/ping").json == {}
        assert "Using worker: pymacaron.gunicorn.Worker" in server.log
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
            for _ in range(2):
                connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = b""
                while not answer.endswith(b"\r\n\r\n{}"):
                    answer += connection.recv(9999) or b"closed\r\n\r\n{}"
                assert answer.startswith(b"HTTP/1.1 200")
        with ExitStack() as stack:
            for _ in range(80):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
            assert server.ask("GET", "/ping").json == {}
            workers = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            assert sum(len(list(Path(f"/proc/{worker}/task").iterdir())) for worker in workers) < 40


def test_stalled_callers(tmp_path: Path) -> None:
    """Callers who begin requests and do not go on are given up, in whatever part; then others are answered again."""
    settings = tmp_path / "settings.py"
    settings.write_text(IMPATIENT)
    command = ["-m", "gunicorn", "--config", str(settings), "--bind", "127.0.0.1:0", "server:app"]
    with running([sys.executable, *command], SHOP, tmp_path / "log") as server, ExitStack() as stack:
        assert server.ask("GET", "/ping").json == {}
        stalled = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE)) for _ in range(12)
        ]
        for number, connection in enumerate(stalled):
            connection.sendall(BEGUN[number % len(BEGUN)])
        assert server.ask("GET", "/ping").json == {}  # behind them, four at a time, each for less than a second
        answers = [connection.recv(12) for connection in stalled]
        assert answers == [b"HTTP/1.1 400", b"HTTP/1.1 400", b""] * 4
        assert "Traceback" not in server.log


def test_callers_who_do_not_close(tmp_path: Path) -> None:
    """Who leaves a connection open that is over holds up nobody: gunicorn would wait for each of them, two seconds on
    the one thread that lets others in. It is closed behind him a little later."""
    command = ["-m", "gunicorn", "--config", "python:pymacaron.gunicorn", "--workers", "1", "--bind", "127.0.0.1:0"]
    with running([sys.executable, *command, "server:app"], EXAMPLES / "helloworld", tmp_path / "log") as server:
        assert server.ask("GET", "/ping").json == {}
        with ExitStack() as stack:
            begun = time.monotonic()
            held = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE)) for _ in range(60)
            ]
            for connection in held:
                connection.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
            for connection in held:
                while connection.recv(9999):
                    continue
            assert server.ask("GET", "/ping").json == {}
            assert time.monotonic() - begun < 60 * leaving.PATIENCE / 2
            worker = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().strip()
            until = time.monotonic() + PATIENCE
            while len(list(Path(f"/proc/{worker}/fd").iterdir())) > 60 and time.monotonic() < until:
                time.sleep(0.05)
            assert len(list(Path(f"/proc/{worker}/fd").iterdir())) < 60


def test_what_callers_are_told_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection of which an answer says that it stays, stays, whatever begins behind its headers; one that ends says
    so."""
    before, after = (SimpleNamespace(should_close=lambda: False) for _ in range(2))
    told = gunicorn._decided_once(before)
    assert not told()
    monkeypatch.setattr(ending, "begun", True)
    assert not told()
    assert gunicorn._decided_once(after)()


def test_only_waiting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller has time to send, more of it for more bytes; what the service takes meanwhile is not his."""
    taken = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + taken[0])
    monkeypatch.setattr(gunicorn, "time", clock)
    monkeypatch.setattr(gunicorn, "GRACE", 0.01)
    here, there = socket.socketpair()
    with here, there:
        paced = Paced(here)
        paced.begin()
        there.sendall(b"x" * 90_000)
        assert paced.recv(60_000) == b"x" * 60_000
        taken[0] += 1000
        assert paced.recv(30_000) == b"x" * 30_000
        threading.Timer(0.1, there.sendall, [b"late"]).start()
        assert paced.recv(100) == b"late"
        paced.begin()
        assert paced.recv(100) == b""
        paced.begin()
        assert paced.recv(100) == b""


def test_limits_of_gunicorn() -> None:
    """A shorter limit that gunicorn sets for a while is its own to handle."""
    here, there = socket.socketpair()
    with here, there:
        paced = Paced(here)
        paced.begin()
        paced.settimeout(0.01)
        with pytest.raises(TimeoutError):
            paced.recv(1)
        there.sendall(b"x")
        assert paced.recv(1) == b"x"
        assert paced.gettimeout() == 0.01
