"""What the value of a setting has to be: how it is read, and what is said of one that is something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.names import closest
from pymacaron.rates import WORDS, read_rate

from .credentials import read_credentials
from .secret import Secret


class Kind(NamedTuple):
    """What a value has to be: `words` completes "it has to be …"; `read` gives the value as code gets it.

    `read` raises ValueError with the cure as its text.
    """

    words: str
    read: Callable[[Json], Json]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` is most likely meant to be, hyphens for underscores included; None if none is."""
    return closest(word.replace("-", "_"), known, alike=0.8)


def _text(value: Json) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, str):
        raise ValueError("write something, or leave the key out")
    raise ValueError("write one text" if isinstance(value, list | dict) else "put quotes around it")


def _flag(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}  # booleans of YAML 1.1, texts in 1.2
    word = meant.get(value.lower()) if isinstance(value, str) else None
    raise ValueError(f"write {word or 'true or false'}")


def _whole_number(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("write digits only, without quotes")


_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([KMG]?(?:IB|B)?)", re.IGNORECASE)
_STORE = re.compile(r"sqlite:///[^?\0]+|dynamodb://[a-z0-9-]+(?:\?endpoint=https?://[^&]+)?")
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _size(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found and found[2].upper() in _UNITS:
        return round(float(found[1]) * _UNITS[found[2].upper()])
    raise ValueError("write for example 16MB")


def _texts(value: Json) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    raise ValueError("write each on a line of its own, after a dash and a blank")


def _text_or_texts(value: Json) -> str | list[str]:
    return _texts(value) if isinstance(value, list) else _text(value)


def one_of(*choices: str) -> Kind:
    by_lower = {choice.lower(): choice for choice in choices}

    def read(value: Json) -> str:
        if isinstance(value, str) and value.lower() in by_lower:
            return by_lower[value.lower()]
        near = nearest(value, choices) if isinstance(value, str) else None
        raise ValueError(f"did you mean '{near}'?" if near else f"write for example {choices[0]}")

    return Kind("one of " + ", ".join(choices), read)


def some_of(*choices: str) -> Kind:
    one = one_of(*choices)

    def read(value: Json) -> list[str]:
        found = [one.read(item) for item in (value if isinstance(value, list) else [value])]
        return list(dict.fromkeys(found))

    return Kind(f"some of {', '.join(choices)}", read)


def _none_is_too_few() -> int:
    raise ValueError("write 1 for a single one")


def _seconds(value: Json) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError("write a number, more than 0")


def _not_negative(value: Json) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("write a number, 0 or more")


def _texts_by_name(value: Json) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(name): _text(text) for name, text in value.items()}
    raise ValueError("write each on a line of its own, as `name: text`")


_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_TEXT = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def _headers(value: Json) -> dict[str, str]:
    """Headers of answers, which every server sends as they are (RFC 9110 sections 5.1 and 5.5)."""
    read = _texts_by_name(value)
    for name, text in read.items():
        if not _HEADER.fullmatch(name) or not _HEADER_TEXT.fullmatch(text):
            raise ValueError(f"{name!r} cannot be sent: write a name without blanks, and printable ASCII on one line")
    return read


_HOST = re.compile(r"(?:\*\.|\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?")


def _hosts(value: Json) -> list[str]:
    for host in (found := _texts(value)):
        if not _HOST.fullmatch(host):
            cure = "write a name such as api.example.com or *.example.com, or an IPv4 address"
            raise ValueError(f"{host!r} is not a valid host; {cure}")
    return found


def _port(value: Json) -> int:
    if (number := _whole_number(value)) > 65535:
        raise ValueError("write a number up to 65535")
    return number


def _clients(value: Json) -> dict[str, dict[str, Json]]:
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError("write the name of an API, and below it for example `url: https://api.example.com`")
    return {
        str(api): {key: _of_client(str(api), key, one) for key, one in entry.items()} for api, entry in value.items()
    }


def _of_client(api: str, key: Json, value: Json) -> Json:
    return _part(api, f"{api}.{key}", (key, value), CLIENT)


def _part(owner: str, place: str, said: tuple[Json, Json], kinds: Mapping[str, Kind]) -> Json:
    """The value of a key below a name that users choose, such as an API's."""
    key, value = said
    kind = kinds.get(key)
    if kind is None:
        near = nearest(str(key), kinds)
        cure = f"did you mean '{near}'?" if near else f"there are {', '.join(kinds)}"
        raise ValueError(f"'{key}' of {owner} is unknown; {cure}")
    try:
        return kind.read(value)
    except ValueError as cure:
        raise ValueError(f"{place} has to be {kind.words}; {cure}") from None


def _issuers(value: Json) -> dict[str, dict[str, Json]]:
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError("write an issuer, and below it for example `jwks: https://login.example.com/keys`")
    return {str(issuer): _issuer(str(issuer), entry) for issuer, entry in value.items()}


def _issuer(issuer: str, entry: dict[str, Json]) -> dict[str, Json]:
    read = {key: _of_issuer(issuer, key, one) for key, one in entry.items()}
    if sum(key in read for key in _ISSUER_KEYS) != 1:
        raise ValueError(f"give {issuer} one of {', '.join(_ISSUER_KEYS)}")
    return read


def _of_issuer(issuer: str, key: Json, value: Json) -> Json:
    found = _part(issuer, f"{key} of {issuer}", (key, value), ISSUER)
    return Secret(found) if key == "secret" else found


def _rate(value: Json) -> Json:
    read_rate(value)
    return value


def _origins(value: Json) -> dict[str, Json]:
    """Who may call from pages of other hosts; a list of origins is short for a mapping that has no more than that."""
    said = value if isinstance(value, dict) else {"origins": value}
    read = {str(key): _part("cors", f"cors.{key}", (key, one), CORS) for key, one in said.items()}
    if not read.get("origins"):
        raise ValueError("write for example `origins: [https://app.example.com]`, or '*' for everybody's pages")
    if read.get("credentials") and "*" in read["origins"]:
        raise ValueError("credentials are for origins that are named: a browser refuses them with '*'")
    return read


_ORIGIN = re.compile(r"https?://(?:(?:\*\.)?[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?|null|\*")


def _origin_list(value: Json) -> list[str]:
    for origin in (found := [value] if isinstance(value, str) else _texts(value)):
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"'{origin}' is not an origin; write for example https://app.example.com, without a path")
    return [origin.lower() for origin in found]  # as browsers do


