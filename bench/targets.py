"""A figure beside what is to be reached, and how they are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """`value` is None if it could not be measured; `most` is None where nothing is promised."""

    what: str
    value: float | None
    most: float | None
    unit: str

    @property
    def missed(self) -> bool:
        return self.most is not None and (self.value is None or self.value > self.most)


def tell(figures: Iterable[Figure]) -> bool:
    """Print every figure with its target; whether all targets were reached."""
    figures = list(figures)
    print(f"\n{'pymacaron':46}{'measured':>10}{'at most':>10}\n")
    for what, value, most, unit in figures:
        measured = "–" if value is None else f"{value:.2f}"
        target = "" if most is None else f"{most:.2f}"
        verdict = "" if most is None else "not measured" if value is None else "reached" if value <= most else "MISSED"
        print(f"{what:46}{measured:>10}{target:>10}  {unit:16}{verdict}")
    missed = [figure.what for figure in figures if figure.missed]
    print(f"\n{len(missed)} of {len(figures)} figures miss their target" if missed else "\nall targets are reached")
    return not missed
