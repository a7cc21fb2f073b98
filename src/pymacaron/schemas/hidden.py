"""Properties that a view hides: readOnly ones in requests, writeOnly ones in responses."""

from __future__ import annotations

from pymacaron.documents import Node

from .drafts import REQUEST


def _flag(node: Node, view: str) -> bool:
    """Is the property at `node` hidden in this view: readOnly in requests, writeOnly in responses?"""
    target = node.follow() if node.ref is not None else node
    keyword = "readOnly" if view == REQUEST else "writeOnly"
    return any(isinstance(n.value, dict) and n.value.get(keyword) is True for n in (node, target))


def hidden(node: Node, view: str) -> frozenset[str]:
    properties = node.get("properties")
    if properties is None or not isinstance(properties.value, dict):
        return frozenset()
    return frozenset(name for name, child in properties.items() if _flag(child, view))


def hidden_family(node: Node, view: str, seen: tuple[Node, ...] = ()) -> frozenset[str]:
    """The names hidden by a schema or by anything that it contains by allOf."""
    if node.ref is not None:
        node = node.follow()
    if node in seen or not isinstance(node.value, dict):
        return frozenset()
    names = hidden(node, view)
    branches = node.get("allOf")
    if branches is not None:
        for branch in branches.elements():
            names |= hidden_family(branch, view, (*seen, node))
    return names
