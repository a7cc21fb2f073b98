"""Which operation a request is for: a table of path templates, asked once per request.

A template is what OpenAPI calls a path: "/v1/items/{item_id}". Text may stand beside variables in a segment
("/{sid}.json", "/{base}...{head}"), and parts after "?" or "#" tell operations of one route apart
("/orders?status=open", "/#X-Target=Put"). Pure: no Flask, no environ. No regular expression looks at what callers
send, so the time is bounded by the number of templates, whatever the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar
from urllib.parse import parse_qsl, unquote, unquote_plus


class Routed(Protocol):
    """What the router asks of a route: an upper-case method and a path template."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


T = TypeVar("T", bound=Routed)

# One segment of a template as the texts around its variables: ("items",) has none, ("", "") is a variable alone,
# ("", "...", "") is "{base}...{head}". The names are kept apart: they do not matter for what matches.
Segment: TypeAlias = tuple[str, ...]

VARIABLE: Segment = ("", "")


class Condition(NamedTuple):
    """One "?name=value" or "#name=value" part; `value` is None where only the name has to be there."""

    anywhere: bool  # "#": in the query or else a header of that name
    name: str
    value: str | None


class Template(NamedTuple):
    """A path template, taken apart. `segments` have their percent-encoding undone, as PATH_INFO has."""

    segments: tuple[Segment, ...]
    names: tuple[str, ...]
    conditions: tuple[Condition, ...]


_TAIL = re.compile(r"[?#](?![^{]*\})")  # outside of braces
_NAME = re.compile(r"\{([^{}]*)\}")
_SLASH = re.compile("%2f", re.IGNORECASE)


@lru_cache(maxsize=4096)
def parse_template(path: str) -> Template:
    """Take a path template apart (OpenAPI 3.x, Paths Object)."""
    tail = _TAIL.search(path)
    route, rest = (path[: tail.start()], path[tail.start() :]) if tail else (path, "")
    steps = _SLASH.sub("/", route.removeprefix("/")).split("/")  # servers decode what the document encodes
    pieces = [_NAME.split(segment) for segment in steps]
    names = tuple(name for piece in pieces for name in piece[1::2])
    segments = tuple(tuple(unquote(text) for text in piece[::2]) for piece in pieces)
    return Template(segments, names, tuple(_conditions(rest)))


def _conditions(tail: str) -> Iterator[Condition]:
    anywhere = False
    for delimiter, part in re.findall(r"([?#&])([^?#&]*)", tail):
        anywhere = anywhere if delimiter == "&" else delimiter == "#"
        name, has_value, value = part.partition("=")
        if name:
            # "?id={id}" names a value that varies: all that can be asked is that it is there
            fixed = has_value and not _NAME.search(value)
            yield Condition(anywhere, unquote_plus(name), unquote_plus(value) if fixed else None)


def _specificity(segment: Segment) -> tuple[int, list[int], int]:
    """Sorts segments with variables, the most specific first: more pieces of text, then longer ones, then more
    variables. It is Werkzeug's order, so that Flask's dispatch finds the same operation."""
    texts = [text for text in segment if text]
    return -len(texts), [-len(text) for text in texts], -len(segment)


def split_segment(texts: Segment, part: str) -> tuple[str, ...] | None:
    """The values of the variables between `texts` in `part`, or None if it does not fit. Where there is a choice,
    variables to the left take as much as they can; none is ever empty."""
    start, end = len(texts[0]), len(part) - len(texts[-1])
    if end <= start or not part.startswith(texts[0]) or not part.endswith(texts[-1]):
        return None
    values: list[str] = []
    for text in texts[-2:0:-1]:
        found = part.rfind(text, start + 1, end - 1)  # the bounds leave a character for each neighbour
        if found < 0:
            return None
        values.append(part[found + len(text) : end])
        end = found
    values.append(part[start:end])
    values.reverse()
    return tuple(values)


class _Candidate(NamedTuple, Generic[T]):
    conditions: tuple[Condition, ...]
    names: tuple[str, ...]
    route: T


class _Node(Generic[T]):
    """What may follow after some segments; `leaf` holds, by method, the routes of templates that end here."""

    __slots__ = ("leaf", "texts", "variables")

    def __init__(self) -> None:
        self.texts: dict[str, _Node[T]] = {}
        self.variables: list[tuple[Segment, _Node[T]]] = []  # the least specific first
        self.leaf: dict[str, list[_Candidate[T]]] = {}

    def child(self, segment: Segment) -> _Node[T]:
        if len(segment) == 1:
            return self.texts.setdefault(segment[0], _Node())
        for known, node in self.variables:
            if known == segment:
                return node
        node = _Node[T]()
        self.variables.append((VARIABLE if segment == VARIABLE else segment, node))
        self.variables.sort(key=lambda entry: _specificity(entry[0]), reverse=True)
        return node


