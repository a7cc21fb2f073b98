"""What firing a task costs, beside plain Celery on Redis; and how long 1,000 empty tasks take, in files and in Redis.

    python bench/tasks.py [--rounds 9] [--check]

Rounds are interleaved, and the median of their ratios is told. With --check the exit code is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from celery import Celery

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from workers import Project, Redis, Worker  # noqa: E402 - lies beside the tests

from pymacaron.config import get_config  # noqa: E402 - likewise
from pymacaron.tasks import sending, standing  # noqa: E402 - likewise

JOBS = """
from pymacaron import asynctask

def nothing(): pass

def make_report(mail=None, month=None): pass

@asynctask
def send_mail(to, text, options=None): pass

@asynctask
def empty(): pass
"""
FIRED = 200  # tasks in a round
TARGETS = {"fire on Redis / delay": 1.3, "fire in files / fire on Redis": 1.0, "1,000 in files / on Redis": 1.0}


def timed(act: Callable[[], object], times: int) -> float:
    """Microseconds for each of some calls."""
    began = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - began) / times * 1e6


def send_mail(to: str, text: str, options: object = None) -> None:
    """What plain Celery fires: the same as JOBS."""


class Bench:
    """A service whose tasks can be fired at two brokers, and a plain Celery."""

    def __init__(self, folder: Path, redis: Redis, stack: ExitStack) -> None:
        self.urls = {"files": f"sqlite:///{folder}", "Redis": redis.url}
        self.folder, self.stack = folder, stack
        (folder / "service").mkdir()
        self.project = Project(folder / "service", JOBS, self.urls["files"], log_calls=False)
        stack.enter_context(self.project.here())
        self.jobs = importlib.import_module("jobs")
        plain = Celery("plain", broker=redis.url.replace("/0", "/1"))
        plain.conf.task_ignore_result = True
        self.delay = plain.task(send_mail).delay
        self.senders = {name: self._sender(url) for name, url in self.urls.items()}

    def _sender(self, url: str) -> sending.Sender:
        self.use(url)
        return sending.sender()

    def use(self, url: str) -> None:
        """Let tasks be fired there."""
        get_config().async_broker = url
        sending.forget()
        standing.forget()

    def fire(self, broker: str) -> float:
        sending._sender = self.senders[broker]  # connected already
        return timed(lambda: self.jobs.send_mail.fire("ada@example.com", "Hello " * 20, options={"copy": True}), FIRED)

    def round(self) -> dict[str, float]:
        plain: Callable[[], float] = lambda: timed(  # noqa: E731 - one of three alike
            lambda: self.delay("ada@example.com", "Hello " * 20, options={"copy": True}), FIRED
        )
        ways: dict[str, Callable[[], float]] = {
            "delay": plain, "Redis": lambda: self.fire("Redis"), "files": lambda: self.fire("files")
        }  # fmt: skip
        return {name: ways[name]() for name in random.sample(list(ways), len(ways))}

    def thousand(self, broker: str) -> float:
        """Seconds from the first of 1,000 empty tasks that is fired to the last that is done."""
        folder = self.folder / f"thousand-{broker}-{time.time_ns()}"
        folder.mkdir()
        url = f"sqlite:///{folder}" if broker == "files" else self.urls["Redis"].replace("/0", "/2")
        Project(folder, JOBS, url, log_calls=False)
        self.use(url)
        with Worker(folder, "worker"):
            self.jobs.empty.fire().wait(30)
            began = time.perf_counter()
            handles = [self.jobs.empty.fire() for _ in range(1000)]
            for handle in handles:
                handle.wait(60)
            return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    if Redis.program is None:
        print("there is no redis-server to compare with")
        return 0
    with tempfile.TemporaryDirectory(prefix="pymacaron-bench-") as folder, ExitStack() as stack:
        redis = Redis(Path(folder))
        stack.callback(redis.stop)
        bench = Bench(Path(folder), redis, stack)
        bench.round()
        rounds = [bench.round() for _ in range(chosen.rounds)]
        thousands = [{name: bench.thousand(name) for name in bench.urls} for _ in range(max(chosen.rounds // 3, 1))]
    found = {
        "fire on Redis / delay": median(one["Redis"] / one["delay"] for one in rounds),
        "fire in files / fire on Redis": median(one["files"] / one["Redis"] for one in rounds),
        "1,000 in files / on Redis": median(one["files"] / one["Redis"] for one in thousands),
    }
    for name in ("delay", "Redis", "files"):
        print(f"{name:32} {median(one[name] for one in rounds):8.0f} µs")
    for name in bench.urls:
        print(f"{f'1,000 tasks, {name}':32} {median(one[name] for one in thousands):8.2f} s")
    for name, ratio in found.items():
        print(f"{name:32} {ratio:8.2f}   at most {TARGETS[name]:.2f}{'' if ratio <= TARGETS[name] else '  MISSED'}")
    return int(chosen.check and any(ratio > TARGETS[name] for name, ratio in found.items()))


if __name__ == "__main__":
    sys.exit(main())
