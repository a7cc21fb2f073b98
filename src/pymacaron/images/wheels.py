"""This very pymacaron as a wheel (https://packaging.python.org/specifications/binary-distribution-format/), made of the
files that it runs from: of an editable checkout and of an installation alike, with nothing fetched and the same bytes
for the same files."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from pymacaron.exceptions import StartError

_PACKAGES = (
    "pymacaron",
    "pymacaron_core",
    "pymacaron_async",
    "pymacaron_unit",
    "pymacaron_dynamodb",
)  # pymacaron_apis is for type checkers
_TOLD = ("METADATA", "entry_points.txt", "licenses/LICENSE")  # of what describes the distribution
_WHEEL = "Wheel-Version: 1.0\nGenerator: pymacaron\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can say


def from_index() -> str | None:
    """The version of this pymacaron, if it came from a package index; None if it came from a folder or a file."""
    try:
        installed = distribution("pymacaron")
    except PackageNotFoundError:
        return None
    said = installed.read_text("direct_url.json")
    is_local = said is not None and json.loads(said).get("url", "").startswith("file:")
    return None if is_local else installed.version


def write_wheel(folder: str) -> str:
    """Write this pymacaron as a wheel into a folder; the file's name.

    Raises:
        StartError: it runs without being installed.
    """
    try:
        installed = distribution("pymacaron")
    except PackageNotFoundError:
        fact = "pymacaron runs without being installed, so its requirements are not known"
        raise StartError(f"{fact}; run `pip install --editable` on its checkout") from None
    name = f"pymacaron-{installed.version}-py3-none-any.whl"
    told = f"pymacaron-{installed.version}.dist-info"
    files = {**dict(_sources()), **{f"{told}/{path}": data for path, data in _descriptions(installed)}}
    files[f"{told}/WHEEL"] = _WHEEL.encode()
    record = "".join(f"{path},sha256={_digest(files[path])},{len(files[path])}\n" for path in sorted(files))
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            _add(archive, path, files[path])
        _add(archive, f"{told}/RECORD", f"{record}{told}/RECORD,,\n".encode())
    return name


def _sources() -> Iterator[tuple[str, bytes]]:
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        home = os.path.dirname(spec.origin)
        for place, folders, names in os.walk(home):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for path in (os.path.join(place, name) for name in names if not name.endswith(".pyc")):
                with open(path, "rb") as file:
                    yield f"{package}/{os.path.relpath(path, home).replace(os.sep, '/')}", file.read()


def _descriptions(installed: Distribution) -> Iterator[tuple[str, bytes]]:
    for path in _TOLD:
        text = installed.read_text(path)
        if text is not None:
            yield path, text.encode()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    info = zipfile.ZipInfo(path, _TIME)
    info.external_attr, info.create_system = 0o100644 << 16, 3
    archive.writestr(info, data)
