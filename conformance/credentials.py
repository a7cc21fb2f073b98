"""The one credential of each security scheme: what the servers under test accept, and what schemathesis is told."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pymacaron.auth import generate_token
from pymacaron.config import Config, set_config
from pymacaron.dialects import Document

# Of generated servers. The examples have their own; USER is a customer whom the shop knows.
CONFIG = Config(name="generated", jwt_secret="for servers on loopback that last a minute")
USER, PASSWORD, KEY = "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55", "engine", "key-of-the-warehouse"
TOKEN_KINDS = ("oauth2", "openIdConnect")

Requirements = Iterable[Mapping[str, Iterable[str]]]


def scopes_in(securities: Iterable[Requirements]) -> str:
    """All scopes that operations demand, as a token has them."""
    return " ".join(sorted({scope for one in securities for names in one for some in names.values() for scope in some}))


def verifiers(document: Document) -> dict[str, Callable[..., Any]]:
    """Functions for user and password, and for API keys. Tokens are verified by the key of the configuration."""
    claims = {"sub": USER, "scope": scopes_in(operation.security or () for operation in document.operations)}

    def is_user(user: str, password: str) -> Any:
        return _same(user, USER) and _same(password, PASSWORD) and claims

    def is_key(key: str) -> Any:
        return _same(key, KEY) and claims

    known = {"basic": is_user, "apiKey": is_key}
    schemes = filter(None, map(document.security_scheme, document.security_schemes))
    return {scheme.name: known[scheme.kind] for scheme in schemes if scheme.kind in known}


def _same(sent: str, ours: str) -> bool:
    return hmac.compare_digest(sent.encode(), ours.encode())


def of_document(document: dict[str, Any], config: Config) -> dict[str, dict[str, str]]:
    """What schemathesis is to send, by scheme of a published document: its settings `auth.openapi`.

    Its check `ignored_auth` knows `http` and `apiKey` only. Tokens of OAuth and OpenID Connect travel as `bearer`
    (RFC 6750), so `document` is changed to declare them so, and the check takes them away and spoils them too.
    """
    schemes = document.get("components", {}).get("securitySchemes") or document.get("securityDefinitions", {})
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    securities = [one["security"] for one in (document, *operations) if isinstance(one, dict) and "security" in one]
    set_config(config)
    told = {}
    for name, scheme in schemes.items():
        if scheme["type"] in TOKEN_KINDS:
            schemes[name] = scheme = {"type": "http", "scheme": "bearer"}
        told[name] = _sent(scheme, scopes_in(securities))
    return told


def _sent(scheme: dict[str, Any], scopes: str) -> dict[str, str]:
    kind = scheme.get("scheme", scheme["type"]).lower()
    if kind == "apikey":
        return {"api_key": KEY}
    if kind == "basic":
        return {"username": USER, "password": PASSWORD}
    return {"bearer": generate_token(USER, data={"scope": scopes})}


def as_toml(settings: Mapping[str, Mapping[str, str]]) -> str:
    lines = []
    for name, values in settings.items():
        lines.append(f"[auth.openapi.{json.dumps(name)}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
