"""What is sent to the engine: a folder with the files of a project that belong in its image, and nothing else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable

from pymacaron.exceptions import Finding, StartError

from .leaks import Leaks

VERSION = "VERSION"  # what GET /version shows as the container


def stage_files(folder: str, target: str, files: Iterable[str], leaks: Leaks, allowed: Collection[str]) -> None:
    """Copy files of a project.

    Args:
        leaks: what must not be in an image.
        allowed: files that may be in it all the same.

    Raises:
        StartError: some must not be in an image, each with its place.
    """
    findings: list[Finding] = []
    for path in files:
        source, copy = os.path.join(folder, path), os.path.join(target, path)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        if os.path.islink(source):
            findings += _copy_link(folder, path, copy)
            continue
        try:
            with open(source, "rb") as file:
                data = file.read()
        except OSError as error:
            findings.append(Finding(path, "", f"cannot be read: {error.strerror}", "keep it out by .dockerignore"))
            continue
        findings += [] if path in allowed else leaks.of(path, data)
        with open(copy, "wb") as file:
            file.write(data)
        os.chmod(copy, 0o755 if os.access(source, os.X_OK) else 0o644)
    if findings:
        raise StartError(findings)


def _copy_link(folder: str, path: str, copy: str) -> list[Finding]:
    source, home = os.path.join(folder, path), os.path.realpath(folder)
    leads, led = os.readlink(source), os.path.realpath(source)
    if os.path.isabs(leads) or os.path.commonpath([home, led]) != home or not os.path.exists(led):
        return [
            Finding(
                path,
                "",
                "is a symbolic link to a file outside the project",
                "copy its target into the project, or keep it out by .dockerignore",
            )
        ]
    os.symlink(leads, copy)
    return []


def digest_of(target: str) -> str:
    """The digest of a folder's files: their names, whether they can be run, and what is in them."""
    total = hashlib.sha256()
    for path in sorted(_all_files(target)):
        place = os.path.join(target, path)
        if os.path.islink(place):
            kind, data = b"link", os.fsencode(os.readlink(place))
        else:
            kind = b"program" if os.stat(place).st_mode & 0o100 else b"file"
            with open(place, "rb") as file:
                data = file.read()
        total.update(b"%s\0%s\0%d\0%s" % (kind, os.fsencode(path), len(data), data))
    return total.hexdigest()


def date_files(target: str, time: int) -> None:
    """Give everything in a folder one time, in seconds since 1970, and the permissions of any checkout."""
    for place, folders, names in os.walk(target, topdown=False):
        for name in (*names, *folders):
            os.utime(os.path.join(place, name), (time, time), follow_symlinks=False)
        os.chmod(place, 0o755)  # noqa: S103 - likewise
        os.utime(place, (time, time))


def write(target: str, path: str, text: str) -> None:
    with open(os.path.join(target, path), "w", encoding="utf-8") as file:
        file.write(text)


def size_of(target: str) -> int:
    """The bytes of a folder's files."""
    return sum(os.lstat(os.path.join(target, path)).st_size for path in _all_files(target))


def _all_files(target: str) -> Iterable[str]:
    for place, folders, names in os.walk(target):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (os.path.relpath(os.path.join(place, name), target) for name in (*names, *links))
