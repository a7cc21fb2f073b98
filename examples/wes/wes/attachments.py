"""Files that come with a run, written below a folder and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from wes.errors import BadAttachment

DEEPEST = 8  # steps in a file name


def save(uploads: Iterable[Any], folder: Path) -> list[str]:
    """Write the uploads into a folder; their names.

    Raises:
        BadAttachment: a name that is missing, leads elsewhere, or is there twice.
    """
    names = []
    for upload in uploads:
        name = safe_name(upload.filename)
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.writelines(upload)
        except (FileExistsError, NotADirectoryError):
            raise BadAttachment("two attachments want one file name") from None
        names.append(name)
    return names


def safe_name(name: str | None) -> str:
    """The name, if it is a path that stays below where it starts.

    Raises:
        BadAttachment: it is not.
    """
    path = PurePosixPath(name or "")
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise BadAttachment("an attachment needs a relative file name without `..`")
    plain = all(part.isprintable() and "\\" not in part and len(part.encode()) <= 200 for part in path.parts)
    if not plain or len(path.parts) > DEEPEST:
        raise BadAttachment("the file name of an attachment is too long, or has characters that no file should have")
    return str(path)
