"""Multipart bodies whose parts have an order and no names (OpenAPI 3.2, "Encoding By Position"): each part is a body of
its own, with a media type and a schema by where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from pymacaron._types import ReadableStream, steps_of
from pymacaron.bodies import (
    BINARY,
    EVENTS,
    FORM,
    JSON,
    LINES,
    MULTIPART,
    PARTS,
    RECORDS,
    TEXT,
    BodyStream,
    Entity,
    Joined,
    MediaType,
    Part,
    Pieces,
    Upload,
    Watch,
    chunks_of,
    kind_of,
    parse_media_type,
    split_entities,
    too_large,
    write_end,
    write_head,
)
from pymacaron.exceptions import BadRequestError, Problem, UnsupportedMediaTypeError, ValidationError
from pymacaron.forms.declared import Demands, is_file
from pymacaron.messages import ABSENT
from pymacaron.operations import Content, Encoding, Positions
from pymacaron.schemas import Schema, SchemaProblem

from .form_body import FormBody
from .items import Items, ItemsBody
from .json_body import JsonBody
from .representation import Judge, Representation, Side, Written, is_raw, kinds_of, with_boundary
from .representation import is_file as is_readable
from .text_body import BinaryBody, TextBody, in_pieces

# So many parts there may be together, and so many bytes of those that are no files: they are kept in memory.
_MOST, _TEXTS = 1000, 16 * 10**6
# What a part may be where its Encoding Object does not say it, by what its schema says.
_USUAL = {
    JSON: "application/json, application/*+json",
    TEXT: "text/plain, text/*",
    BINARY: "application/octet-stream, */*",
}


def is_positional(content: Content, media: MediaType, side: Side) -> bool:
    """Are the parts told apart by their order? So they are where a schema of items or of an array describes them; forms
    only if their encoding goes by position, too."""
    if not media.name.startswith("multipart/"):
        return False
    if content.positions is not None or content.item_schema is not None:
        return True
    is_array = content.schema is not None and kinds_of(side.shapes, content.schema) == {"array"}
    return is_array and media.name != "multipart/form-data"


class PartsBody(Representation):
    """A list of the parts, or where `itemSchema` describes them, an iterator. What is neither JSON nor text nor made of
    parts is a file."""

    @cached_property
    def _array(self) -> Mapping[str, Any]:
        """The schema of all parts together, empty where there is none."""
        return self.schema.value if self.schema is not None and isinstance(self.schema.value, dict) else {}

    @property
    def _is_stream(self) -> bool:
        return self.content is not None and self.content.item_schema is not None

    @cached_property
    def _positions(self) -> Positions:
        return (self.content and self.content.positions) or Positions()

    def prepare(self) -> None:
        for index in range(self.prefixed + 1):
            self.slot(index)

    @cached_property
    def prefixed(self) -> int:
        """How many parts have a schema or an encoding of their own."""
        schemas = 0 if self._is_stream else len(self._array.get("prefixItems", ()))
        return max(schemas, len(self._positions.prefix))

    @cached_property
    def _slots(self) -> dict[int, Slot | None]:
        return {}

    def slot(self, index: int) -> Slot | None:
        """What is said of a part by its place; None if there must be none."""
        index = min(index, self.prefixed)  # all that come later are alike
        if index not in self._slots:
            self._slots[index] = self._made(index)
        return self._slots[index]

    def _made(self, index: int) -> Slot | None:
        content, (prefix, item) = self.content, self._positions
        assert content is not None
        schema = self._schema_of(index)
        if schema is not None and schema.node.value is False:
            return None
        encoding = prefix[index] if index < len(prefix) else item or Encoding()
        side = self._side._replace(name=f"{self._side.name}Part{index + 1 if index < self.prefixed else ''}")
        return Slot(Content(content.media_type, schema, content.node), encoding, side)

    def _schema_of(self, index: int) -> Schema | None:
        if self.content is not None and self.content.item_schema is not None:
            return self.content.item_schema
        if self.schema is not None and index < len(self._array.get("prefixItems", ())):
            return self.schema.child("prefixItems", index)
        return self.schema.child("items") if self.schema is not None and "items" in self._array else None

    @property
    def counts(self) -> tuple[int, int | None]:
        """How many parts there must, and may be; None for any number."""
        return self._array.get("minItems", 0), self._array.get("maxItems")

    # Reading

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        chunks = iter((body,)) if isinstance(body, bytes) else chunks_of(BodyStream(body, media.name, limit))
        entities = split_entities(chunks, media.parameters.get("boundary"))
        if self._is_stream:
            return Items(entities, self._read_part)
        values, problems = self._read_all(entities)
        if problems:
            raise ValidationError(problems=problems)
        return values

    def _read_all(self, entities: Iterable[Entity]) -> tuple[list[Any], list[Problem]]:
        values: list[Any] = []
        problems: list[Problem] = []
        held = count = 0
        for index, entity in enumerate(entities):
            count += 1
            if index == _MOST:
                too_large(None)
            try:
                value = self._read_part(entity, index)
            except ValidationError as error:
                problems += error.problems
                continue
            held += 0 if isinstance(value, Upload) else entity.size
            if held > _TEXTS:
                too_large(_TEXTS)
            values.append(value)
        return values, problems + [Problem("body", "", *fault) for fault in self._count_faults(count)]

    def _count_faults(self, count: int) -> Iterator[tuple[str, str]]:
        least, most = self.counts
        if count < least:
            yield "minItems", f"at least {least} parts"
        if most is not None and count > most:
            yield "maxItems", f"at most {most} parts"

    def _read_part(self, entity: Entity, index: int) -> Any:
        slot = self.slot(index)
        if slot is None:
            raise ValidationError(problems=[Problem("body", f"/{index}", "not_allowed", "no part here")])
        try:
            return slot.read(entity, index)
        except ValidationError as error:
            problems = [problem._replace(name=f"/{index}{problem.name}") for problem in error.problems]
            raise ValidationError(problems=problems) from None

    # Writing

    def takes(self, value: Any) -> bool:
        return isinstance(value, (Iterator, list)) or is_raw(value)

    def label(self, value: Any) -> tuple[str, MediaType]:
        if is_raw(value):
            return super().label(value)
        return with_boundary(self.media)

    def write(self, value: Any, media: MediaType) -> Written:
        if is_raw(value):
            return bytes(value)
        boundary = media.parameters.get("boundary")
        if boundary is None:
            raise ValueError("the Content-Type of a multipart body needs a boundary; leave it to us")
        if isinstance(value, Iterator):
            return Pieces(enumerate(value), self._piece_writer(boundary), lambda _: write_end(boundary))
        written = [self._part(index, item, boundary) for index, item in enumerate(value)]
        if all(isinstance(content, bytes) for _, content in written):
            return b"".join(head + content + b"\r\n" for head, content in written) + write_end(boundary)  # type: ignore[operator]  # no part is a stream
        return Joined(_joined(written, write_end(boundary)))

    def _part(self, index: int, value: Any, boundary: str) -> tuple[bytes, Written]:
        slot = self.slot(index)
        if slot is None:
            raise ValueError(f"the document has no place for part {index + 1}")
        headers, content = slot.write(value, is_form=self.media.name == "multipart/form-data", name=f"part{index + 1}")
        return write_head(boundary, headers), content

    def _piece_writer(self, boundary: str) -> Callable[[tuple[int, Any], Watch | None, bool], bytes]:
        def write(numbered: tuple[int, Any], watch: Watch | None, _first: bool) -> bytes:
            head, content = self._part(*numbered, boundary)
            raw = head + (content if isinstance(content, bytes) else b"".join(content)) + b"\r\n"
            if watch is not None:
                watch(raw)
            return raw

        return write

    # Checking

    def problems(self, raw: bytes, media: MediaType) -> list[SchemaProblem]:
        found: list[Problem] = []
        try:
            entities = list(split_entities([raw], media.parameters.get("boundary")))
        except BadRequestError:
            return [SchemaProblem((), "encoding", "parts as RFC 2046 has them")]
        _, found = self._read_all(entities)
        return [_of_schema(problem) for problem in found]

    def watched(self, judge: Judge) -> Watch | None:
        count = -1

        def watch(raw: bytes) -> None:
            nonlocal count
            count += 1
            judge(lambda: self._faults_of(raw, count))

        return watch

    def _faults_of(self, raw: bytes, index: int) -> list[SchemaProblem]:
        boundary = raw[2 : raw.index(b"\r\n")].decode("latin-1")
        (entity,) = split_entities([raw, write_end(boundary)], boundary)
        try:
            self._read_part(entity, index)
        except ValidationError as error:
            return [_of_schema(problem) for problem in error.problems]
        return []


class Slot:
    """What is said of the parts at one place: a schema, and how they are encoded."""

    def __init__(self, content: Content, encoding: Encoding, side: Side) -> None:
        shapes, schema = side.shapes, content.schema
        self._content, self._encoding, self._side = content, encoding, side
        usual = _usual(schema, side)
        listed = encoding.content_type or _USUAL[usual]
        self._demands = Demands(Encoding(listed, headers=encoding.headers), shapes)
        self.media = parse_media_type(self._demands.content_type or _USUAL[usual].partition(",")[0])
        self._representations: dict[str, Representation] = {}
        self.representation(self.media).prepare()

    def representation(self, media: MediaType) -> Representation:
        """How a part of this media type is read and written."""
        found = self._representations.get(media.name)
        if found is None:
            own = self._content
            content = Content(
                media.name, own.schema, own.node, self._encoding.encodings, positions=self._encoding.positions
            )  # fmt: skip
            kind = PARTS if is_positional(content, media, self._side) else kind_of(media.name)
            found = CLASSES[kind](content, kind, media, self._side)
            if len(self._representations) < 20:  # callers may make media types up
                self._representations[media.name] = found
        return found

    def read(self, entity: Entity, index: int) -> Any:
        """The value of a part.

        Raises:
            ValidationError: with every problem, pointers from the part on.
        """
        header = entity.headers.get("content-type")
        problems = [
            Problem("body", "", problem.code, problem.expected)
            for problem in self._demands.problems(Part(str(index), header, None, None, entity.headers))
        ]
        media = parse_media_type(header) if header is not None else self.media
        value = None
        if not any(problem.code == "contentType" for problem in problems):
            try:
                value = self._value(entity, media)
            except ValidationError as error:
                problems += error.problems
        if problems:
            raise ValidationError(problems=problems)
        return value

    def _value(self, entity: Entity, media: MediaType) -> Any:
        representation = self.representation(media)
        if isinstance(representation, BinaryBody):
            more = {name: text for name, text in entity.headers.items() if name not in _OWN_HEADERS}
            return Upload(entity.content, entity.filename, media.name, "", more)
        if entity.size > _TEXTS:
            too_large(_TEXTS)
        try:
            value = representation.read(entity.content.read(), media, None, None)
        except ValidationError:
            raise
        except (BadRequestError, UnsupportedMediaTypeError):
            is_json = representation.kind == JSON
            fault = ("json", "a JSON text") if is_json else ("encoding", f"{media.name}, as its Content-Type says")
            raise ValidationError(problems=[Problem("body", "", *fault)]) from None
        if value is ABSENT:
            raise ValidationError(problems=[Problem("body", "", "json", "a JSON text")])
        return value

    def write(self, value: Any, *, is_form: bool, name: str) -> tuple[dict[str, str], Written]:
        """The headers of a part and its content. A file says itself what it is.

        Raises:
            TypeError, ValueError: the value cannot be written so.
        """
        label, media = str(self.media), self.media
        representation = self.representation(media)
        headers: dict[str, str] = {}
        is_bytes = is_raw(value) or is_readable(value)
        if isinstance(value, Upload):
            label, media, headers = value.content_type, parse_media_type(value.content_type), dict(value.headers)
        elif not is_bytes:
            if not representation.takes(value):
                raise TypeError(f"a part of {media.name} cannot be made of a {type(value).__name__}")
            label, media = representation.label(value)
        filename = getattr(value, "filename", None)
        disposition = [f'form-data; name="{name}"' if is_form else "attachment"] if is_form or filename else []
        disposition += [f'filename="{_escaped(filename)}"'] if filename else []
        if disposition:
            headers["Content-Disposition"] = "; ".join(disposition)
        content = in_pieces(value, media) if is_bytes else representation.write(value, media)
        return {"Content-Type": label, **headers}, content


# Headers of a part that are told otherwise.
_OWN_HEADERS = ("content-type", "content-disposition")


def _usual(schema: Schema | None, side: Side) -> str:
    """What a part is where nobody says (OpenAPI 3.2, Encoding Object, `contentType`)."""
    if schema is None or is_file(schema.node, side.shapes):
        return BINARY
    kinds = kinds_of(side.shapes, schema)
    if not kinds or "contentEncoding" in schema.value:
        return BINARY
    return JSON if kinds & {"array", "object"} else TEXT


def _escaped(filename: str) -> str:
    return filename.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "%0D").replace("\n", "%0A")


def _joined(parts: Iterable[tuple[bytes, Written]], end: bytes) -> Iterator[bytes]:
    for head, content in parts:
        yield head
        if isinstance(content, bytes):
            yield content
        else:
            yield from content
        yield b"\r\n"
    yield end


def _of_schema(problem: Problem) -> SchemaProblem:
    return SchemaProblem(steps_of(problem.name), problem.code, problem.expected)


# What reads and writes each kind of body.
CLASSES: dict[str, type[Representation]] = {
    JSON: JsonBody, TEXT: TextBody, BINARY: BinaryBody, FORM: FormBody, MULTIPART: FormBody, PARTS: PartsBody,
    LINES: ItemsBody, RECORDS: ItemsBody, EVENTS: ItemsBody,
}  # fmt: skip
