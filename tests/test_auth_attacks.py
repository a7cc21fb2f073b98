"""Attempts to get in without a good credential. Each is refused with the right code, on the lane and through Flask's
own dispatch, before the body is read; and what was sent, or is secret, is in no answer and no log."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from roads import ask
from services import body, operation, project_in
from tokens import (
    AUDIENCE,
    ISSUER,
    OTHER_RSA,
    PRIVATE,
    RSA,
    SECRET,
    b64,
    claims,
    private_pem,
    public_pem,
    rsa_jwk,
    signed,
    token,
)

from pymacaron.config import Config, set_config

MISSING, INVALID, EXPIRED = "AUTHORIZATION_HEADER_MISSING", "TOKEN_INVALID", "TOKEN_EXPIRED"
NOW = time.time
HEADER = {"alg": "HS256", "typ": "JWT"}
EC = PRIVATE["ES256"]
PUBLIC = public_pem(RSA)
FORM = "application/x-www-form-urlencoded"
MEMBERS = "protected", "payload", "signature"  # RFC 7515 section 7.2.2


class Attack(NamedTuple):
    """What is sent, made when the test runs; the keys that the service has, and the code of the refusal."""

    name: str
    headers: Callable[[], dict[str, str]]
    code: str = INVALID
    keys: str = "secret"
    query: str = ""
    body: bytes = b"{"  # not JSON: nobody gets so far as to be told


def bearer(make: Callable[[], str]) -> Callable[[], dict[str, str]]:
    return lambda: {"Authorization": f"Bearer {make()}"}


def header(**changed: Any) -> Callable[[], dict[str, str]]:
    """A token that is rightly signed, with another header."""
    return bearer(lambda: token(**changed))


def claim(**changed: Any) -> Callable[[], dict[str, str]]:
    """A token that is rightly signed, with other claims."""
    return bearer(lambda: token(claims(**changed)))


def payload(value: Any) -> Callable[[], dict[str, str]]:
    """A token that is rightly signed, around something else than claims."""
    return bearer(lambda: token(value))


def parts(change: Callable[[list[str]], list[str]]) -> Callable[[], dict[str, str]]:
    """A good token whose three parts are changed."""
    return bearer(lambda: ".".join(change(token().split("."))))


def plain(text: str) -> Callable[[], dict[str, str]]:
    return lambda: {"Authorization": text}


def unsigned(algorithm: object) -> Callable[[], dict[str, str]]:
    return bearer(lambda: f"{b64({'alg': algorithm, 'typ': 'JWT'})}.{b64(claims())}.")


def other_last_character(part: str) -> str:
    """The same bytes, spelt with other bits after the end: 32 bytes leave two of them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) ^ 1]


def with_pyjwt(key: Any, algorithm: str, **more: Any) -> Callable[[], dict[str, str]]:
    return bearer(lambda: jwt.encode(claims(), key, algorithm, **more))


def es256(signature: Callable[[bytes], bytes]) -> Callable[[], dict[str, str]]:
    def make() -> str:
        text = f"{b64({'alg': 'ES256', 'typ': 'JWT'})}.{b64(claims())}"
        return f"{text}.{b64(signature(text.encode()))}"

    return bearer(make)


