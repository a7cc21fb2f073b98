"""The APIs that a command line names, with their models."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from pymacaron.formats import Formats
from pymacaron.pool import LoadedApi, Pool

from .documents import paths_of
from .telling import reading_only


def load_apis(paths: Iterable[str]) -> list[LoadedApi]:
    """The APIs of some documents. What their models inherit from is imported, from the working folder too.

    Raises:
        DocumentError: with every fault of every document.
    """
    reading_only()
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return Pool().load(paths_of(paths), Formats())
