"""The files of a document, by where they are relative to one another."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import quote

from pymacaron.documents import File
from pymacaron.documents.references import is_url
from pymacaron.pool import LoadedApi


class Tree:
    """The files that the load of one API has opened, and no others: relative references from one lead to the next.

    Attributes:
        root: the document's own place below the tree.
    """

    def __init__(self, api: LoadedApi) -> None:
        files = [file for file in api.document.files.opened.values() if not is_url(file.path)]
        base = os.path.commonpath([os.path.dirname(file.path) for file in files])
        self._files = {_relative(file.path, base): file for file in files}
        self.root = _relative(api.document.path, base)
        self.folder = os.path.dirname(api.document.path)

    @property
    def is_single(self) -> bool:
        """Is the document one file?"""
        return len(self._files) == 1

    def get(self, path: str) -> File | None:
        """The file at a path below the tree. Nothing is looked up on the disk."""
        return self._files.get(path)

    def beside(self, path: str) -> File | None:
        """The file at a path below the folder of the document."""
        wanted = os.path.join(self.folder, path)
        return next((file for file in self._files.values() if file.path == wanted), None)

    def link(self) -> str:
        """The document's place as a part of a URL."""
        return quote(self.root)


def _relative(path: str, base: str) -> str:
    return os.path.relpath(path, base).replace(os.sep, "/")


def only(files: Iterable[File | None]) -> File | None:
    """The one file among several finds, if they are all the same."""
    found = {file.digest: file for file in files if file is not None}
    return next(iter(found.values())) if len(found) == 1 else None
