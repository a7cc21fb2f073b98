"""Queues with leases as a transport of kombu, so that the same Celery runs with no server, and loses nothing on Redis.

The transport option `queues` opens them. What is taken is kept by a heartbeat, on a thread of its own, until it is
acknowledged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty
from time import time
from typing import Any

import msgspec
from kombu.transport import base, virtual

from pymacaron._version import __version__

from .faults import ERRORS
from .queues import Queues, Taken

TASK = "pymacaron.task"  # the one task that Celery knows
DUE = "pymacaron-due"  # the header that says when a message may be taken first, in seconds since 1970
_REJECTED = 2.0  # seconds until what a worker would not have is there again
_BEATS = 4  # in the time of one lease

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Heartbeat(threading.Thread):
    """Keeps what is taken until it is acknowledged, whatever the other threads are doing. While a broker cannot be
    reached, it remembers what is to be said: tasks that run meanwhile are not handed out again because of that."""

    def __init__(self, queues: Queues) -> None:
        super().__init__(name="leases of tasks", daemon=True)
        self._queues = queues
        self._tags: set[str] = set()
        self._unsaid: dict[str, Callable[[str], object]] = {}
        self._is_down = False
        self._ended = threading.Event()

    def keep(self, tag: str) -> None:
        self._tags.add(tag)

    def end(self, tag: str, say: Callable[[str], object]) -> None:
        """Say what becomes of a message, now or when that is possible again."""
        try:
            say(tag)
        except ERRORS:
            self._unsaid[tag] = say
        else:
            self._tags.discard(tag)

    def run(self) -> None:
        while not self._ended.wait(self._queues.lease / _BEATS):
            self._beat()
        self._queues.close()

    def _beat(self) -> None:
        try:
            for tag, say in list(self._unsaid.items()):
                say(tag)
                self._tags.discard(tag)
                del self._unsaid[tag]
            self._queues.extend(list(self._tags))
        except ERRORS as error:
            if not self._is_down:  # said once
                log.warning("leases of tasks cannot be extended, retrying: %s", type(error).__name__)
            self._is_down = True
        else:
            if self._is_down:
                log.warning("leases of tasks are extended again")
            self._is_down = False

    def stop(self) -> None:
        self._ended.set()


class QoS(virtual.QoS):  # type: ignore[misc]  # it has no types
    """What a channel has taken and not acknowledged."""

    restore_at_shutdown = False  # close() gives it back

    def ack(self, delivery_tag: str) -> None:
        self._end(delivery_tag, self.channel.queues.done)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        queues = self.channel.queues
        self._end(delivery_tag, partial(_later, queues) if requeue else queues.done)

    def _end(self, tag: str, say: Callable[[str], object]) -> None:
        self.channel.heartbeat.end(tag, say)
        self._quick_ack(tag)
        if not self.channel.closed:
            self.channel.connection.look()  # there is room for another one

    def restore_unacked(self) -> list[Any]:
        self._flush()
        for tag in list(self._delivered):
            self._end(tag, self.channel.queues.give_back)
        self._flush()
        return []


def _later(queues: Queues, tag: str) -> None:
    queues.give_back(tag, _REJECTED)


class Channel(virtual.Channel):  # type: ignore[misc]  # it has no types
    QoS = QoS
    do_restore = False
    body_encoding = None  # the serializer writes text

    def __init__(self, connection: Any, **options: Any) -> None:
        super().__init__(connection, **options)
        self.queues: Queues = connection.queues
        self._heartbeat: Heartbeat | None = None

    @property
    def heartbeat(self) -> Heartbeat:
        if self._heartbeat is None:
            self._heartbeat = Heartbeat(self.queues)
            self._heartbeat.start()
        return self._heartbeat

    def _put(self, queue: str, message: dict[str, Any], **_options: Any) -> None:
        due = message["headers"].get(DUE)
        self.queues.put(queue, _encode(message).decode(), 0 if due is None else max(0, due - time()))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        while (taken := self.queues.take(queue)) is not None:
            message = _read(taken)
            if message is not None:
                self.heartbeat.keep(taken.tag)
                return message
            log.error("dropped a message in the queue %s that pymacaron did not write", queue)
            self.queues.done(taken.tag)
        raise Empty

    def _size(self, queue: str) -> int:
        return self.queues.count(queue)

    def _purge(self, queue: str) -> int:
        return self.queues.clear(queue)

    def _delete(self, queue: str, *_rest: Any, **_options: Any) -> None:
        self._purge(queue)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        if self._heartbeat is not None:
            self.qos.restore_unacked()
            self._heartbeat.stop()


def _read(taken: Taken) -> dict[str, Any] | None:
    """A message as kombu wants it; None for what no `_put` has written, which would end every worker that takes it."""
    try:
        message: dict[str, Any] = _decode(taken.body)
        headers, body, properties = message["headers"], message["body"], message["properties"]
        is_of_tasks = headers["task"] == TASK and type(body) is str
        are_numbers = [type(limit) in {int, float} for limit in headers["timelimit"]]
        properties["delivery_tag"] = taken.tag
        properties["delivery_info"]["redelivered"] = taken.times > 1
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return message if is_of_tasks and are_numbers == [True, True] else None


class Transport(virtual.Transport):  # type: ignore[misc]  # it has no types
    Channel = Channel
    driver_type = driver_name = "pymacaron"
    default_connection_params: dict[str, Any] = {}  # noqa: RUF012 - as its parent has it
    connection_errors = (*base.Transport.connection_errors, *ERRORS)
    # "asynchronous": Celery's event loop asks, instead of a thread that waits
    implements = virtual.Transport.implements.extend(asynchronous=True)

    def __init__(self, client: Any, **options: Any) -> None:
        self.queues: Queues = client.transport_options["queues"]()
        self.polling_interval = self.queues.idle
        self._loop: Any = None
        self._looks = self._is_down = False
        super().__init__(client, **options)

    def driver_version(self) -> str:
        return __version__

    def verify_connection(self, _connection: Any) -> bool:
        return True

    def establish_connection(self) -> Any:
        self.queues.count("")  # so that queues which cannot be had are told now
        return super().establish_connection()

    def register_with_event_loop(self, _connection: Any, loop: Any) -> None:
        """Look at the queues every now and then, and whenever a message is acknowledged.

        Celery hands tasks to its processes when an event loop turns, after this: not one turn later.
        """
        self._loop = loop
        loop.call_repeatedly(self.queues.idle, self.look)

    def look(self) -> None:
        """Hand out what there is, as far as it may be taken; for event loops."""
        if self._loop is None or self._looks:
            return
        self._looks = True
        try:
            self._hand_out()
        except ERRORS as error:  # Celery would begin anew, and give back what it works on
            if not self._is_down:
                log.error("tasks cannot be fetched, retrying: %s: %s", type(error).__name__, error)
            self._is_down = True
        else:
            if self._is_down:
                log.warning("tasks are fetched again")
            self._is_down = False
        finally:
            self._looks = False

    def _hand_out(self) -> None:
        for channel in list(self.channels):
            while not channel.closed and channel._consumers and channel.qos.can_consume():
                try:
                    channel._poll(channel.cycle, self._deliver)
                except Empty:
                    break

    def close_connection(self, connection: Any) -> None:
        self._loop = None
        super().close_connection(connection)
        self.queues.close()
