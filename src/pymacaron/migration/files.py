"""The files of a project, by what may have to change in them."""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from pymacaron.documents.findings import Lines
from pymacaron.documents.sources import SUFFIXES, decode
from pymacaron.exceptions import Finding

from .rules import Change

# Hidden folders are not looked into, but for those of continuous integration.
_HIDDEN = {".github", ".circleci", ".ebextensions", ".gitlab", ".ci"}
_FOREIGN = {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env"}
_LONGEST = 2_000_000  # bytes; what is longer was made by a machine, or is data
_REQUIREMENTS = re.compile(
    r"(?:.*requirements.*\.(?:txt|in|pip)|constraints.*\.txt|Pipfile|pyproject\.toml|setup\.(?:py|cfg)|tox\.ini"
    r"|environment\.ya?ml)", re.IGNORECASE
)  # fmt: skip
_COMMANDS = re.compile(
    r"(?:(?:GNU)?[Mm]akefile|.*\.mk|tox\.ini|setup\.cfg|setup\.py|Dockerfile.*|Procfile|noxfile\.py|Jenkinsfile|Pipfile"
    r"|pyproject\.toml|runtime\.txt|\.python-version|\.travis\.yml|\.gitlab-ci\.yml|appveyor\.yml|\.pre-commit.*"
    r"|docker-compose.*\.ya?ml|compose\.ya?ml|bitbucket-pipelines\.yml|circle\.yml|buildspec\.ya?ml|cloudbuild\.ya?ml|azure-pipelines\.ya?ml|\.noserc|nose\.cfg|.*\.sh|.*\.bash)"
)  # fmt: skip
_CI = re.compile(r"(?:^|/)\.(?:github|circleci|gitlab|ci|ebextensions)/")


class File(NamedTuple):
    """A text of the project. `name` is its path from the project's folder, `path` as findings show it; `fault` says
    why it could not be read as what it is, and the cure."""

    name: str
    path: str
    text: str
    lines: Lines
    fault: tuple[str, str] | None = None

    @property
    def is_python(self) -> bool:
        return self.name.endswith(".py")

    @property
    def is_settings(self) -> bool:
        return re.fullmatch(r"pym-config.*\.(?:ya?ml|json)", os.path.basename(self.name)) is not None

    @property
    def may_be_document(self) -> bool:
        return self.name.endswith(SUFFIXES) and not self.is_settings

    @property
    def has_requirements(self) -> bool:
        return _REQUIREMENTS.fullmatch(os.path.basename(self.name)) is not None or (
            "requirements/" in self.name and self.name.endswith(".txt")
        )

    @property
    def has_commands(self) -> bool:
        return _COMMANDS.fullmatch(os.path.basename(self.name)) is not None or _CI.search(self.name) is not None

    @property
    def module(self) -> str:
        """What an import in the project calls it."""
        return self.name.removesuffix(".py").removesuffix("/__init__").removeprefix("src/").replace("/", ".")

    def before(self, at: int) -> str:
        """What stands before an offset on its line."""
        return self.text[self.text.rfind("\n", 0, at) + 1 : at]

    def change(self, rule: str, at: int, fact: str, cure: str | None = None) -> Change:
        """Something to change at an offset."""
        line, column = self.lines.at(at)
        return Change(rule, Finding(f"{self.path}:{line}:{column}", "", fact, cure))


def files_of(folder: str) -> Iterator[File]:
    """The files below a folder that are read. What others have written is left out: packages, environments, what is
    hidden."""
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if _is_own(place, name))
        for name in sorted(names):
            path = os.path.join(place, name)
            read = _read(path) if _is_read(os.path.relpath(path, folder)) else None
            if read is not None:
                yield File(_name(path, folder), _shown(path), read[0], Lines(read[0]), read[1])
    for error in closed:
        path = os.fspath(error.filename)
        yield File(_name(path, folder), _shown(path), "", Lines(""), _closed(error))


def _name(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")


def _is_own(place: str, name: str) -> bool:
    if name.startswith("."):
        return name in _HIDDEN
    return name not in _FOREIGN and not os.path.exists(os.path.join(place, name, "pyvenv.cfg"))


def _is_read(name: str) -> bool:
    file = File(name, name, "", Lines(""))
    wanted = file.is_python or file.is_settings or file.may_be_document or file.has_requirements or file.has_commands
    return wanted and os.path.basename(name) not in {"package.json", "package-lock.json"}


def _read(path: str) -> tuple[str, tuple[str, str] | None] | None:
    """The text of a regular file, and what keeps it from being read, with the cure; None of what is no such file."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LONGEST:
            return None
        with open(path, "rb") as file:
            raw = file.read()
    except OSError as error:
        return "", _closed(error)
    if path.endswith(".py"):
        return _python(raw)
    return decode(raw, "replace"), None


def _closed(error: OSError) -> tuple[str, str]:
    return f"cannot be opened: {error.strerror}", "look who may read it, and run this again"


def _python(raw: bytes) -> tuple[str, tuple[str, str] | None]:
    """The text of a Python file, in the encoding that it says (PEP 263)."""
    fact = "it is not UTF-8, and says no encoding that Python knows"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return raw.decode(encoding), None
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return decode(raw, "replace"), (fact, "save it as UTF-8")


def _shown(path: str) -> str:
    near = os.path.relpath(path)
    return path if near.startswith(os.pardir) else near
