"""What stands in for another service in tests, for the length of a block."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymacaron.calls import current
from pymacaron.exceptions import DoubleFault
from pymacaron.messages import Response
from pymacaron.operations import Operation
from pymacaron.transports import Sending, Transport
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
    with _telling(transport) as told, line.through(lambda usual, options: told, anywhere=True, offline=True):
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
    forget_failures()  # which are those of others
    try:
        with _telling(ReplayingTransport(tape)) as told, line.through(lambda usual, options: told, offline=True):
            yield tape
    finally:
        forget_failures()  # of the past


class _Told:
    """A double whose faults do not get lost in what a service makes of them, which may be an answer.

    Attributes:
        fault: the first one in a call that somebody else answers; those of other calls reach the test by themselves.
    """

    def __init__(self, double: Transport) -> None:
        self._double = double
        self.is_local = double.is_local
        self.fault: DoubleFault | None = None

    def send(self, sending: Sending) -> Response:
        try:
            return self._double.send(sending)
        except DoubleFault as fault:
            if current.get() is not None:
                self.fault = self.fault or fault
            raise


@contextmanager
def _telling(double: Transport) -> Iterator[Transport]:
    """Raise at the end of a block which of its faults a service has made an answer of; where the block has failed for
    that reason, or another, note it there."""
    told = _Told(double)
    try:
        yield told
    except BaseException as error:
        if told.fault is not None and told.fault is not error:
            error.add_note(f"{type(told.fault).__name__}: {told.fault}")
        raise
    if told.fault is not None:
        raise told.fault
