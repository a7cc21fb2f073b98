"""Whatever is given to a command, it says what is wrong, where, and what helps: on standard error, with exit code 2."""

from __future__ import annotations

import io
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from cures import same

from pymacaron.cli import COMMANDS, main
from pymacaron.cli import pymacaron as program
from pymacaron.config import set_config
from pymacaron.pool import ApiPool
from pymacaron.tasks.process import process

DOCUMENT = (
    "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
)
FILE = "FILE"  # stands for a file that is no good
NO_FILES = ("missing.yaml", "folder", "/proc/self/mem")  # the last one is there, and cannot be read
NO_DOCUMENTS = ("binary.yaml", "empty.yaml", "faulty.yaml")
# How commands are given files.
TAKES: dict[str, list[tuple[str, ...]]] = {
    "run": [(FILE,)],
    "token": [("--config", FILE)],
    "trace": [("0123456789", FILE)],
    "replay": [(FILE,)],
    "routes": [(FILE,)],
    "config": [("--config", FILE)],
    "check": [(FILE,)],
    "handlers": [(FILE,)],
    "stubs": [(FILE,)],
    "mock": [(FILE, "--port", "0")],
    "migrate": [(FILE,)],
    "upgrade": [(FILE,)],
    "test": [(FILE, "--port", "1")],
    "diff": [(FILE, "good.yaml"), ("good.yaml", FILE)],
    "worker": [(FILE,)],
}
NO_FILE = {"new", "build"}  # a name; a folder, whatever is in it
# What is none of nonsense to a command: with its exit code.
SENSE = {
    **{("trace", name): 1 for name in NO_DOCUMENTS},  # there is no such call in it
    **{("check", name): 1 for name in ("/proc/self/mem", *NO_DOCUMENTS)},  # it is a finding
    ("config", "empty.yaml"): 0,  # it has defaults, and says what is missing
}
OTHERS = [
    ("new folder", "folder exists here already"),
    ("new New-X", "cannot be a package"),
    ("new json", "'json_service'"),
    ("new", "Missing argument 'NAME'"),
    ("token --expire-in soon", "'soon' is not a valid integer"),
    ("token --data [1]", "write a JSON object"),
    ("trace 0123456789", "Missing argument 'FILES...'"),
    ("replay capsule.json --body folder", "'folder' is a directory"),
    ("replay capsule.json --set x", "write NAME=VALUE"),
    ("replay capsule.json --app nowhere:app", "run it in the folder of server.py"),
    ("replay capsule.json --app broken:app", "importing broken fails at"),
    ("routes good.yaml broken.py", "broken.py"),
    ("config live_hots", "did you mean 'live_host'?"),
    ("check --ignore unused-shema", "did you mean 'unused-schema'?"),
    ("check --format pdf", "'text', 'json', 'sarif', 'github'"),
    ("check folder.py", "there is no file folder.py"),
    ("check nothing.py", "nothing.py loads no API"),
    ("check", "apis"),
    ("stubs good.yaml --output binary.yaml", "name another folder: --output"),
    ("mock good.yaml --port 70000", "0<=x<=65535"),
    ("mock good.yaml --host no.such.host.invalid", "choose another --port"),
    ("mock", "Missing argument 'API...'"),
    ("migrate folder", "name the folder of such a project"),
    ("migrate folder --format pdf", "'text', 'json', 'sarif', 'github'"),
    ("upgrade good.yaml --output folder", "name another file: --output"),
    ("upgrade good.yaml --output binary.yaml/x.yaml", "name another file: --output"),
    ("upgrade good.yaml --output - --json", "leave --json out"),
    ("test --port http", "'http' is not a valid integer"),
    ("test --live --local", "exclude each other"),
    ("test --start", "there is no server.py"),
    ("diff good.yaml", "Missing argument 'NEW'"),
    ("diff good.yaml git:HEAD", "write, for example, git:main:apis/shop.yaml"),
    ("diff good.yaml good.yaml --fail-on all", "'callers', 'service', 'any', 'never'"),
    ("worker --processes none", "'none' is not a valid integer"),
    ("worker broken.py", "importing broken.py fails at"),
]


class Told(NamedTuple):
    code: object
    out: str
    err: str


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with files that are no good."""
    for name, content in {
        "good.yaml": DOCUMENT.encode(), "binary.yaml": bytes(range(256)), "empty.yaml": b"",
        "faulty.yaml": b"a: [b\n: {",
        "capsule.json": b'{"method": "GET", "path": "/", "query": "", "headers": [], "body": {"text": ""}}',
        "broken.py": b"raise RuntimeError('no key')\n", "nothing.py": b"",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("NO_ERROR_REPORTING", "1")  # as replay sets it
    monkeypatch.setattr(process, "role", process.role)  # which worker changes
    terminated = signal.getsignal(signal.SIGTERM)  # which test changes
    yield tmp_path
    signal.signal(signal.SIGTERM, terminated)
    set_config(None)
    ApiPool.clear()


def told_by(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Told:
    monkeypatch.setattr(sys, "argv", ["pymacaron", *arguments])
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err, pytest.raises(SystemExit) as end:
        main()
    return Told(end.value.code, out.getvalue(), err.getvalue())


def test_commands_with_files_are_held() -> None:
    """Each command that is given something that may be a file stands in TAKES."""
    found = {name: program.get_command(click.Context(program), name) for name in COMMANDS}
    arguments = {name: [one for one in command.params if is_free(one)] for name, command in found.items() if command}
    takes = {name for name, given in arguments.items() if given} - NO_FILE
    same("TAKES of this test", TAKES, takes, "say how the command is given a file, or list it in NO_FILE")


def is_free(parameter: click.Parameter) -> bool:
    """May it be a path? An argument that is no choice, or an option whose type is one."""
    is_argument = isinstance(parameter, click.Argument) and not isinstance(parameter.type, click.Choice)
    return is_argument or isinstance(parameter.type, click.Path)


@pytest.mark.parametrize("bad", [*NO_FILES, *NO_DOCUMENTS])
@pytest.mark.parametrize("command", TAKES)
def test_files(command: str, bad: str, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """A file that is missing, a folder, cannot be read, is binary, empty or faulty is named, with what helps."""
    before = sorted(place.rglob("*"))
    for row in TAKES[command]:
        code, out, err = told_by(monkeypatch, command, *(bad if one == FILE else one for one in row))
        assert code == 2 or code == SENSE.get((command, bad)), (row, out, err)
        said = err or out
        assert bad in said or "http://localhost:1" in said, (row, said)
        assert any(word in said for word in (";", "Try 'pymacaron", "did you mean", "are they")), (row, said)
        assert "Traceback" not in said
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_options(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option that there is not is told; one that is nearly called so is proposed."""
    code, out, err = told_by(monkeypatch, command, "--hepl")
    assert (code, out) == (2, "")
    assert re.search(r"No such option '--hepl'. \(?Did you mean .*'--help'", err)
    assert f"Try 'pymacaron {command} --help' for help." in err


@pytest.mark.parametrize(("line", "says"), OTHERS)
def test_arguments(line: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = told_by(monkeypatch, *line.split())
    assert (code, out) == (2, ""), err
    assert says in err
    assert "Traceback" not in err


def test_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Did you mean 'routes'?" in told_by(monkeypatch, "rotues").err
    assert told_by(monkeypatch, "frobnicate") == Told(
        2, "", "Usage: pymacaron [OPTIONS] COMMAND [ARGS]...\nTry 'pymacaron --help' for help.\n\n"
        "Error: No such command 'frobnicate'.\n",
    )  # fmt: skip
