"""Model classes, made."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Union

from msgspec import UNSET, UnsetType

from pymacaron._types import Json
from pymacaron.documents import Node
from pymacaron.names import python_name
from pymacaron.schemas import REQUEST, Schemas
from pymacaron.structs import ChildModel, Default, Model, ModelInfo, ModelMethods, ModelType, OpenModel, Property, load

from .families import admits_null, said_of, said_within
from .shape import Shape


def pascal_case(name: str) -> str:
    made = "".join(part[:1].upper() + part[1:] for part in python_name(name).split("_") if part)
    return made or "Property"


def properties_of(
    nodes: Mapping[str, list[Node]], shapes: Mapping[str, Shape], schemas: Schemas
) -> dict[str, Property]:
    taken: set[str] = set()
    out: dict[str, Property] = {}
    plain = [name for name in nodes if _attribute(name) == name]
    for name in sorted(nodes, key=lambda n: n not in plain):  # those that keep their name choose first
        attribute = _attribute(name)
        while attribute in taken:
            attribute += "_"
        taken.add(attribute)
        shape = shapes[name]
        children = nodes[name]
        said = [member for child in children for member in said_of(child)]
        out[name] = Property(
            name, attribute, not children or any(admits_null(child, schemas) for child in children),
            shape.load, shape.dump,
            next((_default(m["default"], children, schemas) for m in said if "default" in m), None),
            any(m.get("readOnly") is True for m in said),
            any(m.get("writeOnly") is True for m in said),
            any(map(is_sensitive, children)),
            shape.must_finish,
            bool(shape.kinds) and shape.kinds <= {"integer", "number", "null"},
        )  # fmt: skip
    return {name: out[name] for name in nodes}


def _default(value: Json, children: list[Node], schemas: Schemas) -> Default:
    def is_valid(value: Json) -> bool:
        return all(schemas.at(child).checker(REQUEST).is_valid(value) for child in children)

    return Default(value, is_valid)


def is_sensitive(node: Node) -> bool:
    """Is the value, or a part of it that is no property with a name, nothing to be shown?"""
    return any(
        said.get("writeOnly") is True or said.get("x-sensitive") is True or said.get("format") == "password"
        for said in said_within(node)
    )


_RESERVED = frozenset(name for cls in (Model, OpenModel, ModelMethods) for name in dir(cls))


def _attribute(name: str) -> str:
    made = python_name(name)
    if made in _RESERVED or made.startswith("__"):
        return f"{made.strip('_') or 'property'}_"
    return made


def has_init(parent: type) -> bool:
    return any("__init__" in vars(cls) or "__new__" in vars(cls) for cls in parent.__mro__[:-1])


def may_be_field(name: str) -> bool:
    """Can a Struct have a field of this name in JSON? msgspec refuses what JSON would have to escape."""
    return name.isprintable() and not (set(name) & {'"', "\\"})


def struct_class(info: ModelInfo, shapes: Mapping[str, Shape], parents: list[type], module: str) -> Any:
    """A model as a msgspec Struct, whose fields are typed as the shapes say."""
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {"__annotations__": annotations, "__module__": module, "__model__": info}
    for prop in info.properties.values():
        absent = (UNSET, UnsetType) if prop.nullable else (None, None)
        namespace[prop.attribute] = absent[0]
        type_ = shapes[prop.name].type
        also = (None, UnsetType) if prop.nullable else (None,)
        annotations[prop.attribute] = Any if type_ is Any else Union[(type_, *also)]
    return ModelType(
        info.name, (ChildModel if parents else Model, *parents), namespace, kw_only=True, omit_defaults=True,
        dict=bool(parents), rename={attribute: name for name, attribute in info.attributes.items()} or None,
    )  # fmt: skip


def open_class(info: ModelInfo, parents: list[type], module: str) -> Any:
    """A model as a plain class: it keeps what its schema does not name, or its parent is made by an `__init__`."""

    def load_(value: Json) -> Any:
        return load(made, value) if isinstance(value, dict) else value

    made = type(
        info.name, (OpenModel, *parents), {"__module__": module, "__model__": info, "__load__": staticmethod(load_)}
    )
    return made


def module_of(api: str) -> ModuleType:
    """The module that an API's models say they are from; msgspec looks up names of recursive types there."""
    name = f"pymacaron.models.{python_name(api)}"
    module = sys.modules.get(name)
    if module is None:
        module = sys.modules[name] = ModuleType(name, f"The models of the API {api}.")
    return module
