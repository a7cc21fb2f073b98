"""Which Python value a schema's JSON value becomes, and which model class an object schema is.

A `Shape` has two ways from JSON to Python: `convert`, msgspec's, along the type that the shape gives; and `load`, ours,
which is slower and total. Validity is judged by schemas.py before either runs, and is the stricter of the two: where
msgspec refuses what the schema allows (1.0 for an integer, a leap second), `load` takes over. For a valid value both
give equal results.
"""

from __future__ import annotations

import sys
from abc import ABC
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from importlib import import_module
from itertools import count
from types import ModuleType
from typing import Any, ForwardRef, Union

import msgspec
from msgspec import UNSET, UnsetType

from ._types import Json
from .documents import Node, suggest
from .exceptions import Finding
from .formats import Format
from .names import python_name
from .schemas import REQUEST, RESPONSE, Dispatch, Schema, Schemas
from .structs import Model, ModelInfo, ModelMethods, ModelType, OpenModel, Property, dump, finish, is_model, load

_forward_numbers = count()


class Shape:
    """How the JSON value of a schema becomes a Python value and back.

    Attributes:
        type: what msgspec converts to.
        kinds: the JSON kinds that `type` takes by itself; empty: it takes part in no union.
    """

    type: Any = Any
    kinds: frozenset[str] = frozenset()

    def load(self, value: Json) -> Any:
        """JSON to Python, for every valid value; what does not fit stays as it is."""
        return value

    def dump(self, value: Any) -> Any:
        """Python to what the JSON encoder writes as the schema wants it."""
        return value

    def must_finish(self) -> bool:
        """May values hold defaults to fill in or readOnly properties to drop?"""
        return False

    def must_dump(self) -> bool:
        """Do values hold something that the JSON encoder would write otherwise than `dump`?"""
        return False

    def convert(self, value: Json) -> Any:
        """JSON to Python, the quick way where it goes."""
        try:
            return msgspec.convert(value, self.type, dec_hook=_convert_other)
        except (msgspec.ValidationError, RecursionError):
            return self.load(value)


def _convert_other(type_: Any, value: Json) -> Any:
    return type_.__load__(value)


class Anything(Shape):
    def convert(self, value: Json) -> Any:
        return value


class Scalar(Shape):
    """A JSON scalar that is itself in Python."""

    def __init__(self, type_: Any, kind: str) -> None:
        self.type = type_
        self.kinds = frozenset((kind,))

    def load(self, value: Json) -> Any:
        if self.type is int and isinstance(value, float) and value.is_integer():
            return int(value)  # JSON Schema 2020-12: 1.0 is an integer
        return value


class Instant(Shape):
    """`date-time` and `date` as datetime and date objects."""

    kinds = frozenset(("string",))

    def __init__(self, type_: type[date]) -> None:
        self.type = type_

    def load(self, value: Json) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return msgspec.convert(value, self.type)
        except msgspec.ValidationError:
            return _unusual_instant(value)


def _unusual_instant(text: str) -> Any:
    """RFC 3339 knows instants that Python does not. A leap second is the second after it, as POSIX time has it; the
    year 0000 stays text."""
    before, colon, after = text.rpartition(":60")
    if not colon:
        return text
    try:
        return msgspec.convert(f"{before}:59{after}", datetime) + timedelta(seconds=1)
    except (msgspec.ValidationError, OverflowError):
        return text


class Custom(Shape):
    """A string of a format that the user registered."""

    def __init__(self, format_: Format) -> None:
        self.format = format_
        self.type = _choice(format_.name, self.load)

    def load(self, value: Json) -> Any:
        return self.format.to_python(value) if isinstance(value, str) else value

    def dump(self, value: Any) -> Any:
        return value if value is None or value is UNSET else self.format.to_wire(value)

    def must_dump(self) -> bool:
        return True


class ListOf(Shape):
    kinds = frozenset(("array",))

    def __init__(self, item: Shape) -> None:
        self.item = item
        self.type = list[item.type]  # type: ignore[name-defined]

    def load(self, value: Json) -> Any:
        return [self.item.load(item) for item in value] if isinstance(value, list) else value

    def dump(self, value: Any) -> Any:
        return [self.item.dump(item) for item in value] if isinstance(value, (list, tuple)) else value

    def must_finish(self) -> bool:
        return self.item.must_finish()

    def must_dump(self) -> bool:
        return self.item.must_dump()


