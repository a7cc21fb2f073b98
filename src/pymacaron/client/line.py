"""The line to an API: where it is, what carries its calls, and with which options and credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from pymacaron.config import get_config
from pymacaron.dialects import Document
from pymacaron.exceptions import ConfigurationError, Finding
from pymacaron.operations import Operation
from pymacaron.servers import Reach
from pymacaron.transports import LocalTransport, Origin, Transport

from .addresses import Address, address_of, check_url
from .credentials import Source, sources_of
from .options import Options, configured, variable_of

_ANYWHERE = Origin("http", "anywhere.invalid", 80)  # RFC 6761 section 6.4: nobody has that name

# Gives the transport of a call, from what gives the usual one and the options.
Choosing: TypeAlias = Callable[[Callable[[Options], Transport], Options], Transport]

_transports: dict[tuple[str | None, bool], Transport] = {}


def transport_for(options: Options) -> Transport:
    """What carries the calls; those with the same view of certificates share their connections."""
    key = options.authorities, options.verify
    found = _transports.get(key)
    if found is None:
        # urllib3 takes 60 ms to import, which services that call nobody do without
        from pymacaron.transports.http import HttpTransport

        found = _transports.setdefault(key, HttpTransport(options.authorities, verify=options.verify))
    return found


class Line:
    """The line to an API: how its calls are made.

    Args:
        app: the WSGI application that answers it in this process, if there is one.

    Attributes:
        reach: what the code says of where it is.
        document: what describes it.
        is_offline: is nobody asked? Then credentials are of no use.
    """

    def __init__(self, document: Document, reach: Reach, app: Any = None) -> None:
        self.api, self.document, self.reach = document.name, document, reach
        self.is_offline = False
        self._local: Transport | None = None if app is None else LocalTransport(app)
        self._given: Any = None
        self._options: Options | None = None
        self._choose: Choosing | None = None
        self._is_anywhere = False

    def options(self) -> Options:
        """What the configuration says now."""
        config = get_config()
        given = config.clients.get(self.api), config.client_errors
        if self._options is None or given != self._given:
            options = configured(self.api, self.reach.timeout, self.reach.verify)
            try:
                self._options = options._replace(credentials=self.sources(options.credentials))
            except ValueError as fault:
                place = config.config_file or "get_config()"
                raise ConfigurationError([Finding(place, f"clients.{self.api}.credentials", str(fault))]) from None
            self._given = given
        return self._options

    def sources(self, credentials: Mapping[str, Any]) -> Mapping[str, Source]:
        """Where credentials come from, by the name of their security scheme.

        Raises:
            ValueError: the document has no such scheme, or it takes others.
        """
        document = self.document
        return sources_of(credentials, document.security_scheme, document.security_schemes) if credentials else {}

    def transport(self, options: Options) -> Transport:
        """What carries the calls: those to an API that is served here go no further, unless somebody says where else
        it is."""
        return self._usual(options) if self._choose is None else self._choose(self._usual, options)

    def _usual(self, options: Options) -> Transport:
        is_elsewhere = options.url is not None or self.reach.host is not None or self.reach.port is not None
        return transport_for(options) if self._local is None or is_elsewhere else self._local

    def address(self, operation: Operation, options: Options) -> Address:
        if self._is_anywhere:
            return Address(_ANYWHERE, operation.base_path)
        return address_of(operation, self.reach, options.url, options.variables)

    def check(self) -> None:
        """
        Raises:
            ConfigurationError: the configuration or the environment says where the API is, and that is no address; or
                there are credentials that the document does not take.
        """
        url = self.options().url
        if url is not None:
            check_url(url, f"clients.{self.api}.url, or {variable_of(self.api)} in the environment")

    def prepare(self) -> None:
        """Have the transport ready: importing it, and a view of certificates, is not for the first call to wait for."""
        if self._local is None:
            transport_for(self.options())

    def served_by(self, app: Any) -> None:
        """The WSGI application that answers the API from now on."""
        self._local = LocalTransport(app)

    @contextmanager
    def through(self, choose: Choosing, *, anywhere: bool = False, offline: bool = False) -> Iterator[None]:
        """For a while, let something else carry the calls of all threads.

        Args:
            choose: gives it; it is told what gives the usual one.
            anywhere: it does not matter where the API is.
            offline: nobody is asked.
        """
        before = self._choose, self._is_anywhere, self.is_offline
        self._choose, self._is_anywhere, self.is_offline = choose, anywhere, offline
        self._options = None  # addresses are kept with the options
        try:
            yield
        finally:
            self._choose, self._is_anywhere, self.is_offline = before
            self._options = None
