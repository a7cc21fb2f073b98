"""A service under steady load while something happens every second: nothing is lost, nothing is answered wrongly.

    python faults/serving.py [--server granian|gunicorn] [--seconds 60] [--only trouble|leaks|idle|fuzz]

Load is 70 % of what the service can do here. Calls that are under way in a worker that is killed may be lost, and a
connection that is refused goes to the next process; nothing else may. Then 200,000 requests, which must leave neither
memory nor open files behind; 10,000 idle connections, beside which others are served; and raw HTTP, as bad as it gets.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from load import Killed, Load

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from raw_http import fuzz  # noqa: E402 - lies beside the tests

SHARE = 0.7  # of what it can do
RECOVERY = 2.0  # seconds without an answer, at most
GROWTH = 8.0  # megabytes that a worker may grow by in 200,000 requests

SERVICE = {
    "pym-config.yaml": "name: faults\nlive_host: localhost\nreport_to: [log, file]\nreport_window: 1\n",
    "apis/orders.yaml": """
openapi: 3.1.0
info: {title: orders, version: '1'}
x-handlers: orders
paths:
  /orders:
    post:
      operationId: place
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [number, lines]
              properties: {number: {type: integer}, lines: {type: array, minItems: 1, items: {type: integer}}}
      responses: {'200': {$ref: '#/components/responses/any'}}
  /slow: {get: {operationId: slow, responses: {'200': {$ref: '#/components/responses/any'}}}}
  /broken: {get: {operationId: broken, responses: {'200': {$ref: '#/components/responses/any'}}}}
components: {responses: {any: {description: ok, content: {application/json: {}}}}}
""",
    "orders.py": """
import os, time
def place(order):
    return {"number": order.number, "total": sum(order.lines), "pid": os.getpid()}
def slow():
    time.sleep(5)
    return {}
def broken():
    raise RuntimeError("something that is reported")
""",
    "server.py": """
import os, time
from flask import Flask
from pymacaron import API, letsgo
app = Flask(__name__)
def hang(title, message):
    time.sleep(1e6)
def start(port=80, debug=False):
    here = os.path.dirname(os.path.abspath(__file__))
    API(app, port=port, debug=debug, error_reporter=hang).load_apis(os.path.join(here, "apis")).start()
