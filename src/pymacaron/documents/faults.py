"""What is wrong with a document: facts with their places, and the exceptions that carry them."""

from __future__ import annotations

from typing import NamedTuple

from pymacaron._types import Pointer
from pymacaron.exceptions import PyMacaronError

# Real documents nest less than 50 deep. Whoever walks a document may recurse, a few frames a level, and be safe.
DEEPEST = 200
# So many references one may lead through; real documents have a handful.
LONGEST = 64


class Fault(NamedTuple):
    """One thing wrong with a document, found by whoever checks it; `findings` turns faults into what people read.

    `file` is the absolute path (or URL) of the file, `pointer` the place inside it; `at_key` means the key there, not
    its value. `line` and `column` (from 1, in characters) are known beforehand only for what could not be parsed.
    """

    file: str
    pointer: Pointer
    fact: str
    cure: str | None = None
    at_key: bool = False
    line: int | None = None
    column: int | None = None


class DocumentFault(PyMacaronError):
    """A fault that keeps a document, or a part of it, from being read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.file}: {fault.fact}")
        self.fault = fault


class FileFault(DocumentFault):
    """A file cannot be read, or holds neither YAML nor JSON."""


class ReferenceFault(DocumentFault):
    """A reference leads nowhere, in a circle, or into a file that cannot be read (then the fault is that file's)."""


class SourceError(Exception):
    """A text that is no document: the fact, the cure, and the place as an offset in characters."""

    def __init__(self, fact: str, cure: str | None = None, offset: int = 0) -> None:
        super().__init__(fact)
        self.fact, self.cure, self.offset = fact, cure, offset


def too_deep(offset: int) -> SourceError:
    return SourceError(f"nested deeper than {DEEPEST} levels", "move inner parts out", offset)
