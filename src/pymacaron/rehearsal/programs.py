"""What environments run: a program of this machine, or the image of their version in a container."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, NamedTuple

from pymacaron.containers import Container, Engine, EngineError

from .account import Environment, Version
from .routes import Address
from .running import Program, Start

_IMAGE = re.compile(rb"""^\s+image:\s*["']?([^\s"']+)""", re.MULTILINE)
_LINES = 100  # of a log that are shown
_STOP = 10  # seconds that a program has to end, as Elastic Beanstalk gives it


class _Process:
    """A program of this machine."""

    def __init__(self, process: subprocess.Popen[bytes], printed: IO[bytes], place: Address) -> None:
        self._process, self._printed, self.place = process, printed, place

    def is_there(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        text = Path(self._printed.name).read_text("utf-8", "replace")
        return "\n".join(text.splitlines()[-_LINES:]) + "\n"

    def lines(self) -> Iterator[str]:
        with open(self._printed.name, encoding="utf-8", errors="replace") as file:
            while True:
                there = self.is_there()
                yield from (line.rstrip("\n") for line in file)
                if not there:
                    return
                time.sleep(0.1)

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._printed.close()


def programs(command: Sequence[str], folder: Path | None = None) -> Start:
    """Environments run this command, with its port in $PORT and the label of the version in $REHEARSED_VERSION."""

    def start(_: Environment, version: Version | None, variables: dict[str, str]) -> Program:
        port = _free_port()
        label = version.label if version else ""
        told = {**os.environ, **variables, "PORT": str(port), "REHEARSED_VERSION": label}
        printed = tempfile.NamedTemporaryFile(prefix="rehearsal-")  # noqa: SIM115 - open as long as the program
        process = subprocess.Popen(command, cwd=folder, env=told, stdout=printed, stderr=printed)  # noqa: S603 - the caller's own program
        return _Process(process, printed, ("127.0.0.1", port))

    return start


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Part(NamedTuple):
    """One container of an environment: its image, the command in place of the image's, if any, and how many seconds it
    has to end."""

    image: str
    command: tuple[str, ...] = ()
    grace: int = _STOP


class _Running:
    """Images that run in containers: of what is asked, and of those that run beside it."""

    def __init__(self, engine: Engine, containers: list[tuple[Container, Part]]) -> None:
        self._engine, self._containers = engine, [container for container, _ in containers]
        self._graces = [part.grace for _, part in containers]
        self._web = self._containers[0]
        self.place = (self._web.host, engine.port(self._web))

    def is_there(self) -> bool:
        return all(self._engine.state(one).running for one in self._containers)

    def log(self) -> str:
        return "\n".join([*(self._engine.logs(one, _LINES) for one in self._containers), ""])

    def lines(self) -> Iterator[str]:
        with contextlib.suppress(EngineError):  # it is removed meanwhile
            yield from self._engine.follow(self._web)

    def stop(self) -> None:
        with ThreadPoolExecutor(len(self._containers)) as at_once:  # each has its time from the same moment on
            list(at_once.map(self._end, self._containers, self._graces))

    def _end(self, container: Container, grace: int) -> None:
        with contextlib.suppress(EngineError):
            self._engine.stop(container, grace)
        with contextlib.suppress(EngineError):
            self._engine.remove(container)


LABEL = "pymacaron.rehearsal"  # on every container of a rehearsal: the id of its environment


def containers(engine: Engine, read: Callable[[str, str], bytes], hosts: Mapping[str, str]) -> Start:
    """Environments run the images that the source bundle of their version names. `read` gives a bundle by bucket and
    key; `hosts` are registries that stand for others."""

    def start(environment: Environment, version: Version | None, variables: dict[str, str]) -> Program:
        if version is None or not version.bucket or not version.key:
            raise RuntimeError("The rehearsal runs no sample application: give a version with a source bundle.")
        started: list[tuple[Container, Part]] = []
        try:
            for part in parts_of(read(version.bucket, version.key)):
                image = _found(part.image)
                container = engine.run(
                    image, environment=variables, labels={LABEL: environment.id}, command=part.command,
                    port=None if started else 0, health=False,
                )  # fmt: skip
                started.append((container, part))
        except EngineError:
            for container, _ in started:
                engine.remove(container)
            raise
        return _Running(engine, started)

    def _found(image: str) -> str:
        host, slash, rest = image.partition("/")
        image = f"{hosts.get(host, host)}{slash}{rest}"
        with contextlib.suppress(EngineError):  # what is only here, and in no registry, runs as well
            engine.pull(image)
        return image

    return start


def parts_of(bundle: bytes) -> list[Part]:
    """What a source bundle says that runs, first of all what is asked: the image in Dockerrun.aws.json, or the services
    of docker-compose.yml, of which in YAML that is not JSON only the first image is seen."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            names = archive.namelist()
            if "docker-compose.yml" in names:
                return _composed(archive.read("docker-compose.yml"))
            if "Dockerrun.aws.json" not in names:
                return _none()
            told = json.loads(archive.read("Dockerrun.aws.json"))
    except (zipfile.BadZipFile, ValueError) as e:
        raise RuntimeError("The source bundle cannot be read.") from e
    if str(told.get("AWSEBDockerrunVersion")) != "1" or "Name" not in told.get("Image", {}):
        return _none()
    return [Part(str(told["Image"]["Name"]))]


def _composed(text: bytes) -> list[Part]:
    if not text.lstrip().startswith(b"{"):
        found = _IMAGE.search(text)
        return [Part(found[1].decode())] if found else _none()
    services = json.loads(text).get("services", {}).values()
    asked_first = sorted(services, key=lambda one: "ports" not in one)
    return [_part(one) for one in asked_first if "image" in one] or _none()


def _part(said: dict[str, Any]) -> Part:
    seconds = str(said.get("stop_grace_period", "")).removesuffix("s")
    grace = int(seconds) if seconds.isdigit() else _STOP
    return Part(said["image"], tuple(said.get("command", ())), grace)


def _none() -> list[Part]:
    raise RuntimeError("The source bundle has no docker-compose.yml or Dockerrun.aws.json (version 1) with an image.")
