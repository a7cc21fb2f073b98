"""What a validator found, as problems that say what would have been right and nothing of the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.formats import PATTERNS_OF_DRAFT4
from pymacaron.patterns import meant

from .drafts import GUARD
from .folding import FAILURES
from .keywords import LEFT


class SchemaProblem(NamedTuple):
    """One thing wrong with a value: the path into it, the schema keyword, and what would have been right."""

    path: Pointer
    code: str
    expected: str


_KINDS = {
    "string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false",
    "array": "an array", "object": "an object", "null": "null",
}  # fmt: skip


def _a_kind(facts: JsonObject) -> str:
    kinds = sorted(facts["types"], key=lambda kind: (kind == "null", kind))
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def _listed(values: list[Json]) -> str:
    shown = ", ".join("null" if v is None else str(v).lower() if isinstance(v, bool) else repr(v) for v in values[:20])
    return shown + (", …" if len(values) > 20 else "")


def _count(facts: JsonObject, one: str, several: str) -> str:
    return f"{facts['limit']} {one if facts['limit'] == 1 else several}"


# What the document calls a format.
_FORMATS = {pattern: name for name, pattern in PATTERNS_OF_DRAFT4.items()}
# So many problems are told of one value, in so many characters each.
MOST_TOLD, _LONGEST = 100, 500


def _matching(usable: str) -> str:
    pattern, most = meant(usable)
    size = "" if most is None else f"of at most {most} characters "
    return f"text {size}that matches {pattern}"


# Of formats that are often taken for something else: a time needs an offset from UTC (RFC 3339 section 5.6).
_SUCH_AS = {
    "date-time": ", such as 2026-05-01T10:00:00Z", "date": ", such as 2026-05-01", "time": ", such as 10:00:00Z",
    "duration": ", such as P1DT12H",
}  # fmt: skip
_TOO_COSTLY = "text that matches the pattern within the limit of the search"

_EXPECTED: dict[str, Callable[[JsonObject], str]] = {
    "type": _a_kind,
    "enum": lambda facts: f"one of {_listed(facts['options'])}",
    "const": lambda facts: f"exactly {_listed([facts['expected_value']])}",
    "minimum": lambda facts: f"at least {facts['limit']}",
    "maximum": lambda facts: f"at most {facts['limit']}",
    "exclusiveMinimum": lambda facts: f"more than {facts['limit']}",
    "exclusiveMaximum": lambda facts: f"less than {facts['limit']}",
    "multipleOf": lambda facts: f"a multiple of {facts['multiple_of']}",
    "minLength": lambda facts: f"at least {_count(facts, 'character', 'characters')}",
    "maxLength": lambda facts: f"at most {_count(facts, 'character', 'characters')}",
    "pattern": lambda facts: _matching(facts["pattern"]) if "pattern" in facts else _TOO_COSTLY,
    "format": lambda facts: f"text of the format {facts['format']}{_SUCH_AS.get(facts['format'], '')}",
    "minItems": lambda facts: f"at least {_count(facts, 'item', 'items')}",
    "maxItems": lambda facts: f"at most {_count(facts, 'item', 'items')}",
    "uniqueItems": lambda facts: "items that are all different",
    "contains": lambda facts: "an item that matches the schema's `contains`",
    "minProperties": lambda facts: f"at least {_count(facts, 'property', 'properties')}",
    "maxProperties": lambda facts: f"at most {_count(facts, 'property', 'properties')}",
    "propertyNames": lambda facts: "property names that the schema allows",
    "not": lambda facts: "a value that does not match the schema's `not`",
    "anyOf": lambda facts: "a value that fits one of the alternatives",
    "oneOf": lambda facts: "a value that fits exactly one of the alternatives",
    "additionalItems": lambda facts: f"at most {_count(facts, 'item', 'items')}",
    "unevaluatedItems": lambda facts: "no further items",
}


# Keywords whose facts are a number.
_IS_A_LIMIT = frozenset((
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
    "minProperties", "maxProperties", "multipleOf",
))  # fmt: skip

# Answers for an error that stands for a group of alternatives what is wrong with them; None for other errors.
Unfold: TypeAlias = Callable[[Any], "list[SchemaProblem] | None"]


def problems_of(error: Any, unfold: Unfold) -> list[SchemaProblem]:
    """What one of jsonschema-rs' errors means; several problems if it sums up those of alternatives or properties."""
    kind = error.kind
    name, path = kind.name, tuple(error.instance_path)
    if name in _IS_A_LIMIT:  # the most frequent ones need no second look
        return [_problem(path, name, kind.as_dict())]
    if name in ("anyOf", "oneOf"):
        return _problems_of_branches(kind.as_dict()["context"], name, path, unfold)
    if name in FAILURES:
        unfolded = unfold(error)
        if unfolded is not None:
            return unfolded
    facts = kind.as_dict()
    if name == "required":
        return [SchemaProblem((*path, facts["property"]), "required", "a value (required)")]
    if name in ("additionalProperties", "unevaluatedProperties"):
        return _problems_of_names(facts["unexpected"], name, path)
    if name == "falseSchema":
        return [_not_allowed(error, path)]
    if name == LEFT:
        return [SchemaProblem(path, "minProperties", facts["message"])]
    if name == "pattern" and facts.get("pattern") in _FORMATS:
        name, facts = "format", {"format": _FORMATS[facts["pattern"]]}
    return [_problem(path, name, facts)]


