"""`pymacaron run`: which service, how many workers, and how it serves, by both servers."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import re
import signal
import socket
import ssl
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from programs import PATIENCE, Answer, Server, run, running
from raw_http import fuzz
from test_launching import project

from pymacaron.config import Config
from pymacaron.exceptions import StartError
from pymacaron.proxies import TrustedProxies
from pymacaron.running import Wishes, plan_of, target_of
from pymacaron.running.lent import Lent
from pymacaron.running.machine import cores, memory
from pymacaron.running.slow import Paced, Waiting

SERVERS = ["granian", "gunicorn"]
SERVING = re.compile(r"(?:serving|Listening) at:? http://127\.0\.0\.1:(\d+)")
FUNCTIONS = """
import os, time
def here(): return {"pid": os.getpid()}
def seen():
    from flask import request
    return f"{request.remote_addr} {request.scheme}"
def slow():
    open("begun", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.02)
    return {"pid": os.getpid()}
def number(body): return {"number": body}
def take(body): return {"length": len(body.read() if hasattr(body, "read") else body)}
"""
LOADING = """
open("loading", "w").close()
while not os.path.exists("loads"):
    time.sleep(0.02)
"""
DOCUMENT = """
openapi: 3.1.0
info: {title: x, version: '1'}
paths:
  /a:
    get: {x-bind-server: functions.here, responses: {'200': {$ref: '#/components/responses/ok'}}}
    post:
      x-bind-server: functions.take
      requestBody: {required: true, content: {text/csv: {}}}
      responses: {'200': {$ref: '#/components/responses/ok'}}
  /orders:
    post:
      x-bind-server: functions.take
      requestBody: {required: true, content: {text/csv: {}}}
      responses: {'200': {$ref: '#/components/responses/ok'}}
  /timed:
    post:
      x-bind-server: functions.take
      x-timeout-ms: 200
      requestBody: {required: true, content: {application/zip: {}}}
      responses: {'200': {$ref: '#/components/responses/ok'}}
  /numbers:
    post:
      x-bind-server: functions.number
      requestBody: {required: true, content: {application/json: {schema: {type: integer}}}}
      responses: {'200': {$ref: '#/components/responses/ok'}}
  /seen:
    get: {x-bind-server: functions.seen, responses: {'200': {$ref: '#/components/responses/ok'}}}
  /slow:
    get: {x-bind-server: functions.slow, responses: {'200': {$ref: '#/components/responses/ok'}}}
