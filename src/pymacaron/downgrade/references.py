"""References in a bundled document, and where they lead in its 3.0 form: always to a component."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.bundling.anatomy import SECTIONS_3
from pymacaron.bundling.homes import at, local, pointer_of

_NO_PART_OF_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


class References:
    """Names what references lead to. What is no component yet becomes one: `arrivals` are these.

    Args:
        bundle: the document.
        sections: where it keeps components, by kind; the 3.0 form keeps them where 3.0 does.
    """

    def __init__(self, bundle: JsonObject, sections: dict[str, Pointer]) -> None:
        self._bundle = bundle
        self._sections = sections
        self._names: dict[tuple[str, Pointer], str] = {}
        self._taken: dict[str, set[str]] = {}
        self._arrived: list[tuple[str, str, Pointer]] = []
        for kind, section in sections.items():
            # those first that can keep their names
            for name in sorted(self.components(kind), key=lambda name: bool(_NO_PART_OF_NAMES.search(name))):
                self._named(kind, (*section, name), name)

    def components(self, kind: str) -> dict[str, Json]:
        """The components of a kind in the bundle, by name."""
        found = at(self._bundle, self._sections[kind])
        return found if isinstance(found, dict) else {}

    def component(self, kind: str, name: str) -> str:
        """What a component of the bundle is called in the 3.0 form."""
        return self._names[kind, (*self._sections[kind], name)]

    def name(self, text: str, kind: str = "Schema") -> str:
        """What a reference leads to is called in the 3.0 form."""
        pointer = pointer_of(text)
        found = self._names.get((kind, pointer))
        if found is None:
            found = self._named(kind, pointer, "_".join(pointer[-2:]) or "Document")
            self._arrived.append((kind, found, pointer))
        return found

    def text(self, text: str, kind: str) -> str:
        """The reference in the 3.0 form."""
        return local(("components", SECTIONS_3[kind], self.name(text, kind)))

    def arrivals(self) -> Iterator[tuple[str, str, Pointer]]:
        """Kind, name and place in the bundle of what has become a component, until there is no more."""
        while self._arrived:
            yield self._arrived.pop()

    def at(self, pointer: Pointer) -> Json:
        """What stands in the bundle at a place; None if nothing does."""
        return at(self._bundle, pointer)

    def _named(self, kind: str, pointer: Pointer, wanted: str) -> str:
        taken = self._taken.setdefault(kind, set())
        plain = name = _NO_PART_OF_NAMES.sub("_", wanted).strip("_") or "Unnamed"
        number = 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        self._names[kind, pointer] = name
        return name
