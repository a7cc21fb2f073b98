"""The documentation tells the truth: its code runs, and it mentions every name that users may write.

A block marked `python` runs in a fresh process and a fresh folder. A block marked with a file, such as
`yaml file=apis/shop.yaml` or `python file=server.py`, is not run: it is written to the folders of the blocks below it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pymacaron import exceptions
from pymacaron.config.reading import plain
from pymacaron.config.settings import ALIASES, SETTINGS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
INFO = re.compile(r"(?P<language>\w*)(?: file=(?P<file>[\w./-]+))?")
SECONDS = 60


class Block(NamedTuple):
    """A fenced block: the page and line it stands on, what it is marked with, its text, and the files above it."""

    place: str
    info: str
    text: str
    files: dict[str, str]


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    files: dict[str, str] = {}
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        block = Block(f"{page.relative_to(ROOT)}:{line + 1}", found["info"].strip(), found["text"], dict(files))
        yield block
        info = INFO.fullmatch(block.info)
        if info and info["file"]:
            files[info["file"]] = block.text


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
PROGRAMS = [block for block in BLOCKS if block.info == "python"]
EVERYTHING = "\n".join(page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md")


@pytest.mark.parametrize("block", PROGRAMS, ids=[block.place for block in PROGRAMS])
def test_code_runs(block: Block, tmp_path: Path) -> None:
    """Every Python block runs to its end, without a warning, on nothing but what the page shows above it."""
    for name, text in block.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "example.py").write_text(block.text, "utf-8")
    command = [sys.executable, "-W", "error", "example.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{block.place} fails:\n{done.stdout}{done.stderr}"


def test_marks_are_known() -> None:
    """A block is marked with a language, and a file where it is one; nothing switches a Python block off."""
    assert not [f"{block.place}: {block.info}" for block in BLOCKS if not INFO.fullmatch(block.info)]
    names = {block.place: INFO.fullmatch(block.info) for block in BLOCKS}
    assert not [place for place, info in names.items() if info and ".." in (info["file"] or "")]


def test_python_files_are_python() -> None:
    """A Python file shown is at least Python."""
    for block in BLOCKS:
        if block.info.startswith("python file="):
            compile(block.text, block.place, "exec")


def missing(names: set[str]) -> list[str]:
    """The names that stand nowhere in the documentation, as words of their own."""
    return sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", EVERYTHING))


def test_every_setting_is_documented() -> None:
    """Every key of pym-config.yaml has a row of its own, which tells its default, in the page on configuration."""
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \|[^|]*\| `?([^`|]*)`? \|", page, re.MULTILINE)}
    for name, setting in SETTINGS.items():
        told = plain(rows.get(name, "missing")) or None
        assert name in rows
        assert (setting.kind.read(told) if told else None) == (setting.default or None), name
    assert missing({*SETTINGS, *ALIASES}) == []


def error_codes(root: type[exceptions.PyMacaronException]) -> set[str]:
    below = (error_codes(cls) for cls in root.__subclasses__() if cls.__module__ == exceptions.__name__)
    return {root.code}.union(*below)


def test_every_error_code_is_documented() -> None:
    """The code of every error that is built in stands in the documentation."""
    assert missing(error_codes(exceptions.PyMacaronException)) == []


def test_every_extension_is_documented() -> None:
    """Every `x-` key that the source knows stands in the documentation; header names are written otherwise there."""
    constants = (
        node.value
        for file in (ROOT / "src" / "pymacaron").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    found = {text for text in constants if re.fullmatch(r"x-[a-z]+(-[a-z]+)*", text)}
    assert missing(found - {"x-gzip"}) == []  # which is a content coding of HTTP
