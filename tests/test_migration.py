"""What has to change in old projects is told with its place; guides lead to services that answer as the old ones did.

`migrations/KIND/old` is a small service in the style of another framework, `new` what its guide makes of it,
`calls.json` what both are asked: where the old one answers otherwise, `before` says how.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from leaks import secret
from pages import blocks_of
from programs import ROOT, Place, by_python, running

from pymacaron.cli.migrate import migrate
from pymacaron.migration import RULES, Project, written

MIGRATIONS = Path(__file__).parent / "migrations"
KINDS = {"pymacaron1": ["old"], "connexion2": ["old", "old2"], "connexion3": ["old", "old3"], "fastapi": ["old"]}
# Of each kind, what verifies its tokens.
SECRETS = {"pymacaron1": "PARCELS_JWT_SECRET", "connexion": "NOTES_JWT_SECRET", "fastapi": "TODOS_JWT_SECRET"}
CLAIMS = {
    "pymacaron1": {"iss": "parcels.example.com", "aud": "parcels"}, "connexion": {"aud": "notes"},
    "fastapi": {"iss": "https://login.example.com", "aud": "todos"},
}  # fmt: skip
WERKZEUG = re.compile(r"Running on http://[\w.]+:(\d+)")
KEY = secret("the key of services that move, 32 bytes")


def home(kind: str) -> Path:
    return MIGRATIONS / kind.rstrip("23")


def old_project(kind: str, folder: Path) -> Path:
    """The old service of a kind, put together in a folder."""
    for part in KINDS[kind]:
        shutil.copytree(home(kind) / part, folder, dirs_exist_ok=True)
    return folder


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(migrate, list(arguments))


@pytest.mark.parametrize("kind", KINDS)
def test_old_projects(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that has to change in an old project is told, and nothing else."""
    told = run(old_project(kind, tmp_path / "old"), monkeypatch)
    assert told.exit_code == 1
    assert told.output == (home(kind) / f"report-{kind}.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", SECRETS)
