"""The `security` of documents: who gets in, who does not, and what a service has to have for it."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextvars import copy_context
from functools import wraps
from pathlib import Path
from typing import Any

import jwt
import leaks
import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from roads import ask
from services import Project, body, operation, project_in
from tokens import SECRET

from pymacaron import ApiPool
from pymacaron.auth import (
    add_auth,
    authenticate_http_request,
    backend_token,
    generate_token,
    get_scopes,
    get_token_issuer,
    get_user_token,
    get_user_token_data,
    get_userid,
    load_auth_token,
    requires_auth,
)
from pymacaron.auth.credentials import user_and_password
from pymacaron.auth.keys import secret_key
from pymacaron.calls import NOBODY, Call, Identity, current, get_call
from pymacaron.config import get_config
from pymacaron.exceptions import (
    AuthError,
    AuthInvalidTokenError,
    BindingError,
    ConfigurationError,
    ForbiddenError,
)
from pymacaron.messages import Request

SCHEMES: dict[str, dict[str, Any]] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
    "basic": {"type": "http", "scheme": "Basic"},
    "token": {"type": "http", "scheme": "BEARER"},
    "login": {"type": "openIdConnect", "openIdConnectUrl": "https://x/.well-known/openid-configuration"},
    "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/t", "scopes": {"r": "", "w": ""}}}},
    "other": {"type": "http", "scheme": "Hawk"},
    "tls": {"type": "mutualTLS"},
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path, jwt_secret=SECRET) as made:
        made.functions(
            """
            from pymacaron.auth import get_userid
            from pymacaron.calls import get_call
            def who(): return {"user": get_userid()}
            def all_of_it():
                found = get_call().identity
                names = {name: one.user for name, one in found.verified.items()}
                return {"user": found.user, "scopes": sorted(found.scopes), "data": dict(found.data), "names": names}
            """
        )
        yield made


def secured(project: Project, paths: dict[str, Any], **more: Any) -> Path:
    """A document with all the schemes."""
    path = project.document(paths, **more)
    document = json.loads(path.read_text())
    document["components"]["securitySchemes"] = SCHEMES
    path.write_text(json.dumps(document, indent=1))
    return path


def start(project: Project, paths: dict[str, Any], **verifiers: Any) -> FlaskClient:
    secured(project, paths)
    project.load(verifiers=verifiers or None).start()
    return project.app.test_client(use_cookies=False)


def bearer(user: str = "ada", **data: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {generate_token(user, data=data)}"}


def login(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


# And, or, scopes, optional: one service with all of these, asked with all kinds of credentials.

WANTED: list[list[dict[str, list[str]]]] = [
    [], [{}], [{"key": []}], [{"token": []}], [{"key": []}, {"token": []}], [{"key": [], "token": []}],
    [{"key": []}, {"query": [], "token": []}], [{}, {"token": []}], [{"token": []}, {}], [{"oauth": ["r"]}],
    [{"oauth": ["r", "w"]}, {"key": []}], [{"oauth": ["w"], "key": []}], [{"oauth": ["w"]}, {}], [{"key": ["r"]}],
    [{"oauth": ["w"]}, {"login": ["r"]}], [{"key": [], "query": []}, {"token": []}, {}],
]  # fmt: skip
REQUIREMENTS = {f"/{number}": requirements for number, requirements in enumerate(WANTED)}
GOOD, BAD = "good", "bad"
SENT = st.fixed_dictionaries(
    {
        "key": st.sampled_from([None, GOOD, BAD]),
        "query": st.sampled_from([None, GOOD, BAD]),
        "token": st.sampled_from([None, GOOD, BAD]),
        "scopes": st.sampled_from(["", "r", "w", "r w"]),
    }
)


def outcome(requirements: list[dict[str, list[str]]], sent: dict[str, Any]) -> int:
    """What the standard, and our page on authentication, want."""
    scopes = set(sent["scopes"].split())
    held = {"key": set(), "query": set(), "token": scopes, "oauth": scopes, "login": scopes}
    state = {name: sent.get(name, sent["token"]) for name in held}
    met = [all(state[name] == GOOD for name in one) for one in requirements]
    allowed = [all(held[name] >= set(scopes) for name, scopes in one.items()) for one in requirements]
    if not requirements or any(m and a for one, m, a in zip(requirements, met, allowed, strict=True) if one):
        return 200
    if any(state[name] == BAD for one in requirements for name in one):
        return 401
    return 200 if {} in requirements else 403 if any(met) else 401


def test_who_gets_in(project: Project) -> None:
    """One alternative with all of its schemes and their scopes; without one 401, for lack of scopes 403. Credentials
    that are optional may be absent, and not bad."""
    paths = {path: {"get": operation("who", security=wanted)} for path, wanted in REQUIREMENTS.items()}
    client = start(project, paths, key=lambda key: key == GOOD and "key", query=lambda key: key == GOOD and "query")

    @given(st.sampled_from(sorted(REQUIREMENTS)), SENT)
    def law(path: str, sent: dict[str, Any]) -> None:
        headers = {"X-Key": sent["key"]} if sent["key"] else {}
        if sent["token"]:
            token = bearer(scope=sent["scopes"])["Authorization"]
            headers["Authorization"] = token if sent["token"] == GOOD else f"{token}x"
        query = f"?api%20key={sent['query']}" if sent["query"] else ""
        answer = client.get(path + query, headers=headers)
        assert answer.status_code == outcome(REQUIREMENTS[path], sent)
        assert ("WWW-Authenticate" in answer.headers) >= (answer.status_code == 401)

    law()


# What is verified, and what is told


def test_challenges(project: Project) -> None:
    """A 401 names every scheme that would do, each once; a 403 the scopes; and no value that was sent."""
    every: list[dict[str, list[str]]] = [
        {name: []} for name in ("key", "query", "cookie", "basic", "token", "other", "tls")
    ]
    client = start(
        project,
        {
            "/a": {"get": operation("who", security=[*every, {"login": []}])},
            "/w": {"get": operation("who", security=[{"oauth": ["w", "r"]}])},
        },
        key=lambda key: None, query=lambda key: None, cookie=lambda key: None, basic=lambda user, password: None,
        other=lambda credentials: None, tls=lambda: None,
    )  # fmt: skip
    answer = client.get("/a")
    assert answer.headers.getlist("WWW-Authenticate") == [
        'ApiKey realm="shop"', 'Basic realm="shop", charset="UTF-8"', "Bearer", 'Hawk realm="shop"',
        'MutualTLS realm="shop"',
    ]  # fmt: skip
    assert client.get("/a", headers=bearer()).status_code == 200
    lacking = client.get("/w", headers=bearer(scope="r"))
    assert (lacking.status_code, lacking.get_json()["error"]) == (403, "FORBIDDEN")
    assert lacking.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="r w"'
    secret = leaks.secret("the-value-that-was-sent")
    for headers in (
        {"X-Key": secret},
        login("u", secret),
        {"Cookie": f"key={secret}"},
        {"Authorization": f"hawk {secret}"},
    ):
        refused = client.get(f"/a?api+key={secret}", headers=headers)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "UNAUTHORIZED")
        assert secret not in refused.text + str(refused.headers)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("bob", {"user": "bob", "scopes": [], "data": {}}),
        (True, {"user": None, "scopes": [], "data": {}}),
        ({"sub": "bob", "scope": "r w"}, {"user": "bob", "scopes": ["r", "w"], "data": {"sub": "bob", "scope": "r w"}}),
        ({"scp": ["r", 7, "x y"]}, {"user": None, "scopes": ["r", "x y"], "data": {"scp": ["r", 7, "x y"]}}),
        ({"sub": "bob", "scope": " r  w\xa0x\ty"}, {
            "user": "bob", "scopes": ["r", "w\xa0x\ty"], "data": {"sub": "bob", "scope": " r  w\xa0x\ty"},
        }),
        (Identity("bob", scopes=frozenset("r")), {"user": "bob", "scopes": ["r"], "data": {}}),
        (None, 401), (False, 401), ("", 401), ({}, 401), (0, 401), ([], 401), (AuthError("no"), 401),
        (ForbiddenError("never"), 403), (7, 500), (b"bob", 500), (["bob"], 500), (KeyError("x"), 500),
        ({"sub": 7}, 500), (SystemExit(0), 500),
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("others", [[], [{"token": []}]], ids=["alone", "one of two"])
def test_what_a_verifier_says(project: Project, said: Any, wanted: Any, others: list[Any]) -> None:
    """A user, claims, an identity or True let in; what is false, and an AuthError, refuse; all else is an error."""

    def check(key: str) -> Any:
        if isinstance(said, BaseException):
            raise said
        return said

    class Check:
        async def __call__(self, key: str) -> Any:
            return check(key)

    paths = {
        "/plain": {"get": operation("all_of_it", security=[{"key": []}, *others])},
        "/async": {"get": operation("all_of_it", security=[{"query": []}, *others])},
    }
    client = start(project, paths, key=check, query=Check())
    for path, headers in (("/plain", {"X-Key": "k"}), ("/async?api%20key=k", {})):
        answer = client.get(path, headers=headers)
        if isinstance(wanted, int):
            assert answer.status_code == wanted
        else:
            assert answer.json == wanted | {"names": {(path[1:2] == "p" and "key") or "query": wanted["user"]}}


def test_several_at_once(project: Project) -> None:
    """Of several schemes that are met together, the identity has the first user, token and claims, and all scopes."""
    paths = {"/a": {"get": operation("all_of_it", security=[{"key": [], "token": ["r"]}])}}
    client = start(project, paths, key=lambda key: Identity(scopes=frozenset("k")))
    found = client.get("/a", headers={"X-Key": "k", **bearer(scope="r")}).get_json()
    assert (found["user"], found["scopes"], found["names"]) == ("ada", ["k", "r"], {"key": None, "token": "ada"})
    assert found["data"]["iss"] == "service"


def test_opaque_tokens(project: Project) -> None:
    """A verifier for a bearer scheme takes the place of our keys; `requires_auth` still demands a token of ours."""
    paths = {
        "/opaque": {"get": operation("who", security=[{"token": []}])},
        "/both": {"get": operation("who", security=[{"token": []}], x_decorate_server=REQUIRES_AUTH)},
        "/ours": {"get": operation("who", security=[{"login": []}], x_decorate_server=REQUIRES_AUTH)},
        "/opened": {"get": operation("who", security=[], x_decorate_server=REQUIRES_AUTH)},
    }
    client = start(project, paths, token=lambda token: token == "opaque" and "bob")
    assert client.get("/opaque", headers={"Authorization": "Bearer opaque"}).json == {"user": "bob"}
    refused = client.get("/opaque", headers=bearer())
    assert (refused.status_code, refused.get_json()["error"]) == (401, "TOKEN_INVALID")
    assert client.get("/both", headers={"Authorization": "Bearer opaque"}).status_code == 401
    assert client.get("/both", headers=bearer()).status_code == 401
    assert client.get("/ours", headers=bearer()).json == {"user": "ada"}
    assert [client.get(path).status_code for path in ("/ours", "/opened")] == [401, 401]
    assert client.get("/opened", headers=bearer()).json == {"user": "ada"}
    assert client.get("/auth/version", headers={"Authorization": "Bearer opaque"}).status_code == 401
    assert client.get("/auth/version", headers=bearer()).get_json()["name"] == "shop"


REQUIRES_AUTH = "pymacaron.auth.requires_auth"


def test_empty_credentials(project: Project) -> None:
    """An authentication scheme with nothing behind it is refused, and nobody's function is asked: it may compare with a
    key that is not set."""
    paths = {f"/{name}": {"get": operation("who", security=[{name: []}])} for name in ("token", "other")}
    client = start(project, paths, token=lambda token: token == "", other=lambda text: text == "")
    for name, code, scheme in (("token", "TOKEN_INVALID", "Bearer"), ("other", "UNAUTHORIZED", "Hawk")):
        for sent in (scheme, f"{scheme}  "):
            answer = client.get(f"/{name}", headers={"Authorization": sent})
            assert (answer.status_code, answer.get_json()["error"]) == (401, code)


def test_basic(project: Project) -> None:
    """User and password are UTF-8 in base64 (RFC 7617); a colon belongs to the password."""
    paths = {"/a": {"get": operation("who", security=[{"basic": []}])}}
    known = {
        "ada": "eng:ine",
        "søren": "ø",
        "": "nobody",
        "empty": "",
        "山田": "全角\u3000空白",
        "zwj": "👩\u200d🚀\xa0",
    }
    client = start(project, paths, basic=lambda user, password: known.get(user) == password)
    for user, password in known.items():
        assert client.get("/a", headers=login(user, password)).json == {"user": user}
    for text in ("", "YWRh", "YWRhOmVuZzppbmU", "YWRhOmVuZzppbmU=!", "YWRhOmVuZzppbmU==", "/zo=", "YTpiAA==", "{", "é"):
        answer = client.get("/a", headers={"Authorization": f"Basic {text}"})
        assert (answer.status_code, answer.get_json()["error"]) == (401, "UNAUTHORIZED"), text
    for user, password in (("ada", "eng\0:ine"), ("ada\n", "eng:ine"), ("ada", "\x7f")):
        assert client.get("/a", headers=login(user, password)).status_code == 401
    assert user_and_password({"authorization": "bAsIc  YWRhOmVuZzppbmU="}) == ("ada", "eng:ine")


def test_keys_that_come_twice(project: Project) -> None:
    """A key that is there twice is refused, whatever it is; an empty one counts as none."""
    paths = {"/a": {"get": operation("who", security=[{"query": []}, {"cookie": []}])}}
    client = start(project, paths, query=lambda key: key == "ø k", cookie=lambda key: key == "ø k")
    assert client.get("/a?api%20key=%C3%B8+k").status_code == 200
    assert client.get("/a", headers={"Cookie": "key=%C3%B8%20k; x=y"}).status_code == 200
    for path, cookie in (
        ("/a?api%20key=%C3%B8+k&api+key=%C3%B8+k", ""),
        ("/a", "key=%C3%B8%20k; key=%C3%B8%20k"), ("/a?api+key=%FF", ""),
    ):  # fmt: skip
        answer = client.get(path, headers={"Cookie": cookie})
        assert (answer.status_code, answer.get_json()["error"]) == (401, "UNAUTHORIZED")
    for path in ("/a?api%20key=", "/a?API%20KEY=k"):
        assert client.get(path).get_json()["error"] == "AUTHORIZATION_HEADER_MISSING"


def test_swagger_2(project: Project) -> None:
    """A key in the header Authorization means a token there; basic and oauth2 are what they are in 3.x."""
    schemes = {
        "jwt": {"type": "apiKey", "in": "header", "name": "authorization"},
        "basic": {"type": "basic"},
        "oauth": {"type": "oauth2", "flow": "application", "tokenUrl": "https://x/t", "scopes": {"r": ""}},
    }
    paths = {
        f"/{name}": {"get": operation("who", responses={"200": {"description": ""}}, security=one)}
        for name, one in (("jwt", [{"jwt": []}]), ("basic", [{"basic": []}]), ("oauth", [{"oauth": ["r"]}]))
    }  # fmt: skip
    document = {
        "swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "securityDefinitions": schemes, "paths": paths,
        "produces": ["application/json"],
    }  # fmt: skip
    (project.folder / "apis" / "shop.yaml").write_text(json.dumps(document))
    get_config().validate_responses = "off"
    client = project.start(verifiers={"basic": lambda user, password: user == password})
    assert [client.get(path).status_code for path in paths] == [401] * 3
    assert client.get("/jwt", headers=bearer()).status_code == 200
    assert client.get("/basic", headers=login("a", "a")).status_code == 200
    assert [client.get("/oauth", headers=bearer(scope=scope)).status_code for scope in ("", "r")] == [403, 200]


def test_a_scheme_named_by_its_place(project: Project) -> None:
    """In OpenAPI 3.2 a requirement may refer to its scheme."""
    path = secured(project, {"/a": {"get": operation("who", security=[{"#/components/securitySchemes/token": []}])}})
    path.write_text(path.read_text().replace('"3.1.0"', '"3.2.0"'))
    client = project.start()
    assert [client.get("/a").status_code, client.get("/a", headers=bearer()).status_code] == [401, 200]


class Unreadable:
    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.parametrize("dispatch", ["lane", "flask"])
def test_nothing_is_read_before(project: Project, dispatch: str) -> None:
    """Neither the body nor the parameters nor `Accept` matter as long as it is not known who calls."""
    get_config().dispatch = dispatch
    limit = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}}
    project.functions("def f(body, limit): ...", name="more")
    guarded = operation(x_bind_server="more.f", requestBody=body({}), parameters=[limit], security=[{"token": []}])
    start(project, {"/a": {"post": guarded}})
    environ = {"wsgi.input": Unreadable(), "CONTENT_LENGTH": "5", "CONTENT_TYPE": "no/type", "HTTP_ACCEPT": "no/type"}
    answer = ask(project.app, "POST", "/a?limit=x", b"", None, environ)
    assert (answer.status[:3], answer.json["error"]) == ("401", "AUTHORIZATION_HEADER_MISSING")


# What has to be there


FAULTS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"security": [{"key": []}]}, {}, r"GET /a requires key, but nothing verifies it; write a function of \(key\)"),
    ({"security": [{"basic": []}]}, {}, r"nothing verifies it; write a function of \(user, password\)"),
    ({"security": [{"token": []}, {"tls": []}]}, {}, "GET /a requires tls, but nothing verifies it"),
    ({"security": [{}, {"other": []}]}, {}, "GET /a requires other, but nothing verifies it"),
    ({"security": [{"tokne": []}]}, {}, "requires tokne, but no security scheme has that name; did you mean 'token'"),
    ({"security": [{"key": []}]}, {"key": lambda: True}, r"the verifier of key cannot be called with \(key\); write"),
    ({"security": [{"basic": []}]}, {"basic": lambda user: True}, r"basic cannot be called with \(user, p"),
    ({}, {"kee": print}, "no document served has a security scheme 'kee'; did you mean 'key'"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "verifiers", "told"), FAULTS)
def test_what_nothing_verifies(project: Project, more: dict[str, Any], verifiers: dict[str, Any], told: str) -> None:
    """It stops the start, with its place and the cure."""
    path = secured(project, {"/a": {"get": operation("who", **more)}})
    with pytest.raises(BindingError, match=told) as caught:
        project.start(verifiers=verifiers)
    assert len(caught.value.findings) == 1
    assert caught.value.findings[0].place.startswith(str(path) if more else "API(")


@pytest.mark.parametrize("more", [{"security": [{"token": []}]}, {"x_decorate_server": REQUIRES_AUTH}])
def test_no_key(project: Project, more: dict[str, Any]) -> None:
    """A token that is demanded, and no key to verify it with, stop the start; nobody gets into /auth/version."""
    get_config().jwt_secret = None
    secured(project, {"/a": {"get": operation("who", **more)}, "/b": {"get": operation("who", **more)}})
    with pytest.raises(
        BindingError, match=r"1 finding(.|\n)*GET /a requires a token, but no key to verify tokens is configured"
    ):
        project.start()
    project.app = Flask("open")
    project.document({"/a": {"get": operation("who")}})
    client = project.start()
    assert client.get("/a").json == {"user": None}
    for headers in ({}, {"Authorization": f"Bearer {jwt.encode({'sub': 'eve'}, 'x' * 32)}"}):
        answer = client.get("/auth/version", headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "AUTHORIZATION_HEADER_MISSING")
    with pytest.raises(ConfigurationError, match="has no key for tokens; set jwt_secret"):
        generate_token("ada")


def test_misspelt_decorators(project: Project) -> None:
    """A decorator of ours that does not exist stops the start; the check that it was meant to be is not left out."""
    wrong = {"x-decorate-server": "pymacaron.auth.require_auth", "x-decorate-request": "pymacaron.auth.ad_auth"}
    project.document({"/a": {"get": operation("who", **wrong)}})
    with pytest.raises(BindingError, match=r"'requires_auth'(.|\n)*'add_auth'|'add_auth'(.|\n)*'requires_auth'"):
        project.start()


def test_a_bad_key_stops_the_start(project: Project) -> None:
    """Even where no operation demands a token: /auth/version does."""
    get_config().jwt_secret, get_config().jwt_public_key = None, "nowhere.pem"
    project.document({"/a": {"get": operation("who")}})
    with pytest.raises(ConfigurationError, match="jwt_public_key: cannot be read"):
        project.start()


# In functions


def test_in_functions(project: Project) -> None:
    """A function learns who calls, and may act as another; what it did is over with its call."""
    seen: list[Any] = []
    project.app.add_url_rule("/own", view_func=lambda: jsonify(look()))

    def look() -> Any:
        before = get_userid()
        with backend_token("robot", data={"scope": "all"}, issuer="elsewhere") as text:
            seen.append((get_userid(), get_token_issuer(), " ".join(get_scopes()), get_user_token() == text))
        claims = load_auth_token(generate_token("bob"))
        assert get_userid() == claims["sub"] == "bob"
        load_auth_token(generate_token("eve"), load=False)
        assert get_userid() == "bob"
        return [before, authenticate_http_request().user, get_userid(), get_token_issuer()]

    project.document({})
    client = project.start()
    assert client.get("/own", headers=bearer()).json == [None, "ada", "ada", "service"]
    assert seen == [("robot", "elsewhere", "all", True)]
    assert client.get("/own").status_code == 401


def test_a_route_that_goes_past_its_guard(project: Project) -> None:
    """A decorator above that of the route would leave the route open: it stops the start. A route for each is meant."""

    def either() -> Any:
        return jsonify(get_userid())

    def other() -> Any:
        return jsonify(get_userid())

    route = project.app.route
    route("/closed", endpoint="closed")(requires_auth(either))
    route("/open", endpoint="open")(either)
    requires_auth(route("/meant-to-be-closed")(other))
    project.document({})
    with pytest.raises(BindingError, match=r"the route 'other' calls .*other without the requires_auth") as told:
        project.start()
    assert len(told.value.findings) == 1
    route("/also", endpoint="also")(wraps(other)(requires_auth(other)))
    client = project.load().start().app.test_client()
    assert [client.get(path).status_code for path in ("/closed", "/open", "/also")] == [401, 200, 401]


@pytest.mark.parametrize("inside", [True, False], ids=["in a call", "outside"])
def test_parts_of_a_call_act_by_themselves(project: Project, inside: bool) -> None:
    """What one task or thread acts as, or is authenticated as meanwhile, is nothing to the others of its call, in
    whatever order they begin and end; nor to a generator that is closed elsewhere."""

    async def act(user: str, begins: float, lasts: float) -> list[str | None]:
        await asyncio.sleep(begins)
        with backend_token(user):
            await asyncio.sleep(lasts)
            before = get_userid()
            load_auth_token(generate_token(f"{user}'s friend"))
            await asyncio.sleep(lasts)
            return [before, get_userid()]

    async def all_at_once() -> list[Any]:
        return list(
            await asyncio.gather(act("a", 0, 0.02), act("b", 0.01, 0.02), act("c", 0.02, 0), act("d", 0.01, 0.01))
        )

    def steps() -> Generator[str | None, None, None]:
        with backend_token("robot"):
            yield get_userid()

    def work() -> Any:
        found = asyncio.run(all_at_once())
        begun = copy_context()
        unfinished = begun.run(steps)
        with backend_token("other"):
            threads = [copy_context().run for _ in range(2)]
            assert begun.run(next, unfinished) == "robot"
            copy_context().run(unfinished.close)
            assert [run(get_userid) for run in threads] == ["other"] * 2
            unfinished = steps()
            assert (next(unfinished), get_userid()) == ("robot", "robot")
            unfinished.close()
            assert get_userid() == "other"
        return [*found, get_userid()]

    client = start(project, {"/a": {"get": operation("who", security=[{"token": []}])}})
    project.app.add_url_rule("/own", view_func=requires_auth(lambda: jsonify(work())))
    wanted = [[user, f"{user}'s friend"] for user in "abcd"]
    found = client.get("/own", headers=bearer()).json if inside else work()
    assert found == [*wanted, "ada" if inside else None]
    assert get_call() is None


def test_outside_of_calls(project: Project) -> None:
    """Nobody calls there; one may act as a user all the same, and not authenticate."""
    assert (get_userid(), get_user_token(), get_user_token_data(), get_token_issuer()) == (None, None, {}, None)
    assert get_scopes() == set()
    with backend_token("robot"):
        assert get_userid() == "robot"
        with backend_token("other"):
            assert get_userid() == "other"
        assert get_userid() == "robot"
    assert get_call() is None
    for call in (authenticate_http_request, lambda: load_auth_token(generate_token("ada"))):
        with pytest.raises(RuntimeError, match="outside of a request"):
            call()
    with pytest.raises(ValueError, match="a token for whom"):
        generate_token()
    get_config().default_user_id = "root"
    assert load_auth_token(generate_token(), load=False)["sub"] == "root"
    with pytest.raises(ValueError, match="data may not have exp"):
        generate_token(data={"exp": 1})
    assert load_auth_token(generate_token("ada", expire_in=5, data={"a": 1}), load=False)["a"] == 1
    nothing: list[Any] = [None, 5, b"a.b.c", "", "\udc80"]  # as a form or a cookie without a token would give
    for one in nothing:
        with pytest.raises(AuthInvalidTokenError):
            load_auth_token(one)


@pytest.mark.parametrize("is_async", [False, True])
def test_decorated(project: Project, is_async: bool) -> None:
    """`@requires_auth` guards any function, plain or async, of an operation or a Flask route."""
    project.functions(
        f"""
        from pymacaron.auth import get_userid, requires_auth
        @requires_auth
        {"async " if is_async else ""}def f(): return {{"user": get_userid()}}
        """,
        name="more",
    )
    project.app.add_url_rule("/own", view_func=requires_auth(lambda: jsonify(user=get_userid())))
    project.document({"/a": {"get": operation(x_bind_server="more.f")}})
    client = project.start()
    for path in ("/a", "/own"):
        refused = client.get(path)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "AUTHORIZATION_HEADER_MISSING")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert client.get(path, headers=bearer()).json == {"user": "ada"}


def test_tokens_are_forwarded(project: Project) -> None:
    """`add_auth` adds the caller's token to the headers of a call, unless they have an Authorization of their own."""

    def sent(*args: Any, headers: Any = None, **more: Any) -> Any:
        return args, headers, more

    send = add_auth(sent)
    assert send(1, a=2) == ((1,), {}, {"a": 2})
    with backend_token("robot") as text:
        assert send(headers={"X": "y"})[1] == {"X": "y", "Authorization": f"Bearer {text}"}
        assert send(headers={"authorization": "mine"})[1] == {"authorization": "mine"}


