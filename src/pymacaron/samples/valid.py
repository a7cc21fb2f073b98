"""Values that a schema allows, and values that it does not.

Values are made along the keywords, then checked; where one does not pass, for schemas can say what cannot be read off
them, another is made, up to an end.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random

from pymacaron._types import Json, Pointer
from pymacaron.schemas import Checker, Schema

from .demands import DeadEnd
from .making import Maker

# How generous each try is with what need not be there, at most. Some are as lean as can be.
_TRIES = (1.0, 1.0, 0.6, 0.6, 0.3, 0.3, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5)
_MOODS = (1.0, 1.0, 0.7, 0.4)
_CONTRARY_FROM = 10  # the try from which objects are broken on purpose for what they must not be
_SPOILING_TRIES = 24


class NoSample(Exception):
    """No such value was found; the text says why."""


def sample(schema: Schema, view: str, random: Random) -> Json:
    """A value that the schema allows in a view.

    Raises:
        NoSample: none was found; there may be none.
    """
    return sample_of(schema.checker(view), random)


def sample_of(checker: Checker, random: Random) -> Json:
    """A value that passes a check.

    Raises:
        NoSample: none was found.
    """
    reason = "no way led to a value"
    for number, most in enumerate(_TRIES):
        try:
            generosity = most * random.choice(_MOODS)
            maker = Maker(checker, random, generosity, contrary=number >= _CONTRARY_FROM)
            value = maker.value([checker.bundle])
        except DeadEnd as error:
            reason = str(error)
            continue
        if checker.is_valid(value):
            return value
        reason = "what was made does not pass: " + ", ".join(sorted({p.code for p in checker.problems(value)}))
    raise NoSample(reason)


def spoiled(schema: Schema, view: str, random: Random) -> Json:
    """A value that the schema does not allow in a view: a sample with one thing wrong, where there is a sample.

    Raises:
        NoSample: everything is allowed, as far as was found.
    """
    return spoiled_of(schema.checker(view), random)


def spoiled_of(checker: Checker, random: Random) -> Json:
    """A value that does not pass a check.

    Raises:
        NoSample: everything passes, as far as was found.
    """
    try:
        value = sample_of(checker, random)
    except NoSample:
        value = None
    places = list(_places(value))
    for _ in range(_SPOILING_TRIES):
        changed = _changed(copy.deepcopy(value), random.choice(places), random)
        if not checker.is_valid(changed):
            return changed
    for plain in random.sample(_STRANGERS, len(_STRANGERS)):
        if not checker.is_valid(plain):
            return plain
    raise NoSample("everything is valid")


# Values of every kind that hardly anything expects.
_STRANGERS: list[Json] = [
    None,
    True,
    -987654321,
    0.123456,
    "",
    "\u2620 spoiled \u2620",
    [None, [], "x"],
    {"spoiled": 1},
]


def _places(value: Json, path: Pointer = ()) -> Iterator[Pointer]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))


def _changed(value: Json, path: Pointer, random: Random) -> Json:
    """The value with one thing changed, added or taken away at a place."""
    if not path:
        return random.choice(_STRANGERS)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    if random.random() < 0.3:
        del holder[path[-1]]
    elif isinstance(holder, dict) and random.random() < 0.2:
        holder["spoiled"] = random.choice(_STRANGERS)
    else:
        holder[path[-1]] = random.choice(_STRANGERS)
    return value
