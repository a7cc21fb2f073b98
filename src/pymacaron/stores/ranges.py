"""Which part of the sort keys a query wants."""

from __future__ import annotations

from typing import Any, NamedTuple


class Range(NamedTuple):
    """Sort keys from `low` to `high`, None for no end; `prefix` instead of both: those that begin so."""

    low: Any = None
    high: Any = None
    low_included: bool = True
    high_included: bool = True
    prefix: Any = None


EVERYTHING = Range()


def equal_to(value: Any) -> Range:
    """That one value."""
    return Range(value, value)


def between(low: Any, high: Any) -> Range:
    """From `low` to `high`, both included."""
    return Range(low, high)


def at_least(low: Any) -> Range:
    """From this value on."""
    return Range(low)


def more_than(low: Any) -> Range:
    """After this value."""
    return Range(low, low_included=False)


def at_most(high: Any) -> Range:
    """Up to this value."""
    return Range(high=high)


def less_than(high: Any) -> Range:
    """Before this value."""
    return Range(high=high, high_included=False)


def begins_with(prefix: Any) -> Range:
    """Texts or bytes that begin so."""
    return Range(prefix=prefix)
