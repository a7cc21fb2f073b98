"""Programs in processes of their own, without what it costs to start one: an interpreter that has imported what most
programs import, and forks for each.

A program has the folder, the standard streams, `__main__`, `sys.argv` and `sys.path` that `python -W error program.py`
gives it, and ends as that does, with its exit code. What it imports may be there already, so it is quicker, and that
is all it notices; that it may not use a module of ours which it has not imported is held by `tests/test_docs.py`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

IMPORTED = (
    "flask", "flask_cors", "msgspec", "jsonschema_rs", "yaml", "click", "urllib3", "unittest.mock", "asyncio",
    "pymacaron.api", "pymacaron.serving", "pymacaron.models", "pymacaron.client", "pymacaron.pool", "pymacaron.limits",
)  # fmt: skip


class Interpreter:
    """A Python that is warm; to be closed, or used in a `with`.

    Programs get the environment that it was given. It has no threads while it forks.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-W", "error", __file__]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)

    def run(self, program: str, *, folder: Path, seconds: int) -> subprocess.CompletedProcess[str]:
        """Run a file of a folder, in that folder. One that takes longer
        is ended by SIGALRM: its exit code is -14."""
        out, err = folder / ".out", folder / ".err"
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps([program, str(folder), str(out), str(err), seconds]) + "\n")
        asked.flush()
        code = json.loads(answers.readline())
        return subprocess.CompletedProcess([program], code, out.read_text("utf-8"), err.read_text("utf-8"))

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()  # no more programs: it ends


def serve() -> None:
    """Fork for each program that is asked for; returns in the processes of programs only, when they have ended."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # what was imported stays in memory that is shared
    for line in sys.stdin:
        program, folder, out, err, seconds = json.loads(line)
        child = os.fork()
        if not child:
            become(program, Path(folder), [os.devnull, out, err], seconds)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(program: str, folder: Path, streams: list[str], seconds: int) -> None:
    """Be the process of a program."""
    signal.alarm(seconds)
    for number, name in enumerate(streams):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(folder)
    os.environ["PATH"] = os.pathsep.join([str(folder / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    sys.argv = [program]
    sys.path[0] = str(folder)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    serve()
