"""What must change in requirements, wherever they stand: pip's files, Pipfile, pyproject.toml, setup.py, tox.ini."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import cache
from importlib import metadata

from .files import File
from .rules import Change

_MEMBER = "it is part of pymacaron 3"
_DEAD = {
    "pymacaron-core": f"{_MEMBER}; uninstall it: its modules hide ours",
    "pymacaron-async": f"write pymacaron[async]; {_MEMBER}; uninstall it: its modules hide ours",
    "pymacaron-unit": f"write pymacaron[test]; {_MEMBER}; uninstall it: its modules hide ours",
    "pymacaron-dynamodb": f"write pymacaron[aws]; {_MEMBER}; uninstall it: its modules hide ours",
    "pymacaron-aws": f"write pymacaron[aws]; {_MEMBER}: `pymacaron deploy`",
    "bravado": "pymacaron checks and calls by itself",
    "bravado-core": "pymacaron checks and calls by itself",
    "nose": "write pytest",
    "nose-cov": "write pytest-cov",
    "nosexcover": "write pytest-cov",
    "awsebcli": "`pymacaron deploy` needs pymacaron[aws]",
    "flask-script": "Flask has commands of its own",
    "enum34": "Python has it",
    "futures": "Python has it",
    "unittest2": "Python has it",
    "pathlib2": "Python has it",
    "connexion": "write pymacaron",
    "swagger-ui-bundle": "pymacaron has pages of its own",
    "a2wsgi": "Flask is WSGI itself",
    "fastapi": "write pymacaron",
    "uvicorn": "write pymacaron[granian], or gunicorn",
    "uvicorn-worker": "write pymacaron[granian], or gunicorn",
    "starlette": "Flask is there with pymacaron",
}  # fmt: skip
_OF_ASGI = {"swagger-ui-bundle", "a2wsgi", "uvicorn", "uvicorn-worker", "starlette"}
_SPEC = r"(?:\[[\w, -]*\])?\s*(?:[\"']?\s*=\s*[\"'])?\s*(?P<spec>(?:[=<>~^!]=?=?\s*[\w.*]+\s*,?\s*)*)"
_PYTHON = re.compile(
    r"(?:FROM\s+(?:\S*/)?python:|python_version\s*=\s*[\"']|python-version:\s*\[?[\"']?|^python-|^\s*python:\s*[\"']?"
    r"|python_requires\s*=\s*[\"']?(?:[<>=~]=?)?|requires-python\s*=\s*[\"'](?:[>=~]=?)?|basepython\s*=\s*python)"
    r"(?P<version>[23](?:\.\d+)?)|(?<![\w-])(?P<old>py(?:27|3[4-9]|310))(?![\w])|(?P<two>(?<![\w/-])(?:python2|pip2)[.\d]*)",
    re.MULTILINE,
)


def in_requirements(file: File, kinds: Container[str]) -> Iterator[Change]:
    """Requirements that have to go, or to be newer, in a project of these kinds."""
    is_asgi = "connexion" in kinds or "fastapi" in kinds
    for at, name, spec in _named(file):
        if name == "pymacaron" and _below(spec, (3,)):
            yield file.change("dependency", at, f"{name}{spec} is the old one", "write pymacaron>=3")
        elif name in _DEAD and (is_asgi or name not in _OF_ASGI):
            yield file.change("dependency", at, f"{name} is not needed any more", _DEAD[name])
        elif name in _floors() and _below(spec, _floors()[name]):
            floor = ".".join(map(str, _floors()[name]))
            yield file.change("dependency", at, f"{name}{spec} is too old", f"pymacaron needs {name}>={floor}")


def in_versions(file: File) -> Iterator[Change]:
    """Versions of Python that are too old."""
    for found in _PYTHON.finditer(file.text):
        version = found["version"]
        if version is None or version == "2" or (version.count(".") and _numbers(version) < (3, 11)):
            said = f"Python {version}" if version else found[0].strip()
            at = found.start("version") if version else found.start()
            yield file.change("python-version", at, f"{said} is too old", "pymacaron 3 needs Python 3.11 or newer")


def frameworks(file: File) -> Iterator[tuple[str, int, str]]:
    """What a file of requirements says of the framework: its name, where, and which version."""
    for at, name, spec in _named(file):
        kind = "pymacaron" if name.startswith("pymacaron") else name
        if kind in {"pymacaron", "connexion", "fastapi"} and not (name == "pymacaron" and not _below(spec, (3,))):
            yield kind, at, spec


def _named(file: File) -> Iterator[tuple[int, str, str]]:
    names = "|".join(map(re.escape, sorted({*_DEAD, *_floors(), "pymacaron"}, key=len, reverse=True)))
    pattern = rf"(?<![\w./=-])(?P<name>{names})(?![\w.-]|\s*=\s*\w+\(){_SPEC}"
    for found in re.finditer(pattern, file.text, re.IGNORECASE):
        line = file.before(found.start())
        if "#" not in line and not line.lstrip().startswith(("name", "description", "import ", "from ", "keywords")):
            yield found.start("name"), found["name"].lower(), re.sub(r"\s", "", found["spec"]).strip(",")


def _below(spec: str, floor: tuple[int, ...]) -> bool:
    """Does a specifier leave no room for a version from `floor` on?"""
    for mark, version in re.findall(r"(==|~=|\^|<=|<)([\d.]+)", spec):
        numbers = _numbers(version)
        if mark == "<" and numbers <= floor:
            return True
        if mark != "<" and numbers[: len(floor)] < floor[: len(numbers)]:
            return True
    return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)


@cache
def _floors() -> dict[str, tuple[int, ...]]:
    """The lowest versions of what pymacaron itself needs, and Flask, by name."""
    needs = [*(metadata.requires("flask") or ()), *(metadata.requires("pymacaron") or ())]  # ours count
    wanted = (re.match(r"([\w-]+)(?:\[.*\])?.*>=([\d.]+)", one) for one in needs if "python_version" not in one)
    return {found[1].lower(): _numbers(found[2]) for found in wanted if found is not None}
