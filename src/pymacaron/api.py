"""The composition root: `API` puts the rooms together into a service, `letsgo` starts it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from . import builtin, crash, exceptions, spans
from ._types import ErrorDecorator
from .answers import BreachListener
from .calls import Listeners
from .config import get_config
from .documents import DocumentFault, findings
from .exceptions import BindingError, DocumentError, StartError, format_error
from .failures import Failures
from .flask_context import flask_response
from .formats import Formats
from .launching import check_port, end_when_asked, letsgo, listening, program, quiet_handler
from .loading import building, documents_below, warn_of_unknown_clients
from .logs import log_call, set_up
from .names import suggest
from .operations import Operation
from .pool import ApiPool, LoadedApi, load_clients
from .predecessors import advice, predecessors
from .publishing import OWN, PROBLEM, Service, publish
from .readiness import Check, Readiness
from .servers import Reach
from .serving import Served, serve

if TYPE_CHECKING:
    from .tasks.long import LongOperations

log = logging.getLogger(__name__)

_OURS = "pymacaron"  # what we are called among the extensions of a Flask app


class API:
    """A service: its OpenAPI documents, the functions that implement them, and the Flask app that answers requests.

    Args:
        app: the Flask app, which stays an ordinary one.
        host, port: where clients find this service if its document does not say it.
        debug: debug mode: errors show their texts, and every response is validated.
        log_level: the level of pymacaron's loggers; None leaves it unchanged.
        formats: custom string formats, `pymacaron.formats.Format`.
        timeout: how many seconds a call by a client may take.
        error_reporter: called with (title, message) for every crash report.
        default_user_id: the user of tokens that are made without a user.
        error_callback: makes the body of the response from an exception, as a model or dict.
        error_decorator: gets every error body before it is sent, and returns the one to send.
        verifiers: functions that check credentials, by security scheme.
        ready: functions that check what the service depends on, by the name that /ready shows. If one of them raises
            an exception or returns False, /ready answers 503.

    Methods can be chained: `API(app).load_apis("apis").publish_apis().start(serve="shop")`.
    """

    def __init__(  # noqa: PLR0917 - the signature that users know
        self, app: Flask, host: str = "localhost", port: int = 80, debug: bool = False,
        log_level: int | str | None = None, formats: Iterable[Any] | None = None, timeout: float = 20,
        error_reporter: Callable[[str, str], None] | None = None, default_user_id: str | None = None,
        error_callback: Callable[[BaseException], Any] = format_error, error_decorator: ErrorDecorator | None = None,
        verifiers: Mapping[str, Callable[..., Any]] | None = None, ready: Mapping[str, Check] | None = None,
    ) -> None:  # fmt: skip
        if not hasattr(app, "wsgi_app"):
            raise StartError(f"API(app) takes the Flask application, not {app!r:.60}; write API(Flask(__name__))")
        self.app = app
        self.host, self.port, self.debug, self.timeout = host, port, debug, timeout
        self._formats = Formats(formats or ())
        self._reach = Reach(timeout, own_host=host, own_port=port)
        self._loaded: dict[str, LoadedApi] = {}
        self._verifiers = dict(verifiers or {})
        self._ready = dict(ready or {})
        set_up(debug=debug)  # before the configuration, which may have to be warned of
        installed = predecessors()
        if installed:
            log.warning("%s", advice(installed))
        config = get_config()
        set_up(config.log_format, debug=debug)
        level = config.get("log_level") or log_level
        if level is not None:
            logging.getLogger("pymacaron").setLevel(level)
        if default_user_id is not None:
            config.default_user_id = default_user_id
        self._failures = Failures(
            error_callback, error_decorator, lambda: self.debug or bool(get_config().expose_exceptions),
            problem=config.error_format == "problem",
        )  # fmt: skip
        self._error_reporter = error_reporter
        self._published = "doc"
        self._pages: str | None = None
        self._console: str | None = None
        self._builtin = ["ping"]
        self._listeners = Listeners()
        usual = error_callback is format_error and error_decorator is None
        form = PROBLEM if config.error_format == "problem" else OWN
        self._service = Service(self._loaded, form if usual else None)

    def load_apis(
        self, path: str | os.PathLike[str], ignore: Iterable[str] = (), include_crash_api: bool = False
    ) -> API:
        """Load every OpenAPI document below a folder. The name of the file without its suffix is the name of the API.

        Args:
            ignore: names of APIs or files to skip.
            include_crash_api: also serve operations that fail in every possible way.

        Raises:
            DocumentError: with every fault of every document.
        """
        self._must_not_have_started("load_apis")
        if include_crash_api and "crash" not in self._builtin:
            self._builtin.append("crash")
        found = documents_below(os.fspath(path), ignore)
        if not found:
            cure = "a document begins with its version: `openapi: 3.1.0`, or `swagger: '2.0'`"
            raise DocumentError(f"there is no OpenAPI document in {os.path.abspath(path)}; {cure}")
        for api in ApiPool.load(found, self._formats, self._reach):
            self._loaded[api.name] = api
        return self

    def load_clients(self, path: str | os.PathLike[str] | None = None, apis: str | Iterable[str] | None = None) -> API:
        """Load documents that are only called; see pymacaron.load_clients."""
        load_clients(path, apis, self._formats, self._reach)
        return self

    def publish_apis(self, path: str = "doc") -> API:
        """Publish the documents, and pages to read and try the operations, below `path`."""
        self._must_not_have_started("publish_apis")
        self._published = path
        self._pages = f"/{path.strip('/')}/".replace("//", "/")
        publish(self.app, self._service, path)
        return self

    def start(self, serve: str | Iterable[str] | None = None) -> API:
        """Bind the operations of the APIs in `serve` to the Flask app; without `serve`, those of all loaded APIs.

        If server.py is run as a program, this listens, and returns when the server ends. Under a WSGI server, it
        returns at once.

        Raises:
            BindingError: code and documents do not fit; with every mismatch.
            DocumentError: with the faults that are tolerated only in documents that are not served.
        """
        self._must_not_have_started("start")
        names = [serve] if isinstance(serve, str) else list(self._loaded if serve is None else serve)
        served = [self._named(name) for name in dict.fromkeys(names)]
        soft = [fault for api in served for fault in api.soft_faults]
        if soft:
            raise DocumentError(findings(soft))
        try:
            with building():
                self._serve(served)
        except DocumentFault as error:  # what the document's check may pass over where nothing is served
            raise DocumentError(findings([error.fault])) from None
        self.app.extensions[_OURS] = self
        for api in self._loaded.values():
            if api in served:
                api.served_by(self.app)
            else:
                api.check_calls()
        for api in map(ApiPool.__getattr__, set(ApiPool).difference(names)):
            api.line.prepare()
        warn_of_unknown_clients(ApiPool)
        if get_config().trusted_proxies:
            self._trust_proxies()
        if get_config().with_async:
            from .tasks.beginning import begin  # for services that have tasks

            begin(self.app.app_context, [*self._listeners.every, *self._listeners.trouble])
        if listening:
            self._run(*listening.pop())
        return self

    def _trust_proxies(self) -> None:
        from .proxies import TrustedProxies  # for services behind some

        given = get_config().trusted_proxies
        trusted = TrustedProxies(self.app.wsgi_app, [given] if isinstance(given, str) else given)
        self.app.wsgi_app = trusted  # type: ignore[method-assign]  # as Flask's manual does

    @property
    def served(self) -> dict[str, LoadedApi]:
        """The APIs that this service serves, by name. Empty before the start."""
        return {name: api for name, api in self._loaded.items() if name in self._service.served}

    def _named(self, name: str) -> LoadedApi:
        if name not in self._loaded:
            cure = suggest(name, self._loaded) or f"loaded are: {', '.join(self._loaded) or 'none'}"
            raise BindingError(f"start(serve={name!r}): no API of that name is loaded; {cure}")
        return self._loaded[name]

    def _must_not_have_started(self, call: str) -> None:
        started = self.app.extensions.get(_OURS)
        if started is self:
            advice = "" if call == "start" else ", so move it up"
            fact = f"{call}() came after start(); everything is set up before the service starts"
            raise StartError(f"{fact}{advice}" + (": start(serve=[...]) takes several APIs" if call == "start" else ""))
        if started is not None:
            raise StartError(
                f"{call}(): another API has started on this Flask app; let one API load_apis() all documents and start("
                "serve=[...]) what it serves, or make another Flask app"
            )

    def _serve(self, apis: list[LoadedApi]) -> None:
        served = [Served(api.name, api.document, api.document.operations) for api in apis]
        taken = {(operation.method, operation.path) for one in served for operation in one.operations}
        rest = []
        long = self._long_operations([operation for one in served for operation in one.operations])
        if long is not None:
            self._builtin.append("operations")
        for name in self._builtin:
            own = builtin.document(name)
            free = [operation for operation in own.operations if (operation.method, operation.path) not in taken]
            flask_name = "pymacaron" if name == "ping" else f"pymacaron_{name}"
            served.append(Served(flask_name, own, free, is_ours=True))
            rest += free
        reporting = crash.start(self._error_reporter)
        operations = [operation for one in served for operation in one.operations]
        self._listeners = _listeners(reporting, operations)
        demanded = [operation for api in apis for operation in api.document.operations]
        broken = self._look_on(demanded, reporting, None if reporting is None else reporting.broken_promise)
        broken = self._measure(broken)
        traces = spans.is_wanted(get_config().opentelemetry)
        if traces:
            self._listeners = self._listeners._replace(every=[*self._listeners.every, spans.told()])
        endpoints = serve(
            self.app, served, self._failures, debug=lambda: self.debug, verifiers=self._verifiers,
            listeners=self._listeners, broken=broken,
            deferred=None if long is None else long.deferred,
        )  # fmt: skip
        if get_config().metrics:
            from .metrics import show  # likewise

            show(self.app, get_config())
        if traces:
            spans.follow(self.app)
        if long is not None:
            long.endpoints = {f"{one.operation.api}.{one.operation.name}": one for one in endpoints}
        names, version = " ".join(api.name for api in apis), apis[0].get_version() if apis else ""
        builtin.readiness = Readiness(self._ready, self.app.app_context)
        builtin.served.update(name=names or "ping", version=version)
        self._service.served.update(api.name for api in apis)
        self._service.resources = rest
        exceptions.set_edges(http_reply=self._http_reply, to_model=_error_model)
        if self.debug:
            self.app.debug = True

    def _look_on(
        self, operations: list[Operation], reporting: crash.Reporting | None, broken: BreachListener | None
    ) -> BreachListener | None:  # fmt: skip
        """Open the console, where there is to be one; who is told of answers that break the document."""
        is_development = self.debug or (self.app.debug and not listening)  # else app.run() says so, below
        wanted = get_config().console
        if wanted == "off" or (wanted == "auto" and not is_development):
            return broken
        from .console import Looking, look_on  # for those who look

        self._listeners, broken, self._console = look_on(
            self.app, self._published, operations, Looking(self._listeners, broken), reporting=reporting,
            apis=self._loaded, in_development=is_development,
        )  # fmt: skip
        self._service.console = self._console and self._console.rpartition("/")[2]
        return broken

    def _measure(self, broken: BreachListener | None) -> BreachListener | None:
        """Count what happens, where the configuration wants that; who is told of answers that break the document."""
        if not get_config().metrics:
            return broken
        from .metrics import Measured, measure  # for those who are counted

        told = measure(get_config(), Measured(self._listeners, broken))
        self._listeners = told.listeners
        return told.broken

    def _long_operations(self, operations: list[Operation]) -> LongOperations | None:
        """What answers operations that take long; None if there are none."""
        if not any(operation.extensions.get("x-async") for operation in operations):
            return None
        from .tasks import long  # for services that have such operations

        long.check(operations)
        return long.begin(partial(flask_response, self.app), lambda: request.script_root)

    def _http_reply(self, error: exceptions.PyMacaronException) -> Any:
        return flask_response(self.app, self._failures(error))

    def _run(self, host: str, port: int) -> None:
        check_port(host, port)
        files = [path for api in self._loaded.values() for path in api.document.files.opened]
        files += filter(None, [get_config().config_file])
        options: dict[str, Any] = {"threaded": True, "use_reloader": self.debug, "extra_files": files}
        if get_config().log_calls:  # else the server's own line is the only one
            options["request_handler"] = quiet_handler()
        if get_config().with_async:
            from .tasks.beginning import run_worker_beside  # for services that have tasks

            run_worker_beside(program(), reloads=self.debug)
        end_when_asked()
        if os.environ.get("WERKZEUG_RUN_MAIN") == "true":  # else one that serves is begun
            for what, place in {"documentation": self._pages, "console": self._console}.items():
                if place is not None:
                    log.info("the %s is at %s%s", what, f"http://localhost:{port}" if port else "", place)
        self.app.run(host, port, debug=self.debug, **options)


def _listeners(reporting: crash.Reporting | None, operations: list[Operation]) -> Listeners:
    every = [log_call] if get_config().log_calls else []
    return Listeners(every) if reporting is None else Listeners(every, [reporting], reporting.patience(operations))


def _error_model(error: exceptions.PyMacaronException, api: str | None) -> Any:
    return ApiPool.get_model("Error", api).from_json(error.to_json())


__all__ = ["API", "letsgo"]
