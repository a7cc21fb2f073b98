"""Lock files of other tools, as pip's requirements: exact versions, the hashes of their files, and for which machines
they are. Only what a service needs when it runs; nothing of the tool has to be there."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pymacaron.exceptions import Finding, StartError

_EXPORTS = {  # how a lock that is not understood becomes a list that is
    "uv.lock": "uv export --no-dev --no-emit-project --output-file requirements.lock",
    "poetry.lock": "poetry export --only main --output requirements.lock",
    "pdm.lock": "pdm export --prod --output requirements.lock",
    "Pipfile.lock": "pipenv requirements > requirements.lock",
}
LOCKS = tuple(_EXPORTS)
_ANY = "*"
_OURS = "pymacaron"  # comes as it is here, where the lock has it from a folder
Package = dict[str, Any]
Conditions = frozenset[str]  # markers that have to hold together
_MOST_WAYS = 16  # to one package; of more, one condition less is better than an expression of pages


def locked(path: str, text: str) -> Iterator[tuple[str, str]]:
    """What a lock file asks for: where it stands, and a requirement of pip with its hashes.

    Args:
        path: of the file, which has one of the names of LOCKS.

    Raises:
        StartError: it is no such file, or has what cannot be had by name and hash.
    """
    name = os.path.basename(path)
    try:
        document = json.loads(text) if name == "Pipfile.lock" else tomllib.loads(text)
    except ValueError as error:
        raise StartError([Finding(name, "", f"cannot be read: {error}", "write it again with its tool")]) from None
    try:
        rows = list(_READERS[name](document))
    except (KeyError, TypeError, AttributeError) as error:
        raise _strange(name, f"is not written as expected ({type(error).__name__}: {error})") from None
    for package, version, markers, hashes in rows:
        yield f"{path}: {package}", _requirement(name, package, version, markers, hashes)


_Row = tuple[str, str, str, list[str]]  # name, version or "" for what is elsewhere than on an index, markers, hashes


def _requirement(name: str, package: str, version: str, markers: str, hashes: list[str]) -> str:
    condition = f" ; {markers}" if markers else ""
    if version == _ANY and condition:
        return f"{package}{condition}"  # not for the machine that has locked; pip refuses it where it is for ours
    if not version or not hashes:
        if package.lower() == _OURS:
            return _OURS
        cure = f"publish it, or build a wheel of it into the project and write `{_EXPORTS[name]}`"
        raise StartError([Finding(name, package, "does not come from an index with hashes", cure)])
    return f"{package}=={version}{condition} {' '.join(f'--hash={one}' for one in sorted(set(hashes)))}"


def _strange(name: str, fact: str) -> StartError:
    return StartError([Finding(name, "", fact, f"run `{_EXPORTS[name]}`, and keep that file beside it")])


# uv: a graph for all machines. https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile


def _of_uv(document: Package) -> Iterator[_Row]:
    packages: list[Package] = document["package"]
    root = next((one for one in packages if _here(one["source"])), None)
    if root is None:
        raise _strange("uv.lock", "does not contain the project of this folder")
    for package, ways in _reached(packages, root):
        source = package["source"]
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        hashes = [one["hash"] for one in files if "hash" in one]
        yield package["name"], package["version"] if "registry" in source else "", _either(ways), hashes


def _here(source: Package) -> bool:
    return any(source.get(kind) == "." for kind in ("virtual", "editable", "directory"))


def _reached(packages: list[Package], root: Package) -> Iterator[tuple[Package, set[Conditions]]]:
    """The packages that the project needs, but for itself, each with the ways that lead to it."""
    ways: dict[tuple[int, str], set[Conditions]] = {}  # to a package, and to an extra of it
    waiting: list[tuple[Package, str, Conditions]] = [(root, "", frozenset())]
    while waiting:
        package, extra, conditions = waiting.pop()
        known = ways.setdefault((id(package), extra), set())
        conditions = conditions if len(known) < _MOST_WAYS else frozenset()
        if any(one <= conditions for one in known):
            continue
        known.add(conditions)
        for edge in _edges(package, extra):
            further = conditions | {edge["marker"]} if "marker" in edge else conditions
            for target in _meant(packages, edge):
                waiting += [(target, one, further) for one in ("", *edge.get("extra", ()))]
    yield from ((one, ways[id(one), ""]) for one in packages if (id(one), "") in ways and one is not root)


def _edges(package: Package, extra: str) -> list[Package]:
    needed: list[Package] = (
        package.get("optional-dependencies", {}).get(extra, []) if extra else package.get("dependencies", [])
    )
    return needed


def _meant(packages: list[Package], edge: Package) -> Iterator[Package]:
    for one in packages:
        if one["name"] == edge["name"] and edge.get("version", one.get("version")) == one.get("version"):
            yield one


def _either(ways: set[Conditions]) -> str:
    """One marker for several ways; "" where one of them has no condition."""
    least = [way for way in ways if not any(other < way for other in ways)]
    if frozenset() in least:
        return ""
    texts = sorted(" and ".join(sorted(f"({one})" for one in way)) for way in least)
    return texts[0] if len(texts) == 1 else " or ".join(f"({text})" for text in texts)


# Poetry, PDM and Pipenv: lists


def _of_poetry(document: Package) -> Iterator[_Row]:
    """https://python-poetry.org/docs/libraries/#lock-file; each package has its groups since format 2.1."""
    for package in document.get("package", ()):
        if "groups" not in package and "category" not in package:
            raise _strange("poetry.lock", "does not say what is for development only (Poetry 2 writes that)")
        if package.get("optional") or "main" not in package.get("groups", [package.get("category")]):
            continue
        markers = package.get("markers", "")
        files = package.get("files") or document["metadata"]["files"][package["name"]]
        on_index = package.get("source", {}).get("type", "legacy") == "legacy"
        version = package["version"] if on_index else ""
        text = markers if isinstance(markers, str) else markers.get("main", "")
        yield package["name"], version, text, [one["hash"] for one in files]


