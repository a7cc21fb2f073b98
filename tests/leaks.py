"""No log, report or error body of the whole run shows a secret that some test has used: a plugin of pytest.

What the applications of a run log (by our formatters), report and answer as errors is kept in a file of each worker,
and so are the secrets: tokens that are made, secrets of configurations, and what tests pass to `secret()`. At the end
of the run everything is searched for all of them; one that is found fails the run.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import currently_in_test_context

from pymacaron.auth.trusting import Trust
from pymacaron.config import secret as secrets
from pymacaron.crash.reporting import Outlet
from pymacaron.failures import Failures
from pymacaron.logs import JsonLines, ReadableLines

_FOLDER = "PYMACARON_TESTS_LEAKS"  # in the environment, for the workers
_SHORTEST, _CHARACTERS = 16, 8  # of secrets of configurations
_PIECE = re.compile(r"[\w-]{20,}", re.ASCII)  # of a token; of what looks like one in a text
_files: dict[str, int] = {}


def secret(text: str) -> str:
    """The text, which nothing may show in this run."""
    _write("secrets", json.dumps(text))
    return text


def token(text: str) -> str:
    """Likewise, for what is made of pieces, any of which gives it away, but for the first one: "header.claims.hash"."""
    for piece in text.split(".")[1:]:
        _write("tokens", piece)
    return text


def said(kind: str, text: str) -> None:
    """Remember what was said, for everybody to read."""
    where = os.environ.get("PYTEST_CURRENT_TEST", "no test").partition("[")[0]  # arguments may be secrets
    _write("said", f"\x1e{kind} of {where}\x1f{text}")


def _write(kind: str, line: str) -> None:
    if not os.environ.get(_FOLDER):
        return  # the tests' modules are also used without the tests
    file = _files.get(kind)
    if file is None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        path = Path(os.environ[_FOLDER]) / f"{kind}.{worker}"
        file = _files[kind] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{line}\n".encode(errors="backslashreplace"))  # at once: other threads and forks write, too


# Listening

_lines = JsonLines()


def _listen(patch: pytest.MonkeyPatch) -> None:
    """Let everything that is said be heard where it is made, whoever handles it."""

    def after(holder: Any, name: str, hear: Callable[..., object]) -> None:
        made = getattr(holder, name)

        @wraps(made)
        def heard(*args: Any, **more: Any) -> Any:
            result = made(*args, **more)
            hear(result, *args, **more)
            return result

        patch.setattr(holder, name, heard)

    after(logging.Logger, "callHandlers", lambda _, log, record: _hear_record(record))
    for lines in (JsonLines, ReadableLines):
        after(lines, "of_call", lambda line, *_: said("line", line))
    after(Outlet, "send", lambda _, outlet, call, title, message: said("report", f"{title}\n{message}"))
    after(Failures, "__call__", lambda response, *_: said("error", f"{response.headers}\n{_text(response.body)}"))
    after(sys.modules[Trust.__module__], "write_token", lambda made, *_: token(made))
    after(secrets, "remember", lambda _, value: _hear_secret(value))


def _hear_record(record: logging.LogRecord) -> None:
    try:
        line = _lines.format(record)
    except Exception:  # noqa: BLE001 - arguments that do not fit: nothing is written
        return
    said("record", line)


def _hear_secret(value: str) -> None:
    if currently_in_test_context():
        return  # Hypothesis draws words of the source, too
    if len(value) >= _SHORTEST and len(set(value)) >= _CHARACTERS:
        secret(value)


def _text(body: object) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else ""


# Searching


def found_in(folder: Path) -> Iterator[str]:
    """Where which secret was said."""
    everything = "".join(path.read_text("utf-8") for path in sorted(folder.glob("said.*")))
    for text in sorted({json.loads(line) for line in _all_lines(folder, "secrets")}):
        for spelling in sorted({text, json.dumps(text)[1:-1], quote(text), quote(text, safe="")}):
            at = everything.find(spelling)
            if at >= 0:
                yield f"{spelling!r} in the {_place(everything, at)}"
    tokens = set(_all_lines(folder, "tokens"))
    for piece in _PIECE.finditer(everything):
        if piece[0] in tokens:
            yield f"a token ({piece[0]}) in the {_place(everything, piece.start())}"


def _all_lines(folder: Path, kind: str) -> list[str]:
    return [line for path in folder.glob(f"{kind}.*") for line in path.read_text("utf-8").splitlines()]


def _place(everything: str, at: int) -> str:
    begin = everything.rindex("\x1e", 0, at) + 1
    return f"{everything[begin : everything.index(chr(0x1F), begin)]}: {everything[max(begin, at - 60) : at + 60]!r}"


class Leaks:
    """The plugin: it listens in every process, and searches in the one that began the run."""

    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._is_first = not os.environ.get(_FOLDER)
        if self._is_first:
            os.environ[_FOLDER] = tempfile.mkdtemp(prefix="pymacaron-leaks-")
        self._folder = Path(os.environ[_FOLDER])
        self._found: list[str] = []
        _listen(self._patch)

    @pytest.hookimpl(trylast=True)  # when the workers have ended
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._patch.undo()
        self._found = list(found_in(self._folder)) if self._is_first else []
        if self._found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for one in self._found[:20]:
            terminalreporter.write_line(f"A secret was shown: {one}", red=True)

    def pytest_unconfigure(self) -> None:
        if self._is_first:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.environ.pop(_FOLDER, None)
            for file in _files.values():
                os.close(file)
            _files.clear()
