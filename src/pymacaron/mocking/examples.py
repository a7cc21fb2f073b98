"""The examples of a document: what its author says an answer looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron._types import Json
from pymacaron.documents import DocumentFault, Node
from pymacaron.operations import Answer, Content
from pymacaron.schemas import RESPONSE, Schema


def example_of(answer: Answer, content: Content, name: str | None) -> tuple[bool, Json]:
    """Whether there is an example that the schema allows, and it. With a name, only the one of that name counts."""
    for called, value in _of_answer(answer, content):
        if name in {None, called} and (content.schema is None or content.schema.checker(RESPONSE).is_valid(value)):
            return True, value
    return False, None


def _of_answer(answer: Answer, content: Content) -> Iterator[tuple[str | None, Json]]:
    """All examples of a representation with their names, its own before those of its schema."""
    if content.node != answer.node:
        yield from examples_of(content)
        return
    listed = content.node.value.get("examples")
    if isinstance(listed, dict) and content.media_type in listed:  # Swagger 2.0
        yield None, listed[content.media_type]
    yield from _of_schema(content)


def examples_of(content: Content) -> Iterator[tuple[str | None, Json]]:
    """Likewise, of what stands in a Media Type Object (OpenAPI 3.x)."""
    named = content.node.get("examples")
    for name, node in named.items() if named is not None else ():
        yield from ((name, one) for one in _values(node))
    if "example" in content.node.value:
        yield None, content.node.value["example"]
    yield from _of_schema(content)


def _of_schema(content: Content) -> Iterator[tuple[str | None, Json]]:
    if content.schema is not None:
        yield from ((None, one) for one in examples_of_schema(content.schema))


def _values(node: Node) -> Iterator[Json]:
    """The value of an Example Object; one at another address is not fetched."""
    try:
        value = node.follow().value
    except DocumentFault:
        return
    if isinstance(value, dict) and "value" in value:
        yield value["value"]
    elif isinstance(value, dict) and "dataValue" in value:  # OpenAPI 3.2
        yield value["dataValue"]


def examples_of_schema(schema: Schema) -> Iterator[Json]:
    """The examples that a schema has itself."""
    said = schema.value
    yield from said["examples"] if isinstance(said.get("examples"), list) else ()
    if "example" in said:
        yield said["example"]
    if "default" in said:
        yield said["default"]


def with_examples(schema: Schema | None, value: Json, view: str = RESPONSE) -> Json:
    """An object with the examples of its properties in it, as far as it stays valid in a view."""
    if schema is None or not isinstance(value, dict):
        return value
    properties = schema.node.get("properties")
    for name, node in properties.items() if properties is not None else ():
        for example in _first_example(schema, node):
            changed: dict[str, Any] = {**value, name: example}
            if name in value and schema.checker(view).is_valid(changed):
                value = changed
    return value


def _first_example(schema: Schema, node: Node) -> Iterator[Json]:
    try:
        found = next(examples_of_schema(schema.schemas.at(node)), None)
    except DocumentFault:
        return
    if found is not None:
        yield found
