"""What is wrong with a value, told at a cost in proportion to it.

A validator makes all of its errors at once, each with a copy of the part of the value that it is about. So it is asked
for all of them about small values only; about others for the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import jsonschema_rs

from pymacaron._types import Json, JsonObject, Pointer

from .drafts import Draft
from .folding import WHOLE, Group, folded
from .problems import MOST_TOLD, SchemaProblem, more, no_branch, problems_of

# Every fault is told of values with so many parts; so many characters of text count as one more.
_FEW_PARTS, _CHARACTERS = 1000, 256
# Alternatives inside alternatives are told of so deep, and so many of them; below, only that none of them fits.
_DEEPEST, _MOST_GROUPS = 40, 2 * MOST_TOLD

_OF_A_LARGE_VALUE = "this first; a value of this size is checked only up to its first fault"
_TOO_DEEP = "fewer levels: the value is nested too deeply to say what is wrong with it"


class Explainer:
    """Says what is wrong with values.

    Args:
        validator: the bundle, compiled.
        compiled: compiles another.

    Attributes:
        is_plain: a valid small value is found to be so by a single look at it.
    """

    def __init__(self, bundle: JsonObject, validator: Any, draft: Draft, compiled: Callable[[JsonObject], Any]) -> None:
        found = folded(bundle, draft)
        self.is_plain = found is None
        self._groups: Mapping[Pointer, Group] = {} if found is None else found.groups
        self._validator = validator if found is None else compiled(found.bundle)
        self._iter_errors: Callable[[Json], Iterable[Any]] = self._validator.iter_errors

    def problems(self, value: Json, is_small: bool) -> list[SchemaProblem]:
        """See Checker.problems."""
        try:
            if not (is_small or _is_small(value)):
                return self._first(value)
            errors = list(self._iter_errors(value if self.is_plain else {WHOLE: value}))
            if len(errors) < 2 and self.is_plain:  # nearly always, and it takes half the time
                return problems_of(errors[0], _never_folded) if errors else []
            return _Telling(self._groups, self._errors, is_small=True).told(errors, value) if errors else []
        except ValueError:  # it has more levels than a validator tells about: some 250
            return [SchemaProblem((), "depth", _TOO_DEEP)]

    def _first(self, value: Json) -> list[SchemaProblem]:
        try:
            self._validator.validate(value if self.is_plain else {WHOLE: value})
        except jsonschema_rs.ValidationError as error:
            found = _Telling(self._groups, self._errors, is_small=False).told([error], value)
            return [*found, SchemaProblem((), "more", _OF_A_LARGE_VALUE)]
        return []

    def _errors(self, value: Json) -> list[Any]:
        return list(self._iter_errors(value))


def _never_folded(_: Any) -> None:
    return None


class _Telling:
    """One answer.

    Args:
        groups: of folded alternatives, by their places.
        errors: all that is wrong with a value; with the one property of an object according to the group of its name.
        is_small: whether the whole value is.
    """

    def __init__(self, groups: Mapping[Pointer, Group], errors: Callable[[Json], list[Any]], *, is_small: bool) -> None:
        self._groups, self._errors, self._is_small = groups, errors, is_small
        self._start = 1 if groups else 0  # where paths begin; before that stands what was asked about
        self._left = _MOST_GROUPS

    def told(self, errors: Iterable[Any], value: Json, depth: int = 0) -> list[SchemaProblem]:
        """What errors about a value mean. Alternatives may say the same thing twice."""
        unfold = partial(self._unfolded, value, depth)
        found: dict[SchemaProblem, None] = {}
        left = 0
        for error in errors:
            if len(found) < MOST_TOLD:
                found.update(dict.fromkeys(problems_of(error, unfold)))
            else:
                left += 1
        told = [problem._replace(path=problem.path[self._start :]) for problem in found] if self._start else [*found]
        left += max(len(told) - MOST_TOLD, 0)
        return [*told[:MOST_TOLD], more((), left)] if left else told

    def _unfolded(self, value: Json, depth: int, error: Any) -> list[SchemaProblem] | None:
        """What is wrong with alternatives that were folded; None if `error` speaks of something else."""
        group, path = self._groups.get(tuple(error.schema_path)), tuple(error.instance_path)
        if group is None:
            return None
        for step in path[self._start :]:
            value = value[step]
        if group.keyword == "propertyNames" or not self._may_ask(value, depth):
            return [no_branch(group.keyword, path)]
        self._left -= 1
        found = self.told(self._errors({group.name: value}), value, depth + 1)
        return [problem._replace(path=(*path, *problem.path)) for problem in found]

    def _may_ask(self, value: Json, depth: int) -> bool:
        return depth < _DEEPEST and self._left > 0 and (self._is_small or _is_small(value))


def _is_small(value: Json) -> bool:
    left, waiting = _FEW_PARTS, [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            left -= len(part) // _CHARACTERS
        elif isinstance(part, (dict, list)):
            left -= len(part)
            if left > 0:
                waiting += part.values() if isinstance(part, dict) else part
                left -= sum(map(len, part)) // _CHARACTERS if isinstance(part, dict) else 0
        if left < 0:
            return False
    return True
