"""Where a bundle keeps what came from other files, and what it calls it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from pymacaron._types import Json, Pointer, json_pointer, steps_of
from pymacaron.documents import Node
from pymacaron.schemas.references import Scope

from .anatomy import SECTIONS_3, SECTIONS_20

# Steps above a name: "#/components/schemas/Order", "#/$defs/Order", "#/properties/order".
_SHELVES = frozenset((*SECTIONS_3.values(), *SECTIONS_20.values(), "$defs", "properties", "components"))


class Guest(NamedTuple):
    """What comes from elsewhere: a place, the kind of object it is taken for, and for a schema how it was come to."""

    node: Node
    kind: str
    scope: Scope = ()


class Homes:
    """The places of guests in one bundle, given as they are met.

    Args:
        root: the document.
        version: "2.0", "3.0", "3.1" or "3.2".
    """

    def __init__(self, root: Node, version: str) -> None:
        self.root = root
        self._version = version
        self._homes: dict[Guest, Pointer] = {}
        self._taken: dict[str, set[str]] = {}
        self._unsettled: deque[tuple[Guest, Pointer]] = deque()

    def keep(self, guest: Guest, pointer: Pointer) -> bool:
        """Let a guest live where the document already refers to it, and to nothing else; False if it lives
        elsewhere."""
        return self._homes.setdefault(guest, pointer) == pointer

    def known(self, guest: Guest) -> Pointer | None:
        """Where a guest lives, if it has a place already."""
        return self._homes.get(guest)

    def of(self, guest: Guest) -> Pointer:
        """Where a guest lives; at the first call it gets a place."""
        found = self._homes.get(guest)
        if found is None:
            section = self._section(guest.kind)
            found = self._homes[guest] = (*section, self._name(guest, section))
            self._unsettled.append((guest, found))
        return found

    def arrivals(self) -> Iterator[tuple[Guest, Pointer]]:
        """Those who got a place and still have to be brought there, until there are none."""
        while self._unsettled:
            yield self._unsettled.popleft()

    def _section(self, kind: str) -> Pointer:
        if self._version == "2.0":
            return (SECTIONS_20.get(kind) or f"x-{SECTIONS_3[kind]}",)
        section = SECTIONS_3[kind]
        unknown = (kind == "PathItem" and self._version == "3.0") or (kind == "MediaType" and self._version < "3.2")
        return ("components", f"x-{section}" if unknown else section)

    def _name(self, guest: Guest, section: Pointer) -> str:
        """A name of its own in its section, from where it comes from."""
        taken = self._taken.get("/".join(map(str, section)))
        if taken is None:
            taken = self._taken["/".join(map(str, section))] = self._names_in(section)
        plain, stem = name_of(guest.node), _stem(guest.node)
        candidates = [plain, f"{stem}_{plain}"] if plain != stem else [plain]
        name = next((one for one in candidates if one.lower() not in taken), None)
        number = 2
        while name is None or name.lower() in taken:
            name, number = f"{candidates[-1]}_{number}", number + 1
        taken.add(name.lower())
        return name

    def _names_in(self, section: Pointer) -> set[str]:
        node: Node | None = self.root
        for step in section:
            node = node.get(step) if node is not None else None
        # in lower case, since generators make files of them, which some systems cannot tell apart
        return set() if node is None else {name.lower() for name, _ in node.items()}


def name_of(node: Node) -> str:
    """What a place is called: its key among components, the name of its file, or the way to it."""
    pointer = node.pointer
    if not pointer:
        return _stem(node)
    if len(pointer) <= 2 or pointer[-2] in _SHELVES:
        return _plain(str(pointer[-1]))
    return _plain("_".join([_stem(node), *map(str, pointer[-3:])]))


def _stem(node: Node) -> str:
    return _plain(re.sub(r"(\.(schema|ya?ml|json))+$", "", node.file.path.rpartition("/")[2]))


def _plain(name: str) -> str:
    """A name as OpenAPI 3.x wants them (Components Object)."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_") or "Unnamed"


def local(pointer: Pointer) -> str:
    """The reference to a place in the same document (RFC 6901 section 6)."""
    return "#" + quote(json_pointer(pointer), safe="/~!$&'()*+,;=:@")


def pointer_of(text: str) -> tuple[str, ...]:
    """The inverse: the way that a local reference names."""
    return steps_of(unquote(text.partition("#")[2]))


def at(value: Json, pointer: Pointer) -> Json:
    """What stands at a place of a bundle; None if nothing does."""
    for step in pointer:
        if isinstance(value, list):
            value = value[int(step)] if str(step).isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value
