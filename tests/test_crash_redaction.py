"""No report, log or error body shows a secret, wherever it was sent, kept or said; and a call can be run again."""

from __future__ import annotations

import base64
import json
import logging
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import leaks
import pytest
from click.testing import CliRunner
from drawn import api_of
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import run
from services import Project, answers, body, operation, project_in, query

from pymacaron import crash
from pymacaron.auth import generate_token
from pymacaron.cli.replay import replay
from pymacaron.config import get_config
from pymacaron.crash.capsule import Asked
from pymacaron.crash.names import Names, names_of
from pymacaron.crash.redaction import Redaction, with_stars
from pymacaron.exceptions import new_error_id
from pymacaron.logs import JsonLines, ReadableLines
from pymacaron.messages import Request

# Where a secret is -> the secret. Each is of its own form, and none has a name that gives it away where it must not.
SECRETS = {
    "token": "eyBearer.token-of_mine.x1y2z3",
    "cookie": "c00kie/value=with+signs",
    "second cookie": "2nd-cookie-9",
    "header by name": "key-in-header-77",
    "header by schema": "plain header, with a comma",
    "header of an API key": "shop-key-5150",
    "query by name": "que ry&p=ssword/ü",
    "query by schema": "voucher-4711-q",
    "path by schema": "path-variable-31",
    "password": 'hor"se\nbattery\\staple',
    "write only": "write-only-text-8",
    "sensitive": "sensitive-text-9",
    "in a list": "list-of-codes-3",
    "below": "deep-down-10",
    "pin": "7391",
    "local": "local-variable-12",
    "local dictionary": "in-a-dict-13",
    "object": "in-a-dataclass-14",
    "exception": "said-in-an-exception-15",
    "configuration": "from-the-environment-16",
    "userinfo": "user:pass-in-url-17",
    "data": "data-of-report-18",
    "response": "set-cookie-value-19",
    "field": "of-nobody-21",
}
for _one in SECRETS.values():
    leaks.secret(_one if len(_one) > 8 else f"no number: {_one}")
FUNCTIONS = f"""
    import dataclasses
    import logging
    from flask import request
    from pymacaron.config import get_config
    from pymacaron.crash import report_error
    from pymacaron.exceptions import PyMacaronException

    log = logging.getLogger("shop")

    @dataclasses.dataclass
    class Login:
        user: str
        password: str

    class Own:
        def __init__(self, said): self.said = said
        def __repr__(self): return f"<Own {{self.said}}>"

    def log_all(login, **more):
        told = request.headers["Authorization"], login.password, login.inner.pin, request.cookies, login, more
        log.warning("%s %s %s %s %s %s", *told)
        log.warning(f"{{told}} {{request.json}} {{request.full_path}}")
        fields = {{"note": login.note, "same": [login.codes, {{login.hint: more}}], "own": Own(login.password)}}
        fields |= {{"login": login, "api_key": {SECRETS["field"]!r}, "left": 2, "place": more["place"]}}
        log.warning("fields", extra=fields)
        log.error("does not fit", told)

    def fail(login, item, place, voucher, plain=None, **more):
        log_all(login, item=item, place=place, voucher=voucher, plain=plain, **more)
        headers, harmless = request.headers, login.note          # the same under another name
        my_password = {SECRETS["local"]!r}
        held = {SECRETS["local dictionary"]!r}.replace("a", "a")
        settings = {{"api_key": held, "list": [("X-Token", held)]}}
        account = Login("me", {SECRETS["object"]!r})
        broker = "amqp://{SECRETS["userinfo"]}@queue.example.com/"
        setting = get_config().jwt_secret
        revealed = setting.reveal()
        report_error("odd " + login.password, data={{"secret": {SECRETS["data"]!r}, "said": login.codes}})
        text = f"{{login.password}} {{login.note}} {{login.codes}} {{item}} {{voucher}} {{plain}} {{login.inner.pin}} "
        token = {SECRETS["exception"]!r}
        raise KeyError(text + revealed + broker + my_password + token + str(more) + str(request.cookies))

    def answer(login, item, place, voucher, plain=None, **more):
        headers = {{"Set-Cookie": "sid={SECRETS["response"]}"}}
        return {{"error": "DOWN", "echo": login.note, "token": login.password}}, 503, headers

    def slow(login, item, place, voucher, plain=None, **more):
        import time
        time.sleep(0.02)
        return {{}}
"""
LOGIN = {
    "type": "object",
    "properties": {
        "user": {"type": "string"},
        "password": {"type": "string", "format": "password"},
        "note": {"type": "string", "writeOnly": True},
        "hint": {"$ref": "#/components/schemas/Hint"},
        "codes": {"type": "array", "items": {"type": "string", "x-sensitive": True}},
        "inner": {"oneOf": [{"type": "object", "properties": {"pin": {"type": "integer", "x-sensitive": True}}}]},
        "deep": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": LOGIN_DEEP}}
        if (LOGIN_DEEP := {"type": "string", "x-sensitive": True}) else {},
    },
}  # fmt: skip
SENT = {
    "user": "me", "password": SECRETS["password"], "note": SECRETS["write only"], "hint": SECRETS["sensitive"],
    "codes": [SECRETS["in a list"]], "inner": {"pin": int(SECRETS["pin"])}, "deep": {"a": {"b": SECRETS["below"]}},
}  # fmt: skip
HEADERS = {
    "Authorization": f"Bearer {SECRETS['token']}", "X-Api-Key": SECRETS["header by name"],
    "Plain": SECRETS["header by schema"], "Shop": SECRETS["header of an API key"],
    "Cookie": f'one="{SECRETS["cookie"]}"; two={SECRETS["second cookie"]}',
}  # fmt: skip
QUERY = {"session_id": SECRETS["query by name"], "voucher": SECRETS["query by schema"], "other": "shown"}


