"""Requests per second over HTTP, of pymacaron and its peers, behind one worker of each server.

    python bench/load.py [--rounds N] [--seconds S] [--connections C] [--check] [--no-picture]

Every server is started, and asked whether it answers rightly; then all of them wait, while wrk loads one at a time, in
an order that is shuffled in each round. Servers have one core, wrk another one. Ratios are taken within a round, the
median of the rounds is told. Rates are told twice: by the clock, and for each second of processor time that the server
took, which is what it would do with a core of its own, whatever else this machine does; targets are for the latter.
With --check the exit code is 1 if one was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from contenders import HERE, ROOT, UnavailableError
from run import save
from served import SERVED, Running, Served
from workloads import WORKLOADS

LOADED = ("ping", "order")
OURS = "pymacaron @ granian"
PICTURE = ROOT / "docs" / "img" / "load.png"

# title -> workload -> what wrk has said, one for each round (the same rounds for all)
Samples = dict[str, dict[str, list[dict[str, float]]]]


class Goal:
    """Ours against the best of some others."""

    def __init__(self, workload: str, others: str, wanted: float, ours: str = OURS, kind: str = "requests") -> None:
        self.workload, self.others, self.wanted, self.ours, self.kind = workload, others, wanted, ours, kind

    @property
    def what(self) -> str:
        if self.kind == "p99":
            return f"{self.workload}: p99 to the lowest of {self.others}"
        return f"{self.workload}: {self.ours} to the best of {self.others}"

    def reached(self, value: float) -> bool:
        return value <= self.wanted if self.kind == "p99" else value >= self.wanted

    def value(self, samples: Samples, seconds: str) -> float | None:
        """The median of the rounds' ratios, by the "clock" or the "processor"; None if somebody is missing."""
        others = [title for title in samples if title.startswith(self.others)]
        mine = samples.get(self.ours, {}).get(self.workload)
        if mine is None or not others:
            return None
        pick = (lambda one: one["p99"]) if self.kind == "p99" else partial(_rate, seconds=seconds)
        best = min if self.kind == "p99" else max
        rounds = zip(mine, *(samples[title][self.workload] for title in others), strict=True)
        return median(pick(own) / best(pick(one) for one in theirs) for own, *theirs in rounds)


GOALS = (
    Goal("order", "Litestar", 2.0),
    Goal("order", "FastAPI", 4.0),
    Goal("ping", "FastAPI", 2.0),
    Goal("order", "bare Flask @ granian", 2.0),
    Goal("ping", "bare Flask @ granian", 2.0),
    Goal("order", "bare Flask @ gunicorn", 1.2, "pymacaron @ gunicorn gthread"),
    Goal("order", "Litestar", 1.0, kind="p99"),
)
MEMORY = 70.0  # megabytes for a worker, at most


def _rate(sample: dict[str, float], *, seconds: str) -> float:
    return sample["requests"] / sample[seconds]


def measure(options: argparse.Namespace) -> tuple[Samples, dict[str, float], dict[str, str]]:
    """Load all servers; the samples, the memory of the workers, and who is absent, with the reasons."""
    samples: Samples = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        running = [one for served in SERVED if (one := _start(served, stack, absent, options.server_cores))]
        for number in range(options.rounds):
            print(f"measuring: round {number + 1} of {options.rounds}", flush=True)
            for workload in LOADED:
                for one in random.sample(running, len(running)):
                    wrk(one, workload, 1, options)
                    sample = wrk(one, workload, options.seconds, options)
                    samples.setdefault(one.served.title, {}).setdefault(workload, []).append(sample)
        memory = {one.served.title: one.memory() for one in running}
    return samples, memory, absent


def _start(served: Served, stack: ExitStack, absent: dict[str, str], cores: str) -> Running | None:
    try:
        one = Running(served, cores)
    except UnavailableError as reason:
        absent[served.title] = str(reason)
        return None
    stack.callback(one.close)
    return one