class MapOf(Shape):
    kinds = frozenset(("object",))

    def __init__(self, item: Shape) -> None:
        self.item = item
        self.type = dict[str, item.type]  # type: ignore[name-defined]

    def load(self, value: Json) -> Any:
        return {k: self.item.load(item) for k, item in value.items()} if isinstance(value, dict) else value

    def dump(self, value: Any) -> Any:
        return {k: self.item.dump(item) for k, item in value.items()} if isinstance(value, dict) else value

    def must_finish(self) -> bool:
        return self.item.must_finish()

    def must_dump(self) -> bool:
        return self.item.must_dump()


class ModelOf(Shape):
    """An object as an instance of a model class."""

    def __init__(self, forward: str) -> None:
        # until the class is there, a schema that leads back to itself sees its future name
        self.type = ForwardRef(forward)
        self.kinds = frozenset(("object",))
        self.model: Any = None
        self._properties: dict[str, Shape] = {}
        self._finish: bool | None = None
        self._dump: bool | None = None

    def complete(self, model: Any, properties: dict[str, Shape]) -> None:
        self.model = self.type = model
        self._properties = properties
        if issubclass(model, OpenModel):
            self.kinds = frozenset()

    def load(self, value: Json) -> Any:
        return load(self.model, value) if isinstance(value, dict) else value

    def dump(self, value: Any) -> Any:
        if isinstance(value, dict):
            shapes = self._properties
            return {k: shapes[k].dump(item) if k in shapes else dump(item) for k, item in value.items()}
        return dump(value)

    def must_finish(self) -> bool:
        if self._finish is None:
            self._finish = False  # a circle decides nothing by itself
            own = any(p.read_only or p.default is not UNSET for p in self.model.__model__.properties.values())
            self._finish = own or any(shape.must_finish() for shape in self._properties.values())
        return self._finish

    def must_dump(self) -> bool:
        if self._dump is None:
            self._dump = False
            self._dump = any(shape.must_dump() for shape in self._properties.values())
        return self._dump


class OneOf(Shape):
    """A value that is of one of several shapes, chosen by a discriminator or by validity."""

    def __init__(self, branches: list[tuple[Schema, Shape]], dispatch: Mapping[str, Shape], property_: str) -> None:
        self.branches = branches
        self.dispatch = dispatch
        self.property = property_
        self.type = _choice("choice", self.load)
        self._asked = False

    def load(self, value: Json) -> Any:
        if self.dispatch and isinstance(value, dict):
            named = value.get(self.property)
            if isinstance(named, str) and named in self.dispatch:
                return self.dispatch[named].load(value)
        for schema, shape in self.branches:
            if schema.checker(REQUEST).is_valid(value) or schema.checker(RESPONSE).is_valid(value):
                return shape.convert(value)
        return value

    def dump(self, value: Any) -> Any:
        if is_model(value) or len(self.branches) != 1:
            return dump(value)
        return self.branches[0][1].dump(value)

    def _shapes(self) -> Iterable[Shape]:
        return (*(shape for _, shape in self.branches), *self.dispatch.values())

    def must_finish(self) -> bool:
        return self._any(lambda shape: shape.must_finish())

    def must_dump(self) -> bool:
        return self._any(lambda shape: shape.must_dump())

    def _any(self, question: Callable[[Shape], bool]) -> bool:
        if self._asked:
            return False
        self._asked = True  # a circle decides nothing by itself
        try:
            return any(question(shape) for shape in self._shapes())
        finally:
            self._asked = False


