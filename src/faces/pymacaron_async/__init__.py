"""The old import name of asynchronous tasks, which come with a later version."""

from __future__ import annotations

from pymacaron.later import coming

__getattr__ = coming(__name__, "asynctask", "asynchronous tasks")
