"""Where the two versions of a document come from: a file, a folder of them, a URL, or a revision in git."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from pymacaron.dialects import Document
from pymacaron.documents import Fault, findings
from pymacaron.documents.references import is_url
from pymacaron.documents.sources import SUFFIXES
from pymacaron.exceptions import DocumentError, Finding
from pymacaron.formats import Formats
from pymacaron.loading import documents_below, understood

_GIT = "git:"


@contextmanager
def documents_at(source: str) -> Iterator[dict[str, Document]]:
    """The documents at a path, a URL, or `git:REV:path`, by API name; a single one is called "".

    Raises:
        DocumentError: there is none, or one is faulty.
    """
    if not source.startswith(_GIT):
        if not os.path.exists(source) and ":" in source and not is_url(source):
            raise _fault(source, "does not exist", f"did you mean {_GIT}{source}, a path in a revision?")
        yield _loaded(source)
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield _loaded(_checked_out(source, folder))
        except DocumentError as error:
            before = os.path.join(folder, "")
            shown = source[: source.rindex(":") + 1]
            placed = [finding._replace(place=finding.place.replace(before, shown)) for finding in error.findings]
            raise DocumentError(placed) from None


def _loaded(source: str) -> dict[str, Document]:
    paths = documents_below(source) if os.path.isdir(source) else {"": source}
    if not paths:
        raise _fault(source, "holds no document", "name a document, or a folder with one in it")
    faults: list[Fault] = []
    anywhere = is_url(source)
    stem = os.path.splitext(os.path.basename(source))[0]
    found = {
        name: understood(name or stem, path, Formats(), faults, from_anywhere=anywhere) for name, path in paths.items()
    }
    if faults:
        raise DocumentError(findings(faults))
    return {name: loaded.document for name, loaded in found.items() if loaded is not None}


def _checked_out(source: str, folder: str) -> str:
    """The path of what `git:REV:path` names, in `folder`, with every document of that revision beside it, since it may
    refer to any. As for a shell, paths are relative to the working folder; else, as for git, to the repository."""
    _, revision, path = (*source.split(":", 2), "", "")[:3]
    if not revision or not path:
        raise _fault(source, "is not of the form git:REV:path", "write, for example, git:main:apis/shop.yaml")
    top, prefix = _git(source, "rev-parse --show-toplevel --show-prefix").decode().split("\n")[:2]
    commit = _git(source, "rev-parse --verify --quiet --end-of-options", revision + "^{commit}")
    _extract(top, commit.decode().strip(), folder)
    for place in (os.path.join(prefix, path), path):
        found = os.path.normpath(os.path.join(folder, place))
        if found.startswith(folder) and os.path.exists(found):
            return found
    raise _fault(source, f"does not exist in {revision}", "name it as it was called then")


def _git(source: str, command: str, *arguments: str) -> bytes:
    try:
        asked = subprocess.run(("git", *command.split(), *arguments), capture_output=True, check=False)  # noqa: S603, S607 - no shell
    except FileNotFoundError:
        raise _fault(source, "needs git, which is not installed", "install it, or name a file") from None
    if asked.returncode:
        fact = asked.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ") or "names no revision"
        raise _fault(source, fact, "run it in the repository, and see 'git log' for its revisions")
    return asked.stdout


def _extract(top: str, commit: str, folder: str) -> None:
    """Every file of a commit that may be a document or a part of one."""
    command = ("git", "-C", top, "archive", commit)
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as process,  # noqa: S603 - no shell, and git's own name
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        for member in archive:
            content = archive.extractfile(member) if member.isfile() and member.name.endswith(SUFFIXES) else None
            if content is not None:
                path = os.path.join(folder, member.name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content.read())


def _fault(place: str, fact: str, cure: str) -> DocumentError:
    return DocumentError([Finding(place, "", fact, cure)])
