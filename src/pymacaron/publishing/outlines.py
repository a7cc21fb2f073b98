"""Schemas as people read them: properties below one another, what is inside them unfolds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

from pymacaron.documents import Node
from pymacaron.pool import LoadedApi
from pymacaron.schemas import Schema

from .markup import Child, Markup, joined, tag
from .prose import prose
from .words import described, followed, limits

_DEEPEST = 3  # levels that are on one page; what is further down has a page of its own, or is left out
_MOST = 250  # properties on one page; after that, schemas that have a page of their own do not unfold any more
_BRANCHES = (("oneOf", "One of these"), ("anyOf", "Any of these"))


@lru_cache(maxsize=64)
def _names(api: LoadedApi) -> Mapping[Node, str]:
    """What places are called."""
    places = ((followed(node), name) for name, node in api.document.named.items())
    return {node: name for node, name in places if node is not None}


class Outlines:
    """The schemas of one API, on one page.

    Args:
        stem: the way to the page of the API.
    """

    def __init__(self, api: LoadedApi, stem: str) -> None:
        self._stem = stem
        self._names = _names(api)
        self._shown = 0

    def link(self, name: str) -> str:
        """The way to the page of a schema."""
        return f"{self._stem}?schema={quote(name)}"

    def words(self, schema: Schema | Node) -> Markup:
        """A schema in a few words, which lead to its page if it has one: "list of Order"."""
        node = schema if isinstance(schema, Node) else schema.node
        text, target = described(node), self._target(node)
        if target is None:
            return joined(text)
        before, _, after = text.partition(target)
        return joined(before, tag("a", target, href=self.link(target)), after)

    def _target(self, node: Node | None) -> str | None:
        """The name of a schema, or of the items of a list."""
        for _ in range(_DEEPEST):
            node = followed(node) if node is not None else None
            if node is None:
                return None
            if node in self._names:
                name = self._names[node]
                return name if node.pointer and name == str(node.pointer[-1]) else None
            node = node.get("items")
        return None

    def of(self, schema: Schema | Node) -> Markup | None:
        """What is in a schema; None if that says no more than its words."""
        node = schema if isinstance(schema, Node) else schema.node
        return self._inside(node, ())

    def _inside(self, node: Node, above: tuple[Node, ...]) -> Markup | None:
        found = followed(node)
        if found is None or not isinstance(found.value, dict) or found in above or len(above) > _DEEPEST:
            return None
        if above and self._shown > _MOST and found in self._names:
            return None
        above = (*above, found)
        items = found.get("items")
        if items is not None and isinstance(items.value, dict) and "properties" not in found.value:
            return self._inside(items, above)
        rows = list(self._rows(found, above))
        branches = [one for key, title in _BRANCHES for one in self._branches(found.get(key), title, above)]
        return joined(tag("ul", rows, class_="outline") if rows else None, branches) if rows or branches else None

    def _rows(self, node: Node, above: tuple[Node, ...]) -> Iterator[Markup]:
        """The properties of an object, also those of what it is made of."""
        required = node.value.get("required")
        names = frozenset(required) if isinstance(required, list) else frozenset[str]()
        for name, inner in _properties(node):
            yield self._row(tag("code", name, class_="required" if name in names else None), inner, above)
        others = node.get("additionalProperties")
        if others is not None and isinstance(others.value, dict) and others.value:
            yield self._row(tag("em", "any other name"), others, above)
        parts = node.get("allOf")
        for part in parts.elements() if parts is not None else ():
            found = followed(part)
            if found is not None and isinstance(found.value, dict) and found not in above:
                yield from self._rows(found, (*above, found))

    def _row(self, name: Markup, node: Node, above: tuple[Node, ...]) -> Markup:
        self._shown += 1
        extra, found = limits(node), followed(node)
        about = next((one.value["description"] for one in (node, found) if one is not None and _has_text(one)), None)
        inner = self._inside(node, above)
        parts: list[Child] = [
            name, " ", tag("span", self.words(node), class_="kind"), " ",
            tag("span", extra, class_="dim") if extra else None, prose(about),
            tag("details", tag("summary", "What is in it"), inner) if inner else None,
        ]  # fmt: skip
        return tag("li", *parts)

    def _branches(self, branches: Node | None, title: str, above: tuple[Node, ...]) -> Iterator[Markup]:
        if branches is None:
            return
        rows = [self._row(tag("span"), branch, above) for branch in branches.elements()]
        yield tag("p", title, class_="dim")
        yield tag("ul", rows, class_="outline")


def _has_text(node: Node) -> bool:
    return isinstance(node.value, dict) and isinstance(node.value.get("description"), str)


def _properties(node: Node) -> Iterable[tuple[str, Node]]:
    properties = node.get("properties")
    return properties.items() if properties is not None else ()
