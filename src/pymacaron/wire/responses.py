"""Responses: written by the server, read by the client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron._types import HeaderList, json_pointer
from pymacaron.answers import declared_content
from pymacaron.bodies import BINARY, JSON, TEXT, MediaType, kind_of, parse_media_type, read_json, read_text, write_json
from pymacaron.exceptions import BadRequestError, InternalServerError, PyMacaronError, PyMacaronException
from pymacaron.messages import Response
from pymacaron.operations import Answer, Operation
from pymacaron.schemas import RESPONSE
from pymacaron.shapes import Shape

_UNWRITABLE = (TypeError, NotImplementedError, ValueError, RecursionError)
_JSON_HEADER = ("Content-Type", "application/json")


class ResultFault(PyMacaronError):
    """A function returned what cannot be written. A mistake in the service, which its callers are not told of."""


class ResponseWriter:
    """Writes the results of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.status = operation.success_status
        answer = operation.answer(self.status)
        self._answers: dict[int, tuple[str | None, Shape | None]] = {}
        media, shape = self._representation(self.status, answer)
        # most results are a model, dict or list, written as JSON, with the usual status
        self.is_plain = media == "application/json" and shape is None

    def _representation(self, status: int, answer: Answer | None) -> tuple[str | None, Shape | None]:
        """The media type that results of a status are written as, and the shape that must write them, if one must."""
        found = self._answers.get(status)
        if found is None:
            content = next(iter(answer.contents), None) if answer is not None else None
            media = parse_media_type(content.media_type).name if content is not None else None
            shape = None
            special = bool(self.operation.shapes.schemas.formats.custom)  # only these are written by the shape
            if special and content is not None and content.schema is not None and kind_of(media or "") == JSON:
                shape = self.operation.shapes.of(content.schema, self._name(status))
                shape = shape if shape.must_dump() else None
            found = self._answers[status] = media, shape
        return found

    def _name(self, status: int) -> str:
        stem = "".join(part.capitalize() for part in self.operation.name.split("_"))
        return f"{stem}Response" if status == self.status else f"{stem}Response{status}"

    def plain(self, result: object) -> Response:
        """The response for a model, dict or list, where `is_plain`."""
        try:
            return Response(self.status, [_JSON_HEADER], write_json(result))
        except _UNWRITABLE as error:
            raise self._fault(error) from error

    def __call__(self, result: object) -> Response:
        value, status, headers = _unpacked(result, self.status)
        media, shape = self._representation(status, self.operation.answer(status))
        given = next((text for name, text in headers if name.lower() == "content-type"), None)
        body, chosen = self._body(value, given or media, media is not None, shape)
        if chosen is not None and given is None:
            headers = [("Content-Type", chosen), *headers]
        return Response(status, headers, body)

    def _body(self, value: Any, media: str | None, declared: bool, shape: Shape | None) -> tuple[Any, str | None]:
        """(the body, its Content-Type)."""
        kind = kind_of(parse_media_type(media).name) if media is not None else ""
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value), media if media and "*" not in media else "application/octet-stream"
        if value is None and not declared:
            return b"", None
        if isinstance(value, str) and kind != JSON:
            return value.encode(), _with_charset(media if kind == TEXT and media and "*" not in media else "text/html")
        if hasattr(value, "read"):
            return _chunks(value), media if media and "*" not in media else "application/octet-stream"
        if isinstance(value, Iterator):
            return _encoded_chunks(value), media if media and "*" not in media else "application/octet-stream"
        return self._json(value, shape), media if kind == JSON and media else "application/json"

    def _json(self, value: Any, shape: Shape | None) -> bytes:
        try:
            return write_json(shape.dump(value) if shape is not None else value)
        except _UNWRITABLE as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> ResultFault:
        return ResultFault(f"The result of {self.operation.title} cannot be written as JSON: {error}")


def _with_charset(media: str) -> str:
    return media if "charset" in media else f"{media}; charset=utf-8"


def _chunks(stream: Any) -> Iterator[bytes]:
    try:
        while chunk := stream.read(64 * 1024):
            yield chunk
    finally:
        close = getattr(stream, "close", None)
        if close is not None:
            close()


def _encoded_chunks(pieces: Iterator[Any]) -> Iterator[bytes]:
    for piece in pieces:
        yield (
            piece
            if isinstance(piece, bytes)
            else piece.encode()
            if isinstance(piece, str)
            else write_json(piece) + b"\n"
        )


def _unpacked(result: object, status: int) -> tuple[Any, int, HeaderList]:
    """A function's result as (value, status, headers).

    Raises:
        ResultFault: a tuple that is neither (value, status) nor (value, status, headers).
    """
    if not isinstance(result, tuple):
        return result, status, []
    if len(result) == 2 and not isinstance(result[1], int):
        value, given = result
        return value, status, _header_list(given)
    if len(result) not in (2, 3) or not isinstance(result[1], int):
        raise ResultFault("An operation returned a tuple that is neither (value, status) nor (value, status, headers)")
    return result[0], int(result[1]), _header_list(result[2]) if len(result) == 3 else []


def _header_list(given: Any) -> HeaderList:
    if given is None:
        return []
    pairs = given.items() if hasattr(given, "items") else given
    out: HeaderList = []
    for name, value in pairs:
        values = value if isinstance(value, (list, tuple)) else [value]
        out += [(str(name), str(item)) for item in values]
    return out


class ResponseReader:
    """Reads the responses of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._shapes: dict[tuple[str, str], Shape] = {}

    def __call__(self, response: Response) -> object:
        answer = self.operation.answer(response.status)
        raw = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        header = next((text for name, text in response.headers if name.lower() == "content-type"), None)
        media = parse_media_type(header) if header else None
        if answer is None or (answer.contents and media is not None and declared_content(answer, media.name) is None):
            raise self._unexpected(f"status {response.status} with {header or 'no Content-Type'} is not declared")
        if not raw and not (answer.contents and media is not None and media.kind in (TEXT, BINARY)):
            return None
        kind = media.kind if media is not None else JSON
        if kind == TEXT:
            return read_text(raw, media.parameters.get("charset") if media else None)
        if kind != JSON:
            return raw
        return self._json(answer, media, raw)

    def _json(self, answer: Answer, media: MediaType | None, raw: bytes) -> object:
        try:
            value = read_json(raw)
        except BadRequestError as error:
            raise self._unexpected("the body is no JSON") from error
        content = declared_content(answer, media.name) if media is not None else next(iter(answer.contents), None)
        if content is None or content.schema is None:
            return value
        checker = content.schema.checker(RESPONSE)
        if not checker.is_valid(value):
            places = ", ".join(f"{json_pointer(p.path) or '/'}: {p.expected}" for p in checker.problems(value)[:5])
            raise self._unexpected(f"the body breaks the document ({places})")
        stem = "".join(part.capitalize() for part in self.operation.name.split("_"))
        return self.operation.shapes.of(content.schema, f"{stem}Response{answer.key}").convert(value)

    def _unexpected(self, fact: str) -> PyMacaronException:
        return InternalServerError(f"{self.operation.api}: {self.operation.title} answered unexpectedly: {fact}")
