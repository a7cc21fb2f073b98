"""The command line: what it prints, for people and for machines, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cures import same
from programs import ROOT, SHOP

from pymacaron import cli
from pymacaron.cli import COMMANDS

BIN = Path(sys.executable).parent


def run(*arguments: str, cwd: Path, program: str = "pymacaron", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    command = [str(BIN / program), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    (tmp_path / "pym-config.yaml").write_text(
        "name: tea\nlive_host: api.example.com\nenv_secrets: [TEA_KEY]\njwt_secret: TEA_KEY\n"
        "own_password: hush-hush\nkinds: [green, black]\nlimits: {cups: 3}\n"
    )
    (tmp_path / "apis").mkdir()
    (tmp_path / "apis" / "tea.yaml").write_text(
        """
openapi: 3.1.0
info: {title: Tea, version: "1"}
servers: [{url: /v2}]
paths:
  /cups/{id}:
    get:
      x-bind-server: tea.cup
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      security: [{token: [read]}, {key: [], basic: []}]
      responses: {'200': {description: ok}}
    delete: {x-bind-server: tea.drop, security: [], responses: {'204': {description: ok}},
      parameters: [{name: id, in: path, required: true, schema: {type: string}}],
      x-decorate-server: pymacaron.auth.requires_auth}
  /pots: {get: {responses: {'200': {description: ok}}}}
components:
  securitySchemes:
    token: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://a.example/t, scopes: {read: r}}}}
    key: {type: apiKey, in: header, name: X-Key}
    basic: {type: http, scheme: basic}