components: {responses: {ok: {description: ok, content: {application/json: {}}}}}
"""


@contextlib.contextmanager
def served(
    folder: Path, by: str, *options: str, settings: str = "", says: re.Pattern[str] = SERVING
) -> Iterator[Server]:
    """A service in production, with one worker that serves; without a unix socket on a port of its own."""
    project(folder, "here")
    (folder / "apis" / "x.yaml").write_text(DOCUMENT, "utf-8")
    (folder / "functions.py").write_text(FUNCTIONS, "utf-8")
    (folder / "pym-config.yaml").write_text(f"name: x\nlive_host: x.example.com\n{settings}", "utf-8")
    command = [sys.executable, "-m", "pymacaron.cli", "run", "--server", by, "--workers", "1", *options]
    if says is SERVING:
        command += ["--host", "127.0.0.1", "--port", "0"]
    with running(command, folder, folder / "log", says) as server:
        until = time.monotonic() + PATIENCE
        while says is SERVING and time.monotonic() < until:
            with contextlib.suppress(OSError):
                server.ask("GET", "/ping")
                break
        yield server


@pytest.mark.parametrize("by", SERVERS)
def test_the_end(tmp_path: Path, by: str) -> None:
    """After SIGTERM /ready says no at once, calls that run are answered, then nobody is let in; the exit code is 0."""
    settings = "shutdown_delay: 2\nshutdown_grace: 20\n"  # time enough for us, on however slow a machine
    with served(tmp_path, by, settings=settings) as server:
        assert server.ask("POST", "/a", b"1,2", {"Content-Type": "text/csv"}).json == {"length": 3}
        assert server.ask("GET", "/ready").status == 200
        answers: list[Answer] = []
        calling = threading.Thread(target=lambda: answers.append(server.ask("GET", "/slow")))
        calling.start()
        _until((tmp_path / "begun").exists)
        server.process.send_signal(signal.SIGTERM)
        ready = _until(lambda: found if (found := server.ask("GET", "/ready")).status != 200 else None)
        assert (ready.status, ready.json) == (503, {"ready": False, "checks": {"process": "down"}})
        assert ready.headers.get("connection") == "close"
        (tmp_path / "go").touch()
        assert server.process.wait(PATIENCE) == 0
        calling.join()
        assert [(answer.status, answer.headers.get("connection")) for answer in answers] == [(200, "close")]
        with pytest.raises(ConnectionRefusedError):
            server.ask("GET", "/ping")
        assert "Traceback" not in server.log


@pytest.mark.parametrize("by", SERVERS)
def test_workers_are_replaced(tmp_path: Path, by: str) -> None:
    """A worker that is killed is replaced, and by SIGHUP one by one that has new code: who keeps asking is answered. If
    that cannot start, the one before it goes on serving."""
    with served(tmp_path, by, settings="shutdown_delay: 0\n") as server:
        before = server.ask("GET", "/a").json["pid"]
        os.kill(before, signal.SIGKILL)

        def another() -> Any:
            with contextlib.suppress(OSError, http.client.HTTPException):  # to the one that is killed
                return answer if (answer := server.ask("GET", "/a").json)["pid"] != before else None

        old = _until(another)
        (tmp_path / "functions.py").write_text(FUNCTIONS.replace('"pid": ', '"code": 2, "pid": ') + LOADING, "utf-8")
        server.process.send_signal(signal.SIGHUP)
        _until((tmp_path / "loading").exists)
        time.sleep(0.5)  # so that one would be found out who does not wait for its successor
        assert _here(server) == old
        (tmp_path / "loads").touch()
        now = _until(lambda: found if "code" in (found := _here(server)) else None)
        (tmp_path / "functions.py").write_text("import nothing_of_that_name", "utf-8")
        _until(lambda: _here(server) == now)  # for a while the old one answers as well
        server.process.send_signal(signal.SIGHUP)
        _until(lambda: re.search("previous (one|workers) keeps? serving", server.log))
        _until(lambda: _here(server) == now)


@pytest.mark.parametrize("by", SERVERS)
def test_raw_http(tmp_path: Path, by: str) -> None:
    """What is malformed, ambiguous or broken off is refused or understood in one way: never a 500, never two requests
    in place of one, never half a body for a whole one. What is too long before the body both tell in the same way. A
    function that waits for a body when its time is up holds up nobody else."""
    with served(tmp_path, by, settings="max_head: 9000\n") as server:
        assert fuzz(server.port, 100) == []
        heads = {
            b"GET /a?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"x" * 8000): 200,
            b"GET /a?%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"x" * 8200): 414,
            b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"x" * 8200): 414,
            b"GET /a HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n" % (b"x" * 8000): 200,
            b"GET /a HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n" % (b"x" * 25_000): 431,
            b"GET /a HTTP/1.1\r\nHost: x\r\n%s\r\n" % (b"X: %s\r\n" % (b"x" * 5000) * 5): 431,
            b"GET /a HTTP/1.1\r\nHost: x\r\n%s\r\n" % (b"X: y\r\n" * 101): 431,
        }
        assert [server.send(head).status for head in heads] == list(heads.values())
        number = b"POST /numbers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        assert server.send(number + b"Content-Length: 2\r\n\r\n12").json == {"number": 12}
        number += b"Transfer-Encoding: chunked\r\n\r\n2\r\n12\r\n"
        assert server.send(number, then_close=True).status in {400, 411}
        assert server.send(number + b"1\r\n\n\r\n0\r\n\r\n").json == {"number": 12}
        late = b"POST /timed HTTP/1.1\r\nHost: x\r\nContent-Type: application/zip\r\nContent-Length: 9\r\n\r\n1,"
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
            connection.sendall(late)  # its function waits for the rest, and the worker does not
            assert connection.recv(12) == b"HTTP/1.1 504"
            assert server.ask("GET", "/a").status == 200
        assert "Traceback" not in server.log


@pytest.mark.parametrize("by", SERVERS)
def test_https_on_a_unix_socket(tmp_path: Path, by: str) -> None:
    """With `https_cert` and `https_key` the service speaks TLS; with `unix_socket` it listens there, for the owner and
    the group; behind a trusted proxy it believes who the caller is. The socket goes with the service."""
    authority = trustme.CA()
    pair = authority.issue_cert("x.example.com")
    for path, blobs in ((tmp_path / "cert", pair.cert_chain_pems), (tmp_path / "key", [pair.private_key_pem])):
        path.write_bytes(b"".join(blob.bytes() for blob in blobs))
    settings = "https_cert: cert\nhttps_key: key\nunix_socket: s\ntrusted_proxies: unix\n"
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with served(tmp_path, by, settings=settings, says=re.compile(r"(?:pid|process).*?(\d+)")) as server:
        until = time.monotonic() + PATIENCE
        while not (tmp_path / "s").exists() and time.monotonic() < until:
            time.sleep(0.05)
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(str(tmp_path / "s"))
            with context.wrap_socket(plain, server_hostname="x.example.com") as connection:
                connection.sendall(b"GET /seen HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                assert answer.read() == b'"1.2.3.4 https"'
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
        assert server.stop() == 0
        assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("by", SERVERS)
def test_worn_workers(tmp_path: Path, by: str) -> None:
    """After `max_requests` a worker is replaced, and no call is lost."""
    with served(tmp_path, by, settings="max_requests: 20\n") as server:
        pids: set[int] = set()
        until = time.monotonic() + PATIENCE
        while len(pids) < 2 and time.monotonic() < until:
            pids.add(_here(server)["pid"])
        assert len(pids) == 2


@pytest.mark.parametrize("by", SERVERS)
def test_a_service_that_cannot_start(tmp_path: Path, by: str) -> None:
    """What is wrong is told once, with the exit code 2; so is a port that is taken, a folder with no service, and one
    whose workers are killed while they start: they are not started without end."""
    command = [sys.executable, "-m", "pymacaron.cli", "run", "--server", by, "--workers", "1"]
    ended = run(command, tmp_path)
    cure = "go to the folder of the service, or name its file: pymacaron run FILE"
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
        2, f"there is no server.py in {tmp_path}; {cure}",
    )  # fmt: skip
    project(tmp_path, "hear")
    ended = run([*command, "--port", "0"], tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.count("did you mean") == 1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run([*command, "--host", "127.0.0.1", "--port", str(taken.getsockname()[1])], tmp_path)
    assert ended.returncode == 2
    assert "another program uses it" in ended.stderr
    (tmp_path / "functions.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "utf-8")
    ended = run([*command, "--port", "0"], tmp_path)
    assert (ended.returncode, ended.stderr.count("SIGKILL")) == (2, 1)


def test_development(tmp_path: Path) -> None:
    """In development the service starts again when code, a document or pym-config.yaml changes; what is wrong is told
    to whoever asks, without an end of the program, and mending it mends the service."""
    project(tmp_path, "here")
    config, document, code = tmp_path / "pym-config.yaml", tmp_path / "apis" / "x.yaml", tmp_path / "functions.py"
    config.write_text("name: x\nlive_host: x.example.com\n", "utf-8")
    command = [sys.executable, "-m", "pymacaron.cli", "run", "--port", "0"]
    says = re.compile(r"http://127\.0\.0\.1:(\d+)/ in development")
    with running(command, tmp_path, tmp_path / "log", says) as server:
        for path, wrong, told in (
            (config, "max_body: much\n", "max_body"), (document, "pahts: {}\n", "pahts"),
            (code, "def f(:\n", "importing functions"),
        ):  # fmt: skip
            right = path.read_text("utf-8")
            _await(server, 200)
            path.write_text(right + wrong, "utf-8")
            _await(server, 500, told)
            path.write_text(right, "utf-8")
        _await(server, 200)
        assert server.stop() == 0


def _await(server: Server, status: int, told: str = "") -> None:
    def is_there() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):  # between two processes
            answer = server.ask("GET", "/a")
            return answer.status == status and told in answer.text
        return False

    _until(is_there)


def _here(server: Server) -> Any:
    """What /a says. A worker that ends may close a connection on which nothing has come yet, as this machine may be
    slow to send: it is asked again."""

    def asked() -> Any:
        with contextlib.suppress(http.client.RemoteDisconnected, ConnectionResetError):
            return server.ask("GET", "/a").json
        return None

    return _until(asked)


def _until(found: Callable[[], Any]) -> Any:
    """What is found at last, asking again and again."""
    until = time.monotonic() + PATIENCE
    while not (seen := found()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return seen


def test_services_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service is a file, a folder with server.py, a module, or a module and its application; what is not there is
    told with the cure."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server.py").touch()
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "main.py").touch()
    specs = [target_of(name).spec for name in (None, ".", "server.py", "server", "pack/main.py:api", "pack.main:api")]
    assert specs == ["server:app"] * 4 + ["main:api", "pack.main:api"]
    for name in ("other.py", "nothing:app", "pack"):
        with pytest.raises(StartError, match="there is no"):
            target_of(name)


def test_what_a_container_may_use(tmp_path: Path) -> None:
    """Limits of control groups, in both versions, count less what the machine has; without any it is the machine's."""
    assert (cores(tmp_path), memory(tmp_path)) == (
        len(os.sched_getaffinity(0)), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    )  # fmt: skip
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert cores(tmp_path) == 1
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("300000000\n")
    assert memory(tmp_path) == 300_000_000


