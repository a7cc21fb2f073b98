"""Tasks: functions that a worker runs, with the call that fired them.

    declared.py     `@asynctask`, and what it makes of a function
    travelling.py   values ⇄ JSON values with envelopes
    carrying.py     the call goes along
    handles.py      what one has of a task that was fired
    standing.py     how a task stands; records/ is where that is kept
    brokers.py      where tasks wait, and what each kind of broker needs
    delivering.py   the door through which they leave; here.py runs them where they are fired, for tests
    sending.py      messages to the broker, by Celery
    queues/         brokers of our own: messages with leases; transport.py is kombu's side of them
    running.py      a task is run
    periodic.py     tasks that nobody has to fire
    worker.py       the process that runs tasks; supervising.py starts one beside a server
    hurrying.py     one that has nothing to do ends at once when it is asked to

Celery is imported when the first task is fired or run, and not before.
"""

from __future__ import annotations

from .beginning import is_ready
from .carrying import is_task
from .declared import Task, asynctask
from .handles import Handle
from .here import run_here

__all__ = ["Handle", "Task", "asynctask", "is_ready", "is_task", "run_here"]