def test_nothing_shows_secrets(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Neither what stands for a caller, a request or a key when printed, nor a log of a request that fails."""
    text = generate_token("ada")
    shown = [
        Identity("ada", text, {"sub": text}, frozenset(), {"a": Identity("x", text)}), Call({"authorization": text}),
        Request("GET", "/", f"key={text}", {"authorization": text}, b""), secret_key(SECRET, "HS256"),
    ]  # fmt: skip
    assert text not in repr(shown) + str(shown)
    assert SECRET not in repr(shown) + repr(get_config()) + repr(vars(get_config()))

    def check(key: str) -> Any:
        raise RuntimeError("the check is broken")

    client = start(project, {"/a": {"get": operation("who", security=[{"key": []}, {"token": []}])}}, key=check)
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/a", headers={"X-Key": leaks.secret("a-key-of-ours"), **bearer()})
    assert answer.status_code == 500
    assert "the check is broken" in caplog.text
    assert not [one for one in (text.split(".")[2], "a-key-of-ours", SECRET) if one in caplog.text + answer.text]


def test_identities_are_of_their_call(project: Project) -> None:
    """Who called is forgotten with the call."""
    client = start(
        project, {"/a": {"get": operation("who", security=[{"token": []}])}, "/b": {"get": operation("who")}}
    )
    for user in ("ada", "bob"):
        assert client.get("/a", headers=bearer(user)).json == {"user": user}
        assert client.get("/b", headers=bearer(user)).json == {"user": None}
    assert current.get() is None
    assert Identity() == NOBODY


def test_spawned_apis(project: Project) -> None:
    """An API that is given to an application by itself is guarded too."""
    path = secured(project, {"/a": {"get": operation("who", security=[{"token": []}])}})
    api = ApiPool.add("shop", yaml_path=str(path))
    app = Flask("spawned")
    api.spawn_api(app)
    client = app.test_client(use_cookies=False)
    assert client.get("/a").status_code == 401
    assert client.get("/a", headers=bearer()).get_json() == {"user": "ada"}
    path.write_text(path.read_text().replace('"token": []', '"key": []'))
    with pytest.raises(BindingError, match="GET /a requires key, but nothing verifies it"):
        ApiPool.add("shop", yaml_path=str(path)).spawn_api(Flask("open"))


# The command


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "pymacaron"), "token", *arguments]
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, timeout=60)


def test_the_command(tmp_path: Path) -> None:
    """`pymacaron token` prints a token signed as the configuration in the folder says, or tells what it lacks."""
    config = tmp_path / "pym-config.yaml"
    config.write_text(f"name: shop\nlive_host: x\njwt_secret: {SECRET}\ndefault_user_id: root\n")
    done = run(tmp_path, "ada", "--expire-in", "60", "--issuer", "me", "--data", '{"scope": "r"}')
    claims = jwt.decode(done.stdout.strip(), SECRET, ["HS256"], audience="shop")
    assert {**claims, "exp": claims["exp"] - claims["iat"], "iat": 0} == {
        "sub": "ada", "iss": "me", "aud": "shop", "scope": "r", "exp": 60, "iat": 0,
    }  # fmt: skip
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config.write_text(f"{config.read_text()}env_secrets: [MAIL_PASSWORD]\nsmtp_password: MAIL_PASSWORD\n")
    done = run(elsewhere, "--config", str(config))
    assert jwt.decode(done.stdout.strip(), SECRET, ["HS256"], audience="shop")["sub"] == "root"
    (other := tmp_path / "other.yaml").write_text("name: shop\nlive_host: x\njwt_secret: NOT_SET_ANYWHERE\n")
    for arguments, told in (
        (("ada", "--config", str(other)), "NOT_SET_ANYWHERE is not set"),
        (("ada",), "has no key for tokens; set jwt_secret"),
        ((), "a token for whom?"),
        (("ada", "--data", "[1]"), "write a JSON object"),
    ):
        done = run(elsewhere, *arguments)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_verifiers_may_compare(project: Project) -> None:
    """Secrets of the configuration compare in constant time with what was sent."""
    key = get_config().jwt_secret
    assert key is not None
    assert hmac.compare_digest(key.encode(), SECRET.encode())
    with pytest.raises(AuthInvalidTokenError):
        load_auth_token("x", load=False)
