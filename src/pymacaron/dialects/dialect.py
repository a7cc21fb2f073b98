"""What a version of OpenAPI is to us, and what they all have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.documents import Node
from pymacaron.operations import Answer, Content, Parameter
from pymacaron.schemas import Draft, Schemas
from pymacaron.servers import Server

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Dialect(NamedTuple):
    """A version of OpenAPI: what its schemas speak, and how its parts are read.

    Attributes:
        more_methods: the key of a Path Item that maps other methods to their operations; empty where there is none.
        schemes_by_uri: may a security requirement name its scheme by a reference to it?
    """

    name: str
    draft: Draft
    methods: tuple[str, ...]
    named: Callable[[Node], Iterator[tuple[str, Node]]]
    server: Callable[[Node], Server | None]
    inputs: Callable[[Reading], Inputs]
    answer: Callable[[Reading, str, Node], Answer]
    security_schemes: Callable[[Node], Iterator[tuple[str, Node]]]
    more_methods: str = ""
    schemes_by_uri: bool = False


class Inputs(NamedTuple):
    """What an operation takes, as in Operation."""

    parameters: list[Parameter]
    contents: tuple[Content, ...]
    body_required: bool
    body_node: Node | None


class Reading(NamedTuple):
    """What the reader of one operation has at hand: the document, its schemas, the Path Item and the Operation."""

    root: Node
    schemas: Schemas
    item: Node
    operation: Node


def listed_parameters(reading: Reading) -> list[Node]:
    """The parameters of an operation: those of its path, replaced or extended by its own (Path Item Object)."""
    found: dict[tuple[Json, Json], Node] = {}
    for place in (reading.item, reading.operation):
        listed = place.get("parameters")
        if listed is not None and isinstance(listed.value, list):
            for node in listed.elements():
                target = node.follow()
                found[target.value.get("name"), target.value.get("in")] = target
    return list(found.values())


def flag(node: Node, key: str) -> bool:
    """Is the value of `key` true?"""
    return node.value.get(key) is True


def entries(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    """The objects in a map, by name."""
    child = node.get(key)
    if child is not None and isinstance(child.value, dict):
        for name, entry in child.items():
            if isinstance(entry.value, dict):
                yield name, entry


def components(*steps: str) -> Callable[[Node], Iterator[tuple[str, Node]]]:
    """What lists the entries of the object that `steps` lead to in a document."""

    def listed(root: Node) -> Iterator[tuple[str, Node]]:
        node: Node | None = root
        for step in steps[:-1]:
            node = node.get(step) if node is not None else None
        if node is not None:
            yield from entries(node, steps[-1])

    return listed
