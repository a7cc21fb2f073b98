"""Environments that really run: their image in a container, or a program, with their settings as variables, behind the
load balancer."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal, Protocol

from .account import Environment, Version
from .options import SECRETS, VARIABLES
from .printed import Printed
from .routes import Address, Routes

_LONGEST = 120  # seconds until what was started has to answer its health check
_LOOK = 1.0  # seconds until it is asked again whether that still runs: an engine's command line is a program to start
_PROCESS = "aws:elasticbeanstalk:environment:process:default"
_LISTENER = "aws:elbv2:listener:443"


class Program(Protocol):
    """What was started."""

    place: Address

    def is_there(self) -> bool: ...

    def log(self) -> str:
        """The end of what it has printed."""

    def lines(self) -> Iterator[str]:
        """What it prints, as it does so, until it ends."""

    def stop(self) -> None: ...


# Starts what a version is: with its variables. Raises what says why not.
Start = Callable[[Environment, Version | None, dict[str, str]], Program]


class Running:
    """A Runner (account.py) with programs. `secret` gives what is kept under an ARN, `names` the names on certificates
    with these ARNs; either raises what says why not."""

    def __init__(
        self,
        routes: Routes,
        start: Start,
        *,
        secret: Callable[[str], str],
        names: Callable[[list[str]], list[str]],
        printed: Printed | None,
    ) -> None:
        self._routes, self._start, self._secret, self._names, self._printed = routes, start, secret, names, printed
        self._standing: dict[str, Literal["starting", "serving"] | Exception] = {}
        self._programs: dict[str, Program] = {}
        self._beside: dict[str, Program] = {}
        self._logs: dict[str, str] = {}
        self._turns: dict[str, int] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()  # of programs and turns

    # --- what the account asks for

    def launch(self, environment: Environment, version: Version | None) -> None:
        self._begin(environment, version, None)

    def share(self, environment: Environment, version: Version | None, percent: int) -> None:
        self._begin(environment, version, percent)

    def _begin(self, environment: Environment, version: Version | None, percent: int | None) -> None:
        turn = self._turns[environment.id] = self._turns.get(environment.id, 0) + 1
        self._standing[environment.id] = "starting"
        settings = dict(environment.settings)
        self._do(lambda: self._launched(environment, version, settings, turn, percent))

    def settle(self, environment: Environment, *, new: bool) -> None:
        id_ = environment.id
        with self._lock:
            self._turns[id_] = self._turns.get(id_, 0) + 1  # what is still starting is not wanted any more
            beside = self._beside.pop(id_, None)
            leaving = beside
            if beside and new:
                leaving = self._programs.get(id_)
                self._programs[id_] = beside
                self._routes.serve(id_, beside.place)
            self._routes.unshare(id_)
        self._standing[id_] = "serving"
        if leaving:
            delay = _number(environment.settings, "DeregistrationDelay", 20)
            self._do(lambda: self._retire(id_, leaving, delay))

    def standing(self, environment: Environment) -> Literal["starting", "serving"] | Exception:
        beside = self._beside.get(environment.id)
        if beside and not beside.is_there():
            return RuntimeError("The container ended unexpectedly.")
        return self._standing.get(environment.id, "serving")

    def route(self, environments: list[Environment]) -> None:
        leading = [e for e in environments if e.status != "Terminating"]
        self._routes.names_lead({name.lower(): e.id for e in leading for name in (e.cname, e.endpoint) if name})

    def stop(self, environment: Environment) -> None:
        with self._lock:
            self._turns[environment.id] = self._turns.get(environment.id, 0) + 1
            leaving = [self._programs.pop(environment.id, None), self._beside.pop(environment.id, None)]
        self._routes.certified.pop(environment.id, None)
        self._routes.end(environment.id)
        delay = _number(environment.settings, "DeregistrationDelay", 20)
        for program in filter(None, leaving):
            self._do(partial(self._retire, environment.id, program, delay))

    def log(self, environment: Environment) -> str:
        program = self._programs.get(environment.id)
        return program.log() if program else self._logs.get(environment.id, "")

    def close(self) -> None:
        """Ends everything that runs."""
        for id_ in self._turns:
            self._turns[id_] += 1
        for thread in self._threads:
            thread.join(_LONGEST)
        for programs in (self._beside, self._programs):
            for id_ in list(programs):
                programs.pop(id_).stop()

    # --- how it is done

    def _do(self, action: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=action, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _launched(
        self, environment: Environment, version: Version | None, settings: Mapping[tuple[str, str], str], turn: int,
        percent: int | None,
    ) -> None:  # fmt: skip
        id_ = environment.id
        program = None
        try:
            certified = self._certified(settings)
            program = self._start(environment, version, self._variables(settings))
            if self._printed:
                self._printed.follow(environment, settings, program.lines())
            path = settings.get((_PROCESS, "HealthCheckPath"), "/")
            _wait(program, path, lambda: self._turns[id_] != turn)
        except Exception as e:  # noqa: BLE001 - whatever it is, the environment is ill of it
            self._failed(id_, program, e, turn)
            return
        with self._lock:
            outdated = self._turns[id_] != turn
            before = self._programs.get(id_)
            if not outdated and percent is None:
                self._programs[id_] = program
            elif not outdated and percent is not None:
                self._beside[id_] = program
                self._routes.share(id_, program.place, percent)
        if outdated:
            program.stop()
            return
        if percent is not None:
            self._standing[id_] = "serving"
            return
        self._routes.certified[id_] = certified
        self._routes.serve(id_, program.place)
        self._standing[id_] = "serving"
        if before:
            self._retire(id_, before, _number(settings, "DeregistrationDelay", 20))

    def _failed(self, id_: str, program: Program | None, fault: Exception, turn: int) -> None:
        if program:
            with contextlib.suppress(Exception):
                self._logs[id_] = program.log()
            program.stop()
        if self._turns[id_] == turn:
            self._standing[id_] = fault

    def _retire(self, id_: str, program: Program, seconds: float) -> None:
        self._routes.drain(program.place, seconds)
        with contextlib.suppress(Exception):
            self._logs[id_] = program.log()
        program.stop()

    def _variables(self, settings: Mapping[tuple[str, str], str]) -> dict[str, str]:
        plain = {name: value for (space, name), value in settings.items() if space == VARIABLES}
        secret = {name: self._secret(value) for (space, name), value in settings.items() if space == SECRETS}
        return {**plain, **secret}

    def _certified(self, settings: Mapping[tuple[str, str], str]) -> list[str]:
        on = settings.get((_LISTENER, "ListenerEnabled"), "true").lower() == "true"
        arns = settings.get((_LISTENER, "SSLCertificateArns"), "")
        return self._names(arns.split(",")) if on and arns else []


def _number(settings: Mapping[tuple[str, str], str], name: str, otherwise: float) -> float:
    return float(settings.get((_PROCESS, name), otherwise))


def _wait(program: Program, path: str, outdated: Callable[[], bool]) -> None:
    """Until it answers its health check with 200. Raises what the instances would be ill of."""
    deadline = time.monotonic() + _LONGEST
    look = time.monotonic() + _LOOK
    while not outdated():
        if time.monotonic() >= look:
            if not program.is_there():
                raise RuntimeError("The container ended unexpectedly.")
            look = time.monotonic() + _LOOK
        with contextlib.suppress(OSError, http.client.HTTPException):
            if (status := _status(program.place, path)) == 200:
                return
            if status < 500:
                raise RuntimeError(f"Target.ResponseCodeMismatch: health checks at {path} failed with code {status}.")
        if time.monotonic() > deadline:
            raise RuntimeError(f"Following services are not running or do not answer {path}: application.")
        time.sleep(0.1)


def _status(place: Address, path: str) -> int:
    connection = http.client.HTTPConnection(*place, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
