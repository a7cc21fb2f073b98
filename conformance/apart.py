"""What is asked of many documents, each in a process of its own: one that takes too long, or ends its process, spoils
no other."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "corpus"))
from run import CORPUS, Row, manifest  # noqa: E402 - the folder of another tool, not a package


class Judged(NamedTuple):
    """What came of a document.

    Attributes:
        counts: what there was of it.
        impossible: what the document does not allow to be asked, with the reason.
        wrong: what is not as it should be.
        seconds: of CPU.
    """

    row: Row
    counts: dict[str, int]
    impossible: list[str]
    wrong: list[str]
    seconds: float = 0.0


Found = tuple[dict[str, int], list[str], list[str]]  # counts, impossible, wrong


def rows(only: str, expected: Iterable[str], versions: Iterable[str] = ()) -> list[Row]:
    """Documents of the corpus that are there, by a word in their path, what is expected of them, and their versions."""
    wanted, spoken = set(expected), tuple(versions)
    return [
        row for row in manifest()
        if only in row.path and row.expect in wanted and (CORPUS / row.path).exists()
        and (not spoken or row.version.startswith(spoken))
    ]  # fmt: skip


def apart(documents: list[Row], judge: Callable[[Row], Found], *, jobs: int, patience: int) -> Iterator[Judged]:
    """Judge each document in a child process, `jobs` at a time, for `patience` seconds at the most."""
    waiting, running = list(reversed(documents)), dict[int, Row]()
    with tempfile.TemporaryDirectory() as name:
        while waiting or running:
            while waiting and len(running) < jobs:
                row = waiting.pop()
                running[_started(row, judge, Path(name), patience)] = row
            pid, status, used = os.wait4(-1, 0)
            row, seconds, report = running.pop(pid), used.ru_utime + used.ru_stime, Path(name) / str(pid)
            if report.exists():
                yield Judged(row, *json.loads(report.read_text()), seconds)
            else:
                ended = os.waitstatus_to_exitcode(status)
                why = f"longer than {patience} s" if ended == -signal.SIGALRM else f"its process ended with {ended}"
                yield Judged(row, {}, [], [why], seconds)


def _started(row: Row, judge: Callable[[Row], Found], folder: Path, patience: int) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(patience)
    try:
        (folder / str(os.getpid())).write_text(json.dumps(_found(row, judge)))
    finally:
        os._exit(0)


def _found(row: Row, judge: Callable[[Row], Found]) -> Any:
    try:
        return judge(row)
    except Exception:  # noqa: BLE001 - whatever it is, the table shows it
        return {}, [], [traceback.format_exc(limit=-4)]


def table(judged: Iterable[Judged], columns: tuple[str, ...], *, shown: int = 5, verbose: bool = False) -> int:
    """Print what came of each document, and of all. The exit code: 1 if anything is wrong, or nothing was judged."""
    heads = (*columns, "impossible", "wrong")
    print(*(f"{name:>11}" for name in heads), f"{'seconds':>8}", " document")
    whole, count, spent, faulty = dict.fromkeys(heads, 0), 0, 0.0, 0
    for one in judged:
        numbers = {**one.counts, "impossible": len(one.impossible), "wrong": len(one.wrong)}
        print(*(f"{numbers.get(name, 0):11}" for name in heads), f"{one.seconds:8.1f}", f" {one.row.path}", flush=True)
        for line in one.wrong if verbose else one.wrong[:shown]:
            print(f"    {line}")
        for line in one.impossible if verbose else ():
            print(f"    impossible: {line}")
        whole = {name: whole[name] + numbers.get(name, 0) for name in heads}
        count, spent, faulty = count + 1, spent + one.seconds, faulty + bool(one.wrong)
    print(*(f"{whole[name]:11}" for name in heads), f"{spent:8.1f}", f" {count} documents, {faulty} of them wrong")
    return 1 if faulty or not count else 0
