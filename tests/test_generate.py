"""What is written for users is right, written whole, and left alone where it is theirs."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pymacaron.cli.handlers import handlers as handlers_command
from pymacaron.cli.new import new as new_command
from pymacaron.cli.stubs import stubs as stubs_command
from pymacaron.config import set_config
from pymacaron.documents import find_documents
from pymacaron.formats import Formats
from pymacaron.generate import FOLDER, Modules, outdated, replace_folder, stubs
from pymacaron.pool import Pool
from pymacaron.replacing import replace_file

GOLDEN = Path(__file__).parent / "golden"
TEA = """
from pymacaron.exceptions import add_error

TooHot = add_error("TooHot", "TOO_HOT", 409)

def list_cups(x_request_id: str, size: str = "small", page: int = 1, timeout: float | None = None):
    return []
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("logging.root.manager.disable", 0)
    set_config(None)


def project(folder: Path) -> None:
    (folder / "apis").mkdir()
    shutil.copy(GOLDEN / "tea.yaml", folder / "apis")
    (folder / "tea").mkdir()
    (folder / "tea" / "api.py").write_text(TEA)


def test_stubs(tmp_path: Path) -> None:
    """The stubs of a small document are those of tests/golden/stubs, to be read there. (To make them anew: run this
    with PYMACARON_GOLDEN=write, and look at what changed.)"""
    project(tmp_path)
    files = stubs(Pool().load({"tea": "apis/tea.yaml"}, Formats()), Modules([str(tmp_path)]), lambda _: False)
    if os.environ.get("PYMACARON_GOLDEN") == "write":
        replace_folder(str(GOLDEN / "stubs"), files, ".pyi")
    assert not outdated(str(GOLDEN / "stubs"), files, ".pyi")


def test_stubs_are_python() -> None:
    """Whatever stands in a document, its stubs are Python, and writing them twice gives the same."""
    documents = Path(__file__).parent / "documents"
    for name, path in find_documents(str(documents)).items():
        files = [stubs(Pool().load({name: path}, Formats()), Modules([]), lambda _: True) for _ in range(2)]
        assert files[0] == files[1]
        for text in files[0].values():
            ast.parse(text)


def test_stubs_command(tmp_path: Path) -> None:
    """`pymacaron stubs --check` ends with 1 until the stubs are those of the documents; what no document has any more
    is removed, what is not a stub stays."""
    project(tmp_path)
    runner = CliRunner()
    assert runner.invoke(stubs_command, ["--check"]).exit_code == 1
    assert not (tmp_path / FOLDER).exists()
    (tmp_path / FOLDER / "old").mkdir(parents=True)
    (tmp_path / FOLDER / "old" / "models.pyi").write_text("")
    (tmp_path / FOLDER / "README").write_text("mine")
    assert runner.invoke(stubs_command, []).exit_code == 0
    assert not (tmp_path / FOLDER / "old").exists()
    assert (tmp_path / FOLDER / "README").read_text() == "mine"
    assert runner.invoke(stubs_command, ["--check"]).exit_code == 0
    document = tmp_path / "apis" / "tea.yaml"
    document.write_text(document.read_text().replace("biscuits", "scones"))
    told = runner.invoke(stubs_command, ["--check"])
    assert told.exit_code == 1
    assert "tea/models.pyi is not what the documents say" in told.output


def test_stubs_checked(tmp_path: Path) -> None:
    """mypy, run in the project without any configuration, finds every mistake, and no other."""
    project(tmp_path)
    files = stubs(Pool().load({"tea": "apis/tea.yaml"}, Formats()), Modules([str(tmp_path)]), lambda _: False)
    replace_folder(str(tmp_path / FOLDER), files, ".pyi")
    program = (GOLDEN / "tea_mistakes.py").read_text()
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", "/dev/null", "program.py", FOLDER],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wrong = [number for number, line in enumerate(program.splitlines(), 1) if line.endswith("# wrong")]
    told = [line.partition(": error")[0] for line in done.stdout.splitlines() if ": error" in line]
    assert list(dict.fromkeys(told)) == [f"program.py:{number}" for number in wrong], done.stdout


def test_replaced_at_once(tmp_path: Path) -> None:
    """A file is replaced whole or not at all, and keeps its mode."""
    path = tmp_path / "kept"
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(UnicodeEncodeError):
        replace_file(str(path), "half \ud800")
    assert path.read_text() == "old"
    replace_file(str(path), "new")
    assert (path.read_text(), path.stat().st_mode & 0o777, os.listdir(tmp_path)) == ("new", 0o640, ["kept"])


def test_handlers(tmp_path: Path) -> None:
    """Every operation that names a function gets one, and what it imports stands with the other imports; what was there
    stays as it was, and a second run adds nothing. What is written type-checks and fits the document."""
    project(tmp_path)
    runner = CliRunner()
    assert "def pour" in runner.invoke(handlers_command, ["--dry-run"]).output
    told = runner.invoke(handlers_command, [])
    assert (told.exit_code, told.output) == (0, "tea/api.py: pour, drink_up\n")
    text = (tmp_path / "tea" / "api.py").read_text()
    lines = iter(text.splitlines())
    assert all(line in lines for line in TEA.splitlines()), "in this order"
    assert text.index("import NotWrittenError") < text.index("\ndef ")
    assert "def pour(body: Cup) -> Cup:" in text
    assert "def drink_up(id: str) -> None:" in text
    assert "every operation has its function" in runner.invoke(handlers_command, []).output
    assert (tmp_path / "tea" / "api.py").read_text() == text


def test_new(tmp_path: Path) -> None:
    """A new service loads, binds, answers, and has the stubs of its document; a name that is taken, or is none, is
    refused with exit code 2, and nothing is left behind."""
    runner = CliRunner()
    told = runner.invoke(new_command, ["notes"])
    assert told.exit_code == 0, told.output
    assert told.output.endswith("cd notes\n  make test\n  make run\n")
    folder = tmp_path / "notes"
    asked = "from server import app; assert app.test_client().post('/v1/notes', json={'text': 'x'}).status_code == 201"
    subprocess.run([sys.executable, "-c", asked], cwd=folder, check=True)
    for name in ("notes", "No-Name", "json", "server"):
        refused = runner.invoke(new_command, [name])
        assert refused.exit_code == 2
        assert name in refused.output
    assert os.listdir(tmp_path) == ["notes"]