def test_new_projects(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a project that has been brought over, nothing is left to change."""
    told = run(home(kind) / "new", monkeypatch, "--json")
    assert (told.exit_code, [one for one in json.loads(told.output) if one["level"] != "note"]) == (0, [])


def calls(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((home(kind) / "calls.json").read_text("utf-8"))
    return found


def is_like(value: Any, wanted: Any) -> bool:
    """Has a value all that is wanted?"""
    if isinstance(wanted, dict) and isinstance(value, dict):
        return all(name in value and is_like(value[name], inner) for name, inner in wanted.items())
    if isinstance(wanted, list) and isinstance(value, list):
        return len(value) == len(wanted) and all(map(is_like, value, wanted))
    return bool(value == wanted)


def token_of(kind: str, user: str) -> str:
    key = "another key than that of the service, but as long" if user == "nobody" else KEY
    now = int(time.time())
    return jwt.encode({"sub": user, "iat": now, "exp": now + 600, **CLAIMS[kind]}, key, "HS256")


def ask_all(kind: str, place: Place, *, before: bool) -> None:
    for call in calls(kind):
        wanted = {**call, **call.get("before", {})} if before else call
        method, path = call["ask"].split()
        headers = {"Authorization": f"Bearer {token_of(kind, call['as'])}"} if "as" in call else {}
        answer = place.ask(method, path, call.get("body"), headers)
        assert answer.status == wanted["status"], (call, answer.text)
        assert "answer" not in wanted or is_like(answer.json, wanted["answer"]), (call, answer.text)


@pytest.mark.parametrize("kind", SECRETS)
def test_served(kind: str, tmp_path: Path) -> None:
    """What a guide makes of the old service is served, and answers what was asked of that one."""
    folder = shutil.copytree(home(kind) / "new", tmp_path / "new")
    with running(by_python(), folder, tmp_path / "log", WERKZEUG, **{SECRETS[kind]: KEY}) as server:
        ask_all(kind, server, before=False)


UVICORN = re.compile(r"running on http://[\w.]+:(\d+)")
FLASK = "from app import application as a; a.run('127.0.0.1', 0)"
SERVED = {  # by which environment below .bench, and how
    "connexion2": ("connexion2", ["-c", FLASK], WERKZEUG),
    "connexion3": ("connexion3", ["-m", "uvicorn", "--port", "0", "app:app"], UVICORN),
    "fastapi": ("fastapi-served", ["-m", "uvicorn", "--port", "0", "main:app"], UVICORN),
}


@pytest.mark.heavy
@pytest.mark.parametrize("kind", SERVED)
def test_served_before(kind: str, tmp_path: Path) -> None:
    """The old service, run by its own framework, is asked the same; where it answers otherwise, the guide says so. What
    a guide lets FastAPI write is the document that is served then."""
    sys.path.append(str(ROOT / "bench"))
    environment, command, says = SERVED[kind]
    python_of = import_module("contenders").python_of
    folder = old_project(kind, tmp_path / "old")
    name = kind.rstrip("23")
    with running(
        [str(python_of(environment)), "-u", *command], folder, tmp_path / "log", says, **{SECRETS[name]: KEY}
    ) as old:
        ask_all(name, old, before=True)


# For each rule a file in which it finds something, beside one that says what the project is; and the line.
FOUND = {
    "project": ("requirements.txt", "flask\npymacaron==1.0.157\n", 2),
    "python-version": ("tox.ini", "[tox]\nenvlist = py27,py312\n", 2),
    "python-2": ("a.py", "import os\nprint unicode('a')\n", 2),
    "unread": ("a.py", "import os\ndef f(:\n", 2),
    "removed": ("a.py", "import yaml\n@app.before_first_request\ndef f(): yaml.load(a)\n", 2),
    "import": ("a.py", "from pymacaron import auth\nauth.no_such_name()\n", 2),
    "call": ("a.py", "from pymacaron import API\nAPI(None, prot=80)\n", 2),
    "old-name": ("a.py", "import os\nfrom pymacaron_core.models import get_model\n", 2),
    "document": ("apis/a.yaml", "swagger: '2.0'\ninfo: {title: A}\npaths: {}\n", 2),
    "base-path": ("apis/a.yaml", "swagger: '2.0'\nbasePath: /v1\ninfo: {title: A, version: '1'}\npaths: {}\n", 2),
    "extension": ("apis/a.yaml", "openapi: 3.1.0\nx-openapi-router-controller: a\ninfo: {title: A, version: '1'}\n", 2),
    "old-version": ("apis/a.yaml", "# a\nopenapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\n", 2),
    "setting": ("pym-config.yaml", "name: a\nlive_host: 1\n", 2),
    "old-setting": ("pym-config.yaml", "name: a\naws_default_region: b\nlive_host: c\n", 2),
    "store": ("a.yaml", "swagger: '2.0'\ndefinitions: {A: {x-persist: a.B}}\ninfo: {title: A, version: '1'}\n", 2),
    "naive-time": ("a.py", "from datetime import datetime\na = datetime.utcnow()\n", 2),
    "dependency": ("Pipfile", "[packages]\nnose = '*'\n", 2),
    "command": (
        "setup.py",
        "setup(install_requires=['pymacaron<3'],\n  x=[install], test_suite='nose.collector')\n",
        2,
    ),
}
IN_SERVICES = {"route", "argument", "body", "no-document", "converted"}  # what the reports of whole services have


@pytest.mark.parametrize("rule", FOUND)
def test_rules(rule: str, tmp_path: Path) -> None:
    """Each rule tells the file and the line, the fact and the cure."""
    name, text, line = FOUND[rule]
    write(tmp_path, {"setup.py": "setup(install_requires=['pymacaron<3'])\n", name: text})
    found = [one for one in Project(str(tmp_path)).changes() if one.rule == rule]
    assert f"{tmp_path / name}:{line}" in [one.finding.place.rpartition(":")[0] for one in found]
    assert all(one.finding.fact and one.finding.cure for one in found)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


CREDENTIALS = """swagger: '2.0'
info: {title: A, version: '1'}
paths: {/a: {get: {security: [{key: []}], responses: {200: {description: A}}}}}
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}}
"""
UNBOUND = """openapi: 3.1.0
info: {title: A, version: '1'}
paths: {/v1/b: {get: {responses: {'200': {description: A}}}}}
"""
OTHERS = "openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths: {/d: {get: {responses: {'200': {description: A}}}}}\n"
ROUTER = "from fastapi import APIRouter\nr = APIRouter(prefix='/v1')\n@r.get('/b')\ndef b(): pass\n"


def test_what_documents_demand(tmp_path: Path) -> None:
    """Credentials that pymacaron 1.x did not ask for are told; so is an operation that names no function, with the one
    that FastAPI had for it. Documents of others name none."""
    write(
        tmp_path,
        {"a.yaml": CREDENTIALS, "b.yaml": UNBOUND, "c.py": ROUTER, "d.yaml": OTHERS, "setup.cfg": "pymacaron<3"},
    )
    told = {one.rule: one.finding for one in Project(str(tmp_path)).changes() if "a.yaml" not in one.finding.place}
    asked = [one.finding for one in Project(str(tmp_path)).changes() if one.rule == "credential"]
    assert [one.place for one in asked] == [f"{tmp_path}/a.yaml:3:20"]
    assert told["unbound"].place == f"{tmp_path}/b.yaml:3:17"
    assert told["unbound"].cure == "add `x-bind-server: c.b`"
    reports = " ".join(path.read_text("utf-8") for path in MIGRATIONS.rglob("report-*.txt"))
    assert set(RULES) == {*FOUND, "credential", "unbound", *IN_SERVICES}
    assert all(f"[{rule}]" in reports for rule in IN_SERVICES)


OF_CONNEXION = """openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /a:
    post:
      operationId: a.f
      requestBody: {$ref: '#/components/requestBodies/A'}
      responses: {'200': {description: A}}
  /b:
    post:
      operationId: a.h
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: A}}
components:
  requestBodies: {A: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}
  schemas: {A: {type: object, properties: {a: {type: string}}}}
