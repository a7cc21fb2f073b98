"""How a service is to be served: what the command line, the environment and pym-config.yaml say together."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from pymacaron.config import Config
from pymacaron.exceptions import StartError

from .machine import cores, memory

GRANIAN, GUNICORN = "granian", "gunicorn"
MEMORY_OF_A_WORKER = 150 << 20  # bytes: four times what a small service takes, for what its functions hold
_THREADS = 1000  # for callers who are slow; threads that are not needed are not made


class Wishes(NamedTuple):
    """What the command line says; None: nothing."""

    server: str | None = None
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    threads: int | None = None


class Plan(NamedTuple):
    """How a service is served in production. Times are in seconds, sizes in bytes."""

    server: str
    host: str
    port: int
    unix_socket: str | None
    workers: int
    threads: int
    worker_timeout: int
    max_requests: int
    keep_alive: int
    request_timeout: int
    max_head: int
    shutdown_delay: float
    shutdown_grace: int
    https_cert: str | None
    https_key: str | None

    @property
    def place(self) -> str:
        """Where it listens, for people."""
        if self.unix_socket:
            return f"unix:{self.unix_socket}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.https_cert else 'http'}://{host}:{self.port}"


def plan_of(wishes: Wishes, config: Config, environment: Mapping[str, str] = os.environ) -> Plan:
    """
    Raises:
        StartError: what is wanted does not go together, or a file or a server is not there.
    """
    server = _server(wishes.server or config.server)
    folder = os.path.dirname(config.config_file) if config.config_file else os.getcwd()
    cert, key = (_file(config, name, folder) for name in ("https_cert", "https_key"))
    if (cert is None) != (key is None):
        raise StartError(f"{'https_key' if cert else 'https_cert'} is missing: HTTPS takes a certificate and its key")
    if cert is not None and key is not None:
        _look_at_pair(cert, key)
    if config.shutdown_delay >= config.shutdown_grace:
        raise StartError("shutdown_delay has to be shorter than shutdown_grace, which counts from SIGTERM as well")
    threads = wishes.threads or config.threads or _THREADS
    return Plan(
        server=server, host=wishes.host or "0.0.0.0",  # noqa: S104 - a service is there to be reached
        port=port_of(wishes, environment), unix_socket=_unix_socket(wishes, config, folder),
        workers=wishes.workers or config.workers or _workers(environment), threads=threads,
        worker_timeout=config.worker_timeout, max_requests=config.max_requests, keep_alive=config.keep_alive,
        request_timeout=config.request_timeout, max_head=max(8192, config.max_head),
        shutdown_delay=config.shutdown_delay, shutdown_grace=config.shutdown_grace,
        https_cert=cert, https_key=key,
    )  # fmt: skip


def _server(wanted: str | None) -> str:
    there = [name for name in (GRANIAN, GUNICORN) if importlib.util.find_spec(name)]
    if wanted is None and there:
        return there[0]
    if wanted is None or wanted not in there:
        missing = f"{wanted} is not installed" if wanted else "no server for production is installed"
        raise StartError(f"{missing}: pip install 'pymacaron[{wanted or GRANIAN}]'")
    return wanted


def port_of(wishes: Wishes, environment: Mapping[str, str]) -> int:
    """The port that was asked for, else that of the environment, else 8080."""
    if wishes.port is not None:
        return wishes.port
    given = environment.get("PORT", "8080")
    if not (given.isascii() and given.isdigit()) or int(given) > 65535:
        raise StartError("PORT in the environment is not a port; use a number up to 65535, or --port")
    return int(given)


def _workers(environment: Mapping[str, str]) -> int:
    """One for each core, as far as the memory reaches; WEB_CONCURRENCY counts more."""
    given = environment.get("WEB_CONCURRENCY", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    return max(1, min(cores(), memory() // MEMORY_OF_A_WORKER))


def _unix_socket(wishes: Wishes, config: Config, folder: str) -> str | None:
    if config.unix_socket is None or wishes.port is not None or wishes.host is not None:
        return None
    path = os.path.join(folder, config.unix_socket)
    if len(os.fsencode(path)) > 107:
        raise StartError(f"unix_socket: the path has {len(os.fsencode(path))} bytes, and the system takes 107")
    return path


def _look_at_pair(cert: str, key: str) -> None:
    """Are these a certificate and its key? One server would abort, and the other turn every caller away."""
    import ssl  # for services that serve HTTPS themselves

    def ask() -> str:
        raise StartError(f"https_key: {key} is encrypted, and nobody is there to type its password; decrypt it")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, ask)
    except OSError as error:  # of which SSLError is one
        apart = getattr(error, "reason", "") == "KEY_VALUES_MISMATCH"
        fact = "they do not belong together" if apart else "one of them is no such file"
        cure = "name PEM files, the certificate of the service first"
        raise StartError(f"https_cert, https_key: {fact} ({cert}, {key}); {cure}") from None


def _file(config: Config, name: str, folder: str) -> str | None:
    given: Any = config.get(name)
    if given is None:
        return None
    path = os.path.join(folder, given)
    if not os.access(path, os.R_OK):
        raise StartError(f"{name}: there is no file {path} that can be read")
    return path
