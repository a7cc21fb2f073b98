"""Swagger 2.0, which says things its own way: bodies and fields of forms are parameters, schemas stand beside names."""

from __future__ import annotations

from pymacaron._types import JsonObject
from pymacaron.documents import Node
from pymacaron.messages import ABSENT
from pymacaron.operations import FORM, Answer, Content, Header, Parameter
from pymacaron.schemas import SWAGGER_20
from pymacaron.servers import server_2

from .dialect import METHODS, Dialect, Inputs, Reading, components, entries, flag, listed_parameters

JSON = "application/json"
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def _inputs(reading: Reading) -> Inputs:
    parameters: list[Parameter] = []
    body: Node | None = None
    for node in listed_parameters(reading):
        if node.value.get("in") == "body":
            body = node
        else:
            parameters.append(_parameter(reading, node))
    consumes = _media_types(reading, "consumes")
    if body is not None:
        schema = reading.schemas.at(body.at("schema")) if "schema" in body.value else None
        contents = tuple(Content(media, schema, body) for media in consumes or [JSON])
        # "they cannot exist together for the same operation" (Swagger 2.0, Parameter Object); the check warns of it
        parameters = [parameter for parameter in parameters if parameter.location != FORM]
        return Inputs(parameters, contents, flag(body, "required"), body)
    form = [parameter for parameter in parameters if parameter.location == FORM]
    if not form:
        return Inputs(parameters, (), False, None)
    forms = [media for media in consumes if media.lower() in (URLENCODED, MULTIPART)]
    if any(parameter.is_file for parameter in form):
        forms = [MULTIPART]  # Swagger 2.0, Parameter Object: a file needs multipart/form-data
    contents = tuple(Content(media, None, reading.operation) for media in forms or [URLENCODED, MULTIPART])
    return Inputs(parameters, contents, any(parameter.required for parameter in form), reading.operation)


def _parameter(reading: Reading, node: Node) -> Parameter:
    value: JsonObject = node.value
    location = FORM if value["in"] == "formData" else value["in"]
    return Parameter(
        value["name"], location, reading.schemas.at(node), node, argument="", required=flag(node, "required"),
        default=value.get("default", ABSENT), allow_empty=flag(node, "allowEmptyValue"),
        collection_format=value.get("collectionFormat", "csv"), is_file=_is_file(reading, value),
    )  # fmt: skip


def _is_file(reading: Reading, value: JsonObject) -> bool:
    """Is a parameter a file? Documents also write binary text for that, or a list of it, in a multipart form."""
    listed = value.get("items") if value.get("type") == "array" else None
    item = listed if isinstance(listed, dict) else value
    if item.get("type") == "string" and item.get("format") == "binary" and value["in"] == "formData":
        return MULTIPART in _media_types(reading, "consumes")
    return item.get("type") == "file"


def _media_types(reading: Reading, key: str) -> list[str]:
    given = reading.operation.value.get(key, reading.root.value.get(key))
    return [media for media in given if isinstance(media, str)] if isinstance(given, list) else []


def _answer(reading: Reading, key: str, node: Node) -> Answer:
    schema_node = node.get("schema")
    contents: tuple[Content, ...] = ()
    if schema_node is not None:
        is_file = isinstance(schema_node.value, dict) and schema_node.value.get("type") == "file"
        schema = None if is_file else reading.schemas.at(schema_node)
        media_types = _media_types(reading, "produces") or ["*/*" if is_file else JSON]
        contents = tuple(Content(media, schema, node) for media in media_types)
    headers = tuple(_header(reading, name, header) for name, header in entries(node, "headers"))
    return Answer(key, contents, headers, node)


def _header(reading: Reading, name: str, node: Node) -> Header:
    collection_format = node.value.get("collectionFormat", "csv")
    return Header(name, reading.schemas.at(node), required=False, collection_format=collection_format)


SWAGGER2 = Dialect(
    "Swagger 2.0", SWAGGER_20, METHODS[:7], components("definitions"), server_2, _inputs, _answer,
    components("securityDefinitions"),
)  # fmt: skip
