"""What stands in for another service in tests, for the length of a block."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymacaron.operations import Operation
from pymacaron.transports.fake import Called, FakeTransport
from pymacaron.transports.recording import RecordingTransport, ReplayingTransport
from pymacaron.transports.tapes import Tape

from .line import Line
from .naming import by_name, no_operation
from .retries import forget_failures

__all__ = ["Called", "Faked", "Tape", "faking", "recording", "replaying"]

# The calls that a fake has got, the first one first.
Faked = list[Called]


@contextmanager
def faking(line: Line, operations: Iterable[Operation], answers: Mapping[str, Any]) -> Iterator[Faked]:
    """See LoadedApi.fake."""
    known = by_name(operations)
    for name in answers:
        if name not in known:
            raise no_operation(line.api, name, known)
    transport = FakeTransport(known, answers)
    with line.through(lambda usual, options: transport, anywhere=True, offline=True):
        yield transport.calls


@contextmanager
def recording(line: Line, path: str | os.PathLike[str]) -> Iterator[Tape]:
    """See LoadedApi.recording."""
    tape = Tape(path)
    try:
        with line.through(lambda usual, options: RecordingTransport(usual(options), tape)):
            yield tape
    finally:
        tape.save()


@contextmanager
def replaying(line: Line, path: str | os.PathLike[str]) -> Iterator[Tape]:
    """See LoadedApi.replaying."""
    tape = Tape.load(path)
    transport = ReplayingTransport(tape)
    try:
        with line.through(lambda usual, options: transport, offline=True):
            yield tape
    finally:
        forget_failures()  # of the past
