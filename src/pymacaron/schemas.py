"""JSON Schema, compiled once, in two views: what a request may be and what a response may be.

A `Schema` is a place in a document. Its `checker(view)` is a jsonschema-rs validator over that place and only what it
reaches. Before that the schema is rewritten: references become local, what OpenAPI adds to JSON Schema (`nullable`,
`readOnly`, `writeOnly`, `discriminator`, integer formats) becomes plain JSON Schema, and annotations are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs

from ._types import Json, JsonObject, Pointer
from .documents import Files, Node, ReferenceFault
from .formats import INTEGER_BOUNDS, LATER_THAN_DRAFT4, PATTERNS, Formats

REQUEST, RESPONSE = "request", "response"

_APPLICATORS_4 = ("additionalItems", "additionalProperties", "items", "not")
_APPLICATORS = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
_MAPS_4, _MAPS = ("properties", "patternProperties", "dependencies"), ("properties", "patternProperties", "dependentSchemas")
_LISTS_4, _LISTS = ("allOf", "anyOf", "oneOf", "items"), ("allOf", "anyOf", "oneOf", "prefixItems")
_ASSERTIONS_4 = (
    "type", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties",
)  # fmt: skip
_ASSERTIONS = (*_ASSERTIONS_4, "const", "maxContains", "minContains", "dependentRequired")


# A discriminator's guard is wrapped in allOf this often, which no author does: so its failures can be told from others.
_GUARD_DEPTH = range(2)
_GUARD = ["allOf", 0] * (len(_GUARD_DEPTH) + 1)


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
    assertions: tuple[str, ...]


# Swagger 2.0 and OpenAPI 3.0 build on draft 4 (3.0's "Wright Draft 00" differs from it in no assertion); keywords
# beside `$ref` are ignored (2.0 and 3.0, Reference Object).
_DRAFT4 = Draft(
    "draft 4", "http://json-schema.org/draft-04/schema#", "definitions", (), False,
    _APPLICATORS_4, _MAPS_4, _LISTS_4, _ASSERTIONS_4,
)  # fmt: skip
SWAGGER_20 = _DRAFT4._replace(nullable=("x-nullable",))
OPENAPI_30 = _DRAFT4._replace(nullable=("nullable", "x-nullable"))
OPENAPI_31 = Draft(
    "draft 2020-12", "https://json-schema.org/draft/2020-12/schema", "$defs", (), True,
    _APPLICATORS, _MAPS, _LISTS, _ASSERTIONS,
)  # fmt: skip


class SchemaProblem(NamedTuple):
    """One thing wrong with a value: the path into it, the schema keyword, and what would have been right."""

    path: Pointer
    code: str
    expected: str


class Schemas:
    """All schemas of one API: the memory of what was rewritten and compiled."""

    def __init__(self, files: Files, draft: Draft, formats: Formats) -> None:
        self.files = files
        self.draft = draft
        self.formats = formats
        self._schemas: dict[Node, Schema] = {}
        self._fragments: dict[tuple[Node, str], _Fragment] = {}
        self._names: dict[Node, str] = {}
        self._dispatching: dict[Node, Dispatch | None] = {}

    def at(self, node: Node) -> Schema:
        """The schema at a place in a document; a reference stands for its target unless keywords beside it count.

        Raises:
            ReferenceFault: the reference leads nowhere.
        """
        if node.ref is not None and not (self.draft.ref_siblings and len(node.value) > 1):
            node = node.follow()
        schema = self._schemas.get(node)
        if schema is None:
            schema = self._schemas[node] = Schema(self, node)
        return schema

    def bundle(self, node: Node, view: str) -> JsonObject:
        """The rewritten schema with every schema that it reaches, self-contained."""
        root = self._fragment(node, view)
        top = root.json if isinstance(root.json, dict) else {} if root.json else {"not": {}}
        return self._with_definitions(top, list(root.reached), view)

    def object_checker(self, properties: Mapping[str, Schema], required: Iterable[str], view: str) -> Checker:
        """The validity of an object whose properties are schemas from anywhere in the documents."""
        fragments = {name: self._fragment(schema.node, view) for name, schema in properties.items()}
        top: JsonObject = {"type": "object", "properties": {name: f.json for name, f in fragments.items()}}
        names = list(required)
        if names:
            top["required"] = names
        reached = [node for fragment in fragments.values() for node in fragment.reached]
        return Checker(self._with_definitions(top, reached, view), self.draft, self.formats)

    def _with_definitions(self, top: JsonObject, waiting: list[Node], view: str) -> JsonObject:
        definitions: dict[str, Json] = {}
        while waiting:
            target = waiting.pop()
            name = self._name(target)
            if name not in definitions:
                fragment = self._fragment(target, view)
                definitions[name] = fragment.json
                waiting.extend(fragment.reached)
        bundle: JsonObject = {"$schema": self.draft.uri, **top}
        if definitions:
            bundle[self.draft.definitions] = definitions
        return bundle

    def _fragment(self, node: Node, view: str) -> _Fragment:
        found = self._fragments.get((node, view))
        if found is None:
            rewriting = _Rewriting(self, view)
            found = self._fragments[node, view] = _Fragment(rewriting.schema(node), rewriting.reached)
        return found

    def _name(self, node: Node) -> str:
        # `~`-free and `/`-free names need no escaping in a JSON pointer
        return self._names.setdefault(node, f"s{len(self._names)}")

    def reference(self, node: Node) -> JsonObject:
        return {"$ref": f"#/{self.draft.definitions}/{self._name(node)}"}

    def dispatch(self, node: Node) -> Dispatch | None:
        """How the discriminator of the schema at `node` chooses, None where it has none that can."""
        if node not in self._dispatching:
            self._dispatching[node] = None  # while reading it: a branch may lead back here
            self._dispatching[node] = _read_dispatch(node, self)
        return self._dispatching[node]


class _Fragment(NamedTuple):
    json: Json
    reached: list[Node]


class Dispatch(NamedTuple):
    """A discriminator: the property that names the branch, and the branch for each of its values."""

    property: str
    branches: dict[str, Node]
    inherited: bool  # the branches are subtypes that contain this schema by allOf, not its oneOf or anyOf


class _Rewriting:
    """One walk over one schema, up to its references."""

    def __init__(self, schemas: Schemas, view: str) -> None:
        self.schemas = schemas
        self.draft = schemas.draft
        self.view = view
        self.reached: list[Node] = []

    def schema(self, node: Node, plain: bool = False, hidden: frozenset[str] = frozenset()) -> Json:
        """The plain JSON Schema for the schema at `node`.

        `plain` leaves its own discriminator out (inside a branch, which is chosen already); `hidden` are names that
        an enclosing allOf hides in this view.
        """
        value = node.value
        if not isinstance(value, dict):
            return value if isinstance(value, bool) else {}
        if node.ref is not None:
            if not self.draft.ref_siblings or len(value) == 1:
                return self._nullable(value, self._reference(node.follow(), plain))
        dispatch = None if plain else self.schemas.dispatch(node)
        result = self._assertions(node, hidden | _hidden(node, self.view))
        self._subschemas(node, result, dispatch, hidden)
        if node.ref is not None:
            result.setdefault("allOf", []).append(self._reference(node.follow(), plain=False))
        if dispatch is not None:
            result.setdefault("allOf", []).append(self._dispatched(node, dispatch))
        return self._nullable(value, result)

    def _reference(self, target: Node, plain: bool) -> Json:
        if plain:
            return self.schema(target, plain=True)
        self.reached.append(target)
        return self.schemas.reference(target)

    def _assertions(self, node: Node, hidden: frozenset[str]) -> JsonObject:
        value = node.value
        result: JsonObject = {key: value[key] for key in self.draft.assertions if key in value}
        if "required" in value and isinstance(value["required"], list):
            result["required"] = [name for name in value["required"] if name not in hidden]
            if not result["required"]:
                del result["required"]  # draft 4 demands at least one
        pattern = value.get("pattern")
        if isinstance(pattern, str):
            result["pattern"] = pattern
        name = value.get("format")
        if isinstance(name, str):
            self._format(name, result)
        return result

    def _format(self, name: str, result: JsonObject) -> None:
        if name in self.schemas.formats.custom:
            result["format"] = name
        elif name in INTEGER_BOUNDS:
            low, high = INTEGER_BOUNDS[name]
            result.setdefault("allOf", []).append({"minimum": low, "maximum": high})
        elif name in PATTERNS:
            result.setdefault("allOf", []).append({"pattern": PATTERNS[name]})
        else:
            result["format"] = name

    def _subschemas(self, node: Node, result: JsonObject, dispatch: Dispatch | None, hidden: frozenset[str]) -> None:
        value = node.value
        for key in self.draft.applicators:
            if isinstance(value.get(key), (dict, bool)):
                result[key] = self.schema(node.at(key))
        for key in self.draft.maps:
            if isinstance(value.get(key), dict):
                result[key] = {
                    name: child.value if isinstance(child.value, list) else self.schema(child)
                    for name, child in node.at(key).items()
                }
        family = hidden | (_hidden_family(node, self.view) if "allOf" in value else frozenset())
        for key in self.draft.lists:
            if isinstance(value.get(key), list) and not (dispatch and not dispatch.inherited and key in ("oneOf", "anyOf")):
                inner = family if key == "allOf" else frozenset[str]()
                branches = [self._branch(child, key, inner) for child in node.at(key).elements()]
                result[key] = branches + result.get(key, []) if key == "allOf" else branches

    def _branch(self, child: Node, key: str, hidden: frozenset[str]) -> Json:
        """One branch of allOf, anyOf, oneOf. What a schema contains by allOf is that schema itself: its
        discriminator does not choose again, or a subtype would lead back to itself for ever."""
        if key == "allOf" and child.ref is not None:
            target = child.follow()
            dispatch = self.schemas.dispatch(target)
            if dispatch is not None and dispatch.inherited:
                return self.schema(target, plain=True)
        return self.schema(child, hidden=hidden)

    def _dispatched(self, node: Node, dispatch: Dispatch) -> JsonObject:
        """anyOf over the branches, each behind a guard on the discriminating property. `_problems` knows the shape."""
        alternatives: list[Json] = []
        for name, target in dispatch.branches.items():
            guard: JsonObject = {"required": [dispatch.property], "properties": {dispatch.property: {"enum": [name]}}}
            for _ in _GUARD_DEPTH:
                guard = {"allOf": [guard]}
            # the schema itself may be one of its branches: then it is meant without choosing again
            branch = self.schema(target, plain=True) if target == node else self._reference(target, plain=False)
            alternatives.append({"allOf": [guard, branch]})
        if not dispatch.inherited and _accepts_null_branch(node):
            alternatives.append({"type": "null"})
        return {"anyOf": alternatives}

    def _nullable(self, value: JsonObject, result: Json) -> Json:
        if not any(value.get(key) is True for key in self.draft.nullable):
            return result
        if isinstance(result, dict) and "type" in result:
            kinds = result["type"] if isinstance(result["type"], list) else [result["type"]]
            extra = {"type": [*kinds, "null"]} if "null" not in kinds else {}
            simple = not (result.keys() & {"enum", "allOf", "anyOf", "oneOf", "not"})
            if simple or (value.get("x-nullable") is not True and not (result.keys() & {"allOf"})):
                return {**result, **extra}
            if value.get("x-nullable") is not True and "enum" in result and None not in result["enum"]:
                return {**result, **extra}  # OpenAPI 3.0.3: nullable extends `type` alone, enum still decides
            return {"anyOf": [result, {"type": "null"}]}
        # OpenAPI 3.0.3: `nullable` counts only beside `type`; x-nullable is ours, and always counts
        return {"anyOf": [result, {"type": "null"}]} if value.get("x-nullable") is True else result


def _accepts_null_branch(node: Node) -> bool:
    for key in ("oneOf", "anyOf"):
        branches = node.value.get(key)
        if isinstance(branches, list) and {"type": "null"} in branches:
            return True
    return False


def _flag(node: Node, view: str) -> bool:
    """Is the property at `node` hidden in this view: readOnly in requests, writeOnly in responses?"""
    target = node.follow() if node.ref is not None else node
    keyword = "readOnly" if view == REQUEST else "writeOnly"
    return any(isinstance(n.value, dict) and n.value.get(keyword) is True for n in (node, target))


def _hidden(node: Node, view: str) -> frozenset[str]:
    properties = node.get("properties")
    if properties is None or not isinstance(properties.value, dict):
        return frozenset()
    return frozenset(name for name, child in properties.items() if _flag(child, view))


def _hidden_family(node: Node, view: str, seen: tuple[Node, ...] = ()) -> frozenset[str]:
    """The names hidden by a schema or by anything that it contains by allOf."""
    if node.ref is not None:
        node = node.follow()
    if node in seen or not isinstance(node.value, dict):
        return frozenset()
    names = _hidden(node, view)
    branches = node.get("allOf")
    if branches is not None:
        for branch in branches.elements():
            names |= _hidden_family(branch, view, (*seen, node))
    return names


def hidden_properties(node: Node, view: str) -> frozenset[str]:
    """The names of properties that callers may not send (request) or see (response)."""
    return _hidden_family(node, view)


def _read_dispatch(node: Node, schemas: Schemas) -> Dispatch | None:
    """Read a discriminator: Swagger 2.0's is the property's name, 3.x's an object with a mapping (Discriminator Object)."""
    given = node.get("discriminator")
    if given is None:
        return None
    name = given.value if isinstance(given.value, str) else given.value.get("propertyName") if isinstance(given.value, dict) else None
    if not isinstance(name, str):
        return None
    mapping_node = given.get("mapping") if isinstance(given.value, dict) else None
    mapping: dict[str, Node] = {}
    if mapping_node is not None and isinstance(mapping_node.value, dict):
        for value, target in mapping_node.items():
            found = _mapped(target, schemas)
            if found is not None:
                mapping[value] = found
    listed = [child for key in ("oneOf", "anyOf") for child in _elements(node.get(key)) if child.ref is not None]
    if listed:
        targets = [child.follow() for child in listed]
        covered = set(mapping.values())
        implied = {str(t.pointer[-1]): t for t in targets if t not in covered and t.pointer}
        complete = len(listed) == sum(1 for key in ("oneOf", "anyOf") for c in _elements(node.get(key)) if c.value != {"type": "null"})
        return Dispatch(name, {**implied, **mapping}, inherited=False) if complete else None
    subtypes = {str(sub.pointer[-1]): sub for sub in _subtypes(node)}
    covered = set(mapping.values())
    branches = {**{k: v for k, v in subtypes.items() if v not in covered}, **mapping}
    if not branches:
        return None
    if node not in branches.values() and node.pointer:
        branches[str(node.pointer[-1])] = node  # an instance of the supertype itself
    return Dispatch(name, branches, inherited=True)