class Heard(logging.Handler):
    """Every line that is logged, in both forms."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [JsonLines().format(record), ReadableLines().format(record), logging.Formatter().format(record)]


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("NO_ERROR_REPORTING", raising=False)
    settings = {"report_to": ["log", "file"], "report_file": str(tmp_path / "crashes"), "report_call_exceeding_ms": 10}
    secret = {"jwt_secret": SECRETS["configuration"]}
    with project_in(tmp_path, dispatch=request.param, **settings, **secret) as made:
        made.functions(FUNCTIONS)
        hidden = {"type": "string", "x-sensitive": True}
        parameters = [
            query("voucher", **hidden), query("session_id", type="string"),
            {"name": "plain", "in": "header", "schema": {"type": "string", "format": "password"}},
            {"name": "item", "in": "path", "required": True, "schema": hidden},
            {"name": "place", "in": "path", "required": True, "schema": {"type": "string"}},
        ]  # fmt: skip
        said = {"200": {"type": "object"}, "503": {"type": "object"}}
        ref = {"$ref": "#/components/schemas/Login"}
        paths = {
            f"/{name}/{{place}}/{{item}}": {
                "post": operation(name, parameters=parameters, requestBody=body(ref), responses=answers(**said))
            }
            for name in ("fail", "answer", "slow")
        }
        made.document(paths, {"Login": LOGIN, "Hint": {"type": "string", "x-sensitive": True}})
        schemes = {"shop_key": {"type": "apiKey", "in": "header", "name": "Shop"}}
        document = json.loads((tmp_path / "apis" / "shop.yaml").read_text())
        document["components"]["securitySchemes"] = schemes
        (tmp_path / "apis" / "shop.yaml").write_text(json.dumps(document))
        yield made


def spellings(secret: str) -> set[str]:
    """How a secret may be written."""
    plain = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return plain | {json.dumps(text)[1:-1] for text in plain} | {base64.b64encode(secret.encode()).decode()}


def shown(text: str) -> dict[str, str]:
    """The secrets that a text shows, with what stands around them."""
    found = {}
    for where, secret in SECRETS.items():
        for spelling in spellings(secret):
            at = text.find(spelling)
            if at >= 0:
                found[where] = text[max(0, at - 100) : at + 100]
    return found


def test_no_secret_is_shown(project: Project, tmp_path: Path) -> None:
    """A request with a secret in every place leads to reports, logs and answers that show none of them."""
    heard = Heard()
    logging.getLogger().addHandler(heard)
    told: list[str] = []
    try:
        project.start(error_reporter=lambda title, message: told.extend([title, message]))
        client = project.app.test_client(use_cookies=False)
        for name in ("fail", "answer", "slow"):
            path = f"/{name}/harbour/{SECRETS['path by schema']}"
            answer = client.post(path, json=SENT, headers=HEADERS, query_string=QUERY)
            said = answer.text
            assert shown(said) == {} or name == "answer"  # which says what it was told, as services do
        assert crash.flush(20)
    finally:
        logging.getLogger().removeHandler(heard)
    assert len(told) == 8
    everything = "\n".join([*told, (tmp_path / "crashes").read_text(), *heard.lines])
    assert shown(everything) == {}
    assert "harbour" in everything
    assert "other=shown" in everything
    fields = [line for line in map(json.loads, heard.lines[::3]) if line["message"] == "fields"]
    assert [(line["left"], line["place"], line["login"]["user"]) for line in fields] == [(2, "harbour", "me")]
    assert sum("(its arguments cannot be shown" in line for line in heard.lines) == 3


def test_the_console_shows_none(project: Project) -> None:
    """The same of all that the console tells: lists, details, reports, and calls that are made again."""
    get_config().console = "on"
    project.start()
    client = project.app.test_client(use_cookies=False)
    for name in ("fail", "answer", "slow"):
        path = f"/{name}/harbour/{SECRETS['path by schema']}"
        assert client.post(path, json=SENT, headers=HEADERS, query_string=QUERY).text
    assert crash.flush(20)
    sent = {"Authorization": f"Bearer {generate_token('me', data={'scope': 'console'})}"}
    told = [client.get("/doc/console/state", headers=sent)]
    state: Any = told[0].json
    process, troubles = state["process"]["id"], state["troubles"]
    assert [one["kind"] for one in troubles].count("slow") == 1
    sent |= {"X-Pymacaron-Console": "x", "Cookie": "pymacaron_console=x"}
    for row in state["calls"]:
        told.append(client.get(f"/doc/console/calls/{row['number']}", headers=sent))
        values = dict.fromkeys(json.loads(told[-1].text)["capsule"]["secrets"], "7")
        again = {"process": process, "number": row["number"], "values": values}
        told.append(client.post("/doc/console/replay", json=again, headers=sent))
    told += [client.get(f"/doc/console/errors/{one['id']}", headers=sent) for one in troubles]
    assert len(told) >= 10
    assert {answer.status_code for answer in told} == {200}
    everything = "\n".join(answer.text for answer in told)
    assert shown(everything) == {}
    assert "harbour" in everything
    assert "other=shown" in everything


# A call can be run again


SERVER = """
from flask import Flask
from pymacaron import API, letsgo

