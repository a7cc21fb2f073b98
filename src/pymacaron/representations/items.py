"""Sequences as representations: items one after the other, each read, checked and written by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from pymacaron._types import Json, JsonObject, ReadableStream
from pymacaron.bodies import (
    EVENT_FIELDS,
    EVENTS,
    LINES,
    BodyStream,
    FileBody,
    MediaType,
    Pieces,
    Watch,
    chunks_of,
    read_events,
    read_json,
    split_lines,
    split_records,
    write_event,
    write_json,
    write_line,
    write_record,
)
from pymacaron.exceptions import InvalidJsonError, Problem, ValidationError
from pymacaron.inputs import plain
from pymacaron.schemas import Schema, SchemaProblem

from .json_body import JsonBody, item_body
from .representation import Judge, Representation, Written, is_file, is_raw, kinds_of


class Items:
    """The items of a body as they come, each checked when it is reached.

    Raises (while iterated):
        ValidationError: an item breaks its schema; its index comes first in the problem's pointer.
        PayloadTooLargeError: the body turns out longer than the limit, or an item longer than fits into memory.
    """

    __slots__ = ("_end", "_index", "_read", "_units")

    def __init__(
        self, units: Iterator[Any], read: Callable[[Any, int], Any], end: Callable[[int], None] = lambda count: None
    ) -> None:
        self._units, self._read, self._end = units, read, end
        self._index = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            unit = next(self._units)
        except StopIteration:
            self._end(self._index)
            raise
        value = self._read(unit, self._index)
        self._index += 1
        return value

    def __aiter__(self) -> Items:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self)
        except StopIteration:
            raise StopAsyncIteration from None

    def close(self) -> None:
        """Want no more."""
        self._units.close()  # type: ignore[attr-defined]  # generators, all of them

    def __repr__(self) -> str:
        return f"<Items, {self._index} read>"


class ItemsBody(Representation):
    """Lines, records or events. An item is what `itemSchema` (OpenAPI 3.2) describes, else what the items of a schema
    of an array are, else what the schema is."""

    @cached_property
    def item(self) -> JsonBody | None:
        """One item as a body of its own, None where the document says nothing of it."""
        schema = self._item_schema
        return None if schema is None else item_body(self, schema)

    @property
    def _item_schema(self) -> Schema | None:
        if self.content is None or self.content.item_schema is not None:
            return None if self.content is None else self.content.item_schema
        if self._array is None:
            return self.schema
        return self._array.child("items") if "items" in self._array.value else None

    @property
    def _array(self) -> Schema | None:
        """The schema of all items together, where there is one."""
        return self.schema if self.schema is not None and self.schema.value.get("type") == "array" else None

    def prepare(self) -> None:
        if self.item is not None:
            self.item.prepare()

    @cached_property
    def _events(self) -> Events:
        return Events(self.item, self._shapes)

    # Reading

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        if isinstance(body, bytes):
            chunks: Iterator[bytes] = iter((body,))
        else:
            chunks = chunks_of(BodyStream(body, media.name, limit))
        return Items(self._units(chunks), self._read_item, self._check_count)

    def _units(self, chunks: Iterable[bytes]) -> Iterator[Any]:
        """What holds one item each: JSON texts, or the fields of events."""
        if self.kind == EVENTS:
            return read_events(chunks)
        return split_lines(chunks) if self.kind == LINES else split_records(chunks)

    def _read_item(self, unit: Any, index: int) -> Any:
        if index == self._most:
            raise _wrong("", "maxItems", f"at most {index} items")
        try:
            value = self._events.read(unit) if self.kind == EVENTS else read_json(unit)
            return value if self.item is None else self.item.value(value, len(unit))
        except InvalidJsonError:
            raise _wrong(f"/{index}", "json", "a JSON text") from None
        except ValidationError as error:
            problems = [problem._replace(name=f"/{index}{problem.name}") for problem in error.problems]
            raise ValidationError(problems=problems) from None

    def _check_count(self, count: int) -> None:
        least = self._array.value.get("minItems", 0) if self._array is not None else 0
        if count < least:
            raise _wrong("", "minItems", f"at least {least} items")

    @cached_property
    def _most(self) -> int | None:
        return self._array.value.get("maxItems") if self._array is not None else None

    # Writing

    def takes(self, value: Any) -> bool:
        return isinstance(value, (Iterator, list)) or is_raw(value) or is_file(value)

    def write(self, value: Any, media: MediaType) -> Written:
        if is_raw(value):
            return bytes(value)
        if is_file(value):
            return FileBody(value)
        if isinstance(value, list):
            return b"".join([self._piece(item, None) for item in value])
        return Pieces(value, lambda item, watch, first: self._piece(item, watch))

    def _piece(self, item: Any, watch: Watch | None) -> bytes:
        """One item as bytes. What is bytes already, or a text where no item can be one, is sent as it is."""
        if is_raw(item):
            return bytes(item)
        if isinstance(item, str) and self._is_written(item):
            return item.encode()
        if self.item is not None and self.item.dump is not None:
            item = self.item.dump(item)
        if self.kind == EVENTS:
            event, seen = self._events.write(plain(item))
            if watch is not None:
                watch(write_json(seen))
            return write_event(event)
        raw = write_json(item)
        if watch is not None:
            watch(raw)
        return write_line(raw) if self.kind == LINES else write_record(raw)

    def _is_written(self, item: str) -> bool:
        if self.item is None:
            return self.kind == EVENTS and item.endswith("\n\n")
        return bool(self.item.kinds) and "string" not in self.item.kinds

    # Checking

    def problems(self, raw: bytes, media: MediaType) -> list[SchemaProblem]:
        for index, unit in enumerate(self._units([raw])):
            try:
                value = self._events.read(unit) if self.kind == EVENTS else read_json(unit)
            except InvalidJsonError:
                return [SchemaProblem((index,), "json", "a JSON text")]
            faults = self.item.faults(value) if self.item is not None else []
            if faults:
                return [problem._replace(path=(index, *problem.path)) for problem in faults]
        return []

    def watched(self, judge: Judge) -> Watch | None:
        item = self.item
        return None if item is None else lambda raw: judge(lambda: item.problems(raw, self.media))


def _wrong(pointer: str, code: str, expected: str) -> ValidationError:
    return ValidationError(problems=[Problem("body", pointer, code, expected)])


class Events:
    """What an item has to do with the fields of an event.

    Where the schema of an item has a property `data`, or there is no schema, the item is the event's fields (OpenAPI
    3.2, "Special Considerations for Server-Sent Events"). Else it is what the data says: in JSON, or as text where the
    schema is that of a string.
    """

    def __init__(self, item: JsonBody | None, shapes: Any) -> None:
        properties = shapes.properties(item.schema) if item is not None and item.schema is not None else {}
        self._is_event = item is None or "data" in properties
        data = kinds_of(shapes, shapes.schemas.at(properties["data"])) if "data" in properties else frozenset()
        kinds = data if self._is_event or item is None else item.kinds
        self._is_text = "string" in kinds or (self._is_event and not kinds)

    def read(self, event: JsonObject) -> Json:
        """
        Raises:
            InvalidJsonError: the data is no JSON, and has to be.
        """
        data = event["data"] if self._is_text else read_json(event["data"].encode())
        return {**event, "data": data} if self._is_event else data

    def write(self, item: Json) -> tuple[Mapping[str, Any], Json]:
        """(the fields of an event, the item as it will be read). Fields may always be given, to name the event."""
        if isinstance(item, dict) and "data" in item and item.keys() <= EVENT_FIELDS:
            fields, data = item, item["data"]
        elif self._is_event and isinstance(item, dict) and item.keys() <= EVENT_FIELDS:
            return item, item
        else:
            fields, data = {}, item
        text = data if isinstance(data, str) and self._is_text else write_json(data).decode()
        seen = text if self._is_text else data
        return {**fields, "data": text}, {**fields, "data": seen} if self._is_event else seen
