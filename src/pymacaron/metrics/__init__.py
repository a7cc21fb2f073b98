"""How a service is doing, in numbers for Prometheus: `metrics: true` in pym-config.yaml.

measures.py   the numbers, and what adds to them
crowding.py   how many requests are being answered
showing.py    `GET /metrics`, or a port of its own
sharing.py    the processes of a service count together

prometheus-client counts. What a program of the users' counts with it is shown, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pymacaron.answers import Breach, BreachListener
from pymacaron.calls import Listener, Listeners, onlookers
from pymacaron.config import Config
from pymacaron.crash.reporting import lost
from pymacaron.exceptions import StartError

from .sharing import make_room, share

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["Measured", "measure", "share", "show"]


class Measured(NamedTuple):
    """Who is told of calls, and of answers that break the document."""

    listeners: Listeners
    broken: BreachListener | None


def measure(config: Config, told: Measured) -> Measured:
    """Count what a service does; who is told from now on.

    Raises:
        StartError: prometheus-client is not installed.
    """
    make_room()  # before that, which looks whether there is a folder
    try:
        import prometheus_client  # noqa: F401 - an extra
    except ImportError:
        raise StartError("metrics: true needs prometheus-client: pip install 'pymacaron[metrics]'") from None
    from .measures import measures  # likewise

    if measures.departed not in onlookers:
        onlookers.append(measures.departed)
        lost.append(measures.lost)
    measures.slow_seconds = config.report_call_exceeding_ms / 1000
    every: list[Listener] = [*told.listeners.every, measures.answered]
    return Measured(told.listeners._replace(every=every), _both(measures.broken, told.broken))


def show(app: Flask, config: Config) -> None:
    """Show what is counted, and count what is under way; once the operations of `app` are bound."""
    from .crowding import watch  # for those who are counted
    from .showing import show  # likewise

    watch(app)
    show(app, config)


def _both(one: Callable[[Breach], None], other: BreachListener | None) -> BreachListener:
    def tell(breach: Breach) -> None:
        one(breach)
        if other is not None:
            other(breach)

    return one if other is None else tell