class Router(Generic[T]):
    """The table of routes, complete when made.

    Text beats a variable, segment by segment from the left; among segments with variables, more text beats less. Of
    operations on one route, the one with the most "?" and "#" parts that hold wins. A GET also answers HEAD.
    """

    def __init__(self, routes: Iterable[T]) -> None:
        self._root: _Node[T] = _Node()
        self._literals: dict[str, dict[str, list[_Candidate[T]]]] = {}
        self.has_conditions = False
        for leaf in [self._add(route) for route in routes]:
            if "GET" in leaf:
                leaf.setdefault("HEAD", leaf["GET"])

    def _add(self, route: T) -> dict[str, list[_Candidate[T]]]:
        segments, names, conditions = parse_template(route.path)
        node = self._root
        for segment in segments:
            node = node.child(segment)
        if not names:
            self._literals["/" + "/".join(segment[0] for segment in segments)] = node.leaf
        candidates = node.leaf.setdefault(route.method, [])
        candidates.append(_Candidate(conditions, names, route))
        candidates.sort(key=lambda candidate: -len(candidate.conditions))
        self.has_conditions = self.has_conditions or bool(conditions)
        return node.leaf

    def find(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[T, dict[str, str]] | frozenset[str]:
        """The route and the values of its variables (a new dict); or, if there is none, the methods that the path has,
        OPTIONS included: none at all means that the path is unknown.

        `path` is percent-decoded, `query` is raw, `headers` have lower-case names.
        """
        leaf = self._literals.get(path)
        if leaf is not None:
            for conditions, _, route in leaf.get(method, ()):
                if not conditions or _hold(conditions, query, headers):
                    return route, {}
        return self._find_template(method, path.split("/"), query, headers)

    def _find_template(
        self, method: str, parts: list[str], query: str, headers: Mapping[str, str] | None
    ) -> tuple[T, dict[str, str]] | frozenset[str]:
        """Walk the tree, the most specific way first. A way that leads nowhere, or to other methods only, gives way to
        the next; no node is visited twice."""
        methods: set[str] = set()
        later: list[tuple[_Node[T] | None, int, tuple[str, ...]]] = [(None if parts[0] else self._root, 1, ())]
        end = len(parts)
        while later:
            node, index, values = later.pop()
            while node is not None and index < end:
                part = parts[index]
                index += 1
                for texts, child in node.variables:
                    taken = (part,) if texts is VARIABLE and part else split_segment(texts, part)
                    if taken is not None:
                        later.append((child, index, values + taken))
                node = node.texts.get(part)
            if node is not None:
                for conditions, names, route in node.leaf.get(method, ()):
                    if not conditions or _hold(conditions, query, headers):
                        return route, dict(zip(names, values, strict=True))
                methods.update(node.leaf)
                if method == "OPTIONS" and node.leaf:  # every path has it: nothing less specific is asked
                    break
        if not methods or method in methods:  # with this method in it, each of its operations asks for another query
            return frozenset()
        return frozenset(methods | {"OPTIONS"})


def _hold(conditions: tuple[Condition, ...], query: str, headers: Mapping[str, str] | None) -> bool:
    pairs = parse_qsl(query, keep_blank_values=True)
    return all(_holds(condition, pairs, headers or {}) for condition in conditions)


def _holds(condition: Condition, pairs: list[tuple[str, str]], headers: Mapping[str, str]) -> bool:
    anywhere, name, wanted = condition
    found = [value for key, value in pairs if key == name]
    if not found and anywhere and name.lower() in headers:
        found = [headers[name.lower()]]
    return bool(found) if wanted is None else wanted in found


def collisions(routes: Iterable[T]) -> list[tuple[T, T]]:
    """Pairs of routes that no request can tell apart: same method, same shape, same "?" and "#" parts. The names of
    variables make no difference."""
    first: dict[tuple[object, ...], T] = {}
    found: list[tuple[T, T]] = []
    for route in routes:
        segments, _, conditions = parse_template(route.path)
        earlier = first.setdefault((route.method, segments, frozenset(conditions)), route)
        if earlier is not route:
            found.append((earlier, route))
    return found


def claimed_without_slash(paths: Iterable[str]) -> set[str]:
    """The templates with a slash at the end that may match, without it, what another template matches."""
    shapes = {path: parse_template(path).segments for path in paths}
    plain: dict[int, set[tuple[Segment, ...]]] = {}
    for segments in shapes.values():
        plain.setdefault(len(segments), set()).add(segments)
    return {
        path
        for path, (*before, last) in shapes.items()
        if last == ("",) and any(all(map(_overlap, before, other)) for other in plain.get(len(before), ()))
    }


def _overlap(one: Segment, other: Segment) -> bool:
    """May a part of a path match both? Of two with variables that is taken for granted."""
    if len(one) > 1 and len(other) > 1:
        return True
    if len(one) > 1:
        one, other = other, one
    return one == other if len(other) == 1 else split_segment(other, one[0]) is not None
