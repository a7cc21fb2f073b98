"""What clients try again, and what they leave alone."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clocks import within
from peers import Answering, Received, peer, rude_peer
from services import JSON, body, operation, project_in

from pymacaron import ApiPool
from pymacaron.client import Client, retries
from pymacaron.config import get_config
from pymacaron.exceptions import ArgumentFault, ConfigurationError, ServiceUnavailableError
from pymacaron.headers import http_date

KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
PATHS = {
    "/f": {
        "get": operation(operationId="get"), "put": operation(operationId="put", requestBody=body({})),
        "post": operation(operationId="post", requestBody=body({})),
        "patch": operation(operationId="patch", x_idempotent=True),
    },
    "/g": {"post": operation(operationId="keyed", parameters=[KEY])},
}  # fmt: skip


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    with project_in(tmp_path) as project:
        yield ApiPool.add("there", yaml_path=str(project.document(PATHS, name="there")), timeout=5).client


def failing(times: int, status: int, headers: dict[str, str] | None = None) -> Answering:
    """Answers with an error for so many times, then with `true`."""
    count = iter(range(1000))

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        if next(count) < times:
            return status, headers or {}, b""
        return 200, {"Content-Type": JSON}, b"true"

    return answer


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_troubles(client: Client, status: int) -> None:
    """What can be done twice is tried again, up to max_attempts; what cannot is not."""
    with peer(failing(2, status)) as other:
        assert client.get(base_url=other.url) is True
    with peer(failing(2, status)) as other:
        assert client.put({"a": 1}, base_url=other.url) is True
        assert [got.body for got in other.received] == [b'{"a":1}'] * 3
    with peer(failing(9, status)) as other:
        assert client.get(base_url=other.url, max_attempts=2).status == status
        assert client.post(1, base_url=other.url).status == status
        assert len(other.received) == 3


def test_what_is_no_passing_trouble(client: Client) -> None:
    """Other errors are answers."""
    for status in (400, 404, 500, 501):
        with peer(failing(1, status)) as other:
            assert client.get(base_url=other.url).status == status


def test_keys(client: Client) -> None:
    """An Idempotency-Key is made once for all attempts, and one for each call; one that is given is kept."""
    with peer(failing(2, 503)) as other:
        for call, given in ((client.patch, {}), (client.keyed, {}), (client.keyed, {"idempotency_key": "mine"})):
            assert call(base_url=other.url, **given) is True
        keys = [got.headers["idempotency-key"] for got in other.received]
        assert keys[0] == keys[1] == keys[2] != keys[3]
        assert keys[4] == "mine"
    with peer(failing(1, 503)) as other:
        assert client.post(1, base_url=other.url, request_headers={"Idempotency-Key": "a"}) is True


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after(client: Client, form: str) -> None:
    """Is the least to wait; if that is longer than there is time, the answer is the outcome at once."""
    for seconds, expected in ((1, True), (60, False)):
        when = str(seconds) if form == "seconds" else http_date(datetime.now(UTC) + timedelta(seconds=seconds + 1))
        with peer(failing(1, 503, {"Retry-After": when})) as other:
            began = time.monotonic()
            answer = client.get(base_url=other.url)
            assert (answer is True) == expected
            assert (time.monotonic() - began > 0.9) == expected
            assert time.monotonic() - began < 3


def test_broken_connections(client: Client) -> None:
    """Are tried again where that is safe; where nothing was sent it always is."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    answer = head + b"Content-Length: 4\r\n\r\ntrue"
    count = iter(range(100))

    def every_third(connection: socket.socket) -> None:
        if next(count) % 3 == 2:
            connection.sendall(answer)

    with rude_peer(every_third) as other:
        url = other.url
        assert client.get(base_url=url) is True
        assert other.connections == 3
        assert isinstance(client.post(1, base_url=url), ServiceUnavailableError)
        assert other.connections == 4
    with within(1):
        error = client.post(1, base_url=url)
        assert "there is no connection" in str(error)


def test_a_host_that_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is left alone after some failures, and asked by one call after some time; when that goes well, by all."""
    monkeypatch.setattr(retries, "_PAUSE", 0.3)
    with peer(failing(6, 503)) as other:
        get_config().clients = {"there": {"url": other.url, "max_failures": 5, "max_attempts": 1}}
        for _ in range(5):
            assert client.get().status == 503
        for _ in range(3):
            assert "no call is sent" in str(client.get())
        assert len(other.received) == 5
        time.sleep(0.4)
        assert client.get().status == 503
        assert "no call is sent" in str(client.get())
        time.sleep(0.4)
        assert [client.get() for _ in range(3)] == [True, True, True]


def test_numbers_of_attempts(client: Client) -> None:
    """Are whole and positive."""
    for wrong in (0, 1.5, "3", True):
        with pytest.raises(ArgumentFault, match="max_attempts has to be"):
            client.get(max_attempts=wrong)
    wrong_ones: Any = {"there": {"max_attempts": 0}}
    with pytest.raises(ConfigurationError, match="a whole number, 1 or more; write 1 for a single one"):
        get_config().clients = wrong_ones
