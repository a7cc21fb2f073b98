"""Properties that a view hides: readOnly ones in requests, writeOnly ones in responses."""

from __future__ import annotations

from pymacaron.documents import Node

from .drafts import REQUEST
from .references import chain


def _flag(node: Node, view: str) -> bool:
    """Is the property at `node` hidden in this view: readOnly in requests, writeOnly in responses?"""
    keyword = "readOnly" if view == REQUEST else "writeOnly"
    if node.ref is None:
        return isinstance(node.value, dict) and node.value.get(keyword) is True
    return any(isinstance(said.value, dict) and said.value.get(keyword) is True for said in chain(node))


def hidden(node: Node, view: str) -> frozenset[str]:
    properties = node.get("properties")
    if properties is None or not isinstance(properties.value, dict):
        return frozenset()
    return frozenset(name for name, child in properties.items() if _flag(child, view))


def hidden_family(node: Node, view: str, seen: tuple[Node, ...] = ()) -> frozenset[str]:
    """The names hidden by a schema or by anything that it contains by allOf."""
    names = frozenset[str]()
    for member in chain(node):
        if member in seen or not isinstance(member.value, dict):
            break
        seen = (*seen, member)
        names |= hidden(member, view)
        branches = member.get("allOf")
        for branch in branches.elements() if branches is not None else ():
            names |= hidden_family(branch, view, seen)
    return names