def test_plans(tmp_path: Path) -> None:
    """The command line counts more than settings, these more than the environment; contradictions are told."""
    config = Config(workers=3, keep_alive=9, unix_socket="s")
    plan = plan_of(Wishes(server="granian", threads=7), config, {"WEB_CONCURRENCY": "5", "PORT": "81"})
    assert (plan.workers, plan.threads, plan.keep_alive, plan.port) == (3, 7, 9, 81)
    assert plan.place == f"unix:{os.getcwd()}/s"
    assert plan_of(Wishes(port=5), config).place == "http://0.0.0.0:5"
    assert plan_of(Wishes(workers=1), config).workers == 1
    assert plan_of(Wishes(), Config(), {"WEB_CONCURRENCY": "5"}).workers == 5
    for wrong, told in (
        ({"https_cert": str(tmp_path)}, "https_key is missing"), ({"https_cert": "no", "https_key": "no"}, "no file"),
        ({"shutdown_delay": 9}, "shorter than shutdown_grace"), ({"unix_socket": "x" * 200}, "takes 107"),
    ):  # fmt: skip
        with pytest.raises(StartError, match=told):
            plan_of(Wishes(), Config(**wrong))
    with pytest.raises(StartError, match="PORT in the environment"):
        plan_of(Wishes(), Config(), {"PORT": "http"})


