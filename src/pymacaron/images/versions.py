"""What a state of a project is called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_LONGEST = 100  # characters, of the 128 that a tag may have
_PATIENCE = 20.0  # seconds for git


class Revision(NamedTuple):
    """What git says of a project; empty where there is none. `time` is that of the commit, in seconds since 1970; None
    where files have changed since."""

    described: str
    commit: str
    time: int | None


def revision_of(folder: str) -> Revision:
    """The state of a project's folder, by its tags: "v1.2-3-g0123abc"; "-dirty" where files have changed since."""
    if shutil.which("git") is None or not _git(folder, "rev-parse --is-inside-work-tree"):
        return Revision("", "", None)
    described = _git(folder, "describe --always --tags --abbrev=10")
    changed = _git(folder, "status --porcelain -- .")
    time = _git(folder, "log -1 --format=%ct")
    return Revision(
        f"{described}-dirty" if changed else described,
        _git(folder, "rev-parse HEAD"),
        int(time) if time and not changed else None,
    )


def _git(folder: str, words: str) -> str:
    done = subprocess.run(  # noqa: S603 - no shell
        ["git", "-C", folder, *words.split()],  # noqa: S607 - the user's own
        capture_output=True, text=True, errors="replace", check=False, timeout=_PATIENCE,
    )  # fmt: skip
    return done.stdout.strip() if done.returncode == 0 else ""


def version_of(revision: Revision, digest: str) -> str:
    """A name for what is in an image, fit for a tag: "v1.2-3-g0123abc-5f0e1d2c3b4a"."""
    described = re.sub(r"[^\w.-]+", "-", revision.described, flags=re.ASCII).strip("-.")[:_LONGEST]
    return f"{described}-{digest[:12]}" if described else digest[:12]


def time_of(revision: Revision, folder: str, files: Iterable[str], environment: Mapping[str, str]) -> int:
    """The time that files have in an image, in seconds since 1970: $SOURCE_DATE_EPOCH, else that of the commit, else
    that of the last change. Files that are served say when they changed by it."""
    given = environment.get("SOURCE_DATE_EPOCH", "")
    if given.isascii() and given.isdigit():
        return int(given)
    if revision.time is not None:
        return revision.time
    return max((int(os.lstat(os.path.join(folder, path)).st_mtime) for path in files), default=0)


def repository_of(name: str) -> str:
    """What images of a service are called: container engines take small letters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "service"
