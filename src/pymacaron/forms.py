"""Form and multipart bodies: fields ⇄ the object that the document describes (OpenAPI 3.x, Media Type and Encoding
Objects; RFC 7578 for multipart)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import msgspec

from ._types import Json, ReadableStream
from .bodies import Part, Upload, kind_of, read_json, read_multipart, write_json
from .documents import Node
from .exceptions import InvalidJsonError
from .inputs import text_type
from .messages import ABSENT
from .operations import Content, Encoding
from .parameters import Codec, TextFault, codec, parse_query
from .schemas import REQUEST, Checker, SchemaProblem
from .shapes import Shapes
from .structs import encode_other

_BINARY = ("binary", "base64")


class FieldFault(Exception):
    """A field of a form cannot be read; `problem` says which and why."""

    def __init__(self, problem: SchemaProblem) -> None:
        super().__init__(problem.expected)
        self.problem = problem


class Form:
    """Reads and writes the fields of one form body."""

    def __init__(self, content: Content, shapes: Shapes, *, multipart: bool) -> None:
        self.multipart = multipart
        schemas = shapes.schemas
        nodes = shapes.properties(content.schema) if content.schema is not None else {}
        self.names = list(nodes)
        self.files = {name for name, node in nodes.items() if multipart and _is_file(schemas.at(node).node, shapes)}
        self._many = {name for name, node in nodes.items() if schemas.at(node).value.get("type") == "array"}
        self._json = {
            name for name, node in nodes.items() if _is_json(content.encodings.get(name), schemas.at(node).node, shapes)
        } - self.files
        known = frozenset(nodes)
        self._codecs: dict[str, Codec] = {
            name: _field_codec(name, node, content.encodings.get(name), shapes, known)
            for name, node in nodes.items()
            if name not in self._json and name not in self.files
        }
        self._content_types = {name: e.content_type for name, e in content.encodings.items() if e.content_type}
        self.checker = self._checker(content, shapes) if content.schema is not None else None

    def _checker(self, content: Content, shapes: Shapes) -> Checker:
        """The schema's validity, where a file passes for any value: what it holds is no JSON."""
        assert content.schema is not None
        schemas = shapes.schemas
        bundle = schemas.bundle(content.schema.node, REQUEST)
        properties = dict(bundle.get("properties", {}))
        for name in self.files & properties.keys():
            properties[name] = {"type": "array", **properties[name], "items": {}} if name in self._many else {}
        return Checker({**bundle, "properties": properties} if properties else bundle, schemas.draft, schemas.formats)

    def read(self, body: bytes | ReadableStream, boundary: str | None, limit: int | None) -> dict[str, Any]:
        """The fields as an object of JSON values and uploads.

        Raises:
            FieldFault: a field's text is not what its declaration wants.
            BadRequestError, PayloadTooLargeError: as read_multipart.
        """
        values: dict[str, Any] = {}
        if self.multipart:
            stream = io.BytesIO(body) if isinstance(body, bytes) else body
            fields = self._parts(read_multipart(stream, boundary, limit), values)
            for name in self.files - self._many:
                if isinstance(values.get(name), list):
                    raise FieldFault(SchemaProblem((name,), "type", "one file"))
        else:
            assert isinstance(body, bytes)
            fields = parse_query(body.decode("latin-1"))
        for name in self._json & fields.keys():
            values[name] = self._read_json(name, [unquote_plus(text) for text in fields[name]])
        claimed = set(self._json)
        for name, field in self._codecs.items():
            claimed.update(key for key in fields if field.claims(key))
            try:
                value = field.read(fields)
            except TextFault as fault:
                raise FieldFault(SchemaProblem((name,), fault.code, fault.expected)) from None
            if value is not ABSENT:
                values[name] = value
        for name in fields.keys() - claimed - values.keys():  # what the document does not name
            texts = [unquote_plus(text) for text in fields[name]]
            values[name] = texts[0] if len(texts) == 1 else texts
        return values

    def _parts(self, parts: list[Part], values: dict[str, Any]) -> dict[str, list[str]]:
        """Sort parts into uploads, which go to `values`, and text fields, given as a query's would be."""
        fields: dict[str, list[str]] = {}
        for part in parts:
            upload = part.upload
            if upload is None and part.name in self.files:
                upload = Upload(io.BytesIO(part.text or b""), None, part.content_type or "text/plain", part.name)
            if upload is not None and (part.name in self.files or part.name not in self._codecs):
                if part.name in self._json:
                    fields.setdefault(part.name, []).append(quote_plus(upload.read()))
                elif part.name in self._many or part.name in values:
                    values.setdefault(part.name, [])
                    if not isinstance(values[part.name], list):
                        values[part.name] = [values[part.name]]
                    values[part.name].append(upload)
                else:
                    values[part.name] = upload
            else:
                text = part.text if upload is None else upload.read()
                fields.setdefault(part.name, []).append(quote_plus(text or b""))
        return fields

    def _read_json(self, name: str, texts: list[str]) -> Json:
        try:
            values = [read_json(text.encode()) for text in texts]
        except InvalidJsonError:
            raise FieldFault(SchemaProblem((name,), "json", "a JSON text")) from None
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
        """The inverse of read, as parts; a form without files takes their names and texts."""
        parts: list[Part] = []
        for name, value in values.items():
            if value is None and name not in self._codecs:
                continue
            items = value if isinstance(value, (list, tuple)) and name in self._many else [value]
            if name in self.files:
                parts += [
                    Part(name, None, None, upload_of(name, item, self._content_types.get(name))) for item in items
                ]
            elif name in self._json:
                parts += [Part(name, "application/json", write_json(item), None) for item in items]
            elif name in self._codecs:
                parts += self._text_parts(name, value)
            else:
                parts += [Part(name, None, str(item).encode(), None) for item in items]
        return parts

    def _text_parts(self, name: str, value: Any) -> list[Part]:
        try:
            pairs = self._codecs[name].write(msgspec.to_builtins(value, enc_hook=encode_other))
        except TextFault as fault:
            raise FieldFault(SchemaProblem((name,), fault.code, fault.expected)) from None
        return [text_part(pair) for pair in pairs]


