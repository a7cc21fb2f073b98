"""Responses: written by the server, read by the client."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pymacaron._types import HeaderList
from pymacaron.bodies import JSON, BodyStream, FileBody, Joined, MediaType, parse_media_type, write_json
from pymacaron.documents import Node
from pymacaron.exceptions import (
    BadRequestError,
    InternalServerError,
    PyMacaronError,
    PyMacaronException,
    UnsupportedMediaTypeError,
    ValidationError,
)
from pymacaron.headers import Headers, http_date
from pymacaron.loops import Iterated
from pymacaron.messages import ABSENT, Response, header_of
from pymacaron.negotiation import ANY, Preference, content_for, declared
from pymacaron.operations import Answer, Content, Operation
from pymacaron.representations import Items, JsonBody, Representation, concrete, is_raw, natural, represent
from pymacaron.schemas import RESPONSE
from pymacaron.shapes import Shape
from pymacaron.structs import encode_json

_UNWRITABLE = (TypeError, NotImplementedError, ValueError, RecursionError, ValidationError)
_EMPTY = frozenset((204, 205, 304))  # statuses without a body (RFC 9110 section 15)


class ResultFault(PyMacaronError):
    """A function returned what cannot be written. A mistake in the service, which its callers are not told of."""


class ResponseWriter:
    """Writes the results of one operation.

    Args:
        preference: what the caller wants of the representations that the document declares.
    """

    def __init__(self, operation: Operation, preference: Preference = ANY) -> None:
        self.operation = operation
        self.status = operation.success_status
        self._preference = preference
        self._outlets: dict[int, _Outlet] = {}
        self._encoders: dict[type, Callable[[Any], bytes]] = {}
        # most results are a model, dict or list, written as JSON, with the usual status
        usual = self._outlet(self.status)
        self.is_plain = usual.is_plain
        self._plain_headers: HeaderList = usual.headers({}) if usual.is_plain else []

    def _outlet(self, status: int) -> _Outlet:
        """What results of a status may be written as."""
        found = self._outlets.get(status)
        if found is None:
            preference = self._preference if status < 400 else ANY  # errors do not depend on what was wanted
            found = self._outlets[status] = _Outlet(self.operation, status, preference)
        return found

    def plain(self, result: object) -> Response:
        """The response for a model, dict or list, where `is_plain`."""
        try:
            encode = self._encoders.get(type(result)) or self._encoder_for(type(result))
            return Response(self.status, [*self._plain_headers], encode(result))
        except _UNWRITABLE as error:
            raise self._fault(error) from error

    def _encoder_for(self, cls: type) -> Callable[[Any], bytes]:
        """What writes results of a type: where they are the model of the document and have no fractions, nobody needs
        to look for NaN in what is written, which takes as long as writing it."""
        shape = self._outlet(self.status).shape
        is_sure = shape is not None and shape.type is cls and not shape.may_hold_decimals()
        encode = self._encoders[cls] = encode_json if is_sure else write_json
        return encode

    def __call__(self, result: object) -> Response:
        try:
            if isinstance(result, tuple) and _is_swapped(result) and not self._outlet(self.status).may_be_number():
                raise TypeError(f"it begins with a status; write the value first: `return value, {result[0]}`")
            value, status, headers = _unpacked(result, self.status)
            return self._outlet(status).response(
                Iterated(value) if isinstance(value, AsyncIterator) else value, headers
            )
        except _UNWRITABLE as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> ResultFault:
        return ResultFault(f"The result of {self.operation.title} cannot be written: {error}")


class _Outlet:
    """What the results of one status are written as."""

    def __init__(self, operation: Operation, status: int, preference: Preference) -> None:
        self._operation, self._status = operation, status
        self._answer = operation.answer(status)
        declared_ones = self._answer.contents if self._answer is not None else ()
        # what the caller wants most comes first; if that is nothing of this status, all of it, as it is too late
        self._contents = preference.order(declared_ones) or list(declared_ones)
        self._more: HeaderList = [("Vary", "Accept")] if len(declared_ones) > 1 else []
        self._representations: dict[tuple[str, str], Representation] = {}

    @property
    def is_plain(self) -> bool:
        """Are dicts and lists just encoded as JSON?"""
        first = self._for({})
        return isinstance(first, JsonBody) and first.dump is None and self._for([]) is first

    @property
    def shape(self) -> Shape | None:
        """Of what is written as JSON where `is_plain`."""
        return self._for({}).shape

    def headers(self, value: Any) -> HeaderList:
        """Those of the response to a value, where the function gives none."""
        return [("Content-Type", self._for(value).label(value)[0]), *self._more]

    @cached_property
    def _declared_headers(self) -> Headers:
        return Headers(self._answer.headers if self._answer is not None else (), self._operation.shapes.schemas)

    def response(self, value: Any, given: Any) -> Response:
        """
        Raises:
            TypeError, ValueError, NotImplementedError, RecursionError, ValidationError: it cannot be written.
            OSError: a file cannot be read.
        """
        headers = self._declared_headers.write(given)
        if self._has_no_body(value):
            return Response(self._status, headers, b"")
        content_type = header_of(headers, "content-type")
        if content_type is not None:
            media = parse_media_type(content_type)
            body = self._as(media, value).write(value, media)
        else:
            representation = self._for(value)
            content_type, media = representation.label(value)
            body = representation.write(value, media)
            if isinstance(body, FileBody) and body.name is not None:
                content_type = self._guessed(body.name, content_type)
            headers.insert(0, ("Content-Type", content_type))
        if isinstance(body, FileBody):
            if body.size is not None:  # the file knows it best, whatever the function has found out before
                headers = [(name, text) for name, text in headers if name.lower() != "content-length"]
            headers += _of_file(body, {name.lower() for name, _ in headers})
        return Response(self._status, headers + self._more, body)

    def _has_no_body(self, value: Any) -> bool:
        if self._status in _EMPTY:
            return True
        if value is None or (value == "" and isinstance(value, str)):
            if self._status // 100 == 3 or self._operation.method == "HEAD":
                return True
            return value is None and not any(declared(one).kind == JSON for one in self._contents)
        return False

    def may_be_number(self) -> bool:
        """Does the document say that a number is a whole body?"""
        return any(_is_number(one.schema.node) for one in self._contents if one.schema is not None)

    def _for(self, value: Any) -> Representation:
        """The first representation for values such as this. If there is none: for text and bytes JSON, which they
        may be already, else what such a value is, declared or not."""
        found = [self._representation(content, concrete(declared(content), value)) for content in self._contents]
        for one in found:
            if one.takes(value):
                return one
        if isinstance(value, str) or is_raw(value):
            for one in found:
                if isinstance(one, JsonBody):
                    return one
        return self._representation(None, natural(value))

    def _as(self, media: MediaType, value: Any) -> Representation:
        """The representation for a Content-Type that the function gives."""
        found = self._representation(content_for(self._contents, media), media)
        return found if found.takes(value) or isinstance(value, str) else self._representation(None, natural(value))

    def _representation(self, content: Content | None, media: MediaType) -> Representation:
        place = "" if content is None else content.media_type, media.name
        found = self._representations.get(place)
        if found is None:
            key = self._answer.key if self._answer is not None else ""
            found = represent(self._operation, content, RESPONSE, media, key)
            if len(self._representations) < 100:  # functions may make media types up
                self._representations[place] = found
        return found

    def _guessed(self, name: str, content_type: str) -> str:
        """The media type that the name of a file says, where that is one of those declared, or none is."""
        guess = mimetypes.guess_type(name)[0]
        if guess == parse_media_type(content_type).name:  # which may have a charset too
            return content_type
        fits = guess and (not self._contents or content_for(self._contents, MediaType(guess, {})) is not None)
        return guess if guess and fits else content_type


_NUMBERS = frozenset(("integer", "number"))


def _is_number(schema: Node) -> bool:
    for _ in range(20):  # references to references
        if schema.ref is None:
            break
        schema = schema.file.files.resolve(schema, schema.ref)
    types = schema.value.get("type") if isinstance(schema.value, dict) else None
    return bool(_NUMBERS & {*(types if isinstance(types, list) else [types])})


def _is_swapped(result: tuple[object, ...]) -> bool:
    """May it be (status, value), the wrong way round? A number with headers looks the same."""
    first = result[0] if len(result) in {2, 3} else None
    return type(first) is int and 100 <= first <= 599 and (type(result[1]) is not int or result[1] < 100)


def _of_file(body: FileBody, given: set[str]) -> HeaderList:
    """What is known of a file: its length, and by what one sees that it has changed."""
    found: dict[str, str] = {}
    if body.size is not None:
        found["Content-Length"] = str(body.size)
    if body.stamp is not None:
        found["Last-Modified"] = http_date(datetime.fromtimestamp(body.stamp.changed, UTC))
        found["ETag"] = f'"{int(body.stamp.changed * 1e6):x}-{body.stamp.size:x}"'
    return [(name, text) for name, text in found.items() if name.lower() not in given]


def _unpacked(result: object, status: int) -> tuple[Any, int, Any]:
    """A function's result as (value, status, headers).

    Raises:
        TypeError: a tuple that is neither (value, status) nor (value, status, headers), or a status that ends no
            request: one below 200 announces another response, one above 599 is none (RFC 9110 section 15).
    """
    if not isinstance(result, tuple):
        return result, status, None
    if len(result) == 2 and _may_be_headers(result[1]):
        return result[0], status, result[1]
    if len(result) not in (2, 3) or not isinstance(result[1], int):
        raise TypeError(_NO_TUPLE)
    if isinstance(result[1], bool) or not 200 <= result[1] <= 599:
        raise TypeError(f"its status is {result[1]!r}; an answer has one from 200 to 599")
    return result[0], int(result[1]), result[2] if len(result) == 3 else None


_NO_TUPLE = (
    "a tuple means (value, status), (value, headers) or (value, status, headers), and it is none of these; "
    "for an array, return a list"
)


def _may_be_headers(given: object) -> bool:
    """None, a mapping or pairs, but no value that somebody meant to send beside another."""
    if isinstance(given, (list, tuple)):
        return all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in given)
    return given is None or isinstance(given, Mapping) or hasattr(given, "items")


class ResponseReader:
    """Reads the responses of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._found: dict[tuple[str, str], tuple[Representation, MediaType]] = {}

    def expect(self, response: Response) -> tuple[Representation, MediaType] | None:
        """What the document declares for a response; None for one without a body.

        Raises:
            PyMacaronException: it declares none such.
        """
        answer = self.operation.answer(response.status)
        if answer is None and self.operation.answers:  # a document that declares none leaves them open
            raise self._unexpected(f"the status {response.status} is not declared")
        header = header_of(response.headers, "content-type")
        if header is None and not response.body:
            return None
        key = answer.key if answer is not None else ""
        return self._found.get((key, header or "")) or self._select(answer, header)

    def __call__(self, response: Response) -> object:
        expected = self.expect(response)
        if expected is None:
            return None
        representation, media = expected
        try:
            value = representation.read(_source(response), media, None, None)
        except (BadRequestError, UnsupportedMediaTypeError) as error:
            raise self._broken(error) from error
        if isinstance(value, Items):
            return self._items(value)
        return None if value is ABSENT else value.read() if isinstance(value, BodyStream) else value

    def headers(self, response: Response) -> dict[str, Any]:
        """The values of the headers that the document declares, by their names there.

        Raises:
            TextFault: one that is not written as declared.
        """
        answer = self.operation.answer(response.status)
        declared_ones = answer.headers if answer is not None else ()
        return Headers(declared_ones, self.operation.shapes.schemas).read(response.headers)

    def _select(self, answer: Answer | None, header: str | None) -> tuple[Representation, MediaType]:
        contents, key = (answer.contents, answer.key) if answer is not None else ((), "")
        if header is not None:
            media = parse_media_type(header)
        else:
            media = declared(contents[0]) if contents else MediaType("application/json", {})
        content = content_for(contents, media)
        if content is None and contents:
            raise self._unexpected(f"status {key} with {header} is not declared")
        representation = represent(self.operation, content, RESPONSE, media, key)
        representation.prepare()
        if len(self._found) < 100:  # the other side may make boundaries up
            self._found[key, header or ""] = representation, media
        return representation, media

    def _items(self, items: Items) -> Iterator[Any]:
        try:
            yield from items
        except BadRequestError as error:
            raise self._broken(error) from error

    def _broken(self, error: PyMacaronException) -> PyMacaronException:
        return self._unexpected(f"the body breaks the document ({error})")

    def _unexpected(self, fact: str) -> PyMacaronException:
        return InternalServerError(f"{self.operation.api}: {self.operation.title} answered unexpectedly: {fact}")


def _source(response: Response) -> Any:
    return response.body if isinstance(response.body, bytes) else Joined(response.body)