ATTACKS = [
    # No token, or not where tokens are
    Attack("nothing", dict, MISSING),
    Attack("empty header", plain(""), MISSING),
    Attack("only the scheme", plain("Bearer")),
    Attack("scheme and a space", plain("Bearer ")),
    Attack("no scheme", lambda: {"Authorization": token()}, MISSING),
    Attack("another scheme", lambda: {"Authorization": f"Token {token()}"}, MISSING),
    Attack("scheme JWT", lambda: {"Authorization": f"JWT {token()}"}, MISSING),
    Attack("scheme with a colon", lambda: {"Authorization": f"Bearer: {token()}"}, MISSING),
    Attack("longer scheme", lambda: {"Authorization": f"BearerToken {token()}"}, MISSING),
    Attack("tab after the scheme", lambda: {"Authorization": f"Bearer\t{token()}"}, MISSING),
    Attack("no-break space after the scheme", lambda: {"Authorization": f"Bearer\xa0{token()}"}, MISSING),
    Attack("basic", plain("Basic YWRhOmVuZ2luZQ=="), MISSING),
    Attack("letter case does not make it good", lambda: {"Authorization": f"bEARER {token()}x"}),
    Attack("two tokens in one header", lambda: {"Authorization": f"Bearer {token()}, Bearer {token()}"}),
    Attack("basic and bearer in one header", lambda: {"Authorization": f"Basic YTpi, Bearer {token()}"}, MISSING),
    Attack("token in quotes", lambda: {"Authorization": f'Bearer "{token()}"'}),
    Attack("in another header", lambda: {"X-Authorization": f"Bearer {token()}"}, MISSING),
    Attack("in Proxy-Authorization", lambda: {"Proxy-Authorization": f"Bearer {token()}"}, MISSING),
    Attack("in the query", dict, MISSING, query="access_token=TOKEN&token=Bearer%20TOKEN"),
    Attack("in the body", lambda: {"Content-Type": FORM}, MISSING, body=b"access_token=T"),
    Attack("cookie without the scheme", lambda: {"Cookie": f"token={token()}"}, MISSING),
    Attack("cookie of another name", lambda: {"Cookie": f"access_token=Bearer {token()}"}, MISSING),
    Attack("cookie in capitals", lambda: {"Cookie": f"TOKEN=Bearer {token()}"}, MISSING),
    Attack("two cookies", lambda: {"Cookie": f"token=Bearer {token()}; token=Bearer {token(claims(sub='eve'))}"}),
    Attack("bad cookie", lambda: {"Cookie": f"token=Bearer {token()}x"}),
    Attack("bad header, good cookie", lambda: {"Authorization": "Bearer x", "Cookie": f"token=Bearer {token()}"}),
    # alg: none, and algorithms that are not ours
    Attack("alg none", unsigned("none")),
    Attack("alg None", unsigned("None")),
    Attack("alg nOnE", unsigned("nOnE")),
    Attack("alg none, signed", header(alg="none")),
    Attack("alg empty", unsigned("")),
    Attack("alg null", unsigned(None)),
    Attack("alg missing", bearer(lambda: signed({"typ": "JWT"}, claims()))),
    Attack("alg in a list", header(alg=["HS256", "none"])),
    Attack("alg a number", header(alg=256)),
    Attack("alg in lower case", header(alg="hs256")),
    Attack("alg HS512", bearer(lambda: signed({"alg": "HS512"}, claims(), algorithm="HS512"))),
    Attack("alg HS512, signed with SHA-256", header(alg="HS512")),
    Attack("alg RS256, signed with the secret", header(alg="RS256")),
    Attack("alg twice", bearer(lambda: signed(b64('{"alg":"HS256","alg":"none"}'), claims()))),
    Attack("RS256 where a secret is pinned", with_pyjwt(RSA, "RS256")),
    # Signatures
    Attack("no signature", parts(lambda p: [p[0], p[1], ""])),
    Attack("two parts", parts(lambda p: p[:2])),
    Attack("one part", parts(lambda p: p[:1])),
    Attack("four parts", parts(lambda p: [*p, p[2]])),
    Attack("five parts, as if encrypted", parts(lambda p: [*p, p[1], p[2]])),
    Attack("only dots", plain("Bearer ..")),
    Attack("signature without its last character", parts(lambda p: [p[0], p[1], p[2][:-1]])),
    Attack("half a signature", parts(lambda p: [p[0], p[1], p[2][:21]])),
    Attack("signature of another token", parts(lambda p: [p[0], p[1], token(claims(sub="eve")).split(".")[2]])),
    Attack("other claims under the signature", parts(lambda p: [p[0], b64(claims(sub="eve")), p[2]])),
    Attack("other header over the signature", parts(lambda p: [b64(HEADER | {"kid": "x"}), p[1], p[2]])),
    Attack("another secret", bearer(lambda: signed(HEADER, claims(), "another"))),
    Attack("empty secret", bearer(lambda: signed(HEADER, claims(), ""))),
    Attack("the stars that secrets show as", bearer(lambda: signed(HEADER, claims(), "*****…"))),
    Attack("the word None as secret", bearer(lambda: signed(HEADER, claims(), "None"))),
    Attack("the name of the setting as secret", bearer(lambda: signed(HEADER, claims(), "jwt_secret"))),
    # The same token in another spelling
    Attack("padded signature", parts(lambda p: [p[0], p[1], p[2] + "="])),
    Attack("padded claims, signed so", bearer(lambda: signed(HEADER, b64(claims()) + "=="))),
    Attack("padded header, signed so", bearer(lambda: signed(b64(HEADER) + "=", claims()))),
    Attack("bits after the end of the signature", parts(lambda p: [p[0], p[1], other_last_character(p[2])])),
    Attack("line break at the end", bearer(lambda: token() + "\n")),
    Attack("blank inside", parts(lambda p: [p[0], p[1], p[2][:9] + " " + p[2][9:]])),
    Attack("percent-encoded", bearer(lambda: token().replace(".", "%2E"))),
    Attack("the other alphabet", bearer(lambda: signed(HEADER, b64(b"\xff\xef" + b'{"a":1}').replace("_", "/")))),
    Attack("letters beyond ASCII", plain("Bearer \xe9.\xe9.\xe9")),
    Attack("encoded once more", bearer(lambda: b64(token()))),
    Attack("in JSON", bearer(lambda: json.dumps(dict(zip(MEMBERS, token().split("."), strict=True))))),
    Attack("one megabyte", bearer(lambda: token(claims(padding="x" * 1_000_000)))),
    Attack("one megabyte of dots", bearer(lambda: "." * 1_000_000)),
    Attack("one megabyte of nothing", bearer(lambda: "A" * 1_000_000)),
    Attack("just too long", bearer(lambda: token(claims(padding="x" * 13_000)))),
    # Headers that would choose a key
    Attack("kid a path", bearer(lambda: signed(HEADER | {"kid": "../../../../dev/null"}, claims(), ""))),
    Attack("kid SQL", bearer(lambda: signed(HEADER | {"kid": "' UNION SELECT 'aaa"}, claims(), "aaa"))),
    Attack("kid an address", bearer(lambda: signed(HEADER | {"kid": "http://127.0.0.1:9/key"}, claims(), "aaa"))),
    Attack("kid a command", bearer(lambda: signed(HEADER | {"kid": "|id"}, claims(), "aaa"))),
    Attack("kid a number", header(kid=7)),
    Attack("embedded jwk", with_pyjwt(OTHER_RSA, "RS256", headers={"jwk": rsa_jwk(OTHER_RSA)}), keys="public"),
    Attack("embedded secret", bearer(lambda: signed(HEADER | {"jwk": {"kty": "oct", "k": "YWFh"}}, claims(), "aaa"))),
    Attack("jku", with_pyjwt(OTHER_RSA, "RS256", headers={"jku": "http://127.0.0.1:9/jwks"}), keys="public"),
    Attack("x5u", with_pyjwt(OTHER_RSA, "RS256", headers={"x5u": "http://127.0.0.1:9/x5u"}), keys="public"),
    Attack("x5c", with_pyjwt(OTHER_RSA, "RS256", headers={"x5c": ["MIIB"]}), keys="public"),
    Attack("crit", header(crit=["exp"])),
    Attack("crit, empty", header(crit=[])),
    Attack("a token for logging out", header(typ="logout+jwt")),
    Attack("typ a number", header(typ=1)),
    Attack("header a list", bearer(lambda: signed(["HS256"], claims()))),
    Attack("header no JSON", bearer(lambda: signed(b64("HS256"), claims()))),
    Attack("header no UTF-8", bearer(lambda: signed(b64(b'{"alg":"\xff"}'), claims()))),
    Attack("header of a thousand levels", bearer(lambda: signed(b64('{"alg":"HS256","x":' + "[" * 9000), claims()))),
    # HS/RS confusion and keys of other kinds
    Attack("the public key as secret", bearer(lambda: signed(HEADER, claims(), PUBLIC)), keys="public"),
    Attack("the same without its line break", bearer(lambda: signed(HEADER, claims(), PUBLIC[:-1])), keys="public"),
    Attack("the same as RS256", bearer(lambda: signed({"alg": "RS256"}, claims(), PUBLIC)), keys="public"),
    Attack("the modulus as secret", bearer(lambda: signed(HEADER, claims(), rsa_jwk(RSA)["n"])), keys="set"),
    Attack("another RSA key", with_pyjwt(OTHER_RSA, "RS256"), keys="public"),
    Attack("PS256 with the key for RS256", with_pyjwt(RSA, "PS256"), keys="public"),
    Attack("RS512 with the key for RS256", with_pyjwt(RSA, "RS512"), keys="public"),
    Attack("none with a public key", unsigned("none"), keys="public"),
    Attack("empty RSA signature", bearer(lambda: f"{b64({'alg': 'RS256'})}.{b64(claims())}."), keys="public"),
    Attack("zeros for an ECDSA signature", es256(lambda text: bytes(64)), keys="curve"),
    Attack("an ECDSA signature as DER", es256(lambda text: EC.sign(text, ec.ECDSA(hashes.SHA256()))), keys="curve"),
    Attack("another curve", with_pyjwt(PRIVATE["ES384"], "ES384"), keys="curve"),
    Attack("unknown kid", with_pyjwt(OTHER_RSA, "RS256", headers={"kid": "unknown"}), keys="set"),
    Attack("unknown kid, known key", with_pyjwt(RSA, "RS256", headers={"kid": "unknown"}), keys="set"),
    Attack("kid of another key", with_pyjwt(RSA, "RS256", headers={"kid": "two"}), keys="set"),
    Attack("kid of a key for encryption", with_pyjwt(OTHER_RSA, "RS256", headers={"kid": "enc"}), keys="set"),
    Attack("secret in a public set", bearer(lambda: signed(HEADER | {"kid": "oct"}, claims(), "aaa")), keys="set"),
    Attack("no kid, and no key of the set", with_pyjwt(OTHER_RSA, "RS256"), keys="set"),
    # Claims
    Attack("iss another", claim(iss="https://issuer.example.com.evil")),
    Attack("iss missing", claim(iss=None)),
    Attack("iss in a list", claim(iss=[ISSUER])),
    Attack("iss a part", claim(iss="https://issuer")),
    Attack("aud another", claim(aud="others")),
    Attack("aud missing", claim(aud=None)),
    Attack("aud empty", claim(aud=[])),
    Attack("aud a part", claim(aud="test")),
    Attack("aud with a number", claim(aud=[1, AUDIENCE])),
    Attack("aud an object", claim(aud={AUDIENCE: 1})),
    Attack("expired by one second", bearer(lambda: token(claims(exp=int(NOW()) - 1))), EXPIRED),
    Attack("expires just now", bearer(lambda: token(claims(exp=NOW()))), EXPIRED),
    Attack("expired long ago", claim(exp=1), EXPIRED),
    Attack("expired, for others", claim(exp=1, aud="others")),
    Attack("exp missing", claim(exp=None)),
    Attack("exp a text", claim(exp="9999999999")),
    Attack("exp true", claim(exp=True)),
    Attack("exp a list", claim(exp=[9999999999])),
    Attack("exp infinite", bearer(lambda: token(json.dumps(claims(exp=5)).replace(": 5}", ": 1e999}").encode()))),
    Attack("exp not a number", bearer(lambda: token(json.dumps(claims(exp=float("nan"))).encode()))),
    Attack("iat missing", claim(iat=None)),
    Attack("iat in the future", bearer(lambda: token(claims(iat=int(NOW()) + 3600)))),
    Attack("iat a text", claim(iat="0")),
    Attack("nbf in the future", bearer(lambda: token(claims(nbf=int(NOW()) + 3600)))),
    Attack("nbf a text", claim(nbf="0")),
    Attack("sub missing", claim(sub=None)),
    Attack("sub empty", claim(sub="")),
    Attack("sub a number", claim(sub=0)),
    Attack("sub a list", claim(sub=["ada"])),
    Attack("claims a list", payload([claims()])),
    Attack("claims a text", payload(b'"ada"')),
    Attack("claims null", payload(b"null")),
    Attack("claims empty", payload(b"")),
    Attack("claims no JSON", payload(b"sub=ada")),
    Attack("claims no UTF-8", payload(b'{"sub":"\xff"}')),
    Attack("claims of a thousand levels", payload(b'{"x":' + b"[" * 9000)),
    Attack("two lines", plain("Bearer x\r\nX-Admin: 1")),
]  # fmt: skip

