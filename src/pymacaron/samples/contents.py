"""The bodies of calls and answers, as functions take and give them."""

from __future__ import annotations

import io
from random import Random
from typing import Any

from pymacaron._types import Json
from pymacaron.bodies import (
    BINARY,
    EVENTS,
    JSON,
    TEXT,
    BodyStream,
    MediaType,
    Upload,
    specificity,
    write_multipart,
)
from pymacaron.forms import FieldFault, Form
from pymacaron.inputs import plain, text_type
from pymacaron.negotiation import declared
from pymacaron.operations import Content, Operation
from pymacaron.parameters import TextType
from pymacaron.representations import ItemsBody, PartsBody, Representation, concrete, represent
from pymacaron.schemas import REQUEST, RESPONSE, Checker
from pymacaron.shapes import Shape
from pymacaron.structs import finish

from .demands import same
from .texts import word
from .valid import NoSample, sample_of

_TRIES = 20  # for what a form or a text can carry
_CONVERSIONS = 3  # for a value that survives


def representation_of(operation: Operation, content: Content, view: str, key: str = "") -> Representation:
    """What a declaration is sent as; a range of media types as one of them.

    Args:
        key: of a response, its status key.
    """
    wanted = declared(content)
    media = concrete(wanted, {} if content.schema is not None else b"")
    if wanted.is_range and media.kind == BINARY and not specificity(wanted, media):
        media = MediaType(f"{wanted.name.partition('/')[0]}/x-sample", {})
    return represent(operation, content, view, media, key)


