"""Public and private keys of RSA, elliptic curves and Edwards curves, by the library `cryptography` (an extra)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from . import base64url
from .faults import KeyFault

PrivateKey: TypeAlias = (
    rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
)
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
_Edwards: TypeAlias = (
    ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
)
Verify: TypeAlias = Callable[[bytes, bytes], bool]
Sign: TypeAlias = Callable[[bytes], bytes]

_PRIVATE = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
_PUBLIC = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_LEAST_BITS, _MOST_BITS = 2048, 16384  # RFC 7518 section 3.3; what OpenSSL verifies with
# RFC 7518 section 3.4, RFC 8037 section 3.1
_CURVES: dict[str, tuple[str, ec.EllipticCurve]] = {
    "P-256": ("ES256", ec.SECP256R1()), "P-384": ("ES384", ec.SECP384R1()), "P-521": ("ES512", ec.SECP521R1()),
}  # fmt: skip
_OF_CURVE: dict[str, str] = {curve.name: algorithm for algorithm, curve in _CURVES.values()}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512(),
}  # fmt: skip
_EDWARDS: dict[str, Callable[[bytes], PublicKey]] = {
    "Ed25519": ed25519.Ed25519PublicKey.from_public_bytes, "Ed448": ed448.Ed448PublicKey.from_public_bytes,
}  # fmt: skip


def of_pem(text: bytes) -> PrivateKey | PublicKey:
    """The first key in PEM text.

    Raises:
        KeyFault: there is none, or it has a password, or is of a type that cannot sign tokens.
    """
    try:
        key: object
        if b"PRIVATE KEY-----" in text:
            key = serialization.load_pem_private_key(text, None)
        elif b"-----BEGIN CERTIFICATE-----" in text:
            key = x509.load_pem_x509_certificate(text).public_key()
        else:
            key = serialization.load_pem_public_key(text)
    except TypeError:
        raise KeyFault("has a password", "store the key without one, and let only the service read it") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFault("is not a key in PEM", "it begins with a line such as -----BEGIN PUBLIC KEY-----") from None
    if not isinstance(key, _PRIVATE + _PUBLIC):
        raise KeyFault("is of a type that cannot sign tokens", "use RSA, an elliptic curve or Ed25519")
    return key


def of_jwk(jwk: dict[str, Any]) -> PublicKey:
    """The public key that a JSON Web Key is (RFC 7518 section 6, RFC 8037 section 2). Its private parts are not read.

    Raises:
        KeyFault: it is none, or a secret, which has no place in a public set.
    """
    try:
        match jwk.get("kty"):
            case "RSA":
                return rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
            case "EC":
                curve = _CURVES[jwk["crv"]][1]
                return ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), curve).public_key()
            case "OKP":
                return _EDWARDS[jwk["crv"]](base64url.decode(jwk["x"]))
    except (KeyError, TypeError, AttributeError, ValueError, UnsupportedAlgorithm):
        raise KeyFault("is not in the form of RFC 7518", "") from None
    raise KeyFault("is of a kind that is not public", "")


def _number(text: str) -> int:
    return int.from_bytes(base64url.decode(text))


def algorithms_of(key: PrivateKey | PublicKey) -> tuple[str, ...]:
    """What a key can be used for.

    Raises:
        KeyFault: nothing: its size or its curve are not those of tokens.
    """
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        if not _LEAST_BITS <= key.key_size <= _MOST_BITS:
            raise KeyFault(f"has {key.key_size} bits", f"RSA keys have at least {_LEAST_BITS} (RFC 7518 section 3.3)")
        return _RSA
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        if key.curve.name not in _OF_CURVE:
            raise KeyFault("is on a curve that cannot sign tokens", "use P-256, P-384 or P-521")
        return (_OF_CURVE[key.curve.name],)
    return ("EdDSA",)


def functions(key: PrivateKey | PublicKey, algorithm: str) -> tuple[Verify, Sign | None]:
    """What verifies and, of a private key, what signs with this algorithm."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return _rsa(key, algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return _ecdsa(key, algorithm)
    return _eddsa(key)


def _telling(verify: Callable[[bytes, bytes], None]) -> Verify:
    """What tells, of what raises: (what was signed, the signature) → is it right?"""

    def is_right(signed: bytes, signature: bytes) -> bool:
        try:
            verify(signed, signature)
        except InvalidSignature:
            return False
        return True

    return is_right


def _eddsa(key: _Edwards) -> tuple[Verify, Sign | None]:
    """RFC 8037 section 3.1."""
    private = key if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else None
    public = key.public_key() if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else key
    verify = _telling(lambda signed, signature: public.verify(signature, signed))
    return verify, None if private is None else private.sign


def _rsa(key: rsa.RSAPrivateKey | rsa.RSAPublicKey, algorithm: str) -> tuple[Verify, Sign | None]:
    """RFC 7518 sections 3.3 and 3.5."""
    digest = _HASHES[algorithm[2:]]
    pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
    scheme: padding.AsymmetricPadding = pss if algorithm[0] == "P" else padding.PKCS1v15()
    private = key if isinstance(key, rsa.RSAPrivateKey) else None
    public = key.public_key() if isinstance(key, rsa.RSAPrivateKey) else key
    verify = _telling(lambda signed, signature: public.verify(signature, signed, scheme, digest))
    return verify, None if private is None else lambda signed: private.sign(signed, scheme, digest)


def _ecdsa(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey, algorithm: str) -> tuple[Verify, Sign | None]:
    """RFC 7518 section 3.4: a signature is two numbers of fixed length."""
    scheme, size = ec.ECDSA(_HASHES[algorithm[2:]]), (key.curve.key_size + 7) // 8
    private = key if isinstance(key, ec.EllipticCurvePrivateKey) else None
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key

    def verify(signed: bytes, signature: bytes) -> None:
        if len(signature) != 2 * size:
            raise InvalidSignature
        numbers = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        public.verify(encode_dss_signature(*numbers), signed, scheme)

    def sign(signed: bytes) -> bytes:
        assert private is not None
        r, s = decode_dss_signature(private.sign(signed, scheme))
        return r.to_bytes(size) + s.to_bytes(size)

    return _telling(verify), None if private is None else sign
