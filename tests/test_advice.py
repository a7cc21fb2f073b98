"""What `pymacaron check` finds, how it tells it, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cures import same

from pymacaron.advice import RULES
from pymacaron.cli.check import check
from pymacaron.config import set_config
from pymacaron.pool import ApiPool

DOCUMENT = """
openapi: 3.1.0
info: {title: Tea, version: '1'}
servers: [{url: http://tea.example.com}]
paths:
  /cups:
    post:
      x-bind-server: advised.pour
      responses: {'200': {description: Poured., content: {application/json: {schema: {type: object}}}}}
    patch:
      operationId: change
      x-bind-server: advised.change
      security: []
      requestBody: {content: {application/json: {schema: {allOf: [{properties: {cups: {default: 1}}}]}}}}
      responses: {default: {description: Any.}}
    get: {operationId: steep, x-bind-server: advised.steep, responses: {default: {description: Any.}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    Unused: {type: object, properties: {two_words: {}, three_small_words: {format: dat-time}, camelCase: {}}}
x-handlers: advised
"""
CODE = """
from pymacaron.exceptions import NotFoundError
def pour():
    raise NotFoundError("no pot")
def change(body):
    return {}
"""
CONFIG = "name: tea\nlive_host: x\nexpose_exceptions: true\nenv_secrets: [TEA_SECRET]\njwt_secret: TEA_SECRET\n"
# For each rule the file in which it finds something, what it finds there, and what mends it.
MENDED = {
    "start": ("apis/tea.yaml", "advised.steep", "advised.pour"),
    "document": ("apis/tea.yaml", "format: dat-time", "format: date-time"),
    "code": ("apis/tea.yaml", "x-handlers: advised\n", ""),
    "secret-missing": ("pym-config.yaml", "env_secrets: [TEA_SECRET]\njwt_secret: TEA_SECRET\n", ""),
    "undeclared-error": ("advised.py", 'raise NotFoundError("no pot")', "return {}"),
    "undocumented-errors": ("apis/tea.yaml", "{'200'", "{default: {description: Not.}, '200'"),
    "unused-schema": ("apis/tea.yaml", "{type: object}}", "{$ref: '#/components/schemas/Unused'}}"),
    "inconsistent-name": ("apis/tea.yaml", "camelCase", "camel_case"),
    "insecure-operation": ("apis/tea.yaml", "advised.pour", "advised.pour\n      security: []"),
    "insecure-server": ("apis/tea.yaml", "http://", "https://"),
    "default-in-patch": ("apis/tea.yaml", "cups: {default: 1}", "cups: {}"),
    "insecure-setting": ("pym-config.yaml", "expose_exceptions: true\n", ""),
    "missing-operation-id": ("apis/tea.yaml", "advised.pour", "advised.pour\n      operationId: pour"),
    "missing-example": ("apis/tea.yaml", "Unused: {", "Unused: {example: {}, "),
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "apis").mkdir()
    (tmp_path / "apis" / "tea.yaml").write_text(DOCUMENT)
    (tmp_path / "advised.py").write_text(CODE)
    (tmp_path / "pym-config.yaml").write_text(CONFIG)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("advised", None)
    set_config(None)
    ApiPool.clear()


def run(*arguments: str) -> Result:
    sys.modules.pop("advised", None)
    return CliRunner().invoke(check, list(arguments))


def rules_in(result: Result) -> set[str]:
    return {one["rule"] for one in json.loads(result.output)}


def test_every_rule_finds() -> None:
    """Each rule finds what it is for; ignored or not asked for, it finds nothing, and 1 becomes 0."""
    found = run("--json")
    same("DOCUMENT, CODE and CONFIG of this test", rules_in(found), RULES, "let one of them hold what the rule finds")
    assert found.exit_code == 1
    assert {one["level"] for one in json.loads(found.output)} == {"error", "warning", "note"}
    assert rules_in(run("--format", "json", "--only", "unused-schema,insecure-server")) == {
        "unused-schema",
        "insecure-server",
    }
    quiet = run("--format", "json", "--ignore", ",".join(RULES))
    assert (quiet.exit_code, rules_in(quiet)) == (0, set())


@pytest.mark.parametrize("rule", RULES)
def test_what_is_mended_is_not_found(project: Path, rule: str) -> None:
    """One change for each rule, and it has nothing more to say."""
    assert rule in MENDED, f"MENDED here lacks {rule}: a file of this test, what is found there, what mends it"
    file, before, after = MENDED[rule]
    text = (project / file).read_text()
    assert text.count(before) == 1
    (project / file).write_text(text.replace(before, after))
    if rule == "start":
        (project / "advised.py").write_text(CODE + "def steep(): ...\n")
    found = run("--json", "--only", rule)
    assert (found.exit_code, rules_in(found)) == (0, set()), found.output


def test_ignored_by_configuration(project: Path) -> None:
    """What check_ignore lists is left out."""
    with (project / "pym-config.yaml").open("a") as file:
        file.write("check_ignore: [unused-schema]\n")
    assert "unused-schema" not in rules_in(run("--format", "json"))


def test_machines() -> None:
    """SARIF has a result for each finding, with rule, file and line; GitHub gets a command for each."""
    count = len(json.loads(run("--format", "json").output))
    log = json.loads(run("--format", "sarif").output)
    assert (log["version"], sorted(log)) == ("2.1.0", ["$schema", "runs", "version"])
    (sarif,) = log["runs"]
    assert len(sarif["results"]) == count
    rules = sarif["tool"]["driver"]["rules"]
    assert [(one["id"], one["defaultConfiguration"]["level"]) for one in rules] == [(n, r[0]) for n, r in RULES.items()]
    assert all(re.fullmatch(r"([A-Z][a-z]+)+", one["name"]) for one in rules)
    for one in sarif["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        (place,) = one["locations"]
        assert Path(place["physicalLocation"]["artifactLocation"]["uri"]).is_file()
        assert min(place["physicalLocation"]["region"].values()) >= 1
    lines = run("--format", "github").output.splitlines()
    assert len(lines) == count
    assert any(
        line.startswith("::warning file=apis/tea.yaml,line=7,col=5,title=undocumented-errors::") for line in lines
    )


def test_start(project: Path) -> None:
    """What stops the start of server.py is found as the start tells it, and no port is opened."""
    (project / "server.py").write_text(
        "from flask import Flask\nfrom pymacaron import API, letsgo\napp = Flask(__name__)\n"
        "def start(port=80, debug=False):\n    API(app).load_apis('apis').start()\nletsgo(__name__, callback=start)\n"
    )
    (project / "advised.py").write_text(CODE + "def steep(): ...\n")
    assert run("--only", "start").exit_code == 0
    (project / "advised.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "pymacaron.cli", "check", "--only", "start"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "error [start] apis/tea.yaml:8:22" in done.stdout
    assert "there is no advised.pour" in done.stdout


def test_nonsense(project: Path) -> None:
    """A rule that there is not is told with its cure; so is that there is nothing to check. Both end with 2."""
    told = run("--ignore", "unused-shema")
    assert (told.exit_code, "did you mean 'unused-schema'?" in told.output) == (2, True)
    (project / "apis" / "tea.yaml").unlink()
    told = run()
    assert (told.exit_code, "no document in apis" in told.output) == (2, True)
    assert all(name in run("--rules").output for name in RULES)
