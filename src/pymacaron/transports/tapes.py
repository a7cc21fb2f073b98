"""The file that calls are recorded in: a list of entries, to be read and changed by people. YAML, or JSON where its
name ends in .json."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import SequenceMatcher, unified_diff
from threading import Lock
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.documents.faults import SourceError
from pymacaron.documents.sources import parse, read
from pymacaron.documents.writing import to_json, to_yaml
from pymacaron.exceptions import NotRecordedError
from pymacaron.replacing import replace_file

_MOST_LINES = 60  # of a message


class Tape:
    """Entries, in the order in which the answers came.

    Attributes:
        path: of the file.
        entries: see entries.py.
    """

    def __init__(self, path: str | os.PathLike[str], entries: Sequence[JsonObject] = ()) -> None:
        self.path = os.fspath(path)
        self.entries = list(entries)
        self._played: set[int] = set()
        self._lock = Lock()

    @property
    def _is_json(self) -> bool:
        return self.path.lower().endswith(".json")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tape:
        """
        Raises:
            NotRecordedError: there is no such file, or it is none of ours.
        """
        name = os.fspath(path)
        try:
            entries, _ = parse(read(name), named_json=name.lower().endswith(".json"))
        except OSError as error:
            text = f"{name} cannot be read ({error.strerror}); record it: with ApiPool.<api>.recording(...)"
            raise NotRecordedError(text) from None
        except SourceError as error:
            raise NotRecordedError(f"{name}: {error}") from None
        if not isinstance(entries, list) or not all(_is_entry(one) for one in entries):
            raise NotRecordedError(f"{name}: a recording is a list of entries that have a request and a response")
        return cls(path, entries)

    def save(self) -> None:
        """Write the file; it is there as a whole, or as it was."""
        replace_file(self.path, to_json(self.entries) if self._is_json else to_yaml(self.entries))

    def find(self, call: str, request: JsonObject) -> JsonObject:
        """What was answered to a request: to equal ones in their order, then as to the last one.

        Raises:
            NotRecordedError: nothing was.
        """
        alike = [index for index, entry in enumerate(self.entries) if entry["request"] == request]
        if not alike:
            raise NotRecordedError(self._missing(call, request))
        with self._lock:
            index = next((index for index in alike if index not in self._played), alike[-1])
            self._played.add(index)
        found: JsonObject = self.entries[index]["response"]
        return found

    def _missing(self, call: str, request: JsonObject) -> str:
        """What differs between a request and the one that is most like it."""
        asked = to_yaml(request)
        written = [(entry, to_yaml(entry["request"])) for entry in self.entries]
        if not written:
            return f"{call}: nothing is recorded in {self.path}"
        entry, text = max(written, key=lambda one: (one[0].get("call") == call, _likeness(one[1], asked)))
        lines = list(unified_diff(text.splitlines(), asked.splitlines(), lineterm="", n=9))[3:]
        listed = "\n".join(lines[:_MOST_LINES])
        return (
            f"{call}: no such request is recorded in {self.path}; record it again, or change it there. "
            f"The nearest (-) is of {entry.get('call', 'a call')}, asked (+) was:\n{listed}"
        )


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), dict) for key in ("request", "response"))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:5000], other[:5000]).quick_ratio()
