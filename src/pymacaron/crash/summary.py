"""A report for people: what one wants to see first, in lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pymacaron._types import JsonObject

_FIRST = ("call", "user", "caller", "timing", "server", "data", "repeated")


def summary(report: JsonObject, longest: int) -> str:
    """At most so many characters."""
    text = "\n".join(_lines(report))
    return text if len(text) <= longest else f"{text[:longest]}…"


def _lines(report: JsonObject) -> Iterator[str]:
    for name in _FIRST:
        value = report.get(name)
        if value:
            yield f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
    if "curl" in report:
        yield report["curl"]
    stack = report.get("stack")
    for error in stack if isinstance(stack, list) else ():
        if "exception" in error:
            yield f"{error['exception']}: {error['text']}"
        yield from (f"  {one['file']}:{one['line']} {one['function']}: {one['code']}" for one in error["frames"])


def shortened(report: JsonObject, longest: int) -> JsonObject:
    """The report without what makes its JSON text longer than so many characters."""
    for name in ("", "capsule", "response", "request", "stack", "data", "curl"):
        report = {key: value for key, value in report.items() if key != name}
        if len(json.dumps(report, ensure_ascii=False, default=str)) <= longest:
            break
    return report
