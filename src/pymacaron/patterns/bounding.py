"""Patterns that are searched for in short texts only: how short, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from .costs import Cost, cost, cost_beside
from .engines import BOUND_BEGINS, FEW_TEXTS, MOST_READ, MOST_SEARCHED, takes
from .positions import begins_at_start
from .reading import ESCAPED

# So long may searches for all the texts of one value take together, in nanoseconds of `costs`; so often may the engine
# go back for one of them.
PATIENCE = 1e9
_MOST_STEPS = 100_000
# Neither engine needs the empty look-ahead; it keeps this one from unrolling the repetition, which would take a hundred
# times as long to compile. Then, from there on or anywhere, the pattern.
_BOUND = re.compile(re.escape(BOUND_BEGINS) + r"(?P<over>\d+)\}\)(?:\[\\s\\S\]\*\?)?\(\?:(?P<pattern>.*)\)", re.DOTALL)


class Bounds(NamedTuple):
    """Attributes: `lengths`, for each bound pattern how long a text may be; `steps`, how often the engine may go back
    for one text."""

    lengths: Mapping[str, int]
    steps: int


def bound_pattern(pattern: str, validator: Any) -> str | None:
    """See usable_pattern: as it is, if it is harmless, else bound."""
    candidates = (pattern, _strictly(pattern))
    for candidate in candidates:
        if _cost(candidate).is_free and takes(candidate, validator):
            return candidate
    for candidate in candidates:
        usable = _bound(candidate, bounds((candidate,), FEW_TEXTS).lengths[candidate])
        if takes(usable, validator, _EITHER_ENGINE):
            return usable
    return None


def unbound(usable: str) -> tuple[str, int | None]:
    """See meant."""
    found = _BOUND.fullmatch(usable)
    return (_WRITTEN.get(found["pattern"], found["pattern"]), int(found["over"]) - 1) if found else (usable, None)


def rebound(usable: str, most: int) -> str:
    """A pattern with this bound."""
    return _bound(unbound(usable)[0], most)


@cache
def needs_bound(usable: str) -> bool:
    """Has a pattern to be bound, if it stands in a schema of which others are?"""
    return unbound(usable)[1] is not None or not _cost_beside(usable).is_free


def bounds(usables: Iterable[str], texts: int) -> Bounds:
    """How far bound patterns may go, so that all of them together take no longer than they may.

    Args:
        texts: how many a value has.
    """
    costs = {usable: _cost_beside(unbound(usable)[0]) for usable in usables}
    each = PATIENCE / texts / max(len(costs), 1)
    hard = {usable: one.most(each, _most(one)) for usable, one in costs.items() if not one.is_linear}
    least = max((costs[usable].steps(most) for usable, most in hard.items()), default=0)
    lengths = {usable: one.most(each, _most(one), least) for usable, one in costs.items()}
    spare = [
        int(each / costs[usable].unit(lengths[usable])) - 2 * lengths[usable]
        for usable in hard if not costs[usable].is_straight
    ]  # fmt: skip
    return Bounds(lengths, min(max(least, min(spare, default=0)), _MOST_STEPS))


def _most(one: Cost) -> int:
    return MOST_READ if not one.is_linear and one.is_straight else MOST_SEARCHED


def worst(usable: str, characters: int, steps: int) -> float:
    """Nanoseconds that a bound pattern may take with a text, if the engine may go back so often."""
    return _cost_beside(unbound(usable)[0]).total(characters, steps)


def _bound(pattern: str, most: int) -> str:
    """A pattern that is searched for in texts of at most so many characters."""
    tree = _cost_beside(pattern).tree
    search = "" if tree is not None and begins_at_start(tree) else r"[\s\S]*?"
    exact = _of_ecma(pattern)
    _WRITTEN[exact] = pattern
    return rf"{BOUND_BEGINS}{most + 1}}}){search}(?:{exact})"


@cache
def _cost(pattern: str) -> Cost:
    return cost(pattern, is_linear=takes(pattern))


@cache
def _cost_beside(pattern: str) -> Cost:
    return cost_beside(pattern, is_linear=takes(pattern))


_EITHER_ENGINE = jsonschema_rs.FancyRegexOptions()
_PIECES = re.compile(
    r"(?P<escape>\\.)|(?P<class>\[\^?(?:\\.|[^\]\\])*\])|(?P<count>\{\d+(?:,\d*)?\})|(?P<literal>[{}\]])|.", re.DOTALL
)
_WRITTEN: dict[str, str] = {}  # what is run, and what the document says instead
_HYPHENS = re.compile(r"(\\[wWdDsS])-(?=[^\]])|-(?=\\[wWdDsS])")
_ANCHORS = {r"\A": "^", r"\Z": "$", r"\z": "$"}  # of Ruby and Python, whose users write documents too


def _strictly(pattern: str) -> str:
    """A pattern with the characters escaped that stand for themselves only by tolerance."""

    def piece(found: re.Match[str]) -> str:
        text = found[0]
        if found["escape"]:
            return _ANCHORS.get(text, text)
        if found["class"]:
            return _HYPHENS.sub(r"\1\-", text)
        return "\\" + text if found["literal"] else text

    return _PIECES.sub(piece, pattern)


def _of_ecma(pattern: str) -> str:
    """A pattern whose `\\d`, `\\w` and `\\s` are ECMA-262's. To the backtracking engine they are Unicode's."""

    def piece(found: re.Match[str]) -> str:
        text = found[0]
        if found["escape"] and text[1] in ESCAPED:
            return f"[{ESCAPED[text[1]]}]"
        return _ESCAPES.sub(lambda one: ESCAPED.get(one[0][1], one[0]), text) if found["class"] else text

    return _PIECES.sub(piece, pattern)


_ESCAPES = re.compile(r"\\.", re.DOTALL)