class Guarded(Shape):
    """A shape for one JSON kind, where the schema lets other kinds pass as they are."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = shapes
        self.type = _choice("guarded", self.load)

    def _of(self, value: Any) -> Shape | None:
        kind = "object" if isinstance(value, dict) or is_model(value) else "array" if isinstance(value, list) else "other"
        return self.shapes.get(kind) or self.shapes.get("other")

    def load(self, value: Json) -> Any:
        shape = self._of(value)
        return shape.convert(value) if shape is not None else value

    def dump(self, value: Any) -> Any:
        shape = self._of(value)
        return shape.dump(value) if shape is not None else dump(value)

    def must_finish(self) -> bool:
        return any(shape.must_finish() for shape in self.shapes.values())

    def must_dump(self) -> bool:
        return any(shape.must_dump() for shape in self.shapes.values())


def _choice(name: str, load_: Callable[[Json], Any]) -> Any:
    """A type that msgspec does not know and therefore hands to _convert_other; every value is an instance of it."""

    def every_class(cls: type, other: type) -> bool:
        return True

    return type(name, (ABC,), {"__load__": staticmethod(load_), "__subclasshook__": classmethod(every_class)})


_SCALARS = {
    "string": Scalar(str, "string"), "integer": Scalar(int, "integer"), "boolean": Scalar(bool, "boolean"),
    "number": Scalar(Union[int, float], "number"), "null": Scalar(type(None), "null"),
}  # fmt: skip
_ANYTHING = Anything()


def union(shapes: list[tuple[Schema, Shape]]) -> Shape:
    """The shape of a value that has one of these shapes."""
    distinct = list({id(shape): shape for _, shape in shapes}.values())
    if len(distinct) == 1:
        return distinct[0]
    if any(isinstance(shape, Anything) for shape in distinct):
        return _ANYTHING if not any(is_rich(shape) for shape in distinct) else OneOf(shapes, {}, "")
    kinds = [kind for shape in distinct for kind in shape.kinds]
    clash = len(kinds) != len(set(kinds)) or {"integer", "number"} <= set(kinds)
    rest = [shape for shape in distinct if shape.kinds != {"null"}]
    if not clash and (all(shape.kinds for shape in distinct) or len(rest) == 1):
        return _Native(distinct)
    return OneOf(shapes, {}, "")


def is_rich(shape: Shape) -> bool:
    """Does a value of this shape differ from its JSON value?"""
    return not isinstance(shape, (Anything, Scalar))


class _Native(Shape):
    """A union that msgspec can tell apart by the JSON kind alone."""

    def __init__(self, shapes: list[Shape]) -> None:
        self.shapes = shapes
        self.type = Union[tuple(shape.type for shape in shapes)]
        self.kinds = frozenset(kind for shape in shapes for kind in shape.kinds)
        if not all(shape.kinds for shape in shapes):
            self.kinds = frozenset()

    def load(self, value: Json) -> Any:
        for shape in self.shapes:
            if not shape.kinds and value is not None or _kind_of(value) & shape.kinds:
                return shape.load(value)
        return value

    def dump(self, value: Any) -> Any:
        if value is None:
            return None
        rich = [shape for shape in self.shapes if shape.must_dump()]
        return rich[0].dump(value) if len(rich) == 1 else dump(value)

    def must_finish(self) -> bool:
        return any(shape.must_finish() for shape in self.shapes)

    def must_dump(self) -> bool:
        return any(shape.must_dump() for shape in self.shapes)


def _kind_of(value: Json) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"}


class _Family:
    """What a schema says together with everything that it contains by allOf."""

    def __init__(self) -> None:
        self.properties: dict[str, list[Node]] = {}
        self.types: set[str] | None = None
        self.groups: list[list[Node]] = []  # each oneOf or anyOf
        self.nodes: list[Node] = []
        self.open: list[Node] = []  # those that declare additionalProperties or patternProperties


class Shapes:
    """All shapes and models of one API.

    Args:
        schemas: the API's schemas.
        api: its name.
        named: the schemas in its components (definitions), by name.
    """

    def __init__(self, schemas: Schemas, api: str, named: Mapping[str, Node]) -> None:
        self.schemas = schemas
        self.api = api
        self.named = named
        self.findings: list[Finding] = []
        self._shapes: dict[Node, Shape] = {}
        self._names: dict[Node, str] = {node: name for name, node in named.items()}
        self._taken: set[str] = set(named)
        self._adopted: dict[Node, tuple[Shapes, Node]] = {}
        self._module = _module_of(api)

    def adopt(self, node: Node, other: Shapes, theirs: Node) -> None:
        """Let a schema of this API have the shape, and so the model class, of an identical one of another API."""
        self._adopted[self.schemas.at(node).node] = other, theirs

    def of(self, schema: Schema, name: str = "Body") -> Shape:
        """The shape of a schema. `name` is used for the class of an object schema that has no name of its own."""
        return self._of(schema.node, name)

    def properties(self, schema: Schema) -> dict[str, Node]:
        """The properties of an object schema, with those that allOf and alternatives bring, by name."""
        return {name: nodes[0] for name, nodes in self._family(schema.node).properties.items()}

    def _of(self, node: Node, name: str) -> Shape:
        node = self.schemas.at(node).node
        found = self._shapes.get(node)
        if found is None:
            if node in self._adopted:
                other, theirs = self._adopted[node]
                found = other._of(theirs, name)
            else:
                found = self._build(node, self._names.get(node, name))
            self._shapes[node] = found
        return found

    def _build(self, node: Node, name: str) -> Shape:
        if not isinstance(node.value, dict):
            return _ANYTHING
        dispatch = self.schemas.dispatch(node)
        family = self._family(node)
        if dispatch is not None and not (dispatch.inherited and node in self._shapes):
            return self._dispatched(node, name, dispatch, family)
        if not family.properties and len(family.groups) == 1 and not family.open:
            return self._union(node, family, name)
        return self._of_kinds(node, name, family)

    def _union(self, node: Node, family: _Family, name: str) -> Shape:
        branches = family.groups[0]
        shapes = [(self.schemas.at(b), self._of(b, f"{name}Option{n}")) for n, b in enumerate(branches, 1)]
        simple = [s for s in shapes if not isinstance(s[1], Anything) or s[0].value]
        if all(isinstance(shape, Anything) for _, shape in shapes) and family.types:
            return self._of_kinds(node, name, family)  # the branches only narrow what the schema says itself
        made = union(simple or shapes)
        return self._nullable(node, made)

    def _nullable(self, node: Node, shape: Shape) -> Shape:
        if any(node.value.get(key) is True for key in self.schemas.draft.nullable) and is_rich(shape):
            return union([(self.schemas.at(node), shape), (self.schemas.at(node), _SCALARS["null"])])
        return shape

    def _dispatched(self, node: Node, name: str, dispatch: Dispatch, family: _Family) -> Shape:
        shape = OneOf([], {}, dispatch.property)
        self._shapes[node] = shape  # a branch may lead back here
        branches: dict[str, Shape] = {}
        for value, target in dispatch.branches.items():
            branches[value] = self._model(node, name, family) if target == node else self._of(target, value)
        shape.dispatch = branches
        listed = list(dispatch.branches.values())
        shape.branches = [(self.schemas.at(t), branches[v]) for v, t in dispatch.branches.items() if t != node]
        if node in listed:
            self._supertypes[node] = branches[next(v for v, t in dispatch.branches.items() if t == node)]
        return shape

    @property
    def _supertypes(self) -> dict[Node, Shape]:
        return self.__dict__.setdefault("_supertype_models", {})  # type: ignore[no-any-return]

    def _of_kinds(self, node: Node, name: str, family: _Family) -> Shape:
        types = family.types
        if types is None:
            types = _implied(node.value, family)
        nullable = any(node.value.get(key) is True for key in self.schemas.draft.nullable)
        if types is None:
            return self._untyped(node, name, family)
        kinds = sorted(types | ({"null"} if nullable else set()))
        if "number" in kinds and "integer" in kinds:
            kinds.remove("integer")
        schema = self.schemas.at(node)
        return union([(schema, self._of_kind(kind, node, name, family)) for kind in kinds])

    def _untyped(self, node: Node, name: str, family: _Family) -> Shape:
        """Without `type`, properties and items speak of objects and arrays only; all else passes."""
        shapes: dict[str, Shape] = {}
        if family.properties:
            shapes["object"] = self._object(node, name, family)
        if "items" in node.value:
            shapes["array"] = self._array(node, name)
        if isinstance(node.value.get("format"), str):
            text = self._text(family)
            if is_rich(text):
                shapes["other"] = text
        return Guarded(shapes) if shapes else _ANYTHING

    def _of_kind(self, kind: str, node: Node, name: str, family: _Family) -> Shape:
        if kind == "object":
            return self._object(node, name, family)
        if kind == "array":
            return self._array(node, name)
        if kind == "string":
            return self._text(family)
        return _SCALARS.get(kind, _ANYTHING)

    def _text(self, family: _Family) -> Shape:
        for member in family.nodes:
            name = member.value.get("format")
            custom = self.schemas.formats.custom.get(name) if isinstance(name, str) else None
            if custom is not None:
                return Custom(custom)
            if name == "date-time":
                return Instant(datetime)
            if name == "date":
                return Instant(date)
        return _SCALARS["string"]

    def _array(self, node: Node, name: str) -> Shape:
        items = node.get("items")
        if items is None or isinstance(items.value, list) or "prefixItems" in node.value:
            return ListOf(_ANYTHING)
        return ListOf(self._of(items, f"{name}Item"))

    def _object(self, node: Node, name: str, family: _Family) -> Shape:
        if family.properties or (node in self._names and not family.open):
            return self._model(node, name, family)
        if any("patternProperties" in member.value for member in family.open) or not family.open:
            return MapOf(_ANYTHING)
        extra = family.open[0].at("additionalProperties")
        return MapOf(self._of(extra, f"{name}Value"))

    def _family(self, node: Node) -> _Family:
        family = _Family()
        self._collect(node, family, set())
        if family.properties:  # beside properties, alternatives may bring more of them
            for group in family.groups:
                for branch in group:
                    self._collect_branch(branch, family)
        return family

    def _collect(self, node: Node, family: _Family, seen: set[Node]) -> None:
        if node.ref is not None:
            target = node.follow()
            self._collect(target, family, seen)
            if not self.schemas.draft.ref_siblings:
                return
        if node in seen or not isinstance(node.value, dict):
            return
        seen.add(node)
        value = node.value
        family.nodes.append(node)
        self._collect_types(value, family)
        properties = node.get("properties")
        if properties is not None and isinstance(properties.value, dict):
            for name, child in properties.items():
                family.properties.setdefault(name, []).append(child)
        if isinstance(value.get("additionalProperties"), dict) or value.get("additionalProperties") is True \
                or isinstance(value.get("patternProperties"), dict):  # fmt: skip
            family.open.append(node)
        for key in ("oneOf", "anyOf"):
            group = node.get(key)
            if group is not None and isinstance(group.value, list):
                family.groups.append(list(group.elements()))
        branches = node.get("allOf")
        if branches is not None and isinstance(branches.value, list):
            for branch in branches.elements():
                self._collect(branch, family, seen)

    @staticmethod
    def _collect_types(value: Mapping[str, Json], family: _Family) -> None:
        given = value.get("type")
        if isinstance(given, (str, list)):
            kinds = {given} if isinstance(given, str) else {kind for kind in given if isinstance(kind, str)}
            family.types = kinds if family.types is None else (family.types & kinds) or kinds

    def _collect_branch(self, branch: Node, family: _Family) -> None:
        inner = _Family()
        self._collect(branch, inner, set())
        for name, children in inner.properties.items():
            family.properties.setdefault(name, []).extend(children)
        family.open.extend(inner.open)
        for group in inner.groups:
            for child in group:
                self._collect_branch(child, family) if child not in family.nodes else None

    def _model(self, node: Node, name: str, family: _Family) -> Shape:
        forward = f"pymacaron_model_{next(_forward_numbers)}"
        shape = ModelOf(forward)
        self._shapes.setdefault(node, shape)
        shapes = {prop: self._property(children, name + _pascal(prop)) for prop, children in family.properties.items()}
        parents = self._parents(family)
        is_open = bool(family.open) or any(_has_init(parent) for parent in parents)
        info = ModelInfo(self._class_name(node, name), self.api, self._extra(family, name))
        properties = _properties(family.properties, shapes, self.schemas)
        info.describe(properties)
        make = _open_class if is_open else _struct_class
        model = make(info, shapes, parents, self._module.__name__)
        shape.complete(model, shapes)
        setattr(self._module, forward, model)
        setattr(self._module, info.name, model)
        return shape

    def _property(self, children: list[Node], name: str) -> Shape:
        """The shape of a property; where several branches of allOf describe it, of the one that says most."""
        shapes = [self._of(child, name) for child in children]
        rich = [shape for shape in shapes if is_rich(shape)]
        if len({id(shape) for shape in rich}) > 1 and not all(isinstance(s, ModelOf) for s in rich):
            return OneOf([(self.schemas.at(c), s) for c, s in zip(children, shapes, strict=True)], {}, "")
        known = [shape for shape in shapes if not isinstance(shape, Anything)]
        return (rich or known or shapes)[-1]

    def _class_name(self, node: Node, name: str) -> str:
        if node in self._names:
            return name
        made, number = python_name(name), 2
        while made in self._taken:
            made, number = f"{python_name(name)}{number}", number + 1
        self._taken.add(made)
        return made

    def _extra(self, family: _Family, name: str) -> Callable[[str, Json], Any] | None:
        if not family.open:
            return None
        shapes = [
            self._of(member.at("additionalProperties"), f"{name}Value")
            for member in family.open
            if isinstance(member.value.get("additionalProperties"), dict)
        ]
        shape = shapes[0] if len(shapes) == 1 and not any("patternProperties" in m.value for m in family.open) else _ANYTHING
        return lambda key, value: shape.load(value)

    def _parents(self, family: _Family) -> list[type]:
        parents = []
        for member in family.nodes:
            for key in ("x-parent", "x-persist"):
                if isinstance(member.value.get(key), str):
                    parent = self._import_parent(member.at(key), key)
                    if parent is not None and parent not in parents:
                        parents.append(parent)
        return parents

    def _import_parent(self, node: Node, key: str) -> type | None:
        path: str = node.value
        module, _, name = path.rpartition(".")
        try:
            found = getattr(import_module(module), name)
        except ImportError as error:
            self._report(node, f"{key}: {path} cannot be imported ({error})", "write package.module.Class")
            return None
        except (AttributeError, ValueError):
            near = suggest(name, vars(sys.modules[module])) if module in sys.modules else None
            self._report(node, f"{key}: there is no {path}", near)
            return None
        if not isinstance(found, type):
            self._report(node, f"{key}: {path} is no class", "name a class")
            return None
        return found

    def _report(self, node: Node, fact: str, cure: str | None) -> None:
        from .documents import findings  # reads the document a second time, so only where there is a fault to show

        self.findings.extend(findings([node.fault(fact, cure)]))


def _implied(value: Mapping[str, Json], family: _Family) -> set[str] | None:
    """The kinds of a schema without `type` whose enum or const lists what it may be."""
    listed = [value["const"]] if "const" in value else value.get("enum")
    if not isinstance(listed, list) or not listed:
        return None
    kinds: set[str] = set()
    for item in listed:
        kinds |= {"boolean"} if isinstance(item, bool) else _kind_of(item)
    return None if kinds & {"array", "object"} else kinds


def _pascal(name: str) -> str:
    made = "".join(part[:1].upper() + part[1:] for part in python_name(name).split("_") if part)
    return made or "Property"


def _properties(
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
        said = [member for child in nodes[name] for member in _said(child)]
        out[name] = Property(
            name, attribute, any(_admits_null(child, schemas) for child in nodes[name]), shape.load, shape.dump,
            next((m["default"] for m in said if "default" in m), UNSET),
            any(m.get("readOnly") is True for m in said),
            any(m.get("writeOnly") is True or m.get("x-sensitive") is True or m.get("format") == "password" for m in said),
            shape.must_finish,
        )  # fmt: skip
    return {name: out[name] for name in nodes}


def _said(node: Node) -> list[Mapping[str, Json]]:
    """What is written of a property, beside the reference and at its target."""
    target = node.follow() if node.ref is not None else node
    return [n.value for n in ([node, target] if target != node else [node]) if isinstance(n.value, dict)]


_RESERVED = frozenset(name for cls in (Model, OpenModel, ModelMethods) for name in dir(cls))


def _attribute(name: str) -> str:
    made = python_name(name)
    if made in _RESERVED or made.startswith("__"):
        return f"{made.strip('_') or 'property'}_"
    return made


def _admits_null(node: Node, schemas: Schemas, seen: tuple[Node, ...] = ()) -> bool:
    """May the value be null? Read off the keywords; where they leave it open, it may."""
    node = schemas.at(node).node
    value = node.value
    if not isinstance(value, dict):
        return value is True
    if node in seen:
        return False
    if any(value.get(key) is True for key in schemas.draft.nullable) and ("type" in value or value.get("x-nullable") is True):
        return True
    if "type" in value:
        given = value["type"]
        if not (given == "null" or (isinstance(given, list) and "null" in given)):
            return False
    if isinstance(value.get("enum"), list) and None not in value["enum"]:
        return False
    if "const" in value and value["const"] is not None:
        return False
    deeper = (*seen, node)
    if node.ref is not None and not _admits_null(node.follow(), schemas, deeper):
        return False
    for key, quantifier in (("allOf", all), ("anyOf", any), ("oneOf", any)):
        group = node.get(key)
        if group is not None and isinstance(group.value, list) and group.value:
            if not quantifier(_admits_null(child, schemas, deeper) for child in group.elements()):
                return False
    return True


def _has_init(parent: type) -> bool:
    return any("__init__" in vars(cls) or "__new__" in vars(cls) for cls in parent.__mro__[:-1])


def _struct_class(info: ModelInfo, shapes: Mapping[str, Shape], parents: list[type], module: str) -> Any:
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {"__annotations__": annotations, "__module__": module, "__model__": info}
    for prop in info.properties.values():
        absent = (UNSET, UnsetType) if prop.nullable else (None, None)
        namespace[prop.attribute] = absent[0]
        type_ = shapes[prop.name].type
        annotations[prop.attribute] = Any if type_ is Any else Union[(type_, None, UnsetType) if prop.nullable else (type_, None)]
    return ModelType(
        info.name, (Model, *parents), namespace, kw_only=True, omit_defaults=True, dict=bool(parents),
        rename={attribute: name for name, attribute in info.attributes.items()} or None,
    )  # fmt: skip


def _open_class(info: ModelInfo, shapes: Mapping[str, Shape], parents: list[type], module: str) -> Any:
    def load_(value: Json) -> Any:
        return load(made, value) if isinstance(value, dict) else value

    made = type(info.name, (OpenModel, *parents), {"__module__": module, "__model__": info, "__load__": staticmethod(load_)})
    return made


def _module_of(api: str) -> ModuleType:
    """The module that an API's models say they are from; msgspec looks up names of recursive types there."""
    name = f"pymacaron.models.{python_name(api)}"
    module = sys.modules.get(name)
    if module is None:
        module = sys.modules[name] = ModuleType(name, f"The models of the API {api}.")
    return module


