"""The drafts of JSON Schema as the versions of OpenAPI use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.formats import PATTERNS, PATTERNS_OF_DRAFT4

REQUEST, RESPONSE = "request", "response"

_APPLICATORS_4 = ("additionalItems", "additionalProperties", "items", "not")
_APPLICATORS = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
_MAPS_4, _MAPS = (
    ("properties", "patternProperties", "dependencies"),
    # `dependencies` was split in two before 2020-12, which lets it be understood still (validation, appendix C)
    ("properties", "patternProperties", "dependentSchemas", "dependencies"),
)
_LISTS_4, _LISTS = ("allOf", "anyOf", "oneOf", "items"), ("allOf", "anyOf", "oneOf", "prefixItems")
_ASSERTIONS_4 = (
    "type", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties",
)  # fmt: skip
_ASSERTIONS = (*_ASSERTIONS_4, "const", "maxContains", "minContains", "dependentRequired")

# What may stand beside a reference without making another schema of it.
ANNOTATIONS = frozenset(
    ("$ref", "$comment", "title", "summary", "description", "example", "examples", "deprecated", "externalDocs")
)

# A discriminator's guard is wrapped in allOf this often, which no author does: so its failures can be told from others.
GUARD_DEPTH = range(2)
GUARD = ["allOf", 0] * (len(GUARD_DEPTH) + 1)


class Draft(NamedTuple):
    """A JSON Schema draft as an OpenAPI version uses it."""

    name: str
    uri: str
    definitions: str  # the keyword that holds shared schemas
    nullable: tuple[str, ...]  # keywords that add null to what is allowed
    ref_siblings: bool  # do keywords beside $ref count?
    applicators: tuple[str, ...]
    maps: tuple[str, ...]
    lists: tuple[str, ...]
    assertions: frozenset[str]
    structural: frozenset[str]  # all keywords with schemas inside
    patterns: Mapping[str, str]  # the formats that the validator is given as patterns

    def is_nullable(self, schema: Mapping[str, Json]) -> bool:
        """Does a keyword beside the others add null to what a schema allows?"""
        for key in self.nullable:  # noqa: SIM110 - asked of every schema, and any() takes three times as long
            if schema.get(key) is True:
                return True
        return False


# Swagger 2.0 and OpenAPI 3.0 build on draft 4 (3.0's "Wright Draft 00" differs from it in no assertion); keywords
# beside `$ref` are ignored (2.0 and 3.0, Reference Object).
_DRAFT4 = Draft(
    "draft 4", "http://json-schema.org/draft-04/schema#", "definitions", (), False,
    _APPLICATORS_4, _MAPS_4, _LISTS_4, frozenset(_ASSERTIONS_4), frozenset((*_APPLICATORS_4, *_MAPS_4, *_LISTS_4)),
    PATTERNS_OF_DRAFT4,
)  # fmt: skip
SWAGGER_20 = _DRAFT4._replace(nullable=("x-nullable",))
OPENAPI_30 = _DRAFT4._replace(nullable=("nullable", "x-nullable"))
OPENAPI_31 = Draft(
    "draft 2020-12", "https://json-schema.org/draft/2020-12/schema", "$defs", (), True,
    _APPLICATORS, _MAPS, _LISTS, frozenset(_ASSERTIONS), frozenset((*_APPLICATORS, *_MAPS, *_LISTS)), PATTERNS,
)  # fmt: skip