def _of_pdm(document: Package) -> Iterator[_Row]:
    """https://pdm-project.org/en/latest/usage/lockfile/; of a package with extras there is an entry for each set of
    them, beside that without."""
    done = set()
    for package in document.get("package", ()):
        if "groups" not in package:
            raise _strange("pdm.lock", "does not say which groups need what (its strategy lacks inherit_metadata)")
        identity = (package["name"], package["version"], package.get("marker", ""))
        if "default" not in package["groups"] or identity in done:
            continue
        done.add(identity)
        is_elsewhere = any(kind in package for kind in ("git", "hg", "svn", "path", "url"))
        hashes = [one["hash"] for one in package.get("files", ())]
        yield package["name"], "" if is_elsewhere else package["version"], package.get("marker", ""), hashes


def _of_pipenv(document: Package) -> Iterator[_Row]:
    """https://pipenv.pypa.io/en/latest/pipfile.html"""
    for package, said in document["default"].items():
        is_elsewhere = any(kind in said for kind in ("git", "path", "file"))
        version = "" if is_elsewhere else str(said.get("version", "")).removeprefix("==")
        yield package, version, said.get("markers", ""), list(said.get("hashes", ()))


_READERS: dict[str, Callable[[Package], Iterable[_Row]]] = {
    "uv.lock": _of_uv, "poetry.lock": _of_poetry, "pdm.lock": _of_pdm, "Pipfile.lock": _of_pipenv,
}  # fmt: skip


def check_fresh(name: str, wanted: Iterable[str], found: Iterable[str]) -> None:
    """
    Raises:
        StartError: the project requires what its lock does not have.
    """
    there = {normal(one) for one in found}
    missing = sorted(one for one in map(normal, wanted) if one and one not in there and one != _OURS)
    if missing:
        tool, _, _ = _EXPORTS[os.path.basename(name)].partition(" ")
        cure = f"lock again: `{tool} lock`"
        raise StartError([Finding(name, "", f"does not have {', '.join(missing)}, which the project requires", cure)])


def normal(requirement: str) -> str:
    """The name in a requirement, as indexes compare names; "" where it begins with none."""
    found = re.match(r"[A-Za-z0-9][\w.-]*", requirement.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""
