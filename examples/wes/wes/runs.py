"""Runs: shell scripts as processes of their own, each in a folder of its own."""

from __future__ import annotations

import atexit
import os
import re
import signal
import subprocess
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Lock, Semaphore, Thread
from typing import Any

from pymacaron.config import get_config
from wes.errors import BadWorkflow, RunNotFound

QUEUED, RUNNING, CANCELING = "QUEUED", "RUNNING", "CANCELING"
COMPLETE, EXECUTOR_ERROR, SYSTEM_ERROR, CANCELED = "COMPLETE", "EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED"
ENDED = frozenset({COMPLETE, EXECUTOR_ERROR, SYSTEM_ERROR, CANCELED})
GRACE = 2  # seconds between asking a process to end and ending it

_top = TemporaryDirectory(prefix="wes-runs-")
_runs: dict[str, Run] = {}


class Run:
    """One run. Its folder has the files of the workflow in `work`, and what it says in `stdout` and `stderr`."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.id = uuid.uuid4().hex
        self.request = request
        self.folder = Path(_top.name, self.id)
        self.work = self.folder / "work"
        self.work.mkdir(parents=True)
        self.attached: list[str] = []  # the files it began with
        self.state = QUEUED
        self.began: datetime | None = None
        self.ended: datetime | None = None
        self.exit_code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    @property
    def command(self) -> list[str]:
        return ["/bin/sh", "-eu", self.request["workflow_url"]]

    def outputs(self) -> list[str]:
        """The files that the workflow has written, by their paths below `work`."""
        names = {str(path.relative_to(self.work)) for path in self.work.rglob("*")} - set(self.attached)
        return sorted(name for name in names if name.isprintable() and self.file(f"work/{name}"))

    def file(self, name: str) -> Path | None:
        """The file of that path below the run's folder; None if there is none, or a link leads elsewhere."""
        path = self.folder / name
        if "\0" in name or path.resolve() != self.folder.resolve() / name:
            return None
        return path if path.is_file() else None

    def start(self) -> None:
        """Queue it; it runs when there is room."""
        _runs[self.id] = self
        Thread(target=self._wait_and_run, name=f"run {self.id}", daemon=True).start()

    def cancel(self) -> None:
        """End it, if it has not ended yet."""
        with self._lock:
            if self.state in ENDED:
                return
            self.state = CANCELING if self._process else CANCELED
            if self._process:
                _end(self._process)

    def remove(self) -> None:
        """Undo what `__init__` did."""
        rmtree(self.folder)

    def _wait_and_run(self) -> None:
        with _room():
            self._run()

    def _run(self) -> None:
        with self._lock:
            if self.state != QUEUED:
                return
            try:
                self._process = self._spawn()
            except OSError:
                self.state = SYSTEM_ERROR
                return
            self.state, self.began = RUNNING, datetime.now(UTC)
        try:
            self._process.wait(get_config().run_seconds)
        except subprocess.TimeoutExpired:
            _end(self._process)
        _kill(self._process)  # and what it may have left behind
        with self._lock:
            self.exit_code, self.ended = self._process.wait(), datetime.now(UTC)
            failed = EXECUTOR_ERROR if self.exit_code else COMPLETE
            self.state = CANCELED if self.state == CANCELING else failed

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            return subprocess.Popen(
                self.command, cwd=self.work, env=self._environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        """Nothing of ours but the path; each parameter as PARAM_name."""
        values = self.request.get("workflow_params") or {}
        given = {f"PARAM_{name}": _text(value) for name, value in values.items()}
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.work), **given}


def check_params(values: Mapping[str, Any]) -> None:
    """Raises:
    BadWorkflow: a parameter that cannot be a variable of a shell.
    """
    for name, value in values.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name) or not isinstance(value, (str, int, float, bool)):
            raise BadWorkflow("workflow_params are names of letters, digits and _, with texts, numbers or booleans")
        if "\0" in str(value) or len(str(value)) > 100_000:
            raise BadWorkflow("a text in workflow_params is too long, or has a character that no variable can have")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def find(run_id: str) -> Run:
    try:
        return _runs[run_id]
    except KeyError:
        raise RunNotFound("there is no run of this id") from None


def everything() -> list[Run]:
    """All runs, the oldest first."""
    return list(_runs.values())


@cache
def _room() -> Semaphore:
    return Semaphore(get_config().parallel_runs)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and its children to end; end them if they do not."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)  # its session, made by start_new_session


@atexit.register
def _close() -> None:
    for run in everything():
        run.cancel()
    _top.cleanup()
