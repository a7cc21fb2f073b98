"""What is logged, and how: one line per call, the call in every line, and the tree of calls read from lines again.

lines.py    a log record as a line: JSON in production, readable and coloured in development
calls.py    the line of a call
setup.py    the handler of a service that has none of its own
tree.py     lines of several services → the tree of one call
"""

from __future__ import annotations

from .calls import log_call
from .lines import JsonLines, ReadableLines
from .setup import FORMAT, READABLE, set_up

__all__ = ["FORMAT", "READABLE", "JsonLines", "ReadableLines", "log_call", "set_up"]
