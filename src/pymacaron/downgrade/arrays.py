"""What is said of the items of arrays, as OpenAPI 3.0 says it: one schema for all of them."""

from __future__ import annotations

from pymacaron._types import Json, JsonObject

from .notes import Work, either, is_true
from .scalars import kinds_of

# Keywords beside which `unevaluatedItems` says more than `items` would.
_EVALUATING = ("$ref", "allOf", "anyOf", "oneOf", "if", "contains")


def say_items(work: Work) -> None:
    """`prefixItems`, `items` and `unevaluatedItems`."""
    source = work.source
    rest, rest_key = source.get("items", True), "items"
    if "items" not in source and "unevaluatedItems" in source:
        if not any(key in source for key in _EVALUATING):
            rest, rest_key = source["unevaluatedItems"], "unevaluatedItems"
        elif not is_true(source["unevaluatedItems"]):
            work.note("unevaluatedItems")
    prefix = source.get("prefixItems")
    if isinstance(prefix, list) and prefix:
        _say_tuple(work, prefix, rest, rest_key)
    elif not is_true(rest) or "items" in source:
        work.out["items"] = work.sub(rest, rest_key)


def say_items_of_draft_4(work: Work) -> None:
    """In Swagger 2.0 documents that take draft 4 at its word: a list of schemas, and `additionalItems`."""
    given = work.source.get("items")
    if isinstance(given, list):
        _say_tuple(work, given, work.source.get("additionalItems", True), "additionalItems", key="items")
    elif given is not None:
        work.out["items"] = work.sub(given, "items")


def _say_tuple(work: Work, prefix: list[Json], rest: Json, rest_key: str, key: str = "prefixItems") -> None:
    """A schema for each place is not said exactly but where there is one place only, or they are all the same."""
    count = len(prefix)
    most = work.source.get("maxItems")
    if rest is False:
        most = work.out["maxItems"] = min(count, most) if isinstance(most, int) else count
    is_whole = isinstance(most, int) and most <= count
    listed = prefix[:most] if is_whole else [*prefix, rest]
    schemas = [work.sub(schema, key, index) for index, schema in enumerate(prefix[: len(listed)])]
    if not is_whole:
        schemas.append(work.sub(rest, rest_key))
    items = either(schemas)
    if not is_true(items):
        work.out["items"] = items
    if any(schema != listed[0] for schema in listed):
        work.note(key, "left out" if is_true(items) else "`items`, each of which may be any of them")


def say_contains(work: Work) -> None:
    """`contains`: not every item is something else."""
    source = work.source
    if "contains" not in source:
        return
    least, most = source.get("minContains", 1), source.get("maxContains")
    if most is not None:
        work.note("maxContains")
    if least == 0:
        return
    if least != 1:
        work.note("minContains", "at least one")
    found: JsonObject = {"not": {"items": {"not": work.sub(source["contains"], "contains")}}}
    is_array = kinds_of(source.get("type")) == {"array"}
    work.more.append(found if is_array else {"anyOf": [{"not": {"type": "array", "items": {}}}, found]})
