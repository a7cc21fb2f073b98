"""What a small call of another service costs, beside what others need for it.

Every caller runs in a process of its own and calls one service (responder.py) over a connection that is kept. All of
them wait while one is timed, in an order that is shuffled for every round; a ratio is taken within a round, and the
median of the rounds is told.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from contenders import HERE, Contender, Running, UnavailableError
from targets import Figure

BARE, OURS = "bare urllib3", "pymacaron"
PEERS = ("requests", "httpx", "bravado")
CALLS = ("get", "post")
MOST = 1.3  # × bare urllib3
ROUNDS, SECONDS = 15, 0.2

# caller -> call -> (CPU, wall) microseconds, one for each round
Samples = dict[str, dict[str, list[tuple[float, float]]]]


@contextmanager
def responder(*options: str) -> Iterator[str]:
    """The URL of the service that is called."""
    command = [sys.executable, str(HERE / "responder.py"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def measure(peers: str) -> tuple[Samples, dict[str, str]]:
    """What was measured, and who could not be, with the reasons."""
    samples: Samples = {}
    absent: dict[str, str] = {}
    with responder() as url, ExitStack() as stack:
        running: dict[str, Running] = {}
        for name in (BARE, OURS, *(PEERS if peers != "none" else ())):
            environment = "clients" if name in PEERS else ""
            module = f"{name.removeprefix('bare ')}_caller"
            try:
                one = Running(Contender(name, module, environment, "core", url, driver="call.py"))
                stack.callback(one.close)
                if fault := next(filter(None, (one.ask("check", call) for call in CALLS)), None):
                    raise UnavailableError(f"calls wrongly: {fault}")
                running[name] = one
            except UnavailableError as reason:
                absent[name] = str(reason)
        for _ in range(ROUNDS):
            for call in CALLS:
                for name in random.sample(list(running), len(running)):
                    took = running[name].ask("time", call, SECONDS)
                    samples.setdefault(name, {}).setdefault(call, []).append(tuple(took))
    return samples, absent


def ratio(samples: Samples, name: str, call: str, which: int, base: str = BARE) -> float | None:
    """How many times the time of `base` a call takes; `which`: 0 for CPU, 1 for the clock."""
    mine, theirs = samples.get(name, {}).get(call), samples.get(base, {}).get(call)
    if not mine or not theirs:
        return None
    return median(one[which] / other[which] for one, other in zip(mine, theirs, strict=True))


def show(samples: Samples, absent: dict[str, str]) -> None:
    print(f"\nA small call of another service, as a ratio to {BARE} with equal headers\n")
    print(f"{'':32}" + "".join(f"{call + ' ' + what:>12}" for call in CALLS for what in ("CPU", "wall")))
    for name in (BARE, OURS, *PEERS):
        if name in absent:
            print(f"{name:32} not available: {absent[name]}")
        elif name in samples:
            cells = [ratio(samples, name, call, which) for call in CALLS for which in (0, 1)]
            print(f"{name:32}" + "".join(f"{value:>12.2f}" for value in cells if value is not None))
    micros = [median(one[which] for one in samples[BARE][call]) for call in CALLS for which in (0, 1)]
    print(f"{BARE + ', µs':32}" + "".join(f"{value:>12.0f}" for value in micros))


def figures(samples: Samples, peers: str) -> list[Figure]:
    bare = [Figure(f"client, {call}", ratio(samples, OURS, call, 0), MOST, f"× {BARE}") for call in CALLS]
    others = [
        Figure(f"client, {call}, beside {name}", ratio(samples, OURS, call, 0, name), 1.0, f"× {name}")
        for name in (PEERS if peers != "none" else ())
        for call in CALLS
    ]
    return bare + others
