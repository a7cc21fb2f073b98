"""YAML text → value, with the types of the core schema of YAML 1.2.2 (section 10.3), whatever the parser's own.

Keys are always text, exactly as the author wrote it (`200:` is "200"). Anchors, aliases and merge keys (`<<`) work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from pymacaron._types import Json

from .faults import DEEPEST, SourceError, too_deep
from .yaml_events import Event, offset_of, walk

# What the aliases of a text may stand for together, in nodes: a few lines of nested aliases can stand for billions.
MOST_ALIASED = 1_000_000

# The key that a plain `<<` is read as until its mapping is complete.
MERGE: Any = object()

# Scalars

_WORDS: dict[str, Json] = {
    **dict.fromkeys(("~", "null", "Null", "NULL", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC = frozenset("+-.0123456789")
_NUMBERS: list[tuple[re.Pattern[str], Callable[[str], Json]]] = [
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(?:nan|NaN|NAN)"), lambda text: float(text[1:])),
]
_LONGEST_NUMBER = 4000  # digits; Python refuses to read integers of more than 4300
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (float, int), "bool": (bool,), "null": (type(None),),
}  # fmt: skip


def plain(text: str) -> Json:
    """What an unquoted scalar means: null, a boolean, a number or, mostly, its text."""
    if text[:1] not in _NUMERIC:
        return _WORDS.get(text, text)
    if len(text) <= _LONGEST_NUMBER:
        for pattern, read in _NUMBERS:
            if pattern.fullmatch(text):
                return read(text)
    return text


def _tagged(event: Event) -> Json:
    kind = _core_tag(event, "str", *_TYPES)
    if kind == "str":
        return event.value
    value = plain(event.value)
    if type(value) not in _TYPES[kind]:
        raise SourceError(
            f"!!{kind} before a value of another type", "remove the tag or correct the value", offset_of(event)
        )
    return float(value) if kind == "float" else value


def _core_tag(event: Event, *known: str) -> str:
    """The name of an explicit tag; "!" alone means the first of those known.

    Raises:
        SourceError: no tag of the core schema, or not for this kind of node.
    """
    tag = "" if event.tag == "!" else event.tag
    name: str = tag.removeprefix("tag:yaml.org,2002:") if tag else known[0]
    if name not in known or name == tag:
        shown = f"!!{name}" if name != tag else name
        raise SourceError(f"the tag {shown} has no meaning here", "remove it", offset_of(event))
    return name


# Collections

_UNKNOWN = (0, 0, None)


def sources_of(value: Json, offset: int) -> list[dict[str, Json]]:
    """The mappings that a merge key names: one, or a list of them, of which the earlier win.

    Raises:
        SourceError: anything else.
    """
    sources = value if type(value) is list else [value]
    if all(type(source) is dict for source in sources):
        return sources
    raise SourceError(
        "<< before what is not a mapping", "use it for a mapping, or quote it if it is a plain key", offset
    )


class Parsed(NamedTuple):
    """The value of a text; `duplicated`: a mapping in it has a key twice (the later counts)."""

    value: Json
    duplicated: bool


def parse_yaml(text: str) -> Parsed:
    """The value of a YAML text.

    Raises:
        SourceError: not YAML, no document or several in it, unknown tags, or made to exhaust us.
    """
    reading = walk(text, _Reading())
    return Parsed(reading.items[0], reading.duplicated)


class _Reading:
    """Values as the events tell them.

    `items` are those of the innermost collection that is still open, keys and values by turns if it is a mapping;
    `first` is its first event (None for the document itself), `outer` the collections around it.
    """

    def __init__(self) -> None:
        self.items: list[Json] = []
        self.first: Event = None
        self.mapping = False
        self.outer: list[tuple[list[Json], Event, bool]] = []
        self.anchors: dict[str, tuple[Json, str | None]] = {}  # name: value, and the text if it is a scalar
        self.measures: dict[int, tuple[int, int, Json]] = {}  # id: size, height, the value (so that the id stays its)
        self.aliased = 0
        self.duplicated = False

    def at_key(self) -> bool:
        return self.mapping and not len(self.items) & 1

    def scalar(self, event: Event) -> None:
        text = event.value
        if self.at_key():
            value = self.key(event)
        elif event.tag is not None:
            value = _tagged(event)
        else:
            value = plain(text) if event.implicit[0] else text
        if event.anchor is not None:
            self.anchors[event.anchor] = value, text
        self.items.append(value)

    def key(self, event: Event) -> Json:
        if event.tag is not None:
            _core_tag(event, "str", *_TYPES)
        return MERGE if event.value == "<<" and event.implicit[0] else event.value

    def start(self, event: Event, *, mapping: bool) -> None:
        if self.at_key():
            raise SourceError("a key that is not text", "quote it if the brace or bracket is meant", offset_of(event))
        if event.tag is not None:
            _core_tag(event, "map" if mapping else "seq")
        if len(self.outer) >= DEEPEST:
            raise too_deep(offset_of(event))
        self.outer.append((self.items, self.first, self.mapping))
        self.items, self.first, self.mapping = [], event, mapping

    def end(self, event: Event) -> None:
        value: Json = self.complete() if self.mapping else self.items
        if self.first.anchor is not None:
            self.anchors[self.first.anchor] = value, None
        self.items, self.first, self.mapping = self.outer.pop()
        self.items.append(value)

    def complete(self) -> Json:
        """The mapping of the items; what `<<` brings in comes first and gives way."""
        items = self.items
        pairs = iter(items)
        value = dict(zip(pairs, pairs, strict=True))
        self.duplicated = self.duplicated or len(value) * 2 != len(items)
        if MERGE not in value:
            return value
        own = {key: value for key, value in value.items() if key is not MERGE}
        merged: dict[str, Json] = {}
        for key, sources in zip(items[::2], items[1::2], strict=True):
            for source in sources_of(sources, offset_of(self.first)) if key is MERGE else ():
                merged |= {key: value for key, value in source.items() if key not in merged}
        return merged | own

    def alias(self, event: Event) -> None:
        name = event.anchor
        if any(start is not None and start.anchor == name for _, start, _ in (*self.outer, (0, self.first, 0))):
            fact = f"*{name} is inside &{name}: a value cannot contain itself"
            raise SourceError(fact, "remove the alias", offset_of(event))
        if name not in self.anchors:
            cure = f"give a value above it the anchor &{name}, or quote the text if the * is meant"
            raise SourceError(f"no anchor &{name} is above *{name}", cure, offset_of(event))
        value, text = self.anchors[name]
        if self.at_key():
            if text is None:
                raise SourceError("a key that is not text", "write the key out", offset_of(event))
            value = text
        self.measure(value, offset_of(event))
        self.items.append(value)

    def measure(self, value: Json, offset: int) -> None:
        """Count what an alias stands for.

        Raises:
            SourceError: more than anyone means.
        """
        size, height = self.measured(value)
        self.aliased += size
        if self.aliased > MOST_ALIASED:
            raise SourceError(f"aliases expand to more than {MOST_ALIASED:,} values", "write fewer of them", offset)
        if len(self.outer) + height > DEEPEST:
            raise too_deep(offset)

    def measured(self, value: Json) -> tuple[int, int]:
        """Size in nodes (a long text counts as several) and height of a value; each aliased value is walked once."""
        known = self.measures
        size = height = depth = 0
        level = [value]
        while level:
            inner: list[Json] = []
            for node in level:
                more, above, _ = known.get(id(node), _UNKNOWN)
                size += more or 1 + (len(node) >> 6 if type(node) is str else 0)
                height = max(height, depth + above)
                if not more:
                    inner += node.values() if type(node) is dict else node if type(node) is list else ()
            depth += 1
            level = inner
        height = max(height, depth - 1)
        known[id(value)] = size, height, value
        return size, height
