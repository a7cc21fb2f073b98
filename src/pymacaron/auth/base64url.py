"""Bytes ⇄ base64url without padding (RFC 7515 section 2), the one alphabet of tokens and keys."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

_TO_URL = bytes.maketrans(b"+/", b"-_")
_TO_PLAIN = bytes.maketrans(b"-_+/=", b"+/...")  # what is plain base64 only becomes what no alphabet has


def encode(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The inverse: each value has one spelling, so that no token is accepted in two.

    Raises:
        ValueError: not what `encode` gives: padded, with other characters, or with bits after the end.
    """
    plain = text.encode("ascii").translate(_TO_PLAIN)
    raw = a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    if len(plain) % 4 and encode(raw) != text:
        raise ValueError("bits after the end")
    return raw
