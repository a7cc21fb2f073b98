"""What the keywords of a schema say together: of its properties, its kinds, and of null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pymacaron._types import Json
from pymacaron.documents import LONGEST, Node
from pymacaron.schemas import Draft, Schemas, chain, target_of

from .shape import kinds_of

# What decides which values a schema's are in Python, beside `type` and what is required.
SHAPING = frozenset(
    ("$dynamicRef", "additionalItems", "additionalProperties", "allOf", "anyOf", "const", "dependencies",
     "dependentSchemas", "discriminator", "else", "enum", "format", "if", "items", "not", "oneOf", "patternProperties",
     "prefixItems", "properties", "then", "unevaluatedItems", "unevaluatedProperties", "x-parent", "x-persist")
)  # fmt: skip


class Family:
    """What a schema says together with everything that it contains by allOf."""

    def __init__(self) -> None:
        self.properties: dict[str, list[Node]] = {}  # [] for one that is only named
        self.types: set[str] | None = None
        self.groups: list[list[Node]] = []  # each oneOf or anyOf
        self.conditional: list[Node] = []  # what holds under conditions: then, else, dependent schemas
        self.named: dict[str, None] = {}  # the properties that it requires, declared or not
        self.nodes: list[Node] = []
        self.open: list[Node] = []  # those that declare additionalProperties or patternProperties
        self.is_dynamic = False  # a $dynamicRef decides what else holds

    @property
    def is_free(self) -> bool:
        """Does it leave open what properties there are, naming none?"""
        return not self.properties and not any(node.value.get("additionalProperties") is False for node in self.nodes)

    def branches(self) -> list[Node]:
        """What may hold beside it: alternatives, and what has conditions."""
        return [*(branch for group in self.groups for branch in group), *self.conditional]


def family_of(node: Node, draft: Draft) -> Family:
    """Read the family of the schema at `node`."""
    family = Family()
    _collect(node, family, draft, set())
    if family.properties:  # beside properties, alternatives and conditions may bring more of them
        _collect_branches(family, draft)
        for name in family.named:
            family.properties.setdefault(name, [])
    return family


def _collect(node: Node, family: Family, draft: Draft, seen: set[Node]) -> None:
    passed: set[Node] = set()  # references that were followed
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.ref is not None and node not in passed:
            passed.add(node)
            waiting += [node, target_of(node, draft)] if draft.ref_siblings else [target_of(node, draft)]
        elif node not in seen and isinstance(node.value, dict) and (node.ref is None or draft.ref_siblings):
            seen.add(node)
            family.nodes.append(node)
            _collect_own(node, family)
            waiting += reversed(_listed(node, "allOf"))


def _collect_own(node: Node, family: Family) -> None:
    value = node.value
    _collect_types(value, family)
    properties = node.get("properties")
    for name, child in properties.items() if properties is not None else ():
        family.properties.setdefault(name, []).append(child)
    family.named |= dict.fromkeys(_names_in(value.get("required")))
    if _is_open(value):
        family.open.append(node)
    family.groups += [group for group in (_listed(node, "oneOf"), _listed(node, "anyOf")) if group]
    family.conditional += [part for key in ("if", "then", "else") if (part := node.get(key)) is not None]
    for key in ("dependentSchemas", "dependencies", "dependentRequired"):
        dependent = node.get(key)
        for _, child in dependent.items() if dependent is not None else ():
            family.conditional.append(child)
            family.named |= dict.fromkeys(_names_in(child.value))
    family.is_dynamic |= "$dynamicRef" in value


def _names_in(given: Json) -> list[str]:
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def _listed(node: Node, key: str) -> list[Node]:
    child = node.get(key)
    return list(child.elements()) if child is not None else []


def _is_open(value: Mapping[str, Json]) -> bool:
    """Does the schema declare properties that it does not name?"""
    extras = value.get("additionalProperties"), value.get("unevaluatedProperties")
    return any(extra is True or isinstance(extra, dict) for extra in extras) or "patternProperties" in value


def _collect_types(value: Mapping[str, Json], family: Family) -> None:
    given = value.get("type")
    if isinstance(given, (str, list)):
        kinds = {given} if isinstance(given, str) else {kind for kind in given if isinstance(kind, str)}
        family.types = kinds if family.types is None else (family.types & kinds) or kinds


def _collect_branches(family: Family, draft: Draft) -> None:
    seen = set(family.nodes)
    waiting = family.branches()[::-1]
    while waiting:
        branch = waiting.pop()
        if branch in seen:
            continue
        seen.add(branch)
        inner = Family()
        _collect(branch, inner, draft, set())
        for name, children in inner.properties.items():
            family.properties.setdefault(name, []).extend(children)
        family.named |= inner.named
        family.open.extend(inner.open)
        waiting += reversed(inner.branches())


def implied_kinds(value: Mapping[str, Json]) -> set[str] | None:
    """The kinds of a schema without `type` whose enum or const lists what it may be."""
    listed = [value["const"]] if "const" in value else value.get("enum")
    if not isinstance(listed, list) or not listed:
        return None
    kinds: set[str] = set()
    for item in listed:
        kinds |= {"boolean"} if isinstance(item, bool) else kinds_of(item)
    return None if kinds & {"array", "object"} else kinds


def said_of(node: Node) -> list[Mapping[str, Json]]:
    """What is written of a property, beside its reference and at the target."""
    return [said.value for said in chain(node) if isinstance(said.value, dict)]


_CONTAINED = (
    "additionalItems", "additionalProperties", "contains", "else", "items", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
_LISTED = ("allOf", "anyOf", "items", "oneOf", "prefixItems")


def said_within(node: Node) -> Iterator[Mapping[str, Json]]:
    """What is written of a value and of all parts of it that are no properties with names."""
    seen: set[Node] = set()
    waiting = [node]
    while waiting:
        for said in chain(waiting.pop()):
            if said in seen or not isinstance(said.value, dict):
                break
            seen.add(said)
            yield said.value
            waiting += [child for key in _CONTAINED if (child := said.get(key)) is not None]
            waiting += [child for key in _LISTED for child in _listed(said, key)]
            patterns = said.get("patternProperties")
            waiting += [child for _, child in patterns.items()] if patterns is not None else []


def admits_null(node: Node, schemas: Schemas) -> bool:
    """May the value be null? Read off the keywords; where they leave it open, it may."""
    return _admits_null(node, schemas, {}, 0)


def _admits_null(node: Node, schemas: Schemas, known: dict[Node, bool], depth: int) -> bool:
    node = schemas.at(node).node
    value = node.value
    if not isinstance(value, dict):
        return value is True
    if node not in known:
        known[node] = False  # of what leads back to itself
        said = _says_of_null(value, schemas.draft)
        if said is None:
            said = depth > LONGEST or _parts_admit_null(node, schemas, known, depth + 1)
        known[node] = said
    return known[node]


def _parts_admit_null(node: Node, schemas: Schemas, known: dict[Node, bool], depth: int) -> bool:
    if node.ref is not None and not _admits_null(target_of(node, schemas.draft), schemas, known, depth):
        return False
    for key, quantifier in (("allOf", all), ("anyOf", any), ("oneOf", any)):
        branches = _listed(node, key)
        if branches and not quantifier(_admits_null(branch, schemas, known, depth) for branch in branches):
            return False
    return True


def _says_of_null(value: Mapping[str, Json], draft: Draft) -> bool | None:
    """What the schema's own keywords say, None if nothing."""
    if draft.is_nullable(value) and ("type" in value or value.get("x-nullable") is True):
        return True
    given = value.get("type", "null")
    allowed = given == "null" or (isinstance(given, list) and "null" in given)
    listed = value.get("enum")
    if not allowed or (isinstance(listed, list) and None not in listed) or value.get("const") is not None:
        return False
    return None
