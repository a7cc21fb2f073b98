"""Tokens and keys: what is written is read, by us and by others; what is not exactly right is not."""

from __future__ import annotations

import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import jwt
import pytest
from clocks import within
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from tokens import AUDIENCE, ED448, ISSUER, PRIVATE, RSA, SECRET, b64, claims, private_pem, public_pem, rsa_jwk, token

from pymacaron.auth import base64url, generate_token, load_auth_token, trust
from pymacaron.auth.faults import KeyFault
from pymacaron.auth.fetching import from_url
from pymacaron.auth.key_sets import Fetched, KeySet, Times
from pymacaron.auth.keys import pem_key, read_key_set, secret_key
from pymacaron.auth.tokens import Rules, read_token, write_token
from pymacaron.auth.trusting import Trust
from pymacaron.config import Config, set_config
from pymacaron.exceptions import (
    AuthInvalidTokenError,
    AuthTokenExpiredError,
    ConfigurationError,
    ServiceUnavailableError,
)

RULES = Rules((ISSUER,), (AUDIENCE,))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(-1e300, 1e300) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
MORE = st.dictionaries(
    st.text().filter(lambda name: name not in {"iss", "sub", "aud", "exp", "iat", "nbf"}), JSON_VALUES, max_size=4
)


@pytest.fixture(autouse=True)
def _own_config() -> Iterator[None]:
    yield
    set_config(None)


def config_of(**values: Any) -> Config:
    config = Config(name="shop", live_host="x", **values)
    set_config(config)
    return config


# Text


@given(st.binary(max_size=100))
def test_bytes_come_back(raw: bytes) -> None:
    """decode(encode(raw)) == raw."""
    assert base64url.decode(base64url.encode(raw)) == raw


@given(
    st.text(alphabet="ABab01-_+/=. \n\xe9", max_size=12) | st.from_regex(r"[A-Za-z0-9_-]{0,12}={0,2}", fullmatch=True)
)
def test_each_value_has_one_spelling(text: str) -> None:
    """What is decoded at all is what would have been encoded."""
    try:
        raw = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(raw) == text


# Tokens


def both_keys(algorithm: str) -> tuple[Any, Any]:
    """(our key, the other library's), for signing; each verifies, too."""
    if algorithm.startswith("HS"):
        return secret_key(SECRET * 2, algorithm), SECRET * 2
    return pem_key(private_pem(PRIVATE[algorithm]), algorithm), PRIVATE[algorithm]


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", *PRIVATE])
@settings(max_examples=5)
@given(MORE)
def test_tokens_are_read(algorithm: str, more: dict[str, Any]) -> None:
    """Claims come back from a token of ours, and from one of another library; and that library reads ours."""
    ours, theirs = both_keys(algorithm)
    whole = claims() | more

    def read(text: str) -> dict[str, Any]:
        return read_token(text, lambda kid, name: [ours] if name == ours.algorithm else [], RULES, whole["iat"] + 1)

    assert read(write_token(whole, ours)) == whole
    assert read(jwt.encode(whole, theirs, algorithm)) == whole
    public = theirs if isinstance(theirs, str) else theirs.public_key()
    plain = claims()
    assert jwt.decode(write_token(plain, ours), public, [algorithm], audience=AUDIENCE) == plain


def test_the_standards_example() -> None:
    """RFC 7515 appendix A.1 is verified; one bit less is not."""
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    signed = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    class Raw(str):
        __slots__ = ()

        def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
            return base64url.decode(key)

    verify = secret_key(Raw(), "HS256").verify
    assert verify(signed.encode(), base64url.decode(signature))
    assert not verify(signed.encode(), base64url.decode(signature[:-1] + "g"))


@given(
    st.integers(0, 2**40), st.integers(0, 1000), st.integers(-2000, 2000), st.integers(-2000, 2000),
    st.none() | st.integers(-2000, 2000),
)  # fmt: skip
def test_times(now: int, leeway: int, issued: int, expires: int, begins: int | None) -> None:
    """A token counts from iat and nbf on, and until just before exp, give or take the leeway."""
    key = secret_key(SECRET, "HS256")
    text = write_token(claims(iat=now + issued, exp=now + expires, nbf=None if begins is None else now + begins), key)
    rules = RULES._replace(leeway=leeway)
    begun = issued <= leeway and (begins is None or begins <= leeway)
    wanted: Any = AuthInvalidTokenError if not begun else AuthTokenExpiredError if expires <= -leeway else None
    with pytest.raises(wanted) if wanted else nullcontext():
        read_token(text, lambda kid, algorithm: [key], rules, now)


