"""The numbers, and what adds to them."""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from pymacaron.answers import Breach
from pymacaron.calls import Departure, Exchange
from pymacaron.exceptions import PyMacaronException
from pymacaron.operations import Operation

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MINUTES = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600)
_OF_CALL = ("api", "operation")


class _Answered:
    """What is counted of the calls of one operation that end with one status."""

    __slots__ = ("calls", "received", "seconds", "sent", "slow")

    def __init__(self, measures: Measures, operation: Operation | None, status: int) -> None:
        labels = _labels(operation)
        self.calls = measures.calls.labels(*labels, str(status)).inc
        self.seconds = measures.seconds.labels(*labels).observe
        self.received = measures.received.labels(*labels).inc
        self.sent = measures.sent.labels(*labels).inc
        self.slow = measures.slow.labels(*labels).inc


class Measures:
    """The numbers of this process."""

    def __init__(self) -> None:
        self.calls = Counter("pymacaron_calls", "Requests answered", [*_OF_CALL, "status"])
        self.seconds = Histogram(
            "pymacaron_call_seconds", "From the first byte of a request until its answer begins", _OF_CALL,
            buckets=_SECONDS,
        )  # fmt: skip
        self.received = Counter("pymacaron_request_bytes", "Bytes of bodies of requests, as announced", _OF_CALL)
        self.sent = Counter("pymacaron_response_bytes", "Bytes of bodies of answers", _OF_CALL)
        self.slow = Counter("pymacaron_slow_calls", "Calls that took longer than they should", _OF_CALL)
        self.errors = Counter("pymacaron_errors", "Errors that callers were told", [*_OF_CALL, "code"])
        self.broken_promises = Counter(
            "pymacaron_broken_promises", "Answers that break the document", [*_OF_CALL, "status"]
        )
        self.in_flight = Gauge(
            "pymacaron_requests_in_flight", "Requests that are being answered", multiprocess_mode="livesum"
        )
        self.departures = Counter("pymacaron_client_calls", "Calls of other services", ["operation", "outcome"])
        self.departure_seconds = Histogram(
            "pymacaron_client_call_seconds", "What they took, attempts included", ["operation"], buckets=_SECONDS
        )
        self.fired = Counter("pymacaron_tasks_fired", "Tasks that were queued", ["task"])
        self.tasks = Counter("pymacaron_tasks", "Tasks that were run", ["task", "outcome"])
        self.task_seconds = Histogram("pymacaron_task_seconds", "What a try took", ["task"], buckets=_MINUTES)
        self.lost_reports = Counter("pymacaron_reports_dropped", "Crash reports that nobody got", ["reporter"])
        self.slow_seconds = 1.0
        self._answered: dict[tuple[Operation | None, int], _Answered] = {}

    def answered(self, exchange: Exchange) -> None:
        """Count a call that has been answered, or a task that was run."""
        call = exchange.call
        if call.is_task:
            self._ran(exchange)
            return
        operation, status = call.operation, exchange.status
        counted = self._answered.get((operation, status))
        if counted is None:
            counted = self._answered[operation, status] = _Answered(self, operation, status)
        counted.calls()
        counted.seconds(exchange.answered)
        counted.sent(exchange.sent)
        if exchange.received:
            counted.received(exchange.received)
        if exchange.answered > (self.slow_seconds if call.slow_ms is None else call.slow_ms / 1000):
            counted.slow()
        error = call.error or call.failure
        if error is not None:
            code = error.code if isinstance(error, PyMacaronException) else str(status)
            self.errors.labels(*_labels(operation), code).inc()

    def _ran(self, exchange: Exchange) -> None:
        task: str = exchange.call.function
        outcome = "done" if exchange.status == 200 else "cancelled" if exchange.status < 500 else "failed"
        self.tasks.labels(task, outcome).inc()
        self.task_seconds.labels(task).observe(exchange.seconds)

    def broken(self, breach: Breach) -> None:
        """Count an answer that breaks the document."""
        self.broken_promises.labels(*_labels(breach.operation), str(breach.status)).inc()

    def departed(self, departure: Departure) -> None:
        """Count a call of another service, or a task that was queued."""
        if departure.is_task:
            self.fired.labels(departure.name).inc()
            return
        outcome = str(departure.status) if departure.status is not None else departure.fault
        self.departures.labels(departure.name, outcome).inc()
        self.departure_seconds.labels(departure.name).observe(departure.seconds)

    def lost(self, reporter: str) -> None:
        """Count a crash report that a reporter did not get."""
        self.lost_reports.labels(reporter).inc()


def _labels(operation: Any) -> tuple[str, str]:
    """The API and the operation; of routes of the application's own, and of what is nobody's, nothing."""
    return ("", "") if operation is None else (operation.api, operation.name)


measures = Measures()
