"""`pymacaron run`: a service for its programmer, or for everybody.

targets.py      which service: server.py, or a module and its application
machine.py      how many cores and how much memory there are for us
plan.py         how a service is to be served: what options and settings say together
listening.py    the socket, which survives the processes that serve it
supervising.py  the process that starts workers, replaces and ends them (granian)
children.py     a worker as the supervising process sees it
serving.py      a worker from inside (granian)
calls.py        requests as granian hands them over, called as WSGI
slow.py         callers who do not send what they have announced (granian)
arbiter.py      the same service by gunicorn, which has a supervising process of its own
rolling.py      how that one replaces workers: each when its successor serves
lent.py         a body is read until its request has been answered, no longer
leaving.py      connections of gunicorn's that are over
developing.py   a server that starts again when a file changes
"""

from __future__ import annotations

from .plan import Plan, Wishes, plan_of, port_of
from .production import serve
from .targets import Target, target_of

__all__ = ["Plan", "Target", "Wishes", "plan_of", "port_of", "serve", "target_of"]