def _elements(node: Node | None) -> Iterator[Node]:
    if node is not None and isinstance(node.value, list):
        yield from node.elements()


def _mapped(target: Node, schemas: Schemas) -> Node | None:
    """The schema that a mapping's value names: a schema's name in components, or a reference."""
    text = target.value
    if not isinstance(text, str):
        return None
    from_names = "/" not in text and "#" not in text and not text.endswith((".json", ".yaml", ".yml"))
    try:
        return schemas.files.resolve(target, "#/components/schemas/" + text if from_names else text).follow()
    except ReferenceFault:
        return None  # the document's check reports it


def _subtypes(node: Node) -> Iterator[Node]:
    """The schemas beside this one that contain it by allOf, themselves or through others."""
    if len(node.pointer) < 2 or node.pointer[-2] not in ("definitions", "schemas"):
        return
    siblings = node.file.root
    for step in node.pointer[:-1]:
        siblings = siblings.at(step)
    for _, sibling in siblings.items():
        if sibling != node and _contains(sibling, node, ()):
            yield sibling


def _contains(node: Node, wanted: Node, seen: tuple[Node, ...]) -> bool:
    for branch in _elements(node.get("allOf") if isinstance(node.value, dict) else None):
        if branch.ref is None:
            continue
        try:
            target = branch.follow()
        except ReferenceFault:
            continue
        if target == wanted or (target not in seen and _contains(target, wanted, (*seen, target))):
            return True
    return False