class Models:
    """The model classes of one API as attributes: `ApiPool.shop.model.Order`. Each is made at its first use."""

    def __init__(self, shapes: Shapes) -> None:
        self.__dict__.update(_shapes=shapes, _found={})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        shapes: Shapes = self.__dict__["_shapes"]
        node = shapes.named.get(name)
        if node is None:
            cure = suggest(name, shapes.named) or "the document's components define none"
            raise AttributeError(f"the API {shapes.api} has no model {name!r}; {cure}")
        model = _model_of(shapes, node)
        if model is None:
            raise AttributeError(f"{name} of the API {shapes.api} is no model: its schema describes no object")
        self.__dict__[name] = model
        return model

    def __dir__(self) -> list[str]:
        return list(self.__dict__["_shapes"].named)


def _model_of(shapes: Shapes, node: Node) -> Any:
    node = shapes.schemas.at(node).node
    shape = shapes._of(node, str(node.pointer[-1]))
    if isinstance(shape, OneOf):
        shape = shapes._supertypes.get(node, shape)
    if isinstance(shape, Guarded):
        shape = shape.shapes.get("object", shape)
    if isinstance(shape, _Native):
        shape = next((inner for inner in shape.shapes if isinstance(inner, ModelOf)), shape)
    return shape.model if isinstance(shape, ModelOf) else None
