"""The documentation mentions every name that users may write: settings, keys, codes, commands, options. What is not
told is named with the page, and the row that it lacks."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator

import click
import yaml
from cures import nothing, same
from pages import PAGES, ROOT
from test_architecture import ROOMS

from pymacaron import API, exceptions
from pymacaron.advice.rules import RULES
from pymacaron.cli import COMMANDS
from pymacaron.cli import pymacaron as program
from pymacaron.config.kinds import CLIENT
from pymacaron.config.settings import ALIASES, REPORTERS, SETTINGS, Setting
from pymacaron.documents.yaml_core import plain
from pymacaron.formats import PATTERNS
from pymacaron.grammar.extensions import BY_OBJECT

DOCS = ROOT / "docs"
EVERYTHING = "\n".join(page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md")


def test_every_room_is_on_the_plan() -> None:
    """The table of rooms in ARCHITECTURE.md has each file and folder of the source, in import order; nothing else."""
    source = ROOT / "src" / "pymacaron"
    files = {path.stem for path in source.glob("*.py")} - {"__init__", "_version"}
    folders = {path.parent.name for path in source.glob("*/__init__.py")}
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    cure = "the table of rooms has one line for each: what it is for (ROOMS in tests/test_architecture.py is the order)"
    rooms = re.findall(r"\w+", " ".join(cells))
    same("ARCHITECTURE.md", rooms, files | folders, cure)
    assert rooms == [room for room in ROOMS if room in rooms], "ARCHITECTURE.md: the order is not that of ROOMS"


def test_every_dependency_is_on_the_plan() -> None:
    """ARCHITECTURE.md says of each library that we need, or that an extra brings, why it is not our own code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for name, needed in project["optional-dependencies"].items() if name not in _OURS for one in needed]
    names = {re.split(r"[\[>=<~-]", one)[0].lower() for one in [*project["dependencies"], *extras]}
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Dependencies")[2].lower()
    lacking = (f"ARCHITECTURE.md: `{name}` is not among the dependencies" for name in names if name not in text)
    nothing(lacking, "write a row: what the library does that our own code should not")


_OURS = {"dev", "docs"}  # extras of those who change pymacaron


