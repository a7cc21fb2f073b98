"""The engines that run regular expressions, and what they may be asked for."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

# So long a text is searched for a bound pattern at the most; for one that the backtracking engine goes through once,
# with nothing to go back to.
MOST_SEARCHED = 2000
MOST_READ = 100_000
# So many texts a value has, if it has few. From there on each level of patience is for twice as many.
FIRST_LEVEL = 4
FEW_TEXTS = 1 << FIRST_LEVEL
# How a bound pattern begins, before the length that is too much.
BOUND_BEGINS = r"^(?!(?:[\s\S](?=)){"


def takes(pattern: str, validator: Any = jsonschema_rs.Draft202012Validator, engine: Any = None) -> bool:
    """Does an engine take a regular expression, the linear one unless another is given?"""
    try:
        validator({"pattern": pattern}, pattern_options=engine or LINEAR)
    except ValueError:
        return False
    return True


LINEAR = jsonschema_rs.RegexOptions()
