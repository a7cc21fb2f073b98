"""Reporters, against real servers: who is configured is told, and what one lacks is said at once."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cures import same

from pymacaron import crash
from pymacaron.config import Config, Secret, set_config
from pymacaron.config.settings import REPORTERS
from pymacaron.crash import flush, report_error, start
from pymacaron.exceptions import ConfigurationError

Taken = list[tuple[str, dict[str, str], bytes]]


@pytest.fixture(autouse=True)
def _reports_are_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NO_ERROR_REPORTING", raising=False)
    yield
    set_config(None)


def tell(title: str = "it <broke> & more", **settings: Any) -> None:
    """Report one error to the reporters that are configured."""
    set_config(Config(name="shop", live_host="shop.example.com", **settings))
    start()
    try:
        raise KeyError("the key")
    except KeyError as error:
        report_error(title, data={"order": 5}, caught=error)
    assert flush(20)


class Http(HTTPServer):
    """A server that takes what is posted."""

    def __init__(self, status: int = 200) -> None:
        self.taken: Taken = []
        self.status = status
        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever, args=[0.01], daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Http:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Http

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")  # counts with a status of a redirect
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


TITLE = "NON-FATAL BACKEND ERROR shop test_crash_reporters.tell(): it <broke> & more"


def test_log(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the title, a summary for people, and the report for programs."""
    tell(report_to=["log"])
    (record,) = caplog.records
    assert (record.name, record.levelname, record.getMessage()) == ("pymacaron.crash", "ERROR", TITLE)
    assert record.report["data"] == {"order": 5}  # type: ignore[attr-defined]
    assert "KeyError: 'the key'\n  " in str(record.exc_text)


def test_file(tmp_path: Path) -> None:
    """The file has a line for each report, and is nobody else's."""
    path = tmp_path / "crashes.jsonl"
    for _ in range(2):
        tell(report_to=["file"], report_file=str(path))
    reports = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [report["title"] for report in reports] == [TITLE, TITLE]
    assert path.stat().st_mode & 0o077 == 0
    os.truncate(path, 10_000_001)
    tell(report_to=["file"], report_file=str(path))
    tell(report_to=["file"], report_file=str(path))
    assert len(path.read_text("utf-8").splitlines()) == 1


def test_slack() -> None:
    """Slack gets a message by the webhook, with its control characters escaped."""
    with Http() as server:
        tell(report_to=["slack"], report_slack_webhook=f"{server.url}/services/T0/B0/secret")
        ((path, headers, body),) = server.taken
    text = json.loads(body)["text"]
    assert path == "/services/T0/B0/secret"
    assert headers["content-type"] == "application/json"
    assert text.startswith(f"*{TITLE.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}*\n```")
    assert "KeyError: 'the key'" in text
    assert len(text) < 4500


def test_slack_shows_text_as_text() -> None:
    """No text of a caller's leaves the block of code it stands in, or calls people."""
    with Http() as server:
        config = {"report_to": ["slack"], "report_slack_webhook": f"{server.url}/x"}
        tell("``` <!channel> *bold* ```", **config)
        ((_, _, body),) = server.taken
    text = json.loads(body)["text"]
    assert (text.count("```"), text.count("<")) == (2, 0)


