"""Discriminators: which branch of a schema a value names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pymacaron.documents import LONGEST, Node, ReferenceFault

from .drafts import Draft
from .references import chain, follow_once, is_alias, meant, target_of


class Dispatch(NamedTuple):
    """A discriminator: the property that names the branch, and the branch for each of its values."""

    property: str
    branches: dict[str, Node]
    inherited: bool  # the branches are subtypes that contain this schema by allOf, not its oneOf or anyOf


def read_dispatch(node: Node, draft: Draft) -> Dispatch | None:
    """Read a discriminator: in Swagger 2.0 the name of a property, in 3.x a Discriminator Object."""
    given = node.get("discriminator")
    if given is None:
        return None
    is_object = isinstance(given.value, dict)
    name = given.value.get("propertyName") if is_object else given.value
    if not isinstance(name, str):
        return None
    mapping = dict(_mapping(given, draft)) if is_object else {}
    alternatives = [child for key in ("oneOf", "anyOf") for child in _elements(node.get(key))]
    if any(child.ref is not None for child in alternatives):
        return _listed(name, mapping, alternatives, draft)
    return _inherited(name, mapping, node, draft)


def _mapping(given: Node, draft: Draft) -> Iterator[tuple[str, Node]]:
    mapping = given.get("mapping")
    for value, target in mapping.items() if mapping is not None else ():
        found = _mapped(target, draft)
        if found is not None:
            yield value, found


def _listed(name: str, mapping: dict[str, Node], alternatives: list[Node], draft: Draft) -> Dispatch | None:
    """The branches are alternatives."""
    if any(child.ref is None and child.value != {"type": "null"} for child in alternatives):
        return None
    named = [(_name_of(follow_once(child)), target_of(child, draft)) for child in alternatives if child.ref is not None]
    branches = _branches(name, mapping, [(value, meant(target, draft)) for value, target in named], draft)
    return Dispatch(name, branches, inherited=False) if branches else None


def _inherited(name: str, mapping: dict[str, Node], node: Node, draft: Draft) -> Dispatch | None:
    """The branches are subtypes: the schemas beside this one that contain it, and this one itself."""
    branches = _branches(name, mapping, [(_name_of(sub), sub) for sub in _subtypes(node, draft)], draft)
    if not branches:
        return None
    if node not in branches.values() and node.pointer:
        branches.setdefault(_name_of(node), node)
    return Dispatch(name, branches, inherited=True)


def _branches(
    name: str, mapping: dict[str, Node], named: list[tuple[str, Node]], draft: Draft
) -> dict[str, Node] | None:
    """The branch of each value: as the mapping says, else by what the branch itself says of the property, which many
    documents rely on, else by its name (OpenAPI 3.x, Discriminator Object). None where a value has two."""
    covered = set(mapping.values())
    found: dict[str, Node] = {}
    for own, target in named:
        if target in covered:
            continue
        said = texts_listed(target, name, draft)
        for value in said if said and own not in said else [own]:
            if found.setdefault(value, target) != target:
                return None
    return {**found, **mapping}


def texts_listed(node: Node, name: str, draft: Draft) -> list[str]:
    """The texts that a schema lists for a property: in its own properties, else in what it contains; [] if it lists
    none, or what is no text."""
    return _Texts(name, draft).said(node)


class _Texts:
    """What schemas list for the property `name`, each asked once."""

    def __init__(self, name: str, draft: Draft) -> None:
        self._name, self._draft = name, draft
        self._known: dict[Node, list[str]] = {}

    def said(self, node: Node, depth: int = 0) -> list[str]:
        if node not in self._known:
            self._known[node] = []  # of what leads back to itself
            is_schema = isinstance(node.value, dict) and depth < LONGEST
            self._known[node] = self._listed(node, depth + 1) if is_schema else []
        return self._known[node]

    def _listed(self, node: Node, depth: int) -> list[str]:
        own = _own_texts(node, self._name)
        if own:
            return own
        inline = [branch for branch in _elements(node.get("allOf")) if branch.ref is None]
        for part in [*inline, *_contained(node, self._draft)]:
            found = self.said(part, depth)
            if found:
                return found
        return self._listed_by_all([*_elements(node.get("oneOf")), *_elements(node.get("anyOf"))], depth)

    def _listed_by_all(self, alternatives: list[Node], depth: int) -> list[str]:
        """What alternatives list together, nothing if one of them lists nothing."""
        found = [self.said(meant(child, self._draft), depth) for child in alternatives]
        return list(dict.fromkeys(value for values in found for value in values)) if all(found) else []


def _own_texts(node: Node, name: str) -> list[str]:
    """The texts that a schema lists for its own property, also by reference."""
    properties = node.get("properties")
    child = properties.get(name) if properties is not None else None
    for said in chain(child) if child is not None else ():
        if not isinstance(said.value, dict):
            break
        listed = [said.value["const"]] if "const" in said.value else said.value.get("enum")
        if isinstance(listed, list) and listed and all(isinstance(value, str) for value in listed):
            return listed
    return []


def _name_of(node: Node) -> str:
    """What a schema is called: its key in the components, or the name of its file."""
    return str(node.pointer[-1]) if node.pointer else node.file.path.rpartition("/")[2].partition(".")[0]


def _elements(node: Node | None) -> Iterator[Node]:
    if node is not None and isinstance(node.value, list):
        yield from node.elements()


def _mapped(target: Node, draft: Draft) -> Node | None:
    """The schema that a mapping's value names: a schema's name in components, or a reference."""
    text = target.value
    if not isinstance(text, str):
        return None
    from_names = "/" not in text and "#" not in text and not text.endswith((".json", ".yaml", ".yml"))
    try:
        named = target.file.files.resolve(target, "#/components/schemas/" + text if from_names else text)
        return meant(named, draft)
    except ReferenceFault:
        return None  # the document's check reports it


def _subtypes(node: Node, draft: Draft) -> Iterator[Node]:
    """The schemas beside this one that contain it by allOf, themselves or through others."""
    if len(node.pointer) < 2 or node.pointer[-2] not in ("definitions", "schemas"):
        return
    siblings = node.file.root
    for step in node.pointer[:-1]:
        siblings = siblings.at(step)
    for _, sibling in siblings.items():  # noqa: PERF102 - a Node is no dict
        if sibling != node and _contains(sibling, node, draft):
            yield sibling


def _contains(node: Node, wanted: Node, draft: Draft) -> bool:
    seen: set[Node] = set()
    waiting = [node]
    while waiting:
        found = [target for target in _contained(waiting.pop(), draft) if target not in seen]
        if wanted in found:
            return True
        seen.update(found)
        waiting += found
    return False


def _contained(node: Node, draft: Draft) -> Iterator[Node]:
    """What a schema contains: by allOf, and by a reference where keywords beside it count."""
    beside = [node] if node.ref is not None and not is_alias(node, draft) else []
    listed = _elements(node.get("allOf") if isinstance(node.value, dict) else None)
    for branch in [*beside, *listed]:
        if branch.ref is not None:
            try:
                yield meant(target_of(branch, draft), draft)
            except ReferenceFault:
                continue  # the document's check reports it
