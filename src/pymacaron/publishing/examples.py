"""Examples of what callers send: those of the document, else made from its schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from pymacaron._types import Json
from pymacaron.bodies import JSON, TEXT
from pymacaron.documents import Node
from pymacaron.mocking.examples import example_of, examples_of, with_examples
from pymacaron.operations import Answer, Content, Operation
from pymacaron.samples import NoSample
from pymacaron.samples.contents import Contents, representation_of
from pymacaron.schemas import REQUEST

from .words import followed

_LONGEST = 20_000  # characters of an example that is shown
_SEED = 1  # of the random numbers: the same document gives the same page


def of_request(operation: Operation, content: Content) -> str:
    """A body as it is sent, laid out for people; "" if there is no example and none can be made."""
    kind = representation_of(operation, content, REQUEST).kind
    for _, value in examples_of(content):
        if content.schema is None or content.schema.checker(REQUEST).is_valid(value):
            return value if isinstance(value, str) and kind != JSON else _laid_out(value)
    return _made(operation, content) if kind in {JSON, TEXT} else ""


def _made(operation: Operation, content: Content) -> str:
    body = representation_of(operation, content, REQUEST)
    random = Random(_SEED)  # noqa: S311 - no secret
    try:
        written = body.write(Contents(operation, body, REQUEST).value(random), body.media)
    except NoSample:
        return ""
    if not isinstance(written, bytes):
        return ""
    if body.kind != JSON:
        return written.decode("utf-8", "replace")
    return _laid_out(with_examples(content.schema, json.loads(written), REQUEST))


def _laid_out(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def of_answer(answer: Answer, content: Content) -> str:
    """The document's example of an answer, laid out for people; "" if there is none, or it is too long to be read."""
    found, value = example_of(answer, content, None)
    text = (value if isinstance(value, str) else _laid_out(value)) if found else ""
    return text if len(text) <= _LONGEST else ""


def of_field(*nodes: Node) -> Json:
    """The first example, or default, that some places give; None if there is none."""
    return next((value for node in nodes for value in _of(node)), None)


def _of(node: Node) -> Iterator[Json]:
    found = followed(node)
    for place in (node, found):
        value = place.value if place is not None and isinstance(place.value, dict) else {}
        if "example" in value:
            yield value["example"]
        examples = value.get("examples")
        if isinstance(examples, list):
            yield from examples
        elif isinstance(examples, dict):
            yield from (one["value"] for one in examples.values() if isinstance(one, dict) and "value" in one)
        if "default" in value:
            yield value["default"]
