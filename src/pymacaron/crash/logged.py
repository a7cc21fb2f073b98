"""What is logged during a call: what its caller sent in confidence may stand in messages, arguments, fields and
tracebacks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron._types import Json
from pymacaron.bodies import write_json
from pymacaron.calls import Call, current
from pymacaron.structs import is_model

from .capsule import Asked
from .names import names_of
from .redaction import Redaction, with_stars
from .stack import learn_variables
from .values import STARS


def clean_record(record: logging.LogRecord) -> None:
    """Take the secrets of the call in which something is logged out of message and traceback. Never raises."""
    call = current.get()
    if call is None:
        return
    if record.exc_info:
        _clean_trace(record, call)
        return
    try:
        text = record.getMessage()
        clean = _secrets_of(call).by_value(text)
        if clean != text:
            record.msg, record.args = clean, None
    except Exception as fault:  # noqa: BLE001 - whoever logs something gets no exception for it
        # logging itself would print the arguments
        record.msg, record.args = f"{record.msg!s:.200} (its arguments cannot be shown: {type(fault).__name__})", None


def clean_fields(fields: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """What `extra=` adds to a line, without the secrets of the call: those known by now, and texts with such names."""
    secrets = _secrets_of(call)
    return {name: _clean_field(name, value, secrets) for name, value in fields.items()}


def _clean_field(name: str, value: Any, secrets: Redaction) -> Json:
    try:
        return _clean(name, value, secrets)
    except Exception:  # noqa: BLE001 - a circle, a class that does what it likes
        return f"<{type(value).__name__}, which cannot be shown>"


def _clean(name: str, value: Any, secrets: Redaction) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return STARS if secrets.knows(str(value)) else value
    if isinstance(value, str):
        return STARS if name in secrets.names and value else secrets.by_value(str(value))
    if isinstance(value, dict):
        return {secrets.by_value(str(key)): _clean(str(key), item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(name, item, secrets) for item in value]
    if is_model(value):
        hidden = dict.fromkeys(_hidden(value), STARS)
        return _clean(name, {key: hidden.get(key, item) for key, item in value.to_json().items()}, secrets)
    try:
        plain = json.loads(write_json(value))
    except Exception:  # noqa: BLE001 - it may be anything
        plain = repr(value)
    return _clean(name, plain, secrets)


def _hidden(model: Any) -> Iterator[str]:
    """The properties that its document calls secret, whosever document it is."""
    info = model.__model__
    return (p.name for p in info.properties.values() if p.sensitive or info.sensitive)


def _clean_trace(record: logging.LogRecord, call: Call) -> None:
    error = record.exc_info[1] if record.exc_info else None
    try:
        redaction = _learned(call)
        if error is not None:
            learn_variables(error, redaction)
        trace = record.exc_text or logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]  # it has one
        text, trace = (with_stars(redaction.clean(one)) for one in (record.getMessage(), trace))
    except Exception as fault:  # noqa: BLE001 - whoever logs something gets no exception for it
        text, trace = "an exception", f"{type(error).__name__} (its text cannot be shown: {type(fault).__name__})"
    record.msg, record.args, record.exc_text = text, None, trace


def _secrets_of(call: Call) -> Redaction:
    """The secrets of a call, found once: and once more when its body has been read, or the caller been verified."""
    body = call.request.body
    state = call.operation, call.identity.token, len(body) if isinstance(body, bytes) else 0
    if call.secrets is None or call.secrets[0] != state:
        call.secrets = state, _learned(call)
    found: Redaction = call.secrets[1]
    return found


def _learned(call: Call) -> Redaction:
    redaction = Redaction(names_of(call.operation))
    redaction.learn(call.identity.token)
    Asked(call.request, call.operation, redaction)
    return redaction
