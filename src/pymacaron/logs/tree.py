"""Lines that several services have logged → the tree of one call.

The inverse of lines.py and calls.py: a line of a call knows its own span and its caller's, whatever service wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pymacaron._types import JsonObject

SHORTEST = 8  # digits that are enough of an id
_WIDEST = 150  # characters before a line, beyond which calls in calls stand no further to the right


class Span(NamedTuple):
    """One call as its line tells it.

    Attributes:
        began: when; the line has the time of the end.
        line: all of it.
        notes: warnings and errors that were logged meanwhile, in order of time.
    """

    id: str
    parent: str | None
    began: datetime
    line: JsonObject
    notes: list[JsonObject]


def lines_of(texts: Iterable[str], call_id: str) -> Iterator[JsonObject]:
    """The lines that belong to a call: by its id, by the trace's, or by eight digits or more of either. What is no JSON
    object is passed over, and so is what stands before one: process managers write names there."""
    for text in texts:
        start = text.find("{")
        if start < 0 or call_id not in text:
            continue
        try:
            line = json.loads(text[start:])
        except (ValueError, RecursionError):  # brackets in brackets in brackets
            continue
        if isinstance(line, dict) and any(_means(call_id, line.get(name)) for name in ("call_id", "trace_id")):
            yield line


def _means(given: str, known: object) -> bool:
    return isinstance(known, str) and (known == given or (len(given) >= SHORTEST and known.startswith(given)))


def spans_of(lines: Iterable[JsonObject]) -> list[Span]:
    """The calls among the lines, in the order in which they began."""
    lines = list(lines)
    spans = [span for span in map(_span, lines) if span is not None]
    by_id = {span.id: span for span in spans}
    for line in lines:
        span = by_id.get(str(line.get("span_id")))
        if span is not None and "status" not in line and str(line.get("level")) not in {"DEBUG", "INFO"}:
            span.notes.append(line)
    for span in spans:
        span.notes.sort(key=lambda line: str(line.get("time")))
    return sorted(spans, key=lambda span: span.began)


def _span(line: JsonObject) -> Span | None:
    """The call that a line tells of; None for other lines, and for those that nobody can have logged."""
    try:
        ended, took = datetime.fromisoformat(line["time"]), timedelta(milliseconds=float(line["ms"]))
        began = (ended if ended.tzinfo is not None else ended.replace(tzinfo=UTC)) - took
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    name, parent = line.get("span_id"), line.get("parent_id")
    return Span(name, parent if isinstance(parent, str) else None, began, line, []) if isinstance(name, str) else None


def tree_of(spans: Iterable[Span]) -> Iterator[str]:
    """The lines of a picture: each call below its caller, with when it began (after the first), how long it took, how
    it ended, and what was logged meanwhile."""
    spans = list(spans)
    known = {span.id for span in spans}
    below: dict[str | None, list[Span]] = {}
    for span in spans:
        below.setdefault(span.parent if span.parent in known and span.parent != span.id else None, []).append(span)
    begin, seen = min((span.began for span in spans), default=datetime.now(UTC)), set[str]()
    ahead = [(top, "", "") for top in reversed(below.get(None) or spans[:1])]
    while ahead:
        span, first, rest = ahead.pop()
        seen.add(span.id)
        yield f"{_times(span, begin)}  {first}{_words(span.line)}"
        inner = [one for one in below.get(span.id, ()) if one.id not in seen]
        bar = "│  " if inner else "   "
        for note in span.notes:
            yield f"{'':21}  {rest}{bar}! {_one_line(note.get('level'))} {_one_line(note.get('message'))}"
        ahead += reversed([_branch(one, rest, is_last=one is inner[-1]) for one in inner])


def _branch(span: Span, rest: str, *, is_last: bool) -> tuple[Span, str, str]:
    """A call below another one: with what stands before its own line, and before those below it."""
    if len(rest) > _WIDEST:
        return span, rest, rest
    return span, rest + ("└─ " if is_last else "├─ "), rest + ("   " if is_last else "│  ")


def _times(span: Span, begin: datetime) -> str:
    after = (span.began - begin) / timedelta(milliseconds=1)
    return f"{after:+9.1f} {float(span.line['ms']):8.1f} ms"


def _words(line: JsonObject) -> str:
    what = f"{line['api']}.{line.get('operation')}" if line.get("api") else ""
    words: list[Any] = [what, line.get("method"), line.get("path"), line.get("status")]
    words += [line["error"], line.get("error_id")] if line.get("error") else []
    words += [f"user {line['user']}"] if line.get("user") else []
    return " ".join(_one_line(word) for word in words if word)


def _one_line(value: object) -> str:
    text = str(value)
    return "".join(one if one.isprintable() else " " for one in text)[:200]
