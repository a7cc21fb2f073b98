"""The console of a service: what it is asked, how it answers, what goes wrong, as it happens, on a page.

    recorder.py   what has happened lately, bounded; latency.py how long it took
    telling.py    what is told of it, without secrets
    access.py     who may look, and who may act
    replaying.py  a call is made again
    views.py      the routes; page/ what a browser gets

Imported only where it is switched on: in development, or by `console: on`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

from flask import Flask

from pymacaron.answers import BreachListener, log_breach
from pymacaron.auth import trust
from pymacaron.auth.configured_keys import fault
from pymacaron.calls import Listeners, onlookers
from pymacaron.config import get_config
from pymacaron.crash import Reporting
from pymacaron.exceptions import StartError
from pymacaron.operations import Operation
from pymacaron.serving import mode_of

from .recorder import Recorder
from .views import Console

log = logging.getLogger(__name__)
NAME = "console"


class Looking(NamedTuple):
    """Who hears of calls, and of answers that break the document, where somebody looks on."""

    listeners: Listeners
    broken: BreachListener | None
    place: str | None = None  # of the console


def check() -> None:
    """
    Raises:
        ConfigurationError: it is for those with a token, and none can be verified.
    """
    if get_config().console == "on" and trust() is None:
        cure = "set jwt_secret, jwt_public_key or jwt_jwks; or `console: auto`, for development alone"
        raise fault(
            get_config(), "console", "is on and requires a token, but no key to verify tokens is configured", cure
        )


def look_on(
    app: Flask, path: str, operations: Iterable[Operation], before: Looking, *,
    reporting: Reporting | None, apis: Iterable[str], in_development: bool,
) -> Looking:  # fmt: skip
    """Open the console of an application: who is to hear of calls from now on.

    Args:
        path: below which it is; an API may have its page there.
        before: who else hears of them.
        reporting: whose reports it shows; None: there are none.
        in_development: is this a development server?

    Raises:
        StartError: it is switched on, and its path is somebody else's.
    """
    check()
    operations = list(operations)
    place = f"{'/' if path.strip('/') else ''}{path.strip('/')}/{NAME}"
    if NAME in apis or any(f"{one.path}/".startswith(f"{place}/") for one in operations):
        fact, cure = f"the console has no place: {place} is taken", "publish_apis(path=...) says where else it may be"
        if get_config().console == "on":
            raise StartError(f"{fact}; {cure}")
        log.warning("%s; %s", fact, cure)
        return before
    recorder = Recorder(operations, before.listeners.every, before.broken or log_breach)
    if reporting is not None:
        reporting.set_reporter(NAME, recorder.report)
    onlookers.append(recorder.departed)

    def facts() -> dict[str, object]:
        config = get_config()
        return {
            "name": config.get("name") or app.name, "in_development": in_development,
            "reports": reporting is not None, "tasks": bool(config.with_async),
            "checks": mode_of(app, in_development),
        }  # fmt: skip

    Console(app, recorder, facts, in_development).publish(place)
    return Looking(Listeners([recorder], *before.listeners[1:]), recorder.broken_promise, place)
