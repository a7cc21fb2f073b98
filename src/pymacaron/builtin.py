"""The operations that every service has, builtin_apis/ping.yaml, and the functions behind them."""

from __future__ import annotations

import os

from ._types import JsonObject
from .calls import get_call
from .dialects import Document
from .ending import ending
from .formats import Formats
from .loading import load_document
from .readiness import DOWN, OK, Readiness

_DOCUMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "builtin_apis")

# The names of the APIs served and the version of the first one's document; set when a service starts.
served: dict[str, str] = {"name": "", "version": ""}

# What the service depends on; set when it starts.
readiness = Readiness({})


def document(name: str) -> Document:
    """A document of ours: "ping" or "crash". It is not in ApiPool, where its models would meet the user's."""
    loaded = load_document(name, os.path.join(_DOCUMENTS, f"{name}.yaml"), Formats(), [])
    assert loaded is not None, "our own document is right"
    return loaded.document


def ping() -> JsonObject:
    return {}


def ready() -> tuple[JsonObject, int]:
    checks = {"process": DOWN} if ending.begun else readiness()
    is_ready = all(state == OK for state in checks.values())
    call = get_call()
    if call is not None and not is_ready:
        call.function = ""  # that others are down is no crash of ours, and is not reported
    return {"ready": is_ready, "checks": checks}, 200 if is_ready else 503


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
