"""Where things stand: a second parse that keeps positions, made only when there is a fault to show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pymacaron._types import Pointer

from .faults import SourceError
from .sources import decode, looks_like_json, parse_json

if TYPE_CHECKING:
    from .yaml_events import Event


class Place:
    """Where a value stands: the offset of its first character, and the same for what is in it.

    `inner` maps each key or index to the offset of the key (in a list: of the value) and the value's own place.
    """

    __slots__ = ("inner", "offset")

    def __init__(self, offset: int, inner: dict[str | int, tuple[int, Place]] | None = None) -> None:
        self.offset = offset
        self.inner = {} if inner is None else inner

    def offset_of(self, pointer: Pointer, *, at_key: bool = False) -> int:
        """Offset of the value (or its key) at `pointer`; if there is none, of the key of what should hold it."""
        key_offset, place = self.offset, self
        for step in pointer:
            if step not in place.inner:
                return key_offset
            key_offset, place = place.inner[step]
        return key_offset if at_key else place.offset


class Duplicate(NamedTuple):
    """A key that a mapping has twice: the pointer of its value, and the offsets of the earlier and the later."""

    pointer: Pointer
    earlier: int
    later: int


class Positions(NamedTuple):
    """The place of a text's value, and the keys in it that are written twice."""

    root: Place
    duplicates: list[Duplicate]


def positions(raw: bytes, *, named_json: bool) -> Positions:
    """The places of everything in the bytes of a file; arguments and error as for `sources.parse`."""
    if _is_json(raw, named_json=named_json):
        building = _read_json(decode(raw))
    else:
        from .yaml_events import walk  # imports yaml, which JSON does without

        building = walk(decode(raw), _YamlBuilding())
    return Positions(building.open[0].place.inner[0][1], building.duplicates)


def _is_json(raw: bytes, *, named_json: bool) -> bool:
    if not named_json and not looks_like_json(raw):
        return False
    try:
        parse_json(raw)
    except SourceError:
        return False
    return True


_MERGE: Any = object()  # the key that a plain `<<` is read as


class _Open:
    """A collection that is being read; `key` belongs to the value that comes next (None: a key comes next)."""

    __slots__ = ("anchor", "key", "key_offset", "mapping", "merged", "place")

    def __init__(self, offset: int, anchor: str | None = None, *, mapping: bool) -> None:
        self.place, self.mapping, self.anchor = Place(offset), mapping, anchor
        self.key: Any = None if mapping else 0
        self.key_offset = 0
        self.merged: list[Place] = []  # what `<<` brings in


class _Building:
    """Places as they are found; `open` are the collections around the next token, the outermost being the file."""

    def __init__(self) -> None:
        self.open = [_Open(0, mapping=False)]
        self.duplicates: list[Duplicate] = []

    def wants_key(self) -> bool:
        return self.open[-1].key is None

    def key(self, key: Any, offset: int) -> None:
        self.open[-1].key, self.open[-1].key_offset = key, offset

    def enter(self, offset: int, anchor: str | None = None, *, mapping: bool) -> None:
        self.open.append(_Open(offset, anchor, mapping=mapping))

    def leave(self) -> _Open:
        left = self.open.pop()
        inner = left.place.inner
        for source in left.merged:
            inner.update({key: found for key, found in source.inner.items() if key not in inner})
        self.value(left.place)
        return left

    def value(self, place: Place) -> None:
        holder = self.open[-1]
        inner, key = holder.place.inner, holder.key
        if not holder.mapping:
            inner[key] = place.offset, place
            holder.key = len(inner)
            return
        holder.key = None
        if key is _MERGE:
            holder.merged += [source for _, source in place.inner.values()] if 0 in place.inner else [place]
            return
        if key in inner:
            pointer = (*(outer.key for outer in self.open[1:-1]), key)
            self.duplicates.append(Duplicate(pointer, inner[key][0], holder.key_offset))
        inner[key] = holder.key_offset, place


_JSON_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|[^\s\[\]{},:"]+')


def _read_json(text: str) -> _Building:
    import json  # for the escapes in keys

    building = _Building()
    for token in _JSON_TOKEN.finditer(text):
        first, offset = token[0], token.start()
        if first in ("{", "["):
            building.enter(offset, mapping=first == "{")
        elif first in ("}", "]"):
            building.leave()
        elif building.wants_key():
            building.key(json.loads(first), offset)
        else:
            building.value(Place(offset))
    return building


class _YamlBuilding(_Building):
    """Places as the events of a YAML text tell them, known to be without fault."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: dict[str, tuple[Place, str]] = {}

    def scalar(self, event: Event) -> None:
        offset = event.start_mark.index
        if self.wants_key():
            self.key(_MERGE if event.value == "<<" and event.implicit[0] else event.value, offset)
        else:
            self.value(Place(offset))
        if event.anchor is not None:
            self.anchors[event.anchor] = Place(offset), event.value

    def start(self, event: Event, *, mapping: bool) -> None:
        self.enter(event.start_mark.index, event.anchor, mapping=mapping)

    def end(self, event: Event) -> None:
        left = self.leave()
        if left.anchor is not None:
            self.anchors[left.anchor] = left.place, ""

    def alias(self, event: Event) -> None:
        aliased, text = self.anchors[event.anchor]
        offset = event.start_mark.index
        if self.wants_key():
            self.key(text, offset)
        else:
            self.value(Place(offset, aliased.inner))