def test_certificates_that_no_server_takes(tmp_path: Path) -> None:
    """A certificate without its own key, a key with a password and what is neither are told before anything listens."""
    names = ("cert", "key", "other", "nonsense", "locked")
    cert, key, other, nonsense, locked = (str(tmp_path / name) for name in names)
    pairs = [trustme.CA().issue_cert("x.example.com") for _ in range(2)]
    pairs[0].cert_chain_pems[0].write_to_path(cert)
    pairs[0].private_key_pem.write_to_path(key)
    pairs[1].private_key_pem.write_to_path(other)
    Path(nonsense).write_text("-----BEGIN PRIVATE KEY-----")
    made = load_pem_private_key(pairs[0].private_key_pem.bytes(), None)
    Path(locked).write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    assert plan_of(Wishes(), Config(https_cert=cert, https_key=key)).https_cert == cert
    for wrong, told in ((other, "do not belong"), (nonsense, "no such file"), (str(tmp_path), "no such file"),
                        (locked, "is encrypted")):  # fmt: skip
        with pytest.raises(StartError, match=told):
            plan_of(Wishes(), Config(https_cert=cert, https_key=wrong))


@pytest.mark.parametrize(
    ("peer", "headers", "seen"),
    [
        ("10.0.0.1", {"FOR": "6.6.6.6, 1.2.3.4, 10.9.9.9", "PROTO": "https", "HOST": "a, shop.example"},
         ("1.2.3.4", "https", "shop.example")),
        ("10.0.0.1", {"PROTO": "https", "PORT": "8443"}, ("10.0.0.1", "https", "x:8443")),
        ("10.0.0.1", {"PROTO": "https", "PORT": "443"}, ("10.0.0.1", "https", "x")),
        ("10.0.0.1", {"HOST": "[::1]:5", "PORT": "99999"}, ("10.0.0.1", "http", "[::1]:5")),
        ("10.0.0.1", {"FOR": "not-one", "PROTO": "javascript"}, ("10.0.0.1", "http", "x")),
        ("::ffff:10.0.0.1", {"FOR": "[2001:db8::1]:443"}, ("2001:db8::1", "http", "x")),
        ("", {"FOR": "1.2.3.4:5"}, ("1.2.3.4", "http", "x")),
        ("11.0.0.1", {"FOR": "1.2.3.4", "PROTO": "https", "HOST": "evil"}, ("11.0.0.1", "http", "x")),
    ],
    ids=["a chain", "a port", "the usual port", "no port", "nonsense", "IPv6", "a unix socket", "nobody whom we trust"],
)  # fmt: skip
def test_proxies(peer: str, headers: dict[str, str], seen: tuple[str, str, str]) -> None:
    """Only what trusted proxies say of the caller counts, and of addresses the rightmost that is not theirs."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "x"}
    environ |= {f"HTTP_X_FORWARDED_{name}": text for name, text in headers.items()}
    TrustedProxies(lambda *_: [], ["10.0.0.0/8", "unix"])(environ, None)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == seen


@given(st.binary(max_size=40), st.lists(st.tuples(st.booleans(), st.integers(-1, 30)), max_size=8))
def test_bodies_read_as_files(data: bytes, steps: list[tuple[bool, int]]) -> None:
    """The body that granian's worker hands over reads as a file does, by sizes and by lines in any order."""
    paced, file = Lent(Paced(io.BytesIO(data), Waiting(1.0, 1))), io.BytesIO(data)
    for by_line, size in steps:
        assert (paced.readline(size) if by_line else paced.read(size)) == (
            file.readline(size) if by_line else file.read(size)
        )
    assert list(paced) == list(file)
    paced = Lent(io.BytesIO(b"more"))
    assert paced.take_back(patiently=True)
    assert (paced.read(), paced.readline(), paced.readlines()) == (b"", b"", [])


