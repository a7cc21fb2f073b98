"""Spans for OpenTelemetry: each request, each call of another service and each task as a part of its trace.

requests.py    what is asked of this service
departures.py  what it asks of others, and the tasks that it runs

They have the ids that the service has always had (`Call.trace`, the header `traceparent`), so that logs, reports and
other services mean the same. Nothing of this is loaded where nobody has set OpenTelemetry up.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from pymacaron.calls import Listener
from pymacaron.exceptions import StartError

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["follow", "is_wanted", "told"]


def is_wanted(setting: str) -> bool:
    """Are there to be spans? With "auto", where OpenTelemetry is installed and somebody has set it up: by its variables
    in the environment, or by a provider of the program's.

    Raises:
        StartError: they are wanted, and OpenTelemetry is not installed.
    """
    if setting == "off":
        return False
    if setting == "on" and importlib.util.find_spec("opentelemetry") is None:
        raise StartError("opentelemetry: on needs its packages: pip install 'pymacaron[otel]'")
    if setting == "on":
        return True
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    loaded = sys.modules.get("opentelemetry.trace")
    if loaded is not None and type(loaded.get_tracer_provider()).__name__ != "ProxyTracerProvider":  # its stand-in
        return True
    is_set_up = any(name.startswith("OTEL_") for name in os.environ)
    return is_set_up and importlib.util.find_spec("opentelemetry") is not None


def told() -> Listener:
    """Who is to be told of calls that were answered; spans of calls of others and of tasks begin."""
    from . import departures, requests  # for those who have OpenTelemetry

    departures.begin()
    return requests.answered


def follow(app: Flask) -> None:
    """Begin a span for each request to `app`; once its operations are bound."""
    from .requests import follow  # likewise

    follow(app)
