"""Which part of the sort keys a query wants."""

from __future__ import annotations

from typing import Any, NamedTuple


class Range(NamedTuple):
    """Sort keys from `low` to `high`, each None for no bound; or with `prefix`, those that begin with it."""

    low: Any = None
    high: Any = None
    low_included: bool = True
    high_included: bool = True
    prefix: Any = None


EVERYTHING = Range()


def equal_to(value: Any) -> Range:
    """Sort keys that are equal to this value."""
    return Range(value, value)


def between(low: Any, high: Any) -> Range:
    """Sort keys from `low` to `high`, both included."""
    return Range(low, high)


def at_least(low: Any) -> Range:
    """Sort keys that are equal to this value or greater."""
    return Range(low)


def more_than(low: Any) -> Range:
    """Sort keys that are greater than this value."""
    return Range(low, low_included=False)


def at_most(high: Any) -> Range:
    """Sort keys that are equal to this value or less."""
    return Range(high=high)


def less_than(high: Any) -> Range:
    """Sort keys that are less than this value."""
    return Range(high=high, high_included=False)


def begins_with(prefix: Any) -> Range:
    """Sort keys that begin with this text, or with these bytes."""
    return Range(prefix=prefix)
