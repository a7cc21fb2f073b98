"""All that is tried while things break, part by part, and a table of what each has measured.

    python faults/everything.py [--only serving|stores|deployments|tasks] [--each 7] [--jobs 2]

Deployments are killed at every seventh of their calls, and every seventh sequence of disturbances is tried, beginning
with another one each day, so that a week tries all; `--each 1` tries all at once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import serving
from measured import Measured, table

ROOT = Path(__file__).parent.parent
GROUPS = ("serving", "stores", "deployments", "tasks")
_STORES = [f"tests/test_{name}_faults.py" for name in ("stores", "limits")]
_DEPLOYMENTS = [f"tests/test_deploy_{name}.py" for name in ("running", "resumed", "faults", "killed", "draining")]
_DAY = 86_400  # seconds


def parts(only: str | None, each: int, jobs: int) -> Iterator[Callable[[], Measured]]:
    if only in {None, "serving"}:
        for by in ("granian", "gunicorn"):
            yield partial(serving.trouble, by, 60)
            yield from (partial(part, by) for part in (serving.leaks, serving.idle, serving.raw))
    tests = [sys.executable, "-m", "pytest", "-q", "-m", "heavy", "-n", str(jobs)]
    if only in {None, "stores"}:
        yield partial(program, "stores", [*tests, *_STORES])
    if only in {None, "deployments"}:
        first = int(time.time() // _DAY) % each
        said = f"at calls whose number divided by {each} leaves {(first + 1) % each}, and so with disturbances"
        chosen = {"FAULTS_EACH": str(each), "FAULTS_FIRST": str(first)}
        yield partial(program, "deployments", [*tests, *_DEPLOYMENTS], [said] if each > 1 else [], **chosen)
    if only in {None, "tasks"}:
        for broker in ("file", "redis", "rabbitmq"):
            command = [sys.executable, "faults/killed_workers.py", "--broker", broker]
            yield partial(program, f"tasks: {broker}", command)


def program(part: str, command: list[str], told: list[str] | None = None, **environment: str) -> Measured:
    """A program whose last line says what it has measured. Of one that fails, more of them."""
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    failed = done.returncode != 0
    return Measured(part, [*lines[-1:], *(told or []), *(lines[-60:-1] if failed else [])], not failed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=GROUPS)
    parser.add_argument("--each", type=int, default=7, help="of the calls of a deployment")
    parser.add_argument("--jobs", type=int, default=2, help="tests of stores and deployments at a time")
    options = parser.parse_args()
    return table(parts(options.only, options.each, options.jobs))


if __name__ == "__main__":
    sys.exit(main())
