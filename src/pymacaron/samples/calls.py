"""Calls made from operations: arguments as functions get them."""

from __future__ import annotations

from copy import deepcopy
from functools import cached_property
from itertools import combinations
from random import Random
from typing import Any, NamedTuple
from urllib.parse import unquote

from pymacaron._types import Json
from pymacaron.inputs import Inputs, text_type
from pymacaron.messages import ABSENT, Arguments
from pymacaron.operations import COOKIE, FORM, HEADER, PATH, QUERY, QUERYSTRING, Operation, Parameter
from pymacaron.parameters import TextFault, parse_cookies, parse_query
from pymacaron.schemas import REQUEST

from .contents import Contents, reads_back, representation_of, uploads
from .demands import same
from .valid import NoSample, sample

_TRIES = 20  # for a value that a parameter's text can carry
# Headers that say how the body is sent: they are not for callers to choose, whatever documents declare.
_OF_THE_MESSAGE = frozenset(("content-encoding", "content-length", "content-type", "host", "transfer-encoding"))
_OFTEN = 0.6  # how often what need not be sent is


def is_of_the_message(parameter: Parameter) -> bool:
    """Is it a header that says how the body is sent?"""
    return parameter.location == HEADER and parameter.name.lower() in _OF_THE_MESSAGE


def arguments(operation: Operation, random: Random) -> Arguments:
    """What the function of `operation` might be called with: the body and the parameters as it gets them, files as
    uploads, defaults filled in.

    Raises:
        NoSample: something that is required was not found.
    """
    return calls_of(operation).arguments(random)


def calls_of(operation: Operation) -> Calls:
    """The maker of an operation's calls, kept with the operation."""
    found: Calls = operation.once("samples", Calls)
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
        self.body = representation_of(operation, content, REQUEST) if content is not None else None

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
            if parameter.required or (random.random() < _OFTEN and not self._is_special(parameter)):
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
                drawn.passed[parameter.argument] = uploads(parameter.name, random, many=many)
        return drawn

    def _is_special(self, parameter: Parameter) -> bool:
        return parameter.argument in self.entangled or is_of_the_message(parameter)

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

    def _check_type(self, media: str) -> None:
        """A header that is declared for the type of the body has to allow it; in Swagger 2.0 such ones count.

        Raises:
            NoSample: it does not.
        """
        for parameter in self.inputs.parameters:
            if parameter.location == HEADER and parameter.name.lower() == "content-type":
                checker = parameter.schema.checker(REQUEST)
                if not checker.is_valid(media):
                    raise NoSample(f"the parameter {parameter.name} does not allow the type of the body")

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
            self._check_type(body.media.name)
            return Contents(self.operation, body, REQUEST).value(random)
        except NoSample:
            if self.operation.body_required:
                raise
            return ABSENT


def _is_segment(text: str) -> bool:
    """Does a text arrive as it is in a path? Dots are steps."""
    return bool(set(text) - {"."})


def _source(location: str, text: Any) -> Any:
    """What the codec of a location reads, when `text` was written."""
    if location in (QUERY, FORM):
        return parse_query("&".join(text))
    if location == COOKIE:
        return parse_cookies("; ".join(text))
    return unquote(text) if location == PATH else "&".join(text) if location == QUERYSTRING else text