class Schema:
    """A schema at its place in a document. Equal places are the same object within one `Schemas`."""

    __slots__ = ("_checkers", "node", "schemas")

    def __init__(self, schemas: Schemas, node: Node) -> None:
        self.schemas = schemas
        self.node = node
        self._checkers: dict[str, Checker] = {}

    @property
    def value(self) -> JsonObject:
        """The schema's keywords as written; {} for a boolean schema."""
        return self.node.value if isinstance(self.node.value, dict) else {}

    def checker(self, view: str) -> Checker:
        """The compiled validity of this view, made at the first call."""
        found = self._checkers.get(view)
        if found is None:
            bundle = self.schemas.bundle(self.node, view)
            found = self._checkers[view] = Checker(bundle, self.schemas.draft, self.schemas.formats)
        return found

    def child(self, *steps: str | int) -> Schema:
        """The subschema below this one, references followed."""
        node = self.node
        for step in steps:
            node = node.at(step)
        return self.schemas.at(node)

    def __repr__(self) -> str:
        return f"<Schema {self.node.pointer}>"


# How much a backtracking pattern may try before the text counts as not matching; the linear engine needs no limit.
_BACKTRACK_LIMIT = 100_000


class Checker:
    """A compiled JSON Schema.

    `is_valid(value)` is the fast question; `problems(value)` the complete answer.
    """

    __slots__ = ("_validator", "bundle", "is_valid")

    def __init__(self, bundle: JsonObject, draft: Draft, formats: Formats) -> None:
        self.bundle = bundle
        self._validator = _compile(bundle, draft, formats)
        self.is_valid: Callable[[Json], bool] = self._validator.is_valid

    def problems(self, value: Json) -> list[SchemaProblem]:
        """Everything that is wrong with `value`; [] for a valid one. Nothing of the value is in the answer."""
        found: dict[SchemaProblem, None] = {}
        for error in self._validator.iter_errors(value):
            found.update(dict.fromkeys(_problems(error)))
        return list(found)