def _store(value: Json) -> str:
    if isinstance(value, str) and _STORE.fullmatch(value):
        return value
    raise ValueError("write for example sqlite:///store.sqlite or dynamodb://eu-west-1")


TEXT = Kind("text", _text)
STORE = Kind("sqlite:///path or dynamodb://region", _store)
FLAG = Kind("true or false", _flag)
WHOLE_NUMBER = Kind("a whole number, 0 or more", _whole_number)
PORT = Kind("a port", _port)
SIZE = Kind("a number of bytes, or text such as 16MB or 512KiB", _size)
TEXTS = Kind("a list of texts", _texts)
TEXT_OR_TEXTS = Kind("text, or a list of texts", _text_or_texts)
HOSTS = Kind("a list of hosts", _hosts)
LEVEL = one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
COUNT = Kind("a whole number, 1 or more", lambda value: _whole_number(value) or _none_is_too_few())
SECONDS = Kind("a number of seconds", _seconds)
NOT_NEGATIVE = Kind("a number of seconds, 0 or more", _not_negative)
TEXTS_BY_NAME = Kind("a mapping from names to texts", _texts_by_name)
HEADERS = Kind("a mapping from names of headers to texts", _headers)
ERRORS = one_of("return", "raise")
CREDENTIALS = Kind("a mapping from security schemes to credentials", read_credentials)
# What can be said of the client of one API.
CLIENT: dict[str, Kind] = {
    "url": TEXT, "variables": TEXTS_BY_NAME, "timeout": SECONDS, "connect_timeout": SECONDS, "read_timeout": SECONDS,
    "headers": TEXTS_BY_NAME, "verify": FLAG, "authorities": TEXT, "errors": ERRORS, "max_answer": SIZE,
    "max_attempts": COUNT, "max_failures": WHOLE_NUMBER, "credentials": CREDENTIALS,
}  # fmt: skip
CLIENTS = Kind("a mapping from APIs to how they are called", _clients)

ALGORITHMS = (
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
)  # fmt: skip
ALGORITHM = one_of(*ALGORITHMS)
# What can be said of one issuer of tokens.
ISSUER: dict[str, Kind] = {
    "secret": TEXT, "public_key": TEXT, "jwks": TEXT, "algorithm": ALGORITHM, "audience": TEXT_OR_TEXTS,
}  # fmt: skip
_ISSUER_KEYS = ("secret", "public_key", "jwks")
RATE = Kind(WORDS, _rate)
# What can be said of pages of other hosts.
CORS: dict[str, Kind] = {
    "origins": Kind("a list of origins", _origin_list), "credentials": FLAG, "headers": TEXTS, "expose": TEXTS,
    "max_age": WHOLE_NUMBER,
}  # fmt: skip
ORIGINS = Kind("a list of origins, or a mapping with origins, credentials, headers, expose, max_age", _origins)
ISSUERS = Kind("a mapping from issuers to their keys", _issuers)
