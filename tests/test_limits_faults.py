"""Limits while what they are kept in is killed, hangs, and comes back: real servers, real signals."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from programs import PATIENCE, by_gunicorn, free_row, running
from workers import Redis

DOCUMENT = """
openapi: 3.1.0
info: {title: Bank, version: "1"}
paths:
  /payments:
    post:
      x-bind-server: bank.pay
      x-idempotent: true
      x-rate-limit: 1000000/minute
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"201": {description: Paid, content: {application/json: {schema: {type: object}}}}}
"""
BANK = """
import os, time

def pay(body):
    file = os.open("paid", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (body["key"] + "\\n").encode())
    os.close(file)
    time.sleep(0.02)
    return body
"""
SERVER = """
import os
from flask import Flask
from pymacaron import API, letsgo

app = Flask(__name__)

def start(port=80, debug=False):
    API(app, port=port, debug=debug).load_apis(os.path.join(os.path.dirname(os.path.abspath(__file__)), "apis")).start()

letsgo(__name__, callback=start)
"""


class Program:
    """A program that listens on a port; it can be killed, frozen, and started again."""

    def __init__(self, port: int, *command: str) -> None:
        self._port, self._command = port, [sys.executable, *command]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.05)
        raise AssertionError("it does not listen")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Callers:
    """They pay, each payment with its key, and try again until they are told that it is done."""

    def __init__(self, port: int, number: int = 8) -> None:
        self._port, self._over = port, threading.Event()
        self.statuses: Counter[int] = Counter()  # of late
        self.ever: set[int] = set()
        self._threads = [threading.Thread(target=self._live) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _live(self) -> None:
        while not self._over.is_set():
            key = uuid4().hex
            while self._paid(key) != 201:
                time.sleep(0.1)

    def _paid(self, key: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=4 * PATIENCE)
        try:
            headers = {"Content-Type": "application/json", "Idempotency-Key": key}
            connection.request("POST", "/payments", json.dumps({"key": key}), headers)
            answer = connection.getresponse()
            answer.read()
            self.statuses[answer.status] += 1
            self.ever.add(answer.status)
            return answer.status
        finally:
            connection.close()

    def until(self, is_so: Callable[[Counter[int]], bool]) -> None:
        """Wait until the answers that come from now on are so."""
        self.statuses.clear()
        end = time.monotonic() + 4 * PATIENCE
        while not is_so(self.statuses):
            assert time.monotonic() < end, self.statuses
            time.sleep(0.05)


@contextmanager
def bank(folder: Path, store: str, redis: Redis) -> Iterator[Callers]:
    """Callers of a service; in the end no payment was made twice, and none has failed but by 503 and 409."""
    (folder / "apis").mkdir()
    for name, text in (("apis/bank.yaml", DOCUMENT), ("bank.py", BANK), ("server.py", SERVER)):
        (folder / name).write_text(text, "utf-8")
    settings = f"name: bank\nlive_host: localhost\nstore: {store}\nrate_limit_store: {redis.url}\nlog_calls: false\n"
    (folder / "pym-config.yaml").write_text(settings, "utf-8")
    with running(by_gunicorn(16), folder, folder / "log") as server:
        callers = Callers(server.port)
        try:
            callers.until(lambda statuses: statuses[201] > 50)
            yield callers
            callers.until(lambda statuses: statuses[201] > 50)
        finally:
            callers.end()
    paid = Counter((folder / "paid").read_text("utf-8").split())
    assert [key for key, times in paid.items() if times > 1] == []
    assert callers.ever <= {201, 409, 503}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if Redis.program is None:
        pytest.skip("there is no redis-server; `make services` installs it where that is possible")
    (tmp_path / "redis").mkdir()
    server = Redis(tmp_path / "redis")
    yield server
    server.process.kill()
    server.process.wait()


@pytest.mark.heavy
def test_redis_is_killed(tmp_path: Path, redis: Redis) -> None:
    """Whatever becomes of the Redis that counts, every call is let through; when it is back, it counts again."""
    with bank(tmp_path, "sqlite:///bank.sqlite", redis) as callers:
        redis.process.kill()
        redis.process.wait()
        callers.until(lambda statuses: statuses[201] > 200)
        redis.start()
        log = tmp_path / "log"
        callers.until(lambda _: "counted in Redis again" in log.read_text("utf-8"))
        redis.process.send_signal(signal.SIGSTOP)
        callers.until(lambda statuses: statuses[201] > 200)
        redis.process.send_signal(signal.SIGCONT)
        callers.until(lambda _: log.read_text("utf-8").count("counted in Redis again") == 2)
        assert callers.ever == {201}


@pytest.mark.heavy
@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_dynamodb_is_away(tmp_path: Path, redis: Redis, fault: signal.Signals) -> None:
    """While DynamoDB cannot be reached, or does not answer, requests with a key get 503 and nothing is done; what was
    done is not done again, and when it is back, so is the service."""
    first = free_row(2)
    moto = Program(first, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(first))
    relay = Program(first + 1, str(Path(__file__).parent / "relay.py"), str(first + 1), str(first))
    try:
        with bank(tmp_path, f"dynamodb://eu-west-1?endpoint=http://127.0.0.1:{first + 1}", redis) as callers:
            for _ in range(2):
                relay.process.send_signal(fault)
                callers.until(lambda statuses: statuses[503] > 3)
                if fault == signal.SIGKILL:
                    relay.process.wait()
                    relay.start()
                relay.process.send_signal(signal.SIGCONT)
                callers.until(lambda statuses: statuses[201] > 50)
    finally:
        relay.kill()
        moto.kill()
