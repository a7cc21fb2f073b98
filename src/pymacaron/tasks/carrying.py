"""The call that fires a task goes with it: who calls, its ids and path, its trace, its deadline."""

from __future__ import annotations

from time import monotonic, time
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.auth.acting import identity
from pymacaron.calls import NOBODY, Call, Identity, current
from pymacaron.messages import Request


class TaskCall(Call):
    """The call of one task that is being run.

    Args:
        task_id: of the task.
        task: its name, "shop.mails.send_welcome".
        carried: what `carried_call` gave where it was fired.
    """

    is_task = True

    def __init__(self, task_id: str, task: str, carried: JsonObject) -> None:
        super().__init__(carried.get("headers"))
        self.task_id = task_id
        self.task = self.function = task
        self.identity = _identity(carried.get("identity"))
        until = carried.get("until")
        # a deadline that has passed while the task was waiting says nothing of it: nobody takes the task back
        self.deadline = None if until is None or until <= time() else monotonic() + until - time()

    @property
    def step(self) -> str:
        return self.task

    @property
    def request(self) -> Request:
        return Request("", self.task, "", self.headers, b"")


def carried_call() -> JsonObject:
    """What goes along with a task that is fired now."""
    call = current.get()
    who = identity()
    carried: JsonObject = {} if who is NOBODY else {"identity": _told(who)}
    if call is None:
        return carried
    headers = {name.lower(): text for name, text in call.outgoing().items()}
    headers.pop("pymdeadlinems", None)
    carried["headers"] = headers
    if call.deadline is not None:
        carried["until"] = time() + call.deadline - monotonic()
    return carried


def is_task() -> bool:
    """Is a task being run here?"""
    return isinstance(current.get(), TaskCall)


def _told(who: Identity) -> JsonObject:
    return {"user": who.user, "token": who.token, "data": dict(who.data), "scopes": sorted(who.scopes)}


def _identity(told: Any) -> Identity:
    if told is None:
        return NOBODY
    return Identity(told["user"], told["token"], told["data"], frozenset(told["scopes"]))
