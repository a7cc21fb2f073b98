"""Exceptions as JSON: their chain, frames, source lines, and the variables of the service's own functions."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FrameType, TracebackType

from pymacaron._types import Json, JsonObject

from .redaction import Redaction

_DEEPEST, _FRAMES, _VARIABLES = 5, 50, 40
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOREIGN = tuple(
    os.path.realpath(path) + os.sep
    for path in {_OURS, *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))}
)


def stack_of(error: BaseException, redaction: Redaction) -> list[JsonObject]:
    """The exception and those that led to it, the last one first."""
    found: list[JsonObject] = []
    for one in _chain(error):
        frames = list(_frames(one.__traceback__))
        found.append({
            "exception": type(one).__qualname__,
            "text": text_of(one),
            "frames": [_frame(frame.f_code, line, redaction, frame) for frame, line in _middle_out(frames)],
        })  # fmt: skip
    return found


def stack_here(frame: FrameType | None) -> list[tuple[CodeType, int]]:
    """Where the program is: the innermost function first. Cheap; to be told later."""
    found: list[tuple[CodeType, int]] = []
    while frame is not None and len(found) < _FRAMES:
        found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return found


def frames_of(stack: list[tuple[CodeType, int]], redaction: Redaction) -> list[JsonObject]:
    """What `stack_here` has found, outermost function first as in tracebacks."""
    frames = [_frame(code, line, redaction) for code, line in reversed(stack)]
    return [{"frames": frames}] if frames else []


def text_of(error: BaseException) -> str:
    """What an exception says of itself."""
    try:
        return str(error)[:10_000].encode("utf-8", "replace").decode()
    except BaseException:  # noqa: BLE001 - its __str__ is the user's, and may even end the thread
        return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Breadth first: the exception, those of its group, and those that led to it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < _DEEPEST:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        yield one
        seen.add(id(one))
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting.append(one.__cause__ or (None if one.__suppress_context__ else one.__context__))


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _middle_out(frames: list[tuple[FrameType, int]]) -> list[tuple[FrameType, int]]:
    """The outermost and the innermost ones, where there are too many."""
    return frames if len(frames) <= _FRAMES else [*frames[:10], *frames[10 - _FRAMES :]]


def _frame(code: CodeType, line: int, redaction: Redaction, frame: FrameType | None = None) -> JsonObject:
    told: JsonObject = {
        "file": _short(code.co_filename), "line": line, "function": code.co_qualname,
        "code": linecache.getline(code.co_filename, line).strip()[:300],
    }  # fmt: skip
    if frame is not None and is_own(code.co_filename):
        told["locals"] = _variables(frame, redaction)
    return told


def _variables(frame: FrameType, redaction: Redaction) -> dict[str, Json]:
    variables = [(name, value) for name, value in frame.f_locals.items() if not name.startswith("__")]
    return {
        name: redaction.concealed(value) if name in redaction.names else redaction.shown(value)
        for name, value in variables[:_VARIABLES]
    }


def learn_variables(error: BaseException, redaction: Redaction) -> None:
    """Remember the values of variables of the service's own functions that have the name of a secret."""
    for one in _chain(error):
        for frame, _ in _middle_out(list(_frames(one.__traceback__))):
            if is_own(frame.f_code.co_filename):
                for name in [name for name in frame.f_locals if name in redaction.names]:
                    redaction.concealed(frame.f_locals[name])


@lru_cache(1000)
def is_own(path: str) -> bool:
    """Is the file the service's, and not of a library? Of those, variables would say little, and of much."""
    return not path.startswith("<") and not os.path.realpath(path).startswith(_FOREIGN)


def _short(path: str) -> str:
    for folder in sorted((os.path.realpath(folder or os.curdir) for folder in sys.path), key=len, reverse=True):
        if path.startswith(folder + os.sep):
            return path[len(folder) + 1 :]
    return path