@given(st.text() | st.text(alphabet="abcABC012_-.", min_size=1), st.text(max_size=5))
def test_anything_else_is_refused(text: str, tail: str) -> None:
    """Whatever the text, it is refused as invalid; so is a good token with anything before or after it."""
    key = secret_key(SECRET, "HS256")
    changed = [text] + ([token() + tail, tail + token()] if tail else [])
    for one in changed:
        with pytest.raises(AuthInvalidTokenError):
            read_token(one, lambda kid, algorithm: [key], RULES, claims()["iat"] + 20)


# Keys


def test_keys_of_a_set() -> None:
    """Each key of a set verifies what its private half signs, whatever its kind; what cannot verify is passed over."""
    keys: list[Any] = [rsa_jwk(RSA, kid="RS256", alg="RS256")]
    for name, curve in (("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")):
        numbers = PRIVATE[name].public_key().public_numbers()
        size = (PRIVATE[name].key_size + 7) // 8
        x, y = (b64(value.to_bytes(size)) for value in (numbers.x, numbers.y))
        keys.append({"kty": "EC", "crv": curve, "x": x, "y": y, "kid": name})
    for key, curve in ((PRIVATE["EdDSA"], "Ed25519"), (ED448, "Ed448")):
        keys.append({"kty": "OKP", "crv": curve, "x": b64(key.public_key().public_bytes_raw()), "kid": curve})
    useless: list[Any] = [
        None, {}, {"kty": "oct", "k": "YWFh"}, {"kty": "RSA"}, rsa_jwk(RSA, use="enc"),
        rsa_jwk(RSA, kid=7, alg="RS256"),
        rsa_jwk(RSA, key_ops=["encrypt"]), rsa_jwk(RSA, alg="RS256", key_ops="verify"),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, rsa_jwk(RSA, alg="RSA-OAEP"),
        {"kty": "OKP", "crv": "X25519", "x": "AA"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}, rsa_jwk(RSA),
        {"kty": ["RSA"]}, {"kty": "RSA", "n": 5, "e": 3}, {"kty": "EC", "crv": ["P-256"], "x": "AA", "y": "AA"},
    ]  # fmt: skip
    found = read_key_set(json.dumps({"keys": [*useless, *keys]}).encode(), None)
    assert [key.kid for key in found] == ["RS256", "ES256", "ES384", "ES512", "Ed25519", "Ed448"]
    private = [PRIVATE[name] for name in ("RS256", "ES256", "ES384", "ES512", "EdDSA")] + [ED448]
    for key, signer in zip(found, private, strict=True):
        sign = pem_key(private_pem(signer), key.algorithm).sign
        assert sign is not None
        assert key.verify(b"text", sign(b"text"))
        assert not key.verify(b"texd", sign(b"text"))
        assert not key.verify(b"text", b"")


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"keys": {}}', '{"keys": []}', '{"keys": [{}]}', "[" * 9000])
def test_no_key_set(text: str) -> None:
    """What is no key set, or has no key for us, says so."""
    with pytest.raises(KeyFault):
        read_key_set(text.encode(), None)


