"""The call that fires a task goes with it: who calls, its ids and path, its trace, its deadline."""

from __future__ import annotations

from time import monotonic, time
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.auth.acting import identity
from pymacaron.calls import NOBODY, Call, Identity, current
from pymacaron.exceptions import DeadlineExceededError
from pymacaron.messages import Request


class TaskCall(Call):
    """The call of one task that is being run.

    Args:
        task_id: of the task.
        task: its name, "shop.mails.send_welcome".
        carried: what `carried_call` gave where it was fired.
        seconds: that the task itself says it may take, from now; None: it says nothing.
    """

    is_task = True

    def __init__(self, task_id: str, task: str, carried: JsonObject, seconds: float | None = None) -> None:
        super().__init__(carried.get("headers"))
        self.task_id = task_id
        self.task = self.function = task
        self.identity = _identity(carried.get("identity"))
        self.deadline = _left(carried.get("until")) if seconds is None else monotonic() + seconds

    @property
    def step(self) -> str:
        return self.task

    @property
    def request(self) -> Request:
        return Request("", self.task, "", self.headers, b"")


def carried_call(name: str, *, is_answered: bool = False) -> JsonObject:
    """What goes along with a task that is fired now.

    Args:
        name: of the task.
        is_answered: has the caller his answer, as soon as it is queued? Then his deadline says nothing of it.

    Raises:
        DeadlineExceededError: the time for the answer of the request has passed: nothing is begun any more.
    """
    call = current.get()
    if call is not None and call.deadline is not None and not call.is_task and not call.left_ms():
        raise DeadlineExceededError(f"The time for an answer has passed: {name} was not queued")
    who = identity()
    carried: JsonObject = {} if who is NOBODY else {"identity": _told(who)}
    if call is None:
        return carried
    headers = {name.lower(): text for name, text in call.outgoing().items()}
    headers.pop("pymdeadlinems", None)
    carried["headers"] = headers
    if call.deadline is not None and not is_answered:
        carried["until"] = time() + call.deadline - monotonic()
    return carried


def _left(until: float | None) -> float | None:
    """A deadline that came along, by time.monotonic(). One that has passed while the task was waiting says nothing of
    it: nobody takes the task back."""
    return None if until is None or until <= time() else monotonic() + until - time()


def is_task() -> bool:
    """Is a task being run here?"""
    return isinstance(current.get(), TaskCall)


def _told(who: Identity) -> JsonObject:
    return {"user": who.user, "token": who.token, "data": dict(who.data), "scopes": sorted(who.scopes)}


def _identity(told: Any) -> Identity:
    if told is None:
        return NOBODY
    return Identity(told["user"], told["token"], told["data"], frozenset(told["scopes"]))
