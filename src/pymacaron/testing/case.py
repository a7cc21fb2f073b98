"""Where the assertions are: on a unittest class, on a value over the network, on a value in this process."""

from __future__ import annotations

import os
import unittest
from collections.abc import Iterable
from functools import cache
from typing import Any

from pymacaron import auth
from pymacaron.config import get_config
from pymacaron.dialects import Document
from pymacaron.exceptions import ConfigurationError, StartError
from pymacaron.transports import LocalTransport

from .asking import LOCAL, Asker, asker_for
from .assertions import Assertions, Service
from .documents import contract_for, contract_of
from .places import TOKEN, Place, place_from


@cache
def _service_at(place: Place, token: str | None) -> Service:
    return Service(asker_for(place, token))


def service_from_environment() -> Service:
    """The service that $PYM_SERVER_HOST and $PYM_SERVER_PORT name; asked with $PYM_JWT_TOKEN, where a token is wanted.

    Raises:
        StartError: they name none.
    """
    return _service_at(place_from(os.environ), os.environ.get(TOKEN) or None)


class PyMacaronTestCase(Assertions, unittest.TestCase):
    """The base class of acceptance tests, for unittest and pytest. Environment variables say which service is tested.

    Its assertions are listed on the page on acceptance tests.
    """

    @property
    def _service(self) -> Service:
        return service_from_environment()

    @property
    def host(self) -> str:
        """The name or address of the service."""
        return self._service.asker.place.origin.host

    @property
    def port(self) -> int:
        return self._service.asker.place.origin.port


class Asking(Assertions):
    """The assertions for one service, as methods."""

    def __init__(self, service: Service) -> None:
        self._own = service

    @property
    def _service(self) -> Service:
        return self._own

    def __repr__(self) -> str:
        return f"<Asking {self._own.asker.place}>"


def at_server() -> Asking:
    """The assertions for the service that the environment variables name.

    Raises:
        StartError: they name none.
    """
    return Asking(service_from_environment())


def in_process(app: Any, documents: Iterable[Document] | None = None) -> Asking:
    """The assertions for an application in this process. No server and no port are used.

    Args:
        app: a Flask application, or the API object that was started on it.
        documents: the documents to check responses against. Default: those that the application serves.

    Raises:
        StartError: `app` is not an application.
    """
    wsgi = getattr(app, "app", app)
    if not callable(getattr(wsgi, "wsgi_app", wsgi)):
        raise StartError(f"in_process(app) takes a Flask application or an API, not {type(app).__name__}")
    asker = Asker(LOCAL, LocalTransport(wsgi), _own_token)
    if documents is None:
        api = getattr(wsgi, "extensions", {}).get("pymacaron")
        documents = None if api is None else [one.document for one in api.served.values()]
    known = documents
    return Asking(Service(asker, contract_of if known is None else lambda _asker: contract_for(known)))


def _own_token() -> str | None:
    """A token that this process accepts; None without a key to sign it with."""
    given = os.environ.get(TOKEN)
    if given:
        return given
    try:
        return auth.generate_token(get_config().default_user_id or "acceptance-tests")
    except ConfigurationError:
        return None