def test_several_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each of several reporters is told, whatever becomes of the others."""
    path = tmp_path / "crashes.jsonl"
    with Http(status=500) as server:
        files: dict[str, Any] = {"report_file": str(path), "report_slack_webhook": f"{server.url}/x"}
        tell(report_to=["slack", "file", "log"], **files)
        assert len(server.taken) == 1
    assert len(path.read_text("utf-8").splitlines()) == 1
    told = sorted((record.levelname, record.getMessage()[:26]) for record in caplog.records)
    assert told == [("ERROR", TITLE[:26]), ("WARNING", "the crash reporter slack f")]


def test_slack_refuses(caplog: pytest.LogCaptureFixture) -> None:
    """What a server refuses is logged, without the address, which is a secret."""
    with Http(403) as server:
        tell(report_to=["slack"], report_slack_webhook=f"{server.url}/services/T0/B0/secret")
    (message,) = caplog.messages
    assert message.startswith("the crash reporter slack failed: HTTPError: HTTP Error 403")
    tell(report_to=["slack"], report_slack_webhook=f"{server.url}/services/T0/B0/secret")
    assert "services/T0" not in caplog.text


COLLECTOR: dict[str, Any] = {"report_to": ["webhook"], "report_webhook_authorization": "Bearer of-the-collector"}


def test_webhook(tmp_path: Path) -> None:
    """A webhook gets the report that the file gets, whole, with the credentials that are configured and no others."""
    path = tmp_path / "crashes.jsonl"
    with Http() as server:
        both = COLLECTOR | {"report_to": ["webhook", "file"], "report_file": str(path)}
        tell(**both, report_webhook=f"{server.url}/x?y")
        tell(report_to=["webhook"], report_webhook=server.url)
        (where, headers, body), (_, others, _) = server.taken
    assert json.loads(body) == json.loads(path.read_text("utf-8"))
    assert (json.loads(body)["title"], json.loads(body)["data"]) == (TITLE, {"order": 5})
    assert (where, headers["content-type"]) == ("/x?y", "application/json")
    assert (headers["authorization"], others.get("authorization")) == ("Bearer of-the-collector", None)


def test_webhook_that_has_moved(caplog: pytest.LogCaptureFixture) -> None:
    """A redirect is told as a failure: no credentials go elsewhere, and no report is thought to have arrived."""
    with Http(302) as server:
        tell(**COLLECTOR, report_webhook=f"{server.url}/collector/4711")
        assert [path for path, _, _ in server.taken] == ["/collector/4711"]
    (message,) = caplog.messages
    assert message.startswith("the crash reporter webhook failed: HTTPError: HTTP Error 302")
    assert "of-the-collector" not in caplog.text


class Box:
    """What an SMTP server was sent: by whom, to whom, and the text."""

    def __init__(self) -> None:
        self.mails: list[tuple[bool, list[str], str]] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as it is called
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.mails.append((encrypted, envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"correct horse")


@contextmanager
def smtp(box: Box, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    """A server on a port of its own; with `tls`, encrypted from the start."""
    loop = asyncio.new_event_loop()
    made = partial(SMTP, box, loop=loop, authenticator=box.authenticate, **options)
    server = loop.run_until_complete(loop.create_server(made, "127.0.0.1", 0, ssl=tls))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of a server for localhost whom clients trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


TO = ["a@example.com", "b@example.com"]
MAIL: dict[str, Any] = {"report_to": ["email"], "smtp_host": "localhost", "report_email_to": TO}
LOGIN: dict[str, Any] = {"smtp_user": "shop", "smtp_password": "correct horse"}


def test_email(certificate: ssl.SSLContext) -> None:
    """Email goes to a server that has to offer STARTTLS first, and wants a login."""
    box = Box()
    with smtp(box, tls_context=certificate, require_starttls=True, auth_required=True) as port:
        tell("one\r\nX-Forged: header", smtp_port=port, **MAIL, **LOGIN)
    ((encrypted, to, text),) = box.mails
    assert encrypted
    assert to == TO
    assert box.logins == [(b"shop", b"correct horse")]
    mail = message_from_string(text, policy=policy.default)
    assert mail["X-Forged"] is None
    assert mail["From"] == "shop@shop.example.com"
    assert mail["Subject"].endswith("tell(): one X-Forged: header")
    assert json.loads(mail.get_content())["data"] == {"order": 5}


def test_email_by_tls(certificate: ssl.SSLContext) -> None:
    """Or by TLS from the start."""
    box = Box()
    with smtp(box, certificate, auth_require_tls=False) as port:
        tell(smtp_port=port, smtp_security="tls", **MAIL, **LOGIN)
    assert [encrypted for encrypted, _, _ in box.mails] == [True]
    assert box.logins == [(b"shop", b"correct horse")]


def test_no_password_in_clear(caplog: pytest.LogCaptureFixture, certificate: ssl.SSLContext) -> None:
    """A server that cannot encrypt gets no password, nor one whose certificate nobody vouches for."""
    box = Box()
    with smtp(box, auth_require_tls=False) as port:
        tell(smtp_port=port, **MAIL, **LOGIN)
    del os.environ["SSL_CERT_FILE"]
    with smtp(box, tls_context=certificate) as port:
        tell(smtp_port=port, **MAIL, **LOGIN)
    assert (box.mails, box.logins) == ([], [])
    told = [record.getMessage() for record in caplog.records if record.name == "pymacaron.crash"]
    assert ["STARTTLS" in told[0], "certificate verify failed" in told[1]] == [True, True]


def test_sentry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentry gets an event with the exception, its frames, the call and the data."""
    with Http() as server:
        dsn = server.url.replace("http://", "http://key@") + "/42"
        tell(report_to=["sentry"], report_sentry_dsn=dsn)
        ((path, headers, body),) = server.taken
    encoding = headers.get("content-encoding")
    lines = (gzip.decompress(body) if encoding == "gzip" else zlib.decompress(body) if encoding else body).splitlines()
    (event,) = [one for one in map(json.loads, lines) if "exception" in one]
    assert path == "/api/42/envelope/"
    assert (event["message"], event["level"]) == (TITLE, "error")
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("KeyError", "'the key'")
    assert exception["stacktrace"]["frames"][-1]["function"] == "tell"
    assert event["contexts"]["data"] == {"order": 5}
    assert event["tags"]["call_id"]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "file": ({"report_to": ["file"]}, "report_file: is not set, and report_to names 'file'"),
    "slack": ({"report_to": ["log", "slack"]}, "report_slack_webhook: is not set"),
    "webhook": ({"report_to": ["webhook"]}, "report_webhook: is not set"),
    "no URL": (
        {**COLLECTOR, "report_webhook": "/var/log"},
        "report_webhook: is not an HTTP URL; write one that begins",
    ),
    "email": ({"report_to": ["email"]}, "report_email_to: is not set.*\n.*smtp_host: is not set"),
    "sentry": ({"report_to": ["sentry"]}, "report_sentry_dsn: is not set, nor is SENTRY_DSN"),
    "clear": ({**MAIL, **LOGIN, "smtp_security": "none"}, "smtp_security: is none, and smtp_password would be sent"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_missing(name: str) -> None:
    """A reporter that cannot report stops the start, with all that it lacks."""
    settings, fact = FAULTS[name]
    set_config(Config(name="shop", live_host="x", **settings))
    with pytest.raises(ConfigurationError, match=fact):
        start()


def test_reporters_are_listed() -> None:
    """`report_to` may name the files of the room, and no others."""
    files = (Path(crash.__file__).parent / "reporters").glob("by_*.py")
    cure = "REPORTERS there lists src/pymacaron/crash/reporters/by_NAME.py by their names, with the settings they need"
    same("src/pymacaron/config/settings.py", REPORTERS, (file.stem.removeprefix("by_") for file in files), cure)


def test_names_of_reporters() -> None:
    """One name or several; what is none says which there are."""
    assert Config(report_to="slack").report_to == ["slack"]
    assert Config(report_to=["log", "log", "Email"]).report_to == ["log", "email"]
    with pytest.raises(ConfigurationError, match="did you mean 'slack'"):
        Config(report_to=["slak"])
    assert isinstance(Config(report_slack_webhook="https://x").report_slack_webhook, Secret)
