"""Which engine answers, and where."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from pymacaron.exceptions import EngineError

from .program import Program

NAMED = "PYMACARON_ENGINE"  # in the environment: the engine that is to be used
KINDS = ("docker", "podman")
_HERE = "127.0.0.1"
_PATIENCE = 20.0  # seconds for an engine to say that it is there


class Found(NamedTuple):
    """An engine that answers.

    Attributes:
        kind: "docker" or "podman".
        host: where the ports of its containers are reached from here.
        bridged: can containers have networks of their own? Where they cannot, they share that of the machine.
    """

    program: Program
    kind: str
    host: str
    bridged: bool


def find(name: str | None, environment: Mapping[str, str]) -> Found:
    """The engine of a name, else of $PYMACARON_ENGINE, else `docker` where it answers, else `podman`.

    A name may be a path, and may have options: "podman --runtime runc".

    Raises:
        EngineError: none answers, with the reasons of each.
    """
    named = name or environment.get(NAMED)
    silent = []
    for words in [tuple(shlex.split(named))] if named else [(kind,) for kind in KINDS]:
        try:
            return _found(words, environment)
        except EngineError as error:
            silent.append(str(error))
    cure = f"install docker or podman; {NAMED} or --engine names another one"
    raise EngineError("\n  ".join(["no container engine answers:", *silent]) + f"\n{cure}")


def _found(words: tuple[str, ...], environment: Mapping[str, str]) -> Found:
    """
    Raises:
        EngineError: it is not installed, it is none that we know, or it does not answer.
    """
    kind = next((kind for kind in KINDS if kind in os.path.basename(words[0])), None) if words else None
    if kind is None:
        raise EngineError(f"{' '.join(words)!r} is not a known engine; use one of {', '.join(KINDS)}")
    if shutil.which(words[0], path=environment.get("PATH")) is None:
        raise EngineError(f"{words[0]} is not installed")
    program = Program(words, environment)
    if kind == "podman":
        program.ask("version", seconds=_PATIENCE)
        return Found(program, kind, _HERE, bridged=True)
    program.ask("version", "--format", "{{.Server.Version}}", seconds=_PATIENCE)
    networks = program.ask("network", "ls", "--format", "{{.Driver}}").split()
    return Found(program, kind, _host_of(environment.get("DOCKER_HOST", "")), bridged="bridge" in networks)


def _host_of(place: str) -> str:
    parts = urlsplit(place)
    return parts.hostname if parts.scheme in {"tcp", "ssh", "http", "https"} and parts.hostname else _HERE
