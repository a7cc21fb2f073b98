"""A log record as one line. Secrets are taken out by value, and so is what a caller could forge a line with."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymacaron.bodies import write_json
from pymacaron.calls import LINES, NOBODY, Call, Exchange, current
from pymacaron.config import redact
from pymacaron.exceptions import PyMacaronException
from pymacaron.operations import Operation
from pymacaron.structs import encode_json

# What the line of a call says in fields of its own, in a record (calls.py).
FIELDS = "pymacaron_fields"
REPORTS = "pymacaron.crash"  # the logger of crash reports, which show no secrets
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", FIELDS}


def call_fields(call: Call) -> dict[str, Any]:
    """What every line that is logged during a call says of it."""
    trace = call.trace
    return {"call_id": call.id, "call_path": call.path, "trace_id": trace.trace_id, "span_id": trace.span_id}


def _without_secrets(fields: dict[str, Any], call: Call) -> dict[str, Any]:
    from pymacaron.crash.logged import clean_fields  # with all that finds secrets, which not every service logs

    return clean_fields(fields, call)


# The last second and the last millisecond that were written. Many lines are logged in one, and formatting a time takes
# longer than all else in most of them.
_second: tuple[int, str] = (0, "")
_millisecond: tuple[int, str] = (0, "")


def time_of(seconds: float) -> str:
    """A Unix time as in RFC 3339, in UTC, with milliseconds."""
    global _second, _millisecond  # noqa: PLW0603 - read once each, and replaced: threads may be in different ones
    count, known = int(seconds * 1000), _millisecond
    if known[0] == count:
        return known[1]
    whole, second = count // 1000, _second
    if second[0] != whole:
        second = _second = whole, datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    text = f"{second[1]}.{count % 1000:03}+00:00"
    _millisecond = count, text
    return text


class JsonLines(logging.Formatter):
    """A formatter that writes one JSON object per line.

    Its members are time (RFC 3339, UTC), level, logger and message; during a call also call_id, call_path, trace_id and
    span_id; what `extra=` adds; and the traceback as `exception`.
    """

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": time_of(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        call = current.get()
        if call is not None:
            said |= call_fields(call)
        said |= record.__dict__.get(FIELDS, {})
        trace = _traceback(self, record)
        if trace and "report" not in said:  # of a crash, which tells all that its summary does
            said["exception"] = trace
        given = vars(record).items()  # what is ours is not for a caller to say, whose values may be passed as extra=
        more = {name: value for name, value in given if name not in _STANDARD and name not in said}
        said |= more if call is None or not more or record.name == REPORTS else _without_secrets(more, call)
        try:
            line = write_json(said)
        except Exception:  # noqa: BLE001 - what users pass as extra= may be anything
            line = write_json({_text_of(name): _text_of(value) for name, value in said.items()})
        return _one_line(redact(line.decode()))

    def of_call(self, created: float, level: int, exchange: Exchange) -> str:
        """The line of a call. It is what `format` makes of its record, at a third of the cost."""
        call = exchange.call
        (call_id, before, trace), operation = call.links, call.operation
        if operation is None:
            said, path = _said(exchange, level, _of_path(exchange.request.path)), call.path
        else:
            said, path = _said_of(operation, exchange, level)
        if before is None and trace.parent_id is None and exchange.status < 400 and call.identity is NOBODY:
            end = "}"  # as optional_fields() would find
        else:
            path = path if before is None else call.path
            more = optional_fields(exchange, before)
            end = f",{encode_json(more)[1:].decode()}" if more else "}"  # texts, none of them NaN
        # ids and paths of calls are of characters that JSON need not escape (calls.py)
        line = (
            f'{{"time":"{time_of(created)}{said}{exchange.seconds * 1000:.3f},"call_id":"{call_id}",'
            f'"call_path":"{path}","trace_id":"{trace.trace_id}","span_id":"{trace.span_id}","sent":{exchange.sent},'
            f'"received":{"null" if exchange.received is None else exchange.received}{end}'
        )
        return _one_line(redact(line))


def _one_line(line: str) -> str:
    """A JSON text in which all is escaped that some program might take for the end of a line, or a terminal for a
    command: JSON itself demands that only of the characters below the space."""
    if (line.isascii() and "\x7f" not in line) or line.isprintable():
        return line
    return "".join(one if one.isprintable() else _escaped(one) for one in line)


def _escaped(char: str) -> str:
    digits = char.encode("utf-16-be").hex()
    return "".join(f"\\u{digits[at : at + 4]}" for at in range(0, len(digits), 4))


def _text_of(value: object) -> str:
    """Anything at all as a text that can be written."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 - its __repr__ is the user's
        text = f"<{type(value).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()


_LEVELS = {logging.INFO: "INFO", logging.ERROR: "ERROR"}


