"""The documents that a command line names."""

from __future__ import annotations

import os
from collections.abc import Iterable

from pymacaron.dialects import Document
from pymacaron.documents import Fault, findings
from pymacaron.exceptions import DocumentError, Finding
from pymacaron.formats import Formats
from pymacaron.loading import documents_below, understood


def paths_of(paths: Iterable[str]) -> dict[str, str]:
    """The documents at some paths, and below those that are folders, by the names of their APIs.

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


def documents_of(paths: Iterable[str]) -> list[Document]:
    """The documents at some paths, and below those that are folders.

    Raises:
        DocumentError: there is none, or one is faulty.
    """
    faults: list[Fault] = []
    loaded = [understood(name, path, Formats(), faults) for name, path in paths_of(paths).items()]
    if faults:
        raise DocumentError(findings(faults))
    return [one.document for one in loaded if one is not None]
