"""Parameters and forms of Swagger 2.0 as OpenAPI 3.0 has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pymacaron._types import JsonObject, Pointer

from .attempts import Attempt
from .notes import either

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_OWN = frozenset(("name", "in", "description", "required", "collectionFormat", "allowEmptyValue", "schema"))
# How a list is written in a query; "tsv", by tabs, has no name in 3.0.
_STYLES: dict[str, JsonObject] = {
    "csv": {"style": "form", "explode": False},
    "multi": {"style": "form", "explode": True},
    "ssv": {"style": "spaceDelimited", "explode": False},
    "pipes": {"style": "pipeDelimited", "explode": False},
}
_IGNORED = ("accept", "content-type", "authorization")  # as header parameters, by OpenAPI 3.x


class Given(NamedTuple):
    """A parameter, its place in the bundle, and the reference that led there."""

    value: JsonObject
    at: Pointer
    reference: str | None

    @property
    def location(self) -> str:
        return str(self.value.get("in"))

    @property
    def name(self) -> str:
        return str(self.value.get("name"))

    @property
    def collection_format(self) -> str | None:
        """How a list is written; None for what is no list."""
        return str(self.value.get("collectionFormat", "csv")) if self.value.get("type") == "array" else None


def parameter_of(attempt: Attempt, given: Given) -> JsonObject:
    """A parameter in path, query or header."""
    value, where = given.value, given.location
    if where == "header" and given.name.lower() in _IGNORED:
        attempt.note(given.at, "in: header", "ignored, as 3.0 does with this name")
    kept: JsonObject = {key: value[key] for key in ("name", "in", "description", "required") if key in value}
    if where == "path":
        kept["required"] = True
    if where == "query" and "allowEmptyValue" in value:
        kept["allowEmptyValue"] = value["allowEmptyValue"]
    known = tuple(_STYLES) if where == "query" else ("csv",)
    style = _STYLES[given.collection_format] if where == "query" and given.collection_format in _STYLES else {}
    extensions = {key: inner for key, inner in value.items() if key.startswith("x-") and key != "x-nullable"}
    return {**kept, **style, "schema": value_schema(attempt, given, known), **extensions}


def value_schema(attempt: Attempt, given: Given, formats: Sequence[str]) -> JsonObject:
    """The schema of what a parameter or header carries. A list that 3.0 cannot read is text.

    Args:
        formats: in which of these ways a list may be written here.
    """
    value = given.value
    if given.collection_format is not None and given.collection_format not in formats:
        attempt.note(given.at, f"collectionFormat: {given.collection_format}", "text")
        return {"type": "string"}
    schema = {key: inner for key, inner in value.items() if key not in _OWN}
    schema = {key: inner for key, inner in schema.items() if not key.startswith("x-") or key == "x-nullable"}
    items = schema.get("items")
    if isinstance(items, dict) and items.get("type") == "array":
        attempt.note((*given.at, "items"), "items", "text")  # only one level of a list has a style
        schema["items"] = {"type": "string"}
    elif isinstance(items, dict):
        schema["items"] = {key: inner for key, inner in items.items() if key != "collectionFormat"}
    return attempt.schema(schema, given.at)


class Form:
    """The fields of a form."""

    def __init__(self, fields: list[Given]) -> None:
        self._fields = fields
        self.required = [given.name for given in fields if given.value.get("required") is True]
        self.has_files = any(_is_file(given.value) for given in fields)

    def content(self, attempt: Attempt, media: str) -> JsonObject:
        """The Media Type Object of this form in a media type."""
        is_multipart = media.lower() == FORMS[1]
        formats = ("multi",) if is_multipart else tuple(_STYLES)
        schema: JsonObject = {"type": "object"}
        schema["properties"] = {given.name: _field(attempt, given, formats) for given in self._fields}
        if self.required:
            schema["required"] = self.required
        written = {
            given.name: _STYLES[given.collection_format]
            for given in self._fields
            if not is_multipart and given.collection_format in _STYLES and given.collection_format is not None
        }
        return {"schema": schema, "encoding": written} if written else {"schema": schema}


def _is_file(value: JsonObject) -> bool:
    items = value.get("items") if value.get("type") == "array" else None
    return (items if isinstance(items, dict) else value).get("type") == "file"


def _field(attempt: Attempt, given: Given, formats: Sequence[str]) -> JsonObject:
    value = given.value
    if _is_file(value) and value.get("type") == "array":  # several files of one name, however they say it
        formats = (*formats, given.collection_format or "")
    schema = value_schema(attempt, given, formats)
    if value.get("allowEmptyValue") is True:
        schema = either([schema, {"type": "string", "enum": [""]}])
    described = {"description": value["description"]} if "description" in value else {}
    return {
        **schema,
        **described,
        **{key: inner for key, inner in value.items() if key[:2] == "x-" and key != "x-nullable"},
    }
