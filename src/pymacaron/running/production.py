"""A service for everybody: workers that are supervised, and the worker of its tasks beside them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from pymacaron.config import get_config
from pymacaron.exceptions import StartError
from pymacaron.logs import set_up
from pymacaron.metrics.sharing import share

from .listening import listen, look
from .plan import GUNICORN, Plan
from .supervising import Supervisor
from .targets import Target

log = logging.getLogger(__name__)


def serve(plan: Plan, target: Target, *, with_tasks: bool) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    Args:
        with_tasks: let a worker for the tasks of the service run beside it.

    Raises:
        StartError: nobody can listen there.
    """
    set_up(get_config().log_format)
    if get_config().metrics:
        share()
        _look_at_metrics(plan)
    ours = os.getpid()  # gunicorn's workers come by here as well
    listener = None if plan.server == GUNICORN else listen(plan)
    if listener is not None and not plan.unix_socket:
        plan = plan._replace(port=listener.getsockname()[1])  # for 0 the system has chosen one
    stop = _tasks(target) if with_tasks else _nothing
    try:
        if listener is None:
            from .arbiter import serve as by_gunicorn  # with gunicorn, an extra

            return by_gunicorn(plan, target, when_ending=stop)
        return Supervisor(plan, target, listener, when_ending=stop).run()
    finally:
        if os.getpid() == ours:
            stop().join()


def _look_at_metrics(plan: Plan) -> None:
    """Tell if the port for metrics is taken. Workers, of which one gets it, cannot know by whom."""
    config = get_config()
    if config.metrics_port is not None:
        try:
            look(plan._replace(host=config.metrics_host, port=config.metrics_port, unix_socket=None))
        except StartError:
            fact = "metrics_port: %s:%d cannot be listened on just now: is it another program's? It is tried again"
            log.warning(fact, config.metrics_host, config.metrics_port)


def _tasks(target: Target) -> Callable[[], threading.Thread]:
    """Start a worker for tasks; what ends it, on a thread of its own, once."""
    from pymacaron.tasks.supervising import Supervisor as Tasks  # with Celery, an extra

    tasks = Tasks(target.file)
    tasks.start()
    ending = threading.Thread(target=tasks.stop, name="end of the tasks")

    def stop() -> threading.Thread:
        if not ending.ident:
            ending.start()
        return ending

    return stop


def _nothing() -> threading.Thread:
    done = threading.Thread(target=int)
    done.start()
    return done
