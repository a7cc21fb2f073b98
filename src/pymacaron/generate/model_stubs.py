"""`models.pyi` of an API: a class for each model, with its properties and what it is made of."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any

from pymacaron.documents import Node
from pymacaron.pool import LoadedApi
from pymacaron.schemas import Schemas
from pymacaron.shapes import Shape
from pymacaron.shapes.families import family_of
from pymacaron.structs import OpenModel, Property

from .annotations import Annotations, Catalogue, folder_of, is_error_model
from .text import ANY, NONE, Module, union

# What a parent of the user's says of an attribute, the schema says more exactly.
_NARROWS = "  # pyright: ignore[reportIncompatibleVariableOverride]"


class ModelStubs:
    """The models of one API, as a stub."""

    def __init__(self, api: LoadedApi, catalogue: Catalogue) -> None:
        self._api, self._catalogue = api, catalogue
        self._schemas: Schemas = api.document.schemas
        self._members = api.document.shapes.members
        self._read = Annotations(catalogue, self._schemas)
        self._given = Annotations(catalogue, self._schemas, given=True)
        self._owned = catalogue.owned_by(api.name)
        self._module = Module(folder_of(api.name), self._owned, holds_models=True)

    def text(self) -> str:
        body = [line for name, model in self._owned.items() for line in self._class(name, model)]
        return self._module.written(f"The models of the API {self._api.name}.", [*body, *self._others()])

    def _others(self) -> Iterator[str]:
        """Names of models that stand elsewhere: in another API, or here under another name."""
        for name, model in self._catalogue.exported[self._api.name].items():
            owner, at_home = self._catalogue.home(model)
            if not name.isidentifier() or keyword.iskeyword(name):
                continue
            if owner != self._api.name:
                yield f"from ..{folder_of(owner)}.models import {at_home} as {name}"
            elif at_home != name and name not in self._owned:
                yield f"{name} = {at_home}"

    def _class(self, name: str, model: Any) -> Iterator[str]:
        info = model.__model__
        node = self._members[model][0] if model in self._members else None
        shapes = self._shapes_of(model, node)
        required = demanded_of(node, self._schemas) if node is not None else set()
        taken = {prop.attribute for prop in info.properties.values()}
        bases = [*self._parents(model), *(["ErrorModel"] if is_error_model(model) else []), "‹ModelMethods›"]
        if is_error_model(model):
            self._module.add_import("from ..errors import ErrorModel")
        yield self._module.text(f"class {name}({', '.join(bases)}):", ())
        arguments = []
        for prop in info.properties.values():
            shape, child = shapes.get(prop.name, (None, None))
            is_required = prop.name in required
            written = self._module.text(self._attribute(prop, shape, child, is_required), taken)
            yield f"    {prop.attribute}: {written}{_NARROWS if model.__bases__[1:] else ''}"
            arguments.append((_keyword(prop, info.properties), *self._argument(prop, shape, child, is_required)))
        yield from self._init(arguments, taken, is_open=issubclass(model, OpenModel) and info.extra is not None)
        yield ""

    def _init(self, arguments: list[tuple[str, str, bool]], taken: set[str], *, is_open: bool) -> Iterator[str]:
        myself = "_self" if any(name == "self" for name, _, _ in arguments) else "self"
        first = [f"{name}: {self._module.text(text, taken)}" for name, text, needed in arguments if needed]
        last = [f"{name}: {self._module.text(text, taken)} = ..." for name, text, needed in arguments if not needed]
        star = ["*"] if arguments else []
        extra = [self._module.text(f"**extra: {ANY}", taken)] if is_open else []
        yield f"    def __init__({', '.join([myself, '/', *star, *first, *last, *extra])}) -> None: ..."

    def _attribute(self, prop: Property, shape: Shape | None, node: Node | None, is_required: bool) -> str:
        read = self._read.of(shape, node) if shape is not None else ANY
        if prop.nullable:
            return union([read, NONE] if is_required else [read, "‹UnsetType›", NONE])
        return read if is_required or prop.default is not None else union([read, NONE])

    def _argument(self, prop: Property, shape: Shape | None, node: Node | None, is_required: bool) -> tuple[str, bool]:
        """What the constructor takes, and whether it has to be there: not what only one side ever sends."""
        given = self._given.of(shape, node) if shape is not None else ANY
        needed = is_required and not prop.read_only and not prop.write_only
        absent = (
            [NONE, "‹UnsetType›"] if prop.nullable and not needed else [NONE] if prop.nullable or not needed else []
        )
        return union([given, *absent]), needed

    def _parents(self, model: Any) -> Iterator[str]:
        for parent in model.__bases__:
            if not parent.__module__.startswith("pymacaron.structs") and "<" not in parent.__qualname__:
                self._module.add_import(f"import {parent.__module__}")
                yield f"{parent.__module__}.{parent.__qualname__}"

    def _shapes_of(self, model: Any, node: Node | None) -> dict[str, tuple[Shape | None, Node | None]]:
        """The shape and the schema of every property."""
        if node is None:
            return {}
        family = family_of(node, self._schemas.draft)
        shapes = self._members[model][1]
        return {
            name: (shapes.get(name), children[0] if children else None) for name, children in family.properties.items()
        }


def demanded_of(node: Node, schemas: Schemas) -> set[str]:
    """The properties that are always there: demanded without conditions."""
    found: set[str] = set()
    for member in family_of(node, schemas.draft).nodes:
        given = member.value.get("required")
        found.update(name for name in given or () if isinstance(name, str)) if isinstance(given, list) else None
    return found


def _keyword(prop: Property, properties: dict[str, Property]) -> str:
    """What the constructor calls a property: as JSON does, where Python allows it."""
    others = {one.attribute for one in properties.values() if one is not prop}
    plain = prop.name.isidentifier() and not keyword.iskeyword(prop.name) and not prop.name.startswith("__")
    return prop.name if plain and prop.name not in others else prop.attribute
