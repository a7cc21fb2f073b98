"""The operations that every service has, builtin_apis/ping.yaml, and the functions behind them."""

from __future__ import annotations

import os

from ._types import JsonObject
from .dialects import Document
from .formats import Formats
from .loading import load_document

_DOCUMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "builtin_apis")

# The names of the APIs served and the version of the first one's document; set when a service starts.
served: dict[str, str] = {"name": "", "version": ""}


def document(name: str) -> Document:
    """A document of ours: "ping" or "crash". It is not in ApiPool, where its models would meet the user's."""
    loaded = load_document(name, os.path.join(_DOCUMENTS, f"{name}.yaml"), Formats(), [])
    assert loaded is not None, "our own document is right"
    return loaded.document


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