"""
    )
    return tmp_path


def test_routes_are_listed_with_what_opens_them(service: Path) -> None:
    """For people a table, for machines every field; paths have their base path."""
    lines = run("routes", cwd=service).stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["METHOD", "GET", "DELETE", "GET"]
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "GET /v2/cups/{id} tea.cup (token (read) or key and basic) tea",
        "DELETE /v2/cups/{id} tea.drop requires_auth tea",
        "GET /v2/pots - - tea",
    ]
    assert len({line.rindex("  ") for line in lines}) == 1  # what it prints are columns
    rows = json.loads(run("routes", "apis/tea.yaml", "--json", cwd=service).stdout)
    assert [row["client"] for row in rows] == ["get_cups_id", "delete_cups_id", "get_pots"]
    assert [row["security"] for row in rows] == ["(token (read) or key and basic)", "requires_auth", None]


def test_every_operation_of_the_example_is_among_its_routes() -> None:
    """With its function, also where `x-handlers` names the module, and the operationId the function in it."""
    rows = json.loads(run("routes", "--json", cwd=SHOP).stdout)
    assert {row["api"] for row in rows} >= {path.stem for path in (SHOP / "apis").glob("*.yaml")}
    assert "shop.pictures" in {str(row["function"]).rpartition(".")[0] for row in rows}


def test_settings_are_printed_as_a_shell_takes_them(service: Path) -> None:
    """Texts as they are, lists a line each, the rest as JSON; under the old name too."""
    assert run("config", "live_host", cwd=service, TEA_KEY="k" * 40).stdout == "api.example.com\n"
    assert run("--key", "kinds", cwd=service, program="pym_config").stdout == "green\nblack\n"
    assert json.loads(run("config", "limits", cwd=service).stdout) == {"cups": 3}
    everything = json.loads(run("config", "--json", cwd=service, TEA_KEY="k" * 40).stdout)
    assert (everything["name"], everything["jwt_token_timeout"]) == ("tea", 86400)


def test_secrets_are_stars_until_they_are_asked_for(service: Path) -> None:
    secret = "c0ffee-" * 8
    for arguments in (("config",), ("config", "--json"), ("config", "jwt_secret"), ("config", "own_password")):
        asked = run(*arguments, cwd=service, TEA_KEY=secret)
        assert asked.returncode == 0
        assert secret not in asked.stdout + asked.stderr
        assert "hush-hush" not in asked.stdout + asked.stderr
    assert run("config", "jwt_secret", "--reveal", cwd=service, TEA_KEY=secret).stdout == secret + "\n"


def test_a_secret_that_is_not_there_stops_no_tool(service: Path) -> None:
    """Its name is told, and every other setting is printed."""
    asked = run("config", "name", cwd=service)
    assert (asked.returncode, asked.stdout) == (0, "tea\n")
    assert "TEA_KEY" in asked.stderr
    assert run("config", "jwt_secret", cwd=service).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("config", "live_hots"), "did you mean 'live_host'?"),
        (("config", "--config", "nowhere.yaml"), "nowhere.yaml"),
        (("routes", "nowhere"), "does not exist; it is looked for in "),
        (("routes", "pym-config.yaml"), "pym-config.yaml:1"),
        (("rotues",), "No such command 'rotues'"),
        (("routes", "--jsn"), "--json"),
    ],
)
def test_nonsense_is_told_with_its_cure_and_ends_in_2(service: Path, arguments: tuple[str, ...], says: str) -> None:
    asked = run(*arguments, cwd=service)
    assert asked.returncode == 2, asked.stdout
    assert says in asked.stderr
    assert "Traceback" not in asked.stderr


def test_commands_are_listed() -> None:
    """A command is a module of the room with a function of its name, and the program knows all of them."""
    texts = {file.stem: file.read_text("utf-8") for file in Path(cli.__file__).parent.glob("*.py")}
    made = {name for name, text in texts.items() if f"\ndef {name}(" in text and "\n@click." in text}
    cure = "COMMANDS there has a line for each module src/pymacaron/cli/NAME.py with a command NAME"
    same("src/pymacaron/cli/__init__.py", COMMANDS, made, cure)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_how_it_is_used(name: str) -> None:
    asked = run(name, "--help", cwd=ROOT)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith(f"Usage: pymacaron {name} ")


def test_help_imports_no_command() -> None:
    """Nor any library but click: what a command needs is imported with it. So help is quick."""
    program = (
        "import sys\nbefore = {*sys.modules}\nfrom pymacaron.cli import main\nsys.argv = ['pymacaron', '--help']\n"
        "try: main()\nexcept SystemExit: print(*sorted({one.partition('.')[0] for one in {*sys.modules} - before}"
        " - sys.stdlib_module_names))\nprint(*(one for one in sys.modules if one.startswith('pymacaron.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *_, libraries, ours = done.stdout.splitlines()
    assert libraries == "click pymacaron"
    rooms = {name.split(".")[1] for name in ours.split()}
    assert rooms <= {"_types", "_version", "cli", "exceptions", "names", "rates"}


COMPLETED = """
eval "$(_PYMACARON_COMPLETE=bash_source pymacaron)"
COMP_WORDS=(pymacaron ro); COMP_CWORD=1; _pymacaron_completion pymacaron; echo "${COMPREPLY[@]}"
COMPREPLY=()
COMP_WORDS=(pymacaron diff --f); COMP_CWORD=2; _pymacaron_completion pymacaron; echo "${COMPREPLY[@]}"
COMPREPLY=()
COMP_WORDS=(pymacaron diff --fail-on a); COMP_CWORD=3; _pymacaron_completion pymacaron; echo "${COMPREPLY[@]}"
"""


def test_a_shell_completes() -> None:
    """Commands, options and their values: in bash itself; zsh and fish are told what they ask for."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    asked = subprocess.run(
        ["bash", "-c", COMPLETED], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    commands, option, value = asked.stdout.splitlines()
    assert "routes" in commands.split()
    assert (option, value) == ("--fail-on", "any")
    for shell in ("zsh", "fish"):
        source = run(cwd=ROOT, _PYMACARON_COMPLETE=f"{shell}_source").stdout
        assert f"_PYMACARON_COMPLETE={shell}_complete" in source
        cursor = "1" if shell == "zsh" else "rou"
        told = run(
            cwd=ROOT, _PYMACARON_COMPLETE=f"{shell}_complete", COMP_WORDS="pymacaron rou", COMP_CWORD=cursor
        ).stdout
        assert "routes" in told
