"""Reports in the log of the service, at level error: the title as message, the report as the record's `report`, and a
summary where tracebacks stand."""

from __future__ import annotations

import json
import logging

from pymacaron.config import Config
from pymacaron.crash.summary import shortened, summary

from . import Reporter

log = logging.getLogger("pymacaron.crash")
_LONGEST = 15_000  # what takes lines from containers often cuts them at 16 KB


def reporter(_config: Config) -> Reporter:
    return send


def send(title: str, message: str) -> None:
    if log.isEnabledFor(logging.ERROR):
        report = json.loads(message)
        record = log.makeRecord(log.name, logging.ERROR, __file__, 0, "%s", (title,), None)
        record.report = shortened(report, _LONGEST)
        record.exc_text = summary(report, _LONGEST)
        log.handle(record)
