"""Results made from operations: what their functions may return."""

from __future__ import annotations

from random import Random
from typing import Any

from pymacaron.bodies import JSON, TEXT, kind_of
from pymacaron.negotiation import name_of
from pymacaron.operations import Answer, Content, Operation
from pymacaron.schemas import RESPONSE

from .calls import converted
from .texts import word
from .valid import NoSample, sample

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
    return status, _answered(operation, answer, answer.contents[0], status, random)


def _status(answer: Answer, operation: Operation, random: Random) -> int:
    if answer.key.isdecimal():
        return int(answer.key)
    if answer.key == "default":
        free = [status for status in (200, 400, 404, 500) if operation.answer(status) is answer]
        return random.choice(free or [599])
    free = [int(answer.key[0]) * 100 + number for number in range(10)]
    return next(status for status in free if operation.answer(status) is answer)


def _answered(operation: Operation, answer: Answer, content: Content, status: int, random: Random) -> Any:
    media = name_of(content)
    kind = JSON if "*" in media and content.schema is not None else kind_of(media)
    if kind == TEXT:
        text = sample(content.schema, RESPONSE, random) if content.schema is not None else None
        return text if isinstance(text, str) else word(random)
    if kind != JSON:
        return word(random).encode()
    if content.schema is None:
        return {word(random): random.randint(1, 100)}
    stem = "".join(part.capitalize() for part in operation.name.split("_"))
    name = f"{stem}Response" if status == operation.success_status else f"{stem}Response{answer.key}"
    shape = operation.shapes.of(content.schema, name)
    return converted(shape, content.schema.checker(RESPONSE), random, finished=False)
