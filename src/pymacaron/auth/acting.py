"""Who calls, for the function that asks: whoever the call is of, or the user that this part of it acts as.

Parts of one call may run at the same time, in tasks and threads: what one of them acts as is nothing to the others, nor
to what is logged and reported of the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from pymacaron.calls import NOBODY, Call, Identity, current

_T = TypeVar("_T")


class _Part:
    """A part of a call that acts as a user. It counts in its own call only, wherever its context ends up."""

    __slots__ = ("call", "identity")

    def __init__(self, call: Call, identity: Identity) -> None:
        self.call, self.identity = call, identity


_part: ContextVar[_Part | None] = ContextVar("pymacaron part of a call", default=None)


def identity() -> Identity:
    call, part = current.get(), _part.get()
    if part is not None and part.call is call:
        return part.identity
    return NOBODY if call is None else call.identity


def become(found: Identity) -> None:
    """Let this be who calls from now on; in a part that acts as a user, until its end.

    Raises:
        RuntimeError: there is no call.
    """
    call, part = the_call(), _part.get()
    of = part if part is not None and part.call is call else call
    of.identity = found


def the_call() -> Call:
    """The call that is being answered.

    Raises:
        RuntimeError: there is none.
    """
    call = current.get()
    if call is None:
        raise RuntimeError("there is no call to authenticate: this runs outside of a request to a started API")
    return call


@contextmanager
def as_user(user: Identity) -> Iterator[None]:
    """Act as a user; outside of a call, in a call of one's own."""
    call = current.get()
    if call is None:
        call = Call()
        call.identity = user
        yield from _set(current, call)
    else:
        yield from _set(_part, _Part(call, user))


def _set(variable: ContextVar[_T | None], value: _T) -> Iterator[None]:
    """A generator that stopped within may be closed in another context, whose values are its own."""
    before = variable.get()
    variable.set(value)
    try:
        yield
    finally:
        if variable.get() is value:
            variable.set(before)
