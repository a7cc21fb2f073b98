"""Keys and tokens for tests, made without the code under test."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from leaks import secret as kept_secret
from leaks import token as kept_token

SECRET = kept_secret("the-secret-of-these-tests-0123456789")
ISSUER, AUDIENCE = "https://issuer.example.com", "tests"
RSA, OTHER_RSA = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
PRIVATE: dict[str, Any] = {
    "RS256": RSA, "RS384": RSA, "RS512": RSA, "PS256": RSA, "PS384": RSA, "PS512": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()), "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}  # fmt: skip
ED448 = ed448.Ed448PrivateKey.generate()
DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def private_pem(key: Any) -> str:
    pem, form, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    text: bytes = key.private_bytes(pem, form, plain)
    kept_secret(text.decode().splitlines()[1])
    return text.decode()


def public_pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    text: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    return text.decode()


def b64(raw: bytes | str | dict[str, Any] | list[Any]) -> str:
    if isinstance(raw, dict | list):
        raw = json.dumps(raw)
    if isinstance(raw, str):
        raw = raw.encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def rsa_jwk(key: rsa.RSAPrivateKey, **more: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **more}


def claims(**changed: Any) -> dict[str, Any]:
    """Good claims; None takes one away."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now - 10, "exp": now + 600}
    return {name: value for name, value in (good | changed).items() if value is not None}


def signed(header: Any, payload: Any, secret: str | bytes = SECRET, algorithm: str = "HS256") -> str:
    """Any two parts, signed with a secret."""
    key = secret.encode() if isinstance(secret, str) else secret
    text = (
        f"{header if isinstance(header, str) else b64(header)}.{payload if isinstance(payload, str) else b64(payload)}"
    )
    return kept_token(f"{text}.{b64(hmac.new(key, text.encode(), DIGESTS[algorithm]).digest())}")


def token(payload: Any = None, /, **header: Any) -> str:
    """A token that is good but for what is given."""
    return signed({"alg": "HS256", "typ": "JWT", **header}, claims() if payload is None else payload)