SET = {
    "keys": [
        rsa_jwk(RSA, kid="one", alg="RS256"), rsa_jwk(OTHER_RSA, kid="enc", alg="RS256", use="enc"),
        {"kty": "oct", "k": "YWFh", "kid": "oct"},
        {"kty": "EC", "crv": "P-256", "kid": "two", "x": "AA", "y": "AA"}, "no key",
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Flask], dict[str, Config]]]:
    """The service on both roads, and configurations by the kind of key that they have."""
    folder = tmp_path_factory.mktemp("attacks")
    (folder / "set.json").write_text(json.dumps(SET))
    common: dict[str, Any] = {"name": "s", "live_host": "h", "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    configs = {
        "secret": Config(jwt_secret=SECRET, **common),
        "public": Config(jwt_public_key=public_pem(RSA), jwt_algorithm="RS256", **common),
        "curve": Config(jwt_public_key=public_pem(EC), **common),
        "set": Config(jwt_jwks=str(folder / "set.json"), jwt_algorithm="RS256", **common),
    }
    with project_in(folder) as project:
        project.functions("from pymacaron.auth import get_userid\ndef f(body): return {'user': get_userid()}")
        guarded = {"requestBody": body({"type": "object"}), "security": [{"token": []}]}
        path = project.document({"/guarded": {"post": operation("f", **guarded)}})
        document = json.loads(path.read_text())
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        path.write_text(json.dumps(document))
        apps = []
        for dispatch in ("lane", "flask"):
            set_config(configs["secret"])
            configs["secret"].dispatch = dispatch
            project.app = Flask(dispatch)
            project.start()
            apps.append(project.app)
        yield apps, configs


