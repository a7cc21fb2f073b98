"""Reports as events in Sentry; needs the extra `pymacaron[sentry]`."""

from __future__ import annotations

import json
import os
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pymacaron._types import JsonObject
from pymacaron.config import Config, reveal
from pymacaron.exceptions import ConfigurationError, Finding

from . import Reporter

if TYPE_CHECKING:
    import sentry_sdk

_SECONDS = 10
_LEVELS = {"crash": "fatal", "error": "error", "slow": "warning"}


def reporter(config: Config) -> Reporter:
    """
    Raises:
        ConfigurationError: the SDK is not installed, or nothing says where to send events.
    """
    place, dsn = config.config_file or "get_config()", config.report_sentry_dsn or os.environ.get("SENTRY_DSN")
    if find_spec("sentry_sdk") is None:
        fact = "names 'sentry', and sentry-sdk is not installed"
        raise ConfigurationError([Finding(place, "report_to", fact, "run `pip install 'pymacaron[sentry]'`")])
    if not dsn:
        fact = "is not set, nor is SENTRY_DSN, and report_to names 'sentry'"
        raise ConfigurationError([Finding(place, "report_sentry_dsn", fact, "set one of them")])
    return partial(send, Client(reveal(dsn)))


class Client:
    """A client of our own, which leaves alone what the service does with the SDK. It is made when first used."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._client: sentry_sdk.Client | None = None

    def capture(self, event: Any) -> None:
        if self._client is None:
            import sentry_sdk  # 100 ms, which only a crash costs

            self._client = sentry_sdk.Client(
                self._dsn, default_integrations=False, auto_enabling_integrations=False,
                auto_session_tracking=False, environment=os.environ.get("PYM_ENV") or None,
            )  # fmt: skip
        self._client.capture_event(event)
        self._client.flush(timeout=_SECONDS)


def send(client: Client, title: str, message: str) -> None:
    client.capture(event_of(title, json.loads(message)))


def event_of(title: str, report: JsonObject) -> JsonObject:
    """The report as Sentry's event: what it has fields for, and the rest as contexts."""
    endpoint, request = report.get("endpoint") or {}, report.get("request") or {}
    event: JsonObject = {
        "message": title,
        "level": _LEVELS.get(str(report.get("kind")), "error"),
        "logger": "pymacaron.crash",
        "transaction": endpoint.get("function"),
        "tags": {"call_id": (report.get("call") or {}).get("id"), "api": endpoint.get("api")},
        "contexts": {name: _mapping(report[name]) for name in _CONTEXTS if report.get(name)},
        "extra": {name: report[name] for name in ("curl", "capsule", "repeated") if name in report},
        "exception": {"values": [_exception(one) for one in reversed(report.get("stack") or []) if "exception" in one]},
    }
    if report.get("user"):
        event["user"] = {"id": report["user"]}
    if request:
        event["request"] = {
            "method": request.get("method"), "url": request.get("path"), "query_string": request.get("query"),
            "headers": request.get("headers"), "data": request.get("body"),
        }  # fmt: skip
    return event


_CONTEXTS = ("call", "endpoint", "error", "data", "response", "timing", "server")


def _mapping(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {"value": value}


def _exception(one: JsonObject) -> JsonObject:
    frames = [
        {
            "filename": frame["file"], "lineno": frame["line"], "function": frame["function"],
            "context_line": frame["code"], "vars": frame.get("locals", {}), "in_app": "locals" in frame,
        }
        for frame in one["frames"]
    ]  # fmt: skip
    return {"type": one["exception"], "value": one["text"], "stacktrace": {"frames": frames}}
