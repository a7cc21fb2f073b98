"""What a document says of one field of a form."""

from __future__ import annotations

from collections.abc import Iterable

from pymacaron.bodies import JSON, TEXT, MediaType, Part, kind_of, parse_media_type, specificity, split_outside_quotes
from pymacaron.documents import Node
from pymacaron.headers import Headers
from pymacaron.inputs import text_type
from pymacaron.operations import Encoding
from pymacaron.parameters import Codec, codec
from pymacaron.schemas import SchemaProblem
from pymacaron.shapes import Shapes

_BINARY = ("binary", "base64")


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


def is_file(node: Node, shapes: Shapes) -> bool:
    """Is the property a file: `format: binary` (3.0), or content that is no text (3.1, "Working with Binary Data")?"""
    value = node.value if isinstance(node.value, dict) else {}
    if value.get("type") == "array" and isinstance(value.get("items"), dict):
        return is_file(shapes.schemas.at(node.at("items")).node, shapes)
    if value.get("format") in _BINARY:
        return True
    media = value.get("contentMediaType")
    return isinstance(media, str) and kind_of(media.lower()) not in (JSON, TEXT) and "contentEncoding" not in value


def is_json(encoding: Encoding | None, node: Node, shapes: Shapes) -> bool:
    """Is the field written as JSON: by its encoding, or because it is an object and nothing says otherwise?"""
    if encoding is not None and encoding.content_type:
        return parse_media_type(encoding.content_type.split(",")[0]).kind == JSON
    if encoding is not None and (encoding.style is not None or encoding.explode is not None):
        return False
    type_ = text_type(shapes.schemas, node)
    kinds = type_.items.kinds if type_.kinds == {"array"} and type_.items is not None else type_.kinds
    return "object" in kinds


def field_codec(name: str, node: Node, encoding: Encoding | None, shapes: Shapes, known: frozenset[str]) -> Codec:
    style = encoding.style if encoding else None
    return codec(
        name, "form", style, encoding.explode if encoding else None, text_type(shapes.schemas, node),
        allow_reserved=encoding.allow_reserved if encoding else False, allow_empty=False, known_names=known,
    )  # fmt: skip
