"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from tempfile import NamedTemporaryFile


def replace_file(path: str | os.PathLike[str], text: str | bytes) -> None:
    """Write a file at once: whoever reads it sees what was there or what is new, whenever we are ended. Its mode stays;
    where it is a link, what it leads to is replaced. A device or a pipe, which cannot be replaced, is written to.

    Raises:
        OSError: it cannot be written; what was there still is.
    """
    content = text.encode() if isinstance(text, str) else text
    path = os.path.realpath(path)
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        with open(path, "wb") as special:
            special.write(content)
        return
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    with NamedTemporaryFile("wb", dir=folder, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.chmod(file.name, _usual_mode() if mode is None else stat.S_IMODE(mode))
            os.replace(file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except OSError:
        return None


def _usual_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
