"""The headers that a response declares, or a part of a multipart body: text ⇄ values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ._types import HeaderList, Json
from .bodies import JSON, kind_of, parse_media_type
from .inputs import plain, text_type
from .operations import Header
from .parameters import ANYTHING, Codec, TextFault, codec
from .schemas import RESPONSE, Schemas

# Written by servers and middleware, after whoever checks has looked.
_OF_SERVERS = frozenset(("date", "server", "content-length", "transfer-encoding", "connection", "content-encoding"))
_SEVERAL = frozenset(("set-cookie",))  # cannot be joined into one (RFC 9110 section 5.3)


class Headers:
    """Reads, writes and checks declared headers. Names are told apart without regard to case (RFC 9110 section 5.1)."""

    def __init__(self, headers: Iterable[Header], schemas: Schemas) -> None:
        self.declared = {header.name.lower(): header for header in headers}
        self._codecs = {name: _codec(header, schemas) for name, header in self.declared.items()}

    def write(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> HeaderList:
        """Headers as they go over the wire: text as it is, other values as they are declared, else one header for each
        element of a list. None is no header.

        Raises:
            ValueError: a value that no header can carry.
        """
        out: HeaderList = []
        for name, value in given.items() if isinstance(given, Mapping) else given or ():
            out += [(str(name), text) for text in self._texts(str(name), value)]
        return out

    def _texts(self, name: str, value: Any) -> list[str]:
        if value is None:
            return []
        if isinstance(value, str):
            return [value]
        declared = self.declared.get(name.lower())
        if isinstance(value, (list, tuple)) and (declared is None or name.lower() in _SEVERAL):
            return [text for item in value for text in self._texts(name, item)]
        if isinstance(value, datetime) and (declared is None or declared.schema.value.get("format") != "date-time"):
            return [http_date(value)]
        made = self._codecs[name.lower()] if declared is not None else _UNDECLARED
        try:
            return [made.write(plain(value))]
        except TextFault as fault:
            raise ValueError(f"the header {name} takes {fault.expected}") from None

    def read(self, headers: HeaderList) -> dict[str, Json]:
        """The declared headers that are there, by the names of the document.

        Raises:
            TextFault: one that is not written as declared.
        """
        texts = _joined(headers)
        return {self.declared[key].name: self._codecs[key].read(texts[key]) for key in self.declared.keys() & texts}

    def problems(self, headers: HeaderList) -> list[str]:
        """What is wrong with headers: those that are missing, and those whose values break their schemas."""
        texts = _joined(headers)
        found = [
            f"the header {header.name} is missing"
            for key, header in self.declared.items()
            if header.required and key not in texts and key not in _OF_SERVERS
        ]
        for key in self.declared.keys() & texts:
            found += self._faults_of(key, texts[key])
        return sorted(found)

    def _faults_of(self, key: str, text: str) -> list[str]:
        header = self.declared[key]
        try:
            value = self._codecs[key].read(text)
        except TextFault as fault:
            return [f"header {header.name}: expected {fault.expected}"]
        checker = header.schema.checker(RESPONSE)
        if checker.is_valid(value):
            return []
        return [f"header {header.name}: expected {problem.expected}" for problem in checker.problems(value)]


def _joined(headers: HeaderList) -> dict[str, str]:
    """Headers by name in lower case; several of one name are one list (RFC 9110 section 5.2)."""
    found: dict[str, str] = {}
    for name, text in headers:
        key = name.lower()
        found[key] = f"{found[key]}, {text}" if key in found and key not in _SEVERAL else text
    return found


def _codec(header: Header, schemas: Schemas) -> Codec:
    is_json = header.content_type is not None and kind_of(parse_media_type(header.content_type).name) == JSON
    return codec(
        header.name, "header", None, header.explode, text_type(schemas, header.schema.node),
        collection_format=header.collection_format, content=is_json,
    )  # fmt: skip


_UNDECLARED = codec("", "header", None, None, ANYTHING)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(moment: datetime) -> str:
    """An instant as HTTP writes it (RFC 9110 section 5.6.7); one without a time zone is UTC."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"
