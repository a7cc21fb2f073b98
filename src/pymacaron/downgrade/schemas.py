"""A schema of JSON Schema 2020-12, or of Swagger 2.0, as one of OpenAPI 3.0 that allows the same; where 3.0 cannot say
that, one that allows more, and never one that allows less.

Less of a schema that is negated would be more: so what stands where weaker is stricter (`not`, `if`, the branches of
`oneOf`) is only kept if it can be said exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.bodies import JSON, TEXT, kind_of
from pymacaron.grammar import grammar_of

from .arrays import say_contains, say_items, say_items_of_draft_4
from .choices import say_all, say_condition, say_discriminator, say_not, say_some
from .members import say_dependencies, say_names, say_properties, say_required
from .notes import ANYTHING, NOTHING, NULL, Said, Work, either
from .scalars import copy_bounds, say_bounds, say_types, say_values

# What means the same everywhere.
_SAME = frozenset((
    "title", "description", "default", "readOnly", "writeOnly", "deprecated", "externalDocs", "example", "format",
    "multipleOf", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties",
    "minProperties",
))  # fmt: skip

Step: TypeAlias = Callable[[Work], None]


class Schemas:
    """The schemas of one document, said in OpenAPI 3.0.

    Args:
        name: gives the name of what a reference leads to.
        vague: the names of schemas that could not be said exactly, as far as that is known.
    """

    def __init__(self, name: Callable[[str], str], vague: set[str]) -> None:
        self.name = name
        self.vague = vague
        self._said: dict[Pointer, Said] = {}

    def say(self, schema: Json, at: Pointer) -> Said:
        """The schema at a place of the document."""
        found = self._said.get(at)
        if found is None:
            found = self._said[at] = self._of(schema, at)
        return found

    def _of(self, schema: Json, at: Pointer) -> Said:
        if not isinstance(schema, dict):
            return Said(NOTHING if schema is False else ANYTHING)
        work = Work(schema, at, self)
        for step in self._steps():
            step(work)
        return work.done()

    def _steps(self) -> tuple[Step, ...]:
        return (
            _say_reference, _say_same, self._discriminator, say_values, say_bounds, say_required, say_properties,
            say_names, say_dependencies, say_items, say_contains, say_all, say_some, say_not, say_condition, say_types,
            _say_example, _say_format, _say_media, _say_xml,
        )  # fmt: skip

    def _discriminator(self, work: Work) -> None:
        given = work.source.get("discriminator")
        mapping = given.get("mapping") if isinstance(given, dict) else None
        if isinstance(mapping, dict):
            mapping = {
                value: work.reference(target)["$ref"] if isinstance(target, str) and target[:2] == "#/" else target
                for value, target in mapping.items()
            }
        say_discriminator(work, mapping)


def _say_reference(work: Work) -> None:
    if isinstance(work.source.get("$ref"), str):
        work.more.append(work.reference(work.source["$ref"]))


def _say_same(work: Work) -> None:
    fields = grammar_of("3.0").thing("Schema").fields
    for key, value in work.source.items():
        if key[:2] == "x-" and key != "x-nullable":
            work.out[key] = value
        elif key in _SAME and (not fields[key].leaf or fields[key].fits(value)):  # what does not fit, says nothing
            is_count = key[:3] in ("min", "max") and isinstance(value, float)
            work.out[key] = int(value) if is_count else value  # 5.0 is a whole number since 2019-09 only


def _say_example(work: Work) -> None:
    """3.0 has one example, in a keyword that 3.1 still knows."""
    listed = work.source.get("examples")
    if "example" not in work.source and isinstance(listed, list) and listed:
        work.out["example"] = listed[0]


def _say_format(work: Work) -> None:
    """Draft 4 has no `time` and no `duration`: in 3.0 they are what ISO 8601 says, more than RFC 3339."""
    if work.source.get("format") in ("time", "duration"):
        work.note("format", "as in ISO 8601")


def _say_media(work: Work) -> None:
    """Text that holds the bytes of a file, as they are, is a format in 3.0."""
    media = work.source.get("contentMediaType")
    if not isinstance(media, str) or "contentEncoding" in work.source or "format" in work.source:
        return
    if kind_of(media.lower()) not in (JSON, TEXT):
        work.out["format"] = "binary"


def _say_xml(work: Work) -> None:
    xml = work.source.get("xml")
    if isinstance(xml, dict):
        kind = {"attribute": True} if xml.get("nodeType") == "attribute" else {}
        work.out["xml"] = {**{key: value for key, value in xml.items() if key != "nodeType"}, **kind}


# Keywords that draft 4 does not know: they say nothing.
_LATER = frozenset((
    "$anchor", "$defs", "$dynamicAnchor", "$dynamicRef", "const", "contains", "contentEncoding", "contentMediaType",
    "dependentRequired", "dependentSchemas", "else", "examples", "if", "maxContains", "minContains", "prefixItems",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
))  # fmt: skip


# Beside a reference nothing counts, says the standard; authors think otherwise of these, and so does pymacaron.
_BESIDE = ("readOnly", "writeOnly", "default", "x-sensitive")


class Schemas20(Schemas):
    """The schemas of a Swagger 2.0 document: draft 4, as 3.0 has it, with a discriminator of their own kind."""

    def _steps(self) -> tuple[Step, ...]:
        return (
            _say_same, self._discriminator, say_values, copy_bounds, say_required, say_properties, say_dependencies,
            say_items_of_draft_4, say_all, say_some, say_not, say_types, _say_file, _say_xml,
        )  # fmt: skip

    def _of(self, schema: Json, at: Pointer) -> Said:
        if not isinstance(schema, dict):
            return super()._of(schema, at)
        if isinstance(schema.get("$ref"), str):
            work = Work({key: schema[key] for key in _BESIDE if key in schema}, at, self)
            work.more.append(work.reference(schema["$ref"]))
            _say_same(work)
            said = work.done()
        else:
            said = super()._of({key: value for key, value in schema.items() if key not in _LATER}, at)
        return said._replace(schema=_nullable(said.schema)) if schema.get("x-nullable") is True else said

    def _discriminator(self, work: Work) -> None:
        name = work.source.get("discriminator")
        if isinstance(name, str):
            work.out["discriminator"] = {"propertyName": name}


def _say_file(work: Work) -> None:
    if work.source.get("type") == "file":
        work.out.update(type="string", format="binary")


def _nullable(schema: JsonObject) -> JsonObject:
    """A schema, or null: `x-nullable` counts whatever stands beside it."""
    if isinstance(schema.get("type"), str) and schema.keys().isdisjoint(("allOf", "anyOf", "oneOf", "not")):
        listed = {"enum": [*schema["enum"], None]} if "enum" in schema and None not in schema["enum"] else {}
        return {**schema, **listed, "nullable": True}
    return either([schema, NULL])
