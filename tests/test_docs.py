"""The documentation tells the truth: its code runs and prints what is shown, its links lead somewhere, and it mentions
every name that users may write.

How blocks are marked is told in tests/pages.py.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TypeGuard

import click
import pytest
import yaml
from interpreters import Interpreter
from pages import BLOCKS, MARK, OUTPUTS, PAGES, ROOT, Block, chains, is_as_shown
from terminals import SECONDS, typed

import pymacaron
from book.pages import FENCE
from pymacaron import API, exceptions
from pymacaron.advice.rules import RULES
from pymacaron.cli import COMMANDS
from pymacaron.cli import pymacaron as program
from pymacaron.config import load_config
from pymacaron.config.kinds import CLIENT
from pymacaron.config.settings import ALIASES, REPORTERS, SETTINGS
from pymacaron.documents.yaml_core import plain
from pymacaron.grammar.extensions import BY_OBJECT

LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)(?P<path>[^)#\s]*)#?(?P<heading>[^)\s]*)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PROGRAMS = [block for block in BLOCKS if block.mark == "python"]
CHAINS = list(chains())
EVERYTHING = "\n".join(page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md")


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
            assert [str(finding) for finding in config.config_findings] == [], block.place


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
            assert "\n".join(lines) in "\n".join(there), block.place


def test_programs_import_what_they_use() -> None:
    """A program that is shown imports each module of ours that it uses: what one import happens to bring is no
    promise."""
    trees = ((block.place, ast.walk(ast.parse(block.text))) for block in BLOCKS if block.mark.startswith("python"))
    used = ((place, node.attr) for place, nodes in trees for node in nodes if of_pymacaron(node))
    assert [f"{place}: pymacaron.{name}" for place, name in used if name not in pymacaron.__all__] == []


def of_pymacaron(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pymacaron"


def test_output_is_that_of_a_program() -> None:
    """What is shown as output stands right below the program that prints it, on the same page."""
    below = {block.place for above, block in pairwise(BLOCKS) if above.prints and above.page == block.page}
    assert [block.place for block in BLOCKS if block.is_output and block.place not in below] == []


def test_marks_are_known() -> None:
    """Every block is marked with what it is (tests/pages.py lists the marks): nothing runs that is not compared, and
    nothing is left out without a reason."""
    assert [f"{block.place}: {block.mark}" for block in BLOCKS if not MARK.fullmatch(block.mark)] == []
    assert [block.place for block in BLOCKS if ".." in block.marked("file")] == []
    assert [block.place for block in BLOCKS if block.before and not block.marked("role")] == []
    firsts = {chain[0].place for chain in CHAINS if chain[0].marked("role").startswith("then")}
    assert firsts == set(), "nothing to go on with"


def test_files_are_those_of_a_program() -> None:
    """A file that is shown stands above something that runs, with it in its folder."""
    used = {(block.page, name, text) for block in BLOCKS if runs(block) for name, text in block.files.items()}
    files = {(block.page, block.marked("file"), block.text) for block in BLOCKS if block.marked("file")}
    assert sorted((page, name) for page, name, _ in files - used) == []


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
    assert [f"{name}: {target}" for name, target, _ in links if not target.exists()] == []
    headings = [(name, target, heading) for name, target, heading in links if heading]
    assert [f"{name}: #{heading}" for name, page, heading in headings if heading not in headings_of(page)] == []


def test_every_page_can_be_found() -> None:
    """By following links from the README one comes to every page."""
    found, rest = set[Path](), [ROOT / "README.md"]
    while rest:
        page = rest.pop()
        if page not in found:
            found.add(page)
            rest += [target for target, _ in links_of(page) if target.suffix == ".md" and target.exists()]
    assert sorted(str(page.relative_to(ROOT)) for page in set(PAGES) - found) == []


def test_pages_begin_with_what_they_are_for() -> None:
    """Below its title, each page has a paragraph that tells what it is for."""
    firsts = {page.name: page.read_text("utf-8").partition("\n\n")[2] for page in PAGES}
    assert [name for name, text in firsts.items() if not re.match(r"[\w`*\[][^\n]{30}", text)] == []


def test_every_room_is_on_the_plan() -> None:
    """The table of rooms in ARCHITECTURE.md has each file and folder of the source once, and nothing else."""
    source = ROOT / "src" / "pymacaron"
    files = {path.stem for path in source.glob("*.py")} - {"__init__", "_version"}
    folders = {path.parent.name for path in source.glob("*/__init__.py")}
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(cells))) == sorted(files | folders)


def missing(names: set[str]) -> list[str]:
    """The names that stand nowhere in the documentation, as words of their own."""
    return sorted(name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", EVERYTHING))


def test_every_setting_is_documented() -> None:
    """Every key of pym-config.yaml has a row of its own, and no other has, in the page on configuration: it tells the
    default, whether the value is a secret, and what comes of it."""
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| `?([^`|]*)`? \| (.*) \|$", page, re.MULTILINE)
    assert {name for name, *_ in rows} ^ set(SETTINGS) == set()
    assert len(rows) == len(SETTINGS), "two rows for one"
    for name, kind, text, meaning in rows:
        setting = SETTINGS[name]
        told = (yaml.safe_load(text) if text.startswith("{") else plain(text)) or None
        assert (setting.kind.read(told) if told else None) == (setting.default or None), name
        assert kind.endswith("a secret") is setting.secret, name
        assert len(meaning) > 10, name
    assert missing({*SETTINGS, *ALIASES}) == []


def error_codes(root: type[exceptions.PyMacaronException]) -> set[str]:
    below = (error_codes(cls) for cls in root.__subclasses__() if cls in vars(exceptions).values())
    return {root.code}.union(*below)


def test_every_error_code_is_documented() -> None:
    """The code of every error that is built in has a row in the page on errors."""
    assert error_codes(exceptions.PyMacaronException) - first_column("errors.md", "`error`") == set()


def test_every_key_of_a_client_is_documented() -> None:
    """The page on calling others has a row for each key below `clients` in the configuration, and for no other."""
    assert first_column("clients.md", "key of a client") == set(CLIENT)


def test_every_extension_is_documented() -> None:
    """The page on `x-` keys has a row for each key that a document may hold, and for no other; what we write into
    documents is there as well."""
    page = (ROOT / "docs" / "extensions.md").read_text("utf-8")
    rows = re.findall(r"^\| `(x-[a-z-]+)", page, re.MULTILINE)
    assert sorted(rows) == sorted({key for keys in BY_OBJECT.values() for key in keys})
    written = {text for text in texts_of_the_source() if re.fullmatch("x-(?!amz-)[a-z]{3,}[a-z-]*", text)}
    assert [key for key in written - OTHERS if f"`{key}" not in page] == []


# not our keys of documents: a content coding, a sample's, headers of proxies, keys of connexion
OTHERS = {
    "x-openapi-router-controller",
    "x-swagger-router-controller",
    "x-body-name",
    "x-gzip",
    "x-sample",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
}


SOURCE = {file: ast.parse(file.read_bytes()) for file in (ROOT / "src" / "pymacaron").rglob("*.py")}


def texts_of_the_source(but: str = "no room") -> set[str]:
    """All texts in the source of the package, without those of one room."""
    trees = [tree for file, tree in SOURCE.items() if but not in file.parts]
    constants = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def codes_of_faults() -> set[str]:
    """The codes of faults that are no keywords of a schema, as they stand in the source."""
    places = {"TextFault": 0, "SchemaProblem": 1, "Problem": 2}
    calls = (node for tree in SOURCE.values() for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = ((places.get(getattr(call.func, "id", ""), 99), call.args) for call in calls)
    codes = (given[place] for place, given in named if len(given) > place)
    return {str(code.value) for code in codes if isinstance(code, ast.Constant)}


def test_every_code_of_a_fault_is_documented() -> None:
    """The page on errors has the code of every fault that a request, or a part of it, may have."""
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    assert "json" in codes_of_faults()
    assert [code for code in codes_of_faults() if f"`{code}`" not in page] == []


def test_every_variable_is_documented() -> None:
    """Every variable of the environment that the package asks for stands in the documentation."""
    names = {text for text in texts_of_the_source() if re.fullmatch("PYM[A-Z]*_[A-Z_]+", text)}
    assert "PYM_ENV" in names
    assert missing(names) == []


def options_of(command: click.Command) -> set[str]:
    """The options of a command and of those below it."""
    own = {option for one in command.params for option in [*one.opts, *one.secondary_opts] if option.startswith("--")}
    context = click.Context(command)
    names = command.list_commands(context) if isinstance(command, click.Group) else []
    below = (command.get_command(context, name) for name in names if isinstance(command, click.Group))
    return own.union(*(options_of(one) for one in below if one))


def test_every_option_is_documented() -> None:
    """Every option of a command, and of `python server.py`, and each method and argument of `API`, stands in the
    documentation; but for options that are given to the command lines of container engines."""
    options = {text for text in texts_of_the_source(but="containers") if re.fullmatch("--[a-z-]+", text)}
    methods = {name for name in vars(API) if not name.startswith("_")}
    assert missing({*options, *options_of(program), *methods, *inspect.signature(API).parameters}) == []


def first_column(page: str, heading: str) -> set[str]:
    """The names in code in the first column of the table that begins with `heading`."""
    text = (ROOT / "docs" / page).read_text("utf-8").partition(f"| {heading} |")[2].partition("\n\n")[0]
    return {
        name for row in text.splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1] if "|" in row else "")
    }


def test_every_number_is_documented() -> None:
    """The page on metrics has a row for each number that is counted, under its name for Prometheus, and no other."""
    tree = SOURCE[ROOT / "src" / "pymacaron" / "metrics" / "measures.py"]
    made = [(getattr(call.func, "id", ""), call.args) for call in ast.walk(tree) if isinstance(call, ast.Call)]
    kinds = {"Counter": "_total", "Gauge": "", "Histogram": ""}
    names = {ast.literal_eval(given[0]) + kinds[kind] for kind, given in made if kind in kinds}
    assert first_column("metrics.md", "name") == names


def test_every_reporter_is_documented() -> None:
    """The page on crashes has a row for each reporter that `report_to` may name, with the settings that it needs."""
    assert first_column("errors-and-crashes.md", "reporter") == set(REPORTERS)
    page = (ROOT / "docs" / "errors-and-crashes.md").read_text("utf-8")
    needed = [(name, key) for name, keys in REPORTERS.items() for key in keys]
    assert [pair for pair in needed if not re.search(rf"^\| `{pair[0]}` \|.*`{pair[1]}`", page, re.MULTILINE)] == []


def test_every_rule_is_documented() -> None:
    """The page on `pymacaron check` has a row for each of its rules, with its level."""
    page = (ROOT / "docs" / "check.md").read_text("utf-8")
    assert dict(re.findall(r"^\| `([\w-]+)` \| (\w+) \|", page, re.MULTILINE)) == {
        name: level for name, (level, _) in RULES.items()
    }


def test_every_field_of_the_log_is_documented() -> None:
    """The page on logs has a row for each field that the line of a call may have, and for no other."""
    tree = SOURCE[ROOT / "src" / "pymacaron" / "logs" / "lines.py"]
    makers = {"call_fields", "fields_of", "optional_fields"}
    bodies = [body for body in tree.body if isinstance(body, ast.FunctionDef) and body.name in makers]
    nodes = [node for body in bodies for node in ast.walk(body)]
    keys = [key for node in nodes if isinstance(node, ast.Dict) for key in node.keys]
    keys += [node.slice for node in nodes if isinstance(node, ast.Subscript) and is_named(node, "fields")]
    names = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    assert first_column("logs.md", "field") == names | {"time", "level", "logger", "message"}


def is_named(node: ast.Subscript, name: str) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == name


def test_every_command_is_documented() -> None:
    """The page on the command line has every command of `pymacaron` in its table."""
    told = " ".join(first_column("cli.md", "command"))
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", told)] == []


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
    assert [f"{place}: {' '.join(words)}" for place, words in lines if unknown(words)] == []
