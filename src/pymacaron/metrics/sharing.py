"""The processes of a service count together: prometheus-client does so in files, if $PROMETHEUS_MULTIPROC_DIR names a
folder before it is imported."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_LIVE = re.compile(r"gauge_live[a-z]*_([0-9]+)\.db")


def share() -> None:
    """Let this process and those that it starts count together; called by the one that starts the others, before."""
    if FOLDER in os.environ:
        return
    folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="pymacaron-metrics-")
    maker = os.getpid()

    def remove() -> None:
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def shared() -> str | None:
    """The folder in which processes count together; None if each counts for itself."""
    return os.environ.get(FOLDER)


def forget_the_dead(folder: str) -> None:
    """Let processes that are gone have nothing under way any more. What they have counted stays."""
    for file in Path(folder).glob("gauge_live*.db"):
        found = _LIVE.fullmatch(file.name)
        if found is not None and not _lives(int(found[1])):
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
