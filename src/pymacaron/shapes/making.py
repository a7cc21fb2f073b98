"""The shapes and models of one API, made from its schemas."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from itertools import count
from threading import local
from typing import Any

from pymacaron._types import Json, Pointer
from pymacaron.documents import Node, ReferenceFault
from pymacaron.names import python_name
from pymacaron.schemas import Dispatch, Schema, Schemas, target_of, texts_listed
from pymacaron.structs import ModelInfo

from .choices import Guarded, Later, Native, OneOf, union
from .classes import (
    has_init,
    is_sensitive,
    may_be_field,
    module_of,
    open_class,
    pascal_case,
    properties_of,
    struct_class,
)
from .families import SHAPING, Family, family_of, implied_kinds
from .parents import Parents
from .shape import Shape
from .values import ANYTHING, SCALARS, Anything, Custom, Instant, ListOf, MapOf, ModelOf, TupleOf, is_rich

_forward_numbers = count()
# Shapes inside shapes that are made at once, each of them a dozen calls deep.
_DEEPEST = 40


class _Way(local):
    """How far a thread has come with a shape, and the shapes that it has put off."""

    def __init__(self) -> None:
        self.depth = 0
        self.put_off: list[tuple[Node, str, Later]] = []


class Shapes:
    """All shapes and models of one API.

    Args:
        schemas: the API's schemas.
        api: its name.
        named: the schemas in its components (definitions), by name.
        folder: that of the document; the places of models are told from there.
    """

    def __init__(self, schemas: Schemas, api: str, named: Mapping[str, Node], folder: str = "") -> None:
        self.schemas = schemas
        self.api = api
        self.named = named
        self.parents = Parents()
        self.inline: dict[str, Node] = {}  # the schemas without a name whose models were made, by the models' names
        self.members: dict[Any, tuple[Node, Mapping[str, Shape]]] = {}  # of each model: its schema, its properties
        self._shapes: dict[Node, Shape] = {}
        self._folder = folder
        self._names: dict[Node, str] = {node: name for name, node in named.items()}
        for name, node in named.items():
            if node.ref is not None:  # the name is that of what it leads to, unless that has one of its own
                with suppress(ReferenceFault):  # to nowhere, which is possible where nothing uses it
                    self._names.setdefault(schemas.at(node).node, name)
        self._taken: set[str] = set(named)
        self._unfinished: dict[Node, Later | None] = {}
        self._adopted: dict[Node, tuple[Shapes, Node]] = {}
        self._supertypes: dict[Node, Shape] = {}  # the model of a schema that its own discriminator may name
        self._way = _Way()
        self._module = module_of(api)

    def adopt(self, node: Node, other: Shapes, theirs: Node) -> None:
        """Let a schema of this API have the shape, and so the model class, of an identical one of another API."""
        self._adopted[self.schemas.at(node).node] = other, theirs

    def find(self, name: str) -> tuple[Shapes, Node] | None:
        """The schema that has a name, or whose model was made and has it; with the shapes that it belongs to."""
        if name in self.named:
            return self, self.named[name]
        for shapes in dict.fromkeys((self, *(other for other, _ in self._adopted.values()))):
            if name in shapes.inline:
                return shapes, shapes.inline[name]
        return None

    def make_named(self) -> None:
        """Make the shapes of all schemas that have names, as far as their references lead anywhere."""
        for name, node in self.named.items():
            with suppress(ReferenceFault):
                self._of(node, name)

    def of(self, schema: Schema, name: str = "Body") -> Shape:
        """The shape of a schema. `name` is used for the class of an object schema that has no name of its own."""
        return self._of(schema.node, name)

    def properties(self, schema: Schema) -> dict[str, Node]:
        """The properties of an object schema, with those that allOf and alternatives bring, by name."""
        found = family_of(schema.node, self.schemas.draft).properties
        return {name: nodes[0] for name, nodes in found.items() if nodes}

    def _of(self, node: Node, name: str) -> Shape:
        if _is_plain(node.value):
            return SCALARS[node.value["type"]]
        node = self.schemas.at(node).node
        found = self._shapes.get(node)
        if found is None:
            found = self._shapes[node] = self._made(node, name)
        return found

    def _made(self, node: Node, name: str) -> Shape:
        """Make a shape, and then those that were put off: schemas that lead to others in long chains would else need
        more stack than there is."""
        way = self._way
        if way.depth == _DEEPEST:
            later = Later()
            way.put_off.append((node, name, later))
            return later
        way.depth += 1
        try:
            if node in self._adopted:
                other, theirs = self._adopted[node]
                return other._of(theirs, name)
            return self._built(node, self._names.get(node, name))
        finally:
            way.depth -= 1
            if way.depth == 0:
                self._make_rest(way.put_off)

    def _make_rest(self, put_off: list[tuple[Node, str, Later]]) -> None:
        while put_off:
            node, name, later = put_off.pop()
            later.shape = self._shapes[node] = self._made(node, name)

    def _built(self, node: Node, name: str) -> Shape:
        """Make a shape. What leads back here meanwhile gets one that is filled in later."""
        if node in self._unfinished:
            seen_within = self._unfinished[node] = self._unfinished[node] or Later()
            return seen_within
        self._unfinished[node] = None
        made = self._build(node, name)
        later = self._unfinished.pop(node)
        if later is not None:
            later.shape = made
        return made

    def _build(self, node: Node, name: str) -> Shape:
        if not isinstance(node.value, dict):
            return ANYTHING
        dispatch = self.schemas.dispatch(node)
        family = family_of(node, self.schemas.draft)
        if family.is_dynamic:
            return ANYTHING
        wrapped = self._wrapped(node, family)
        if wrapped is not None:
            return self._nullable(node, self._of(wrapped, name))
        if dispatch is not None and not (dispatch.inherited and node in self._shapes):
            return self._dispatched(node, name, dispatch, family)
        if not family.properties and len(family.groups) == 1 and not family.open:
            return self._union(node, family, name)
        return self._of_kinds(node, name, family)

    def _wrapped(self, node: Node, family: Family) -> Node | None:
        """The schema that a nameless one stands for, since what it says beside a reference leaves its values as they
        are: directly, or by `allOf` around it as one had to before OpenAPI 3.1. Then both are of one class."""
        branches = node.value.get("allOf")
        child = node if node.ref is not None else None
        if child is None and isinstance(branches, list) and len(branches) == 1:
            child = node.at("allOf", 0)
        if child is None or child.ref is None or node in self._names:
            return None
        said = node.value.keys() & SHAPING
        if said - ({"allOf"} if child is not node else set()):
            return None
        target = self.schemas.at(target_of(child, self.schemas.draft)).node
        declared = family_of(target, self.schemas.draft).properties
        return target if not declared or family.properties.keys() <= declared.keys() else None

    def _union(self, node: Node, family: Family, name: str) -> Shape:
        branches = family.groups[0]
        shapes = [(self.schemas.at(b), self._of(b, f"{name}Option{n}")) for n, b in enumerate(branches, 1)]
        simple = [s for s in shapes if not isinstance(s[1], Anything) or s[0].value]
        if all(isinstance(shape, Anything) for _, shape in shapes) and family.types:
            return self._of_kinds(node, name, family)  # the branches only narrow what the schema says itself
        options = simple or shapes
        made = union(options)
        if isinstance(made, OneOf) and made.branches is options:
            made.property, made.dispatch = self._told_apart(options)
        return self._nullable(node, made)

    def _told_apart(self, options: list[tuple[Schema, Shape]]) -> tuple[str, dict[str, Shape]]:
        """What a discriminator would say, had the document one: the property whose listed texts are others in every
        alternative, and the shape for each text."""
        draft = self.schemas.draft
        objects = [(schema.node, shape) for schema, shape in options if not shape.kinds or "object" in shape.kinds]
        for name in family_of(objects[0][0], draft).properties if objects else ():
            told = [(text, shape) for node, shape in objects for text in dict.fromkeys(texts_listed(node, name, draft))]
            named = dict(told)
            if len(named) == len(told) and {id(shape) for shape in named.values()} == {id(s) for _, s in objects}:
                return name, named
        return "", {}

    def _nullable(self, node: Node, shape: Shape) -> Shape:
        if self.schemas.draft.is_nullable(node.value) and is_rich(shape):
            return union([(self.schemas.at(node), shape), (self.schemas.at(node), SCALARS["null"])])
        return shape

    def _dispatched(self, node: Node, name: str, dispatch: Dispatch, family: Family) -> Shape:
        shape = OneOf([], {}, dispatch.property)
        self._shapes[node] = shape  # a branch may lead back here
        branches: dict[str, Shape] = {}
        for value, target in dispatch.branches.items():
            branches[value] = (
                self._model(node, name, family) if target == node else self._branch(target, value, dispatch)
            )
        shape.dispatch = branches
        listed = list(dispatch.branches.values())
        shape.branches = [(self.schemas.at(t), branches[v]) for v, t in dispatch.branches.items() if t != node]
        if node in listed:
            self._supertypes[node] = branches[next(v for v, t in dispatch.branches.items() if t == node)]
        return shape

    def _branch(self, target: Node, name: str, dispatch: Dispatch) -> Shape:
        """The shape of a discriminator's branch; one that does not declare the property would lose it as a model."""
        declared = family_of(target, self.schemas.draft).properties
        return ANYTHING if declared and dispatch.property not in declared else self._of(target, name)

    def _of_kinds(self, node: Node, name: str, family: Family) -> Shape:
        types = family.types
        if types is None:
            types = implied_kinds(node.value)
        nullable = self.schemas.draft.is_nullable(node.value)
        if types is None:
            return self._untyped(node, name, family)
        kinds = sorted(types | ({"null"} if nullable else set()))
        if "number" in kinds and "integer" in kinds:
            kinds.remove("integer")
        schema = self.schemas.at(node)
        return union([(schema, self._of_kind(kind, node, name, family)) for kind in kinds])

    def _untyped(self, node: Node, name: str, family: Family) -> Shape:
        """Without `type`, properties and items speak of objects and arrays only; all else passes."""
        shapes: dict[str, Shape] = {}
        if family.properties:
            shapes["object"] = self._object(node, name, family)
        if any({"items", "prefixItems"} & member.value.keys() for member in family.nodes):
            shapes["array"] = self._array(family, name)
        if isinstance(node.value.get("format"), str):
            text = self._text(family)
            if is_rich(text):
                shapes["other"] = text
        return Guarded(shapes) if shapes else ANYTHING

    def _of_kind(self, kind: str, node: Node, name: str, family: Family) -> Shape:
        if kind == "object":
            return self._object(node, name, family)
        if kind == "array":
            return self._array(family, name)
        if kind == "string":
            return self._text(family)
        return SCALARS.get(kind, ANYTHING)

    def _text(self, family: Family) -> Shape:
        for member in family.nodes:
            name = member.value.get("format")
            custom = self.schemas.formats.custom.get(name) if isinstance(name, str) else None
            if custom is not None:
                return Custom(custom)
            if name == "date-time":
                return Instant(datetime)
            if name == "date":
                return Instant(date)
        return SCALARS["string"]

    def _array(self, family: Family, name: str) -> Shape:
        items = [items for member in family.nodes if (items := member.get("items")) is not None]
        prefixes = [prefix for member in family.nodes if (prefix := member.get("prefixItems")) is not None]
        if isinstance(items[0].value if items else None, list):  # draft 4's way to say prefixItems
            prefixes, items = [items[0]], []
        rest = self._of(items[0], f"{name}Item") if items else ANYTHING
        if not prefixes:
            return ListOf(rest)
        places = [self._of(child, f"{name}Item{n}") for n, child in enumerate(prefixes[0].elements(), 1)]
        return TupleOf(places, rest) if any(map(is_rich, (*places, rest))) else ListOf(ANYTHING)

    def _object(self, node: Node, name: str, family: Family) -> Shape:
        if family.properties or (node in self._names and not family.open):
            return self._model(node, name, family)
        return MapOf(self._extra_shape(family, name))

    def _model(self, node: Node, name: str, family: Family) -> Shape:
        forward = f"pymacaron_model_{next(_forward_numbers)}"
        shape = ModelOf(forward)
        self._shapes.setdefault(node, shape)
        shapes = {
            prop: self._property(children, name + pascal_case(prop)) for prop, children in family.properties.items()
        }
        parents = self.parents.of(family.nodes)
        is_open = bool(family.open) or family.is_free
        is_open = is_open or any(map(has_init, parents)) or not all(map(may_be_field, shapes))
        info = ModelInfo(self._class_name(node, name), self.api, self._extra(family, name), self._place(node))
        properties = properties_of(family.properties, shapes, self.schemas)
        info.describe(properties)
        info.sensitive = any(member.value.get("x-sensitive") is True for member in family.nodes)
        info.sensitive_extras = is_open and any(map(is_sensitive, family.open))
        module = self._module.__name__
        model = open_class(info, parents, module) if is_open else struct_class(info, shapes, parents, module)
        shape.complete(model, shapes)
        self.members[model] = node, shapes
        if node not in self._names:
            self.inline[info.name] = node
        setattr(self._module, forward, model)
        setattr(self._module, info.name, model)
        return shape

    def _property(self, children: list[Node], name: str) -> Shape:
        """The shape of a property; where several branches of allOf describe it, of the one that says most."""
        if not children:
            return ANYTHING
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

    def _place(self, node: Node) -> tuple[str, Pointer] | None:
        """Where a schema without a name is found again: its file, seen from the document's folder, and its pointer."""
        if node in self._names:
            return None
        path = node.file.path
        return path if "://" in path else os.path.relpath(path, self._folder or os.curdir), node.pointer

    def model_at(self, place: tuple[str, Pointer], name: str) -> Any:
        """The model of a schema without a name, by what `ModelInfo.place` says."""
        path, pointer = place
        file = self.schemas.files.open(path if "://" in path else os.path.join(self._folder, path))
        return self.model(file.root.at(*pointer), name)

    def model(self, node: Node, name: str) -> Any:
        """The model class of a schema, None if it describes no object. `name` as for of()."""
        node = self.schemas.at(node).node
        shape = self._of(node, name)
        if isinstance(shape, OneOf):
            shape = self._supertypes.get(node, shape)
        if isinstance(shape, Guarded):
            shape = shape.shapes.get("object", shape)
        if isinstance(shape, Native):
            shape = next((inner for inner in shape.shapes if isinstance(inner, ModelOf)), shape)
        return shape.model if isinstance(shape, ModelOf) else None

    def check_parents(self) -> None:
        """Look for the parents of all named models, also of those that nobody has asked for yet."""
        self.parents.of(self._names)

    def _extra(self, family: Family, name: str) -> Callable[[str, Json], Any] | None:
        """What keeps a property that the schema does not name; None where such are dropped."""
        if not family.open and not family.is_free:
            return None
        shape = self._extra_shape(family, name)
        return lambda key, value: shape.load(value)

    def _extra_shape(self, family: Family, name: str) -> Shape:
        """The shape of properties that the schema does not name."""
        extras = [member.get("additionalProperties") for member in family.open]
        given = [extra for extra in extras if extra is not None and isinstance(extra.value, dict)]
        several = {"patternProperties", "unevaluatedProperties"}
        if len(given) != 1 or any(several & member.value.keys() for member in family.open):
            return ANYTHING
        return self._of(given[0], f"{name}Value")


_TELLING = frozenset(("$ref", "format", "allOf", "anyOf", "oneOf", "nullable", "x-nullable", "discriminator"))


def _is_plain(value: Json) -> bool:
    """Is the schema, as most are, that of a scalar that is itself in Python?"""
    if type(value) is not dict:
        return False
    kind = value.get("type")
    return type(kind) is str and kind in SCALARS and _TELLING.isdisjoint(value)
