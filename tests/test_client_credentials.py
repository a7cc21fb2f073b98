"""The credentials that documents demand of who calls: where they come from, where they go, and where they never do."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from clocks import within
from hypothesis import given, settings
from hypothesis import strategies as st
from peers import Received, peer
from services import JSON, Project, operation, project_in

from pymacaron import ApiPool, load_clients
from pymacaron.auth.checks import check_of
from pymacaron.client import Client, retries
from pymacaron.client import tokens as client_tokens
from pymacaron.client.credentials import sources_of
from pymacaron.client.security import Demand, Proof
from pymacaron.config import Config, get_config, load_config, read_credentials
from pymacaron.exceptions import (
    ArgumentFault,
    BadGatewayError,
    ConfigurationError,
    CredentialFault,
    DeadlineExceededError,
    ServiceUnavailableError,
    is_error,
)
from pymacaron.messages import Request, Response
from pymacaron.operations import Scheme

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"}, "login": {"type": "http", "scheme": "Basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"}, "digest": {"type": "http", "scheme": "hoba"},
    "query": {"type": "apiKey", "in": "query", "name": "api key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"}, "tls": {"type": "mutualTLS"},
    "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {"a": "", "b": ""}}}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://login.invalid/"},
}  # fmt: skip


def wanting(name: str, *requirements: dict[str, list[str]], **more: Any) -> dict[str, Any]:
    return operation(operationId=name, security=[*requirements], **more)


PATHS: dict[str, Any] = {
    **{f"/{name}": {"get": wanting(name, {name: []})} for name in SCHEMES},
    "/open": {"get": wanting("open")},
    "/maybe": {"get": wanting("maybe", {}, {"header": []})},
    "/either": {"get": wanting("either", {"login": []}, {"header": [], "cookie": []}, {"bearer": []})},
    "/unknown": {"get": wanting("unknown", {"nobody": []})},
    "/usual": {"get": operation(operationId="usual")},
    "/scoped": {"get": wanting("scoped", {"oauth": ["a", "b"]}), "post": wanting("send", {"oauth": []})},
    "/added": {"get": wanting("added", {"bearer": []}, x_decorate_request="pymacaron.auth.add_auth")},
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    with project_in(tmp_path) as made:
        yield made


Calling = Callable[..., Client]


@pytest.fixture
def calling(project: Project) -> Calling:
    """Gives the client of the API `there`, which is at a URL, with credentials."""
    path = project.document(PATHS, name="there", security=[{"bearer": []}], components={"securitySchemes": SCHEMES})

    def client(url: str, **credentials: Any) -> Client:
        get_config().clients = {"there": {"url": url, "credentials": credentials}}
        return ApiPool.add("there", yaml_path=str(path), timeout=5).client

    return client


def agreeing(got: Received) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": JSON}, b"true"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


# Where they go


@pytest.mark.parametrize(
    ("scheme", "given", "where", "sent"),
    [
        ("bearer", "tok-1", "authorization", "Bearer tok-1"),
        ("login", {"user": "ann", "password": "pä:ss"}, "authorization", basic("ann:pä:ss")),
        ("login", ("ann", "pw"), "authorization", basic("ann:pw")),
        ("digest", "abc", "authorization", "hoba abc"),
        ("oidc", "tok-2", "authorization", "Bearer tok-2"),
        ("oauth", "tok-3", "authorization", "Bearer tok-3"),
        ("header", "k-1", "x-key", "k-1"),
        ("cookie", "k=2", "cookie", "sid=k=2"),
        ("cookie", "k;2", "cookie", "sid=k%3B2"),
        ("query", "k&3 é", "", "/query?api%20key=k%263%20%C3%A9"),
        ("tls", True, "authorization", None),
        ("bearer", lambda: "made", "authorization", "Bearer made"),
        ("login", lambda: ("bob", "word"), "authorization", basic("bob:word")),
    ],
)  # fmt: skip
def test_where_they_go(calling: Calling, scheme: str, given: Any, where: str, sent: str | None) -> None:
    """Each goes where its scheme says: from the configuration, given for a call, or made by a function."""
    with peer(agreeing) as other:
        assert getattr(calling(other.url, **{scheme: given}), scheme)() is True
        assert getattr(calling(other.url), scheme)(credentials={scheme: given}) is True
        for got in other.received:
            assert (got.headers.get(where) if where else got.target) == sent


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
ASCII = st.text("aZ9%&=+;,\"'/?~-_.", min_size=1)
GIVEN = {
    "header": ASCII,
    "query": TEXTS,
    "cookie": TEXTS,
    "bearer": ASCII,
    "digest": ASCII,
    "oidc": ASCII,
    "login": TEXTS,
}


KINDS = {
    "header": ("apiKey", "header", "X-Key"), "query": ("apiKey", "query", "api key"),
    "cookie": ("apiKey", "cookie", "c"), "bearer": ("bearer", "", ""), "digest": ("http", "hoba", ""),
    "oidc": ("openIdConnect", "", ""), "login": ("basic", "", ""),
}  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(sorted(GIVEN)), st.data())
def test_both_ends(name: str, data: st.DataObject) -> None:
    """What a client sends is what the guard of a service reads."""
    nowhere: Any = None
    scheme = Scheme(name, *KINDS[name], nowhere)
    text = data.draw(GIVEN[name])
    user = text.replace(":", "") or "ann"
    credential = {"user": user, "password": text} if name == "login" else text
    request = Request("GET", "/", "a=b", {"cookie": "a=b"}, b"")
    sources = sources_of(read_credentials({name: credential}, hide=str), {name: scheme}.get, KINDS)
    Proof([(Demand(scheme, ()), sources[name])]).put(request, _nothing, 0)
    check = check_of(scheme, lambda *sent: True, "")
    assert check is not None
    assert check.read(request) == ((user, text) if name == "login" else (text,))


def _nothing(url: str, request: Request) -> Response:
    raise AssertionError(url)


def test_what_goes_out(calling: Calling) -> None:
    """The first alternative that all credentials are there for; the operation's own before the document's; none where
    none is wanted, and where they are optional, those that are there."""

    def sent(client: Client, name: str, **more: Any) -> set[str]:
        other.received.clear()
        assert getattr(client, name)(**more) is True
        (got,) = other.received
        return {text for name in ("authorization", "x-key", "cookie") if (text := got.headers.get(name))}

    with peer(agreeing) as other:
        client = calling(other.url, bearer="t", header="h")
        assert sent(client, "usual") == {"Bearer t"}
        assert sent(client, "open") == set()
        assert sent(client, "unknown") == set()
        assert sent(client, "maybe") == {"h"}
        assert sent(client, "either") == {"Bearer t"}
        assert sent(client, "either", credentials={"cookie": "c"}) == {"h", "sid=c"}
        assert sent(client, "either", request_headers={"Authorization": "mine"}) == {"mine"}
        assert sent(client, "usual", request_headers={"authorization": "mine"}) == {"mine"}
        assert sent(client, "usual", credentials={"bearer": "other"}) == {"Bearer other"}
        client = calling(other.url)
        assert sent(client, "maybe") == set()
        assert sent(client, "cookie", credentials={"cookie": "1"}, request_headers={"Cookie": "a=b"}) == {"a=b; sid=1"}


def test_nothing_is_sent_without(calling: Calling) -> None:
    """Where a credential is demanded that nobody has given, that is told before anything is sent."""
    with peer(agreeing) as other:
        client = calling(other.url, header="h")
        for name, wanted in (("usual", "bearer"), ("either", "login, or header and cookie, or bearer"), ("added", "b")):
            with pytest.raises(
                CredentialFault,
                match=rf"^nothing was sent: there\.{name}\(\) requires credentials, but none are set for {wanted}",
            ):
                getattr(client, name)()
        with pytest.raises(CredentialFault, match=r"the function for the credential bearer has to return a text"):
            client.bearer(credentials={"bearer": lambda: None})
        assert not other.received


def test_the_token_of_the_caller(project: Project, calling: Calling) -> None:
    """add_auth meets the demand for one, too."""
    from pymacaron.auth import backend_token

    with peer(agreeing) as other:
        client = calling(other.url)
        get_config().jwt_secret = "a secret of 32 bytes or more, please"  # type: ignore[assignment]
        with backend_token("cron") as token:
            assert client.added() is True
            assert asyncio.run(client.added.aio()) is True
        assert [got.headers["authorization"] for got in other.received] == [f"Bearer {token}"] * 2


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        ({"baerer": "t"}, r"no security scheme 'baerer'; did you mean 'bearer'\?"),
        ({"login": {"user": "ann", "pasword": "p"}}, r"'pasword' of login is unknown; did you mean 'password'\?"),
        ({"login": {"user": "ann"}}, "login lacks 'password'; write user and password"),
        ({"login": "ann"}, "'login' is a scheme of type basic; it takes user and password"),
        ({"bearer": {"user": "a", "password": "hunter22"}}, "'bearer' is a scheme of type bearer; it takes a token"),
        ({"oauth": {"client_id": "c"}}, "oauth lacks 'client_secret'"),
        ({"oauth": {"client_id": "c", "client_secret": "hunter22", "scops": "a"}}, r"did you mean 'scopes'\?"),
        ({"oidc": {"client_id": "c", "client_secret": "hunter22"}}, "tokens for 'oidc'; add token_url"),
        ({"header": "hunter22\n"}, "header has control characters, maybe the end of a line"),
        ({"header": 5}, "put quotes around a number"),
        ("hunter22", "write the name of a security scheme"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_them(calling: Calling, credentials: Any, told: str) -> None:
    """In the configuration it stops the start, in a call it is an ArgumentFault; what may be secret is not repeated."""
    client = calling("http://127.0.0.1:1")
    with pytest.raises(ArgumentFault, match=told) as in_call:
        client.usual(credentials=credentials)
    with pytest.raises(ConfigurationError, match=told) as in_configuration:
        _configured(credentials)
    assert "hunter22" not in f"{in_call.value} {in_configuration.value}"


def _configured(credentials: Any) -> None:
    get_config().clients = {"there": {"credentials": credentials}}
    ApiPool.there.check_calls()


def test_secrets_of_the_environment(project: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """env_secrets are found at any depth, stay texts whatever they look like, and are shown as stars."""
    file = tmp_path / "pym-config.yaml"
    file.write_text(
        "name: x\nlive_host: y\nenv_secrets: [KEY, PASSWORD]\nclients:\n"
        "  there: {credentials: {header: KEY, login: {user: ann, password: PASSWORD}}}"
    )
    config = load_config(str(file), {"KEY": "123456", "PASSWORD": "hunter22"})
    assert config.clients["there"]["credentials"]["header"] == "123456"
    assert "123456" not in repr(config)
    assert "hunter22" not in repr(config)
    file.write_text("name: x\nlive_host: y\nclients:\n  there: {credentials: {header: KEY}}")
    assert load_config(str(file), {"KEY": "123456"}).clients["there"]["credentials"]["header"] == "KEY"
    assert "there.credentials.header: KEY is not replaced by the variable; list it under env_secrets" in caplog.text


def test_an_api_that_is_served_here(project: Project) -> None:
    """Is called with credentials as well: what guards it guards it from everybody."""
    project.functions("def f(): return True")
    project.document(
        {"/f": {"get": operation("f", operationId="f", security=[{"header": []}])}},
        components={"securitySchemes": SCHEMES},
    )  # fmt: skip
    project.start(verifiers={"header": lambda key: key == "k-1"})
    with pytest.raises(CredentialFault):
        ApiPool.shop.client.f()
    assert ApiPool.shop.client.f(credentials={"header": "k-1"}) is True
    assert ApiPool.shop.client.f(credentials={"header": "k-2"}).status == 401


# Where they never go


def test_other_hosts_get_none(calling: Calling) -> None:
    """A redirect to another host takes no credential along; one to the same host takes all."""
    with peer(agreeing) as there:

        def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
            if got.target.startswith("/query"):
                return 307, {"Location": "/moved"}, b""
            return 307, {"Location": f"{there.url}/elsewhere"}, b""

        with peer(answer) as other:
            client = calling(other.url, query="k-9", header="h-9", cookie="c-9", bearer="b-9")
            for name in ("query", "header", "cookie", "bearer"):
                assert getattr(client, name)() is True
        assert other.received[1].target == "/moved?api%20key=k-9"
        for got in there.received:
            assert "-9" not in got.target + "".join(got.headers.values())


def test_nobody_is_told(calling: Calling, caplog: pytest.LogCaptureFixture) -> None:
    """Not errors, nor what is noted of answers, nor logs, nor reprs."""

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        sent = got.headers.get("authorization", "")
        said = (
            f"{got.target} {got.headers} {base64.b64decode(sent[6:])!r}" if "Basic" in sent else f"{got.target} {sent}"
        )
        return 400, {"Content-Type": "text/plain"}, said.encode()

    secrets = {"query": "hunter21", "bearer": "hunter22", "login": {"user": "ann", "password": "hunter23"}}
    with peer(answer) as other, caplog.at_level(logging.DEBUG):
        client = calling(other.url)
        told = []
        for name in secrets:
            error = getattr(client, name)(credentials=secrets)
            assert is_error(error)
            told += [str(error), repr(error), *error.__notes__]
        client = calling("http://127.0.0.1:1")
        told += [repr(client.query(credentials=secrets).__cause__.__cause__), repr(client.query), caplog.text]
    assert "127.0.0.1" in caplog.text
    assert "hunter" not in "".join(told)
    assert basic("ann:hunter23")[6:] not in "".join(told)


def test_recordings_have_none(calling: Calling, tmp_path: Path) -> None:
    """They are recorded with credentials, and need none to be asked again; so do fakes."""
    with peer(agreeing) as other:
        client = calling(other.url, query="hunter22")
        with ApiPool.there.recording(tmp_path / "tape.yaml"):
            assert client.query() is True
        assert other.received[0].target == "/query?api%20key=hunter22"
    get_config().clients = {}
    assert "api" not in (tmp_path / "tape.yaml").read_text().partition("path:")[2]
    with ApiPool.there.replaying(tmp_path / "tape.yaml"):
        assert client.query() is True
    with ApiPool.there.fake(query=False):
        assert client.query() is False
    with pytest.raises(CredentialFault):
        client.query()


# Tokens of OAuth2


class Issuer:
    """A token endpoint at /token, and operations that accept the token that is the newest."""

    def __init__(self) -> None:
        self.issued = 0
        self.valid = ""
        self.expires_in: Any = 3600
        self.forms: list[dict[str, list[str]]] = []
        self.answer: Callable[[], tuple[int, dict[str, str], bytes]] | None = None
        self.lock = threading.Lock()

    def __call__(self, got: Received) -> tuple[int, dict[str, str], bytes]:
        if got.target == "/token":
            return self.token(got)
        if got.headers.get("authorization") != f"Bearer {self.valid}":
            return 401, {}, b""
        return 200, {"Content-Type": JSON}, b"true"

    def token(self, got: Received) -> tuple[int, dict[str, str], bytes]:
        with self.lock:
            self.issued += 1
            self.forms.append(parse_qs(got.body.decode()))
            self.valid = f"issued-{self.issued}"
        if self.answer is not None:
            return self.answer()
        said = {"access_token": self.valid, "token_type": "bearer", "expires_in": self.expires_in}
        return 200, {"Content-Type": JSON}, json.dumps(said).encode()


GRANT = {"client_id": "the shop", "client_secret": "s:ecret 1"}


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    client_tokens._kept.clear()
    return Issuer()


def test_tokens_are_fetched_once(calling: Calling, issuer: Issuer) -> None:
    """By one call while others wait, with the scopes that the operation demands; then they are kept."""
    with peer(issuer) as other:
        client = calling(other.url, oauth=GRANT)
        with ThreadPoolExecutor(30) as pool:
            assert set(pool.map(lambda _: client.scoped(), range(100))) == {True}
        assert issuer.issued == 1
        assert issuer.forms == [{"grant_type": ["client_credentials"], "scope": ["a b"]}]
        (got,) = [got for got in other.received if got.target == "/token"]
        assert got.headers["authorization"] == basic("the+shop:s%3Aecret+1")  # RFC 6749 section 2.3.1
        assert "pymcallid" not in got.headers


def test_how_they_are_asked_for(calling: Calling, issuer: Issuer) -> None:
    """The configuration may name another endpoint, scopes, more fields, and the body for the secret."""
    with peer(issuer) as other, peer(agreeing) as api:
        more = {"token_url": f"{other.url}/token", "scopes": "c d", "fields": {"audience": "x"}, "secret_in": "body"}
        assert calling(api.url, oauth={**GRANT, **more}).scoped() is True
        form = {"client_id": ["the shop"], "client_secret": ["s:ecret 1"], "audience": ["x"], "scope": ["c d"]}
        assert issuer.forms == [{"grant_type": ["client_credentials"], **form}]
        assert api.received[0].headers["authorization"] == "Bearer issued-1"


def test_tokens_are_renewed(calling: Calling, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute before they expire; while that fails, the one that is there serves to its end."""
    gone = 0.0
    monkeypatch.setattr(client_tokens, "monotonic", lambda: time.monotonic() + gone)
    with peer(issuer) as other:
        client = calling(other.url, oauth=GRANT)
        for gone, issued in ((0, 1), (3530, 1), (3550, 2), (3600, 2)):  # noqa: B007 - the clock reads it
            assert client.scoped() is True
            assert issuer.issued == issued
        issuer.answer = lambda: (503, {}, b"")
        gone = 3550 + 3590
        for _ in range(2):
            client.scoped(max_attempts=1)
            assert other.received[-1].headers["authorization"] == "Bearer issued-2"
        assert issuer.issued == 3
        gone += 20
        assert isinstance(client.scoped(max_attempts=1), ServiceUnavailableError)
        issuer.answer, issuer.expires_in = None, "3600"
        assert client.scoped() is True
        assert client.scoped() is True
        assert issuer.issued == 5


