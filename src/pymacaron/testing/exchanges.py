"""What was asked, and what was answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pymacaron._types import HeaderList
from pymacaron.bodies import kind_of, parse_media_type
from pymacaron.config import redact

_SHOWN = 2000  # characters of a body


class Asked(NamedTuple):
    """A request.

    Attributes:
        path: as the document has it, percent-encoded, without what stands before it at this place.
        query: raw, without "?".
        headers: by lower-case name.
        url: the whole.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    url: str


class Answer:
    """A response, with its body.

    Attributes:
        asked: the request.
        status, body: the status and the body.
        header_list: the headers as they came.
        headers: the headers by name in lower case; of several with one name, the last.
        faults: how the response breaks the document; [] if it does not.
    """

    def __init__(self, asked: Asked, status: int, header_list: HeaderList, body: bytes) -> None:
        self.asked, self.status, self.header_list, self.body = asked, status, header_list, body
        self.headers = {name.lower(): text for name, text in header_list}
        self.faults: list[str] = []

    @property
    def media_type(self) -> str:
        """The media type without parameters, such as "text/html"; "" if there is none."""
        return parse_media_type(self.headers.get("content-type", "")).name

    @property
    def is_json(self) -> bool:
        return kind_of(self.media_type) == "json"

    @property
    def json(self) -> Any:
        """The body as JSON values.

        Raises:
            ValueError: it is no JSON.
        """
        return json.loads(self.body)

    @property
    def text(self) -> str:
        charset = parse_media_type(self.headers.get("content-type", "")).charset or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def told(self, facts: list[str]) -> str:
        """What is wrong with the answer, for whoever reads the result of a test."""
        lines = [f"{self.asked.method} {self.asked.url}", *(f"  {fact}" for fact in facts)]
        lines.append(f"  the answer: {self.status} {self.media_type or 'without a Content-Type'}")
        body = self._shown()
        return redact("\n".join([*lines, *(f"    {line}" for line in body.splitlines())]))

    def _shown(self) -> str:
        if not self.body:
            return "(no body)"
        try:
            text = json.dumps(self.json, indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            text = self.text
        if len(text) > _SHOWN:
            text = f"{text[:_SHOWN]}\n… and {len(text) - _SHOWN} more characters"
        return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)

    def __repr__(self) -> str:
        return f"<Answer {self.status} to {self.asked.method} {self.asked.path}>"