def _compile(bundle: JsonObject, draft: Draft, formats: Formats) -> Any:
    checks = dict(formats.checks)
    if draft is not OPENAPI_31:
        cls: Any = jsonschema_rs.Draft4Validator
        for name in LATER_THAN_DRAFT4:
            checks.setdefault(name, _later_format(name))
    else:
        cls = jsonschema_rs.Draft202012Validator
    try:
        return cls(bundle, formats=checks, validate_formats=True, pattern_options=_LINEAR, offline=True, mask="*")
    except (jsonschema_rs.ValidationError, ValueError):
        # look-around and back-references need the backtracking engine
        return cls(bundle, formats=checks, validate_formats=True, pattern_options=_BACKTRACKING, offline=True, mask="*")


_LINEAR = jsonschema_rs.RegexOptions()
_BACKTRACKING = jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT)
_LATER: dict[str, Callable[[str], bool]] = {}


def _later_format(name: str) -> Callable[[str], bool]:
    if name not in _LATER:
        _LATER[name] = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid
    return _LATER[name]


_KINDS = {
    "string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false",
    "array": "an array", "object": "an object", "null": "null",
}  # fmt: skip


def _a_kind(facts: JsonObject) -> str:
    kinds = sorted(facts["types"], key=lambda kind: (kind == "null", kind))
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def _listed(values: list[Json]) -> str:
    shown = ", ".join("null" if v is None else str(v).lower() if isinstance(v, bool) else repr(v) for v in values[:20])
    return shown + (", …" if len(values) > 20 else "")