@pytest.mark.parametrize("name", ["scoped", "send"])
def test_tokens_that_are_not_accepted(calling: Calling, issuer: Issuer, name: str) -> None:
    """Are replaced once, and the call is made again: a 401 says that nothing was done, whatever the method."""
    with peer(issuer) as other:
        client = calling(other.url, oauth=GRANT)
        call = getattr(client, name)
        assert call() is True
        issuer.valid = "another"
        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(lambda _: call(), range(20))) == {True}
        assert issuer.issued == 2
        issuer.valid = "another"
        assert call(max_attempts=1).status == 401
        assert call() is True
        assert issuer.issued == 3


def test_a_host_that_accepts_no_token(calling: Calling, issuer: Issuer) -> None:
    """Does not make every call fetch another one."""
    with peer(issuer) as other:
        client = calling(other.url, oauth=GRANT)
        issuer.answer = lambda: (200, {}, b'{"access_token": "wrong"}')
        for _ in range(3):
            assert client.scoped().status == 401
        assert issuer.issued == 1


@pytest.mark.parametrize(
    ("answer", "expected", "told", "fetches"),
    [
        ((400, {}, b'{"error": "invalid_client", "error_description": "hunter22"}'), BadGatewayError,
         "its endpoint answered 400 invalid_client", 1),
        ((401, {}, b"hunter22"), BadGatewayError, "its endpoint answered 401", 1),
        ((302, {"Location": "/elsewhere"}, b""), BadGatewayError, "its endpoint answered 302", 1),
        ((200, {}, b"hunter22"), BadGatewayError, "what its endpoint answered holds none", 1),
        ((200, {}, b'{"access_token": "a\\nb"}'), BadGatewayError, "what its endpoint answered holds none", 1),
        ((200, {}, b'{"access_token": "a", "token_type": "mac"}'), BadGatewayError, "its endpoint gives those of", 1),
        ((503, {}, b""), ServiceUnavailableError, "its endpoint answered 503", 3),
        (None, ServiceUnavailableError, "its endpoint gave none: ", 3),
    ],
)  # fmt: skip
def test_no_token(
    calling: Calling, issuer: Issuer, answer: Any, expected: type[Exception], told: str, fetches: int
) -> None:
    """Then the call is not made; what passes is tried again. Secrets are told to nobody."""
    issuer.answer = lambda: answer
    with peer(issuer) as other:
        error = calling(other.url, oauth=GRANT).scoped()
        assert type(error) is expected
        assert f"there.scoped was not answered: there is no token for it: {told}" in str(error)
        assert "hunter22" not in f"{error} {error.__notes__}"
        assert issuer.issued == fetches
        assert {got.target for got in other.received} == {"/token"}


