"""The functions behind the operations that every service has: builtin_apis/ping.yaml."""

from __future__ import annotations

import os

from ._types import JsonObject

# The names of the APIs served and the version of the first one's document; set when a service starts.
served: dict[str, str] = {"name": "", "version": ""}


def ping() -> JsonObject:
    return {}


def version() -> JsonObject:
    """`container` is PYM_CONTAINER, else what a file VERSION in the working folder says: image builds write one."""
    return {**served, "container": _container(), "pym_env": os.environ.get("PYM_ENV", "")}


def auth_version() -> JsonObject:
    """The same. Its document demands a token, and where no token can be verified, nobody gets in."""
    return version()


def _container() -> str:
    given = os.environ.get("PYM_CONTAINER")
    if given is not None:
        return given
    try:
        with open("VERSION", encoding="utf-8") as file:
            return file.read(200).strip()
    except (OSError, UnicodeDecodeError):
        return ""