def wrk(one: Running, name: str, seconds: int, options: argparse.Namespace) -> dict[str, float]:
    """What wrk says of one server under one workload."""
    workload = WORKLOADS[name]
    with tempfile.NamedTemporaryFile() as body:
        body.write(workload.body)
        body.flush()
        command = [
            "taskset", "-c", options.load_cores, "wrk", "-t1", f"-c{options.connections}", f"-d{seconds}s", "-s",
            str(HERE / "wrk.lua"), f"http://127.0.0.1:{one.port}{workload.path}",
        ]  # fmt: skip
        environment = {**os.environ, "LOAD_METHOD": workload.method, "LOAD_BODY": body.name}
        before = one.processor_time()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        took = one.processor_time() - before
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1]) | {"processor": took}
    if found["refused"] or found["broken"]:
        print(f"{one.served.title}, {name}: {found['refused']} answers refuse, {found['broken']} broke off", flush=True)
    return found


def show(samples: Samples, memory: dict[str, float], absent: dict[str, str]) -> None:
    units = ("per core", "by clock", "p99 ms")
    heads = "".join(f"{name + ' ' + unit:>16}" for name in LOADED for unit in units)
    print(f"\n{'requests per second':38}{heads}{'MB':>6}\n")
    for title, found in samples.items():
        cells = "".join(
            f"{per_core(rows):>16,.0f}{by_clock(rows):>16,.0f}{p99(rows):>16.2f}" for rows in found.values()
        )
        print(f"{title:38}{cells}{memory[title]:>6.0f}")
    for title, reason in absent.items():
        print(f"{title:38} not available: {reason}")


def per_core(rows: list[dict[str, float]]) -> float:
    return median(_rate(row, seconds="processor") for row in rows)


def by_clock(rows: list[dict[str, float]]) -> float:
    return median(_rate(row, seconds="seconds") for row in rows)


def p99(rows: list[dict[str, float]]) -> float:
    return median(row["p99"] for row in rows)


def tell(samples: Samples, memory: dict[str, float]) -> bool:
    """Print every goal with what was measured; whether all were reached."""
    print(f"\n{'':70}{'per core':>10}{'by clock':>10}{'wanted':>10}\n")
    missed = 0
    for goal in GOALS:
        values = [goal.value(samples, seconds) for seconds in ("processor", "seconds")]
        reached = values[0] is not None and goal.reached(values[0])
        missed += not reached
        told = "".join(f"{'–' if value is None else f'{value:.2f}':>10}" for value in values)
        wanted = f"{'≤' if goal.kind == 'p99' else '≥'} {goal.wanted:.2f}"
        print(f"{goal.what:70}{told}{wanted:>10}  {'reached' if reached else 'MISSED'}")
    most = max(megabytes for title, megabytes in memory.items() if title.startswith("pymacaron"))
    missed += most > MEMORY
    verdict = "MISSED" if most > MEMORY else "reached"
    print(f"{'memory of a worker, MB':70}{most:>10.0f}{'':10}{f'≤ {MEMORY:.0f}':>10}  {verdict}")
    return not missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often everybody is loaded")
    parser.add_argument("--seconds", type=int, default=2, help="how long each time")
    parser.add_argument("--connections", type=int, default=16, help="how many requests at a time")
    parser.add_argument("--server-cores", default="0", help="for taskset")
    parser.add_argument("--load-cores", default="1", help="for taskset")
    parser.add_argument("--check", action="store_true", help="exit with 1 if pymacaron missed a target")
    parser.add_argument("--no-picture", action="store_true", help=f"leave {PICTURE.relative_to(ROOT)} as it is")
    options = parser.parse_args()
    missing = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    if missing:
        print(f"{' and '.join(missing)} cannot be found: on Debian, apt install wrk util-linux", file=sys.stderr)
        return 2
    samples, memory, absent = measure(options)
    save("load", {"samples": samples, "memory": memory, "absent": absent})
    show(samples, memory, absent)
    reached = tell(samples, memory)
    if not options.no_picture and not absent:
        draw(samples)
    return 0 if reached or not options.check else 1


def draw(samples: Samples) -> None:
    from picture import bars  # with matplotlib, which measuring does without

    rates: dict[str, Any] = {title: [per_core(found[name]) for name in LOADED] for title, found in samples.items()}
    PICTURE.parent.mkdir(exist_ok=True)
    bars(rates, Path(PICTURE))
    print(f"\ndrawn: {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
