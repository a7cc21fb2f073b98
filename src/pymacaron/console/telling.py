"""What the recorder has noted, as JSON values for the page: without secrets, which are found as in crash reports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import time
from typing import Any, NamedTuple

from pymacaron._types import JsonObject
from pymacaron.crash.capsule import Asked, curl
from pymacaron.crash.names import names_of
from pymacaron.crash.redaction import TOO_MANY, Redaction
from pymacaron.crash.report import answer_of

from .latency import SLOT
from .recorder import Left, Recorder, Seen, Trouble

_MOST_ROWS = 300  # calls in one answer, the youngest


class Clean(NamedTuple):
    """A call without its secrets."""

    redaction: Redaction
    asked: Asked
    answer: JsonObject


def clean(seen: Seen) -> Clean:
    redaction = Redaction(names_of(seen.operation))
    redaction.learn(seen.token, "token")
    asked = Asked(seen.request, seen.operation, redaction)
    answer = answer_of(seen, redaction)
    if seen.left_out:
        answer["body"] = {"left_out": f"{seen.sent} bytes"}
    return Clean(redaction, asked, answer)


# In short


def row(seen: Seen) -> JsonObject:
    """A call in a list."""
    if seen.told is None:
        found = clean(seen)
        told = {
            "number": seen.number, "at": round(seen.at, 3), "method": found.asked.method, "path": found.asked.path,
            "operation": _name(seen), "status": seen.status, "ms": _ms(seen.seconds), "id": seen.call_id,
            "span": seen.trace.span_id, "trace": seen.trace.trace_id, "user": seen.user, "caller": seen.caller,
            "code": seen.code, "sent": seen.sent, "complete": seen.complete, "is_task": seen.request.method == "TASK",
        }  # fmt: skip
        seen.told = _hidden(found.redaction, told)
    return seen.told


def _name(seen: Seen) -> str:
    operation = seen.operation
    return seen.function if operation is None else f"{operation.api}.{operation.name}"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _hidden(redaction: Redaction, told: JsonObject) -> JsonObject:
    """What is told of a call without the secrets that are known by now."""
    if redaction.is_full:
        return {**told, "path": TOO_MANY}
    return {name: redaction.tree(value) for name, value in told.items()}


def trouble_row(trouble: Trouble) -> JsonObject:
    report = trouble.report or {}
    endpoint = report.get("endpoint") or {}
    return {
        "id": trouble.id, "kind": trouble.kind, "title": trouble.title, "count": trouble.count,
        "first": round(trouble.first, 3), "last": round(trouble.last, 3), "calls": list(trouble.calls),
        "function": endpoint.get("function"), "has_report": trouble.report is not None,
    }  # fmt: skip


def _breaches(recorder: Recorder, since: int) -> list[JsonObject]:
    return [
        {
            "operation": broken.operation.title, "api": broken.operation.api, "status": broken.status,
            "fault": broken.fault, "count": broken.count, "first": round(broken.first, 3),
            "last": round(broken.last, 3), "is_sent": broken.is_sent, "span": broken.span,
        }
        for broken in list(recorder.breaches.values()) if broken.number > since
    ]  # fmt: skip


def _operations(recorder: Recorder, since: int) -> list[JsonObject]:
    """Everything that is counted, and with the first answer what has never been called."""
    told = []
    for counted, figures in list(recorder.figures.items()):
        if figures.number > since:
            numbers = {"refused": figures.refused, "failed": figures.failed, "last": round(figures.last, 3)}
            told.append({**_counted(counted), **numbers, **figures.times.to_json()})
    if since < 0:
        nothing: JsonObject = {"refused": 0, "failed": 0, "last": None, "count": 0, "slowest": 0, "classes": []}
        told += [{**_counted(one), **nothing} for one in recorder.operations if one not in recorder.figures]
    return told


def _counted(counted: Any) -> JsonObject:
    if isinstance(counted, str):
        return {"name": counted, "method": "TASK", "path": counted}
    return {"name": f"{counted.api}.{counted.name}", "method": counted.method, "path": counted.path}


# Tasks

_MOST_ASKED = 50  # tasks whose standing is asked for at once
_UNKNOWN = "unknown"


def tasks(recorder: Recorder, since: int) -> list[JsonObject]:
    """The tasks that were fired here, with how they stand: those that are new, and those that have not ended, or had
    not when somebody asked last."""
    fired = [left for left in list(recorder.left) if left.is_task]
    open_ones = [left for left in fired if left.standing is None][-_MOST_ASKED:]
    standing: dict[str, JsonObject] = {}
    for left in open_ones:
        standing[left.where] = _standing(recorder, left)
        if standing[left.where]["state"] == _UNKNOWN:  # what keeps it is away, and may be so for each of them
            break
    return [_task(left, standing.get(left.where)) for left in fired if left.number > since or left.where in standing]


def _standing(recorder: Recorder, left: Left) -> JsonObject:
    """How a task stands; what has ended is asked for no more."""
    from pymacaron.tasks.standing import ENDED, standings  # for services that have fired one

    try:
        found = standings().of(left.where)
    except Exception as fault:  # noqa: BLE001 - what keeps it may be away
        return {"state": _UNKNOWN, "error": {"error": type(fault).__name__}}
    if found["state"] in ENDED and left.standing is None:
        recorder.has_ended(left, found)
    return found


def _task(left: Left, asked: JsonObject | None) -> JsonObject:
    found = left.standing or asked or {"state": _UNKNOWN}
    error = found.get("error") or {}
    ended = found.get("at") if left.standing is not None else None
    ran = found.get("ms")  # None of one that was never run, as it was cancelled
    return {
        "id": left.where, "name": left.name, "at": round(left.at, 3), "state": found["state"], "ms": ran,
        "waited": None if ended is None else max(0, round((ended - left.at) * 1000 - (ran or 0))),
        "tries": found.get("tries", 0), "code": error.get("error"), "kind": error.get("kind"),
        "parent": None if left.parent is None else left.parent.span_id,
        "trace": None if left.parent is None else left.parent.trace_id,
    }  # fmt: skip


# Everything that is new


def state(recorder: Recorder, since: int, facts: JsonObject) -> JsonObject:
    """What has happened after a number; with -1 everything."""
    number = recorder.number
    calls = [seen for seen in list(recorder.calls) if since < seen.number <= number]
    troubles = [one for one in list(recorder.troubles.values()) if one.number > since]
    return {
        "process": {"id": recorder.id, "pid": os.getpid(), "began": round(recorder.began, 3), **facts},
        "now": round(time(), 3), "number": number, "slot": SLOT,
        "calls": [row(seen) for seen in calls[-_MOST_ROWS:]],
        "troubles": [trouble_row(one) for one in troubles],
        "breaches": _breaches(recorder, since),
        "operations": _operations(recorder, since),
        "tasks": tasks(recorder, since),
        "course": recorder.course.to_json(time()),
    }  # fmt: skip


# One thing


def detail(recorder: Recorder, seen: Seen) -> JsonObject:
    """A call with its request, its answer and its tree."""
    found = clean(seen)
    redaction, asked = found.redaction, found.asked
    told: JsonObject = {
        "process": recorder.id, "row": row(seen), "tree": list(tree(recorder, seen)), "function": seen.function,
        "call_path": seen.path, "parent": seen.trace.parent_id, "error_id": seen.error_id,
    }  # fmt: skip
    if seen.request.method == "TASK":
        return told
    if redaction.is_full:
        return {**told, "left_out": TOO_MANY}
    request = {"method": asked.method, "path": asked.path, "query": asked.query, "headers": asked.headers,
               "body": asked.body}  # fmt: skip
    capsule = asked.capsule(redaction, seen.status)
    shown = redaction.tree({"request": request, "response": found.answer})
    assert isinstance(shown, dict)
    return {**told, **shown, "curl": curl(capsule), "capsule": capsule}


def tree(recorder: Recorder, seen: Seen) -> Iterator[JsonObject]:
    """Everything of the same trace that this process knows: calls, tasks, and calls of others, in order of time."""
    trace = seen.trace.trace_id
    calls = [one for one in list(recorder.calls) if one.trace.trace_id == trace]
    nodes: list[JsonObject] = [
        {"kind": "call", "span": one.trace.span_id, "parent": one.trace.parent_id, "began": one.at - one.seconds,
         **row(one)}
        for one in calls
    ]  # fmt: skip
    nodes += [
        {"kind": "task" if left.is_task else "client", **_left(recorder, left)}
        for left in list(recorder.left) if left.parent is not None and left.parent.trace_id == trace
    ]  # fmt: skip
    yield from sorted(nodes, key=lambda node: float(node["began"]))


def _left(recorder: Recorder, left: Left) -> JsonObject:
    parent = None if left.parent is None else left.parent.span_id
    node: JsonObject = {
        "operation": left.name, "span": None, "parent": parent, "began": left.at - left.seconds,
        "ms": _ms(left.seconds), "status": left.status, "code": left.fault or None,
    }  # fmt: skip
    if not left.is_task:
        return {**node, "path": left.where}
    found = _task(left, None if left.standing else _standing(recorder, left))
    began = left.at + (found["waited"] or 0) / 1000
    return {**node, "began": began, "ms": found["ms"], "state": found["state"], "code": found["code"]}


def report_of(recorder: Recorder, trouble: Trouble) -> JsonObject:
    """A report as reporters get it. What it says of a call that is still known leads there."""
    spans = set(trouble.calls)
    calls = [row(seen) for seen in list(recorder.calls) if seen.trace.span_id in spans]
    return {"process": recorder.id, **trouble_row(trouble), "report": trouble.report, "known": calls[-20:]}
