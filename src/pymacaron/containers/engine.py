"""The adapter: what pymacaron asks of a container engine, in its own words."""

from __future__ import annotations

import json
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymacaron.config import reveal
from pymacaron.exceptions import EngineError

from .finding import Found, find
from .program import Program
from .values import INNER_PORT, Container, Image, Login, State, image_of, state_of

_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")
# Variables that steer the command line itself: a container gets them by a file.
_STEERING = re.compile(
    r"(DOCKER|BUILDKIT|BUILDX|CONTAINER|CONTAINERS|REGISTRY|XDG|LD|SSH|TMPDIR|HOME|PATH)(_.*|$)|.*_PROXY|.*_proxy"
)
# What newer builders add of their own accord: when and where it was built, so that no two pushes are the same.
_PLAIN = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
_STOP = 15.0  # seconds that an engine may take beyond those that a container has
_REMOTE = 1800.0  # seconds for what goes over a network


class Engine:
    """A container engine that answers. Secrets are never in the arguments of a command.

    Attributes:
        kind: "docker" or "podman".
        host: where the ports of containers are reached.
    """

    def __init__(self, found: Found, network: str | None = None) -> None:
        self.kind = found.kind
        self.host = found.host
        self._build_network = None if found.bridged else "host"
        self._network = network or self._build_network
        self._program: Program = found.program

    @classmethod
    def find(
        cls, name: str | None = None, environment: Mapping[str, str] | None = None, *, network: str | None = None
    ) -> Engine:
        """The engine of a name, else of $PYMACARON_ENGINE, else `docker` (at $DOCKER_HOST, where that is set) if it
        answers, else `podman`. `network` is that of its containers where nobody says another one.

        Raises:
            EngineError: none answers; why not, and what to do.
        """
        return cls(find(name, dict(os.environ if environment is None else environment)), network)

    # Images

    def build(
        self, context: str, *, tags: tuple[str, ...] = (), dockerfile: str | None = None, fresh: bool = False,
        arguments: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None, network: str | None = None,
        platform: str | None = None,
        say: Callable[[str], object] | None = None,
    ) -> str:  # fmt: skip
        """Build what a Dockerfile says; the image's id.

        Args:
            context: the folder that is sent, with the Dockerfile in it unless `dockerfile` names one.
            fresh: without what earlier builds have left.
            arguments: for ARG, which everybody can read in the image: no secrets.
            network: of the steps; None: the engine's own, that of the machine where it has none.
            platform: "linux/arm64" and the like; None: the engine's own.
            say: gets each line that the engine prints; an error then repeats the last one only.

        Raises:
            EngineError: it does not build.
        """
        network = network or self._build_network
        with tempfile.TemporaryDirectory(prefix="pymacaron-build-") as folder:
            file = os.path.join(folder, "id")
            self._program.told(
                "build", "--force-rm", "--iidfile", file, *(["--format", "docker"] if self.kind == "podman" else []),
                *_each("--tag", tags), *_each("--build-arg", _pairs(arguments)), *_each("--label", _pairs(labels)),
                *(["--file", dockerfile] if dockerfile else []), *(["--no-cache"] if fresh else []),
                *([f"--network={network}"] if network else []), *(["--platform", platform] if platform else []),
                context, say=say, more=_PLAIN,
            )  # fmt: skip
            with open(file, encoding="utf-8") as written:
                return written.read().strip()

    def inspect(self, image: str) -> Image:
        """
        Raises:
            EngineError: there is no such image here.
        """
        return image_of(self._told("image", "inspect", image))

    def images(self, labels: Mapping[str, str]) -> list[str]:
        """The ids of the images that have these labels, the newest first."""
        return self._program.ask("images", "--quiet", "--no-trunc", *_filters(labels)).split()

    def tag(self, image: str, reference: str) -> None:
        """Give an image another name."""
        self._program.ask("tag", image, reference)

    def push(self, reference: str, login: Login | None = None, say: Callable[[str], object] | None = None) -> str:
        """Send an image to the registry that its name begins with; its digest there.

        Args:
            login: whoever pushes; None: whoever `docker login` has remembered.

        Raises:
            EngineError: the registry does not take it.
        """
        with self._logged_in(login) as options, tempfile.TemporaryDirectory(prefix="pymacaron-push-") as folder:
            if self.kind == "docker":
                said = self._program.told("push", reference, say=say, more=options)
                found = _DIGEST.search(said)
                if found is None:
                    raise EngineError(f"docker push {reference} printed no digest; its output: {said[-500:]}")
                return found[1]
            file = os.path.join(folder, "digest")
            self._program.told("push", *_insecure(reference), "--digestfile", file, reference, say=say, more=options)
            with open(file, encoding="utf-8") as written:
                return written.read().strip()

    def pull(self, reference: str, login: Login | None = None) -> None:
        """Fetch an image from the registry that its name begins with."""
        with self._logged_in(login) as options:
            insecure = _insecure(reference) if self.kind == "podman" else []
            self._program.ask("pull", "--quiet", *insecure, reference, more=options, seconds=_REMOTE)

    def remove_image(self, image: str) -> None:
        """Remove an image, whatever names it has; the layers go that nothing else needs."""
        self._program.ask("rmi", "--force", image)

    # Containers

    def run(
        self, image: str, *, name: str | None = None, environment: Mapping[str, str] | None = None,
        port: int | None = 0, network: str | None = None, labels: Mapping[str, str] | None = None,
        command: tuple[str, ...] = (), health: bool = True,
    ) -> Container:  # fmt: skip
        """Start a container, and let it run.

        Args:
            environment: for what runs in it; values may be secrets. PORT is ours: where a server has to listen.
            port: of this machine, where it is reached; 0: any that is free; None: it has none.
            network: None: one of its own, and the port is published to this machine alone; "host": this machine's.
            command: in place of the image's.
            health: does the engine check it as the image says? podman never does.

        Raises:
            EngineError: it does not start.
        """
        network = network or self._network
        given = dict(environment or {})
        options: list[str] = []
        if network is not None:
            options += [f"--network={network}"]
        if port is not None and network == "host":
            port = port or _free_port()
            given["PORT"] = str(port)
        elif port is not None:
            given["PORT"] = str(INNER_PORT)
            options += ["--publish", f"{self._published()}{port or ''}:{INNER_PORT}"]
        if self.kind == "podman" or not health:
            options += ["--no-healthcheck"]  # podman would need systemd; whoever starts a server asks it for /ping
        options += [*(["--name", name] if name else []), *_each("--label", _pairs(labels))]
        with _environment(given) as (more, passed):
            said = self._program.ask("run", "--detach", *options, *passed, image, *command, more=more, seconds=_REMOTE)
        container = Container(said.split()[-1], self.host, port)
        return container if port != 0 else container._replace(port=self.port(container))

    def port(self, container: Container | str) -> int:
        """Where a container's server is reached.

        Raises:
            EngineError: it publishes none.
        """
        if isinstance(container, Container) and container.port:
            return container.port
        said = self._program.ask("port", _id(container), f"{INNER_PORT}/tcp").split()
        if not said:
            raise EngineError(f"the container {_id(container)[:12]} publishes no port; start it with --publish")
        return int(said[0].rpartition(":")[2])

    def state(self, container: Container | str) -> State:
        """
        Raises:
            EngineError: there is no such container.
        """
        return state_of(self._told("container", "inspect", _id(container)))

    def containers(self, labels: Mapping[str, str], *, ended: bool = False) -> list[str]:
        """The ids of the containers that have these labels ("": with any value) and run; with `ended`, also of those
        that do no more."""
        options = ["--all"] if ended else []
        return self._program.ask("ps", "--quiet", "--no-trunc", *options, *_filters(labels)).split()

    def logs(self, container: Container | str, last: int | None = None) -> str:
        """What a container has printed; with `last`, only so many lines of it."""
        return "\n".join(self._program.lines("logs", *_tail(last), _id(container)))

    def follow(self, container: Container | str, last: int | None = None) -> Iterator[str]:
        """The same, line by line, and what it prints from now on, until it ends; to close the iterator ends that."""
        return self._program.lines("logs", "--follow", *_tail(last), _id(container))

    def stop(self, container: Container | str, seconds: int = 10) -> int:
        """Ask a container to end (SIGTERM), and end it after so many seconds; its exit code."""
        self._program.ask("stop", "--time", str(seconds), _id(container), seconds=seconds + _STOP)
        return self.state(container).exit_code

    def kill(self, container: Container | str, signal: str = "KILL") -> None:
        """Send a signal to a container's first process."""
        self._program.ask("kill", f"--signal={signal}", _id(container))

    def remove(self, container: Container | str) -> None:
        """Remove a container, which ends it at once if it still runs; what it has printed is gone, too."""
        self._program.ask("rm", "--force", "--volumes", _id(container))

    # How commands are given what they need

    def _told(self, *arguments: str) -> Any:
        return json.loads(self._program.ask(*arguments))[0]

    def _published(self) -> str:
        """Ports are published to this machine alone; those of an engine elsewhere to whoever reaches it."""
        return f"{self.host}:" if self.host == "127.0.0.1" else ""

    @contextmanager
    def _logged_in(self, login: Login | None) -> Iterator[dict[str, str]]:
        """Variables with which a command is logged in to a registry, by a file that nobody else reads; it goes behind
        the block."""
        if login is None:
            yield {}
            return
        with tempfile.TemporaryDirectory(prefix="pymacaron-login-") as folder:
            if self.kind == "docker":
                options = {"DOCKER_CONFIG": folder, "DOCKER_HOST": self._place(), "DOCKER_CONTEXT": ""}
                insecure = []
            else:
                options = {"REGISTRY_AUTH_FILE": os.path.join(folder, "auth.json")}
                insecure = _insecure(login.registry)
            self._program.ask(
                "login", *insecure, "--username", login.user, "--password-stdin", login.registry,
                given=reveal(login.password), more=options,
            )  # fmt: skip
            yield options

    def _place(self) -> str:
        """Where docker listens, which its configuration may say and another one would not."""
        place = self._program.environment.get("DOCKER_HOST")
        return place or self._program.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").strip()


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Variables for the command, and options with which it passes them on to a container by their names."""
    values = {name: reveal(text) for name, text in given.items()}
    steering = {name: text for name, text in values.items() if _STEERING.fullmatch(name)}
    passed = {name: text for name, text in values.items() if name not in steering}
    broken = next((name for name, text in steering.items() if "\n" in text), None)
    if broken is not None:
        raise EngineError(f"${broken} has a line break, which the engine cannot read; use another name")
    with tempfile.NamedTemporaryFile("w", prefix="pymacaron-environment-", encoding="utf-8") as file:
        file.writelines(f"{name}={text}\n" for name, text in steering.items())
        file.flush()
        yield passed, [*(["--env-file", file.name] if steering else []), *_each("--env", tuple(passed))]


def _each(option: str, values: tuple[str, ...]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _pairs(values: Mapping[str, str] | None) -> tuple[str, ...]:
    return tuple(f"{name}={text}" for name, text in (values or {}).items())


def _filters(labels: Mapping[str, str]) -> list[str]:
    """An empty text stands for any."""
    return _each(
        "--filter", tuple(f"label={name}={text}" if text else f"label={name}" for name, text in labels.items())
    )


def _tail(last: int | None) -> list[str]:
    return [] if last is None else ["--tail", str(last)]


def _id(container: Container | str) -> str:
    return container if isinstance(container, str) else container.id


def _insecure(reference: str) -> list[str]:
    """podman, unlike docker, wants to be told that a registry of this machine speaks without encryption."""
    return ["--tls-verify=false"] if re.match(r"(127\.[\d.]+|localhost)([:/]|$)", reference) else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
