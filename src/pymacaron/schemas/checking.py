"""A JSON Schema, compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

import jsonschema_rs

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.formats import LATER_THAN_DRAFT4, Formats

from .drafts import OPENAPI_30, OPENAPI_31, Draft
from .folding import Folded, folded
from .problems import SchemaProblem, no_branch, problems_of

# So many errors of a validator are told.
_MOST = 1000
# Alternatives inside alternatives are told of so deep; below that, only that none of them fits.
_DEEPEST = 40
# How much a backtracking pattern may try before the text counts as not matching; the linear engine needs no limit.
_BACKTRACK_LIMIT = 100_000


class Checker:
    """A compiled JSON Schema.

    `is_valid(value)` is the fast question; `problems(value)` the complete answer.

    Attributes: `bundle`, the schema, and `formats`, those that it may name.
    """

    __slots__ = ("_draft", "_explainer", "_validator", "bundle", "formats", "is_valid")

    def __init__(self, bundle: JsonObject, draft: Draft, formats: Formats) -> None:
        self.bundle = bundle
        self.formats = formats
        self._draft = draft
        self._validator = _compile(bundle, draft, formats)
        self._explainer: Explainer | None = None
        self.is_valid: Callable[[Json], bool] = self._validator.is_valid

    def problems(self, value: Json) -> list[SchemaProblem]:
        """Everything that is wrong with `value` (of very much, the first part); [] for a valid one. Nothing of the
        value is in the answer."""
        return self._explain().problems(value)

    def first_problems(self, value: Json) -> list[SchemaProblem]:
        """The first thing that is wrong with `value`, at a cost that does not grow with how much is wrong."""
        return self._explain().first_problems(value)

    def _explain(self) -> Explainer:
        if self._explainer is None:
            self._explainer = Explainer(self.bundle, self._validator, self._draft, self.formats)
        return self._explainer


class Explainer:
    """Says what is wrong with values.

    Args:
        validator: the bundle, compiled.
    """

    def __init__(self, bundle: JsonObject, validator: Any, draft: Draft, formats: Formats) -> None:
        self._draft, self._formats = draft, formats
        self._folded = folded(bundle, draft)
        self._validator = _compile(self._folded.bundle, draft, formats) if self._folded is not None else validator
        self._groups: dict[Pointer, Any] = {}  # folded ones that were asked about, compiled

    def problems(self, value: Json) -> list[SchemaProblem]:
        """Everything that is wrong, of very much the first part."""
        try:
            errors = self._validator.iter_errors(value)
        except ValueError:
            return self._too_deep(value)
        return self._told(islice(errors, _MOST), value)

    def first_problems(self, value: Json) -> list[SchemaProblem]:
        """The first thing that is wrong."""
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return self._told([error], value)
        except ValueError:
            return self._too_deep(value)
        return []

    def _too_deep(self, value: Json) -> list[SchemaProblem]:
        """For values of more levels than a validator tells about: some 250."""
        expected = "a value that fits the schema; it is nested too deeply to say where it does not"
        return [] if self._validator.is_valid(value) else [SchemaProblem((), "depth", expected)]

    def _told(self, errors: Iterable[Any], value: Json, depth: int = 0) -> list[SchemaProblem]:
        unfold = partial(self._unfolded, value, depth) if self._folded is not None else _never_folded
        found = [problem for error in errors for problem in problems_of(error, unfold)]
        return list(dict.fromkeys(found)) if len(found) > 1 else found  # alternatives may say the same thing twice

    def _unfolded(self, value: Json, depth: int, error: Any) -> list[SchemaProblem] | None:
        """What is wrong with alternatives that were folded; None if `error` speaks of something else."""
        place, path = tuple(error.schema_path), tuple(error.instance_path)
        if self._folded is None or place not in self._folded.groups:
            return None
        if depth == _DEEPEST:
            return [no_branch(next(iter(self._folded.groups[place])), path)]
        if place not in self._groups:
            self._groups[place] = self._group(self._folded, place)
        for step in path:
            value = value[step]
        errors = islice(self._groups[place].iter_errors(value), _MOST)
        return [problem._replace(path=(*path, *problem.path)) for problem in self._told(errors, value, depth + 1)]

    def _group(self, known: Folded, place: Pointer) -> Any:
        shared = {key: known.bundle[key] for key in ("$schema", self._draft.definitions)}
        return _compile({**shared, **known.groups[place]}, self._draft, self._formats)


def _never_folded(_: Any) -> None:
    return None


def _compile(bundle: JsonObject, draft: Draft, formats: Formats) -> Any:
    checks = dict(formats.checks)
    if draft is not OPENAPI_31:
        cls: Any = jsonschema_rs.Draft4Validator
        for name in LATER_THAN_DRAFT4:
            checks.setdefault(name, _later_format(name))
    else:
        cls = jsonschema_rs.Draft202012Validator
    # most patterns run on the linear engine; look-around and back-references need the other one
    for engine in (_LINEAR, _BACKTRACKING):
        try:
            return cls(bundle, formats=checks, pattern_options=engine, **_ALWAYS)
        except (jsonschema_rs.ValidationError, ValueError):
            continue
    return cls(usable(bundle, cls), formats=checks, pattern_options=_BACKTRACKING, **_ALWAYS)


_ALWAYS = {"validate_formats": True, "offline": True, "mask": "*"}  # the mask: values stay out of every message
_APPLICATORS = frozenset((*OPENAPI_31.applicators, *OPENAPI_31.lists, *OPENAPI_30.applicators))
_MAPS = frozenset(("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"))


def usable(schema: Json, cls: Any) -> Json:
    """The schema without the keywords that no validator takes, such as a pattern that is no regular expression. The
    document's check has told them; what they would have refused, passes."""
    if not isinstance(schema, dict):
        return schema
    kept: JsonObject = {}
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            kept[key] = {name: usable(child, cls) for name, child in value.items() if _is_usable(cls, key, {name: {}})}
        elif key in _APPLICATORS and isinstance(value, dict):
            kept[key] = usable(value, cls)
        elif key in _APPLICATORS and isinstance(value, list):
            kept[key] = [usable(child, cls) for child in value]
        elif key == "$ref" or _is_usable(cls, key, value):
            kept[key] = value
        elif key == "required" and isinstance(value, list):
            kept[key] = list(dict.fromkeys(map(str, value)))
    return kept


def _is_usable(cls: Any, key: str, value: Json) -> bool:
    try:
        cls({key: value}, pattern_options=_BACKTRACKING)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


_LINEAR = jsonschema_rs.RegexOptions()
_BACKTRACKING = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT)
_LATER: dict[str, Callable[[str], bool]] = {}


def _later_format(name: str) -> Callable[[str], bool]:
    if name not in _LATER:
        _LATER[name] = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid
    return _LATER[name]
