"""Crash reports: what went wrong in a call, told to those who look after the service.

    decorators.py  for functions that are no operations, or slow on purpose
    reporting.py   listens to calls; what is told, to whom, how often
    kinds.py       equal crashes are told once in a window, and counted
    delivery.py    work on threads of its own
    report.py      title and message of one report; stack.py and capsule.py make parts of it
    names.py       whose values are secret; redaction.py and values.py take them out
    objects.py     what objects consist of, without running their code
    logged.py      what is logged during a call, without its secrets; summary.py: reports in short
    reporters/     log, file, Slack, email, Sentry
    trials.py      operations that fail in every way there is

Only what listens is imported with a service; what makes and sends reports is when the first one is made.
"""

from __future__ import annotations

from .decorators import crash_handler, report_slow
from .reporters import Reporter
from .reporting import Reporting, flush, report_error, set_error_reporter, start

__all__ = [
    "Reporter",
    "Reporting",
    "crash_handler",
    "flush",
    "report_error",
    "report_slow",
    "set_error_reporter",
    "start",
]
