"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from tempfile import NamedTemporaryFile


def replace_file(path: str, text: str) -> None:
    """Write a file at once: whoever reads it sees the old text or the new one. Its mode stays.

    Raises:
        OSError: it cannot be written; the old text is still there.
    """
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=folder, prefix=".", delete=False) as file:
        try:
            file.write(text)
            file.close()
            os.chmod(file.name, _mode(path))
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def outdated(folder: str, files: Mapping[str, str], suffix: str) -> list[str]:
    """The files below a folder that are not as `files` says; among those that end in `suffix`, also what it does not
    name."""
    wrong = [name for name, text in files.items() if _text(os.path.join(folder, name)) != text]
    for place, _, names in os.walk(folder):
        found = (os.path.relpath(os.path.join(place, name), folder) for name in names if name.endswith(suffix))
        wrong += [name for name in found if name not in files]
    return sorted(wrong)


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def replace_folder(folder: str, files: Mapping[str, str], suffix: str) -> list[str]:
    """Let the files below a folder that end in `suffix` be those of `files`; returns what has changed.

    Raises:
        OSError: a file cannot be written.
    """
    changed = outdated(folder, files, suffix)
    for name in changed:
        path = os.path.join(folder, name)
        if name in files:
            replace_file(path, files[name])
        else:
            os.unlink(path)
            with suppress(OSError):  # others are in it
                os.rmdir(os.path.dirname(path))
    return changed
