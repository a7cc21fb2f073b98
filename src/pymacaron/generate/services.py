"""A new service, from the templates in `scaffold/`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution

from pymacaron.formats import Formats
from pymacaron.pool import Pool
from pymacaron.replacing import replace_file

from .functions import Modules
from .stubs import FOLDER, stubs

_TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scaffold")
_TAKEN = {"apis", "flask", "flask_cors", "pymacaron", "pymacaron_apis", "pytest", "server", "test", "testaccept"}


def fault_of_name(name: str) -> str | None:
    """Why a service cannot be called so; None if it can."""
    if not name.isidentifier() or name != name.lower() or name.startswith("_") or not name.isascii():
        return f"{name!r} cannot be a package of Python: take small letters, digits and _, such as 'my_service'"
    if name in _TAKEN or name in sys.stdlib_module_names:
        return f"{name!r} is the name of another module, which it would hide: take another, such as '{name}_service'"
    return None


def make_service(name: str, parent: str) -> str:
    """A folder `name` below `parent` with a service in it; returns its path. It is there whole or not at all.

    Raises:
        FileExistsError: something of that name is there.
        OSError: it cannot be written.
    """
    target = os.path.join(parent, name)
    if os.path.lexists(target):
        raise FileExistsError(target)
    made = tempfile.mkdtemp(prefix=f".{name}-", dir=parent)
    try:
        os.chmod(made, 0o755)  # noqa: S103 - as any folder that one makes
        _fill(made, name)
        os.rename(made, target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return target


def _fill(folder: str, name: str) -> None:
    for place, _, files in os.walk(_TEMPLATES):
        for file in files:
            path = os.path.join(place, file)
            with open(path, encoding="utf-8") as template:
                text = template.read().replace("NAME", name).replace("REQUIREMENT", requirement())
            text = text.replace("DEVELOPMENT", requirement("[test]"))
            made = os.path.relpath(path, _TEMPLATES).removesuffix(".txt").replace("NAME", name)
            replace_file(os.path.join(folder, made.replace("_gitignore", ".gitignore")), text)
    apis = Pool().load({name: os.path.join(folder, "apis", f"{name}.yaml")}, Formats())
    for file, text in stubs(apis, Modules([folder]), lambda _: False).items():
        replace_file(os.path.join(folder, FOLDER, file), text)


def requirement(extras: str = "") -> str:
    """What pip installs this very pymacaron from, with extras: the folder or file that it came from, if it did."""
    try:
        said = distribution("pymacaron").read_text("direct_url.json")
    except PackageNotFoundError:
        said = None
    url = json.loads(said).get("url") if said else None
    is_local = isinstance(url, str) and url.startswith("file:")
    return f"pymacaron{extras} @ {url}" if is_local else f"pymacaron{extras}>=3"
