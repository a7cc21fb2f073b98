"""Tasks on their way to a worker: Celery's messages, written and handed to the broker.

There is one Celery task, named after pymacaron; which function it is to run stands in the message. So a worker that
does not know a function yet can put its task back, instead of dropping it as Celery would.
"""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from time import time
from typing import Any

import msgspec
from celery import Celery
from kombu import Exchange, Queue, serialization
from kombu.transport import TRANSPORT_ALIASES

from pymacaron._types import JsonObject
from pymacaron.config import get_config
from pymacaron.exceptions import QueueUnavailableError, TaskValueError

from .brokers import DEFAULT, Broker, broker_of
from .faults import ERRORS
from .transport import DUE, TASK

_GRACE = 10  # seconds between asking a task to end and ending its process
_HIDDEN = "(…)"  # arguments are nobody's business who looks at a broker or at a log

# Whoever fires a task waits for it: a broker that is away is not waited for. Workers do, by a limit of their own.
_AT_ONCE = {"max_retries": 0}

TRANSPORT_ALIASES["pymacaron"] = "pymacaron.tasks.transport:Transport"
serialization.register(
    "pymacaron", lambda value: msgspec.json.encode(value).decode(), msgspec.json.decode,
    content_type="application/x-pymacaron-task", content_encoding="utf-8",
)  # fmt: skip


def celery_app(broker: Broker) -> Any:
    """Celery, as it is set up for a broker."""
    app = Celery("pymacaron", broker=broker.url, set_as_current=False)
    app.conf.update(
        broker_transport_options=_AT_ONCE | dict(broker.options),
        broker_connection_timeout=3,
        broker_connection_retry_on_startup=True, broker_connection_max_retries=None,  # a worker waits
        task_serializer="pymacaron", accept_content=["pymacaron"],  # never pickle
        task_ignore_result=True, result_backend=None,  # how a task stands is kept in records
        task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1,
        task_publish_retry=False,  # what was sent twice would be done twice
        task_create_missing_queues=True, task_default_queue=broker.queue(DEFAULT),
        worker_enable_remote_control=False, worker_hijack_root_logger=False, worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False, enable_utc=True, timezone="UTC",
        worker_send_task_events=False, task_send_sent_event=False, worker_detect_quorum_queues=False,
    )  # fmt: skip
    return app


class Sender:
    """Sends tasks to a broker.

    Args:
        app: of `celery_app`.
    """

    def __init__(self, broker: Broker, app: Any) -> None:
        self.broker = broker
        self.app = app
        self._queues: dict[str, Any] = {}

    def queue(self, name: str) -> Any:
        """A queue, by its name in this service."""
        found = self._queues.get(name)
        if found is None:
            at_broker = self.broker.queue(name)
            found = self._queues[name] = Queue(at_broker, Exchange(""), routing_key=at_broker)
        return found

    def send(self, task_id: str, message: JsonObject, *, queue: str, due: float | None, seconds: float) -> None:
        """Queue a task.

        Args:
            message: what the worker is told of it; it gets `due` where that is given.
            due: when it may run first, in seconds since 1970; None: now.
            seconds: that it may run for.

        Raises:
            QueueUnavailableError: the broker did not confirm that it has it.
            TaskValueError: it is more than the broker takes.
        """
        headers: JsonObject = {"pymacaron": 1}
        eta = None
        if due is not None:
            message["due"] = due
            if not self.broker.hold:
                headers[DUE] = due
            else:
                eta = datetime.fromtimestamp(min(due, time() + self.broker.hold), UTC)
        amqp = self.app.amqp
        made = amqp.create_task_message(
            task_id, TASK, (message,), {}, eta=eta, shadow=message["task"], argsrepr=_HIDDEN, kwargsrepr="",
            soft_time_limit=seconds, time_limit=seconds + _GRACE, ignore_result=True,
        )  # fmt: skip
        try:
            with self.app.producer_pool.acquire(block=True, timeout=10) as producer:
                amqp.send_task_message(producer, TASK, made, queue=self.queue(queue), headers=headers, retry=False)
        except TaskValueError as error:  # there is a broker, and it does not take that much
            raise TaskValueError(f"{message['task']}: {error}") from None
        except ERRORS as error:
            fact = f"the task queue cannot be reached, or did not confirm {message['task']}"
            raise QueueUnavailableError(f"{fact}: {_said(error)}").caught(error) from error

    def check(self) -> None:
        """Ask the broker for a connection.

        Raises:
            QueueUnavailableError: it cannot be reached.
        """
        try:
            with self.app.connection_for_write() as connection:
                connection.default_channel  # noqa: B018 - connects, and opens it
        except ERRORS as error:
            fact = f"the task broker cannot be reached: {_said(error)}"
            raise QueueUnavailableError(fact).caught(error) from error


def _said(error: Exception) -> str:
    """What the client of a broker says, on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


_lock = threading.Lock()
_sender: Sender | None = None


def sender() -> Sender:
    """What sends tasks in this process, as its configuration says."""
    return _sender or _first_sender()


def _first_sender() -> Sender:
    global _sender  # noqa: PLW0603 - one for the process
    with _lock:
        if _sender is None:
            broker = broker_of(get_config())
            _sender = Sender(broker, celery_app(broker))
        return _sender


def forget() -> None:
    """Let the next task make connections of its own: after a fork, and when the configuration changes."""
    global _sender, _lock
    _sender, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=forget)
