"""Runs inside the environment of a client: loads one caller and lets it call a service, as often as it is told.

    python bench/call.py CALLER URL

First writes what it loaded; then reads a command a line and writes one JSON value a line:

    check CALL            null, or what is wrong with the result
    time CALL SECONDS     [CPU, wall] microseconds for a call, of all threads of the process
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from drive import take_stdout

WARM = 200  # calls before the first that counts


def fault(result: Any) -> str | None:
    """What is wrong with the result of a call: it is a model or a dict."""
    found = result if isinstance(result, dict) else {name: getattr(result, name, None) for name in ("id", "name")}
    return None if (found.get("id"), found.get("name")) in {(7, "abc"), (1, "abc")} else f"it is {result!r}"


def measure(call: Callable[[], Any], seconds: float) -> tuple[float, float]:
    """Microseconds of CPU and of the clock for a call, over about `seconds`."""
    times, cpu, wall = 0, time.process_time_ns(), time.perf_counter_ns()
    while time.perf_counter_ns() - wall < seconds * 1e9:
        for _ in range(50):
            call()
        times += 50
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    return cpu / times / 1000, wall / times / 1000


def main() -> None:
    out = take_stdout()
    calls: dict[str, Callable[[], Any]] = importlib.import_module(f"callers.{sys.argv[1]}").calls(sys.argv[2])
    for call in calls.values():
        for _ in range(WARM):
            call()
    print(json.dumps({}), file=out, flush=True)
    os.dup2(1, 2)
    for line in sys.stdin:
        command, name, *rest = line.split()
        answer: Any = fault(calls[name]()) if command == "check" else measure(calls[name], float(rest[0]))
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
