"""Two inverse pairs: Python values ⇄ messages. The server uses one half of each, the client the other.

    write_request(operation, arguments) -> Request      client, going out
    read_request(operation, request) -> Arguments       server, coming in
    write_response(operation, result) -> Response       server, going out
    read_response(operation, response) -> object        client, coming in

What can be worked out before the first message is worked out once per operation, by the four classes behind them.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ._types import HeaderList, Json, json_pointer
from .answers import declared_content
from .bodies import (
    BINARY,
    FORM,
    JSON,
    MULTIPART,
    TEXT,
    BodyStream,
    MediaType,
    Part,
    kind_of,
    parse_media_type,
    read_all,
    read_json,
    read_multipart,
    read_text,
    write_json,
    write_multipart,
)
from .exceptions import (
    BadRequestError,
    InternalServerError,
    Problem,
    PyMacaronError,
    PyMacaronException,
    UnsupportedMediaTypeError,
    ValidationError,
)
from .forms import FieldFault, Form
from .inputs import InputFault, Inputs
from .messages import ABSENT, Arguments, Request, Response
from .operations import Answer, Content, Operation
from .operations import FORM as FORM_FIELD
from .parameters import parse_query
from .schemas import REQUEST, RESPONSE, SchemaProblem
from .shapes import Shape
from .structs import finish

_FORM_TYPE, _MULTIPART_TYPE = "application/x-www-form-urlencoded", "multipart/form-data"


def write_request(operation: Operation, arguments: Arguments) -> Request:
    """The request that calls `operation` with `arguments`.

    Raises:
        ValidationError: an argument breaks the document.
        TypeError: an argument that the operation does not have.
    """
    writer = operation.compiled.get("write_request")
    if writer is None:
        writer = operation.compiled["write_request"] = RequestWriter(operation)
    return writer(arguments)


def read_request(operation: Operation, request: Request) -> Arguments:
    """What a request calls `operation` with.

    Raises:
        ValidationError: the request breaks the document; every problem in every location.
        InvalidJsonError, UnsupportedMediaTypeError, PayloadTooLargeError, BadRequestError: the body cannot be read.
    """
    reader = operation.compiled.get("read_request")
    if reader is None:
        reader = operation.compiled["read_request"] = RequestReader(operation)
    return reader(request)


def write_response(operation: Operation, result: object) -> Response:
    """The response that says `result`: a value, (value, status) or (value, status, headers).

    Raises:
        ResultFault: the result cannot be written.
    """
    writer = operation.compiled.get("write_response")
    if writer is None:
        writer = operation.compiled["write_response"] = ResponseWriter(operation)
    return writer(result)


def read_response(operation: Operation, response: Response) -> object:
    """What a response says: a model, list, text, bytes or None.

    Raises:
        PyMacaronException: the response is none that the document declares, or breaks it.
    """
    reader = operation.compiled.get("read_response")
    if reader is None:
        reader = operation.compiled["read_response"] = ResponseReader(operation)
    return reader(response)


# -- requests ---------------------------------------------------------------------------------------------------------


class _Body:
    """One representation of a request body, compiled."""

    def __init__(self, operation: Operation, content: Content, kind: str) -> None:
        self.kind = kind
        self.content = content
        self.shape: Shape | None = None
        self.finish = False
        self.form: Form | None = None
        self.convert: Callable[[Json], Any] = _unchanged
        self.is_valid: Callable[[Json], bool] | None = None
        name = "".join(part.capitalize() for part in operation.name.split("_")) + "Body"
        if content.schema is not None:
            self.shape = operation.shapes.of(content.schema, name)
            self.finish = self.shape.must_finish()
            self.convert = self.shape.convert
            if kind in (JSON, TEXT):
                self.is_valid = content.schema.checker(REQUEST).is_valid
        if kind in (FORM, MULTIPART):
            self.form = Form(content, operation.shapes, multipart=kind == MULTIPART)

    def problems(self, value: Json) -> list[Problem]:
        assert self.content.schema is not None
        return [_in_body(p) for p in self.content.schema.checker(REQUEST).problems(value)]


def _unchanged(value: Json) -> Json:
    return value


def _in_body(problem: SchemaProblem) -> Problem:
    return Problem("body", json_pointer(problem.path)[:500], problem.code, problem.expected)


class RequestReader:
    """Reads the requests of one operation.

    Args:
        strict_query: refuse query parameters that the document does not declare.
        max_body: how many bytes a body may have, None for any number.
    """

    def __init__(self, operation: Operation, *, strict_query: bool = False, max_body: int | None = None) -> None:
        self.operation = operation
        self.max_body = max_body
        self._inputs = Inputs(operation, strict_query=strict_query) if operation.parameters or strict_query else None
        self._bodies = [_Body(operation, c, kind_of(_name_of(c))) for c in operation.contents]
        self._files = [p for p in operation.parameters if p.is_file]
        self._form_fields = any(p.location == FORM_FIELD for p in operation.parameters)
        self._by_header: dict[str, tuple[_Body, MediaType]] = {}

    def __call__(self, request: Request) -> Arguments:
        if self._form_fields:
            return self._read_form_fields(request)
        if self._inputs is None:
            return Arguments(self._body(request) if self._bodies else ABSENT, {})
        try:
            parameters = self._inputs.read(request)
        except InputFault as fault:
            raise ValidationError(problems=[*fault.problems, *self._body_problems(request)]) from None
        return Arguments(self._body(request) if self._bodies else ABSENT, parameters)

    def _body_problems(self, request: Request) -> tuple[Problem, ...]:
        """What is wrong with the body too, when a parameter was."""
        try:
            if self._bodies:
                self._body(request)
        except ValidationError as error:
            return error.problems
        return ()

    def _body(self, request: Request) -> Any:
        if not request.body:
            return self._no_body()
        header = request.headers.get("content-type")
        body, media = self._by_header.get(header or "") or self._select(header)
        if body.kind == JSON:
            raw = read_all(request.body, self.max_body, _announced(request))
            if not raw:
                return self._no_body()
            value = read_json(raw, media.parameters.get("charset") if media.parameters else None)
            if body.is_valid is None or body.finish:
                return self._converted(body, value)
            if not body.is_valid(value):
                raise ValidationError(problems=body.problems(value))
            return body.convert(value)
        if body.form is not None:
            return self._read_form(body, request, media)
        if body.kind == TEXT:
            raw = read_all(request.body, self.max_body, _announced(request))
            return self._converted(body, read_text(raw, media.parameters.get("charset")))
        return self._stream(request, media)

    def _converted(self, body: _Body, value: Json) -> Any:
        if body.is_valid is not None and not body.is_valid(value):
            raise ValidationError(problems=body.problems(value))
        result = body.convert(value)
        if body.finish:
            finish(result)
        return result

    def _no_body(self) -> Any:
        if self.operation.body_required:
            raise ValidationError(problems=[Problem("body", "", "required", "a body: it is required")])
        return ABSENT

    def _stream(self, request: Request, media: MediaType) -> BodyStream:
        if self.max_body is not None and (_announced(request) or 0) > self.max_body:
            read_all(request.body, self.max_body, _announced(request))
        stream = io.BytesIO(request.body) if isinstance(request.body, bytes) else request.body
        return BodyStream(stream, media.name, self.max_body)

    def _read_form(self, body: _Body, request: Request, media: MediaType) -> Any:
        assert body.form is not None
        try:
            values = body.form.read(*self._form_source(body, request, media))
        except FieldFault as fault:
            raise ValidationError(problems=[_in_body(fault.problem)]) from None
        problems = body.form.problems(values)
        if problems:
            raise ValidationError(problems=[_in_body(problem) for problem in problems])
        result = body.shape.convert(values) if body.shape is not None else values
        if body.finish:
            finish(result)
        return result

    def _form_source(
        self, body: _Body, request: Request, media: MediaType
    ) -> tuple[Any, str | None, int | None]:
        if body.kind == FORM:
            return read_all(request.body, self.max_body, _announced(request)), None, self.max_body
        if (_announced(request) or 0) > (self.max_body or float("inf")):
            read_all(request.body, self.max_body, _announced(request))
        return request.body, media.parameters.get("boundary"), self.max_body

    def _read_form_fields(self, request: Request) -> Arguments:
        """Swagger 2.0's formData: fields are parameters, passed by keyword."""
        assert self._inputs is not None or self._files
        fields, uploads = self._fields(request)
        problems: list[Problem] = []
        parameters: dict[str, Any] = {}
        if self._inputs is not None:
            try:
                parameters = self._inputs.read(request, fields)
            except InputFault as fault:
                problems = fault.problems
        for parameter in self._files:
            if parameter.name in uploads:
                parameters[parameter.argument] = uploads[parameter.name]
            elif parameter.required:
                problems.append(Problem(FORM_FIELD, parameter.name, "required", "a file: it is required"))
        if problems:
            raise ValidationError(problems=problems)
        return Arguments(ABSENT, parameters)

    def _fields(self, request: Request) -> tuple[Mapping[str, list[str]], dict[str, Any]]:
        header = request.headers.get("content-type")
        if not request.body:
            return {}, {}
        body, media = self._by_header.get(header or "") or self._select(header)
        raw, boundary, limit = self._form_source(body, request, media)
        if body.kind == FORM:
            return parse_query(raw.decode("latin-1")), {}
        stream = io.BytesIO(raw) if isinstance(raw, bytes) else raw
        fields: dict[str, list[str]] = {}
        uploads: dict[str, Any] = {}
        names = {parameter.name for parameter in self._files}
        for part in read_multipart(stream, boundary, limit):
            if part.upload is not None and part.name in names:
                uploads[part.name] = part.upload
            else:
                text = part.text if part.upload is None else part.upload.read()
                fields.setdefault(part.name, []).append(quote(text or b"", safe=""))
        return fields, uploads

    def _select(self, header: str | None) -> tuple[_Body, MediaType]:
        """The declared representation for a Content-Type; the most specific declaration wins (OpenAPI 3.x, Request
        Body Object).

        Raises:
            UnsupportedMediaTypeError: there is none.
        """
        if header is None:
            if len(self._bodies) == 1:
                return self._bodies[0], MediaType(_name_of(self._bodies[0].content), {})
            raise UnsupportedMediaTypeError(f"The request has a body but no Content-Type; send {self._listed()}")
        media = parse_media_type(header)
        group = media.name.partition("/")[0] + "/*"
        for wanted in (media.name, group, "*/*", "*"):
            for body in self._bodies:
                if _name_of(body.content) == wanted:
                    chosen = body if "*" not in wanted else self._of_range(body, media)
                    if len(self._by_header) < 64:  # clients choose boundaries: the memory has an end
                        self._by_header[header] = chosen, media
                    return chosen, media
        raise UnsupportedMediaTypeError(f"This operation does not take that Content-Type; send {self._listed()}")

    def _of_range(self, body: _Body, media: MediaType) -> _Body:
        """A range such as */* stands for any codec: the one of the media type that came."""
        return body if body.kind == media.kind else _Body(self.operation, body.content, media.kind)

    def _listed(self) -> str:
        return " or ".join(body.content.media_type for body in self._bodies)