_EXPECTED: dict[str, Callable[[JsonObject], str]] = {
    "type": _a_kind,
    "enum": lambda facts: f"one of {_listed(facts['options'])}",
    "const": lambda facts: f"exactly {_listed([facts['expected_value']])}",
    "minimum": lambda facts: f"at least {facts['limit']}",
    "maximum": lambda facts: f"at most {facts['limit']}",
    "exclusiveMinimum": lambda facts: f"more than {facts['limit']}",
    "exclusiveMaximum": lambda facts: f"less than {facts['limit']}",
    "multipleOf": lambda facts: f"a multiple of {facts['multiple_of']}",
    "minLength": lambda facts: f"at least {facts['limit']} characters",
    "maxLength": lambda facts: f"at most {facts['limit']} characters",
    "pattern": lambda facts: f"text that matches {facts['pattern']}",
    "format": lambda facts: f"text of the format {facts['format']}",
    "minItems": lambda facts: f"at least {facts['limit']} items",
    "maxItems": lambda facts: f"at most {facts['limit']} items",
    "uniqueItems": lambda facts: "items that differ from each other",
    "contains": lambda facts: "an item that the schema's `contains` describes",
    "minProperties": lambda facts: f"at least {facts['limit']} properties",
    "maxProperties": lambda facts: f"at most {facts['limit']} properties",
    "propertyNames": lambda facts: "property names that the schema allows",
    "falseSchema": lambda facts: "nothing: it is not allowed here",
    "not": lambda facts: "something that the schema's `not` does not describe",
    "anyOf": lambda facts: "a value that fits one of the alternatives",
    "oneOf": lambda facts: "a value that fits exactly one of the alternatives",
    "additionalItems": lambda facts: f"at most {facts['limit']} items",
    "unevaluatedItems": lambda facts: "no further items",
    "backtrackLimitExceeded": lambda facts: "text that matches the pattern with reasonable effort",
}


