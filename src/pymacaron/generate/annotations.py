"""The Python types of schemas, as one writes them in annotations: of what is read, and of what may be given."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.documents import Node, ReferenceFault
from pymacaron.names import free_name, python_name
from pymacaron.pool import LoadedApi
from pymacaron.schemas import Schemas, chain
from pymacaron.shapes import Shape
from pymacaron.shapes.choices import Guarded, Later, Native, OneOf
from pymacaron.shapes.values import Instant, ListOf, MapOf, ModelOf, Scalar

from .text import ANY, NONE, union

_MOST = 60  # values of an enumeration that are spelt out
_DEEPEST = 12


class Catalogue:
    """The models of all APIs: which file has each, and what it is called there."""

    def __init__(self, apis: Iterable[LoadedApi]) -> None:
        self.apis = {api.name: api for api in apis}
        self._homes: dict[Any, tuple[str, str]] = {}
        self.exported: dict[str, dict[str, Any]] = {name: {} for name in self.apis}  # models by name in each API
        self._taken: dict[str, set[str]] = {name: set() for name in self.apis}
        for api in self.apis.values():
            self._collect(api)

    def _collect(self, api: LoadedApi) -> None:
        names = dir(api.model)
        _ = "" in api.model  # makes those of schemas without a name, too
        for name in dict.fromkeys((*names, *api.document.shapes.inline)):
            try:
                model = getattr(api.model, name)
            except (AttributeError, ReferenceFault):  # no object
                continue
            self.exported[api.name][name] = model
            if model not in self._homes:
                self._register(model, api.name)

    def _register(self, model: Any, found_in: str) -> None:
        owner = model.__model__.api if model.__model__.api in self.apis else found_in
        name = free_name(python_name(model.__model__.name), self._taken[owner])
        self._taken[owner].add(name)
        self._homes[model] = owner, name

    def home(self, model: Any) -> tuple[str, str]:
        """The API whose stub has the class, and its name there."""
        return self._homes[model]

    def marked(self, model: Any) -> str:
        if model not in self._homes:
            return ANY
        owner, name = self._homes[model]
        return f"‹@{folder_of(owner)}:{name}›"

    @cached_property
    def errors(self) -> frozenset[str]:
        """What errors arrive as, marked."""
        return frozenset(self.marked(model) for model in self._homes if is_error_model(model))

    def owned_by(self, api: str) -> dict[str, Any]:
        """The classes that stand in the stub of an API, by name."""
        return {name: model for model, (owner, name) in self._homes.items() if owner == api}


def is_error_model(model: Any) -> bool:
    """May is_error() be true of an instance?"""
    return bool({"error", "status"} <= model.__model__.properties.keys())


def folder_of(api: str) -> str:
    """What the folder of an API is called, beside the files that are about all of them."""
    name = python_name(api)
    return f"{name}_" if name in {"models", "errors"} else name


class Annotations:
    """The types of an API's values.

    Args:
        given: they are what code may hand over: any sequence for a list, decimals for numbers.
        dicts: mappings may stand in for models.
    """

    def __init__(self, catalogue: Catalogue, schemas: Schemas, *, given: bool = False, dicts: bool = False) -> None:
        self._catalogue, self._schemas = catalogue, schemas
        self._given, self._dicts = given, dicts

    def of(self, shape: Shape, node: Node | None = None, depth: int = 0) -> str:
        """The marked annotation of a shape; `node` is its schema, where one is known."""
        node = self._target(node)
        if depth > _DEEPEST:
            return ANY
        if isinstance(shape, Later):
            return self.of(shape.shape, node, depth + 1)
        if isinstance(shape, Native):
            return union(self.of(part, node, depth + 1) for part in shape.shapes)
        if isinstance(shape, OneOf):
            parts = [*((part, one.node) for one, part in shape.branches), *((p, None) for p in shape.dispatch.values())]
            return union(self.of(part, inner, depth + 1) for part, inner in parts)
        if isinstance(shape, Guarded):
            return union(self.of(part, node, depth + 1) for part in shape.shapes.values())
        return self._of_one(shape, node, depth)

    def _of_one(self, shape: Shape, node: Node | None, depth: int) -> str:
        if isinstance(shape, Scalar):
            return self._scalar(shape, node)
        if isinstance(shape, Instant):
            return f"‹{shape.type.__name__}›"
        if isinstance(shape, ListOf):
            items = next((one.get("items") for one in _chain(node) if one.get("items") is not None), None)
            return self._list(self.of(shape.item, items, depth + 1))
        if isinstance(shape, MapOf):
            return f"{'‹Mapping›' if self._given else '‹dict›'}[‹str›, {self.of(shape.item, None, depth + 1)}]"
        if isinstance(shape, ModelOf) and shape.model is not None:
            marked = self._catalogue.marked(shape.model)
            return union([marked, f"‹Mapping›[‹str›, {ANY}]"]) if self._dicts else marked
        return ANY

    def _list(self, item: str) -> str:
        if not self._given:
            return f"‹list›[{item}]"
        # a text is a sequence of texts, which is hardly ever meant
        return f"‹list›[{item}] | ‹tuple›[{item}, ...]" if item == "‹str›" else f"‹Sequence›[{item}]"

    def _scalar(self, shape: Scalar, node: Node | None) -> str:
        kinds = typing.get_args(shape.type) or (shape.type,)
        if types.NoneType in kinds:
            return NONE
        if float in kinds:
            return "‹float› | ‹Decimal›" if self._given else "‹float›"
        if kinds[0] is str and self._is_custom(node):
            return ANY  # what the code makes of it, only the code knows: API(formats=[...])
        listed = _listed(node, kinds[0])
        return f"‹Literal›[{', '.join(map(repr, listed))}]" if listed else f"‹{kinds[0].__name__}›"

    def _is_custom(self, node: Node | None) -> bool:
        names = [one.value.get("format") for one in _chain(node)]
        return any(isinstance(name, str) and not self._schemas.formats.knows(name) for name in names)

    def _target(self, node: Node | None) -> Node | None:
        """The schema that a place leads to."""
        if node is None:
            return None
        try:
            return self._schemas.at(node).node
        except ReferenceFault:
            return None


def _listed(node: Node | None, kind: type) -> list[Any]:
    """What an enumeration of texts or whole numbers allows, as far as it is one of `kind`."""
    said: JsonObject = next((one.value for one in _chain(node) if {"const", "enum"} & one.value.keys()), {})
    values = [said["const"]] if "const" in said else said.get("enum")
    if kind not in (str, int) or not isinstance(values, list) or len(values) > _MOST:
        return []
    told = [value for value in values if value is not None]
    plain = all(type(value) is kind and "‹" not in str(value) for value in told)
    return list(dict.fromkeys(told)) if plain else []


def _chain(node: Node | None) -> list[Node]:
    """A schema, and what it refers to."""
    try:
        return [one for one in chain(node) if isinstance(one.value, dict)] if node is not None else []
    except ReferenceFault:
        return []
