"""Form and multipart bodies: fields ⇄ the object that the document describes (OpenAPI 3.x, Media Type and Encoding
Objects; RFC 7578 for multipart)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from pymacaron._types import Json, ReadableStream
from pymacaron.bodies import (
    Part,
    Upload,
    charset_of_form,
    read_form_text,
    read_json,
    read_multipart,
    write_json,
)
from pymacaron.exceptions import InvalidJsonError
from pymacaron.inputs import plain
from pymacaron.messages import ABSENT
from pymacaron.operations import Content
from pymacaron.parameters import Codec, TextFault, parse_query, unquote_query
from pymacaron.schemas import REQUEST, Checker, SchemaProblem
from pymacaron.shapes import Shapes

from .declared import Demands, field_codec, is_file, is_json
from .parts import add_text, field_text, text_part, upload_part

__all__ = ["FieldFault", "Form", "add_text", "text_part", "upload_part"]


class FieldFault(Exception):
    """Fields of a form cannot be read, or written; `problems` says which and why."""

    def __init__(self, problems: list[SchemaProblem]) -> None:
        super().__init__("; ".join(problem.expected for problem in problems))
        self.problems = problems


class Form:
    """Reads and writes the fields of one form body.

    Args:
        view: whether it is part of a request or of a response.

    Attributes:
        names: of the fields that the document declares; `files` and `json_names` are those of files and of JSON.
        checker: the validity of all fields together, None where the document leaves them open.
    """

    def __init__(self, content: Content, shapes: Shapes, *, multipart: bool, view: str = REQUEST) -> None:
        self.multipart = multipart
        self._view = view
        schemas = shapes.schemas
        nodes = shapes.properties(content.schema) if content.schema is not None else {}
        self.names = list(nodes)
        self.files = {name for name, node in nodes.items() if multipart and is_file(schemas.at(node).node, shapes)}
        self._many = {name for name, node in nodes.items() if schemas.at(node).value.get("type") == "array"}
        self.json_names = {
            name for name, node in nodes.items() if is_json(content.encodings.get(name), schemas.at(node).node, shapes)
        } - self.files
        known = frozenset(nodes)
        self._codecs: dict[str, Codec] = {
            name: field_codec(name, node, content.encodings.get(name), shapes, known)
            for name, node in nodes.items()
            if name not in self.json_names and name not in self.files
        }
        self._demands = {name: Demands(encoding, shapes) for name, encoding in content.encodings.items()}
        self.checker = self._checker(content, shapes) if content.schema is not None else None

    def _checker(self, content: Content, shapes: Shapes) -> Checker:
        """The schema's validity, where a file passes for any value: what it holds is no JSON."""
        assert content.schema is not None
        schemas = shapes.schemas
        bundle = schemas.bundle(content.schema.node, self._view)
        properties = dict(bundle.get("properties", {}))
        for name in self.files & properties.keys():
            properties[name] = {"type": "array", **properties[name], "items": {}} if name in self._many else {}
        return Checker({**bundle, "properties": properties} if properties else bundle, schemas.draft, schemas.formats)

    def read(self, body: bytes | ReadableStream, boundary: str | None, limit: int | None) -> dict[str, Any]:
        """The fields as an object of JSON values and uploads.

        Raises:
            FieldFault: with every problem, where a field's text is not what its declaration wants.
            BadRequestError, PayloadTooLargeError: as read_multipart.
        """
        values: dict[str, Any] = {}
        problems: list[SchemaProblem] = []
        if self.multipart:
            stream = io.BytesIO(body) if isinstance(body, bytes) else body
            parts = read_multipart(stream, boundary, limit, self.files.__contains__)
            fields = self._sorted(parts, values, problems)
        else:
            assert isinstance(body, bytes)
            fields = parse_query(read_form_text(body))
        self._read_fields(fields, values, problems)
        if problems:
            faulty = {problem.path[0] for problem in problems}
            others = [problem for problem in self.problems(values) if not faulty.intersection(problem.path[:1])]
            raise FieldFault(problems + others)
        return values

    def _read_fields(
        self, fields: Mapping[str, list[str]], values: dict[str, Any], problems: list[SchemaProblem]
    ) -> None:
        claimed = set(self.json_names)
        for name in self.json_names & fields.keys():
            try:
                values[name] = self._read_json(name, [unquote_query(text) for text in fields[name]])
            except TextFault as fault:
                problems.append(SchemaProblem((name,), fault.code, fault.expected))
            except InvalidJsonError:
                problems.append(SchemaProblem((name,), "json", "a JSON text"))
        for name, field in self._codecs.items():
            claimed.update(key for key in fields if field.claims(key))
            try:
                value = field.read(fields)
            except TextFault as fault:
                problems.append(SchemaProblem((name,), fault.code, fault.expected))
                continue
            if value is not ABSENT:
                values[name] = value
        for name in fields.keys() - claimed - values.keys():  # what the document does not name
            try:
                texts = [unquote_query(text) for text in fields[name]]
            except TextFault as fault:
                problems.append(SchemaProblem((name,), fault.code, fault.expected))
            else:
                values[name] = texts[0] if len(texts) == 1 else texts

    def _sorted(self, parts: list[Part], values: dict[str, Any], problems: list[SchemaProblem]) -> dict[str, list[str]]:
        """Sort parts into uploads, which go to `values`, and text fields, given as a query's would be."""
        fields: dict[str, list[str]] = {}
        charset = charset_of_form(parts)
        for part in parts:
            if part.name == "_charset_" and part.name not in self.names:
                continue  # RFC 7578 section 4.6: it says how the others are written
            demands = self._demands.get(part.name)
            if demands is not None:
                problems += demands.problems(part)
            if part.upload is not None and self._stays_upload(part.name):
                self._add_upload(part.name, part.upload, values)
            else:
                problem = add_text(part, charset, fields)
                problems += [problem] if problem is not None else []
        for name in self.files - self._many:
            if isinstance(values.get(name), list):
                problems.append(SchemaProblem((name,), "type", "one file"))
        return fields

    def _stays_upload(self, name: str) -> bool:
        return name in self.files or name not in self.names

    def _add_upload(self, name: str, upload: Upload, values: dict[str, Any]) -> None:
        if name not in self._many and name not in values:
            values[name] = upload
            return
        listed = values.setdefault(name, [])
        if not isinstance(listed, list):
            listed = values[name] = [listed]
        listed.append(upload)

    def _read_json(self, name: str, texts: list[str]) -> Json:
        values = [read_json(text.encode()) for text in texts]
        if name in self._many and not (len(values) == 1 and isinstance(values[0], list)):
            return values
        return values[0] if len(values) == 1 else values

    def problems(self, values: Mapping[str, Any]) -> list[SchemaProblem]:
        """What is wrong with an object of fields; files are not looked into."""
        if self.checker is None:
            return []
        shown = {name: _without_uploads(value) for name, value in values.items()}
        return [] if self.checker.is_valid(shown) else self.checker.problems(shown)

    def write(self, values: Mapping[str, Any]) -> list[Part]:
        """The inverse of read for a multipart body.

        Raises:
            FieldFault: a value that no text can carry.
        """
        return [part for name, value in values.items() for part in self._parts_of(name, value)]

    def content_type(self, name: str) -> str | None:
        """What the document has the part of a field be; None where it names none, or a range."""
        demands = self._demands.get(name)
        return demands.content_type if demands is not None else None

    def _parts_of(self, name: str, value: Any) -> list[Part]:
        media = self.content_type(name)
        items = self._items(name, value)
        if name in self.files or any(isinstance(item, Upload) for item in items):
            return [upload_part(name, item, media) for item in items]
        if name in self._codecs:
            return [part._replace(content_type=media) for part in self._text_parts(name, value)]
        media = "application/json" if name in self.json_names and media is None else media
        return [Part(name, media, text, None) for text in self._texts(name, value)]

    def write_pairs(self, values: Mapping[str, Any]) -> list[str]:
        """The inverse of read for an urlencoded body: its "name=value" pieces.

        Raises:
            FieldFault: a value that no text can carry.
        """
        pairs: list[str] = []
        for name, value in values.items():
            if name in self._codecs:
                pairs += self._pairs(name, value)
            else:
                pairs += [f"{quote_plus(name)}={quote_plus(text)}" for text in self._texts(name, value)]
        return pairs

    def _items(self, name: str, value: Any) -> list[Any]:
        if name in self._many and isinstance(value, list | tuple):
            return list(value)
        return [] if value is None and name not in self.json_names else [value]

    def _texts(self, name: str, value: Any) -> list[bytes]:
        """The texts of a field that is JSON, or that the document does not name."""
        as_json = name in self.json_names
        items = self._items(name, value) if as_json or not isinstance(value, list | tuple) else value
        return [write_json(item) if as_json or not isinstance(item, str) else item.encode() for item in items]

    def _pairs(self, name: str, value: Any) -> list[str]:
        try:
            return self._codecs[name].write(plain(value))  # type: ignore[no-any-return]  # codecs are Any
        except TextFault as fault:
            raise FieldFault([SchemaProblem((name,), fault.code, fault.expected)]) from None

    def _text_parts(self, name: str, value: Any) -> list[Part]:
        parts = [text_part(pair) for pair in self._pairs(name, value)]
        fields: dict[str, list[str]] = {}
        for part in parts:
            fields.setdefault(part.name, []).append(field_text(part.text or b""))
        if len(parts) == 1 and self._codecs[name].read(fields) != plain(value):
            # nothing is percent-encoded in a part: a delimiter in an item would split it
            raise FieldFault([SchemaProblem((name,), "delimiter", "items without the delimiter of their style")])
        return parts


def _without_uploads(value: Any) -> Any:
    if isinstance(value, Upload):
        return ""
    return [_without_uploads(item) for item in value] if isinstance(value, list) else value
