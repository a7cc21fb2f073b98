"""A parsed file, and cursors into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from pymacaron._types import Json, Pointer

from .faults import LONGEST, Fault, ReferenceFault
from .findings import readable
from .identifiers import Identifiers


class Resolver(Protocol):
    """What knows where references lead."""

    def resolve(self, base: Node, ref: str, /) -> Node:
        """The place that `ref`, standing at `base`, names.

        Raises:
            ReferenceFault: there is no such place.
        """
        ...


_MEANT = "replace one of them with what is meant"
_SHORTER = "refer directly to what is meant"


class File:
    """One parsed file. `path` is absolute (or a URL), `digest` that of its bytes; `value` is never changed."""

    __slots__ = ("digest", "duplicated", "files", "identifiers", "path", "persists", "targets", "value", "write_only")

    def __init__(self, path: str, digest: str, value: Json, files: Resolver) -> None:
        self.path: Final = path
        self.digest: Final = digest
        self.value: Final = value
        self.files: Final = files
        self.duplicated: bool | None = None  # a key is there twice; None: not looked for
        self.identifiers: Identifiers | None = None  # None: nothing in it has a name of its own
        self.write_only = self.persists = True  # something in it may be called writeOnly, x-persist
        self.targets: dict[str, Node] = {}  # references already resolved, where their text alone decides

    @property
    def root(self) -> Node:
        return Node(self, (), self.value)

    def __repr__(self) -> str:
        return f"<File {self.path}>"


class Node:
    """A cursor into a file: `value` is what stands there at `pointer`. Two nodes are equal if they are one place."""

    __slots__ = ("file", "pointer", "value")

    def __init__(self, file: File, pointer: Pointer, value: Json) -> None:
        self.file = file
        self.pointer = pointer
        self.value = value

    def get(self, key: str | int) -> Node | None:
        """The property or item, or None; no reference is followed."""
        value = self.value
        if type(value) is dict:
            if key in value:
                return Node(self.file, (*self.pointer, key), value[key])
        elif type(value) is list and type(key) is int and 0 <= key < len(value):
            return Node(self.file, (*self.pointer, key), value[key])
        return None

    def at(self, *steps: str | int) -> Node:
        """The property or item that is known to be there, that many steps from here.

        Raises:
            KeyError: it is not.
        """
        node = self
        for step in steps:
            found = node.get(step)
            if found is None:
                raise KeyError(f"{step!r} at {readable(node.pointer) or 'the root'} of {node.file.path}")
            node = found
        return node

    def items(self) -> Iterator[tuple[str, Node]]:
        """The properties; none if this is no mapping."""
        if type(self.value) is dict:
            for key, value in self.value.items():
                yield key, Node(self.file, (*self.pointer, key), value)

    def elements(self) -> Iterator[Node]:
        """The items; none if this is no list."""
        if type(self.value) is list:
            for index, value in enumerate(self.value):
                yield Node(self.file, (*self.pointer, index), value)

    @property
    def ref(self) -> str | None:
        """The text of `$ref` if this is a mapping in which it is a text. Whether a reference may stand here is for
        the caller to know: a property of a schema may be called so too, but then its value is a mapping."""
        if type(self.value) is dict:
            ref = self.value.get("$ref")
            if type(ref) is str:
                return ref
        return None

    def follow(self) -> Node:
        """Where this leads: itself if it is no reference, else the first place along the chain that is none.

        Raises:
            ReferenceFault: a reference leads nowhere, back to one before it, or through too many others.
        """
        ref = self.ref
        if ref is None:
            return self
        node, passed = self, {self}
        while ref is not None:
            node = self.file.files.resolve(node, ref)
            if node in passed:
                raise ReferenceFault(self.at("$ref").fault("circular references that lead to no value", _MEANT))
            if len(passed) > LONGEST:
                fact = f"the reference leads through more than {LONGEST} others"
                raise ReferenceFault(self.at("$ref").fault(fact, _SHORTER))
            passed.add(node)
            ref = node.ref
        return node

    def fault(self, fact: str, cure: str | None = None, at_key: bool = False) -> Fault:
        """What is wrong with this value (or with its key)."""
        return Fault(self.file.path, self.pointer, fact, cure, at_key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.pointer == other.pointer and self.file.path == other.file.path

    def __hash__(self) -> int:
        return hash(self.pointer)  # places of two files rarely meet

    def __repr__(self) -> str:
        return f"<Node {self.file.path}#{readable(self.pointer)}>"
