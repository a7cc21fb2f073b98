"""A JSON Schema, compiled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec

from pymacaron._types import Json, JsonObject
from pymacaron.formats import LATER_THAN_DRAFT4, Formats
from pymacaron.patterns import FIRST_LEVEL

from .drafts import OPENAPI_30, OPENAPI_31, Draft
from .explaining import Explainer
from .keywords import KEYWORDS
from .problems import SchemaProblem

if TYPE_CHECKING:
    from .patience import Patience


class Checker:
    """A compiled JSON Schema.

    `is_valid(value)` is the fast question; `problems(value)` the complete answer.

    Attributes: `bundle`, the schema, and `formats`, those that it may name.
    """

    __slots__ = (
        "_draft", "_explainer", "_is_valid", "_level", "_levels", "_patience", "_validator", "bundle", "formats",
    )  # fmt: skip

    def __init__(self, bundle: JsonObject, draft: Draft, formats: Formats, level: int = FIRST_LEVEL) -> None:
        """`level`: of patience, where patterns are bound."""
        self.bundle = bundle
        self.formats = formats
        self._draft, self._level = draft, level
        self._validator, self._patience = _compile(bundle, draft, formats, level)
        self._explainer: Explainer | None = None
        self._is_valid: Callable[[Json], bool] = self._validator.is_valid
        self._levels: dict[int, Checker] | None = None
        if self._patience is not None and level == FIRST_LEVEL:
            self._levels = {FIRST_LEVEL: self}
            self._is_valid = lambda value: bool(self._for(value)._validator.is_valid(value))

    def is_valid(self, value: Json) -> bool:
        """Does `value` fit the schema? One that is nested too deeply to be judged does not."""
        try:
            return self._is_valid(value)
        except ValueError:
            return False

    def problems(self, value: Json, is_small: bool = False) -> list[SchemaProblem]:
        """Everything that is wrong with `value`, [] for a valid one. Nothing of the value is in the answer.

        Of a very large value only the first fault is told, of very many faults the first ones, and then that there may
        be more: what it costs to tell what is wrong stays in proportion to what was sent.

        Args:
            is_small: it is known that the value is none of the large ones.
        """
        if self._levels is not None:
            return self._for(value)._explain().problems(value, is_small)
        explainer = self._explainer or self._explain()
        return explainer.problems(value, is_small)

    def _for(self, value: Json) -> Checker:
        """What checks a value with so many texts, where patterns are bound."""
        if self._levels is None or self._patience is None:
            return self
        level = self._patience.level(value)
        found = self._levels.get(level)
        if found is None:
            found = self._levels[level] = Checker(self.bundle, self._draft, self.formats, level)
        return found

    @property
    def is_plain(self) -> bool:
        """Is the complete answer about a small valid value as quick as the fast question?"""
        return self._explain().is_plain

    def _explain(self) -> Explainer:
        if self._explainer is None:
            draft, formats, level = self._draft, self.formats, self._level
            self._explainer = Explainer(
                self.bundle, self._validator, draft, lambda bundle: _compile(bundle, draft, formats, level)[0]
            )
        return self._explainer


def _compile(bundle: JsonObject, draft: Draft, formats: Formats, level: int) -> tuple[Any, Patience | None]:
    """The validator of a schema, and how much patience it has with a value, if it needs any: if patterns are bound."""
    cls: Any = jsonschema_rs.Draft202012Validator if draft is OPENAPI_31 else jsonschema_rs.Draft4Validator
    own = _own(bundle, draft, formats)
    # nearly all patterns run on the linear engine; those that are bound need the other one
    with suppress(jsonschema_rs.ValidationError, ValueError):
        return cls(bundle, pattern_options=_LINEAR, **_ALWAYS, **own), None
    from .patience import Patience  # most schemas need none, and no start has to wait for it

    patience = Patience(bundle)
    within, steps = patience.bound(level)
    backtracking = jsonschema_rs.FancyRegexOptions(backtrack_limit=_STEPS_OF_BOUNDS + steps)
    with suppress(jsonschema_rs.ValidationError, ValueError):
        return cls(within, pattern_options=backtracking, **_ALWAYS, **own), patience
    return cls(usable(within, cls), pattern_options=backtracking, **_ALWAYS, **own), patience


def _own(bundle: JsonObject, draft: Draft, formats: Formats) -> dict[str, Any]:
    """What a validator has to be told of since it does not know it, or not as we do: formats and keywords. As it is
    slower with every value if it is told of anything, that is only what the bundle names."""
    text = msgspec.json.encode(bundle)
    own: dict[str, Any] = {}
    keywords = {name: made for name, made in KEYWORDS.items() if _names(text, name)}
    if keywords:
        own["keywords"] = keywords
    if _names(text, "format"):
        later = () if draft is OPENAPI_31 else LATER_THAN_DRAFT4
        checks = {name: _later_format(name) for name in later if _names(text, name)}
        checks |= {name: check for name, check in formats.checks.items() if _names(text, name)}
        if checks:
            own["formats"] = checks
    return own


def _names(text: bytes, name: str) -> bool:
    """Whether a name may stand in a JSON text: that it is none of ours there does no harm."""
    return msgspec.json.encode(name) in text


_ALWAYS: dict[str, Any] = {"validate_formats": True, "offline": True, "mask": "*"}  # values stay out of every message
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
_BACKTRACKING = jsonschema_rs.FancyRegexOptions()
_STEPS_OF_BOUNDS = 16  # that the bound itself takes


@cache
def _later_format(name: str) -> Callable[[str], bool]:
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid
