"""What is said of the properties of objects, as OpenAPI 3.0 says it: by name, and of all others."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import Json, JsonObject

from .notes import Work, either, is_true

# Keywords beside which `unevaluatedProperties` says more than `additionalProperties` would.
_EVALUATING = ("$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "dependencies")
_EVERY_NAME = frozenset(("", ".*", "^.*", "^"))


def say_required(work: Work) -> None:
    given = work.source.get("required")
    names = list(dict.fromkeys(name for name in given if isinstance(name, str))) if isinstance(given, list) else []
    if names:
        work.out["required"] = names  # draft 4 wants one at least


def say_properties(work: Work) -> None:
    """`properties`, `patternProperties`, `additionalProperties` and `unevaluatedProperties`."""
    source = work.source
    named = source.get("properties")
    if isinstance(named, dict):
        work.out["properties"] = {name: work.sub(schema, "properties", name) for name, schema in named.items()}
    rest, rest_key = source.get("additionalProperties", True), "additionalProperties"
    if rest_key not in source and "unevaluatedProperties" in source:
        if not any(key in source for key in _EVALUATING):
            rest, rest_key = source["unevaluatedProperties"], "unevaluatedProperties"
        elif not is_true(source["unevaluatedProperties"]):
            work.note("unevaluatedProperties")
    patterns = source.get("patternProperties")
    if isinstance(patterns, dict) and patterns:
        _say_patterns(work, patterns, rest, rest_key)
    elif isinstance(rest, bool):
        if rest_key in source:
            work.out["additionalProperties"] = rest
    elif isinstance(rest, dict):
        work.out["additionalProperties"] = work.sub(rest, rest_key)


def _say_patterns(work: Work, patterns: dict[str, Json], rest: Json, rest_key: str) -> None:
    schemas = [work.sub(schema, "patternProperties", name) for name, schema in patterns.items()]
    if patterns.keys() <= _EVERY_NAME and len(patterns) == 1 and not work.source.get("properties"):
        work.out["additionalProperties"] = schemas[0]
        return
    if not is_true(rest):
        if rest is not False:
            schemas.append(work.sub(rest, rest_key))
        work.out["additionalProperties"] = either(schemas)
    now = "left out" if is_true(rest) else "`additionalProperties`, each of which may be any of them"
    work.note("patternProperties", now)


def say_names(work: Work) -> None:
    """`propertyNames`: only that there may be none, or any."""
    names = work.source.get("propertyNames", True)
    if names is False:
        work.out["maxProperties"] = 0
    elif not is_true(names) and names != {"type": "string"}:
        work.note("propertyNames")


def say_dependencies(work: Work) -> None:
    """What one property asks of the object: it is not there, or that holds."""
    for name, wanted, steps in _dependencies(work.source):
        absent: JsonObject = {"not": {"required": [name]}}
        if isinstance(wanted, list):
            if wanted:
                work.more.append({"anyOf": [absent, {"required": list(dict.fromkeys(wanted))}]})
        elif not is_true(wanted):
            # `required` passes what is no object: that has nothing to fulfil
            no_object: JsonObject = {"not": {"type": "object"}}
            work.more.append(either([no_object, absent, work.sub(wanted, *steps)], in_place=True))


def _dependencies(source: JsonObject) -> Iterator[tuple[str, Json, tuple[str, str]]]:
    """The property, what it asks (names, or a schema), and where that stands; `dependencies` is what the other two were
    before 2019-09."""
    for key in ("dependentRequired", "dependentSchemas", "dependencies"):
        given = source.get(key)
        for name, wanted in given.items() if isinstance(given, dict) else ():
            if isinstance(wanted, dict | bool | list):
                yield name, wanted, (key, name)