NEW_RSA = rsa.generate_private_key(65537, 1024)
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"jwt_public_key": public_pem(RSA)}, "jwt_public_key: can be for any of RS256, RS384, .*; set jwt_algorithm"),
    ({"jwt_public_key": public_pem(RSA), "jwt_algorithm": "ES256"}, "jwt_public_key: is for RS256 or RS384"),
    ({"jwt_public_key": public_pem(NEW_RSA), "jwt_algorithm": "RS256"}, "has 1024 bits; RSA keys have at least 2048"),
    ({"jwt_public_key": public_pem(ec.generate_private_key(ec.SECP256K1()))}, "is on a curve that cannot sign tokens"),
    ({"jwt_public_key": public_pem(dsa.generate_private_key(1024))}, "is of a type that cannot sign tokens"),
    ({"jwt_public_key": "nowhere.pem"}, "jwt_public_key: cannot be read: No such file"),
    ({"jwt_public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}, "is not a key in PEM"),
    ({"jwt_private_key": public_pem(PRIVATE["ES256"])}, "jwt_private_key: is a public key; use jwt_public_key"),
    ({"jwt_secret": public_pem(RSA)}, "jwt_secret: is a key in PEM, not a secret"),
    ({"jwt_secret": SECRET, "jwt_algorithm": "RS256"}, "is RS256, which does not use a jwt_secret"),
    ({"jwt_jwks": "x.json", "jwt_algorithm": "HS256"}, "jwt_algorithm: is HS256, which takes a jwt_secret"),
    ({"jwt_secret": SECRET, "jwt_jwks": "x.json"}, "jwt_secret is one way to verify tokens, jwt_jwks another"),
    ({"jwt_public_key": "x", "jwt_jwks": "x.json"}, "jwt_jwks: is set, and so is jwt_public_key; remove one"),
    ({"jwt_jwks": "nowhere.json"}, "jwt_jwks: cannot be read"),
    ({"jwt_jwks": "ftp://example.com/keys"}, r"is not an http\(s\) address"),
    ({"jwt_jwks": "file:///etc/passwd"}, r"is not an http\(s\) address"),
    ({"jwt_jwks": "https://user:password@example.com/keys"}, r"is not an http\(s\) address"),
]  # fmt: skip


@pytest.mark.parametrize(("settings_made", "told"), FAULTS)
def test_keys_that_cannot_be_used(settings_made: dict[str, Any], told: str) -> None:
    """They are told with the setting, the fact and the cure, and never shown."""
    config_of(**settings_made)
    with pytest.raises(ConfigurationError, match=told) as caught:
        trust()
    assert "MII" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where cryptography is not installed, a secret works, and a public key says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "cryptography", None)
    monkeypatch.delitem(__import__("sys").modules, "pymacaron.auth.asymmetric", raising=False)
    monkeypatch.delattr("pymacaron.auth.asymmetric", raising=False)
    config_of(jwt_secret=SECRET)
    assert load_auth_token(generate_token("ada"), load=False)["sub"] == "ada"
    config_of(jwt_public_key=public_pem(PRIVATE["ES256"]))
    with pytest.raises(ConfigurationError, match=r"pip install 'pymacaron\[crypto\]'"):
        trust()


def test_a_password_on_a_key(tmp_path: Path) -> None:
    """A private key that is encrypted says so; one in a file beside the configuration works."""
    from cryptography.hazmat.primitives import serialization as s  # only here

    locked = PRIVATE["ES256"].private_bytes(
        s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"password")
    )
    config_of(jwt_private_key=locked.decode())
    with pytest.raises(ConfigurationError, match="has a password"):
        trust()
    (tmp_path / "key.pem").write_text(private_pem(PRIVATE["ES256"]))
    config = Config(name="shop", jwt_private_key="key.pem")
    config.config_file = str(tmp_path / "pym-config.yaml")
    set_config(config)
    assert jwt.get_unverified_header(generate_token("ada"))["alg"] == "ES256"


def test_how_long_a_token_is_valid() -> None:
    """A day, or what `jwt_token_timeout` or the caller says, from when it is issued."""
    for settings_made, asked, lasts in (({}, None, 86400), ({"jwt_token_timeout": 60}, None, 60), ({}, 5, 5)):
        config_of(jwt_secret=SECRET, **settings_made)
        made = load_auth_token(generate_token("ada", expire_in=asked), load=False)
        assert made["exp"] - made["iat"] == lasts


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a signature begins with, all of it is compared, by the function whose time does not depend on it."""
    compared: list[int] = []

    def seen(ours: bytes, sent: bytes) -> bool:
        compared.append(len(ours))
        return compare_digest(ours, sent)

    compare_digest = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", seen)
    key = secret_key(SECRET, "HS256")
    good = hmac.digest(SECRET.encode(), b"text", "sha256")
    assert [key.verify(b"text", sent) for sent in (good, b"x" + good[1:], good[:-1] + b"x")] == [True, False, False]
    assert compared == [32, 32, 32]


def test_short_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """A secret that is shorter than the hash is warned of, without a word of it (RFC 7518 section 3.2)."""
    config_of(jwt_secret="sesame-open", jwt_algorithm="HS512")
    trust()
    assert "jwt_secret has 11 bytes; HS512 requires at least 64" in caplog.text
    assert "sesame" not in caplog.text


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://example.com/keys", True), ("HTTPS://example.com", True), ("http://localhost:80/k", True),
        ("http://127.0.0.1/k", True), ("http://example.com/keys", False), ("http://localhost.example.com/k", False),
    ],
)  # fmt: skip
def test_addresses(address: str, is_safe: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Keys that come over the network without TLS are warned of; nothing is fetched before there is a token."""
    config_of(jwt_jwks=address, jwt_issuer=ISSUER)
    trust()
    assert ("not an https address" in caplog.text) is not is_safe


