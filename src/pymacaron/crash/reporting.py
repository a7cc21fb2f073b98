"""What is told of calls, to whom, and how often."""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from threading import Lock
from time import monotonic, time
from types import FrameType
from typing import TYPE_CHECKING, Any

from pymacaron.calls import LINES, Call, Exchange, current
from pymacaron.config import get_config
from pymacaron.config.secret import redact_logs

from .delivery import Worker, is_worker
from .kinds import Kind, Kinds, crash_key, error_key
from .reporters import Reporter, configured

if TYPE_CHECKING:
    from pymacaron.answers import Breach
    from pymacaron.operations import Operation

log = logging.getLogger("pymacaron.crash")
_began = time()  # this is imported at the start of a service
lost: list[Callable[[str], None]] = []  # are told of each report that was lost: whose it was
_PATIENCE = 5.0  # seconds that the end of a process waits for what is still to be told


class Reporting:
    """Reports what goes wrong in a process.

    Args:
        reporters: by name.
        window: seconds in which equal reports are told once.
        limit_ms: how long a call may take, unless its operation or function says otherwise.
    """

    def __init__(self, reporters: Mapping[str, Reporter], *, window: float, limit_ms: float) -> None:
        self._limit = limit_ms / 1000
        self._kinds = Kinds(window)
        self._lost = 0
        self._outlets = {name: Outlet(name, reporter, window) for name, reporter in reporters.items()}
        self._maker: Worker[Callable[[], None]] = Worker("crash reports", _run, idle=self._summarise)
        self._at_exit = False

    def __call__(self, exchange: Exchange) -> None:
        """Listens to calls that have failed, or may have taken too long."""
        call = exchange.call
        try:
            if not call.function:  # of the application's own routes, only those have one that asked for it
                return
            if exchange.status < 500 and exchange.complete:
                self._consider_slow(exchange)
                return
            kind = self._kinds.new(crash_key(exchange))
            if kind is not None:
                event = {"call": call, "function": call.function, "exchange": exchange}
                self._order(kind, {**event, "kind": "crash", "caught": call.failure})
        except Exception:  # the answer is the caller's, whatever happens here
            log.exception("the crash of %s could not be reported", call.function)

    def _consider_slow(self, exchange: Exchange) -> None:
        call, seconds = exchange.call, exchange.answered
        limit = self._limit_of(call.operation) if call.slow_ms is None else call.slow_ms / 1000
        kind = self._kinds.new((call.function, "slow")) if seconds > limit else None
        if kind is not None:
            event = {"call": call, "function": call.function, "exchange": exchange}
            self._order(kind, {**event, "kind": "slow", "seconds": seconds, "limit_ms": limit * 1000})

    def broken_promise(self, breach: Breach) -> None:
        """Report an answer that breaks the document and is sent all the same; one that is not becomes a crash."""
        if not breach.is_sent:
            return
        call = current.get()
        function = call.function if call is not None else breach.operation.name
        data = {"status": breach.status, "faults": breach.faults[:100]}
        event = {"kind": "error", "function": function, "title": str(breach), "data": data}
        self.tell((function, breach.fingerprint), event)

    def patience(self, operations: Iterable[Operation]) -> float:
        """Seconds after which some of these operations are slow; what is quicker need not be told here."""
        return min([self._limit, *map(self._limit_of, operations)])

    def _limit_of(self, operation: Operation | None) -> float:
        said = operation.extensions.get("x-slow-ms") if operation is not None else None
        return said / 1000 if isinstance(said, int | float) else self._limit

    def tell(self, key: Hashable, event: dict[str, Any]) -> None:
        """Report what is no answer of an operation, unless the like has been."""
        kind = None if is_worker() else self._kinds.new(key)
        if kind is not None:
            self._order(kind, {"call": current.get() or Call(), **event})

    def _order(self, kind: Kind, event: dict[str, Any]) -> None:
        """Let a report be made."""
        if not self._at_exit:
            self._at_exit = True
            atexit.register(self.flush)
            os.register_at_fork(after_in_child=self._kinds.forget)
        if not self._maker.put(partial(self._make, kind, {**event, "at": time()})):
            kind.told = f"BACKEND ERROR {event['function']}()", "{}"
            self._lost += 1
            _tell_lost("")

    def _make(self, kind: Kind, event: dict[str, Any]) -> None:
        """On the maker's thread: what was seen becomes a report."""
        if self._kinds.is_other(kind):
            kind.told = "MORE BACKEND ERRORS: too many kinds to report each", "{}"
            self._send(event["call"], *kind.told)
            return
        kind.told = self._report_of(event)
        self._send(event["call"], *kind.told)

    def _report_of(self, event: dict[str, Any]) -> tuple[str, str]:
        from .report import Event, report_of  # with all that making one takes, which a good service never needs

        try:
            return report_of(Event(**event), time() - _began)
        except BaseException:  # something of the call's could not be read; that it failed is told all the same
            log.exception("a crash report could not be built")
            return f"BACKEND ERROR {event['function']}(): its report could not be made", "{}"

    def _summarise(self, *, at_end: bool = False) -> float | None:
        """Tell of the windows that have ended; seconds until the next one does."""
        for kind, more, since in self._kinds.due(all_of_them=at_end):
            title, message = kind.told or ("", "{}")
            report = json.loads(message)
            report["repeated"] = {"more": more, "seconds": round(time() - since), "reports_lost": self._lost}
            report["title"] = title = f"{title} [{more} more in {round(time() - since)} s]"
            self._send(None, title, json.dumps(report, indent=2, ensure_ascii=False))
        return self._kinds.wait()

    def _send(self, call: Call | None, title: str, message: str) -> None:
        for outlet in list(self._outlets.values()):
            outlet.send(call, title, message)

    def set_reporter(self, name: str, reporter: Reporter | None) -> None:
        """Let a reporter have this name, instead of the one that has it; None: nobody."""
        if reporter is None:
            self._outlets.pop(name, None)
        else:
            self._outlets[name] = Outlet(name, reporter, self._kinds.window)

    def flush(self, seconds: float = _PATIENCE) -> bool:
        """Tell what is still to be told, in at most so many seconds; whether everything was."""
        until = monotonic() + seconds
        made = self._maker.join(until)
        self._summarise(at_end=True)
        sent = [outlet.join(until) for outlet in list(self._outlets.values())]
        return made and all(sent)


