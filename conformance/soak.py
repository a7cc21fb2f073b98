"""Do clients lose anything over time? 100,000 calls by 50 threads to a service of which four answers in 50 are faulty.

    python conformance/soak.py [--calls N] [--threads N]

Every call has to get its own answer, or the error that its number stands for; afterwards there are no more sockets than
threads, and no more memory than after the first tenth. The exit code is 1 if that is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pymacaron import ApiPool, is_error
from pymacaron.client import Client
from pymacaron.config import Config, set_config

BENCH = Path(__file__).resolve().parent.parent / "bench"
sys.path.insert(0, str(BENCH))
from callers.document import openapi  # noqa: E402 - found there
from responder import EVERY  # noqa: E402 - as well

FAULTY = {7: 503, 13: 503, 21: 500, 29: 502}  # what the numbers mean that responder.py answers wrongly
MOST_GROWTH = 1.2  # of the resident memory


def expected(number: int) -> int | None:
    """The status of the error that a call gets; None if it gets an answer."""
    return FAULTY.get(number % EVERY)


def fault_of(number: int, result: Any) -> str | None:
    """What is wrong with the result of a call."""
    if is_error(result):
        return None if result.status == expected(number) else f"an error {result.status}: {result}"
    if expected(number) is not None:
        return f"a result, where an error {expected(number)} was to come"
    return None if (result.id, result.name, result.tags) == (number, "abc", ["x"]) else "the answer to another call"


def soak(client: Client, calls: int, threads: int) -> Counter[str]:
    """What went wrong, and how often."""
    wrong: Counter[str] = Counter()
    each = calls // threads

    def run(first: int) -> None:
        for number in range(first, first + each):
            fault = fault_of(number, client.get_thing(id=number))
            if fault is not None:
                wrong[fault] += 1

    workers = [threading.Thread(target=run, args=(index * each,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return wrong


def sockets() -> int:
    """How many this process has open; Linux tells."""
    return sum(os.readlink(f"/proc/self/fd/{name}").startswith("socket:") for name in _open_files())


def _open_files() -> list[str]:
    return [name for name in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{name}")]


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000, help="how many")
    parser.add_argument("--threads", type=int, default=50, help="that call at the same time")
    options = parser.parse_args()
    settings: Any = {"things": {"max_failures": 0}}
    set_config(Config(name="soak", live_host="localhost", clients=settings))
    command = [sys.executable, str(BENCH / "responder.py"), "--faulty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        document = json.dumps(openapi(f"http://127.0.0.1:{process.stdout.readline().strip()}"))
        client = ApiPool.add("things", yaml_str=document).client
        before, began = sockets(), time.monotonic()
        wrong = soak(client, options.calls // 10, options.threads)
        first = peak_memory()
        wrong += soak(client, options.calls, options.threads)
        took, left, grown = time.monotonic() - began, sockets() - before, peak_memory() / first
        process.kill()
    count = options.calls + options.calls // 10
    print(f"{count:,} calls by {options.threads} threads in {took:.0f} s: {sum(wrong.values())} wrong,")
    print(f"{left} sockets kept, {grown:.2f} times the memory of the first tenth")
    for fault, times in wrong.most_common(20):
        print(f"{times:8} × {fault}")
    return int(bool(wrong) or left > options.threads or grown > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
