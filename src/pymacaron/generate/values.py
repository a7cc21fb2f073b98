"""What the parameters, bodies and results of an operation are in Python."""

from __future__ import annotations

from collections.abc import Iterable

from pymacaron.bodies import BINARY, FORM, JSON, TEXT, kind_of, parse_media_type
from pymacaron.operations import Answer, Content, Operation, Parameter

from .annotations import Annotations, Catalogue
from .text import ANY, NONE, union


class Values:
    """The annotations of an operation's values, for one who reads them or for one who gives them.

    Args:
        given: for one who gives them.
    """

    def __init__(self, catalogue: Catalogue, operation: Operation, *, given: bool) -> None:
        self._operation, self._given = operation, given
        self._annotations = Annotations(catalogue, operation.shapes.schemas, given=given, dicts=given)

    def parameter(self, parameter: Parameter) -> str:
        if parameter.is_file:
            is_list = parameter.schema.value.get("type") == "array"
            return ANY if self._given else "‹list›[‹Upload›]" if is_list else "‹Upload›"
        shape = self._operation.shapes.of(parameter.schema, self._operation.argument_model_name(parameter))
        return self._annotations.of(shape, parameter.schema.node)

    def body(self) -> str:
        operation = self._operation
        return union(self._content(content, operation.model_name()) for content in operation.contents)

    def answers(self, answers: Iterable[Answer]) -> str:
        """The bodies of some answers; None for one without a body."""
        return union(self._answer(answer) for answer in answers)

    def _answer(self, answer: Answer) -> str:
        if not answer.contents or self._operation.method == "HEAD":
            return NONE
        return union(
            self._content(one, self._operation.model_name(answer.key), is_result=True) for one in answer.contents
        )

    def _content(self, content: Content, name: str, *, is_result: bool = False) -> str:
        if "*" in content.media_type or content.item_schema is not None:
            return ANY
        kind = kind_of(parse_media_type(content.media_type).name)
        if kind == JSON or (kind == FORM and not is_result):
            if content.schema is None:
                return ANY
            return self._annotations.of(self._operation.shapes.of(content.schema, name), content.schema.node)
        if kind == TEXT and content.schema is None and is_result == (not self._given):
            return "‹str›"
        return "‹BodyStream›" if kind == BINARY and not is_result and not self._given else ANY


def successes(operation: Operation) -> list[Answer]:
    """The answers of calls that go well."""
    return [operation.answers[key] for key in operation.answers if key.startswith("2")]


def failures(operation: Operation) -> list[Answer]:
    """The answers of calls that go wrong."""
    return [operation.answers[key] for key in operation.answers if key[0] in "45d"]


def summary(operation: Operation) -> str:
    """A line of documentation."""
    said = operation.node.value.get("summary")
    line = " ".join(str(said).split()) if isinstance(said, str) else ""
    text = f"{operation.title}{': ' if line else ''}{line}"[:110]
    return text.replace("\\", "/").replace('"', "'")
