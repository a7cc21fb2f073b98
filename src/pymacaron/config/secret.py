"""Secrets: text that the program can use and no print, dump or log shows.

A `Secret` is a `str` whose C-level content is a row of stars, so that whatever reads it without asking (`json.dumps`,
`"".join`, f-strings, a driver written in C) gets stars, while its methods, operators and comparisons work on the value.
`reveal()` gives the value as a plain `str` to what needs one. Values are also remembered, so that `redact` can take
them out of any text.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

STARS = "*****"
# Not ASCII, hence hmac.compare_digest(secret, "*****") raises TypeError instead of comparing stars with stars.
_CONTENT = f"{STARS}…"
_SHORTEST = 6  # a shorter value, such as "test", would be found in every other word of a log

_lock = threading.Lock()
_values: set[str] = set()
_longest_first: list[str] = []
_pattern: re.Pattern[str] | None = None


class Secret(str):
    """A secret string. It compares, hashes, encodes, slices and concatenates like its value, and prints as stars."""

    __slots__ = ("_value",)
    _value: str

    def __new__(cls, value: str) -> Secret:
        """Make `value` a secret, from now on known to `redact`; a Secret stays what it is."""
        if isinstance(value, Secret):
            return value
        secret = super().__new__(cls, _CONTENT)
        secret._value = value
        remember(value)
        return secret

    def reveal(self) -> str:
        """The value as a plain str. `re`, `open` and database drivers need it, because they read a str at C level."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({STARS!r})"

    def __str__(self) -> str:
        return STARS

    def __format__(self, _spec: str) -> str:
        return STARS

    def __hash__(self) -> int:
        return hash(self._value)

    def __radd__(self, other: str) -> str:
        return other + self._value

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        return (str, (STARS,))  # a pickle is a dump


def reveal(text: str) -> str:
    """The value of a str or Secret, as a plain str."""
    return text.reveal() if isinstance(text, Secret) else text


def _on_value(name: str) -> Callable[..., Any]:
    method = getattr(str, name)

    def call(*operands: object, **options: object) -> Any:
        return method(*(one.reveal() if isinstance(one, Secret) else one for one in operands), **options)

    call.__name__ = name
    return call


_NOT_ON_VALUE = {*vars(Secret), "__getattribute__", "__getnewargs__", "__rmod__", "__sizeof__", "maketrans"}
for _name in set(vars(str)) - _NOT_ON_VALUE | {"__eq__"}:
    setattr(Secret, _name, _on_value(_name))


def remember(value: str) -> None:
    """Let `redact` take `value` out of texts from now on, also where its line breaks and the like are escaped."""
    global _pattern, _longest_first  # noqa: PLW0603 - one expression for all the secrets of the process
    if len(value) < _SHORTEST or not value.strip("*") or value in _values:
        return
    with _lock:
        _values.update((value, value.encode("unicode_escape").decode("ascii")))
        _longest_first = sorted(_values, key=len, reverse=True)
        _pattern = re.compile("|".join(map(re.escape, _longest_first)))


def redact(text: str) -> str:
    """Replace every secret in `text` by stars, if this process knows it and it has six characters or more."""
    if _pattern is None:
        return text
    for value in _longest_first:  # a look for each is many times faster than the expression for all
        if value in text:
            return _pattern.sub(STARS, text)
    return text


def redact_logs(clean: Callable[[logging.LogRecord], None] | None = None) -> None:
    """Redact every log record of the process where it is made, its traceback included, whoever handles it later.

    Args:
        clean: from now on takes out of a record what only those know who know the call.
    """
    make = logging.getLogRecordFactory()
    if not isinstance(make, _RedactingFactory):
        make = _RedactingFactory(make)
        logging.setLogRecordFactory(make)
    make.clean = clean or make.clean


class _RedactingFactory:
    clean: Callable[[logging.LogRecord], None] | None = None

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self.make = make

    def __call__(self, *args: Any, **more: Any) -> logging.LogRecord:
        record = self.make(*args, **more)
        if _pattern is not None:
            _redact_record(record)
        if self.clean is not None:
            self.clean(record)
        return record


def _redact_record(record: logging.LogRecord) -> None:
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit the message: logging reports that itself
        return
    clean = redact(text)
    if clean != text:
        record.msg, record.args = clean, None
    if record.exc_info:
        trace = logging.Formatter().formatException(record.exc_info)
        if (clean := redact(trace)) != trace:
            record.exc_text = clean
