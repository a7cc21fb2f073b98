"""Calls made from operations: arguments as functions get them."""

from __future__ import annotations

import io
from copy import deepcopy
from functools import cached_property
from itertools import combinations
from random import Random
from typing import Any, NamedTuple
from urllib.parse import unquote

from pymacaron._types import Json
from pymacaron.bodies import JSON, TEXT, BodyStream, Upload
from pymacaron.inputs import Inputs, plain, text_type
from pymacaron.messages import ABSENT, Arguments
from pymacaron.negotiation import declared
from pymacaron.operations import COOKIE, FORM, PATH, QUERY, QUERYSTRING, Operation, Parameter
from pymacaron.parameters import TextFault, TextType, parse_cookies, parse_query
from pymacaron.representations import Representation, concrete, represent
from pymacaron.schemas import REQUEST, Checker
from pymacaron.shapes import Shape
from pymacaron.structs import finish

from .demands import same
from .texts import word
from .valid import NoSample, sample, sample_of

_TRIES = 20  # for a value that a parameter's text can carry
_CONVERSIONS = 3  # for one that survives
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
        self.body: Representation | None = None
        if content is not None:
            self.body = represent(operation, content, REQUEST, concrete(declared(content), {}))

    def arguments(self, random: Random) -> Arguments:
        """The body and the parameters, as the function gets them.

        Raises:
            NoSample: something that is required was not found.
        """
        return Arguments(self.some_body(random), self.parameters(random).passed)

    # Parameters

    @cached_property
    def entangled(self) -> set[str]:
        """The parameters that take keys which another one takes too: objects whose properties are keys of their own may
        do that, and then nobody knows whose they are."""
        schemas, found = self.operation.shapes.schemas, set[str]()
        names = {p.argument: [p.name, *text_type(schemas, p.schema.node).properties] for p in self.inputs.parameters}
        for one, other in combinations(self.inputs.parameters, 2):
            if one.location == other.location:
                claims = [self.inputs.codecs[p.argument].claims for p in (one, other)]
                keys = (*names[one.argument], *names[other.argument])
                if any(all(claim(key) for claim in claims) for key in keys):
                    found |= {one.argument, other.argument}
        return found

    def parameters(self, random: Random) -> Drawn:
        """The parameters.

        Raises:
            NoSample: one that is required was not found.
        """
        drawn = Drawn({}, {})
        for parameter in self.inputs.parameters:
            value = ABSENT
            if parameter.required or (random.random() < _OFTEN and parameter.argument not in self.entangled):
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
                if text and (parameter.location != PATH or _is_segment(text)) and self._arrives(parameter, value, text):
                    return value
            raise NoSample(f"no text can carry a value of the parameter {parameter.name}")
        except NoSample:
            if parameter.required:
                raise
            return ABSENT

    def _arrives(self, parameter: Parameter, value: Json, text: Any) -> bool:
        """Is the value what its text reads as? Asked where that need not be."""
        if reads_back(text_type(self.operation.shapes.schemas, parameter.schema.node), value):
            return True
        return same(self.inputs.codecs[parameter.argument].read(_source(parameter.location, text)), value)

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

    def _represented(self, body: Representation, random: Random) -> Any:
        schema = body.schema
        if body.form is not None:
            return self._form(body, random)
        if body.kind == JSON:
            if schema is None or body.shape is None:
                return {word(random): random.randint(1, 100)}
            return converted(body.shape, schema.checker(REQUEST), random, finished=True)
        if body.kind == TEXT:
            return word(random) if schema is None else _text_of(sample(schema, REQUEST, random))
        return BodyStream(io.BytesIO(word(random).encode()), body.media.name)

    def _form(self, body: Representation, random: Random) -> Any:
        """The object of a form's fields, with files in the place of whatever the schema says of them."""
        form, shape = body.form, body.shape
        assert form is not None
        if form.checker is None or shape is None:
            return {word(random): word(random)}
        for _ in range(_TRIES):
            sampled = sample_of(form.checker, random)
            if not isinstance(sampled, dict):
                continue
            values = {name: value for name, value in sampled.items() if self._is_field(body, name, value)}
            if values and form.checker.is_valid(values):
                for name in form.files & values.keys():
                    values[name] = _uploads(name, random, isinstance(values[name], list))
                made = shape.convert(values)
                finish(made)
                return made
        raise NoSample("no form can carry what the schema allows")

    def _is_field(self, body: Representation, name: str, value: Json) -> bool:
        """Can a field of a form say this? Nothing is sent for what is empty, and what has no type arrives as text."""
        assert body.form is not None
        if name in body.form.files:
            return bool(value != [])
        if value is None or value in ([], {}):
            return False
        schemas, schema = self.operation.shapes.schemas, body.schema
        node = self.operation.shapes.properties(schema).get(name) if schema is not None else None
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
            return True  # objects are sent as JSON, which says everything
        return isinstance(value, str) if node is None else reads_back(text_type(schemas, node), value)


def converted(shape: Shape, checker: Checker, random: Random, *, finished: bool) -> Any:
    """The Python value of a sample, one that can be written again: models hold nothing that their schemas do not name.

    Args:
        finished: defaults are filled in and readOnly properties dropped, as in requests.

    Raises:
        NoSample: none was found.
    """
    for _ in range(_CONVERSIONS):
        made = shape.convert(sample_of(checker, random))
        if finished and shape.must_finish():
            finish(made)
        if checker.is_valid(plain(shape.dump(made))):
            return made
    raise NoSample("what the schema allows is more than its models can hold")


def _is_segment(text: str) -> bool:
    """Does a text arrive as it is in a path? Dots are steps, and servers decode an escaped slash."""
    return "%2F" not in text and bool(set(text) - {"."})


def _source(location: str, text: Any) -> Any:
    """What the codec of a location reads, when `text` was written."""
    if location in (QUERY, FORM):
        return parse_query("&".join(text))
    if location == COOKIE:
        return parse_cookies("; ".join(text))
    return unquote(text) if location == PATH else "&".join(text) if location == QUERYSTRING else text


def reads_back(type_: TextType, value: Json) -> bool:
    """Is this value, as text, surely read as the same? Not if its text may mean another kind too, and nothing is sent
    for what is empty inside."""
    kinds = type_.kinds or {"string"}
    if isinstance(value, list):
        items = type_.items or TextType()
        return kinds == {"array"} and value != [] and all(reads_back(items, item) for item in value)
    if isinstance(value, dict):
        inner = [reads_back(type_.property(name), item) for name, item in value.items()]
        return kinds == {"object"} and value != {} and all(inner)
    if isinstance(value, str):
        return kinds == {"string"}
    return "string" not in kinds and kinds.isdisjoint({"array", "object"}) and value is not None


def _text_of(value: Json) -> str:
    if isinstance(value, str):
        return value
    raise NoSample("a body of text can only be a string")


def _uploads(name: str, random: Random, many: bool) -> Any:
    made = [_upload(name, random) for _ in range(random.randint(1, 2) if many else 1)]
    return made if many else made[0]


def _upload(name: str, random: Random) -> Upload:
    return Upload(io.BytesIO(word(random).encode()), f"{word(random)}.txt", "text/plain", name)
