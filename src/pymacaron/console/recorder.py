"""What has happened lately in this process: bounded, and noted in microseconds after an answer exists. What is told of
it, without secrets, is made when somebody looks (telling.py)."""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from threading import Lock
from time import perf_counter, time
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.answers import Breach, BreachListener
from pymacaron.calls import Departure, Exchange, Trace, current
from pymacaron.crash.kinds import crash_key
from pymacaron.exceptions import PyMacaronException
from pymacaron.messages import Request
from pymacaron.operations import Operation

from .latency import Course, Figures

log = logging.getLogger(__name__)

CALLS, TROUBLES, BREACHES, DEPARTURES = 1000, 200, 200, 1000  # so many are kept, the youngest
_LARGEST = 16 * 1024  # bytes of a body that are kept
_REMEMBERED = 200  # things that were done for pages
_NAMED = 20  # calls that a trouble or a breach remembers
OWN = "pymacaron.console"  # the beginning of the names of our own functions
QUIET = f"{OWN}.quiet"  # what a page asks for by itself, which nobody wants to read of


class Seen:
    """A call that was answered, or a task that was run; its secrets still in it.

    Attributes:
        number: it counts what happens in this process.
        at: when it ended, seconds since 1970.
        request: with a body only if it is a small one.
        told: what is told of it in short, once somebody has asked.
    """

    __slots__ = (
        "at", "body", "call_id", "caller", "code", "complete", "error_id", "function", "headers", "left_out", "number",
        "operation", "path", "request", "seconds", "sent", "status", "token", "told", "trace", "user",
    )  # fmt: skip

    def __init__(self, number: int, exchange: Exchange) -> None:
        call, request = exchange.call, exchange.request
        self.number = number
        self.at = time() - perf_counter() + call.began + exchange.seconds  # others may have listened since then
        self.call_id: str = call.id
        self.path: str = call.path
        self.caller = call.caller
        self.trace: Trace = call.trace
        self.user, self.token = call.identity.user, call.identity.token
        self.operation, self.function = call.operation, call.function
        body = request.body if isinstance(request.body, bytes) and len(request.body) <= _LARGEST else b""
        alone = getattr(request.headers, "alone", None)  # headers of an environ would keep all of it
        headers = request.headers if alone is None else alone()
        self.request = Request(exchange.method, request.path, request.query, headers, body)
        self.status, self.headers = exchange.status, exchange.headers
        self.left_out = len(exchange.body) > _LARGEST or len(exchange.body) < exchange.sent
        self.body = b"" if self.left_out else exchange.body
        self.sent, self.seconds, self.complete = exchange.sent, exchange.seconds, exchange.complete
        error = call.error or call.failure
        is_ours = exchange.status >= 400 and isinstance(error, PyMacaronException)
        self.code = error.code if is_ours and isinstance(error, PyMacaronException) else None
        self.error_id = error.error_id if is_ours and isinstance(error, PyMacaronException) else None
        self.told: JsonObject | None = None


class Trouble:
    """Crashes, slow calls or reports of one kind.

    Attributes:
        title: of the report, or of the call where there is none.
        first, last: when it happened, seconds since 1970.
        calls: the spans of those that it happened to, the youngest last.
        report: as reporters get it; None where there is none, or none yet.
    """

    __slots__ = ("calls", "count", "first", "id", "kind", "last", "number", "report", "title")

    def __init__(self, id: int, kind: str, title: str) -> None:  # noqa: A002 - what it is called on the page
        self.id, self.kind, self.title = id, kind, title
        self.count = self.number = 0
        self.first = self.last = time()
        self.calls: deque[str] = deque(maxlen=_NAMED)
        self.report: JsonObject | None = None


class Broken:
    """One way in which answers of one operation and status break the document."""

    __slots__ = ("count", "fault", "first", "is_sent", "last", "number", "operation", "span", "status")

    def __init__(self, operation: Operation, status: int, fault: str) -> None:
        self.operation, self.status, self.fault = operation, status, fault
        self.count = self.number = 0
        self.first = self.last = time()
        self.is_sent = True
        self.span: str | None = None


class Left:
    """A call of another service, or a task that was fired, on behalf of a call."""

    __slots__ = ("at", "fault", "is_task", "name", "number", "parent", "seconds", "standing", "status", "where")

    def __init__(self, number: int, departure: Departure) -> None:
        self.number, self.at = number, time()
        self.name, self.where, self.is_task = departure.name, departure.where, departure.is_task
        self.seconds, self.status, self.fault = departure.seconds, departure.status, departure.fault
        self.parent: Trace | None = None if departure.call is None else departure.call.trace
        self.standing: JsonObject | None = None  # how a task has ended


