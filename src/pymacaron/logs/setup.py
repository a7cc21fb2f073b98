"""The handler of a service whose programmer has set up none."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

from pymacaron.calls import LINES, Exchange

from .lines import JsonLines, ReadableLines

READABLE, JSON = "text", "json"
FORMAT = "PYM_LOG_FORMAT"  # the environment variable that says which, if no setting does


class OwnHandler(logging.StreamHandler[TextIO]):
    """Writes all that is logged to standard error."""

    lines: JsonLines | ReadableLines

    def use(self, lines: JsonLines | ReadableLines) -> None:
        self.lines = lines
        self.setFormatter(lines)

    def write_call(self, created: float, level: int, exchange: Exchange) -> None:
        """What `handle` does with the record of a call."""
        try:
            line = self.lines.of_call(created, level, exchange)
            with self.lock:  # type: ignore[union-attr]  # made by the constructor
                stream = self.stream
                stream.write(line + self.terminator)
                if not getattr(stream, "line_buffering", False):  # as standard error is, which has sent it by now
                    stream.flush()
        except Exception:  # noqa: BLE001 - a disk that is full must not cost an answer, nor an answer a call
            self.handleError(logging.LogRecord(LINES, level, __file__, 0, "a call", None, None))


_handlers: list[OwnHandler] = []  # one at most
_root, _ours, _calls = logging.getLogger(), logging.getLogger("pymacaron"), logging.getLogger(LINES)


def own_handler() -> OwnHandler | None:
    """Ours, if it is the only one that gets what is logged of calls."""
    handlers = _root.handlers
    if len(handlers) != 1 or not _handlers:
        return None
    own = _handlers[0]
    if handlers[0] is not own or own.filters or _ours.handlers or _calls.handlers or _calls.filters:
        return None
    return own if _calls.propagate and _ours.propagate else None


def set_up(form: str | None = None, *, debug: bool = False) -> None:
    """Let everything that is logged go to standard error, unless the program has said where it should go. May be
    called again when more is known.

    Args:
        form: READABLE or JSON; None: what PYM_LOG_FORMAT says, else readable in development and on a terminal, else
            JSON.
    """
    form = form or os.environ.get(FORMAT)
    root, own = logging.getLogger(), logging.getLogger("pymacaron")
    if own.level == logging.NOTSET:
        own.setLevel(logging.INFO)
    if not _handlers and (root.handlers or own.handlers):
        return
    if not _handlers:
        _handlers.append(OwnHandler(sys.stderr))
        root.addHandler(_handlers[0])
    is_terminal = sys.stderr.isatty()
    if form == READABLE or (form is None and (debug or is_terminal)):
        # https://no-color.org: a variable that is there and not empty
        _handlers[0].use(ReadableLines(colours=is_terminal and not os.environ.get("NO_COLOR")))
    else:
        _handlers[0].use(JsonLines())
