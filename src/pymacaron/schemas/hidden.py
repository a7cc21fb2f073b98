"""Properties that a view hides: readOnly ones in requests, writeOnly ones in responses."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron.documents import Node

from .drafts import REQUEST
from .references import chain


def _flag(node: Node, view: str) -> bool:
    """Is the property at `node` hidden in this view: readOnly in requests, writeOnly in responses?"""
    keyword = "readOnly" if view == REQUEST else "writeOnly"
    if node.ref is None:
        return isinstance(node.value, dict) and node.value.get(keyword) is True
    return any(isinstance(said.value, dict) and said.value.get(keyword) is True for said in chain(node))


def hidden_names(node: Node, view: str) -> frozenset[str]:
    """The names that the properties of a schema have which are hidden."""
    properties = node.get("properties")
    if properties is None or not isinstance(properties.value, dict):
        return frozenset()
    return frozenset(name for name, child in properties.items() if _flag(child, view))


def hidden_family(node: Node, view: str) -> frozenset[str]:
    """The names hidden by a schema or by anything that it contains by allOf."""
    return frozenset(name for member in _family(node) for name in hidden_names(member, view))


def demanded_family(node: Node) -> frozenset[str]:
    """The names that a schema demands, or anything that it contains by allOf."""
    listed = [member.value.get("required") for member in _family(node)]
    return frozenset(name for names in listed if isinstance(names, list) for name in names if isinstance(name, str))


def _family(node: Node) -> Iterator[Node]:
    """A schema and all that it contains by allOf, each once."""
    seen: set[Node] = set()
    waiting = [node]
    while waiting:
        for member in chain(waiting.pop()):
            if member in seen or not isinstance(member.value, dict):
                break
            seen.add(member)
            yield member
            branches = member.get("allOf")
            waiting.extend(branches.elements() if branches is not None else ())
