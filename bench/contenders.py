"""Who is measured: the table of contenders, their environments below `.bench/`, and a running one to ask."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STORE = ROOT / ".bench"
PATIENCE = 180  # seconds to wait for an answer of a contender


class UnavailableError(Exception):
    """A contender that could not be installed, did not start, or answered wrongly."""


class Contender(NamedTuple):
    """`app` is a module of apps/; `environment` names requirements/<it>.txt, "" is the one that runs this script.

    `group` is "base" (always measured), "ours", "core" or "all"; `settings` are environment variables. `driver` is what
    runs it, with `app` and `kind` as its arguments.
    """

    name: str
    app: str
    environment: str
    group: str
    kind: str = "wsgi"
    settings: tuple[tuple[str, str], ...] = ()
    driver: str = "drive.py"


def _ours(name: str, config: str, **settings: str) -> Contender:
    chosen = {"PYM_CONFIG": str(HERE / "configs" / config), **settings}
    return Contender(name, "pymacaron_app", "", "ours", settings=tuple(chosen.items()))


BASE = "bare Flask"
LEAN, PRODUCTION = "pymacaron", "pymacaron, production defaults"
DISPATCH, CORS = "pymacaron, Flask's dispatch", "pymacaron, CORS(app)"

CONTENDERS = (
    Contender("(nothing)", "nothing_app", "flask", "core"),
    Contender(BASE, "flask_app", "flask", "base"),
    Contender("bare Flask, orjson", "flask_orjson_app", "flask", "all"),
    Contender("connexion 2", "connexion_app", "connexion2", "all"),
    Contender("connexion 3, FlaskApp", "connexion_app", "connexion3", "all", "asgi"),
    Contender("connexion 3, AsyncApp", "connexion_async_app", "connexion3", "all", "asgi"),
    Contender("openapi-core + Flask", "openapi_core_app", "openapi-core", "all"),
    Contender("flask-openapi3", "flask_openapi3_app", "flask-openapi3", "all"),
    Contender("APIFlask", "apiflask_app", "apiflask", "all"),
    Contender("FastAPI, async", "fastapi_app", "fastapi", "core", "asgi"),
    Contender("Litestar", "litestar_app", "litestar", "core", "asgi"),
    Contender("Falcon + msgspec", "falcon_app", "falcon", "core"),
    _ours(LEAN, "lean.yaml"),
    _ours(PRODUCTION, "production.yaml"),
    _ours(DISPATCH, "dispatch.yaml"),
    _ours(CORS, "lean.yaml", BENCH_CORS="1"),
)


def chosen(peers: str) -> list[Contender]:
    """The contenders for `--peers none|core|all`."""
    groups = {"none": {"base", "ours"}, "core": {"base", "ours", "core"}}.get(peers, {"base", "ours", "core", "all"})
    return [contender for contender in CONTENDERS if contender.group in groups]


def python_of(environment: str) -> Path:
    """The interpreter of an environment, which is made first if it is missing or its requirements have changed.

    Raises:
        UnavailableError: it cannot be installed.
    """
    if not environment:
        return Path(sys.executable)
    wanted = _list_of(f"{environment}.txt")
    folder = STORE / environment
    python, made = folder / "bin" / "python", folder / "made-from.txt"
    if made.exists() and made.read_text() == wanted:
        return python
    print(f"installing {environment} into {folder.relative_to(ROOT)}", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*pip, "--requirement", str(HERE / "requirements" / f"{environment}.txt")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnavailableError(f"{environment} cannot be installed: {last_line(done.stderr)}")
    made.write_text(wanted)
    return python


def _list_of(name: str) -> str:
    """A list of requirements, with those that it includes by `-r`."""
    lines = (HERE / "requirements" / name).read_text().splitlines(keepends=True)
    return "".join(_list_of(line[3:].strip()) if line.startswith("-r ") else line for line in lines)


class Running:
    """A contender in a process of its own, doing nothing until it is asked; see drive.py for what it understands."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115  # open as long as the process runs
        self.process = subprocess.Popen(
            [str(python_of(contender.environment)), str(HERE / contender.driver), contender.app, contender.kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=HERE,
            env=clean_environment(dict(contender.settings)),
        )
        try:
            self.about: dict[str, Any] = self._answer()
        except UnavailableError:
            self.close()
            raise

    def ask(self, *words: object) -> Any:
        """The answer to one command.

        Raises:
            UnavailableError: the contender died or fell silent.
        """
        assert self.process.stdin
        print(*words, file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.errors.seek(0)
            raise UnavailableError(last_line(self.errors.read()) or f"no answer in {PATIENCE} s")
        return json.loads(line)

    def close(self) -> None:
        """End the process, by its pid."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def clean_environment(more: dict[str, str]) -> dict[str, str]:
    """This process's environment without what would change a contender, and with `more`."""
    ours = ("PYM_", "PYMACARON_", "BENCH_", "PYTHON", "FLASK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore"} | more


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