def _said_of(operation: Operation, exchange: Exchange, level: int) -> tuple[str, str]:
    """What `_said` gives for a call of an operation, and its name in paths of calls. They are kept: of an operation,
    nearly all lines have them in common."""
    known: dict[object, tuple[str, str]] | None = operation.compiled.get(LINES)
    if known is None:
        known = operation.compiled[LINES] = {}
    key = exchange.method, exchange.status, level
    found = known.get(key)
    if found is None:
        path, api, name = (write_json(text).decode() for text in (operation.path, operation.api, operation.name))
        parts = path[1:-1], f'"path":{path},"api":{api},"operation":{name}'
        found = _said(exchange, level, parts), exchange.call.step
        if len(known) < _MOST_KNOWN:
            known[key] = found
    return found


_MOST_KNOWN = 64  # methods are the caller's to choose, and a function may choose any status


def _of_path(path: str) -> tuple[str, str]:
    path = write_json(path).decode()
    return path[1:-1], f'"path":{path}'


def _said(exchange: Exchange, level: int, what: tuple[str, str]) -> str:
    """The line from its time to its milliseconds; `what` is a path as part of a JSON text, and the fields that name
    what is called."""
    method = exchange.method if exchange.method.isalpha() else write_json(exchange.method)[1:-1].decode()
    return (
        f'","level":"{_LEVELS[level]}","logger":"{LINES}","message":"{method} {what[0]} {exchange.status}",'
        f'"method":"{method}",{what[1]},"status":{exchange.status},"ms":'
    )


def fields_of(exchange: Exchange) -> dict[str, Any]:
    """What the line of a call says. The path of an operation is its template: values in paths may be nobody else's
    business."""
    call, operation = exchange.call, exchange.call.operation
    fields: dict[str, Any] = {
        "method": exchange.method,
        "path": exchange.request.path if operation is None else operation.path,
        "status": exchange.status,
        "ms": round(exchange.seconds * 1000, 3),
        **call_fields(call),
        "sent": exchange.sent,
        "received": exchange.received,
        **optional_fields(exchange, call.came_by),
    }
    if operation is not None:
        fields["api"], fields["operation"] = operation.api, operation.name
    return fields


def optional_fields(exchange: Exchange, came_by: str | None) -> dict[str, str]:
    """What not every call has."""
    call = exchange.call
    fields = {}
    parent, user = call.trace.parent_id, call.identity.user
    if parent is not None:
        fields["parent_id"] = parent
    if came_by is not None:
        fields["caller"] = came_by.rpartition("/")[2]
    if user is not None:
        fields["user"] = user
    error = call.error or call.failure
    if exchange.status >= 400 and isinstance(error, PyMacaronException):
        fields["error"], fields["error_id"] = error.code, error.error_id
    return fields


_COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_OF_STATUS = {2: "32", 3: "36", 4: "33", 5: "31"}


class ReadableLines(logging.Formatter):
    """Lines for the eyes of a developer, with colours for a terminal.

    Args:
        colours: use them?
    """

    def __init__(self, *, colours: bool = False) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] | None = record.__dict__.get(FIELDS)
        if fields is not None:
            return self._of_call(record.created, fields)
        time = self._time(record.created)
        level = self._in(_COLOURS.get(record.levelname), f"{record.levelname:7}")
        call = current.get()
        told = "" if call is None else self._dim(f"  [call {call.id[:8]}]")
        line = f"{time} {level} {record.name}: {_indented(_message(record))}{told}"
        below = [f"  {_printable(text)}" for text in _traceback(self, record).splitlines()]  # no line of a caller's
        return redact("\n".join((line, *below)))

    def of_call(self, created: float, _level: int, exchange: Exchange) -> str:
        """The line of a call."""
        return self._of_call(created, fields_of(exchange))

    def _of_call(self, created: float, fields: Mapping[str, Any]) -> str:
        status = self._in(_OF_STATUS.get(fields["status"] // 100), str(fields["status"]))
        told = f"{_printable(fields['method']):6} {_printable(fields['path'])} {status} {fields['ms']:.1f} ms"
        more = [f"{fields['error']} {fields['error_id']}"] if "error_id" in fields else []
        more += [f"user {fields['user']}"] if "user" in fields else []
        more += [f"from {fields['caller']}"] if "caller" in fields else []
        last = self._dim(f"  [{_printable(', '.join([*more, 'call ' + fields['call_id'][:8]]))}]")
        return redact(f"{self._time(created)} {told}{last}")

    def _time(self, created: float) -> str:
        time = datetime.fromtimestamp(created).strftime("%H:%M:%S.%f")  # noqa: DTZ006 - the developer's own
        return self._dim(time[:-3])

    def _dim(self, text: str) -> str:
        return self._in("2", text)

    def _in(self, colour: str | None, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours and colour else text


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return "\n".join(text for text in (record.exc_text, record.stack_info) if text)


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Werkzeug writes them whatever its messages go to


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return _COLOUR.sub("", text) if "\x1b" in text else text


def _indented(text: str) -> str:
    """What is printable, in lines as it came; each but the first stands back, so that none passes for a record."""
    return "\n    ".join(map(_printable, text.split("\n")))


def _printable(text: str) -> str:
    """Text without control characters, which could forge a line or command a terminal."""
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
