"""Secrets that are known by their values, and taken out of any text; and texts that look like secrets wherever they
stand."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from urllib.parse import quote, quote_plus

from pymacaron.config import redact

STARS = "*****"
_SHORTEST, _SHORT, _LONG = 4, 8, 200  # characters: not looked for; only as a word of its own; by its beginning, too
_LONGEST = 64_000  # characters of a secret that are remembered, as many as of a text are shown
_TRIVIAL = frozenset(("true", "false", "null", "none", "undefined"))
_PLAIN = re.compile(r"[\w.~-]+", re.ASCII)  # is spelled the same everywhere
MARK = re.compile("\ue000(.)\ue001", re.DOTALL)  # private use: no text of a caller's is likely to have it


def mark(number: int) -> str:
    """What stands in for a secret until it is known who reads the text. No secret can be found in it."""
    return f"\ue000{chr(0xF0000 + number)}\ue001"


def number_of(found: re.Match[str]) -> int:
    """The inverse of `mark`; 0 for what is none of ours."""
    return max(0, ord(found[1]) - 0xF0000)


class Values:
    """Known secrets, and what to put in their place."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._marks: dict[str, str] = {}  # by spelling
        self._longest_first: list[str] | None = None

    @property
    def count(self) -> int:
        return len(self._secrets)

    def has(self, secret: str) -> bool:
        return secret[:_LONGEST] in self._secrets

    def learn(self, secret: str, mark: str) -> None:
        """Remember a secret, as it is and as it may be written elsewhere."""
        secret = secret[:_LONGEST]
        self._secrets.add(secret)
        if len(secret) >= _SHORTEST and secret.lower() not in _TRIVIAL:
            for text in (secret,) if _PLAIN.fullmatch(secret) else _spellings(secret):
                self._marks.setdefault(text, mark)
            self._longest_first = None

    def replace(self, text: str) -> str:
        """The text with marks in place of the secrets that are known by now."""
        if self._longest_first is None:
            self._longest_first = sorted(self._marks, key=len, reverse=True)
        for secret in self._longest_first:
            if secret[:_LONG] in text:
                text = _without(text, secret, self._marks[secret])
        return text


def _spellings(secret: str) -> tuple[str, ...]:
    inside = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]
    return secret, quote(secret, safe=""), quote(secret), quote_plus(secret), *inside


def _without(text: str, secret: str, mark: str) -> str:
    if len(secret) > _LONG:
        text = text.replace(secret, mark)
        # the text may have been cut
        return re.sub(re.escape(secret[:_LONG]) + r"\S*", mark, text)
    if len(secret) < _SHORT:
        return re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", mark, text)
    return text.replace(secret, mark)


# What is a secret wherever it stands, with what gives it away: userinfo of URLs (RFC 3986 section 3.2.1), JWTs, private
# keys, keys of AWS, credentials (RFC 9110 section 11.4).
_FORMS = [
    ("://", re.compile(r"(?<=://)[^\s/'\"<>]{1,1000}(?=@)"), STARS),
    # a password with a slash, which should have been encoded; digits before one are a port
    ("://", re.compile(r"(?<=://)[^\s/:@'\"<>]{0,200}:(?!\d{1,5}/)[^\s:'\"<>]{1,1000}(?=@)"), STARS),
    ("eyJ", re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"), STARS),
    (
        "PRIVATE KEY-----",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL),
        STARS,
    ),
    ("A", re.compile(r"\bA[KS]IA[0-9A-Z]{16}\b"), STARS),
    ("", re.compile(r"\b([Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?![\ue000*])[\w.~+/=-]{6,}"), rf"\1 {STARS}"),
]
# A name, and what may follow it as its value; marks and stars are none.
_NAME = re.compile(r"(?<![\w-])([\w-]{1,80})\\{0,7}[\"']?\s{0,4}(?:=>|[=:])\s{0,4}")
_VALUE = re.compile(
    r"(?:(?:bearer|basic|digest|token)\s+)?(?:[bru]{0,2}\"(?:[^\"\\]|\\.)+\"|[bru]{0,2}'(?:[^'\\]|\\.)+'"
    r"|\\+[\"'][^\"'\\\ue000*]+\\+[\"']|\[[^\[\]\ue000]{1,1000}\]|(?![\ue000*\\])[^\s,;&<>()\[\]{}\"']+)",
    re.IGNORECASE,
)


def without_forms(text: str) -> str:
    """The text without what looks like a secret, or is one of the configuration."""
    text = redact(text)
    for sign, form, instead in _FORMS:
        if sign in text:
            text = form.sub(instead, text)
    return text


def without_named(text: str, names: Container[str]) -> str:
    """The text with stars behind names that say that a secret follows: `password=...`, `"token": "..."`."""
    pieces, at = [], 0
    for name in _NAME.finditer(text):
        value = _VALUE.match(text, name.end()) if name.start() >= at and name[1] in names else None
        if value is not None:
            pieces += [text[at : name.end()], STARS]
            at = value.end()
    return "".join([*pieces, text[at:]]) if pieces else text
