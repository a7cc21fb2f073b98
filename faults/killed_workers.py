"""10,000 tasks, while workers are killed at random and the broker is restarted: none is lost, and only those are run
twice that were running when something was killed.

    python faults/killed_workers.py [--broker file|redis|rabbitmq] [--tasks 10000]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from workers import Project, RabbitMQ, Redis, Worker, server_of  # noqa: E402 - lies beside the tests

from pymacaron.exceptions import QueueUnavailableError  # noqa: E402 - likewise

JOBS = """
import os, time
from pathlib import Path
from pymacaron import asynctask

LOG = Path(__file__).parent / "done"

def nothing(): pass

def make_report(mail=None, month=None): pass

def note(*words):
    fd = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (" ".join(map(str, words)) + "\\n").encode())  # at once, so that no line is half of one
    os.close(fd)

@asynctask
def work(number):
    note("begin", number, os.getpid(), time.time())
    time.sleep(0.001 * (number % 4))
    note("end", number, os.getpid(), time.time())
"""


class Outcome(NamedTuple):
    """What has come of a run.

    Attributes:
        tasks, kills: how many there were.
        lost: the tasks that were never run to their end.
        twice: those that were run more than once.
        wrongly: those of them that nothing was killed under.
        seconds: until the last one was done.
    """

    tasks: int
    kills: int
    lost: list[int]
    twice: list[int]
    wrongly: list[int]
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.tasks} tasks in {self.seconds:.0f} s, {self.kills} kills: {len(self.lost)} lost, "
            f"{len(self.twice)} run twice, {len(self.wrongly)} of them without a reason"
        )


def run(
    folder: Path, broker: str, count: int, *, kills: int, restart: bool, seed: int = 0, lease: float = 2
) -> Outcome:  # fmt: skip
    """Let tasks be run by two workers, of which one is killed now and then."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        server = server_of(broker, folder)
        if server is not None:
            stack.callback(server.stop)
        url = f"sqlite:///{folder}" if server is None else server.url
        sign = "&" if "?" in url else "?"
        project = Project(folder, JOBS, url if broker == "rabbitmq" else f"{url}{sign}lease={lease:g}", log_calls=False)
        stack.enter_context(project.here())
        work = __import__("jobs").work
        workers = [Worker(folder, f"worker{at}").__enter__() for at in range(2)]
        began, killed_at = time.time(), list[float]()
        fired, due = 0, sorted(chance.uniform(0.05, 0.9) for _ in range(kills))
        restarts = [0.5] if restart and server is not None else []
        while not _is_done(folder, count) and time.time() - began < 60 + count / 20:
            for _ in range(min(100, count - fired)):
                _insist(partial(work.fire, fired))
                fired += 1
            done = _progress(folder) / count
            if due and done >= due[0]:
                due.pop(0)
                at = chance.randrange(2)
                workers[at].kill()
                killed_at.append(time.time())
                workers[at] = Worker(folder, f"worker{at}").__enter__()
            if restarts and done >= restarts[0] and server is not None:
                restarts.pop()
                killed_at.append(time.time())
                server.stop()
                time.sleep(0.5)
                server.start()
                killed_at.append(time.time())
            time.sleep(0.02)
        seconds = time.time() - began
        for worker in workers:
            worker.kill()
        return _outcome(folder, count, killed_at, seconds)


def _insist(fire: Callable[[], Any]) -> None:
    """Fire a task; while the broker is away, that says so, and is tried again."""
    while True:
        try:
            fire()
        except QueueUnavailableError:
            time.sleep(0.1)
        else:
            return


def _lines(folder: Path) -> list[list[str]]:
    path = folder / "done"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def _progress(folder: Path) -> int:
    return len({line[1] for line in _lines(folder) if line[0] == "end"})


def _is_done(folder: Path, count: int) -> bool:
    return _progress(folder) >= count


def _outcome(folder: Path, count: int, killed_at: list[float], seconds: float) -> Outcome:
    ended: set[int] = set()
    begun: dict[int, list[float]] = {}
    last: dict[int, float] = {}
    for what, number, _, at in _lines(folder):
        if what == "end":
            ended.add(int(number))
            last[int(number)] = float(at)
        else:
            begun.setdefault(int(number), []).append(float(at))
    twice = [number for number, times in begun.items() if len(times) > 1]
    # a run that was not the last one has to have been under way, or not yet confirmed, when something was killed
    wrongly = [
        number for number in twice
        if not all(any(-0.1 <= kill - at <= 1.5 for kill in killed_at) for at in sorted(begun[number])[:-1])
    ]  # fmt: skip
    return Outcome(count, len(killed_at), sorted(set(range(count)) - ended), twice, wrongly, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", choices=["file", "redis", "rabbitmq"], action="append")
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(1000))
    chosen = parser.parse_args()
    here = ["file", *([] if Redis.program is None else ["redis"]), *([] if RabbitMQ.program is None else ["rabbitmq"])]
    bad = 0
    for broker in chosen.broker or here:
        with tempfile.TemporaryDirectory(prefix="pymacaron-faults-") as folder:
            outcome = run(Path(folder), broker, chosen.tasks, kills=chosen.kills, restart=True, seed=chosen.seed)
        print(f"{broker:9} {outcome} (seed {chosen.seed})", flush=True)
        bad += len(outcome.lost) + len(outcome.wrongly)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
