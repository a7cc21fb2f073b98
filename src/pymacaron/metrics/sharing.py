"""The processes of a service count together: prometheus-client does so in files, if $PROMETHEUS_MULTIPROC_DIR names a
folder before it is imported."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymacaron.exceptions import StartError

log = logging.getLogger(__name__)
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_LIVE = re.compile(r"gauge_live[a-z]*_([0-9]+)\.db")
_SUMMED = re.compile(r"(counter|histogram|summary)_([1-9][0-9]*)\.db")
_OURS = ("counter", "histogram", "gauge_livesum")  # kinds of what we count
_ROOM = 1 << 20  # bytes of a file, enough for hundreds of operations
_MANY = 24  # files of processes that are gone; more are put together, or each look at the numbers would read them all


def share() -> None:
    """Let this process and those that it starts count together; called by the one that starts the others, before.

    Raises:
        StartError: the folder that is named is not there, and cannot be made.
    """
    if FOLDER in os.environ:
        try:
            os.makedirs(os.environ[FOLDER], exist_ok=True)
        except OSError as error:
            raise StartError(f"{FOLDER}: cannot make {os.environ[FOLDER]}: {error.strerror}") from None
        return
    folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="pymacaron-metrics-")
    maker = os.getpid()

    def remove() -> None:
        if os.getpid() == maker:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def make_room() -> None:
    """Let the files that this process counts in have their place on the disk. Where that is full, whoever writes into
    a mapped file that has none is killed (SIGBUS): such a process counts for itself."""
    folder = shared()
    if folder is None:
        return
    try:
        for kind in _OURS:
            _allocate(Path(folder, f"{kind}_{os.getpid()}.db"), _ROOM)
    except OSError as error:
        del os.environ[FOLDER]
        log.warning("metrics: %s: %s: this process counts only its own requests", folder, error.strerror)


def _allocate(file: Path, size: int) -> None:
    with file.open("ab") as opened:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(opened.fileno(), 0, size)


def shared() -> str | None:
    """The folder in which processes count together; None if each counts for itself."""
    return os.environ.get(FOLDER)


@contextlib.contextmanager
def reading(folder: str) -> Iterator[None]:
    """While the block lasts, nobody puts files together. What processes that are gone have under way is forgotten."""
    _forget_the_dead(folder)
    with _locked(folder, alone=False):
        yield


@contextlib.contextmanager
def _locked(folder: str, *, alone: bool) -> Iterator[None]:
    import fcntl  # for systems that have it, as those have that processes can share a socket

    with Path(folder, "lock").open("w") as file:  # whose end is that of the lock, too
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _forget_the_dead(folder: str) -> None:
    """Let processes that are gone have nothing under way any more. What they have counted stays."""
    for file in Path(folder).glob("gauge_live*.db"):
        found = _LIVE.fullmatch(file.name)
        if found is not None and not _lives(int(found[1])):
            file.unlink(missing_ok=True)
    if len(_of_the_dead(folder)) > _MANY:
        with _locked(folder, alone=True), contextlib.suppress(OSError):  # there is no room: another time
            _put_together(folder)


def _of_the_dead(folder: str) -> list[tuple[str, Path]]:
    """Kinds and files of what processes that are gone have counted."""
    found = ((_SUMMED.fullmatch(file.name), file) for file in Path(folder).glob("*.db"))
    return [(match[1], file) for match, file in found if match is not None and not _lives(int(match[2]))]


def _put_together(folder: str) -> None:
    """Let the process 0, which there is not, have counted what those have that are gone."""
    from prometheus_client import mmap_dict  # an extra

    files_of: Any = mmap_dict.MmapedDict  # it has no types
    kinds: dict[str, list[Path]] = {}
    for kind, file in _of_the_dead(folder):
        kinds.setdefault(kind, []).append(file)
    for kind, files in kinds.items():
        kept, made = Path(folder, f"{kind}_0.db"), Path(folder, f"{kind}.new")
        made.unlink(missing_ok=True)
        summed = [*files, *([kept] if kept.exists() else [])]
        _allocate(made, max(file.stat().st_size for file in summed))
        sums = files_of(str(made))
        for file in summed:
            for key, value, time, _ in files_of.read_all_values_from_file(str(file)):
                sums.write_value(key, sums.read_value(key)[0] + value, time)
        sums.close()
        made.replace(kept)
        for file in files:
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
