"""OpenAPI 3.0, 3.1 and 3.2, which differ from one another in their JSON Schema draft and in additions."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import JsonObject
from pymacaron.documents import Node
from pymacaron.messages import ABSENT
from pymacaron.operations import HEADER, PATH, Answer, Content, Encoding, Header, Parameter, Positions
from pymacaron.schemas import OPENAPI_30, OPENAPI_31
from pymacaron.servers import server_3

from .dialect import METHODS, Dialect, Inputs, Reading, components, entries, flag, listed_parameters


def _inputs(reading: Reading) -> Inputs:
    parameters = [_parameter(reading, node) for node in listed_parameters(reading) if not _is_ignored(node)]
    body = reading.operation.get("requestBody")
    if body is None:
        return Inputs(parameters, (), False, None)
    body = body.follow()
    contents = tuple(_content(reading, media, node.follow()) for media, node in entries(body, "content"))
    return Inputs(parameters, contents, flag(body, "required"), body)


def _is_ignored(node: Node) -> bool:
    """Header parameters of these names are declared elsewhere and ignored (OpenAPI 3.x, Parameter Object, `name`)."""
    return node.value.get("in") == HEADER and node.value["name"].lower() in ("accept", "content-type", "authorization")


def _parameter(reading: Reading, node: Node) -> Parameter:
    value: JsonObject = node.value
    content = next(entries(node, "content"), None)
    if content is not None:
        media, place = content
        schema_node = place.follow().get("schema") or place.follow()
    else:
        media, schema_node = None, node.get("schema") or node
    schema = reading.schemas.at(schema_node)
    return Parameter(
        value["name"], value["in"], schema, node, argument="",
        required=flag(node, "required") or value["in"] == PATH, default=schema.value.get("default", ABSENT),
        style=value.get("style"), explode=value.get("explode"), allow_reserved=flag(node, "allowReserved"),
        allow_empty=flag(node, "allowEmptyValue"), content_type=media,
    )  # fmt: skip


def _content(reading: Reading, media: str, node: Node) -> Content:
    schema, item, schemas = node.get("schema"), node.get("itemSchema"), reading.schemas
    return Content(
        media, schemas.at(schema) if schema is not None else None, node, _encodings(reading, node),
        item_schema=schemas.at(item) if item is not None else None, positions=_positions(reading, node),
    )  # fmt: skip


def _encodings(reading: Reading, node: Node) -> dict[str, Encoding]:
    return {name: _encoding(reading, encoding) for name, encoding in entries(node, "encoding")}


def _positions(reading: Reading, node: Node) -> Positions | None:
    """`prefixEncoding` and `itemEncoding` (3.2)."""
    prefix, item = node.get("prefixEncoding"), node.get("itemEncoding")
    if prefix is None and item is None:
        return None
    listed = tuple(_encoding(reading, one) for one in prefix.elements()) if prefix is not None else ()
    return Positions(listed, _encoding(reading, item) if item is not None else None)


def _encoding(reading: Reading, node: Node) -> Encoding:
    return Encoding(
        node.value.get("contentType"), node.value.get("style"), node.value.get("explode"),
        allow_reserved=flag(node, "allowReserved"), headers=tuple(_headers(reading, node)),
        encodings=_encodings(reading, node), positions=_positions(reading, node),
    )  # fmt: skip


def _answer(reading: Reading, key: str, node: Node) -> Answer:
    contents = tuple(_content(reading, media, entry.follow()) for media, entry in entries(node, "content"))
    return Answer(key, contents, tuple(_headers(reading, node)), node)


def _headers(reading: Reading, node: Node) -> Iterator[Header]:
    for name, entry in entries(node, "headers"):
        header = entry.follow()
        content = next(entries(header, "content"), None)
        place = (content[1].follow() if content else header).get("schema")
        if place is not None and name.lower() != "content-type":  # Response and Encoding Object: it is ignored
            yield Header(
                name, reading.schemas.at(place), required=flag(header, "required"),
                explode=flag(header, "explode"), content_type=content[0] if content else None,
            )  # fmt: skip


OPENAPI3_0 = Dialect(
    "OpenAPI 3.0", OPENAPI_30, METHODS, components("components", "schemas"), server_3, _inputs, _answer,
    components("components", "securitySchemes"),
)  # fmt: skip
OPENAPI3_1 = OPENAPI3_0._replace(name="OpenAPI 3.1", draft=OPENAPI_31)
OPENAPI3_2 = OPENAPI3_1._replace(
    name="OpenAPI 3.2", methods=(*METHODS, "query"), more_methods="additionalOperations", schemes_by_uri=True
)