def test_there_are_enough() -> None:
    """No attack is there twice."""
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_attacks(
    served: tuple[list[Flask], dict[str, Config]], attack: Attack, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused with its code and a challenge, without a word of what was sent, and before the body is read."""
    apps, configs = served
    set_config(configs[attack.keys])
    headers = {"Content-Type": "application/json", **attack.headers()}
    sent = [part for value in headers.values() for part in value.split(".") if len(part) > 20]
    raw = {"HTTP_AUTHORIZATION": headers.pop("Authorization")} if "\n" in headers.get("Authorization", "") else None
    with caplog.at_level(logging.DEBUG):
        for app in apps:
            answer = ask(app, "POST", f"/guarded?{attack.query}", attack.body, headers, raw)
            assert (answer.status[:3], answer.json["error"]) == ("401", attack.code)
            invalid = ' error="invalid_token"' if attack.code != MISSING else ""
            assert answer.header("WWW-Authenticate") == f"Bearer{invalid}"
            told = str(answer) + caplog.text
            assert not [part for part in (*sent, SECRET, private_pem(RSA)[40:200]) if part in told]


GOOD: dict[str, tuple[str, Callable[[], dict[str, str]]]] = {
    "header": ("secret", bearer(token)),
    "letter case of the scheme": ("secret", lambda: {"Authorization": f"bEARER {token()}"}),
    "two spaces": ("secret", lambda: {"Authorization": f"Bearer  {token()}"}),
    "cookie": ("secret", lambda: {"Cookie": f"a=b; token=Bearer {token()}; c=d"}),
    "cookie in quotes": ("secret", lambda: {"Cookie": f'token="Bearer {token()}"'}),
    "cookie, percent-encoded": ("secret", lambda: {"Cookie": f"token=Bearer%20{token()}"}),
    "a cookie, and another scheme": ("secret", lambda: {"Authorization": "X y", "Cookie": f"token=Bearer {token()}"}),
    "several audiences": ("secret", claim(aud=["others", AUDIENCE])),
    "type of access tokens": ("secret", header(typ="at+jwt")),
    "fractions": ("secret", bearer(lambda: token(claims(iat=NOW() - 0.5, nbf=NOW() - 0.5, exp=NOW() + 3600.5)))),
    "a kid for the only key": ("secret", header(kid="any")),
    "public key": ("public", with_pyjwt(RSA, "RS256")),
    "curve": ("curve", with_pyjwt(EC, "ES256")),
    "set": ("set", with_pyjwt(RSA, "RS256", headers={"kid": "one"})),
    "set, without kid": ("set", with_pyjwt(RSA, "RS256")),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_good(served: tuple[list[Flask], dict[str, Config]], name: str) -> None:
    """Refusals mean something: what the attacks are made of is accepted."""
    apps, configs = served
    keys, headers = GOOD[name]
    set_config(configs[keys])
    for app in apps:
        answer = ask(app, "POST", "/guarded", b"{}", {"Content-Type": "application/json", **headers()})
        assert (answer.status, answer.json) == ("200 OK", {"user": "ada"})
        bad = ask(app, "POST", "/guarded", b"{", {"Content-Type": "application/json", **headers()})
        assert (bad.status[:3], bad.json["error"]) == ("400", "INVALID_JSON")
