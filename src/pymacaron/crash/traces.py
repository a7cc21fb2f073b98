"""Exceptions in logs: what a caller sent in confidence may stand in their texts."""

from __future__ import annotations

import logging

from pymacaron.calls import Call, current

from .capsule import Asked
from .names import names_of
from .redaction import Redaction, with_stars
from .stack import learn_variables


def clean_record(record: logging.LogRecord) -> None:
    """Take the secrets of the call in which an exception is logged out of message and traceback. Never raises."""
    call = current.get()
    if call is None or not record.exc_info:
        return
    error = record.exc_info[1]
    try:
        redaction = _secrets_of(call, error)
        trace = record.exc_text or logging.Formatter().formatException(record.exc_info)
        text, trace = (with_stars(redaction.clean(one)) for one in (record.getMessage(), trace))
    except Exception as fault:  # noqa: BLE001 - whoever logs something gets no exception for it
        text, trace = "an exception", f"{type(error).__name__} (its text cannot be shown: {type(fault).__name__})"
    record.msg, record.args, record.exc_text = text, None, trace


def _secrets_of(call: Call, error: BaseException | None) -> Redaction:
    redaction = Redaction(names_of(call.operation))
    redaction.learn(call.identity.token)
    Asked(call.request, call.operation, redaction)
    if error is not None:
        learn_variables(error, redaction)
    return redaction