def test_settings_count_at_once() -> None:
    """A setting that is changed in code counts for the next token."""
    config = config_of(jwt_secret=SECRET)
    old = generate_token("ada")
    config.jwt_issuer = ["us", "them"]
    with pytest.raises(AuthInvalidTokenError):
        load_auth_token(old, load=False)
    assert load_auth_token(generate_token("ada"), load=False)["iss"] == "us"
    assert load_auth_token(generate_token("ada", issuer="them"), load=False)["iss"] == "them"
    with pytest.raises(AuthInvalidTokenError):
        load_auth_token(generate_token("ada", issuer="others"), load=False)
    config.jwt_issuer, config.jwt_audience = None, ["a", "b"]
    assert load_auth_token(generate_token("ada"), load=False)["aud"] == ["a", "b"]
    assert trust() is trust()


def test_whom_a_public_key_trusts(caplog: pytest.LogCaptureFixture) -> None:
    """Without an issuer in the configuration every issuer is accepted, with a warning; without an audience, tokens that
    are for nobody in particular."""
    now = claims()["iat"] + 20
    verifying = Trust(config_of(jwt_public_key=public_pem(PRIVATE["ES256"])), lambda: now)
    assert "jwt_issuer is not set" in caplog.text
    assert verifying.verify(jwt.encode(claims(aud=None), PRIVATE["ES256"], "ES256")).user == "ada"
    with pytest.raises(AuthInvalidTokenError, match="audience"):
        verifying.verify(jwt.encode(claims(), PRIVATE["ES256"], "ES256"))
    with pytest.raises(ConfigurationError, match="no key to sign tokens with"):
        verifying.issue("ada")


# Key sets that change


class Source:
    """A key set as its server sees it: how often it was asked, what it answers; None: it is down."""

    def __init__(self, *kids: str) -> None:
        self.asked = 0
        self.fresh: float | None = None
        self.kids: tuple[str, ...] | None = kids

    def __call__(self) -> Fetched:
        self.asked += 1
        if self.kids is None:
            raise KeyFault("is down", "")
        keys = [rsa_jwk(RSA, kid=kid, alg="RS256") for kid in self.kids]
        return Fetched(json.dumps({"keys": keys}).encode(), self.fresh)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def kids(keys: KeySet, kid: str | None = None) -> list[str | None]:
    return [key.kid for key in keys.find(kid, "RS256")]


def wait_for(there: Callable[[], bool]) -> None:
    """Until a thread has done its work."""
    for thread in threading.enumerate():
        if thread.name == "pymacaron keys":
            thread.join(10)
    assert there()


def test_a_key_set_is_kept() -> None:
    """It is fetched once for all who ask; an unknown kid leads to one more fetch, and not again within the pause."""
    clock, source = Clock(), Source("one", "two")
    keys = KeySet("jwt_jwks", source, None, times=Times(pause=10), clock=clock)
    assert kids(keys) == ["one", "two"]
    assert [kids(keys, kid) for kid in ("one", "two")] == [["one"], ["two"]]
    assert source.asked == 1
    source.kids = ("two", "three")
    assert kids(keys, "three") == []  # just fetched
    clock.now += 11
    assert kids(keys, "three") == ["three"]
    assert [kids(keys, f"unknown{number}") for number in range(100)] == [[]] * 100
    assert source.asked == 2
    assert kids(keys, "one") == []
    assert list(keys.find("two", "ES256")) == []


def test_a_server_that_is_down() -> None:
    """Keys are fetched anew behind a request when they are no longer fresh; while that fails they count until they
    end, and then nothing is verified."""
    clock, source = Clock(), Source("one")
    keys = KeySet("jwt_jwks", source, None, times=Times(fresh=100, kept=1000, pause=10), clock=clock)
    assert kids(keys, "one") == ["one"]
    source.kids = None
    clock.now += 101
    assert kids(keys, "one") == ["one"]
    wait_for(lambda: source.asked == 2)
    assert kids(keys, "one") == ["one"]
    assert source.asked == 2  # not again within the pause
    clock.now += 898
    assert kids(keys, "one") == ["one"]
    wait_for(lambda: source.asked == 3)
    clock.now += 11
    with pytest.raises(ServiceUnavailableError):
        kids(keys, "one")
    source.kids = ("new",)
    with pytest.raises(ServiceUnavailableError):
        kids(keys, "new")
    clock.now += 11
    assert kids(keys, "new") == ["new"]