class Recorder:
    """Notes what happens in a process.

    Args:
        operations: that are served.
        others: who else hears of calls, but for those with which somebody looks on.
        broken: who else hears of answers that break the document.

    Attributes:
        id: of this process, and of no other before or after it.
        number: of the last thing that has happened.
    """

    def __init__(
        self, operations: Iterable[Operation], others: Iterable[Callable[[Exchange], None]], broken: BreachListener
    ) -> None:  # fmt: skip
        self._others, self._broken = tuple(others), broken
        self._lock = Lock()
        self.begin_anew()
        self.operations = list(operations)
        os.register_at_fork(after_in_child=self.begin_anew)

    def begin_anew(self) -> None:
        """Know nothing: in the child after a fork, which is another process."""
        self._lock = Lock()
        self.id = f"{os.getpid()}-{os.urandom(4).hex()}"
        self.began = time()
        self.number = 0
        self._ids = itertools.count(1)
        self.calls: deque[Seen] = deque(maxlen=CALLS)
        self.left: deque[Left] = deque(maxlen=DEPARTURES)
        self.figures: dict[Operation | str, Figures] = {}
        self.course = Course()
        self.troubles: OrderedDict[Hashable, Trouble] = OrderedDict()
        self.breaches: OrderedDict[Hashable, Broken] = OrderedDict()
        self._done: deque[str] = deque(maxlen=_REMEMBERED)

    # What happens. Nothing here may raise: the answers are the callers'.

    def __call__(self, exchange: Exchange) -> None:
        """Listens to calls."""
        function = exchange.call.function
        if function != QUIET:
            for listener in self._others:
                listener(exchange)
        if function.startswith(OWN):
            return
        try:
            self._note(exchange)
        except Exception:
            log.exception("the console could not note a call")

    def _note(self, exchange: Exchange) -> None:
        has_failed = exchange.status >= 500 or not exchange.complete
        key = crash_key(exchange) if has_failed else None
        with self._lock:
            self.number += 1
            seen = Seen(self.number, exchange)
            self.calls.append(seen)
            ms, is_task = seen.seconds * 1000, exchange.call.is_task
            counted = seen.function if is_task else seen.operation
            if counted is not None:
                figures = self.figures.get(counted)
                if figures is None:
                    figures = self.figures[counted] = Figures()
                figures.add(seen.status, ms, complete=seen.complete)
                figures.last, figures.number = seen.at, self.number
            self.course.add(seen.at, seen.status, ms, complete=seen.complete)
            if has_failed:
                self._trouble(("crash", key), "crash", _title(seen), seen.trace.span_id)

    def broken_promise(self, breach: Breach) -> None:
        """Hears of answers that break the document."""
        self._broken(breach)
        call = current.get()
        with self._lock:
            self.number += 1
            for fault in breach.faults[:_NAMED]:
                kind = Breach(breach.operation, breach.status, [fault]).fingerprint
                broken = self.breaches.get(kind)
                if broken is None:
                    broken = self.breaches[kind] = Broken(breach.operation, breach.status, fault)
                    _trim(self.breaches, BREACHES)
                broken.count += 1
                broken.last, broken.number, broken.is_sent = time(), self.number, breach.is_sent
                broken.span = None if call is None else call.trace.span_id

    def report(self, title: str, message: str) -> None:
        """Is told of crash reports."""
        report = json.loads(message)
        if "repeated" in report:  # which is counted here as well, or was told as it happened
            return
        kind, span = str(report.get("kind") or "crash"), (report.get("trace") or {}).get("span_id")
        function = (report.get("endpoint") or {}).get("function")
        with self._lock:
            self.number += 1
            known = (one for one in reversed(self.troubles.values()) if one.kind == kind and span in one.calls)
            trouble = next(known, None) if kind == "crash" else None
            if trouble is None:
                about = title if kind == "error" else ""
                trouble = self._trouble((kind, function, about), kind, title, span)
            trouble.title, trouble.report, trouble.number = title, report, self.number

    def _trouble(self, key: Hashable, kind: str, title: str, span: str | None) -> Trouble:
        trouble = self.troubles.get(key)
        if trouble is None:
            trouble = self.troubles[key] = Trouble(next(self._ids), kind, title)
            _trim(self.troubles, TROUBLES)
        else:
            self.troubles.move_to_end(key)
        trouble.count += 1
        trouble.last, trouble.number = time(), self.number
        if span is not None:
            trouble.calls.append(span)
        return trouble

    def departed(self, departure: Departure) -> None:
        """Is told of calls of other services, and of tasks that are fired."""
        with self._lock:
            self.number += 1
            self.left.append(Left(self.number, departure))

    def has_ended(self, left: Left, standing: JsonObject) -> None:
        """A task has ended, as somebody has found who asked: for all pages that is news."""
        with self._lock:
            self.number += 1
            left.number, left.standing = self.number, standing

    def is_first(self, name: str) -> bool:
        """Is it the first time that something of this name is to be done? A page that looks for one process of several
        asks more than once."""
        with self._lock:
            is_first = name not in self._done
            self._done.append(name)
            return is_first

    # What is known

    def call(self, number: object) -> Seen | None:
        return next((one for one in list(self.calls) if one.number == number), None)

    def call_of(self, call_id: str) -> Seen | None:
        """The youngest call with this id."""
        return next((one for one in reversed(list(self.calls)) if one.call_id == call_id), None)

    def trouble(self, id: object) -> Trouble | None:  # noqa: A002 - as in Trouble
        return next((one for one in list(self.troubles.values()) if one.id == id), None)

    def task(self, task_id: str) -> Left | None:
        return next((one for one in list(self.left) if one.is_task and one.where == task_id), None)


def _trim(held: OrderedDict[Hashable, Any], most: int) -> None:
    while len(held) > most:
        held.popitem(last=False)


def _title(seen: Seen) -> str:
    """What a crash is called of which there is no report."""
    what = seen.operation.title if seen.operation is not None else seen.function or "a route of the application"
    return f"{seen.status} {seen.code or ''} {what}".replace("  ", " ")