def _tell_lost(reporter: str) -> None:
    for tell in lost:
        tell(reporter)


def _run(action: Callable[[], None]) -> None:
    try:
        action()
    except BaseException:  # what a variable's __repr__ raises may be anything
        log.exception("a crash report was lost")


class Outlet:
    """One reporter, on a thread of its own: when it hangs or fails, the others go on.

    Its failures are logged, once in a window.
    """

    def __init__(self, name: str, reporter: Reporter, window: float) -> None:
        self._name = name
        self._reporter = reporter
        self._window = window
        self._quiet_until = 0.0
        self._worker: Worker[tuple[Call | None, str, str]] = Worker(f"reporter {name}", self._act)
        self.join = self._worker.join

    def send(self, call: Call | None, title: str, message: str) -> None:
        if not self._worker.put((call, title, message)):
            self._complain("does not keep up: reports were dropped")
            _tell_lost(self._name)

    def _act(self, item: tuple[Call | None, str, str]) -> None:
        call, title, message = item
        outer = current.set(call)  # so that log lines have its id
        try:
            self._reporter(title, message)
        except BaseException as error:  # noqa: BLE001 - SystemExit would end the thread
            from .stack import text_of  # is there, since a report was made

            self._complain(f"failed: {type(error).__name__}: {text_of(error)}")
        finally:
            current.reset(outer)

    def _complain(self, what: str) -> None:
        now = monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + self._window
            log.warning("the crash reporter %s %s (not logged again for %d s)", self._name, what, self._window)


# The one of the process

_lock = Lock()
_reporting: Reporting | None = None
_CUSTOM = "error_reporter"


def start(error_reporter: Reporter | None = None) -> Reporting | None:
    """Report as the configuration says, from now on; what is to be told of calls, None with NO_ERROR_REPORTING=1.

    Raises:
        ConfigurationError: a reporter lacks a setting.
    """
    global _reporting  # noqa: PLW0603 - one for the process, like its configuration
    config = get_config()
    reporters = dict(configured(config))
    if error_reporter is not None:
        reporters[_CUSTOM] = error_reporter
    made = Reporting(reporters, window=config.report_window, limit_ms=config.report_call_exceeding_ms)
    with _lock:
        _reporting = made
    redact_logs(_clean_record)
    return None if is_off() else made


def _clean_record(record: logging.LogRecord) -> None:
    if current.get() is None or record.name in {LINES, log.name}:  # which show none, and are many, or long
        return
    from .logged import clean_record  # with all that finds secrets

    clean_record(record)


def is_off() -> bool:
    return os.environ.get("NO_ERROR_REPORTING") == "1"


def reporting() -> Reporting:
    """What reports in this process; made by the configuration where no service was started."""
    if _reporting is None:
        start()
    assert _reporting is not None
    return _reporting


def set_error_reporter(reporter: Reporter | None) -> None:
    """Add a reporter, `reporter(title, message)`, beside those of the configuration.

    It replaces the one of `API(error_reporter=...)`. None removes it.
    """
    reporting().set_reporter(_CUSTOM, reporter)


def flush(seconds: float = _PATIENCE) -> bool:
    """Send the reports and summaries that are waiting. Waits for at most `seconds`; returns whether all were sent."""
    return _reporting is None or _reporting.flush(seconds)


def report_error(title: str, data: Any = None, caught: BaseException | None = None, is_fatal: bool = False) -> None:
    """Report a problem, while the call continues. It raises nothing, and does not wait.

    Args:
        title: a sentence. Reports with the same title from the same line of code are one kind.
        data: anything that helps to find the cause. Values whose names say that they are secret are hidden.
        caught: the exception, if you caught one.
        is_fatal: whether the call cannot succeed. The default means that callers do not notice the problem.
    """
    if is_off():
        return
    frame = sys._getframe(1)
    function = f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"
    try:
        title = str(title)  # an exception is often given
        given: object = caught
        if given is not None and not isinstance(given, BaseException):
            data, caught = {"data": data, "caught": given}, None
        cause = None if caught is None else error_key(caught)
        key = "error", title, frame.f_code.co_filename, frame.f_lineno, cause
        told = {"kind": "error", "function": function, "title": title, "data": data, "is_fatal": is_fatal}
        stack = _stack(frame) if caught is None else []
        reporting().tell(key, {**told, "caught": caught, "stack": stack})
    except (Exception, SystemExit):  # a report must not break what it reports of
        log.exception("report_error: the report could not be built")


def _stack(frame: FrameType) -> list[Any]:
    from .stack import stack_here  # only to report

    return stack_here(frame)
