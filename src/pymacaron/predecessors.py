"""Packages of pymacaron 1.x and 2.x that are still installed, and hold files under the names of our own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable

_INSTALLED = re.compile(r"pymacaron[-_](core|async|unit|dynamodb)-([^-]+)[^/]*\.(?:dist|egg)-info")


def predecessors(folders: Iterable[str] | None = None) -> list[str]:
    """Those in the folders of sys.path, "pymacaron-core 1.0.130". Read off the names of files: importlib.metadata takes
    as long to import as all of pymacaron."""
    found = []
    for folder in sys.path if folders is None else folders:
        try:
            names = os.listdir(folder or os.curdir)
        except OSError:
            continue  # a zip file, or not there
        found += [f"pymacaron-{made[1]} {made[2]}" for name in names if (made := _INSTALLED.fullmatch(name))]
    return sorted(set(found))


def advice(installed: list[str]) -> str:
    """What the log says of them, and how to be rid of them."""
    names = " ".join(one.partition(" ")[0] for one in installed)
    return (
        f"{', '.join(installed)}: installed beside pymacaron 3, which has these modules itself; "
        f"run `pip uninstall {names}`, then install pymacaron again, since that removes shared files"
    )