def told(names: set[str], what: str) -> None:
    """Each name stands somewhere in the documentation, as a word of its own."""
    missing = [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", EVERYTHING)]
    nothing((f"docs/: `{name}` is nowhere" for name in missing), f"tell on the page of its topic what this {what} does")


ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \| `?([^`|]*)`? \| (.*) \|$", re.MULTILINE)


def row_of(setting: Setting) -> str:
    """A row of the page on configuration, to begin with."""
    default = "" if setting.default is None else f"`{setting.default}`"
    return f"| `{setting.name}` | {setting.kind.words}{', a secret' * setting.secret} | {default} | {setting.doc}. |"


def test_every_setting_is_documented() -> None:
    """Every key of pym-config.yaml has a row of its own, and no other has, in the page on configuration: it tells the
    choices, the default, whether the value is a secret, and what comes of it."""
    rows = ROW.findall((DOCS / "configuration.md").read_text("utf-8"))
    names = [name for name, *_ in rows]
    lacking = [row_of(setting) for setting in SETTINGS.values() if setting.name not in names]
    same("docs/configuration.md", names, SETTINGS, "\n".join(["write, in the table of its topic:", *lacking]))
    assert len(rows) == len(SETTINGS), "docs/configuration.md: two rows for one setting"
    nothing(fault for row in rows for fault in faults_of(*row))
    told({*SETTINGS, *ALIASES}, "setting")


def faults_of(name: str, kind: str, text: str, meaning: str) -> Iterator[str]:
    """What is not true of a row of the page on configuration."""
    setting, place = SETTINGS[name], f"docs/configuration.md: `{name}`"
    default = (yaml.safe_load(text) if text.startswith("{") else plain(text)) or None
    if (default and setting.kind.read(default)) != (setting.default or None):
        yield f"{place} has the default {setting.default}"
    if kind.endswith("a secret") is not setting.secret:
        yield f"{place} {'is' if setting.secret else 'is not'} `a secret`: that ends the second column"
    words, _, choices = setting.kind.words.partition(" of ")
    if words in {"one", "some"} and "…" not in kind and set(re.findall("`([^`]+)`", kind)) != set(choices.split(", ")):
        yield f"{place} is {setting.kind.words}"
    if len(meaning) <= 10:
        yield f"{place} does not say what comes of it"


def test_every_format_is_documented() -> None:
    """The page on schemas names each format that we decide by a pattern."""
    page = (DOCS / "schemas.md").read_text("utf-8")
    unsaid = (f"docs/schemas.md: `{name}` is not here" for name in PATTERNS if f"`{name}`" not in page)
    nothing(unsaid, "say under Formats what it takes")


def error_codes(root: type[exceptions.PyMacaronException]) -> set[str]:
    below = (error_codes(cls) for cls in root.__subclasses__() if cls in vars(exceptions).values())
    return {root.code}.union(*below)


def test_every_error_code_is_documented() -> None:
    """The code of every error that is built in has a row in the page on errors."""
    place, rows = table("errors.md", "`error`")
    codes = error_codes(exceptions.PyMacaronException)
    same(place, rows & codes, codes, "write a row: the code, the status, the class, when it is answered")


def test_every_key_of_a_client_is_documented() -> None:
    """The page on calling others has a row for each key below `clients` in the configuration, and for no other."""
    same(*table("clients.md", "key of a client"), CLIENT, "write a row: the key, its value, the default, the meaning")


def test_every_extension_is_documented() -> None:
    """The page on `x-` keys has a row for each key that a document may hold, and for no other; what we write into
    documents is there as well."""
    page = (DOCS / "extensions.md").read_text("utf-8")
    rows = re.findall(r"^\| `(x-[a-z-]+)", page, re.MULTILINE)
    assert len(rows) == len(set(rows)), "docs/extensions.md: two rows for one key"
    ours = {key for keys in BY_OBJECT.values() for key in keys}
    same("docs/extensions.md", rows, ours, "write a row with an example of its value and the meaning")
    written = {text for text in texts_of_the_source() if re.fullmatch("x-(?!amz-)[a-z]{3,}[a-z-]*", text)}
    unsaid = (f"docs/extensions.md: `{key}` is not here" for key in written - OTHERS if f"`{key}" not in page)
    nothing(unsaid, "tell what it means; or list it in OTHERS of this test, if it is none of our keys of documents")


# not our keys of documents: a content coding, a sample's, headers of proxies, keys of connexion, one that nothing reads
OTHERS = {
    "x-openapi-router-controller",
    "x-auth-required",
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
    page = (DOCS / "errors.md").read_text("utf-8")
    assert "json" in codes_of_faults()
    unsaid = (f"docs/errors.md: `{code}` is not here" for code in codes_of_faults() if f"`{code}`" not in page)
    nothing(unsaid, "tell which fault of a request has this code")


def test_every_variable_is_documented() -> None:
    """Every variable of the environment that the package asks for stands in the documentation."""
    names = {text for text in texts_of_the_source() if re.fullmatch("PYM[A-Z]*_[A-Z_]+", text)}
    assert "PYM_ENV" in names
    told(names, "variable")


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
    told({*options, *options_of(program), *methods, *inspect.signature(API).parameters}, "option or argument")


def table(page: str, heading: str) -> tuple[str, set[str]]:
    """Where the table that begins with `heading` stands, and the names in code in its first column."""
    before, found, after = (DOCS / page).read_text("utf-8").partition(f"| {heading} |")
    assert found, f"docs/{page} has no table whose first column is called {heading}"
    rows = [row.split("|")[1] for row in after.partition("\n\n")[0].splitlines() if "|" in row]
    names = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    return f"docs/{page}:{before.count(chr(10)) + 1}", names


def test_every_number_is_documented() -> None:
    """The page on metrics has a row for each number that is counted, under its name for Prometheus, and no other."""
    tree = SOURCE[ROOT / "src" / "pymacaron" / "metrics" / "measures.py"]
    made = [(getattr(call.func, "id", ""), call.args) for call in ast.walk(tree) if isinstance(call, ast.Call)]
    kinds = {"Counter": "_total", "Gauge": "", "Histogram": ""}
    names = {ast.literal_eval(given[0]) + kinds[kind] for kind, given in made if kind in kinds}
    same(*table("metrics.md", "name"), names, "write a row: the name, its labels, what it counts")


def test_every_reporter_is_documented() -> None:
    """The page on crashes has a row for each reporter that `report_to` may name, with the settings that it needs."""
    place, rows = table("errors-and-crashes.md", "reporter")
    same(place, rows & REPORTERS.keys(), REPORTERS, "write a row: the name, the settings it needs, what is sent where")
    page = (DOCS / "errors-and-crashes.md").read_text("utf-8")
    needed = [(name, key) for name, keys in REPORTERS.items() for key in keys]
    unsaid = [pair for pair in needed if not re.search(rf"^\| `{pair[0]}` \|.*`{pair[1]}`", page, re.MULTILINE)]
    nothing(f"{place}: the row of `{name}` does not name `{key}`, which it needs" for name, key in unsaid)


def test_every_rule_is_documented() -> None:
    """The page on `pymacaron check` has a row for each of its rules, with its level."""
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \|", (DOCS / "check.md").read_text("utf-8"), re.MULTILINE)
    levels = [f"{name}` | `{level}" for name, (level, _) in RULES.items()]
    same("docs/check.md", (f"{name}` | `{level}" for name, level in rows), levels, "write a row: rule, level, meaning")


def test_every_field_of_the_log_is_documented() -> None:
    """The page on logs has a row for each field that the line of a call may have, and for no other."""
    tree = SOURCE[ROOT / "src" / "pymacaron" / "logs" / "lines.py"]
    makers = {"call_fields", "fields_of", "optional_fields"}
    bodies = [body for body in tree.body if isinstance(body, ast.FunctionDef) and body.name in makers]
    nodes = [node for body in bodies for node in ast.walk(body)]
    keys = [key for node in nodes if isinstance(node, ast.Dict) for key in node.keys]
    keys += [node.slice for node in nodes if isinstance(node, ast.Subscript) and is_named(node, "fields")]
    names = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    names |= {"time", "level", "logger", "message"}
    same(*table("logs.md", "field"), names, "write a row: the field, and what it holds")


def is_named(node: ast.Subscript, name: str) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == name


def test_every_command_is_documented() -> None:
    """The page on the command line has every command of `pymacaron` in its table."""
    place, rows = table("cli.md", "command")
    known = {name for name in COMMANDS if re.search(rf"\b{name}\b", " ".join(rows))}
    same(place, known, COMMANDS, "write a row: the command with its arguments, what it does, how it ends")
