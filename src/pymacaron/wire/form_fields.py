"""The fields of forms as Swagger 2.0 has them: parameters of their own, passed by keyword."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any

from pymacaron.bodies import (
    FORM,
    Part,
    Upload,
    charset_of_form,
    declared_media_type,
    kind_of,
    read_all,
    read_form_text,
    read_multipart,
    write_multipart,
)
from pymacaron.exceptions import Problem
from pymacaron.forms import add_text, text_part, upload_part
from pymacaron.operations import FORM as FIELD
from pymacaron.operations import Operation
from pymacaron.parameters import parse_query

from .request_bodies import Opened

_LONGEST_NAME = 500  # of one that a caller sent, as far as it is told
_FORM_TYPE, _MULTIPART_TYPE = "application/x-www-form-urlencoded", "multipart/form-data"


class Fields:
    """What came in a form.

    Attributes:
        texts: as parameters.parse_query gives them. `files`: uploads, and lists of them, by field.
        problems: what is wrong with files and texts as such.
    """

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.files: dict[str, Any] = {}
        self.problems: list[Problem] = []


class FormFields:
    """Reads and writes the form fields of one operation."""

    def __init__(self, operation: Operation) -> None:
        self._files = [parameter for parameter in operation.parameters if parameter.is_file]
        self._many = {parameter.name: parameter.schema.value.get("type") == "array" for parameter in self._files}
        self._is_urlencoded = any(
            kind_of(declared_media_type(content.media_type).name) == FORM for content in operation.contents
        )

    def read(self, opened: Opened | None, limit: int | None) -> tuple[Fields, dict[str, Any]]:
        """(the fields, the arguments that are files); None is a form without fields."""
        fields = Fields()
        if opened is not None:
            self._collect(opened, limit, fields)
        arguments: dict[str, Any] = {}
        for parameter in self._files:
            if parameter.name in fields.files:
                arguments[parameter.argument] = fields.files[parameter.name]
            elif parameter.required:
                expected = "a file (required)"
                fields.problems.append(Problem(FIELD, parameter.name, "required", expected))
        return fields, arguments

    def _collect(self, opened: Opened, limit: int | None, fields: Fields) -> None:
        representation, media, body, size = opened
        if representation.kind == FORM:
            fields.texts = parse_query(read_form_text(read_all(body, limit, size)))
            return
        stream = io.BytesIO(body) if isinstance(body, bytes) else body
        boundary = media.parameters.get("boundary")
        parts = read_multipart(stream, boundary, limit, self._many.__contains__)
        charset = charset_of_form(parts)
        for part in parts:
            if part.name in self._many and part.upload is not None:
                self._add_file(part.upload, fields)
            else:
                self._add_text(part, charset, fields)

    def _add_file(self, upload: Upload, fields: Fields) -> None:
        if self._many[upload.name]:
            fields.files.setdefault(upload.name, []).append(upload)
        elif upload.name in fields.files:
            fields.problems.append(Problem(FIELD, upload.name, "type", "one file"))
        else:
            fields.files[upload.name] = upload

    @staticmethod
    def _add_text(part: Part, charset: str | None, fields: Fields) -> None:
        fault = add_text(part, charset, fields.texts)
        if fault is not None:
            fields.problems.append(Problem(FIELD, part.name[:_LONGEST_NAME], fault.code, fault.expected))

    def write(self, pairs: list[str], arguments: Mapping[str, Any], headers: dict[str, str]) -> Any:
        """The inverse of read: the body, None if there is nothing to send; `headers` gets its Content-Type."""
        files = [
            (one.name, arguments[one.argument]) for one in self._files if arguments.get(one.argument) is not None
        ]  # fmt: skip
        if not files and (self._is_urlencoded or not pairs):
            headers.update({"content-type": _FORM_TYPE} if pairs else {})
            return "&".join(pairs).encode() if pairs else None
        parts = [text_part(pair) for pair in pairs]
        for name, value in files:
            items = value if isinstance(value, (list, tuple)) else [value]
            parts += [upload_part(name, item, None) for item in items]
        boundary = os.urandom(16).hex()
        headers["content-type"] = f"{_MULTIPART_TYPE}; boundary={boundary}"
        return write_multipart(parts, boundary)