class Contents:
    """Makes the values of one representation.

    Args:
        view: whether it is of a request, which is completed with defaults and holds nothing that is readOnly, or of a
            response, which holds nothing that is writeOnly.
    """

    def __init__(self, operation: Operation, representation: Representation, view: str) -> None:
        self._operation, self._shapes = operation, operation.shapes
        self._body = representation
        self._view = view

    def value(self, random: Random) -> Any:
        """A value.

        Raises:
            NoSample: none was found.
        """
        body = self._body
        if body.form is not None:
            return self._form(random)
        if body.kind == JSON:
            return self._json(random)
        if body.kind == TEXT:
            return self._text(random)
        if isinstance(body, PartsBody):
            return self._parts(body, random)
        if isinstance(body, ItemsBody):
            return self._events(body, random) if body.kind == EVENTS else self._items(body, random)
        return self._bytes(random)

    def _bytes(self, random: Random) -> Any:
        made, content = word(random).encode(), self._body.content
        is_chosen = content is not None and declared(content).is_range  # then the value says what it is
        return BodyStream(io.BytesIO(made), self._body.media.name) if self._view == REQUEST or is_chosen else made

    def _json(self, random: Random) -> Any:
        schema, shape = self._body.schema, self._body.shape
        if schema is None or shape is None:
            return {word(random): random.randint(1, 100)}
        return self._converted(shape, schema.checker(self._view), random)

    def _converted(self, shape: Shape, checker: Checker, random: Random) -> Any:
        """The Python value of a sample, one that can be written again. Models hold nothing that their schemas do not
        name: where it is that which makes the difference, for `oneOf` say, the JSON value itself."""
        value: Json = None
        for _ in range(_CONVERSIONS):
            value = sample_of(checker, random)
            made = self._finished(shape, value)
            if checker.is_valid(plain(shape.dump(made))):
                return made
        return value

    def _finished(self, shape: Shape, value: Json) -> Any:
        made = shape.convert(shape.shown(value) if self._view == RESPONSE and shape.must_hide() else value)
        if self._view == REQUEST and shape.must_finish():
            finish(made)
        return made

    def _text(self, random: Random) -> Any:
        """A text, or the scalar that the schema says a text is of."""
        schema, shape, kinds = self._body.schema, self._body.shape, self._body.kinds
        if schema is None or shape is None or (kinds & {"array", "object"} and "string" not in kinds):
            return word(random)
        type_ = text_type(self._shapes.schemas, schema.node)
        for _ in range(_TRIES):
            value = sample_of(schema.checker(self._view), random)
            if reads_back(type_, value) and not isinstance(value, (list, dict)):
                return shape.convert(value)
        raise NoSample("no text can say what the schema allows")

    def _items(self, body: ItemsBody, random: Random) -> list[Any]:
        item, array = body.item, body.schema
        least = array.value.get("minItems", 0) if array is not None else 0
        count = max(least, random.randint(1, 2))
        if item is None or item.schema is None or item.shape is None:
            return [{word(random): index} for index in range(count)]
        return [self._converted(item.shape, item.schema.checker(self._view), random) for _ in range(count)]

    def _events(self, body: ItemsBody, random: Random) -> list[Any]:
        """Items that events can say: not all that a schema allows has a place in the fields of one."""
        if body.item is None:
            return [{"data": word(random)}]
        for _ in range(_TRIES):
            items = self._items(body, random)
            written = body.write(items, body.media)
            assert isinstance(written, bytes)  # a list is written whole
            is_right = not body.problems(written, body.media)
            if is_right and plain(list(body.read(written, body.media, None, None))) == plain(items):
                return items
        raise NoSample("no event can say what the schema allows")

    def _parts(self, body: PartsBody, random: Random) -> list[Any]:
        """Parts in their order; a stream of them has two."""
        least, most = body.counts
        count = max(least, body.prefixed + random.randint(0, 2))
        slots = [body.slot(index) for index in range(count if most is None else min(count, most))]
        return [self._part(slot.representation(slot.media), random) for slot in slots if slot is not None]

    def _part(self, part: Representation, random: Random) -> Any:
        if part.kind == BINARY:
            return uploads("", random, many=False, media=part.media.name)
        return Contents(self._operation, part, self._view).value(random)

    # Forms

    def _form(self, random: Random) -> Any:
        """The object of a form's fields, with files in the place of whatever the schema says of them."""
        form, shape = self._body.form, self._body.shape
        assert form is not None
        if form.checker is None or shape is None:
            return {word(random): word(random)}
        for _ in range(_TRIES):
            sampled = sample_of(form.checker, random)
            if not isinstance(sampled, dict):
                continue
            values = {name: value for name, value in sampled.items() if self._is_field(name, value)}
            if values and form.checker.is_valid(values):
                for name in form.files & values.keys():
                    media = self._media_of(name)
                    values[name] = uploads(name, random, many=isinstance(values[name], list), media=media)
                return self._finished(shape, values)
        raise NoSample("no form can carry what the schema allows")

    def _media_of(self, name: str) -> str:
        """What a file of a form may be."""
        content = self._body.content
        encoding = content.encodings.get(name) if content is not None else None
        wanted = (encoding.content_type if encoding is not None else None) or "text/plain"
        return wanted.partition(",")[0].partition(";")[0].strip().replace("*/*", "text/plain").replace("*", "x-sample")

    def _is_field(self, name: str, value: Json) -> bool:
        """Can a field of a form say this? Nothing is sent for what is empty, and what has no type arrives as text."""
        form, schema = self._body.form, self._body.schema
        assert form is not None
        if name in form.files:
            return bool(value != [])
        if value is None or value in ([], {}):
            return False
        if name in form.json_names:
            return True
        node = self._shapes.properties(schema).get(name) if schema is not None else None
        if node is not None and reads_back(text_type(self._shapes.schemas, node), value):
            return True
        return _arrives(form, name, value)


def _arrives(form: Form, name: str, value: Json) -> bool:
    """Is it the value of a field that is read where it was written?"""
    try:
        if form.multipart:
            read = form.read(write_multipart(form.write({name: value}), "x"), "x", None)
        else:
            read = form.read("&".join(form.write_pairs({name: value})).encode(), None, None)
    except FieldFault:
        return False
    return name in read and same(read[name], value)


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


def uploads(name: str, random: Random, *, many: bool, media: str = "text/plain") -> Any:
    """A file, or `many`: some."""
    made = [
        Upload(io.BytesIO(word(random).encode()), f"{word(random)}.txt", media, name)
        for _ in range(random.randint(1, 2) if many else 1)
    ]
    return made if many else made[0]