def _announced(request: Request) -> int | None:
    text = request.headers.get("content-length")
    return int(text) if text else None


def _name_of(content: Content) -> str:
    return content.media_type.partition(";")[0].strip().lower()


class RequestWriter:
    """Writes the requests of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._inputs = Inputs(operation)
        self._bodies = [_Body(operation, c, kind_of(_name_of(c))) for c in operation.contents]
        self._known = {parameter.argument for parameter in operation.parameters}
        self._files = {parameter.argument: parameter.name for parameter in operation.parameters if parameter.is_file}

    def __call__(self, arguments: Arguments) -> Request:
        unknown = arguments.parameters.keys() - self._known
        if unknown:
            raise TypeError(
                f"{self.operation.name}() has no parameter {sorted(unknown)[0]!r}; it has {', '.join(sorted(self._known))}"
            )
        plain = {name: value for name, value in arguments.parameters.items() if name not in self._files}
        try:
            written = self._inputs.write(plain)
        except InputFault as fault:
            raise ValidationError(problems=fault.problems) from None
        headers = {name.lower(): text for name, text in written.headers}
        if written.cookies:
            headers["cookie"] = "; ".join(written.cookies)
        body = self._body(arguments, written.form, headers)
        if body:
            headers["content-length"] = str(len(body))
        path = self.operation.path.partition("?")[0]
        for name, text in written.path.items():
            path = path.replace("{" + name + "}", text)
        return Request(self.operation.method, path, "&".join(written.query), headers, body)

    def _body(self, arguments: Arguments, form: list[str], headers: dict[str, str]) -> bytes:
        files = [(name, arguments.parameters[a]) for a, name in self._files.items() if a in arguments.parameters]
        if form or files:
            return self._form_fields(form, files, headers)
        if arguments.body is ABSENT:
            if self.operation.body_required and self._bodies and self._bodies[0].content.schema is not None:
                raise ValidationError(problems=[Problem("body", "", "required", "a body: it is required")])
            return b""
        if not self._bodies:
            raise TypeError(f"{self.operation.name}() takes no body")
        return self._represented(self._bodies[0], arguments.body, headers)

    def _form_fields(self, form: list[str], files: list[tuple[str, Any]], headers: dict[str, str]) -> bytes:
        if not files and any(body.kind == FORM for body in self._bodies):
            headers["content-type"] = _FORM_TYPE
            return "&".join(form).encode()
        from .forms import _text_part, _upload

        parts = [_text_part(pair) for pair in form]
        parts += [Part(name, None, None, _upload(name, value, None)) for name, value in files]
        return _multipart(parts, headers)

    def _represented(self, body: _Body, value: Any, headers: dict[str, str]) -> bytes:
        name = _name_of(body.content)
        headers["content-type"] = name if "*" not in name else "application/json"
        if body.form is not None:
            fields = {k: value[k] for k in value} if isinstance(value, dict) else _fields_of(value)
            parts = body.form.write(fields)
            if body.kind == MULTIPART:
                return _multipart(parts, headers)
            return "&".join(f"{quote(p.name)}={quote(p.text or b'')}" for p in parts).encode()
        if body.kind == TEXT and isinstance(value, str):
            return value.encode()
        if body.kind == BINARY and "*" not in name:
            return bytes(value) if isinstance(value, (bytes, bytearray)) else value.read()  # type: ignore[no-any-return]
        raw = write_json(body.shape.dump(value) if body.shape is not None else value)
        if body.is_valid is not None and not body.is_valid(read_json(raw)):
            raise ValidationError(problems=body.problems(read_json(raw)))
        return raw


def _fields_of(model: Any) -> dict[str, Any]:
    return {name: model[name] for name in model.get_property_names() if name in model}


def _multipart(parts: list[Part], headers: dict[str, str]) -> bytes:
    boundary = os.urandom(16).hex()
    headers["content-type"] = f"{_MULTIPART_TYPE}; boundary={boundary}"
    return write_multipart(parts, boundary)


# -- responses --------------------------------------------------------------------------------------------------------

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
            media = _name_of(content) if content is not None else None
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
        yield piece if isinstance(piece, bytes) else piece.encode() if isinstance(piece, str) else write_json(piece) + b"\n"


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
