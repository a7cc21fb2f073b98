"""Form and multipart bodies: fields ⇄ the object that the document describes (OpenAPI 3.x, Media Type and Encoding
Objects; RFC 7578 for multipart)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from ._types import Json, ReadableStream
from .bodies import (
    JSON,
    TEXT,
    MediaType,
    Part,
    Upload,
    charset_of_form,
    kind_of,
    parse_media_type,
    part_text,
    read_json,
    read_multipart,
    specificity,
    split_outside_quotes,
    write_json,
)
from .documents import Node
from .exceptions import InvalidJsonError, UnsupportedMediaTypeError
from .headers import Headers
from .inputs import plain, text_type
from .messages import ABSENT
from .operations import Content, Encoding
from .parameters import Codec, TextFault, codec, parse_query
from .schemas import REQUEST, Checker, SchemaProblem
from .shapes import Shapes

_BINARY = ("binary", "base64")


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
        self.files = {name for name, node in nodes.items() if multipart and _is_file(schemas.at(node).node, shapes)}
        self._many = {name for name, node in nodes.items() if schemas.at(node).value.get("type") == "array"}
        self.json_names = {
            name for name, node in nodes.items() if _is_json(content.encodings.get(name), schemas.at(node).node, shapes)
        } - self.files
        known = frozenset(nodes)
        self._codecs: dict[str, Codec] = {
            name: _field_codec(name, node, content.encodings.get(name), shapes, known)
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
            fields = parse_query(body.decode("latin-1"))
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
                values[name] = self._read_json(name, [_decoded(text) for text in fields[name]])
            except InvalidJsonError:
                problems.append(SchemaProblem((name,), "json", "a JSON text"))
        for name, field in self._codecs.items():
            claimed.update(key for key in fields if field.claims(key))
            try:
                value = field.read(fields)
            except TextFault as fault:
                problems.append(SchemaProblem((name,), fault.code, fault.expected))
            else:
                _put(values, name, value)
        for name in fields.keys() - claimed - values.keys():  # what the document does not name
            texts = [_decoded(text) for text in fields[name]]
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
                self._add_text(part, charset, fields, problems)
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

    def _add_text(
        self, part: Part, charset: str | None, fields: dict[str, list[str]], problems: list[SchemaProblem]
    ) -> None:
        try:
            text = part_text(part, charset)
        except (UnicodeError, UnsupportedMediaTypeError):
            expected = "text of the charset that is named, which is UTF-8 if none is"
            problems.append(SchemaProblem((part.name,), "encoding", expected))
        else:
            fields.setdefault(part.name, []).append(field_text(text.encode()))

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
            return self._codecs[name].write(plain(value))  # type: ignore[no-any-return]
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


class Demands:
    """What an Encoding Object asks of the parts of one property: one of some media types, and headers.

    Attributes:
        content_type: what is written, None where the document names none, or a range.
    """

    def __init__(self, encoding: Encoding, shapes: Shapes) -> None:
        listed = split_outside_quotes(encoding.content_type or "", ",")
        self._ranges: list[MediaType] = [parse_media_type(text) for text in listed if text.strip()]
        self._headers = Headers(encoding.headers, shapes.schemas) if encoding.headers else None
        concrete = next((media for media in self._ranges if not media.is_range), None)
        self.content_type = str(concrete) if concrete is not None else None

    def problems(self, part: Part) -> Iterable[SchemaProblem]:
        """What is wrong with a part. One that does not say what it is, is what it should be."""
        if self._ranges and part.content_type is not None:
            media = parse_media_type(part.content_type)
            if not any(specificity(wanted, media) for wanted in self._ranges):
                expected = f"a part of the type {' or '.join(map(str, self._ranges))}"
                yield SchemaProblem((part.name,), "contentType", expected)
        if self._headers is not None:
            for fact in self._headers.problems(list(part.headers.items())):
                yield SchemaProblem((part.name,), "header", fact)


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    if value is not ABSENT:
        values[name] = value


def field_text(text: bytes) -> str:
    """The text of a part as the codecs read it from a query: encoded, but for delimiters, which are what they seem."""
    return quote(text, safe=",|")


def text_part(pair: str) -> Part:
    """A "name=value" of a codec as a part."""
    key, _, text = pair.partition("=")
    return Part(unquote_plus(key), None, unquote_plus(text).encode(), None)


def upload_part(name: str, value: Any, content_type: str | None) -> Part:
    """A file as a part."""
    return Part(name, None, None, upload_of(name, value, content_type))


def upload_of(name: str, value: Any, content_type: str | None) -> Upload:
    """What a caller gives as a file: an Upload, bytes, or a binary file, whose name is kept."""
    if isinstance(value, Upload):
        return value
    stream = io.BytesIO(value) if isinstance(value, (bytes, bytearray)) else value
    filename = getattr(value, "name", None)
    return Upload(stream, str(filename) if filename else name, content_type or "application/octet-stream", name)


def _decoded(raw: str) -> str:
    """A field's text; bytes that were not percent-encoded are UTF-8, and are here as Latin-1."""
    return unquote_plus(raw if raw.isascii() else raw.encode("latin-1", "replace").decode("utf-8", "replace"))


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
    return isinstance(media, str) and kind_of(media.lower()) not in (JSON, TEXT) and "contentEncoding" not in value


def _is_json(encoding: Encoding | None, node: Node, shapes: Shapes) -> bool:
    """Is the field written as JSON: by its encoding, or because it is an object and nothing says otherwise?"""
    if encoding is not None and encoding.content_type:
        return parse_media_type(encoding.content_type.split(",")[0]).kind == JSON
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
