"""YAML text → events, from libyaml where PyYAML has it, and what the parser objects to in our words.

Importing this module imports yaml, which takes 15 ms; a start that finds everything in the cache does without.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from .faults import SourceError

Event: TypeAlias = Any  # what an event has depends on its kind, and nearly everything here depends on that


class PythonParser(Reader, Scanner, Parser):
    """The same events without libyaml, twenty times slower."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without libyaml
    CParser = PythonParser  # type: ignore[misc,assignment]  # where PyYAML lacks its C parser


class EventReader(Protocol):
    """What the events of a text are told to."""

    def scalar(self, event: Event, /) -> None: ...
    def alias(self, event: Event, /) -> None: ...
    def start(self, event: Event, /, *, mapping: bool) -> None: ...
    def end(self, event: Event, /) -> None: ...


R = TypeVar("R", bound=EventReader)


def walk(text: str, reader: R) -> R:
    """Tell the events of a YAML text, which must hold one document, to `reader`; nothing recurses.

    Raises:
        SourceError: not YAML, or not one document.
    """
    reads: dict[type, Callable[[Event], None]] = {
        ScalarEvent: reader.scalar,
        MappingStartEvent: lambda event: reader.start(event, mapping=True),
        SequenceStartEvent: lambda event: reader.start(event, mapping=False),
        MappingEndEvent: reader.end,
        SequenceEndEvent: reader.end,
        AliasEvent: reader.alias,
    }
    documents = 0
    try:
        next_event = CParser(text).get_event
        while type(event := next_event()) is not StreamEndEvent:
            read = reads.get(type(event))
            if read is not None:
                read(event)
            elif type(event) is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise SourceError("a second document in one file", "give each its own file", offset_of(event))
    except YAMLError as error:
        raise translated(error, text) from None
    if not documents:
        raise SourceError("the file is empty", "write a document, or remove the file")
    return reader


def offset_of(event: Event) -> int:
    """Where an event starts, in characters from the start of the text."""
    offset: int = event.start_mark.index
    return offset


_KNOWN_PROBLEMS: dict[str, tuple[str, str | None]] = {
    "mapping values are not allowed in this context": (
        "a ':' where no key can end", "quote the text if the ':' belongs to it, else correct the indentation"),
    "could not find expected ':'": (
        "a key without its ':'", "add the ':', or indent the line if it continues the text above"),
    "did not find expected key": (
        "expected a key or the end of the mapping", "correct the indentation or the quotes here or just above"),
    "did not find expected '-' indicator": (
        "expected an item or the end of the list", "correct the indentation here or just above"),
    "did not find expected ',' or ']'": (
        "a ',' or the ']' is missing", "close the list, or quote the text if brackets and commas belong to it"),
    "did not find expected ',' or '}'": (
        "a ',' or the '}' is missing", "close the mapping, or quote the text if braces and commas belong to it"),
    "found unexpected end of stream": ("quotes that are never closed", "close them"),
    "found unexpected document indicator": ("quotes that are not closed in this document", "close them"),
    "did not find expected node content": (
        "a value is missing", "quote the text if a bracket, a brace or a comma belongs to it"),
    "block sequence entries are not allowed in this context": (
        "a '-' where no list can start", "put the list on lines of its own, or quote the '-' if it belongs to a text"),
    "found unknown escape character": (
        "a backslash before a character that it cannot escape", "double the backslash, or use single quotes"),
    "found undefined tag handle": ("a '!' starts a tag that is not defined", "quote the text if the ! is meant"),
}  # fmt: skip
_SHOWN_WHERE_IT_BEGAN = frozenset({"could not find expected ':'", "found unexpected document indicator"})
# Compiled where it is needed: that takes 3 ms, and nearly no text has such a character.
_UNPRINTABLE = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def translated(error: YAMLError, text: str) -> SourceError:
    """What the parser says, in the words of someone who has to correct the file."""
    if not isinstance(error, MarkedYAMLError):  # characters that YAML does not allow have no mark
        found = re.search(_UNPRINTABLE, text)
        character = f"U+{ord(found[0]):04X}" if found else "a character"
        instead = 'write it as an escape such as "\\x07" in double quotes'
        return SourceError(f"{character} is not allowed in YAML", instead, found.start() if found else 0)
    problem = (error.problem or "").split(", but")[0]
    opened = error.context_mark
    mark = error.problem_mark or opened
    if opened and (problem in _SHOWN_WHERE_IT_BEGAN or (mark and not text[mark.index :].strip())):
        mark = opened  # what is never closed is not found at the end of the file
    offset: int = mark.index if mark else 0
    at = text[offset : offset + 1]
    if at == "\t" and ("token" in problem or "tab" in problem):
        return SourceError("a tab where YAML requires spaces", "indent with spaces", offset)
    if "cannot start any token" in problem:
        return SourceError(f"a text without quotes cannot start with {at}", "quote it", offset)
    fact, cure = _KNOWN_PROBLEMS.get(problem, (f"not YAML: {problem}", None))
    if opened and mark and opened.line < mark.line and "flow" in (error.context or ""):
        fact += f" of line {opened.line + 1}"
    return SourceError(fact, cure, offset)
