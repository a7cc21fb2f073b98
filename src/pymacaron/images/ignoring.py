"""Which files of a project stay out of its image: `.dockerignore`, and what hardly anybody wants there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from pymacaron.exceptions import Finding, StartError

FILES = (".containerignore", ".dockerignore")  # the first that there is counts
# Not even `!` brings these back: they are of this machine, or of no use elsewhere.
_NEVER = frozenset((".git", ".hg", ".svn", ".venv", "__pycache__", ".pymacaron", *FILES))
_ENVIRONMENT = "pyvenv.cfg"  # what a virtual environment has in it
# Rules that a project's own come after, so that `!tests` counts. What is hidden stays out.
USUAL = (
    "**/.*", "**/*.pyc", "**/*.pyo", "**/*.egg-info", "**/node_modules", "**/*.sqlite", "**/*.sqlite-*", "**/*~",
    "dist", "build", "htmlcov", "Dockerfile*", "Makefile", "docker-compose*.y*ml", "compose*.y*ml", "mypy.ini",
)  # fmt: skip
TESTS = ("test", "tests", "testaccept", "**/conftest.py")


class Rules:
    """What a `.dockerignore` says: patterns in order, of which the last that fits a path counts; with `!` before it,
    the path stays in. `*` and `?` stay within a name, `**` is any number of folders. What fits a folder fits what is
    below it."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._rules = [(not one.startswith("!"), _cleaned(one.removeprefix("!"))) for one in patterns]
        self._compiled = [(out, re.compile(_expression(pattern))) for out, pattern in self._rules]

    def __call__(self, path: str) -> bool:
        """Does a path, with / between its names, stay out?"""
        names, is_out, above = path.split("/"), False, [False] * len(self._compiled)
        for length in range(1, len(names) + 1):
            is_out, above = self._look("/".join(names[:length]), above)
        return is_out

    def _look(self, path: str, above: list[bool]) -> tuple[bool, list[bool]]:
        """Does a path stay out, and which of the patterns fit it, if those of `above` fit its folder? As Docker does
        it, a pattern that would change nothing is not asked, and so not remembered for what is below."""
        is_out, fitting = False, []
        for (out, fits), is_above in zip(self._compiled, above, strict=True):
            fitting.append(is_above or (out != is_out and fits.fullmatch(path) is not None))
            is_out = out if fitting[-1] else is_out
        return is_out, fitting

    def may_return_below(self, folder: str) -> bool:
        """Might a rule with `!` bring something of a folder back?"""
        names = folder.split("/")
        return any(_reaches(pattern.split("/"), names) for out, pattern in self._rules if not out)


def files_of(folder: str, *, with_tests: bool = False) -> Iterator[str]:
    """The files and links of a project that belong in its image, sorted; relative to the folder, with / in them.

    Raises:
        StartError: a folder cannot be read.
    """
    rules = Rules([*USUAL, *(() if with_tests else TESTS), *_own(folder)])
    yield from sorted(_walked(folder, "", rules))


def _walked(folder: str, below: str, rules: Rules) -> Iterator[str]:
    for entry in _entries(folder, below):
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.name in _NEVER:
            continue
        if entry.is_dir(follow_symlinks=False):
            is_environment = os.path.exists(os.path.join(entry.path, _ENVIRONMENT))
            if not is_environment and (not rules(path) or rules.may_return_below(path)):
                yield from _walked(folder, path, rules)
        elif not rules(path) and (entry.is_symlink() or entry.is_file()):  # no sockets, no pipes
            yield path


def _entries(folder: str, below: str) -> list[os.DirEntry[str]]:
    """
    Raises:
        StartError: a folder cannot be read.
    """
    try:
        with os.scandir(os.path.join(folder, below)) as entries:
            return list(entries)
    except OSError as error:
        cure = "make it readable, or keep it out by .dockerignore"
        raise StartError([Finding(below or folder, "", f"cannot be read: {error.strerror}", cure)]) from None


def _own(folder: str) -> list[str]:
    file = next((path for name in FILES if os.path.isfile(path := os.path.join(folder, name))), None)
    if file is None:
        return []
    with open(file, encoding="utf-8", errors="replace") as written:
        lines = [line.strip() for line in written]
    return [line for line in lines if line and not line.startswith("#")]


def _cleaned(pattern: str) -> str:
    return os.path.normpath(pattern.strip()).lstrip("/")


def _expression(pattern: str) -> str:
    """The pattern as a regular expression."""
    parts, at = [], 0
    for found in re.finditer(r"\*\*/?|\*|\?|\[[^\]]*\]|\\.", pattern):
        parts += [re.escape(pattern[at : found.start()]), _wildcard(found[0])]
        at = found.end()
    return "".join([*parts, re.escape(pattern[at:])])


def _wildcard(text: str) -> str:
    if text.startswith("["):
        return text
    if text.startswith("\\"):
        return re.escape(text[1:])
    return {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}[text]


def _reaches(pattern: list[str], folder: list[str]) -> bool:
    """Might something below a folder fit the pattern?"""
    for name, part in zip(folder, pattern, strict=False):
        if part == "**":
            return True
        if not re.fullmatch(_expression(part), name):
            return False
    return True
