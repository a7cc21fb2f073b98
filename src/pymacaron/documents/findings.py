"""Faults → findings: where in which line, the way there in the document, and the line itself with a mark below it."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import groupby

from pymacaron._types import Pointer
from pymacaron.exceptions import Finding

from .faults import Fault, SourceError
from .positions import Place, positions
from .sources import SUFFIXES, decode, read

_WIDTH = 100  # characters of a line that are shown


def findings(faults: Iterable[Fault]) -> list[Finding]:
    """Everything that is wrong, in the order of files and lines, each thing once.

    The files are parsed again, with positions, for this only.
    """
    found = []
    by_file = sorted(set(faults), key=lambda fault: fault.file)
    for path, in_file in groupby(by_file, key=lambda fault: fault.file):
        source = _Source(path)
        placed = sorted(
            ((source.place_of(fault), fault) for fault in in_file), key=lambda pair: (pair[0], pair[1].fact)
        )
        found += [source.finding(line, column, fault) for (line, column), fault in placed]
    return found


def duplicate_keys(path: str, raw: bytes) -> list[Fault]:
    """Keys that a mapping in this file, which can be parsed, has twice."""
    lines, found = Lines(decode(raw)), []
    for pointer, earlier, later in positions(raw, named_json=path.endswith(".json")).duplicates:
        fact = f"duplicate key '{pointer[-1]}': what it has on line {lines.at(earlier)[0]} is ignored"
        line, column = lines.at(later)
        found.append(Fault(path, pointer, fact, "remove one of the two", True, line, column))
    return found


def readable(pointer: Pointer) -> str:
    """The way into a document as people write it: paths./pets.get.parameters[0].schema."""
    return "".join(f"[{step}]" if type(step) is int else f".{step}" for step in pointer).removeprefix(".")


class Lines:
    """A text by lines. Lines and columns count from 1, columns in characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(end.end() for end in re.finditer(r"\r\n|\n|\r", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def excerpt(self, line: int, column: int) -> str:
        """The line, with a caret under the column; of a long line only the part around it."""
        from unicodedata import combining, east_asian_width  # for faults only

        start = self._starts[line - 1]
        text = self.text[start : self._starts[line] if line < len(self._starts) else None].rstrip("\r\n")
        first = max(0, min(column - _WIDTH // 2, len(text) - _WIDTH))
        shown = "".join(char if char.isprintable() else " " for char in text[first : first + _WIDTH])
        before = shown[: column - 1 - first]
        width = sum(0 if combining(char) else 1 + (east_asian_width(char) in "WF") for char in before)
        number = f"{line:>6}"
        return f"{number} | {shown}\n{' ' * len(number)} | {' ' * width}^"


class _Source:
    """A file as far as faults in it are concerned; what cannot be read (any more) has no lines."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines: Lines | None = None
        self._raw = b""
        self._root: Place | None = None
        try:
            self._raw = read(path)
        except (OSError, ValueError):  # ValueError: no path at all
            return
        self.lines = Lines(decode(self._raw, "replace"))

    def place_of(self, fault: Fault) -> tuple[int, int]:
        """Line and column, (0, 0) where there are none."""
        if fault.line is not None:
            return fault.line, fault.column or 1
        if self.lines is None:
            return 0, 0
        try:
            if self._root is None:
                self._root = positions(self._raw, named_json=self.path.endswith(".json")).root
        except SourceError:  # changed since it was loaded
            return 0, 0
        return self.lines.at(self._root.offset_of(fault.pointer, at_key=fault.at_key))

    def finding(self, line: int, column: int, fault: Fault) -> Finding:
        name = _shown(self.path)
        place = f"{name}:{line}:{column}" if line else name
        # a reference may lead to any file of the machine: what is no document is not printed
        lines = self.lines if line and self.path.endswith(SUFFIXES) else None
        excerpt = lines.excerpt(line, column) if lines is not None else None
        return Finding(place, readable(fault.pointer), fault.fact, fault.cure, excerpt)


def _shown(path: str) -> str:
    """The path as one would type it here."""
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:  # the working folder is gone
        return path
    return path.removeprefix(here)
