"""The service under test in a container of its own."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from pymacaron.config import load_config
from pymacaron.containers import Container, Engine
from pymacaron.exceptions import StartError

from .places import Place, place_of

_PATIENCE = 60.0  # seconds until it answers
_LOOK = 0.5  # seconds until its engine, whose command line is a program to start, is asked how it is
_GRACE = 10  # seconds that it has to end
_LAST = 30  # lines of its log that are shown
_PASSED = ("PYM_ENV", "NO_ERROR_REPORTING")  # variables that a container gets, if they are set


class Boxed(NamedTuple):
    """A running container with a service. `place` is where it is reached."""

    place: Place
    container: Container
    last_words: Callable[[], str]


@contextmanager
def started_image(
    image: str, given: Sequence[str] = (), environment: Mapping[str, str] = os.environ, *,
    engine: Engine | None = None, network: str | None = None,
) -> Iterator[Boxed]:  # fmt: skip
    """A container of an image, while the block lasts. It gets the variables that env_secrets lists.

    Args:
        given: more variables, each NAME=VALUE, or NAME for the one of the environment.

    Raises:
        StartError: it does not answer, with what it has said.
    """
    found = engine or Engine.find(environment=environment)
    container = found.run(image, environment=_variables(given, environment), network=network)
    boxed = Boxed(place_of(container.host, container.port), container, lambda: found.logs(container, last=_LAST))
    try:
        _wait(found, image, boxed)
        yield boxed
    finally:
        try:
            found.stop(container, _GRACE)
        finally:
            found.remove(container)


def _variables(given: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """
    Raises:
        StartError: one is to be passed on, and is not set.
    """
    passed = [*load_config(environment=environment, strict=False).env_secrets, *_PASSED]
    variables = {name: environment[name] for name in passed if name in environment}
    for one in given:
        name, has_value, value = one.partition("=")
        if not has_value and name not in environment:
            raise StartError(f"--env {name}: the variable is not set; set it, or write --env {name}=VALUE")
        variables[name] = value if has_value else environment[name]
    return variables


def _wait(engine: Engine, image: str, boxed: Boxed) -> None:
    until = time.monotonic() + _PATIENCE
    look = time.monotonic() + _LOOK
    while time.monotonic() < until:
        if _answers(boxed.place):
            return
        if time.monotonic() >= look:
            state = engine.state(boxed.container)
            if not state.running:
                fact = f"the container of {image} ended with exit code {state.exit_code}"
                raise StartError(f"{fact}:\n{boxed.last_words()}")
            look = time.monotonic() + _LOOK
        time.sleep(0.05)
    cure = "its server has to listen on $PORT, at 0.0.0.0"
    fact = f"the container of {image} does not answer GET /ping at {boxed.place} after {_PATIENCE:.0f} s"
    raise StartError(f"{fact}; {cure}:\n{boxed.last_words()}")


def _answers(place: Place) -> bool:
    connection = http.client.HTTPConnection(place.origin.host, place.origin.port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
