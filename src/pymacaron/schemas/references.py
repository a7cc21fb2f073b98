"""Where the references of a schema lead: `$ref`, and `$dynamicRef` by the way the schema was come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from pymacaron.documents import LONGEST, Node, ReferenceFault

from .drafts import ANNOTATIONS, Draft

# The dynamic anchors in force, by name; the outermost of each name. Empty for nearly all documents.
Scope: TypeAlias = tuple[tuple[str, Node], ...]


class Place(NamedTuple):
    """A schema as it was come to.

    `plain` leaves its own discriminator out, since that chose already; `hidden` are names that what contains it hides.
    """

    node: Node
    scope: Scope = ()
    plain: bool = False
    hidden: frozenset[str] = frozenset()


def is_alias(node: Node, draft: Draft) -> bool:
    """Does the schema at `node` stand for another, since nothing beside its reference counts?"""
    return node.ref is not None and (not draft.ref_siblings or node.value.keys() <= ANNOTATIONS)


def target_of(node: Node, draft: Draft) -> Node:
    """Where the reference at `node` leads: to the next schema if what stands beside references counts, for then it may
    be one of these itself; else to the end of the chain.

    Raises:
        ReferenceFault: nowhere.
    """
    return follow_once(node) if draft.ref_siblings else node.follow()


def follow_once(node: Node) -> Node:
    """What the reference at `node` names, which may be a reference in its turn.

    Raises:
        ReferenceFault: nothing.
    """
    return node if node.ref is None else node.file.files.resolve(node, node.ref)


def meant(node: Node, draft: Draft) -> Node:
    """The schema that `node` stands for: itself, unless it is an alias.

    Raises:
        ReferenceFault: references lead nowhere, in a circle, or through too many others.
    """
    if node.ref is None:
        return node
    start, passed = node, {node}
    while is_alias(node, draft):
        node = target_of(node, draft)
        if node in passed or len(passed) > LONGEST:
            return start.follow()  # which says what is wrong
        passed.add(node)
    return node


def chain(node: Node) -> Iterator[Node]:
    """The schema at `node`, and those that its reference leads to, one after the other.

    Raises:
        ReferenceFault: a reference leads nowhere.
    """
    passed: set[Node] = set()
    while node not in passed and len(passed) <= LONGEST:
        yield node
        passed.add(node)
        node = follow_once(node)


def entered(node: Node, scope: Scope) -> Scope:
    """The scope inside the schema resource around `node`, come to from `scope`: its dynamic anchors are in force
    unless they were before (JSON Schema 2020-12 core, section 8.2.3.2)."""
    known = node.file.identifiers
    if known is None or not known.anchors:
        return scope
    start, found = known.resource_of(node.pointer), dict(scope)
    for (resource, name), pointer in known.anchors.items():
        if resource == start and name not in found:
            anchor = node.file.root.at(*pointer)
            if anchor.value.get("$dynamicAnchor") == name:
                found[name] = anchor
    return tuple(sorted(found.items(), key=lambda item: item[0]))


def dynamic_target(node: Node, scope: Scope) -> Node | None:
    """Where the `$dynamicRef` at `node` leads; None if there is none, or it leads nowhere."""
    text = node.value.get("$dynamicRef")
    if not isinstance(text, str):
        return None
    try:
        target = node.file.files.resolve(node, text)
    except ReferenceFault:
        return None  # the document's check reports it
    name = unquote(text.partition("#")[2])
    if isinstance(target.value, dict) and name and target.value.get("$dynamicAnchor") == name:
        return dict(scope).get(name, target)
    return target


def is_resource(node: Node) -> bool:
    """Does a schema resource of its own start at `node` (by `$id`)?"""
    known = node.file.identifiers
    return known is not None and node.pointer in known.resources