def _problems(error: Any) -> Iterator[SchemaProblem]:
    kind = error.kind
    name, path = kind.name, tuple(error.instance_path)
    if name in ("anyOf", "oneOf"):
        yield from _problems_of_branches(error, name, path)
        return
    facts = kind.as_dict()
    if name == "required":
        yield SchemaProblem((*path, facts["property"]), "required", "a value: it is required")
    elif name in ("additionalProperties", "unevaluatedProperties"):
        for unexpected in facts["unexpected"]:
            yield SchemaProblem((*path, unexpected), name, "no such property")
    else:
        say = _EXPECTED.get(name)
        code = "not_allowed" if name == "falseSchema" else name
        yield SchemaProblem(path, code, say(facts) if say is not None else f"a value that fits the schema's `{name}`")


def _problems_of_branches(error: Any, name: str, path: Pointer) -> Iterator[SchemaProblem]:
    """The faults of the branch that was meant, where that can be told; else one problem for all of them."""
    branches = error.kind.as_dict()["context"]
    guards = [_guard(branch) for branch in branches]
    chosen = [guard for guard in guards if guard is not None]
    if chosen and len(chosen) == len(guards):
        values = [value for guard in chosen for value in guard[1]]
        expected = f"one of {_listed(values)}" if values else "a value: it names the kind of object"
        yield SchemaProblem((*path, chosen[0][0]), "discriminator", expected)
        return
    meant = [branch for branch, guard in zip(branches, guards, strict=True) if guard is None]
    if len(meant) > 1:
        meant = [branch for branch in meant if not any(_wrong_kind(e, path) for e in branch)]
    if len(meant) == 1 and meant[0]:
        for inner in meant[0]:
            yield from _problems(inner)
    else:
        yield SchemaProblem(path, name, _EXPECTED[name]({}))


def _wrong_kind(error: Any, path: Pointer) -> bool:
    return error.kind.name == "type" and tuple(error.instance_path) == path


def _guard(branch: list[Any]) -> tuple[str, list[Json]] | None:
    """(property, its allowed values) if this branch failed at the guard of a discriminator (see `_dispatched`)."""
    for error in branch:
        where, facts = list(error.schema_path), error.kind.as_dict()
        if where[-len(_GUARD) - 3 : -3] == _GUARD and where[-1] == "enum":
            return where[-2], facts["options"]
        if where[-len(_GUARD) - 1 : -1] == _GUARD and where[-1] == "required":
            return facts["property"], []
    return None
