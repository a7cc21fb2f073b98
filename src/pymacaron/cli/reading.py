"""The documents that a command is about."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from pymacaron.exceptions import DocumentError, Finding
from pymacaron.formats import Formats
from pymacaron.loading import documents_below
from pymacaron.pool import LoadedApi, Pool

from .telling import reading_only


def documents_at(paths: Iterable[str]) -> dict[str, str]:
    """The documents, or those in folders, by the names of their APIs.

    Raises:
        DocumentError: there is none.
    """
    found: dict[str, str] = {}
    for path in paths:
        below = documents_below(path) if os.path.isdir(path) else {os.path.splitext(os.path.basename(path))[0]: path}
        if not below:
            raise DocumentError([Finding(path, "", "holds no document", "name a document, or a folder with one in it")])
        found |= below
    return found


def load_apis(paths: Iterable[str]) -> list[LoadedApi]:
    """The APIs of some documents. What they inherit from is imported, from the working folder too.

    Raises:
        DocumentError: with every fault of every document.
    """
    reading_only()
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return Pool().load(documents_at(paths), Formats())
