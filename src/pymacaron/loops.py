"""Coroutines and asynchronous iterators, run from the threads of a WSGI server. Each thread has one event loop."""

from __future__ import annotations

import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import Context, copy_context
from typing import Any
from weakref import finalize


class _Loop:
    """The event loop that a thread keeps for its calls, and that is closed with the thread."""

    def __init__(self) -> None:
        import asyncio  # 20 ms to import, for the services that have such functions

        self._runner = asyncio.Runner()
        finalize(self, _close, self._runner.get_loop())

    def run(self, coroutine: Any, context: Context) -> Any:
        return self._runner.run(coroutine, context=context)


def _close(loop: Any) -> None:
    if not loop.is_running():
        loop.close()


_thread = threading.local()


def run(coroutine: Any, context: Context | None = None) -> Any:
    """The result of a coroutine, when it is done. It runs in `context`, or in a copy of the caller's context variables,
    Flask's among them."""
    if not hasattr(_thread, "loop"):
        _thread.loop = _Loop()
    return _thread.loop.run(coroutine, copy_context() if context is None else context)


def awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns coroutines as one that returns their results."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return run(result) if inspect.iscoroutine(result) else result

    return call


class Iterated(Iterator[Any]):
    """An asynchronous iterator as a plain one. All of its steps share one copy of the context variables."""

    def __init__(self, source: AsyncIterator[Any]) -> None:
        self._source = source
        self._context = copy_context()

    def __next__(self) -> Any:
        try:
            return run(_next(self._source), self._context)
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Run what the iterator still has to do (`finally`), if it is a generator."""
        function = getattr(self._source, "aclose", None)
        if function is not None:
            run(function(), self._context)


async def _next(source: AsyncIterator[Any]) -> Any:
    return await source.__anext__()
