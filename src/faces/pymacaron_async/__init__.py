"""The old import name of asynchronous tasks."""

from __future__ import annotations

from pymacaron.tasks import asynctask

__all__ = ["asynctask"]
