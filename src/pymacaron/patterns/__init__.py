"""Regular expressions of documents, for the validator: on the engine that runs them, on texts that are short enough.

Whatever a caller sends, no pattern keeps a worker busy for long. Most take linear time, a few nanoseconds for each
character. The others are bound: only texts up to some length are searched, so that a search takes no longer than it
may, and longer ones do not match. What is seen to be harmless at once needs no more than this file: a start should
not wait for the rest.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema_rs

from .engines import BOUND_BEGINS, FEW_TEXTS, FIRST_LEVEL, MOST_READ, MOST_SEARCHED, takes

__all__ = ["FEW_TEXTS", "FIRST_LEVEL", "MOST_READ", "MOST_SEARCHED", "meant", "usable_pattern"]

# What most patterns are, and surely harmless: literals anywhere, or from the start on characters of which only the last
# may be there more or less often.
_LITERAL = r"[\w/ :;,=@#%&~\"'-]|\\[./$-]"
_ATOM = rf"(?:{_LITERAL}|\\[dswDSW]|\[\^?(?:\\[^pP]|[^\]\\])+\])"


@cache
def _plain() -> re.Pattern[str]:
    return re.compile(rf"\^?(?:{_LITERAL})*\$?|\^(?:{_ATOM}(?:\{{\d+\}})?)*(?:{_ATOM}(?:[*+?]|\{{\d+,\d*\}}))?\$?")


@cache
def usable_pattern(pattern: str, *, draft4: bool) -> str | None:
    """A regular expression as the validator of a draft takes it; None if that cannot be.

    Browsers read more than the grammar of ECMA-262 allows (its annex B), and so do we: `[\\w-.]` and `^{id}$`.
    """
    validator: Any = jsonschema_rs.Draft4Validator if draft4 else jsonschema_rs.Draft202012Validator
    if _plain().fullmatch(pattern) and takes(pattern, validator):
        return pattern
    from .bounding import bound_pattern  # a start without such patterns does not wait for it

    return bound_pattern(pattern, validator)


def meant(usable: str) -> tuple[str, int | None]:
    """(the regular expression that one from usable_pattern stands for, how long a text may be to be searched for it:
    None for any)."""
    if not usable.startswith(BOUND_BEGINS):
        return usable, None
    from .bounding import unbound  # likewise

    return unbound(usable)