def test_a_worker_full_of_slow_callers(tmp_path: Path) -> None:
    """When callers who do not go on hold half of the threads of a worker of granian, another one takes its place."""
    settings = "threads: 4\nrequest_timeout: 1\nshutdown_grace: 1\n"
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\n"
    with served(tmp_path, "granian", settings=settings) as server, contextlib.ExitStack() as stack:
        pids = {server.ask("GET", "/a").json["pid"]}
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 9)).sendall(head)
        until = time.monotonic() + PATIENCE
        while len(pids) < 2 and time.monotonic() < until:  # for a while both answer
            pids.add(_here(server)["pid"])
            time.sleep(0.1)
        assert len(pids) == 2
        assert "half of the threads" in server.log


def test_slow_callers() -> None:
    """Who has waited for a body longer than patience and bytes allow counts; who has come to an end does not."""
    waiting = Waiting(patience=1000, most=1)
    readings = [Paced(io.BytesIO(), waiting) for _ in range(3)]
    for reading in readings:
        waiting.since[reading] = time.monotonic()
    assert not waiting.are_too_many()
    readings[0].bytes = 1_000_000
    for reading in readings:
        waiting.since[reading] -= 1001
    assert waiting.are_too_many()
    del waiting.since[readings[1]]
    assert not waiting.are_too_many()
