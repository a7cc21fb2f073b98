"""Runs inside a contender's environment: loads one app and calls it, with no server, as often as it is told.

    python drive.py APP wsgi|asgi

First writes what it loaded; then reads a command a line and writes one JSON value a line:

    check WORKLOAD            null, or what is wrong with the answer
    time WORKLOAD SECONDS     CPU microseconds per request, user and system, of all threads of the process
"""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TextIO

from workloads import WORKLOADS, Workload

Answer = tuple[int, bytes]


class Wsgi:
    """Calls a WSGI application the way a server would, but without one."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app = app
        self.status = ""

    def caller(self, workload: Workload) -> Callable[[], bytes]:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": workload.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": workload.path,
            "QUERY_STRING": workload.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "HTTP_USER_AGENT": "bench",
            "HTTP_ACCEPT": "*/*",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in workload.headers:
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        if workload.body:
            environ["CONTENT_LENGTH"] = str(len(workload.body))
        app, body = self.app, workload.body

        def start_response(status: str, *_: object) -> None:
            self.status = status

        def call() -> bytes:
            request = environ.copy()
            request["wsgi.input"] = io.BytesIO(body)
            answer = app(request, start_response)
            try:
                return b"".join(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()

        return call

    def once(self, workload: Workload) -> Answer:
        body = self.caller(workload)()
        return int(self.status[:3]), body

    def repeater(self, workload: Workload) -> Callable[[int], None]:
        call = self.caller(workload)

        def repeat(times: int) -> None:
            for _ in range(times):
                call()

        return repeat


class Asgi:
    """Calls an ASGI application inside one event loop, after its lifespan start-up."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self.status = 0
        self.loop = _event_loop()
        asyncio.set_event_loop(self.loop)
        self.state: dict[str, Any] = {}
        self.loop.run_until_complete(self._start())

    async def _start(self) -> None:
        started = asyncio.Event()
        events = iter([{"type": "lifespan.startup"}])

        async def receive() -> dict[str, str]:
            for event in events:
                return event
            await asyncio.Event().wait()  # nothing more to come
            raise AssertionError

        async def send(_event: dict[str, Any]) -> None:
            started.set()

        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self.lifespan = asyncio.ensure_future(self.app(scope, receive, send))
        self.lifespan.add_done_callback(lambda _: started.set())  # an app that does not speak lifespan
        await started.wait()

    def caller(self, workload: Workload) -> Callable[[], Awaitable[bytes]]:
        headers = [(b"host", b"127.0.0.1:8000"), (b"user-agent", b"bench"), (b"accept", b"*/*")]
        headers += [(name.lower().encode(), value.encode()) for name, value in workload.headers]
        if workload.body:
            headers.append((b"content-length", str(len(workload.body)).encode()))
        template: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "root_path": "",
            "method": workload.method,
            "path": workload.path,
            "raw_path": workload.path.encode(),
            "query_string": workload.query.encode(),
        }
        app = self.app

        async def call() -> bytes:
            scope = template | {"headers": headers.copy(), "state": self.state.copy()}
            events: Iterator[dict[str, Any]] = iter(
                ({"type": "http.request", "body": workload.body, "more_body": False},)
            )
            parts: list[bytes] = []

            async def receive() -> dict[str, Any]:
                return next(events, {"type": "http.disconnect"})

            async def send(event: dict[str, Any]) -> None:
                if event["type"] == "http.response.start":
                    self.status = event["status"]
                else:
                    parts.append(event.get("body", b""))

            await app(scope, receive, send)
            return b"".join(parts)

        return call

    def once(self, workload: Workload) -> Answer:
        async def one() -> bytes:
            return await self.caller(workload)()

        body = self.loop.run_until_complete(one())
        return self.status, body

    def repeater(self, workload: Workload) -> Callable[[int], None]:
        call = self.caller(workload)

        async def many(times: int) -> None:
            for _ in range(times):
                await call()

        return lambda times: self.loop.run_until_complete(many(times))


def _event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()  # type: ignore[no-any-return]


class Timer:
    """CPU time per request of one host; how many requests fill a second is found out at the first use."""

    def __init__(self, host: Wsgi | Asgi) -> None:
        self.host = host
        self.known: dict[str, tuple[Callable[[int], None], float]] = {}

    def measure(self, name: str, seconds: float) -> float:
        """CPU microseconds per request of `WORKLOADS[name]`, over about `seconds` of CPU time."""
        if name not in self.known:
            self.known[name] = self._warm(name, seconds)
        repeat, rate = self.known[name]
        times = max(1, int(rate * seconds))
        repeat(times // 10)  # the caches are another process's by now
        return _cpu_seconds(repeat, times) / times * 1e6

    def _warm(self, name: str, seconds: float) -> tuple[Callable[[int], None], float]:
        repeat = self.host.repeater(WORKLOADS[name])
        times, took = 1, _cpu_seconds(repeat, 1)
        while took < seconds:
            times *= 2
            took = _cpu_seconds(repeat, times)
        return repeat, times / took


def _cpu_seconds(repeat: Callable[[int], None], times: int) -> float:
    before = time.process_time_ns()
    repeat(times)
    return (time.process_time_ns() - before) / 1e9


def take_stdout() -> TextIO:
    """The stream to the one who asked; what an app prints goes nowhere from here on."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return out


def obey(host: Wsgi | Asgi, out: TextIO) -> None:
    """Answer commands until there are no more."""
    timer = Timer(host)
    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == "check":
            answer: Any = WORKLOADS[name].fault(*host.once(WORKLOADS[name]))
        else:
            answer = timer.measure(name, float(rest[0]))
        print(json.dumps(answer), file=out, flush=True)


def main() -> None:
    out = take_stdout()
    module = importlib.import_module(f"apps.{sys.argv[1]}")
    host = Wsgi(module.app) if sys.argv[2] == "wsgi" else Asgi(module.app)
    print(json.dumps({"skip": getattr(module, "SKIP", {})}), file=out, flush=True)
    os.dup2(1, 2)  # log lines are written, but kept nowhere; until here they told why an app did not start
    obey(host, out)


if __name__ == "__main__":
    main()
