"""Which files below a folder are OpenAPI documents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch

from pymacaron._types import Json

from .faults import Fault, FileFault
from .files import Files
from .references import absence_cure
from .sources import SUFFIXES, decode, read

_VERSION_KEYS = ("openapi", "swagger")
# The key of the version where there is no value to look into: first in its line, or after a brace or a comma.
_CLAIM = re.compile(r"""(?:^|[{,]\s*)["']?(?:swagger|openapi)["']?\s*:""", re.MULTILINE)
# How nearly all documents begin, after comments at most: a mapping whose first key is the version, a text or a number.
# They need not be parsed to be known for what they are.
_BEGINNING = re.compile(rb"""(?:\xef\xbb\xbf)?(?:#.*\n|\r?\n)*(?:swagger|openapi): +["']?[0-9]""")


def is_openapi(value: Json) -> bool:
    """True for a mapping that says it is Swagger 2.x or OpenAPI 3.x. An unquoted `swagger: 2.0`, a number, counts."""
    if type(value) is not dict:
        return False
    return str(value.get("swagger", "")).startswith("2") or str(value.get("openapi", "")).startswith("3")


def find_documents(
    folder: str | os.PathLike[str], ignore: Iterable[str] = (), files: Files | None = None
) -> dict[str, str]:
    """Every OpenAPI document below a folder: its name (the file's without suffix) and its absolute path.

    That is what has a version, even one that we do not know, and what says so but cannot be parsed: whoever opens it
    reports that. Hidden files and folders and `pym-config*` are left out, and what matches `ignore`: names, file names
    or paths below the folder, with the wildcards of a shell. `files` remembers what had to be parsed.

    Raises:
        FileFault: there is no such folder, or two documents have one name.
    """
    folder = os.path.abspath(folder)
    files = Files() if files is None else files
    patterns = tuple(ignore)
    found: dict[str, str] = {}
    for path in _candidates(folder):
        name = os.path.splitext(os.path.basename(path))[0]
        ways_to_say = (name, os.path.basename(path), os.path.relpath(path, folder))
        if any(fnmatch(way, pattern) for way in ways_to_say for pattern in patterns) or not _is_document(path, files):
            continue
        other = found.setdefault(name, path)
        if not os.path.samefile(other, path):
            fact = f"two documents are called '{name}'; the other is {other}"
            raise FileFault(Fault(path, (), fact, "rename one of them, or ignore it"))
    return found


def _candidates(folder: str) -> Iterator[str]:
    if os.path.isfile(folder):
        yield folder
        return
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith((".", "pym-config")):
                yield os.path.join(place, name)


def _refuse(error: OSError) -> None:
    path = os.fspath(error.filename)
    if os.path.exists(path):
        raise FileFault(Fault(path, (), "cannot be read", None)) from None
    raise FileFault(Fault(path, (), "does not exist", absence_cure(path))) from None


def _is_document(path: str, files: Files) -> bool:
    try:
        raw = read(path)
    except OSError:
        return False
    if _BEGINNING.match(raw):
        return True
    encoded = raw.replace(b"\0", b"") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw
    if not any(key.encode() in encoded for key in _VERSION_KEYS):
        return False  # nearly every fragment, without parsing it
    try:
        value = files.open(path).value
    except FileFault:
        return _CLAIM.search(decode(raw, "replace")) is not None
    return type(value) is dict and any(type(value.get(key)) in (str, int, float) for key in _VERSION_KEYS)
