"""A reporter of crashes that remembers what it was told."""

from __future__ import annotations

import json
from typing import Any

from pymacaron import crash


class Told(list[tuple[str, dict[str, Any]]]):
    """What a reporter was told: titles and messages."""

    def __call__(self, title: str, message: str) -> None:
        self.append((title, json.loads(message)))

    @property
    def titles(self) -> list[str]:
        assert crash.flush()
        return [title for title, _ in self]

    def the_one(self) -> dict[str, Any]:
        assert crash.flush()
        ((title, message),) = self
        assert message["title"] == title
        return message
