"""What an engine is given and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pymacaron._types import JsonObject

# Where a server listens in a container that has a network of its own; with the network of the machine, it is told
# another one by $PORT.
INNER_PORT = 8080


class Login(NamedTuple):
    """Who pushes to a registry: its host, with the port where it has one. The password may be a Secret."""

    registry: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.registry!r}, {self.user!r}, '*****')"


class Container(NamedTuple):
    """A container. Its server is reached at `host` and `port`, the latter None for one that has no port."""

    id: str
    host: str
    port: int | None


class State(NamedTuple):
    """How a container is. `health` is "starting", "healthy" or "unhealthy", "" without a health check; `exit_code` says
    something once it has ended."""

    running: bool
    exit_code: int
    health: str


class Image(NamedTuple):
    """What an engine knows of an image.

    Attributes:
        id: "sha256:" and the digest of its configuration, which names what is in it.
        tags: names that it has here, as "shop:1.2".
        digests: what registries call it, as "host/shop@sha256:…".
        architecture: as container engines say it: "amd64", "arm64".
        size: in bytes, with the images that it stands on.
        layers: digests of what each step added, the lowest first.
        user: who runs it; "" is root.
        health: the command of its health check, none for ().
        environment: names and values.
    """

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    architecture: str
    system: str
    size: int
    layers: tuple[str, ...]
    user: str
    health: tuple[str, ...]
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    command: tuple[str, ...]


def image_of(told: JsonObject) -> Image:
    """What `inspect` tells of an image; podman writes some of it elsewhere."""
    config = told.get("Config") or {}
    health = config.get("Healthcheck") or told.get("HealthCheck") or told.get("Healthcheck") or {}
    return Image(
        id=_sha256(told["Id"]),
        tags=tuple(told.get("RepoTags") or ()),
        digests=tuple(told.get("RepoDigests") or ()),
        architecture=told["Architecture"],
        system=told["Os"],
        size=told["Size"],
        layers=tuple((told.get("RootFS") or {}).get("Layers") or ()),
        user=config.get("User") or told.get("User") or "",
        health=tuple(health.get("Test") or ()),
        labels=config.get("Labels") or {},
        environment=dict(pair.split("=", 1) for pair in config.get("Env") or ()),
        command=(*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
    )


def state_of(told: JsonObject) -> State:
    """What `inspect` tells of a container."""
    state = told["State"]
    health = (state.get("Health") or state.get("Healthcheck") or {}).get("Status") or ""
    return State(bool(state.get("Running")), int(state.get("ExitCode") or 0), "" if health == "none" else health)


def _sha256(digest: str) -> str:
    return digest if digest.startswith("sha256:") else f"sha256:{digest}"