app = Flask(__name__)

def start(port=80, debug=False):
    API(app, port=port, debug=debug).load_apis("apis").start()

letsgo(__name__, callback=start)
"""


def test_replay(project: Project, tmp_path: Path) -> None:
    """`pymacaron replay` makes the very request of a report again, once it is told the secrets; it says which."""
    project.start()
    client = project.app.test_client(use_cookies=False)
    path = f"/answer/harbour/{SECRETS['path by schema']}"
    assert client.post(path, json=SENT, headers=HEADERS, query_string=QUERY).text
    assert crash.flush(20)
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "pym-config.yaml").write_text("name: shop\nlive_host: x\n")
    (tmp_path / "handlers.py").write_text(
        "import json\nfrom flask import request\n"
        "def answer(login, **more):\n"
        "    open('seen', 'w').write(json.dumps([request.full_path, request.json, sorted(request.cookies.items()),"
        " [request.headers[name] for name in ('Authorization', 'X-Api-Key', 'Plain', 'Shop')]]))\n"
        "    return {'error': 'DOWN'}, 503\n"
        "fail = slow = answer\n"
    )
    command = [str(Path(sys.executable).with_name("pymacaron")), "replay", "crashes"]
    refused = run(command, tmp_path)
    assert refused.returncode == 2
    assert "--token for token" in refused.stderr
    values = {
        "path.item": SECRETS["path by schema"], "query.session_id": SECRETS["query by name"],
        "query.voucher": SECRETS["query by schema"], "header.x-api-key": SECRETS["header by name"],
        "header.plain": SECRETS["header by schema"], "header.shop": SECRETS["header of an API key"],
        "cookie.one": SECRETS["cookie"], "cookie.two": SECRETS["second cookie"],
        "body.password": SECRETS["password"], "body.note": SECRETS["write only"], "body.hint": SECRETS["sensitive"],
        "body.codes": json.dumps(SENT["codes"]), "body.inner.pin": SECRETS["pin"],
        "body.deep": json.dumps(SENT["deep"]),
    }  # fmt: skip
    given = [f"--set={name}={value}" for name, value in values.items()]
    done = run([*command, "--token", SECRETS["token"], *given], tmp_path)
    assert done.stdout, done.stderr
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "HTTP 503 SERVICE UNAVAILABLE"), done.stderr
    assert "it was 503 then, too" in done.stderr
    full_path, seen, cookies, headers = json.loads((tmp_path / "seen").read_text())
    wanted = {"session_id": SECRETS["query by name"], "voucher": SECRETS["query by schema"], "other": "shown"}
    assert (full_path.partition("?")[0], dict(parse_qsl(full_path.partition("?")[2]))) == (path, wanted)
    assert seen == SENT
    assert cookies == [["one", SECRETS["cookie"]], ["two", SECRETS["second cookie"]]]
    assert headers == [HEADERS[name] for name in ("Authorization", "X-Api-Key", "Plain", "Shop")]


CAPSULE: dict[str, Any] = {
    "method": "GET", "path": "/x", "query": "", "headers": [["a", "b"]], "body": None, "status": 500, "secrets": {},
}  # fmt: skip


@pytest.mark.parametrize("odd", [
    *({name: odd} for name in ("method", "path", "query", "headers", "body") for odd in (5, ["x"], {"a": 5}, "\ud800")),
    {"method": "GET / HTTP/1.1\r\nX: y"}, {"headers": [["a", "b\r\nc: d"]]}, {"headers": [["a"]]}, {"secrets": ["a"]},
    {"secrets": {"\x1b[31mred": "text"}}, {"body": {"left_out": "\x1b[2J"}}, {"body": {"text": 5}},
])  # fmt: skip
def test_capsules_that_no_report_has_made(odd: dict[str, Any], tmp_path: Path) -> None:
    """A capsule that is none is refused before the service is imported, and commands no terminal."""
    (tmp_path / "capsule").write_text(json.dumps(CAPSULE | odd))
    told = CliRunner().invoke(replay, [str(tmp_path / "capsule"), "--app", "not_imported_yet:app"], color=True)
    assert told.exit_code == 2, told.exception
    assert "there is no not_imported_yet" not in told.output
    assert "\x1b" not in told.output


def test_files_without_capsules(tmp_path: Path) -> None:
    """Whatever a file holds, the command says that it is no report."""
    for text in (
        "",
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 10_000,
        "[[]]",
        '{"capsule": 5}',
        '{"method": 5, "call": "x"}',
    ):
        (tmp_path / "capsule").write_text(text)
        told = CliRunner().invoke(replay, [str(tmp_path / "capsule"), "--call", "abc"])
        assert told.exit_code == 2, told.exception
        assert "holds no capsule of the call abc" in told.output


# Texts

WORDS = ["password", "token", "api_key", "X-Auth-Token", "client_secret", "Authorization", "session"]
secrets = st.text(string.ascii_letters + string.digits + "!$%#/+=.-_ üß\"'\\\n", min_size=6, max_size=300)


@settings(max_examples=200)
@given(secrets, st.text(max_size=50), st.text(max_size=50))
def test_a_secret_is_found_by_value(secret: str, before: str, after: str) -> None:
    """What is known to be secret is in no text any more, however it is written there."""
    secret = f"s3{secret.strip()}cr"
    redaction = Redaction(Names())
    redaction.learn(secret)
    for spelling in (secret, quote(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        assert secret not in with_stars(redaction.clean(f"{before} {spelling} {after}"))
        assert spelling not in with_stars(redaction.clean(f"{before} {spelling} {after}"))


@given(st.sampled_from(WORDS), st.from_regex(r"[a-zA-Z0-9.+/-]{6,30}", fullmatch=True), st.text(max_size=20))
def test_a_secret_is_found_by_name(name: str, secret: str, around: str) -> None:
    """What stands behind a name that says so is secret in any text."""
    redaction = Redaction(Names())
    for text in (
        f"{around} {name}={secret}", f'{{"{name}": "{secret}"}}', f"{name}: {secret}", f"{name} = '{secret}'",
        f"https://x.example.com/?a=b&{name}={secret}&c=d", f"Authorization: Bearer {secret}",
        f"amqp://me:{secret.replace('/', '')}@host/",
    ):  # fmt: skip
        clean = with_stars(redaction.clean(text)).replace(around, "", 1)
        assert secret not in clean
        assert secret.replace("/", "") not in clean


@given(st.from_regex(r"s3[a-zA-Z0-9.+/\" -]{6,30}cr", fullmatch=True), st.booleans())
def test_a_secret_is_found_in_texts_in_texts(secret: str, in_list: bool) -> None:
    """What a name in a JSON text says is secret is found, be the text a parameter, or in a text of another one."""
    inner = json.dumps({"n": [{"password": [secret] if in_list else secret}]})
    outer = json.dumps({"payload": inner})
    redaction = Redaction(Names())
    query = redaction.pairs(f"q={quote(inner, safe='')}", "query")
    assert secret not in parse_qsl(redaction.tree(query))[0][1]
    for text in (inner, outer):
        redaction = Redaction(Names())
        body = redaction.json({"text": text}, "body")
        assert json.dumps(secret)[1:-1] not in json.loads(json.dumps(redaction.tree(body)))["text"]
        assert secret not in with_stars(redaction.clean(f"refused: {secret}"))


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/a/{code}", "/a/voucher-1"), ("/a/{code}", "/a/voucher%2F1"), ("/a/{code}.json", "/a/voucher-1.json"),
        ("/a%20b/{code}", "/a b/voucher-1"), ("/a/{code}?kind=x", "/a/voucher-1"),
        ("/{b-c}/{b_c}/{code}", "/1/2/voucher-1"),
    ],
)  # fmt: skip
def test_a_secret_is_found_in_the_path(template: str, path: str) -> None:
    """The secret variables of a path are found, however its template is written."""
    names = re.findall(r"{(.*?)}", template)
    hidden = {"type": "string", "x-sensitive": True}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": hidden if name == "code" else {"type": "string"}}
        for name in names
    ]
    (found,) = api_of({}, "3.1", {template: {"get": operation(parameters=parameters)}}).document.operations
    redaction = Redaction(names_of(found))
    asked = Asked(Request("GET", path, "kind=x", {}, b""), found, redaction)
    assert redaction.with_placeholders(asked.path) == re.sub("voucher(-|%2F)1", "{{path.code}}", path)
    assert "voucher" not in redaction.clean(unquote(path))


def test_userinfo_is_found_however_it_is_written() -> None:
    """Passwords in URLs are secret, with characters that should have been encoded, too; other parts of URLs are not."""
    redaction = Redaction(Names())
    for password in ("hunter2zz", "ab@hunter2zz", "ab/hunter2zz", "80hunter2zz/", "a/hunter2zz@x"):
        assert "hunter2zz" not in with_stars(redaction.clean(f"no answer of postgres://me:{password}@host/db"))
    for text in ("https://x.example.com/@me", "http://localhost:8080/a@b", "ftp://host/a and me@example.com"):
        assert with_stars(redaction.clean(text)) == text


def test_what_is_no_secret_is_shown() -> None:
    """Words that only look a little like it stay."""
    redaction = Redaction(Names())
    for text in ("KeyError: 'order'", "passenger=Ada", f"error_id={new_error_id()}", "a: b", "3 tokens were left"):
        assert with_stars(redaction.clean(text)) == text


def test_long_texts_take_no_time() -> None:
    """However long a text is, and whatever stands in it."""
    redaction = Redaction(Names())
    redaction.learn("known to be secret")
    for text in ("token" * 200_000, "a=" * 500_000, '"\\' * 500_000, "://" * 300_000, "eyJ" * 300_000, " " * 1_000_000):
        assert redaction.shown(text) is not None
        value: Any = {"a": text}
        assert redaction.tree(value) is not None
