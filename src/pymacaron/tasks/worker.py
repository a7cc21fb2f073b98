"""The process that runs tasks: Celery's worker, with what pymacaron adds."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
import threading
import warnings
from typing import Any

import billiard.pool
from celery import Task as CeleryTask
from celery import signals
from celery.exceptions import Reject, SecurityWarning, TimeLimitExceeded

from pymacaron import crash
from pymacaron._types import JsonObject
from pymacaron.config import get_config
from pymacaron.exceptions import ConfigurationError, DeadlineExceededError, Finding, StartError

from . import hurrying
from .brokers import DEFAULT
from .declared import tasks
from .periodic import Clockwork
from .process import WORKER, process
from .running import PutBack, end_with, run_task
from .sending import Sender, sender
from .transport import TASK

log = logging.getLogger(__name__)

_CTRL_C = 130  # as shells have it: 128 and the number of the signal


class _Task(CeleryTask):  # type: ignore[misc]  # it has no types
    """The one task that Celery knows."""

    def on_failure(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """In the worker's main process: the one that ran the task has been ended."""
        if isinstance(exc, TimeLimitExceeded):
            message = args[0]
            limit = message.get("limit") or get_config().async_max_seconds
            late = DeadlineExceededError(f"the task took longer than the {limit:g} s that it may take, and was ended")
            end_with(task_id, message, late, limit)


def load(server: str) -> None:
    """Import a project's server.py, with all its tasks. It opens no port: this process is a worker.

    Raises:
        StartError: there is no such file; what stops the service's start has been printed.
    """
    path = os.path.abspath(server)
    if not os.path.isfile(path) or not path.endswith(".py"):
        cure = "name the file that ends with letsgo(), as in `pymacaron worker path/to/server.py`"
        fact = f"there is no {server}" if not os.path.isfile(path) else f"{server} is not a Python program"
        raise StartError(f"{fact}; {cure}")
    process.role = WORKER
    sys.path.insert(0, os.path.dirname(path))
    importlib.import_module(os.path.splitext(os.path.basename(path))[0])
    if not get_config().with_async:
        place = get_config().config_file or "pym-config.yaml"
        raise ConfigurationError([Finding(place, "with_async", "is off: there are no tasks", "write with_async: true")])


def work(queues: list[str] | None = None, processes: int | None = None) -> int:
    """Run tasks until a signal ends it; the exit code.

    Args:
        queues: by name; None: all that tasks name.
        processes: how many tasks are run at once; None: as the configuration says, else one for each processor.
    """
    with_broker = sender()
    app = with_broker.app
    app.conf.task_queues = [with_broker.queue(name) for name in queues or _queues()]
    app.task(_run, name=TASK, bind=True, base=_Task, typing=False)
    ended_by: list[str] = []
    _listen(with_broker, ended_by)
    # it warns those who are root, as one is in many containers; nothing that comes from a broker is run as code here
    warnings.simplefilter("ignore", SecurityWarning)
    worker = app.Worker(
        hostname=f"pymacaron-{os.getpid()}", pool="prefork", concurrency=processes or get_config().async_processes,
        without_gossip=True, without_mingle=True, without_heartbeat=True, loglevel="WARNING", quiet=True,
        optimization="fair",
    )  # fmt: skip
    # tenths of a second: a process that ends waits for its results to be counted, half a minute if another has died
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = max(1, 10 * get_config().async_drain)
    hurrying.in_worker()
    worker.start()
    return _CTRL_C if "SIGINT" in ended_by else int(worker.exitcode or 0)


def _queues() -> list[str]:
    return list(dict.fromkeys([DEFAULT, *(task.options.queue for task in tasks.values())]))


def _run(self: Any, message: JsonObject) -> None:
    try:
        run_task(self.request.id, message)
    except PutBack as error:
        raise Reject(error, requeue=True) from error


def _listen(with_broker: Sender, ended_by: list[str]) -> None:
    """Do what has to be done at certain moments of Celery's worker. The signals that end it are added to `ended_by`."""
    clockwork = Clockwork()

    def ready(**_: Any) -> None:
        log.info("a worker takes tasks from %s, process %d", ", ".join(_at(with_broker)), os.getpid())
        clockwork.start()

    def shutting_down(sig: str = "", **_: Any) -> None:
        ended_by.append(sig)
        clockwork.stop()
        drain = threading.Timer(get_config().async_drain, os.kill, (os.getpid(), signal.SIGQUIT))
        drain.daemon = True
        drain.start()
        hurrying.wake()

    def ending(exitcode: int = 0, **_: Any) -> None:
        crash.flush()
        hurrying.in_process(exitcode)

    def own_logging(**_: Any) -> None:
        """Celery leaves logging alone if somebody listens here."""

    for at, function in (
        (signals.worker_ready, ready), (signals.worker_shutting_down, shutting_down),
        (signals.worker_process_shutdown, ending), (signals.setup_logging, own_logging),
    ):  # fmt: skip
        at.connect(function, weak=False)


def _at(with_broker: Sender) -> list[str]:
    return [queue.name for queue in with_broker.app.conf.task_queues]
