"""A pair: what is recorded through the one transport is what the other one answers, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.bodies import Joined, chunks_of, close
from pymacaron.exceptions import NotRecordedError
from pymacaron.messages import Request, Response

from .carrying import Sending, Transport, TransportFault
from .entries import fault_entry, request_entry, response_entry, response_of
from .tapes import Tape


class RecordingTransport:
    """Carries requests by another transport, and keeps what is said on a tape."""

    def __init__(self, transport: Transport, tape: Tape) -> None:
        self._transport, self._tape = transport, tape

    @property
    def is_local(self) -> bool:
        return self._transport.is_local

    def send(self, sending: Sending) -> Response:
        request, sent = sending.request, _Overheard(sending.request.body)
        if not isinstance(request.body, bytes):
            overheard = Request(request.method, request.path, request.query, request.headers, sent)
            sending = sending._replace(request=overheard)

        def keep(response: JsonObject) -> None:
            request = request_entry(sending, bytes(sent.data))
            entry = {"call": _call(sending), "at": str(sending.origin), "request": request, "response": response}
            self._tape.entries.append(entry)

        try:
            response = self._transport.send(sending)
        except TransportFault as fault:
            keep(fault_entry(fault))
            raise
        if isinstance(response.body, bytes):
            keep(response_entry(response, response.body, sending.operation))
            return response

        def over(fault: TransportFault | None) -> None:
            said = bytes(heard.data)
            keep(fault_entry(fault) if fault else response_entry(response, said, sending.operation))

        response.body = heard = _Overheard(response.body, over)
        return response


class ReplayingTransport:
    """Answers as a tape says."""

    is_local = False  # what was recorded has been tried again as well

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def send(self, sending: Sending) -> Response:
        if sending.until <= monotonic():
            raise TransportFault("the deadline has passed", unsent=True, late=True)
        body = sending.request.body
        data = body if isinstance(body, bytes) else b"".join(chunks_of(body))
        found = self._tape.find(_call(sending), request_entry(sending, data))
        try:
            response = response_of(found)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise NotRecordedError(f"{self._tape.path}: the response of {_call(sending)} is none: {error!r}") from error
        response.body = Joined([], response.body) if isinstance(response.body, bytes) else response.body
        return response


def _call(sending: Sending) -> str:
    operation = sending.operation
    return f"{operation.api}.{operation.name}" if operation is not None else sending.request.method


class _Overheard:
    """A body that is kept while it is read.

    Args:
        over: is told once, at its end, when nobody wants more, or with what went wrong.

    Attributes:
        data: what has been read so far.
    """

    def __init__(self, body: Any, over: Callable[[TransportFault | None], None] = lambda _: None) -> None:
        self._body, self._over = body, over
        self.data = bytearray(body if isinstance(body, bytes) else b"")
        self._is_over = False

    def read(self, size: int = -1, /) -> bytes:
        try:
            data: bytes = self._body.read(size)
        except TransportFault as fault:
            self._finish(fault)
            raise
        self.data += data
        if not data or size < 0:
            self._finish()
        return data

    def __iter__(self) -> Iterator[bytes]:
        return chunks_of(self)

    def go_on(self, seconds: float) -> None:
        """As the body of the other transport has it."""
        if hasattr(self._body, "go_on"):
            self._body.go_on(seconds)

    def close(self) -> None:
        self._finish()
        close(self._body)

    def _finish(self, fault: TransportFault | None = None) -> None:
        if not self._is_over:
            self._is_over = True
            self._over(fault)