def test_how_long_a_set_is_fresh() -> None:
    """As long as its server says, within bounds."""
    for said, fresh in ((None, 100.0), (500.0, 500.0), (0.0, 50.0), (1e9, 800.0)):
        clock, source = Clock(), Source("one")
        source.fresh = said
        keys = KeySet("jwt_jwks", source, None, times=Times(100, 50, 800, 1000, 10), clock=clock)
        for after, asked in ((fresh - 1, 1), (fresh + 1, 2)):
            clock.now = 1000 + after if source.asked else 1000
            kids(keys)
            clock.now = 1000 + after
            kids(keys)
            wait_for(lambda: source.asked == asked)  # noqa: B023 - called at once


def test_many_threads_fetch_once() -> None:
    """However many requests come at once, the source is asked once."""
    source = Source("one")
    keys = KeySet("jwt_jwks", source, None)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(kids(keys, "one"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [["one"]] * 20
    assert source.asked == 1


def test_a_slow_source_holds_up_few() -> None:
    """While a fetch hangs, known keys count at once, and who names another waits until the patience is over: those who
    come later do not wait, however many they are. One fetch is under way at most; what it brings counts."""
    clock, source, going = Clock(), Source("one"), threading.Event()
    going.set()

    def slowly() -> Fetched:
        fetched = source()
        going.wait(10)
        return fetched

    keys = KeySet("jwt_jwks", slowly, None, times=Times(fresh=100, pause=10, patience=0.2), clock=clock)
    assert kids(keys, "one") == ["one"]
    source.kids = ("one", "two")
    clock.now += 11
    going.clear()
    began = perf_counter()
    assert kids(keys, "two") == []
    assert 0.15 < perf_counter() - began < 5
    clock.now += 100  # stale, and long after the pause
    with within(0.15):
        assert [kids(keys, "one"), kids(keys, "two")] * 50 == [["one"], []] * 50
    assert source.asked == 2
    going.set()
    wait_for(lambda: kids(keys, "two") == ["two"])
    assert source.asked == 2


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        set_of_keys = json.dumps({"keys": [rsa_jwk(RSA, kid="one", alg="RS256")]}).encode()
        if self.path == "/keys":
            self.answer(200, set_of_keys, ("Cache-Control", "public, max-age=77"))
        elif self.path == "/moved":
            self.answer(302, b"", ("Location", "/keys"))
        elif self.path == "/to-a-file":
            self.answer(302, b"", ("Location", "file:///etc/passwd"))
        elif self.path == "/long":
            self.answer(200, b" " * 600_000)
        elif self.path in ("/slow-headers", "/slow-body"):
            self.drip(b"X-Header: " if "headers" in self.path else b"Content-Length: 9999\r\n\r\n")
        else:
            self.answer(500, b"")

    def drip(self, start: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + start)
        with suppress(OSError):
            while True:
                self.wfile.write(b" ")
                sleep(0.02)

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def key_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_never_ends(part: str) -> None:
    """However it spreads its bytes, an answer takes no longer than it may."""
    with key_server() as address, within(2), pytest.raises(KeyFault, match="takes longer than"):
        from_url(f"{address}/slow-{part}", 0.2)


def test_over_http(caplog: pytest.LogCaptureFixture) -> None:
    """A set is fetched when the first token comes, also where it has moved to; once the server is gone it still counts.
    A server that fails, sends too much or leads elsewhere is a fault."""
    with key_server() as address:
        assert from_url(f"{address}/keys").fresh == 77
        for path in ("/to-a-file", "/long", "/broken"):
            with pytest.raises(KeyFault):
                from_url(address + path)
        config = config_of(jwt_jwks=f"{address}/moved", jwt_issuer=ISSUER, jwt_audience=AUDIENCE)
        text = jwt.encode(claims(), RSA, "RS256", headers={"kid": "one"})
        assert load_auth_token(text, load=False)["sub"] == "ada"
    assert load_auth_token(text, load=False)["sub"] == "ada"
    config.jwt_jwks = f"{address}/keys"
    with pytest.raises(ServiceUnavailableError), caplog.at_level(logging.WARNING):
        load_auth_token(text, load=False)
    assert "jwt_jwks cannot be fetched (URLError); no token can be verified" in caplog.text
