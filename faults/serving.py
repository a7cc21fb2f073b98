"""A service under steady load while something happens every second: nothing is lost, nothing is answered wrongly.

    python faults/serving.py [--server granian|gunicorn] [--seconds 60] [--only trouble|leaks|idle|fuzz]

Load is 70 % of what the service can do here. Calls that are under way in a worker that is killed may be lost, and a
connection that is refused goes to the next process; nothing else may. Then 200,000 requests, which must leave neither
memory nor open files behind; 10,000 idle connections, beside which others are served; and raw HTTP, as bad as it gets.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from load import Load
from measured import Measured, table
from service import Service, project
from trouble import Trouble

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from raw_http import fuzz

SHARE = 0.7  # of what it can do
RECOVERY = 2.0  # seconds without an answer, at most
GROWTH = 8.0  # megabytes that a worker may grow by in 200,000 requests


def trouble(by: str, seconds: int) -> Measured:
    """Load while things happen."""
    with ExitStack() as stack:
        made = stack.enter_context(project())

        def start() -> Service:
            service = Service(made.folder, by, workers=2, environment=made.clock)
            stack.callback(service.end)
            return service

        first = start()
        capacity = _capacity(first.port)
        first.end()
        load = Load([], rate=SHARE * capacity)
        what = Trouble(made.folder, load, start, stack)
        load.start()
        began = time.monotonic()
        happened = _happen(what, load, seconds)
        time.sleep(2)
        load.stop()
        codes = {*what.codes, what.service.end()}
    counts = load.counts
    answers = ", ".join(f"{counts[name]:,} {name}" for name in ("answered", "elsewhere", "killed", "lost", "wrong"))
    before = ", ".join([name for at, name in happened if at < load.gap_began + load.longest_gap][-3:])
    told = [
        f"{SHARE:.0%} of {capacity:,.0f} calls a second for {time.monotonic() - began:.0f} s: {answers}",
        f"{load.longest_gap:.2f} s the longest time without an answer, behind {before}; exit codes {sorted(codes)}",
        *made.missing,
    ]
    is_whole = not counts["lost"] and not counts["wrong"]
    well = is_whole and load.longest_gap <= RECOVERY and codes == {0} and not made.missing
    return Measured(f"{by}: trouble", [*told, *(() if is_whole else load.trouble)], well)


def _happen(what: Trouble, load: Load, seconds: int) -> list[tuple[float, str]]:
    """Something each second; when, and what."""
    began, happened = time.monotonic(), []
    for number in range(seconds):
        happening = Trouble.ALL[number % len(Trouble.ALL)]
        happened.append((time.monotonic(), happening.__name__))
        load.trouble.append(f"{time.monotonic():.2f} {happening.__name__}")
        happening(what)
        time.sleep(max(0.0, began + number + 1 - time.monotonic()))
    what.clear_disk()
    return happened


def _capacity(port: int) -> float:
    """Calls a second, as many as our callers can make."""
    Load([port]).start().stop()  # warm
    load = Load([port]).start()
    time.sleep(4)
    load.stop()
    return load.counts["answered"] / 4


def leaks(by: str, requests: int = 200_000) -> Measured:
    """Many requests: whether memory and open files stay as they are."""
    with _alone(by) as service:
        (worker,) = service.workers()
        _pass(service.port, requests // 5)
        before = _held(worker)
        _pass(service.port, requests)
        time.sleep(1)
        after = _held(worker)
    told = f"{requests:,} requests: {before[0]:.1f} → {after[0]:.1f} MB, {before[1]} → {after[1]} open files"
    return Measured(f"{by}: growth", [told], after[0] - before[0] <= GROWTH and after[1] <= before[1])


@contextmanager
def _alone(by: str) -> Iterator[Service]:
    """A service with one worker, to which nothing happens."""
    with project() as made:
        service = Service(made.folder, by, workers=1, environment={})
        try:
            yield service
        finally:
            service.end()


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


def idle(by: str, connections: int = 10_000) -> Measured:
    """Connections on which nothing happens: whether others are served."""
    with _alone(by) as service, ExitStack() as stack:
        made = 0
        for _ in range(connections):
            with suppress(OSError):
                stack.enter_context(socket.create_connection(("127.0.0.1", service.port), 5))
                made += 1
        load = Load([service.port], callers=4, rate=200).start()
        time.sleep(3)
        load.stop()
        held = _held(service.workers()[0])
    told = (
        f"beside {made:,} connections {load.counts['answered']} of 600 calls were answered, {held[0]:.0f} MB; "
        f"{load.longest_gap:.2f} s the longest time without an answer"
    )
    well = made == connections and load.counts["answered"] > 400 and not load.counts["lost"]
    return Measured(f"{by}: idle", [told, *load.trouble], well)


def raw(by: str, count: int = 3_000) -> Measured:
    """Raw HTTP: whether all of it is refused or understood."""
    with _alone(by) as service:
        faults = fuzz(service.port, count)
    return Measured(f"{by}: raw HTTP", [f"{count:,} messages, {len(faults)} went wrong", *faults[:20]], not faults)


PARTS: dict[str, Callable[..., Measured]] = {"trouble": trouble, "leaks": leaks, "idle": idle, "fuzz": raw}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=["granian", "gunicorn"], help="else both")
    parser.add_argument("--seconds", type=int, default=60, help="of trouble")
    parser.add_argument("--only", choices=PARTS, help="a part of it")
    parser.add_argument("--messages", type=int, default=3_000, help="of raw HTTP")
    options = parser.parse_args()
    more = {"trouble": (options.seconds,), "fuzz": (options.messages,)}
    return table(
        partial(PARTS[name], by, *more.get(name, ()))
        for by in ([options.server] if options.server else ["granian", "gunicorn"])
        for name in ([options.only] if options.only else PARTS)
    )


if __name__ == "__main__":
    sys.exit(main())
