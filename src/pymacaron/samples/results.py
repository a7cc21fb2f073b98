"""Results made from operations: what their functions may return."""

from __future__ import annotations

from random import Random
from typing import Any

from pymacaron.operations import Answer, Operation
from pymacaron.schemas import RESPONSE

from .contents import Contents, representation_of
from .valid import NoSample

_EMPTY = ("204", "205", "304")  # statuses without a body (RFC 9110 section 15)


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
    reason = NoSample("")
    for answer in random.sample(answers, len(answers)):
        try:
            return _status(answer, operation, random), _answered(operation, answer, random)
        except NoSample as error:
            reason = error
    raise reason


def _answered(operation: Operation, answer: Answer, random: Random) -> Any:
    """A value of an answer: of the first representation that has one."""
    reason = NoSample("")
    for content in () if answer.key in _EMPTY else answer.contents:
        representation = representation_of(operation, content, RESPONSE, answer.key)
        try:
            return Contents(operation, representation, RESPONSE).value(random)
        except NoSample as error:
            reason = error
    if reason.args[0]:
        raise reason
    return None


def _status(answer: Answer, operation: Operation, random: Random) -> int:
    if answer.key.isdecimal():
        return int(answer.key)
    if answer.key == "default":
        free = [status for status in (200, 400, 404, 500) if operation.answer(status) is answer]
        return random.choice(free or [599])
    free = [int(answer.key[0]) * 100 + number for number in range(10)]
    return next(status for status in free if operation.answer(status) is answer)
