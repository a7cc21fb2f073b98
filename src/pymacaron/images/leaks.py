"""Secrets among the files of an image: keys, and values that the configuration keeps secret."""

from __future__ import annotations

import base64
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping

from pymacaron._types import Json
from pymacaron.config import Config, Secret, reveal
from pymacaron.exceptions import Finding

_SHORTEST = 6  # characters; a shorter value would be found in every other file
_NAMES = (
    ".env", ".env.*", ".netrc", ".pypirc", ".npmrc", ".htpasswd", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.key",
    "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx",
)  # fmt: skip
_CONTENTS = {
    "a private key": re.compile(
        rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        rb"(?:\\[rn]|\s)+(?:[\w-]+: [^\n]*\n|\s)*[A-Za-z0-9+/=]{16}"
    ),
    "an access key of AWS": re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)(?!\w*EXAMPLE)[A-Z0-9]{16}(?![A-Z0-9])"),
    "a password in a URL": re.compile(
        rb"\b[a-z][a-z0-9+.-]+://([\w.%+-]*):(?!(?:\1|[Pp]ass\w*|secret|changeme|guest|\*+|x+)@)"
        rb"[^\s/@$<>{}\"']{4,}@(?!localhost|127\.|example)[\w-]+[.\w]"
    ),
}
_CURE = "keep it out (.dockerignore), or allow it if it is no secret: --allow {}"


class Leaks:
    """What must not be in an image. `values` are secrets, each with what it is called."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._needles = [(needle, name) for value, name in values.items() for needle in _spellings(value)]

    def of(self, path: str, data: bytes) -> Iterator[Finding]:
        """What is wrong with a file of a project; a value is never shown."""
        cure = _CURE.format(path)
        name = os.path.basename(path)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in _NAMES):
            yield Finding(path, "", "has a name that key files have", cure)
        for what, pattern in _CONTENTS.items():
            found = pattern.search(data)
            if found:
                yield Finding(_place(path, data, found.start()), "", f"looks like {what}", cure)
        for needle, secret in self._needles:
            at = data.find(needle)
            if at >= 0:
                yield Finding(_place(path, data, at), "", f"holds the value of {secret}", cure)


def secrets_of(configs: Iterable[Config], environment: Mapping[str, str]) -> dict[str, str]:
    """The values of the variables that configurations list under env_secrets, and of their settings that are secret and
    come from the environment; with what each is called."""
    found: dict[str, str] = {}
    given = set(environment.values())
    for config in configs:
        found |= {environment.get(name, ""): f"${name}" for name in config.env_secrets}
        found |= {value: key for key, value in _secrets_in(config) if value in given and value not in found}
    return {value: name for value, name in found.items() if len(value) >= _SHORTEST}


def written_out(configs: Mapping[str, Config], environment: Mapping[str, str]) -> Iterator[str]:
    """A warning for each secret setting whose value stands in its file: whoever has the image has it."""
    given = set(environment.values())
    for file, config in configs.items():
        for key in (key for key, value in _secrets_in(config) if value not in given and not _is_harmless(value)):
            cure = "name an environment variable there, and list it under env_secrets"
            yield f"{file}: {key} contains the secret itself, and everybody who has the image can read it; {cure}"


def _is_harmless(value: str) -> bool:
    """Is it a URL without a password, such as that of a broker in a closed network, or the name of a variable?"""
    return bool(re.fullmatch(r"[A-Z][A-Z0-9_]+", value)) or ("://" in value and "@" not in value)


def _secrets_in(config: Config) -> Iterable[tuple[str, str]]:
    for key in config:
        yield from ((key, value) for value in _revealed(config[key]))


def _revealed(value: Json) -> Iterator[str]:
    if isinstance(value, Secret):
        yield reveal(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _revealed(one)
    elif isinstance(value, list):
        for one in value:
            yield from _revealed(one)


def _spellings(value: str) -> Iterator[bytes]:
    data = value.encode()
    yield data
    yield base64.b64encode(data).rstrip(b"=")[:-1]  # its last characters depend on what comes behind


def _place(path: str, data: bytes, at: int) -> str:
    line = data.count(b"\n", 0, at) + 1
    return f"{path}:{line}"