letsgo(__name__, callback=start)
""",
}


class Service:
    """`pymacaron run` on a port of its own, with its log where there is little room for it."""

    def __init__(self, folder: Path, by: str, *, workers: int, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [
            sys.executable, "-m", "pymacaron.cli", "run", str(folder / "server.py"), "--server", by, "--workers",
            str(workers), "--host", "127.0.0.1", "--port", str(self.port),
        ]  # fmt: skip
        self._log = (folder / "disk" / "log").open("ab")
        self.process = subprocess.Popen(
            command, stdout=self._log, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        until = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > until or self.process.poll() is not None:
                self.process.kill()
                raise SystemExit(f"the service does not start: {(folder / 'disk' / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return ask(self.port, b"GET /ping HTTP/1.0\r\n\r\n")[9:12] == b"200"
        except OSError:
            return False

    def workers(self) -> list[int]:
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def end(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(12)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._log.close()


def ask(port: int, request: bytes, patience: float = 10.0) -> bytes:
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        connection.sendall(request)
        return connection.recv(65536)


class Trouble:
    """What can happen to a service, a method each. They come back at once; what they leave is closed in the end."""

    def __init__(self, folder: Path, load: Load, start: Callable[[], Service], stack: ExitStack) -> None:
        self._folder, self._load, self._start, self._stack = folder, load, start, stack
        self.service = start()
        load.places[:] = [self.service.port]
        self.codes: list[int] = []

    def hang_up(self) -> None:
        """SIGHUP: all workers are replaced."""
        self.service.process.send_signal(signal.SIGHUP)

    def kill_a_worker(self) -> None:
        """SIGKILL of a worker, as when memory runs out."""
        if len(self.service.workers()) < 2:
            return  # the last one is just being replaced
        pid = self.service.workers()[0]
        self._load.killed.append(Killed(pid, time.monotonic()))
        os.kill(pid, signal.SIGKILL)

    def roll(self) -> None:
        """A new server, then SIGTERM of the old one."""
        old, self.service = self.service, self._start()
        self._load.places[:] = [self.service.port, old.port]
        self.codes.append(old.end())
        self._load.places[:] = [self.service.port]

    def slow_dependency(self) -> None:
        """Calls that wait for five seconds for something else."""
        for _ in range(30):
            self._open(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")

    def half_open(self) -> None:
        """Connections on which nothing comes."""
        for _ in range(100):
            self._open(b"")

    def slow_heads(self) -> None:
        """Slowloris: heads that do not end."""
        for _ in range(250):
            self._open(b"POST /orders HTTP/1.1\r\nHost: x\r\nX-A: ")

    def slow_bodies(self) -> None:
        """Slowloris: bodies that do not come."""
        for _ in range(250):
            self._open(_HALF)

    def vanish(self) -> None:
        """Callers who go in the middle of a body, half of them without a word."""
        for number in range(60):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.service.port), 2) as connection:
                connection.sendall(_HALF)
                if number % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def report(self) -> None:
        """Crashes, whose reporter hangs."""
        for _ in range(5):
            with suppress(OSError):
                ask(self.service.port, b"GET /broken HTTP/1.0\r\n\r\n")

    def fill_disk(self) -> None:
        """No room for logs and reports."""
        with suppress(OSError), (self._folder / "disk" / "filler").open("wb") as file:
            file.write(bytes(1 << 21))

    def clear_disk(self) -> None:
        """Room again."""
        (self._folder / "disk" / "filler").unlink(missing_ok=True)
        os.truncate(self._folder / "disk" / "log", 0)

    def step_clock(self) -> None:
        """The clock of the machine is set: an hour ahead, or back."""
        with (self._folder / "clock").open("r+b") as file:
            (ahead,) = struct.unpack("l", file.read(8))
            file.seek(0)
            file.write(struct.pack("l", 0 if ahead else 3600))

    def _open(self, data: bytes) -> None:
        with suppress(OSError):
            made = self._stack.enter_context(socket.create_connection(("127.0.0.1", self.service.port), 2))
            made.sendall(data)

    ALL = (
        slow_heads, kill_a_worker, hang_up, fill_disk, slow_dependency, roll, half_open, report, step_clock,
        kill_a_worker, vanish, clear_disk, slow_bodies, hang_up, roll, step_clock,
    )  # fmt: skip


_HALF = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"


@contextmanager
def project(environment: dict[str, str]) -> Iterator[Path]:
    """The service in a folder, with a disk of a megabyte for its logs where we may make one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "disk").mkdir()
        for path, text in SERVICE.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        (folder / "pym-config.yaml").write_text(f"{SERVICE['pym-config.yaml']}report_file: {folder}/disk/reports\n")
        (folder / "clock").write_bytes(bytes(8))
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", f"{folder}/clock.so", str(Path(__file__).parent / "clock.c")]
        if shutil.which("cc") and subprocess.run(command, check=False).returncode == 0:
            environment.update(LD_PRELOAD=f"{folder}/clock.so", CLOCK_FILE=f"{folder}/clock")
        else:
            print("without a C compiler the clock is left alone")
        mounted = (
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder / "disk"], check=False).returncode
            == 0
        )
        if not mounted:
            print("without the right to mount a small disk none is full")
        try:
            yield folder
        finally:
            if mounted:
                subprocess.run(["umount", "-l", folder / "disk"], check=False)


def trouble(by: str, seconds: int) -> bool:
    """Load while things happen; whether all went well."""
    environment: dict[str, str] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(project(environment))

        def start() -> Service:
            made = Service(folder, by, workers=2, environment=environment)
            stack.callback(made.end)
            return made

        first = start()
        capacity = _capacity(first.port)
        first.end()
        load = Load([], rate=SHARE * capacity)
        what = Trouble(folder, load, start, stack)
        load.start()
        began = time.monotonic()
        happened: list[tuple[float, str]] = []
        for number in range(seconds):
            happening = Trouble.ALL[number % len(Trouble.ALL)]
            happened.append((time.monotonic(), happening.__name__))
            load.trouble.append(f"{time.monotonic():.2f} {happening.__name__}")
            happening(what)
            time.sleep(max(0.0, began + number + 1 - time.monotonic()))
        what.clear_disk()
        time.sleep(2)
        load.stop()
        code = what.service.end()
    counts = load.counts
    print(f"\n{by}: {SHARE:.0%} of {capacity:,.0f} calls a second for {time.monotonic() - began:.0f} s")
    for name in ("answered", "elsewhere", "killed", "lost", "wrong"):
        print(f"  {name:12}{counts[name]:>9,}")
    before = [name for at, name in happened if at < load.gap_began + load.longest_gap][-3:]
    print(f"  the longest time without an answer: {load.longest_gap:.2f} s, behind {', '.join(before)}")
    print(f"  at most {RECOVERY:.2f} s; exit codes: {sorted({*what.codes, code})}")
    for line in load.trouble if counts["lost"] or counts["wrong"] else ():
        print("   ", line)
    return not counts["lost"] and not counts["wrong"] and load.longest_gap <= RECOVERY and {*what.codes, code} == {0}


