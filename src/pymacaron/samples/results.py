"""Results made from operations: what their functions may return."""

from __future__ import annotations

from random import Random
from typing import Any

from pymacaron.operations import Answer, Operation
from pymacaron.schemas import RESPONSE

from .contents import Contents, representation_of
from .valid import NoSample

_EMPTY = (204, 205, 304)  # statuses without a body (RFC 9110 section 15)


def result(operation: Operation, random: Random) -> tuple[int, Any]:
    """A status that the operation declares, and a value that it may answer with.

    Raises:
        NoSample: no value was found.
    """
    answers = [answer for answer in operation.answers.values() if answer.key[:1] in "2345d"]
    if operation.answers and not answers:
        raise NoSample("no final answer is declared")
    if not answers:
        return operation.success_status, None
    answer = random.choice(answers)
    status = _status(answer, operation, random)
    if not answer.contents or status in _EMPTY:
        return status, None
    representation = representation_of(operation, answer.contents[0], RESPONSE, answer.key)
    return status, Contents(operation, representation, RESPONSE).value(random)


def _status(answer: Answer, operation: Operation, random: Random) -> int:
    if answer.key.isdecimal():
        return int(answer.key)
    if answer.key == "default":
        free = [status for status in (200, 400, 404, 500) if operation.answer(status) is answer]
        return random.choice(free or [599])
    free = [int(answer.key[0]) * 100 + number for number in range(10)]
    return next(status for status in free if operation.answer(status) is answer)
