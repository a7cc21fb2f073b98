"""Changes that a machine can make: files rewritten, each whole or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pymacaron.documents.faults import SourceError
from pymacaron.documents.sources import parse
from pymacaron.replacing import replace_file

from .rules import Change, Edit


def written(changes: Iterable[Change]) -> list[str]:
    """Make the changes that have an edit. A file that could not be read afterwards, or is no UTF-8, stays as it is.

    Returns:
        The files that were written.

    Raises:
        OSError: one cannot be written.
    """
    by_file: dict[str, set[Edit]] = {}
    for change in changes:
        if change.edit is not None:
            by_file.setdefault(change.edit.path, set()).add(change.edit)
    return [path for path, edits in sorted(by_file.items()) if _write(path, edits)]


def _write(path: str, edits: set[Edit]) -> bool:
    with open(path, "rb") as file:
        raw = file.read()
    try:
        mark, text = _without_mark(raw.decode("utf-8"))
        for edit in sorted(edits, key=lambda one: one.start, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        _read(path, text)
    except (UnicodeDecodeError, SyntaxError, SourceError, ValueError):
        return False
    try:
        replace_file(path, (mark + text).encode())
    except OSError as error:  # of a file beside it
        raise OSError(error.errno, error.strerror, path) from None
    return True


def _without_mark(text: str) -> tuple[str, str]:
    """The byte order mark that a text begins with, if it does, and the rest, by which offsets are counted."""
    rest = text.removeprefix("\ufeff")
    return text[: len(text) - len(rest)], rest


def _read(path: str, text: str) -> None:
    """Read the text of a file as what it is."""
    if path.endswith(".py"):
        ast.parse(text)
    else:
        parse(text.encode(), named_json=path.endswith(".json"))
