"""The numbers for Prometheus: `GET /metrics`, or a port of its own."""

from __future__ import annotations

import errno
import hmac
import logging
import os
import threading
from time import sleep
from typing import Any

from flask import Flask, request
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from pymacaron.config import Config
from pymacaron.exceptions import AuthInvalidTokenError, AuthMissingHeaderError

from .sharing import reading, shared

log = logging.getLogger(__name__)
PATH, ENDPOINT = "/metrics", "pymacaron_metrics"
_AGAIN = 2.0  # seconds until a process looks again whether the one that has the port is gone


def show(app: Flask, config: Config) -> None:
    """Show the numbers, where the configuration says."""
    if config.metrics_port is not None:
        _open(config.metrics_host, config.metrics_port)
        return
    if any(rule.rule == PATH for rule in app.url_map.iter_rules()):
        log.warning("metrics: the service has its own path %s, which wins; set metrics_port", PATH)
        return
    if config.metrics_token is None and not app.debug:
        log.warning("metrics: everybody who reaches the service can read %s; set metrics_token or metrics_port", PATH)
    app.add_url_rule(PATH, ENDPOINT, _view(config), methods=["GET"])


def _view(config: Config) -> Any:
    token = config.metrics_token

    def metrics() -> Any:
        if token is not None:
            _check(request.headers.get("Authorization"), token.reveal())
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return encode(_Numbers()), 200, {"Content-Type": content_type, "Cache-Control": "no-store"}

    return metrics


def _check(sent: str | None, token: str) -> None:
    """
    Raises:
        AuthError: the token is not there, or is another one.
    """
    if sent is None:
        raise AuthMissingHeaderError("Send Authorization: Bearer with the metrics_token")
    scheme, _, given = sent.partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise AuthInvalidTokenError("This is not the metrics_token")


class _Numbers(CollectorRegistry):
    """What there is to show whenever it is asked for: this process's numbers, or those of all that count together.

    Args:
        names: of those that are wanted; None: all.
    """

    def __init__(self, names: Any = None) -> None:
        super().__init__()
        self._names = names

    def collect(self) -> Any:
        folder = shared()
        if folder is None:
            return self._collected(REGISTRY)
        together = CollectorRegistry()
        MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]  # it has no types
        with reading(folder):
            return self._collected(together)

    def _collected(self, registry: CollectorRegistry) -> list[Any]:
        return [*(registry if self._names is None else registry.restricted_registry(self._names)).collect()]

    def restricted_registry(self, names: Any) -> Any:
        return _Numbers(names)


_doors: dict[tuple[str, int], int] = {}  # ports that are open, and the process that has opened each


def _open(host: str, port: int) -> None:
    """Show the numbers on a port of their own. Of several processes one has it; if it dies, another takes over."""
    if _doors.get((host, port)) == os.getpid():
        return
    _doors[host, port] = os.getpid()
    if not _listens(host, port):
        threading.Thread(target=_wait, args=(host, port), name="pymacaron-metrics", daemon=True).start()


def _wait(host: str, port: int) -> None:
    while not _listens(host, port):
        sleep(_AGAIN)


def _listens(host: str, port: int) -> bool:
    try:
        start_http_server(port, host, _Numbers())
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            log.error("metrics: cannot listen on %s:%s: %s", host, port, error.strerror)
            return True  # and will not a moment later
        return False
    return True
