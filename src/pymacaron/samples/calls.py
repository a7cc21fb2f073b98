"""Calls made from operations: arguments as functions get them."""

from __future__ import annotations

import io
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

from pymacaron._types import Json
from pymacaron.bodies import JSON, TEXT, BodyStream, Upload, kind_of
from pymacaron.forms import FieldFault
from pymacaron.inputs import Inputs
from pymacaron.messages import ABSENT, Arguments
from pymacaron.operations import PATH, Operation, Parameter
from pymacaron.parameters import TextFault
from pymacaron.schemas import REQUEST
from pymacaron.structs import finish
from pymacaron.wire.requests import BodyReader, name_of

from .texts import word
from .valid import NoSample, sample, sample_of

_TRIES = 20  # for a value that a parameter's text can carry
_OFTEN = 0.6  # how often what need not be sent is


def arguments(operation: Operation, random: Random) -> Arguments:
    """What the function of `operation` might be called with: the body and the parameters as it gets them, files as
    uploads, defaults filled in.

    Raises:
        NoSample: something that is required was not found.
    """
    return calls_of(operation).arguments(random)


def calls_of(operation: Operation) -> Calls:
    """The maker of an operation's calls, kept with the operation."""
    found: Calls | None = operation.compiled.get("samples")
    if found is None:
        found = operation.compiled["samples"] = Calls(operation)
    return found


class Drawn(NamedTuple):
    """The parameters of a call: as JSON values, which are what is sent, and as the function gets them."""

    sent: dict[str, Json]
    passed: dict[str, Any]


class Calls:
    """Makes the calls of one operation.

    Attributes:
        inputs: its parameters. `body`: the representation of its body that is sent, None if it has none.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.inputs = Inputs(operation)
        self._files = [parameter for parameter in operation.parameters if parameter.is_file]
        content = next(iter(operation.contents), None)
        media = name_of(content) if content is not None else ""
        self.body = BodyReader(operation, content, JSON if "*" in media else kind_of(media)) if content else None

    def arguments(self, random: Random) -> Arguments:
        """The body and the parameters, as the function gets them.

        Raises:
            NoSample: something that is required was not found.
        """
        return Arguments(self.some_body(random), self.parameters(random).passed)

    # Parameters

    def parameters(self, random: Random) -> Drawn:
        """The parameters.

        Raises:
            NoSample: one that is required was not found.
        """
        drawn = Drawn({}, {})
        for parameter in self.inputs.parameters:
            value = ABSENT
            if parameter.required or random.random() < _OFTEN:
                value = self._parameter(parameter, random)
            if value is not ABSENT:
                drawn.sent[parameter.argument] = value
            elif parameter.default is not ABSENT:
                value = deepcopy(parameter.default)
            if value is not ABSENT:
                drawn.passed[parameter.argument] = self.inputs.shapes[parameter.argument].convert(value)
        for parameter in self._files:
            if parameter.required or random.random() < _OFTEN:
                many = parameter.schema.value.get("type") == "array"
                drawn.passed[parameter.argument] = _uploads(parameter.name, random, many)
        return drawn

    def _parameter(self, parameter: Parameter, random: Random) -> Json:
        """A value that text can carry; ABSENT if it is found hard and need not be there."""
        codec = self.inputs.codecs[parameter.argument]
        try:
            for _ in range(_TRIES):
                value = sample(parameter.schema, REQUEST, random)
                try:
                    text = codec.write(value)
                except TextFault:
                    continue
                if text and (parameter.location != PATH or _is_segment(text)):
                    return value
            raise NoSample(f"no text can carry a value of the parameter {parameter.name}")
        except NoSample:
            if parameter.required:
                raise
            return ABSENT

    # Bodies

    def some_body(self, random: Random) -> Any:
        """The body, ABSENT where it need not be there.

        Raises:
            NoSample: it is required and was not found.
        """
        body = self.body
        if body is None or self.operation.has_form_fields:
            return ABSENT
        if not self.operation.body_required and random.random() > _OFTEN:
            return ABSENT
        try:
            return self._represented(body, random)
        except NoSample:
            if self.operation.body_required:
                raise
            return ABSENT

    def _represented(self, body: BodyReader, random: Random) -> Any:
        schema = body.content.schema
        if body.form is not None:
            return self._form(body, random)
        if body.kind == JSON:
            if schema is None or body.shape is None:
                return {word(random): random.randint(1, 100)}
            return _converted(body, sample(schema, REQUEST, random))
        if body.kind == TEXT:
            return word(random) if schema is None else _text_of(sample(schema, REQUEST, random))
        return BodyStream(io.BytesIO(word(random).encode()), name_of(body.content))

    def _form(self, body: BodyReader, random: Random) -> Any:
        """The object of a form's fields, with files in the place of whatever the schema says of them."""
        form = body.form
        assert form is not None
        for _ in range(_TRIES):
            values = sample_of(form.checker, random) if form.checker is not None else {word(random): word(random)}
            if not isinstance(values, dict):
                continue
            for name in form.files & values.keys():
                values[name] = _uploads(name, random, isinstance(values[name], list))
            try:
                form.write(values)
            except FieldFault:
                continue
            return _converted(body, values)
        raise NoSample("no form can carry what the schema allows")


def _is_segment(text: str) -> bool:
    """Does a text arrive as it is in a path? Dots are steps, and servers decode an escaped slash."""
    return "%2F" not in text and bool(set(text) - {"."})


def _converted(body: BodyReader, value: Json) -> Any:
    assert body.shape is not None
    made = body.shape.convert(value)
    if body.shape.must_finish():
        finish(made)
    return made


def _text_of(value: Json) -> str:
    if isinstance(value, str):
        return value
    raise NoSample("a body of text can only be a string")


def _uploads(name: str, random: Random, many: bool) -> Any:
    made = [_upload(name, random) for _ in range(random.randint(1, 2) if many else 1)]
    return made if many else made[0]


def _upload(name: str, random: Random) -> Upload:
    return Upload(io.BytesIO(word(random).encode()), f"{word(random)}.txt", "text/plain", name)
