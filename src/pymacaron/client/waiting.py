"""Calls that are awaited: the same road, in a thread, while the event loop goes on.

A call that is cancelled is given up at once. What was sent is answered in the background, for its deadline at the
most, and thrown away; nothing is tried again.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pymacaron.bodies import close

from .outcomes import Answered
from .streams import Stream

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_MOST = 256  # calls at a time; more wait for one of them to end

# What a call gives that was not begun in time.
NOT_BEGUN = object()


@cache
def _threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # 5 ms to import, for those who await

    return ThreadPoolExecutor(_MOST, "pymacaron calls")


os.register_at_fork(after_in_child=_threads.cache_clear)  # a child has none of them


async def in_thread(
    function: Callable[..., Any], *args: Any, patience: float | None = None, discard: Callable[[Any], None] = close
) -> Any:
    """What a function gives, called in a thread with the caller's context variables.

    Args:
        patience: seconds until it has to be begun, else NOT_BEGUN is given; None: any number.
        discard: gets what it gives when nobody waits for it any more; None if it gives nothing.
    """
    import asyncio  # 20 ms to import, for those who have done so

    future = _threads().submit(copy_context().run, function, *args)
    waiting = asyncio.wrap_future(future)
    try:
        if patience is not None:
            await asyncio.wait({waiting}, timeout=patience)
            if not waiting.done() and future.cancel():
                return NOT_BEGUN
        return await waiting
    except asyncio.CancelledError:
        waiting.cancel()
        future.add_done_callback(lambda done: _discard(done, discard))
        raise


def _discard(done: Future[Any], discard: Callable[[Any], None]) -> None:
    discard(None if done.cancelled() or done.exception() is not None else done.result())


def awaitable(result: Any) -> Any:
    """The result of a call as code gets it that awaits: what comes piece by piece is awaited, too."""
    if isinstance(result, Answered):
        return result._replace(result=awaitable(result.result))
    if isinstance(result, Stream):
        return AsyncStream(result)
    return AsyncItems(result) if hasattr(result, "__next__") else result


def discard_result(result: Any) -> None:
    close(result.result if isinstance(result, Answered) else result)


class _Pulled:
    """What is read in threads, by one at a time."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._is_left = False  # is somebody still at it, whom nobody waits for?

    async def _pull(self, function: Callable[..., Any], *args: Any) -> Any:
        self._is_left = True
        try:
            found = await in_thread(function, *args, discard=lambda _: close(self._source))
        except Exception:
            self._is_left = False
            raise
        self._is_left = False
        return found

    async def aclose(self) -> None:
        """Give up what is left of it."""
        if not self._is_left:  # else that is done in the background, as soon as it can be
            await in_thread(close, self._source)


class AsyncItems(_Pulled):
    """Items that come one after the other, for `async for`."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        item = await self._pull(next, self._source, NOT_BEGUN)
        if item is NOT_BEGUN:
            raise StopAsyncIteration
        return item


class AsyncStream(_Pulled):
    """A Stream whose methods are awaited: `async with`, `await stream.read()`, `async for piece in stream`."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._pieces = iter(stream)
        self.content_type = stream.content_type

    async def read(self, size: int = -1, /) -> bytes:
        """See Stream.read."""
        data: bytes = await self._pull(self._source.read, size)
        return data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece: bytes = await self._pull(next, self._pieces, b"")
        if not piece:
            raise StopAsyncIteration
        return piece

    async def __aenter__(self) -> AsyncStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<Async{repr(self._source)[1:]}"
