"""Results made from operations: what their functions may return."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from pymacaron._types import Json
from pymacaron.headers import Headers
from pymacaron.messages import ABSENT
from pymacaron.operations import Answer, Header, Operation
from pymacaron.parameters import TextFault
from pymacaron.schemas import RESPONSE, Schemas

from .contents import Contents, representation_of
from .demands import same
from .valid import NoSample, sample

_TRIES = 20  # for what a text can carry
_OFTEN = 0.5  # how often a header is there that need not be
# Headers that tell of the body: whoever writes that, writes them.
_OF_THE_BODY = frozenset(("content-encoding", "content-length", "content-range", "content-type", "transfer-encoding"))
_EMPTY = ("204", "205", "304")  # statuses without a body (RFC 9110 section 15)


class Result(NamedTuple):
    """What a function may answer: `headers` by name, as JSON values."""

    status: int
    value: Any
    headers: dict[str, Json]


def result(operation: Operation, random: Random, classes: str = "2345d") -> Result:
    """A status that the operation declares, with a value and headers that it may answer with.

    Args:
        classes: the first digits of what it may be; "d" is the default answer, which may have any status.

    Raises:
        NoSample: no value was found.
    """
    answers = [answer for answer in operation.answers.values() if answer.key[:1] in classes]
    if operation.answers and not answers:
        raise NoSample("no final answer is declared")
    if not answers:
        return Result(operation.success_status, None, {})
    reason = NoSample("")
    for answer in random.sample(answers, len(answers)):
        try:
            headers = headers_of(answer, operation.shapes.schemas, random)
            return Result(status_of(answer, operation, random), _answered(operation, answer, random), headers)
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


def headers_of(answer: Answer, schemas: Schemas, random: Random) -> dict[str, Json]:
    """The headers that have to be there, and some of the others.

    Raises:
        NoSample: one that has to be there has no value that text can carry.
    """
    found: dict[str, Json] = {}
    for header in answer.headers:
        if header.name.lower() in _OF_THE_BODY or not (header.required or random.random() < _OFTEN):
            continue
        try:
            found[header.name] = _header(Headers([header], schemas), header, random)
        except NoSample:
            if header.required:
                raise
    return found


def _header(headers: Headers, header: Header, random: Random) -> Json:
    """A value of a header, one that text can carry."""
    for _ in range(_TRIES):
        value = sample(header.schema, RESPONSE, random)
        try:
            carried = headers.read(headers.write({header.name: value})).get(header.name, ABSENT)
        except (ValueError, TextFault):
            continue
        if same(carried, value):
            return value
    raise NoSample(f"no text can carry a value of the header {header.name}")


def status_of(answer: Answer, operation: Operation, random: Random) -> int:
    """A status that a declared response is for."""
    if answer.key.isdecimal():
        return int(answer.key)
    if answer.key == "default":
        free = [status for status in (200, 400, 404, 500) if operation.answer(status) is answer]
        return random.choice(free or [599])
    free = [int(answer.key[0]) * 100 + number for number in range(10)]
    return next(status for status in free if operation.answer(status) is answer)