def text_part(pair: str) -> Part:
    """A "name=value" of a codec as a part."""
    key, _, text = pair.partition("=")
    return Part(unquote_plus(key), None, unquote_plus(text).encode(), None)


def upload_of(name: str, value: Any, content_type: str | None) -> Upload:
    """What a caller gives as a file: an Upload, bytes, or a binary file, whose name is kept."""
    if isinstance(value, Upload):
        return value
    stream = io.BytesIO(value) if isinstance(value, (bytes, bytearray)) else value
    filename = getattr(value, "name", None)
    return Upload(stream, str(filename) if filename else name, content_type or "application/octet-stream", name)


def _without_uploads(value: Any) -> Any:
    if isinstance(value, Upload):
        return ""
    return [_without_uploads(item) for item in value] if isinstance(value, list) else value


def _is_file(node: Node, shapes: Shapes) -> bool:
    """Is the property a file: `format: binary` (3.0), or content that is no text (3.1, "Working with Binary Data")?"""
    value = node.value if isinstance(node.value, dict) else {}
    if value.get("type") == "array" and isinstance(value.get("items"), dict):
        return _is_file(shapes.schemas.at(node.at("items")).node, shapes)
    if value.get("format") in _BINARY:
        return True
    media = value.get("contentMediaType")
    return isinstance(media, str) and kind_of(media.lower()) not in ("json", "text") and "contentEncoding" not in value


def _is_json(encoding: Encoding | None, node: Node, shapes: Shapes) -> bool:
    """Is the field written as JSON: by its encoding, or because it is an object and nothing says otherwise?"""
    if encoding is not None and encoding.content_type:
        return kind_of(encoding.content_type.split(",")[0].split(";")[0].strip().lower()) == "json"
    if encoding is not None and (encoding.style is not None or encoding.explode is not None):
        return False
    type_ = text_type(shapes.schemas, node)
    kinds = type_.items.kinds if type_.kinds == {"array"} and type_.items is not None else type_.kinds
    return "object" in kinds


def _field_codec(name: str, node: Node, encoding: Encoding | None, shapes: Shapes, known: frozenset[str]) -> Codec:
    style = encoding.style if encoding else None
    return codec(
        name, "form", style, encoding.explode if encoding else None, text_type(shapes.schemas, node),
        allow_reserved=encoding.allow_reserved if encoding else False, allow_empty=False, known_names=known,
    )  # fmt: skip