def _problem(path: Pointer, name: str, facts: JsonObject) -> SchemaProblem:
    say = _EXPECTED.get(name)
    expected = say(facts) if say is not None else f"a value that fits the schema's `{name}`"
    expected = expected if len(expected) < _LONGEST else f"{expected[:_LONGEST]} …"
    return tuple.__new__(SchemaProblem, (path, name, expected))  # its own constructor takes twice as long


def _problems_of_names(names: list[str], keyword: str, path: Pointer) -> list[SchemaProblem]:
    told = [SchemaProblem((*path, name), keyword, "no such property") for name in names[:MOST_TOLD]]
    return told if len(names) <= MOST_TOLD else [*told, more(path, len(names) - MOST_TOLD)]


def more(path: Pointer, count: int) -> SchemaProblem:
    """That not all is told."""
    return SchemaProblem(path, "more", f"… and {count} more")


def _not_allowed(error: Any, path: Pointer) -> SchemaProblem:
    """The schema of the place is `false`, its own or that of all properties without one."""
    keyword = list(error.schema_path)[-1:]
    if keyword in (["additionalProperties"], ["unevaluatedProperties"]):
        return SchemaProblem(path, keyword[0], "no such property")
    return SchemaProblem(path, "not_allowed", "no value: none is allowed here")


def _problems_of_branches(branches: list[list[Any]], name: str, path: Pointer, unfold: Unfold) -> list[SchemaProblem]:
    """The faults of the branch that was meant, where that can be told; else one problem for all of them."""
    guards = [_guard(branch) for branch in branches]
    chosen = [guard for guard in guards if guard is not None]
    if chosen and len(chosen) == len(guards):
        values = [value for guard in chosen for value in guard[1]]
        expected = f"one of {_listed(values)}" if values else "a value for the discriminator"
        return [SchemaProblem((*path, chosen[0][0]), "discriminator", expected)]
    meant = [branch for branch, guard in zip(branches, guards, strict=True) if guard is None]
    if len(meant) > 1:
        meant = [branch for branch in meant if not any(_wrong_kind(error, path) for error in branch)]
    if len(meant) == 1 and meant[0]:
        return [problem for error in meant[0] for problem in problems_of(error, unfold)]
    return [no_branch(name, path)]


def no_branch(name: str, path: Pointer) -> SchemaProblem:
    """What is wrong where it cannot be told which alternative was meant."""
    return SchemaProblem(path, name, _EXPECTED[name]({}))


def _wrong_kind(error: Any, path: Pointer) -> bool:
    return error.kind.name == "type" and tuple(error.instance_path) == path


def _guard(branch: list[Any]) -> tuple[str, list[Json]] | None:
    """(property, its allowed values) if this branch failed at the guard of a discriminator (see rewriting.py)."""
    for error in branch:
        where, facts = list(error.schema_path), error.kind.as_dict()
        if where[-len(GUARD) - 3 : -3] == GUARD and where[-1] == "enum":
            return where[-2], facts["options"]
        if where[-len(GUARD) - 1 : -1] == GUARD and where[-1] == "required":
            return facts["property"], []
    return None
