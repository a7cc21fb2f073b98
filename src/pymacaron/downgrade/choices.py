"""Schemas that are made of others, as OpenAPI 3.0 combines them."""

from __future__ import annotations

from pymacaron._types import Json, JsonObject
from pymacaron.schemas.drafts import ANNOTATIONS

from .notes import NULL, Work, either

_BRANCHES = ("oneOf", "anyOf")


def say_all(work: Work) -> None:
    if isinstance(work.source.get("allOf"), list):
        work.more += work.subs("allOf")


def say_some(work: Work) -> None:
    """`anyOf` and `oneOf`. Of branches that are said less strictly, a value may fit two: then it is `anyOf`."""
    for key in _BRANCHES:
        branches = work.source.get(key)
        if isinstance(branches, list) and branches:
            _say_branches(work, key, branches)


def _say_branches(work: Work, key: str, branches: list[Json]) -> None:
    chosen = work.out.get("discriminator")
    if key == "oneOf" and (_lost_discriminator(work) or not all(_is_exact(work, key, n) for n in range(len(branches)))):
        work.note(key, "`anyOf`")
        said, key = work.subs(key), "anyOf"
    else:
        said = work.subs(key)
    if chosen is not None:
        said = [_chosen(work, branch, one) for branch, one in zip(branches, said, strict=True)]
    if chosen is not None and NULL in said:
        # a discriminator chooses among references, and null is none
        inner = {key: [branch for branch in said if branch != NULL], "discriminator": work.out.pop("discriminator")}
        key, said = "anyOf", [inner, NULL]
    if key in work.out:
        work.more.append({key: said})
    else:
        work.out[key] = said


def _is_exact(work: Work, key: str, index: int) -> bool:
    return work.exactly(work.source[key][index], key, index) is not None


def _lost_discriminator(work: Work) -> bool:
    """Was there one, which had chosen?"""
    return "discriminator" in work.source and "discriminator" not in work.out


def _chosen(work: Work, branch: Json, said: JsonObject) -> JsonObject:
    """A branch for a discriminator, which chooses among bare references."""
    if not isinstance(branch, dict) or not isinstance(branch.get("$ref"), str):
        return said
    bare = work.reference(branch["$ref"])
    if said not in (bare, {"allOf": [bare]}) and not branch.keys() <= ANNOTATIONS:
        work.note("$ref", "the reference without what stands beside it")
    return bare


def say_not(work: Work) -> None:
    if "not" in work.source:
        negated = work.exactly(work.source["not"], "not")
        if negated is None:
            work.note("not")
        else:
            work.out["not"] = negated


def say_condition(work: Work) -> None:
    """`if`: not that, or `then`; and that, or `else`."""
    source = work.source
    if "if" not in source or not ("then" in source or "else" in source):
        return
    then = work.sub(source.get("then", True), "then")
    otherwise = work.sub(source.get("else", True), "else")
    condition = work.exactly(source["if"], "if")
    if condition is None:
        work.note("if", "`then` or `else`")
        wanted = [either([then, otherwise], in_place=True)]
    else:
        wanted = [either(pair, in_place=True) for pair in ([{"not": condition}, then], [condition, otherwise])]
    work.more += [schema for schema in wanted if schema]


def say_discriminator(work: Work, mapped: JsonObject | None) -> None:
    """A discriminator of 3.x; `mapped` is its mapping with references of the 3.0 form.

    With a default (OpenAPI 3.2) the property need not be there, and 3.0 would demand it.
    """
    given = work.source.get("discriminator")
    if not isinstance(given, dict):
        return
    if "defaultMapping" in given:
        work.note("discriminator", "left out, with its default mapping")
        return
    kept = {key: value for key, value in given.items() if key == "propertyName" or key.startswith("x-")}
    work.out["discriminator"] = {**kept, "mapping": mapped} if mapped else kept
