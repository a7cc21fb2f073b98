"""The documentation tells the truth: its code runs and prints what is shown, and its links lead somewhere.

How blocks are marked is told in tests/pages.py. That every name is told of, test_docs_names.py sees to.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TypeGuard

import click
import pytest
from cures import nothing
from interpreters import Interpreter
from pages import BLOCKS, MARK, OUTPUTS, PAGES, ROOT, Block, chains, is_as_shown
from terminals import SECONDS, typed

import pymacaron
from book.pages import FENCE
from pymacaron.cli import pymacaron as program
from pymacaron.config import load_config

LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)(?P<path>[^)#\s]*)#?(?P<heading>[^)\s]*)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PROGRAMS = [block for block in BLOCKS if block.mark == "python"]
CHAINS = list(chains())


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    with Interpreter({**os.environ, "NO_ERROR_REPORTING": ""}) as warm:
        yield warm


@pytest.mark.parametrize("block", PROGRAMS, ids=[block.place for block in PROGRAMS])
def test_code_runs(block: Block, interpreter: Interpreter, tmp_path: Path) -> None:
    """Every program runs to its end, without a warning, on nothing but what the page shows above it; it prints what the
    page shows below it."""
    for name, text in block.files.items() | {("example.py", block.text)}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    done = interpreter.run("example.py", folder=tmp_path, seconds=SECONDS)
    assert done.returncode == 0, f"{block.place} fails:\n{done.stdout}{done.stderr}"
    shown = OUTPUTS.get(block.place, "")
    assert is_as_shown(shown, done.stdout), f"{block.place} prints:\n{done.stdout}"


@pytest.mark.parametrize("chain", CHAINS, ids=[chain[0].place for chain in CHAINS])
def test_lines_for_the_shell_run(chain: list[Block], tmp_path: Path) -> None:
    """What pages type into a shell can be typed, one block after the other, while what is to serve serves; it prints
    what the page shows below it."""
    for printed in typed(chain, tmp_path):
        if not printed.ended_well:
            raise AssertionError(f"{printed.block.place} fails:\n{printed.text}")
        assert is_as_shown(printed.shown, printed.text), f"{printed.block.place} prints:\n{printed.text}"


def test_settings_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown as a piece of pym-config.yaml is one: nothing is found wrong with it, and nothing warned of."""
    for block in BLOCKS:
        if block.mark == "yaml settings":
            (tmp_path / "pym-config.yaml").write_text(with_names(block.text), "utf-8")
            for name in re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", block.text):
                monkeypatch.setenv(name, "a secret of this test, and long")
            config = load_config(str(tmp_path))
            nothing(f"{block.place}: {finding}" for finding in config.config_findings)


def with_names(text: str) -> str:
    """A piece of a configuration with what each has to have."""
    lacking = {"name": "shop", "live_host": "shop.example.com"}.items()
    return "".join(f"{key}: {value}\n" for key, value in lacking if f"{key}:" not in text) + text


def test_quotations_are_true() -> None:
    """Lines that are shown as those of a file of the repository stand there."""
    for block in BLOCKS:
        if source := block.marked("source"):
            lines = [line.strip() for line in block.text.splitlines()]
            there = [line.strip() for line in (ROOT / source).read_text("utf-8").splitlines()]
            assert "\n".join(lines) in "\n".join(there), f"{block.place} is not how it stands in {source}: copy it anew"


def test_programs_import_what_they_use() -> None:
    """A program that is shown imports each module of ours that it uses: what one import happens to bring is no
    promise."""
    trees = ((block.place, ast.walk(ast.parse(block.text))) for block in BLOCKS if block.mark.startswith("python"))
    used = ((place, node.attr) for place, nodes in trees for node in nodes if of_pymacaron(node))
    nothing(
        (f"{place}: pymacaron.{name}" for place, name in used if name not in pymacaron.__all__),
        "import the module that it is of in the block itself",
    )


