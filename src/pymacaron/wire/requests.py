"""Requests: read by the server, written by the client."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from pymacaron._types import Json, json_pointer
from pymacaron.bodies import (
    BINARY,
    FORM,
    JSON,
    MULTIPART,
    TEXT,
    BodyStream,
    MediaType,
    Part,
    Upload,
    kind_of,
    parse_media_type,
    read_all,
    read_json,
    read_multipart,
    read_text,
    write_json,
    write_multipart,
)
from pymacaron.exceptions import Problem, UnsupportedMediaTypeError, ValidationError
from pymacaron.forms import FieldFault, Form, field_text, text_part, upload_part
from pymacaron.inputs import InputFault, Inputs
from pymacaron.messages import ABSENT, Arguments, Request
from pymacaron.operations import FORM as FORM_FIELD
from pymacaron.operations import Content, Operation
from pymacaron.parameters import parse_query
from pymacaron.schemas import REQUEST, Checker, SchemaProblem
from pymacaron.shapes import Shape
from pymacaron.structs import fields_of, finish

_FORM_TYPE, _MULTIPART_TYPE = "application/x-www-form-urlencoded", "multipart/form-data"


# Up to this many bytes a JSON body is checked in the way that finds every problem at once: for a valid body that costs
# a tenth more than the mere question, for a faulty one it saves asking twice.
_ONE_PASS = 4096
# Up to this many bytes every problem is told, then the first. Three bytes can be a problem, which takes 7 µs to find:
# a faulty body must not cost a hundred times what a right one costs.
_EVERY_PROBLEM = 256 * 1024


class BodyReader:
    """One representation of a request body, compiled."""

    def __init__(self, operation: Operation, content: Content, kind: str) -> None:
        self.kind = kind
        self.content = content
        self.shape: Shape | None = None
        self.form: Form | None = None
        self._checker: Checker | None = None
        self._convert: Callable[[Json], Any] = _unchanged
        name = "".join(part.capitalize() for part in operation.name.split("_")) + "Body"
        if content.schema is not None:
            self.shape = operation.shapes.of(content.schema, name)
            self._convert = self._finished if self.shape.must_finish() else self.shape.convert
            if kind in (JSON, TEXT):
                self._checker = content.schema.checker(REQUEST)
        if kind in (FORM, MULTIPART):
            self.form = Form(content, operation.shapes, multipart=kind == MULTIPART)

    def value(self, value: Json, size: int) -> Any:
        """The Python value of what came in `size` bytes.

        Raises:
            ValidationError: it breaks the schema.
        """
        checker = self._checker
        if checker is not None and (size <= _ONE_PASS or not checker.is_valid(value)):
            problems = checker.problems(value) if size <= _EVERY_PROBLEM else checker.first_problems(value)
            if problems:
                raise ValidationError(problems=[_in_body(problem) for problem in problems])
        return self._convert(value)

    def fields(self, values: dict[str, Any]) -> Any:
        """The Python value of a form's fields.

        Raises:
            ValidationError: they break the schema.
        """
        assert self.form is not None
        problems = self.form.problems(values)
        if problems:
            raise ValidationError(problems=[_in_body(problem) for problem in problems])
        return self._convert(values)

    def _finished(self, value: Json) -> Any:
        assert self.shape is not None
        result = self.shape.convert(value)
        finish(result)
        return result


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
        self._bodies = [BodyReader(operation, c, kind_of(name_of(c))) for c in operation.contents]
        self._files = [p for p in operation.parameters if p.is_file]
        self._form_fields = operation.has_form_fields
        self._by_header: dict[str, tuple[BodyReader, MediaType]] = {}

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
            raw = read_all(request.body, self.max_body, announced(request))
            if not raw:
                return self._no_body()
            charset = media.parameters.get("charset") if media.parameters else None
            return body.value(read_json(raw, charset), len(raw))
        if body.form is not None:
            return self._read_form(body, request, media)
        if body.kind == TEXT:
            raw = read_all(request.body, self.max_body, announced(request))
            return body.value(read_text(raw, media.parameters.get("charset")), len(raw))
        return self._stream(request, media)

    def _no_body(self) -> Any:
        if self.operation.body_required:
            raise ValidationError(problems=[Problem("body", "", "required", "a body, since it is required")])
        return ABSENT

    def _stream(self, request: Request, media: MediaType) -> BodyStream:
        if self.max_body is not None and (announced(request) or 0) > self.max_body:
            read_all(request.body, self.max_body, announced(request))
        stream = io.BytesIO(request.body) if isinstance(request.body, bytes) else request.body
        return BodyStream(stream, media.name, self.max_body)

    def _read_form(self, body: BodyReader, request: Request, media: MediaType) -> Any:
        assert body.form is not None
        try:
            values = body.form.read(*self._form_source(body, request, media))
        except FieldFault as fault:
            raise ValidationError(problems=[_in_body(problem) for problem in fault.problems]) from None
        return body.fields(values)

    def _form_source(self, body: BodyReader, request: Request, media: MediaType) -> tuple[Any, str | None, int | None]:
        if body.kind == FORM:
            return read_all(request.body, self.max_body, announced(request)), None, self.max_body
        if (announced(request) or 0) > (self.max_body or float("inf")):
            read_all(request.body, self.max_body, announced(request))
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
                problems.append(Problem(FORM_FIELD, parameter.name, "required", "a file, since it is required"))
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
        many = {parameter.name: parameter.schema.value.get("type") == "array" for parameter in self._files}
        for part in read_multipart(stream, boundary, limit):
            if part.name in many:
                upload = part.upload or Upload(io.BytesIO(part.text or b""), None, "text/plain", part.name)
                if many[part.name]:
                    uploads.setdefault(part.name, []).append(upload)
                elif part.name in uploads:
                    raise ValidationError(problems=[Problem(FORM_FIELD, part.name, "type", "one file")])
                else:
                    uploads[part.name] = upload
            else:
                text = part.text if part.upload is None else part.upload.read()
                fields.setdefault(part.name, []).append(field_text(text or b""))
        return fields, uploads

    def _select(self, header: str | None) -> tuple[BodyReader, MediaType]:
        """The declared representation for a Content-Type; the most specific declaration wins (OpenAPI 3.x, Request
        Body Object).

        Raises:
            UnsupportedMediaTypeError: there is none.
        """
        if header is None:
            if len(self._bodies) == 1:
                return self._bodies[0], MediaType(name_of(self._bodies[0].content), {})
            raise UnsupportedMediaTypeError(f"The request has a body but no Content-Type; send {self._listed()}")
        media = parse_media_type(header)
        group = media.name.partition("/")[0] + "/*"
        for wanted in (media.name, group, "*/*", "*"):
            for body in self._bodies:
                if name_of(body.content) == wanted:
                    chosen = body if "*" not in wanted else self._of_range(body, media)
                    if len(self._by_header) < 64:  # clients choose boundaries: the memory has an end
                        self._by_header[header] = chosen, media
                    return chosen, media
        raise UnsupportedMediaTypeError(f"This operation does not take that Content-Type; send {self._listed()}")

    def _of_range(self, body: BodyReader, media: MediaType) -> BodyReader:
        """A range such as */* stands for any codec: the one of the media type that came."""
        return body if body.kind == media.kind else BodyReader(self.operation, body.content, media.kind)

    def _listed(self) -> str:
        return " or ".join(body.content.media_type for body in self._bodies)


def announced(request: Request) -> int | None:
    """The Content-Length in bytes, None where there is none."""
    text = request.headers.get("content-length")
    return int(text) if text else None


def name_of(content: Content) -> str:
    """The media type or range that a representation is declared for, in lower case, without parameters."""
    return content.media_type.partition(";")[0].strip().lower()


class RequestWriter:
    """Writes the requests of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._inputs = Inputs(operation)
        self._bodies = [BodyReader(operation, c, kind_of(name_of(c))) for c in operation.contents]
        # a path key may end in "?a=b" or "#a=b", by which operations of one path are told apart (see router.py)
        self._route, *fixed = re.split("[?#&]", operation.path)
        self._fixed = [pair for pair in fixed if pair]
        self._known = {parameter.argument for parameter in operation.parameters}
        self._files = {parameter.argument: parameter.name for parameter in operation.parameters if parameter.is_file}
        self._path, self._fixed = _route(operation)

    def __call__(self, arguments: Arguments) -> Request:
        unknown = arguments.parameters.keys() - self._known
        if unknown:
            names = ", ".join(sorted(self._known)) or "none"
            raise TypeError(f"{self.operation.name}() has no parameter {min(unknown)!r}; it has {names}")
        plain = {name: value for name, value in arguments.parameters.items() if name not in self._files}
        try:
            written = self._inputs.write(plain)
        except InputFault as fault:
            raise ValidationError(problems=fault.problems) from None
        headers = {name.lower(): text for name, text in written.headers}
        if written.cookies:
            headers["cookie"] = "; ".join(written.cookies)
        body = self._body(arguments, written.form, headers)
        if isinstance(body, bytes) and body:
            headers["content-length"] = str(len(body))
        path = self._path
        for name, text in written.path.items():
            path = path.replace("{" + name + "}", text)
        return Request(self.operation.method, path, "&".join([*self._fixed, *written.query]), headers, body)

    def _body(self, arguments: Arguments, form: list[str], headers: dict[str, str]) -> Any:
        files = [(name, arguments.parameters[a]) for a, name in self._files.items() if a in arguments.parameters]
        if form or files:
            return self._form_fields(form, files, headers)
        if arguments.body is ABSENT:
            if self.operation.body_required and self._bodies and self._bodies[0].content.schema is not None:
                raise ValidationError(problems=[Problem("body", "", "required", "a body, since it is required")])
            return b""
        if not self._bodies:
            raise TypeError(f"{self.operation.name}() takes no body")
        return self._represented(self._bodies[0], arguments.body, headers)

    def _form_fields(self, form: list[str], files: list[tuple[str, Any]], headers: dict[str, str]) -> Any:
        if not files and any(body.kind == FORM for body in self._bodies):
            headers["content-type"] = _FORM_TYPE
            return "&".join(form).encode()
        parts = [text_part(pair) for pair in form]
        for name, value in files:
            items = value if isinstance(value, (list, tuple)) else [value]
            parts += [upload_part(name, item, None) for item in items]
        return _multipart(parts, headers)

    def _represented(self, body: BodyReader, value: Any, headers: dict[str, str]) -> Any:
        name = name_of(body.content)
        # a document may have it as a parameter, which says it then
        headers.setdefault("content-type", name if "*" not in name else "application/json")
        if body.form is not None:
            fields = dict(value) if isinstance(value, dict) else fields_of(value)
            try:
                if body.kind == MULTIPART:
                    return _multipart(body.form.write(fields), headers)
                return "&".join(body.form.write_pairs(fields)).encode()
            except FieldFault as fault:
                raise ValidationError(problems=[_in_body(problem) for problem in fault.problems]) from None
        if body.kind == TEXT and isinstance(value, str):
            return value.encode()
        if body.kind == BINARY and "*" not in name:
            return bytes(value) if isinstance(value, (bytes, bytearray)) else value.read()
        raw = write_json(body.shape.dump(value) if body.shape is not None else value)
        body.value(read_json(raw), len(raw))  # raises if it breaks the schema
        return raw


_TAIL = re.compile(r"[?#](?![^{]*\})")  # outside of braces


def _route(operation: Operation) -> tuple[str, list[str]]:
    """(the path that is sent, what its query always holds): some documents tell the operations of one route apart by
    parts after "?" or "#"."""
    route, *tails = _TAIL.split(operation.path)
    given = {parameter.name for parameter in operation.parameters}
    parts = [part for tail in tails for part in tail.split("&")]
    return route, [part for part in parts if "{" not in part and part.partition("=")[0] not in {"", *given}]


def _multipart(parts: list[Part], headers: dict[str, str]) -> Any:
    boundary = os.urandom(16).hex()
    headers["content-type"] = f"{_MULTIPART_TYPE}; boundary={boundary}"
    return write_multipart(parts, boundary)