def _capacity(port: int) -> float:
    """Calls a second, as many as our callers can make."""
    Load([port]).start().stop()  # warm
    load = Load([port]).start()
    time.sleep(4)
    load.stop()
    return load.counts["answered"] / 4


def leaks(by: str, requests: int = 200_000) -> bool:
    """Many requests: whether memory and open files stay as they are."""
    with ExitStack() as stack:
        folder = stack.enter_context(project({}))
        service = Service(folder, by, workers=1, environment={})
        stack.callback(service.end)
        (worker,) = service.workers()
        _pass(service.port, requests // 5)
        before = _held(worker)
        _pass(service.port, requests)
        time.sleep(1)
        after = _held(worker)
    print(f"\n{by}: {requests:,} requests: {before[0]:.1f} → {after[0]:.1f} MB, {before[1]} → {after[1]} open files")
    return after[0] - before[0] <= GROWTH and after[1] <= before[1]


def _pass(port: int, requests: int) -> None:
    load = Load([port]).start()
    while load.counts["answered"] < requests:
        time.sleep(0.1)
        if load.counts["answered"] and load.counts["lost"]:
            raise SystemExit(f"lost: {load.trouble}")
    load.stop()


def _held(pid: int) -> tuple[float, int]:
    """Megabytes, and open files."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(os.listdir(f"/proc/{pid}/fd"))


def idle(by: str, connections: int = 10_000) -> bool:
    """Connections on which nothing happens: whether others are served."""
    with ExitStack() as stack:
        folder = stack.enter_context(project({}))
        service = Service(folder, by, workers=1, environment={})
        stack.callback(service.end)
        made = 0
        for _ in range(connections):
            with suppress(OSError):
                stack.enter_context(socket.create_connection(("127.0.0.1", service.port), 5))
                made += 1
        load = Load([service.port], callers=4, rate=200).start()
        time.sleep(3)
        load.stop()
        held = _held(service.workers()[0])
    print(f"\n{by}: beside {made:,} idle connections {load.counts['answered']} calls were answered, {held[0]:.0f} MB;"
          f" the longest time without an answer: {load.longest_gap:.2f} s")  # fmt: skip
    return made == connections and load.counts["answered"] > 400 and not load.counts["lost"]


def raw(by: str, count: int = 3_000) -> bool:
    """Raw HTTP: whether all of it is refused or understood."""
    with ExitStack() as stack:
        folder = stack.enter_context(project({}))
        service = Service(folder, by, workers=1, environment={})
        stack.callback(service.end)
        faults = fuzz(service.port, count)
    print(f"\n{by}: {count:,} messages of raw HTTP, {len(faults)} went wrong")
    for fault in faults[:20]:
        print("   ", fault)
    return not faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=["granian", "gunicorn"], help="else both")
    parser.add_argument("--seconds", type=int, default=60, help="of trouble")
    parser.add_argument("--only", choices=["trouble", "leaks", "idle", "fuzz"], help="a part of it")
    options = parser.parse_args()
    well = True
    for by in [options.server] if options.server else ["granian", "gunicorn"]:
        if options.only in {None, "trouble"}:
            well &= trouble(by, options.seconds)
        if options.only in {None, "leaks"}:
            well &= leaks(by)
        if options.only in {None, "idle"}:
            well &= idle(by)
        if options.only in {None, "fuzz"}:
            well &= raw(by)
    print("\nall went well" if well else "\nSOMETHING WENT WRONG")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
