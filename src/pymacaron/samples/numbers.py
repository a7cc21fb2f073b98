"""Numbers: within bounds, of multiples."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from random import Random
from typing import NamedTuple

from pymacaron._types import Json, JsonObject


class Range(NamedTuple):
    """The bounds of a number, None where there is none, and what it is a multiple of."""

    low: Fraction | None
    high: Fraction | None
    step: Fraction | None
    open_low: bool
    open_high: bool


def range_of(schemas: Iterable[JsonObject]) -> Range:
    """What schemas say together; bounds that exclude are numbers in draft 2020-12, flags in draft 4."""
    low = high = step = None
    open_low = open_high = False
    for schema in schemas:
        for bound, is_open in _bounds(schema, "minimum", "exclusiveMinimum"):
            if low is None or bound > low or (bound == low and is_open):
                low, open_low = bound, is_open
        for bound, is_open in _bounds(schema, "maximum", "exclusiveMaximum"):
            if high is None or bound < high or (bound == high and is_open):
                high, open_high = bound, is_open
        given = _exactly(schema.get("multipleOf"))
        if given is not None and given > 0:
            step = given if step is None else _common(step, given)
    return Range(low, high, step, open_low, open_high)


def _bounds(schema: Mapping[str, Json], inclusive: str, exclusive: str) -> Iterator[tuple[Fraction, bool]]:
    bound, excluding = _exactly(schema.get(inclusive)), _exactly(schema.get(exclusive))
    if bound is not None:
        yield bound, schema.get(exclusive) is True
    if excluding is not None:
        yield excluding, True


def _exactly(value: Json) -> Fraction | None:
    """The decimal number that is written, not the binary one that it becomes; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The smallest multiple of both."""
    return Fraction(math.lcm(one.numerator, other.numerator), math.gcd(one.denominator, other.denominator))


def number(random: Random, wanted: Range, *, whole: bool) -> float | None:
    """A number in a range, an integer if `whole`; small where it may be. None if there is none."""
    step = wanted.step or (Fraction(1) if whole else None)
    if whole and step is not None and step.denominator != 1:
        step = _common(step, Fraction(1))
    if step is None:
        return _between(random, wanted)
    first = None if wanted.low is None else math.ceil(wanted.low / step)
    last = None if wanted.high is None else math.floor(wanted.high / step)
    if first is not None and wanted.open_low and first * step == wanted.low:
        first += 1
    if last is not None and wanted.open_high and last * step == wanted.high:
        last -= 1
    first, last = _near_zero(first, last)
    if first > last:
        return None
    found = random.randint(first, last) * step
    return found.numerator if found.denominator == 1 else float(found)


def _near_zero(first: int | None, last: int | None) -> tuple[int, int]:
    """The part of a range of integers that is about 1 to 100."""
    if first is None:
        first = 1 if last is None or last >= 1 else last - 100
    if last is None:
        last = first + 100
    if first <= 1 and last >= 100:
        return 1, 100
    return first, min(last, first + 1000) if first > 0 else last


def _between(random: Random, wanted: Range) -> float | None:
    low, high = _bounded(wanted.low, wanted.high)
    if low > high or (low == high and (wanted.open_low or wanted.open_high)):
        return None
    if random.random() < 0.3:
        whole = number(random, wanted._replace(step=Fraction(1)), whole=True)
        if whole is not None:
            return whole
    at = low + (high - low) * Fraction(random.randint(1, 99), 100)
    short = round(float(at), 2)
    return short if low < Fraction(repr(short)) < high else float(at)


def _bounded(low: Fraction | None, high: Fraction | None) -> tuple[Fraction, Fraction]:
    if low is None:
        low = Fraction(0) if high is None or high > 0 else high - 100
    return low, low + 100 if high is None else high