"""
DICTS = """import connexion, json
def f(body, other):
    g(body['a'], body.a, other.get('a'))
    body.get('a')
    g(*body, **body)
    g({**body})
    g(dict(body))
    other.update(body)
    json.dumps(body)
    g(a for a in body if 'a' in body)
def h(body):
    dict(body, a=body.get('a'))
"""


def test_bodies_as_dicts(tmp_path: Path) -> None:
    """Of connexion's functions, each place is told where a body is used as only a dict can be; not of bodies that are
    dicts, as their schema has no properties."""
    write(tmp_path, {"a.yaml": OF_CONNEXION, "a.py": DICTS})
    found = [one.finding.place for one in Project(str(tmp_path)).changes() if one.rule == "body"]
    assert [place.rpartition("/")[2] for place in found] == [
        "a.py:4:5", "a.py:5:16", "a.py:6:10", "a.py:7:12", "a.py:8:18", "a.py:9:16", "a.py:10:18",
    ]  # fmt: skip


def told_of(folder: Path) -> list[str]:
    """What has to change in a project: rule, file and line, fact and cure."""
    found = [(one.rule, one.finding) for one in Project(str(folder)).changes() if one.level != "note"]
    return [
        f"{rule} {one.place.removeprefix(f'{folder}/').rpartition(':')[0]} {one.fact}; {one.cure}"
        for rule, one in found
    ]


RESOLVED = """openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /red-cats:
    get:
      OPERATIONparameters: [{name: type, in: query, schema: {type: string}}]
      responses: {'200': {description: A}}
  /red-cats/{nr}: {put: {PUTparameters: [{name: nr, in: path, required: true, schema: {type: string, format: path}}],
    requestBody: {content: {multipart/form-data: {schema: {properties: {photo: {type: string, format: binary}}}}}},
    responses: {'200': {description: A}}}}
"""
RELATIVE = RESOLVED.replace("OPERATION", "operationId: red_cats.search\n      ").replace(
    "PUT", "operationId: red_cats.put, "
)
CATS = "def search(type_=None, **kwargs): pass\ndef put(nr, photo, user): pass\n"
APPS = {
    "RestyResolver": (RESOLVED.replace("OPERATION", "").replace("PUT", ""), 2),
    "RelativeResolver": (RELATIVE, 1),
}


@pytest.mark.parametrize("kind", APPS)
def test_what_resolvers_found(kind: str, tmp_path: Path) -> None:
    """Functions that only a resolver of connexion found are found: the document is told to name them, which can be
    written; and they are told of arguments that come under other names, or not at all."""
    document, unbound = APPS[kind]
    code = f"from connexion import AsyncApp\nfrom connexion.resolver import {kind} as R\nr = R('zoo')\n"
    code += "a = AsyncApp('a', lifespan=b)\na.add_api(Path('spec', 'a.yaml'), resolver=r)\n"
    code += "a.test_client(raise_server_exceptions=c)\n"
    line = document.count("\n", 0, document.index("format: path")) + 1
    write(tmp_path, {"app.py": code, "spec/a.yaml": document, "zoo/red_cats.py": CATS})
    told = told_of(tmp_path)
    assert len([one for one in told if one.startswith("unbound spec/a.yaml")]) == unbound
    for wanted in (
        "argument zoo/red_cats.py:1 search gets type of GET /red-cats as type, not as type_; rename type_ to type",
        "argument zoo/red_cats.py:2 put takes photo, a field of the form of PUT /red-cats/{nr}; write body.photo",
        "argument zoo/red_cats.py:2 put takes user, which connexion gives",
        f"extension spec/a.yaml:{line} with connexion its value could hold slashes",
        "call app.py:4 AsyncApp(lifespan=…) is connexion's",
        "call app.py:6 test_client(raise_server_exceptions=…) is connexion's",
    ):
        assert [one for one in told if one.startswith(wanted)], wanted
    assert written(Project(str(tmp_path)).changes()) == [str(tmp_path / "spec/a.yaml")]
    assert [one for one in told_of(tmp_path) if one.startswith(("unbound", "document"))] == []
    (read,) = Project(str(tmp_path)).documents
    assert {one.function for one in read.operations()} == {"zoo.red_cats.search", "zoo.red_cats.put"}


def test_what_classes_did(tmp_path: Path) -> None:
    """Methods that a resolver of connexion found are told of, with an object that can be named in their place."""
    app = "from connexion.resolver import MethodViewResolver\na.add_api('a.yaml', resolver=MethodViewResolver('b'))\n"
    view = "class RedCatsView:\n    def search(self, user): pass\n"
    write(tmp_path, {"app.py": app, "a.yaml": APPS["RestyResolver"][0], "b.py": view})
    told = told_of(tmp_path)
    wanted = "write `redcats = RedCatsView()` in b, and add `x-bind-server: b.redcats.search`"
    assert [one for one in told if one.startswith("unbound a.yaml:5") and one.endswith(wanted)]
    assert [one for one in told if one.startswith("argument b.py:2 RedCatsView.search takes user")]


KEYS = """swagger: '2.0'
info: {title: A, version: '1'}
paths:
  /a:
    get:
      x-bind-server: a.f
      x-auth-required: true
      parameters: [{name: from, in: query, type: string}]
      responses: {200: {description: A}}