def test_no_token_in_time(calling: Calling, issuer: Issuer) -> None:
    """All who wait for one have it no later than their deadline; nobody's failure is another's host being down."""

    def answer() -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.6)
        return 503, {}, b""

    issuer.answer = answer
    with peer(issuer) as other:
        client = calling(other.url, oauth=GRANT)
        with within(0.6), ThreadPoolExecutor(8) as pool:
            errors = list(pool.map(lambda _: client.scoped(timeout=0.3), range(8)))
        assert {type(error) for error in errors} == {DeadlineExceededError}
        assert client.bearer(credentials={"bearer": "x"}).status == 401


def test_swagger_2(project: Project, issuer: Issuer) -> None:
    """Its flow is called `application`; basic is a type."""
    text = json.dumps({
        "swagger": "2.0", "info": {"title": "x", "version": "1"}, "security": [{"oauth": []}],
        "paths": {"/f": {"get": {"operationId": "f", "responses": {"200": {"description": "", "schema": {}}}}}},
        "securityDefinitions": {
            "oauth": {"type": "oauth2", "flow": "application", "tokenUrl": "TOKEN", "scopes": {}},
            "login": {"type": "basic"},
        },
    })  # fmt: skip
    with peer(issuer) as other:
        client = ApiPool.add("old", yaml_str=text.replace("TOKEN", f"{other.url}/token")).client
        get_config().clients = {"old": {"url": other.url, "credentials": {"oauth": GRANT}}}
        assert client.f() is True
        with pytest.raises(ArgumentFault, match="'login' is a scheme of type basic; it takes user and password"):
            client.f(credentials={"login": "x"})


def test_the_start_tells(project: Project) -> None:
    """load_clients refuses credentials for schemes that the document does not have."""
    project.document(PATHS, name="there", components={"securitySchemes": SCHEMES})
    get_config().clients = {"there": {"credentials": {"haeder": "x"}}}
    with pytest.raises(ConfigurationError, match=r"clients\.there\.credentials: .*did you mean 'header'"):
        load_clients(project.folder / "apis")


def test_a_callable_in_the_configuration_is_kept() -> None:
    """The configuration takes functions from code."""
    assert Config(clients={"a": {"credentials": {"x": str}}}).clients["a"]["credentials"]["x"] is str
