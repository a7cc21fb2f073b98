"""Regular expressions of documents, for the validator: on the engine that runs them, on texts that are short enough.

Whatever a caller sends, no pattern keeps a worker busy for long. Most take linear time, a few nanoseconds for each
character. The others (see costs.py) are bound: only texts up to some length are searched, so that a search takes no
longer than it may, and longer ones do not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from .costs import Cost, cost, cost_beside
from .positions import begins_at_start
from .reading import ESCAPED

__all__ = [
    "MOST_SEARCHED",
    "PATIENCE",
    "Bounds",
    "bounds",
    "meant",
    "needs_bound",
    "rebound",
    "usable_pattern",
    "worst",
]

# So long a text is searched for a bound pattern at the most; so long may those of one value take together, in
# nanoseconds of `costs`; so often may the engine go back for one of them.
MOST_SEARCHED = 2000
PATIENCE = 1e9
_MOST_STEPS = 100_000
# So many texts a value has, if it has few.
FEW_TEXTS = 16
# Neither engine needs the empty look-ahead; it keeps this one from unrolling the repetition, which would take a hundred
# times as long to compile. Then, from there on or anywhere, the pattern.
_BOUND = re.compile(
    r"\^\(\?!\(\?:\[\\s\\S\]\(\?=\)\)\{(?P<over>\d+)\}\)(?P<search>\[\\s\\S\]\*\?)?\(\?:(?P<pattern>.*)\)", re.DOTALL
)


class Bounds(NamedTuple):
    """Attributes: `lengths`, for each bound pattern how long a text may be; `steps`, how often the engine may go back
    for one text."""

    lengths: Mapping[str, int]
    steps: int


@cache
def usable_pattern(pattern: str, *, draft4: bool) -> str | None:
    """A regular expression as the validator of a draft takes it; None if that cannot be.

    Browsers read more than the grammar of ECMA-262 allows (its annex B), and so do we: `[\\w-.]` and `^{id}$`.
    """
    validator: Any = jsonschema_rs.Draft4Validator if draft4 else jsonschema_rs.Draft202012Validator
    candidates = (pattern, _strictly(pattern))
    for candidate in candidates:
        if (_PLAIN.fullmatch(candidate) and _is_linear(candidate)) or _cost(candidate).is_free:
            return candidate
    for candidate in candidates:
        usable = _bound(candidate, bounds((candidate,), FEW_TEXTS).lengths[candidate])
        with suppress(ValueError):
            validator({"pattern": usable}, pattern_options=_EITHER_ENGINE)
            return usable
    return None


def meant(usable: str) -> tuple[str, int | None]:
    """(the regular expression that one from usable_pattern stands for, how long a text may be to be searched for it:
    None for any)."""
    found = _BOUND.fullmatch(usable)
    return (_WRITTEN.get(found["pattern"], found["pattern"]), int(found["over"]) - 1) if found else (usable, None)


def rebound(usable: str, most: int) -> str:
    """A pattern with this bound."""
    return _bound(meant(usable)[0], most)


@cache
def needs_bound(usable: str) -> bool:
    """Has a pattern to be bound, if it stands in a schema of which others are?"""
    return meant(usable)[1] is not None or not _cost_beside(usable).is_free


def bounds(usables: Iterable[str], texts: int) -> Bounds:
    """How far bound patterns may go, so that all of them together take no longer than they may.

    Args:
        texts: how many a value has.
    """
    costs = {usable: _cost_beside(meant(usable)[0]) for usable in usables}
    each = PATIENCE / texts / max(len(costs), 1)
    hard = {usable: one.most(each, MOST_SEARCHED) for usable, one in costs.items() if not one.is_linear}
    least = max((costs[usable].steps(most) for usable, most in hard.items()), default=0)
    lengths = {usable: one.most(each, MOST_SEARCHED, least) for usable, one in costs.items()}
    spare = [
        int(each / costs[usable].unit(lengths[usable])) - 2 * lengths[usable]
        for usable in hard if not costs[usable].is_straight
    ]  # fmt: skip
    return Bounds(lengths, min(max(least, min(spare, default=0)), _MOST_STEPS))


def worst(usable: str, characters: int, steps: int) -> float:
    """Nanoseconds that a bound pattern may take with a text, if the engine may go back so often."""
    return _cost_beside(meant(usable)[0]).total(characters, steps)


def _bound(pattern: str, most: int) -> str:
    """A pattern that is searched for in texts of at most so many characters."""
    tree = _cost_beside(pattern).tree
    search = "" if tree is not None and begins_at_start(tree) else r"[\s\S]*?"
    exact = _of_ecma(pattern)
    _WRITTEN[exact] = pattern
    return rf"^(?!(?:[\s\S](?=)){{{most + 1}}}){search}(?:{exact})"


@cache
def _cost(pattern: str) -> Cost:
    return cost(pattern, is_linear=_is_linear(pattern))


@cache
def _cost_beside(pattern: str) -> Cost:
    return cost_beside(pattern, is_linear=_is_linear(pattern))


def _is_linear(pattern: str) -> bool:
    try:
        _VALIDATOR({"pattern": pattern}, pattern_options=_LINEAR)
    except ValueError:
        return False
    return True


# What most patterns are, and surely free: literals anywhere, or from the start on characters of which only the last may
# be there more or less often. Seen at once, a document with hundreds of them starts as quickly as if nobody asked.
_LITERAL = r"[\w/ :;,=@#%&~\"'-]|\\[./$-]"
_ATOM = rf"(?:{_LITERAL}|\\[dswDSW]|\[\^?(?:\\[^pP]|[^\]\\])+\])"
_PLAIN = re.compile(rf"\^?(?:{_LITERAL})*\$?|\^(?:{_ATOM}(?:\{{\d+\}})?)*(?:{_ATOM}(?:[*+?]|\{{\d+,\d*\}}))?\$?")

_VALIDATOR: Any = jsonschema_rs.Draft202012Validator
_LINEAR, _EITHER_ENGINE = jsonschema_rs.RegexOptions(), jsonschema_rs.FancyRegexOptions()
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
