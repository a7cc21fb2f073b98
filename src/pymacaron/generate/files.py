"""A folder of generated files: what of it is outdated, and written anew."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from pymacaron.replacing import replace_file


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
