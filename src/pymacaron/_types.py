"""Names for the shapes that cross room boundaries; a leaf that imports nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias

# A decoded JSON value. A precise recursive alias would force a cast at every step into a document,
# so the alias says what a reader has to know and `Any` is what the checker sees.
Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]

# The user's function behind an operation.
Handler: TypeAlias = Callable[..., Any]

# (name, value) pairs in the order in which they go over the wire.
HeaderList: TypeAlias = list[tuple[str, str]]

# A path into a JSON value or a document: property names and array indexes.
Pointer: TypeAlias = tuple[str | int, ...]


class ReadableStream(Protocol):
    """What a body is read from: the part of a binary file that every WSGI server provides."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all that is left when negative; b"" at the end."""
        ...


ErrorDecorator: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
Environment: TypeAlias = Mapping[str, str]


def json_pointer(path: Pointer) -> str:
    """The RFC 6901 text of a path: ("a/b", 0) is "/a~1b/0", the empty path is ""."""
    text = "/%s" * len(path) % path  # half the time of a join: a faulty request pays it for each fault
    if "~" not in text and text.count("/") == len(path):
        return text
    return "".join(["/" + str(step).replace("~", "~0").replace("/", "~1") for step in path])


def steps_of(pointer: str) -> tuple[str, ...]:
    """The inverse, as far as texts go: indexes stay texts, too."""
    return tuple([unescaped(step) for step in pointer.split("/")[1:]])


def unescaped(step: str) -> str:
    """The name that a step of such a text stands for."""
    return step.replace("~1", "/").replace("~0", "~")


# So many levels a JSON value in a request may have: what works with it may take a step of recursion for each, or some.
MOST_LEVELS = 200


_HOLD = frozenset((dict, list))


def is_too_deep(value: Json) -> bool:
    """Has a JSON value more than MOST_LEVELS of arrays and objects inside each other?"""
    level: list[Iterable[Json]] = [[value]]
    for _ in range(MOST_LEVELS + 1):
        level = [
            held.values() if type(held) is dict else held for each in level for held in each if type(held) in _HOLD
        ]
        if not level:
            return False
    return True
