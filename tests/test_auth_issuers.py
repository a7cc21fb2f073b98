"""Several issuers of tokens: each is held to its own key, algorithm and audience."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from tokens import PRIVATE, RSA, SECRET, claims, public_pem, rsa_jwk, signed

from pymacaron.auth import generate_token, load_auth_token
from pymacaron.config import Config, set_config
from pymacaron.exceptions import AuthInvalidTokenError, ConfigurationError


@pytest.fixture(autouse=True)
def _own_configuration() -> Iterator[None]:
    yield
    set_config(None)


A, B, OWN = "https://a.example.com", "https://b.example.com", "the shop itself"


def several(tmp_path: Path) -> Config:
    """Each issuer has a key of its own kind, and so has the service."""
    (tmp_path / "a.json").write_text(json.dumps({"keys": [rsa_jwk(RSA, kid="a")]}))
    issuers = {
        A: {"jwks": str(tmp_path / "a.json"), "algorithm": "RS256", "audience": "for-a"},
        B: {"public_key": public_pem(PRIVATE["ES256"]), "audience": "for-b"},
        "c": {"secret": SECRET * 2, "audience": ["for-c"]},
    }
    config = Config(
        name="shop", live_host="x", jwt_secret=SECRET, jwt_issuer=OWN, jwt_audience="shop", jwt_issuers=issuers
    )
    set_config(config)
    return config


def of_issuer(issuer: Any, audience: Any, algorithm: str = "", key: Any = None, **header: Any) -> str:
    key = key or {"RS256": RSA, "ES256": PRIVATE["ES256"]}.get(algorithm, SECRET)
    return jwt.encode(claims(iss=issuer, aud=audience), key, algorithm or "HS256", headers=header)


def test_each_issuer_has_its_key(tmp_path: Path) -> None:
    """A token is accepted by the key, the algorithm and the audience of its issuer; the service signs with its own."""
    several(tmp_path)
    good = [
        of_issuer(A, "for-a", "RS256", kid="a"), of_issuer(A, "for-a", "RS256"), of_issuer(B, "for-b", "ES256"),
        of_issuer("c", "for-c", key=SECRET * 2), of_issuer(OWN, "shop"), generate_token("ada"),
    ]  # fmt: skip
    for text in good:
        assert load_auth_token(text, load=False)["sub"] == "ada"


@pytest.mark.parametrize("attack", [
    lambda: of_issuer(B, "for-b", "RS256"), lambda: of_issuer(B, "for-b", "RS256", kid="a"),
    lambda: of_issuer(A, "for-a", "ES256"), lambda: of_issuer(A, "for-a", "ES256", kid="a"),
    lambda: of_issuer(A, "for-a"), lambda: of_issuer("c", "for-c"), lambda: of_issuer(OWN, "shop", key=SECRET * 2),
    lambda: of_issuer(A, "for-b", "RS256"), lambda: of_issuer(A, "shop", "RS256"), lambda: of_issuer(OWN, "for-c"),
    lambda: of_issuer(OWN, "shop", "RS256"), lambda: of_issuer("unknown", "for-a", "RS256"),
    lambda: of_issuer(None, "for-a", "RS256"), lambda: signed({"alg": "HS256"}, claims(iss=[A, OWN], aud="shop")),
    lambda: signed({"alg": "HS256"}, claims(iss=B, aud="for-b"), public_pem(PRIVATE["ES256"])),
    lambda: signed({"alg": "none"}, claims(iss=A, aud="for-a"), ""),
    lambda: of_issuer(A + "/", "for-a", "RS256"), lambda: of_issuer(A.upper(), "for-a", "RS256"), lambda: "a.e30.b",
])  # fmt: skip
def test_no_issuer_makes_tokens_of_another(attack: Callable[[], str], tmp_path: Path) -> None:
    """Neither with its key, nor in its audience, nor by what the token says of keys; nor does the service itself."""
    several(tmp_path)
    with pytest.raises(AuthInvalidTokenError):
        load_auth_token(attack(), load=False)


def test_issuers_without_a_key_of_ones_own(tmp_path: Path) -> None:
    """Such a service accepts tokens of those issuers only, and signs none; a fault is told with its issuer."""
    config = several(tmp_path)
    config.jwt_secret = config.jwt_issuer = None
    assert load_auth_token(of_issuer(A, "for-a", "RS256"), load=False)["iss"] == A
    for text in (of_issuer(OWN, "shop"), of_issuer(None, None)):
        with pytest.raises(AuthInvalidTokenError):
            load_auth_token(text, load=False)
    with pytest.raises(ConfigurationError, match="no key to sign"):
        generate_token("ada")
    config.jwt_issuers = {A: {"public_key": "nowhere.pem"}}
    with pytest.raises(ConfigurationError, match=r"jwt_issuers\.https://a.example.com\.public_key: cannot be read"):
        load_auth_token(of_issuer(A, "for-a", "RS256"), load=False)
    odd: tuple[Any, ...] = (
        {A: {}},
        {A: {"jwks": "x", "secret": "y"}},
        {A: {"jwk": "x"}},
        {A: "x"},
        {A: {"algorithm": "RS25"}},
    )
    for wrong in odd:
        with pytest.raises(ConfigurationError, match="jwt_issuers"):
            config.jwt_issuers = wrong


def test_an_issuer_that_is_the_service_itself(tmp_path: Path) -> None:
    """It has two keys then, and would not accept what it has signed: that is told."""
    config = several(tmp_path)
    config.jwt_issuers = {OWN: {"secret": SECRET * 2}}
    with pytest.raises(ConfigurationError, match=f"jwt_issuers: has {OWN}, which is the issuer of"):
        generate_token("ada")
