"""Discriminators: which branch of a schema a value names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pymacaron.documents import Node, ReferenceFault


class Dispatch(NamedTuple):
    """A discriminator: the property that names the branch, and the branch for each of its values."""

    property: str
    branches: dict[str, Node]
    inherited: bool  # the branches are subtypes that contain this schema by allOf, not its oneOf or anyOf


def read_dispatch(node: Node) -> Dispatch | None:
    """Read a discriminator: in Swagger 2.0 the name of a property, in 3.x a Discriminator Object."""
    given = node.get("discriminator")
    if given is None:
        return None
    name = (
        given.value
        if isinstance(given.value, str)
        else given.value.get("propertyName")
        if isinstance(given.value, dict)
        else None
    )
    if not isinstance(name, str):
        return None
    mapping_node = given.get("mapping") if isinstance(given.value, dict) else None
    mapping: dict[str, Node] = {}
    if mapping_node is not None and isinstance(mapping_node.value, dict):
        for value, target in mapping_node.items():
            found = _mapped(target)
            if found is not None:
                mapping[value] = found
    listed = [child for key in ("oneOf", "anyOf") for child in _elements(node.get(key)) if child.ref is not None]
    if listed:
        targets = [child.follow() for child in listed]
        covered = set(mapping.values())
        implied = {str(t.pointer[-1]): t for t in targets if t not in covered and t.pointer}
        complete = len(listed) == sum(
            1 for key in ("oneOf", "anyOf") for c in _elements(node.get(key)) if c.value != {"type": "null"}
        )
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


def _mapped(target: Node) -> Node | None:
    """The schema that a mapping's value names: a schema's name in components, or a reference."""
    text = target.value
    if not isinstance(text, str):
        return None
    from_names = "/" not in text and "#" not in text and not text.endswith((".json", ".yaml", ".yml"))
    try:
        return target.file.files.resolve(target, "#/components/schemas/" + text if from_names else text).follow()
    except ReferenceFault:
        return None  # the document's check reports it


def _subtypes(node: Node) -> Iterator[Node]:
    """The schemas beside this one that contain it by allOf, themselves or through others."""
    if len(node.pointer) < 2 or node.pointer[-2] not in ("definitions", "schemas"):
        return
    siblings = node.file.root
    for step in node.pointer[:-1]:
        siblings = siblings.at(step)
    for _, sibling in siblings.items():  # noqa: PERF102 - a Node is no dict
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
