"""What a part of the trials has measured, and the table of all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Measured(NamedTuple):
    """The name of a part, what came out and what was left out, line by line, and whether it is as it has to be."""

    part: str
    told: list[str]
    well: bool


def table(parts: Iterable[Callable[[], Measured]]) -> int:
    """Try all of them; print each when it has ended, and all in the end; the exit code."""
    rows: list[tuple[Measured, float]] = []
    for part in parts:
        began = time.monotonic()
        rows.append((part(), time.monotonic() - began))
        _print(rows[-1:])
    print()
    _print(rows)
    print("all went well" if all(one.well for one, _ in rows) else "SOMETHING WENT WRONG")
    return int(not all(one.well for one, _ in rows))


def _print(rows: list[tuple[Measured, float]]) -> None:
    for one, seconds in rows:
        first, *others = one.told or ["nothing"]
        print(f"{'well ' if one.well else 'WRONG'}  {one.part:20} {seconds:5.0f} s  {first}", flush=True)
        for line in others:
            print(f"{'':37}{line}", flush=True)
