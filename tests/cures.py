"""Laws about names that have to stand in several places: what does not agree is told with the place and the cure."""

from __future__ import annotations

from collections.abc import Iterable


def nothing(found: Iterable[object], cure: str = "") -> None:
    """There is nothing of the kind; else all of it is told, a line each, and what helps below."""
    __tracebackhide__ = True
    lines = sorted(str(one) for one in found)
    assert not lines, "\n".join(["", *lines, cure])


def same(place: str, told: Iterable[str], there: Iterable[str], cure: str) -> None:
    """What a place tells of is what there is: nothing is left out of it, and nothing there that is gone."""
    __tracebackhide__ = True
    told, there = set(told), set(there)
    lacking = [f"{place}: `{name}` is not here" for name in there - told]
    nothing(lacking + [f"{place}: `{name}` is here, and there is none" for name in told - there], cure)