"""
SILENT = """from pymacaron.auth import generate_token
def f(**kwargs):
    a = kwargs.get('from')
    token = generate_token('a')
    return token.decode('utf-8'), a._as_dict()
"""


def test_what_would_change_silently(tmp_path: Path) -> None:
    """Of pymacaron 1.x, what would start and then do something else is told: a key that kept callers out, names that
    are none in Python, tokens that were bytes, methods of bravado's models."""
    write(tmp_path, {"setup.cfg": "pymacaron<3", "a.yaml": KEYS, "a.py": SILENT})
    assert [one.partition(";")[0] for one in told_of(tmp_path)] == [
        "argument a.py:2 f gets from of GET /a as from_",
        "removed a.py:5 tokens are text since PyJWT 2, and have no decode()",
        "call a.py:5 _as_dict() is bravado's",
        "extension a.yaml:7 nothing reads x-auth-required: it keeps nobody out",
        "dependency setup.cfg:1 pymacaron<3 is the old one",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """What cannot be read is told with its reason, for nothing else of it is: files of an encoding that they do not
    say, broken documents. One that says its encoding is read; and a folder may have any name."""
    folder = tmp_path / "a\nb"
    write(folder, {"setup.cfg": "pymacaron<3", "c.yaml": "swagger: '2.0'\ninfo: {title", "d.yaml": "a: {"})
    (folder / "e.py").write_bytes("import nose  # é\n".encode("latin-1"))
    (folder / "f.py").write_bytes("# coding: latin-1\na = 'é'; b.has_key(c)\n".encode("latin-1"))
    (folder / "g.py").write_bytes(b"\0")
    (folder / "h.py").symlink_to(folder)
    rules = [(one.partition(" ")[0], one.split()[1]) for one in told_of(folder)]
    assert rules == [
        ("document", "c.yaml:2"), ("unread", "e.py:1"), ("removed", "e.py:1"), ("python-2", "f.py:2"),
        ("unread", "g.py:1"), ("dependency", "setup.cfg:1"),
    ]  # fmt: skip


def test_imports_of_files_that_python_cannot_read(tmp_path: Path) -> None:
    """Imports of Python 2 are told with their own lines, though nothing else of the file can be read."""
    write(tmp_path, {"a.py": "import os\n\nfrom nose import tools\nimport pymacaron_aws\nprint 'a'\n"})
    assert [(one.rule, one.finding.place.rpartition("/")[2]) for one in Project(str(tmp_path)).changes()] == [
        ("project", "a.py:4:1"), ("removed", "a.py:3:1"), ("import", "a.py:4:1"), ("python-2", "a.py:5:1"),
    ]  # fmt: skip


def test_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs no thought is written: names, keys, settings, and nothing else; comments stay; then it is not told
    any more. A file that could not be read afterwards stays as it is."""
    folder = old_project("pymacaron1", tmp_path / "old")
    write(folder, {"two.py": "from pymacaron_core.models import get_model  # why\nprint 'a'\n"})
    (folder / "mark.py").write_bytes(b"\xef\xbb\xbffrom pymacaron_core.models import get_model\r\n")
    before = {path: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    told = run(folder, monkeypatch, "--write")
    lines = [
        (path.name, old, new)
        for path, text in before.items()
        for old, new in zip(f"{text}\n".split("\n"), f"{path.read_text('utf-8')}\n".split("\n"), strict=False)
        if old != new
    ]
    assert sorted(lines) == [
        ("api.py", "from pymacaron_core.swagger.apipool import ApiPool", "from pymacaron import ApiPool"),
        ("mark.py", "\ufefffrom pymacaron_core.models import get_model", "\ufefffrom pymacaron import get_model"),
        ("pym-config.yaml", "", "base_path: ignore"),
        ("pym-config.yaml", "aws_default_region: eu-central-1", "aws_region: eu-central-1"),
        ("test_parcels.py", "from pymacaron_unit.testcase import PyMacaronTestCase",
         "from pymacaron.test import PyMacaronTestCase"),
    ]  # fmt: skip
    assert (folder / "mark.py").read_bytes() == b"\xef\xbb\xbffrom pymacaron import get_model\r\n"
    assert not re.search(r"\[(?:base-path|old-setting)\]", told.output)
    assert re.findall(r"\[old-name\] (\S+?):", told.output) == ["two.py"]


def test_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told in the formats of `check`, to people and to machines alike."""
    folder = old_project("fastapi", tmp_path / "old")
    found = json.loads(run(folder, monkeypatch, "--json").output)
    sarif = json.loads(run(folder, monkeypatch, "--format", "sarif").output)["runs"][0]
    assert [one["ruleId"] for one in sarif["results"]] == [one["rule"] for one in found]
    rules = sarif["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in sarif["results"])
    assert run(folder, monkeypatch, "--format", "github").output.count("::error file=main.py,line=5,col=1") == 4


PIECES = st.sampled_from((
    "import connexion\n", "from pymacaron_core import x\n", "from fastapi import (", "@app.get('/a')\ndef f(",
    "swagger: '2.0'\n", "paths: {/a: {get: ", "openapi: 3.0.0\n", "parameters: [{$ref: '#/nowhere'}]", "}", "'''",
    "basePath: [", "x-bearerInfoFunc: 3\n", "x-openapi-router-controller: a\n", "pymacaron==1.\n", "connexion<3\n",
    "uvicorn a:b\n", "name: 1\n", "\ud7ff\u2028ü", "\0", "print 1\n", "    ", "\r", "*a: &a ", "base_path: use\n",
    "from pymacaron.exceptions import CredentialFault as a\na(b=a.c.d)\n", "a.add_api(*a, **a)\n",
    "import pymacaron.no as a\n",
))  # fmt: skip
NAMES = ("a.py", "apis/a.yaml", "apis/b.json", "pym-config.yaml", "requirements.txt", "Makefile", "setup.cfg")


@settings(max_examples=40)
@given(files=st.dictionaries(st.sampled_from(NAMES), st.lists(PIECES, max_size=8).map("".join)))
def test_any_files(files: dict[str, str]) -> None:
    """Whatever is in the files of a project, it is read to its end; each place that is told is in one of them; and what
    can be written leads to files that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        changes = Project(folder).changes()
        assert {one.finding.place.removeprefix(f"{folder}/").partition(":")[0] for one in changes} <= files.keys()
        written(changes)
        Project(folder).changes()


GUIDES = {
    "pymacaron1": "migrating-from-pymacaron-1.md", "connexion": "migrating-from-connexion.md",
    "fastapi": "migrating-from-fastapi.md",
}  # fmt: skip


@pytest.mark.parametrize("kind", GUIDES)
def test_guides_show_what_was_tried(kind: str) -> None:
    """The files that a guide shows are those of the services that are run here, first the old, then the new; it shows
    all that are new."""
    shown = [(block.marked("file"), block.text) for block in blocks_of(ROOT / "docs" / GUIDES[kind])]
    parts = ("old", "old2", "old3", "new")
    there = {part: dict(files_of(home(kind) / part)) for part in parts if (home(kind) / part).exists()}
    assert [name for name, text in shown if name and text not in {files.get(name) for files in there.values()}] == []
    made = {"pym-config.yaml", "testaccept/test_parcels.py"} if kind == "pymacaron1" else set()  # by --write
    changed = {name for name, text in there["new"].items() if text and text != there["old"].get(name)}
    assert {name for name in changed if "apis/" not in name and name not in made} <= {
        name for name, text in shown if text == there["new"].get(name)
    }


def files_of(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(folder)), path.read_text("utf-8")