def of_pymacaron(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pymacaron"


def test_output_is_that_of_a_program() -> None:
    """What is shown as output stands right below the program that prints it, on the same page."""
    below = {block.place for above, block in pairwise(BLOCKS) if above.prints and above.page == block.page}
    nothing(
        (block.place for block in BLOCKS if block.is_output and block.place not in below),
        "`text output` stands right below the block that prints it",
    )


def test_marks_are_known() -> None:
    """Every block is marked with what it is (tests/pages.py lists the marks): nothing runs that is not compared, and
    nothing is left out without a reason."""
    unknown = (f"{block.place}: `{block.mark}`" for block in BLOCKS if not MARK.fullmatch(block.mark))
    nothing(unknown, "mark it with what it is, such as ```python or ```sh not-run: reason; tests/pages.py lists all")
    nothing((block.place for block in BLOCKS if ".." in block.marked("file")), "name a file of the block's own folder")
    lost = (block.place for block in BLOCKS if block.before and not block.marked("role"))
    nothing(lost, "`<!-- before:` stands above a block that is run: ```sh run, or ```sh serve")
    firsts = (chain[0].place for chain in CHAINS if chain[0].marked("role").startswith("then"))
    nothing(firsts, "there is no block above it that it could go on from: begin with ```sh run or ```sh serve")


def test_files_are_those_of_a_program() -> None:
    """A file that is shown stands above something that runs, with it in its folder."""
    used = {(block.page, name, text) for block in BLOCKS if runs(block) for name, text in block.files.items()}
    files = {(block.page, block.marked("file"), block.text) for block in BLOCKS if block.marked("file")}
    idle = (f"{page}: {name}" for page, name, _ in files - used)
    nothing(idle, "no program below uses this file: move it above one, or leave `file=` out")


def runs(block: Block) -> bool:
    return block.mark == "python" or bool(block.marked("role"))


def test_python_files_are_python() -> None:
    """A Python file shown is at least Python."""
    for block in BLOCKS:
        if block.mark.startswith("python file="):
            compile(block.text, block.place, "exec")


def links_of(page: Path) -> list[tuple[Path, str]]:
    """What a page links to in this repository: files, and headings in them as they are written in a link."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return [((page.parent / path).resolve() if path else page, heading) for path, heading in LINK.findall(text)]


def headings_of(page: Path) -> set[str]:
    """The headings of a page, as links write them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def test_links_lead_somewhere() -> None:
    """A link to another file, or to a heading of a page, leads there."""
    links = [(page.name, *link) for page in PAGES for link in links_of(page)]
    dead = (f"{name}: there is no {target.relative_to(ROOT)}" for name, target, _ in links if not target.exists())
    nothing(dead, "links are relative to the page that they stand on")
    headings = [(name, target, heading) for name, target, heading in links if heading]
    lost = [(name, page, heading) for name, page, heading in headings if heading not in headings_of(page)]
    nothing(
        (f"{name}: {page.name} has no heading #{heading}" for name, page, heading in lost),
        "write the heading in small letters, hyphens for blanks; if it was renamed, so must be this link",
    )


def test_every_page_can_be_found() -> None:
    """By following links from the README one comes to every page."""
    found, rest = set[Path](), [ROOT / "README.md"]
    while rest:
        page = rest.pop()
        if page not in found:
            found.add(page)
            rest += [target for target, _ in links_of(page) if target.suffix == ".md" and target.exists()]
    lost = (str(page.relative_to(ROOT)) for page in set(PAGES) - found)
    nothing(lost, "no link leads there: give it a row in docs/index.md")


def test_pages_begin_with_what_they_are_for() -> None:
    """Below its title, each page has a paragraph that tells what it is for."""
    firsts = {page.name: page.read_text("utf-8").partition("\n\n")[2] for page in PAGES}
    silent = (name for name, text in firsts.items() if not re.match(r"[\w`*\[][^\n]{30}", text))
    nothing(silent, "below the title, say in a sentence or two what the page is for")


def lines_of_shells() -> Iterator[tuple[str, list[str]]]:
    """What a page shows of `pymacaron` and `make` for a shell, in blocks that are run or not and within sentences, as
    words, with its place."""
    texts = [(block.place, block.text) for block in BLOCKS if block.mark.startswith(("sh", "bash"))]
    for page in PAGES:
        within = re.findall(r"`((?:pymacaron|make) [^`]+)`", FENCE.sub("", page.read_text("utf-8")))
        texts += [(page.name, re.sub(r"\s+", " ", line)) for line in within if page.name != "CHANGELOG.md"]
    for place, text in texts:
        for line in re.sub(r"\\\n|[()\[\]]", " ", text).splitlines():
            words = shlex.split(line, comments=True) if line.count("'") % 2 == line.count('"') % 2 == 0 else []
            starts = [at for at, word in enumerate(words) if word.rpartition("/")[2] in {"pymacaron", "make"}]
            for at in starts:
                yield place, list(takewhile(lambda word: not re.match(r"[|&;<>]", word), words[at:]))


def unknown(words: list[str]) -> list[str]:
    """What of a command line nothing knows: a command, an option, a target of make."""
    if words[0] == "make":
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
        return [word for word in words[1:2] if re.fullmatch("[a-z-]+", word) and word not in targets]
    command: click.Command | None = program
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = command.get_command(click.Context(command), rest.pop(0))
    if command is None:
        return [] if words[1].isupper() else words[:2]  # `pymacaron COMMAND` is any
    known = {option for one in command.params for option in [*one.opts, *one.secondary_opts]} | {"--help", "--version"}
    return [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]


def test_commands_shown_exist() -> None:
    """Every `pymacaron` and `make` on a page, also where tests do not run it, is a command with options it has."""
    lines = list(lines_of_shells())
    assert len(lines) > 20
    wrong = [(place, words, unknown(words)) for place, words in lines]
    nothing(f"{place}: `{' '.join(words)}`: there is no {' '.join(what)}" for place, words, what in wrong if what)
