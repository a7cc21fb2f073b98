"""The versions of OpenAPI as values: each knows how to read operations out of its documents into our `Operation`.

Swagger 2.0 says things its own way; OpenAPI 3.0, 3.1 and 3.2 differ from one another in their JSON Schema draft and in
additions. Nothing below this room knows which version a document has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ._types import Json, JsonObject
from .documents import DocumentFault, Files, Node
from .formats import Formats
from .messages import ABSENT
from .names import python_name, snake_case
from .operations import (
    COOKIE,
    FORM,
    HEADER,
    PATH,
    QUERY,
    QUERYSTRING,
    Answer,
    Content,
    Encoding,
    Header,
    Operation,
    Parameter,
    Positions,
    Scheme,
)
from .schemas import OPENAPI_30, OPENAPI_31, SWAGGER_20, Draft, Schemas
from .shapes import Models, Shapes

# What may stand on an operation, its path or the document; the nearest wins.
EXTENSIONS = frozenset((
    "x-bind-server", "x-no-bind-server", "x-bind-client", "x-decorate-server", "x-decorate-request", "x-handlers",
    "x-slow-ms", "x-timeout-ms", "x-max-body", "x-rate-limit", "x-etag", "x-idempotent", "x-async",
))  # fmt: skip
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_JSON = "application/json"
_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class Document:
    """One API's document, read.

    Attributes:
        name: of the API. path: of the file. title, version: from `info`.
        root: the document as written. files: what it was read from.
        operations: all of them. schemas, shapes, models: of this API.
        security_schemes: the declared ones by name, as written.
        base_path: what prefixes every path, "" or "/v1".
    """

    def __init__(
        self, name: str, root: Node, files: Files, formats: Formats, *, dialect: Dialect, base_path: str
    ) -> None:
        self.name = name
        self.path = root.file.path
        self.root = root
        self.files = files
        self.dialect = dialect
        self.base_path = base_path
        info = root.value.get("info")
        self.info: JsonObject = info if isinstance(info, dict) else {}
        self.schemas = Schemas(files, dialect.draft, formats)
        self.named = {**_named_elsewhere(root, files), **dict(dialect.named(root))}
        self.shapes = Shapes(self.schemas, name, self.named, os.path.dirname(root.file.path))
        self.models = Models(self.shapes, self._make_models)
        self.operations: tuple[Operation, ...] = ()

    def _make_models(self) -> None:
        """Make the models of all schemas, also of those without a name, which are called after where they stand."""
        self.shapes.make_named()
        for operation in self.operations:
            for parameter in operation.parameters:
                self.shapes.of(parameter.schema, operation.argument_model_name(parameter))
            bodies = [("", operation.contents), *((key, one.contents) for key, one in operation.answers.items())]
            for key, content in ((key, content) for key, contents in bodies for content in contents):
                for schema in (content.schema, content.item_schema):
                    if schema is not None:
                        self.shapes.of(schema, operation.model_name(key))

    @property
    def title(self) -> str:
        return str(self.info.get("title", self.name))

    @property
    def version(self) -> str:
        return str(self.info.get("version", ""))

    @property
    def security_schemes(self) -> Mapping[str, Node]:
        return dict(self.dialect.security_schemes(self.root))

    def security_scheme(self, name: str) -> Scheme | None:
        """The scheme that a security requirement names; None if there is none. From 3.2 on the name may also be a
        reference (OpenAPI 3.2, Security Requirement Object)."""
        node = self.security_schemes.get(name)
        try:
            if node is None and self.dialect is OPENAPI3_2:
                node = self.files.resolve(self.root, name)
            return None if node is None else _scheme(name, node.follow())
        except DocumentFault:
            return None

    def __repr__(self) -> str:
        return f"<Document {self.name} ({self.dialect.name}, {len(self.operations)} operations)>"


_TELLING = frozenset(("type", "properties", "allOf", "anyOf", "oneOf", "enum"))


def _named_elsewhere(root: Node, files: Files) -> dict[str, Node]:
    """The schemas of other files that references lead to, named after the last step of the reference: for
    `common/types.yaml#/Money` that is Money, for `money.yaml` money."""
    found: dict[str, Node] = {}
    for file in list(files.opened.values()) if len(files.opened) > 1 else ():
        for ref in _references(file.value):
            if file.path == root.file.path and ref.startswith("#"):
                continue
            try:
                target = files.resolve(file.root, ref).follow()
            except DocumentFault:
                continue  # the document's check has told, if it matters
            stem = os.path.splitext(os.path.basename(target.file.path))[0]
            name = str(target.pointer[-1]) if target.pointer else stem
            elsewhere = target.file.path != root.file.path and "://" not in target.file.path
            if _is_schema(target.value) and name.isidentifier() and elsewhere:
                found.setdefault(name, target)
    return found


def _references(value: Json) -> Iterator[str]:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            ref = current.get("$ref")
            if isinstance(ref, str):
                yield ref
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _is_schema(value: Json) -> bool:
    """Is it a schema, and no parameter, header or response, which hold one?"""
    return isinstance(value, dict) and not _TELLING.isdisjoint(value) and not {"in", "schema", "content"} & value.keys()


class Dialect(NamedTuple):
    """A version of OpenAPI: what its schemas speak, and how its parts are read."""

    name: str
    draft: Draft
    methods: tuple[str, ...]
    named: Callable[[Node], Iterator[tuple[str, Node]]]
    base_path: Callable[[Node], str]
    inputs: Callable[[Reading], Inputs]
    answer: Callable[[Reading, str, Node], Answer]
    security_schemes: Callable[[Node], Iterator[tuple[str, Node]]]


class Inputs(NamedTuple):
    parameters: list[Parameter]
    contents: tuple[Content, ...]
    body_required: bool
    body_node: Node | None


class Reading(NamedTuple):
    """What the reader of one operation has at hand."""

    document: Document
    item: Node
    operation: Node

    def schemas(self) -> Schemas:
        return self.document.schemas


def read_document(files: Files, root: Node, name: str, formats: Formats, *, ignore_base_path: bool = False) -> Document:
    """Read an OpenAPI document whose grammar has been checked.

    Raises:
        ReferenceFault: a reference that leads nowhere.
    """
    dialect = dialect_of(root.value)
    base = "" if ignore_base_path else dialect.base_path(root)
    document = Document(name, root, files, formats, dialect=dialect, base_path=base)
    document.operations = tuple(_operations(document))
    return document


def dialect_of(root: JsonObject) -> Dialect:
    """The dialect that a document names in `swagger` or `openapi`; a later 3.x is read as the newest known."""
    if str(root.get("swagger", "")).startswith("2."):
        return SWAGGER2
    version = str(root.get("openapi", ""))
    return OPENAPI3_0 if version.startswith("3.0") else OPENAPI3_1 if version.startswith("3.1") else OPENAPI3_2


def _operations(document: Document) -> Iterator[Operation]:
    paths = document.root.get("paths")
    if paths is None or not isinstance(paths.value, dict):
        return
    for path, item in paths.items():
        if not path.startswith("/"):
            continue  # x-... of the Paths Object
        if item.ref is not None:
            item = _merged_item(item)
        for method, node in _methods(item, document.dialect):
            yield _operation(document, path, method, item, node)


def _merged_item(item: Node) -> Node:
    """Where a Path Item refers to; itself if it says things beside the reference, which OpenAPI leaves open."""
    return item.follow() if not any(method in item.value for method in METHODS) else item


def _methods(item: Node, dialect: Dialect) -> Iterator[tuple[str, Node]]:
    for method in dialect.methods:
        node = item.get(method)
        if node is not None and isinstance(node.value, dict):
            yield method.upper(), node
    more = item.get("additionalOperations") if dialect is OPENAPI3_2 else None
    if more is not None and isinstance(more.value, dict):
        yield from more.items()


def _operation(document: Document, path: str, method: str, item: Node, node: Node) -> Operation:
    dialect = document.dialect
    reading = Reading(document, item, node)
    inputs = dialect.inputs(reading)
    _name_arguments(inputs.parameters)
    answers = _Answers(reading)
    operation_id = node.value.get("operationId")
    extensions = _extensions(document.root, item, node)
    security = node.value.get("security", document.root.value.get("security"))
    return Operation(
        api=document.name, method=method, path=_prefixed(document, reading, path), operation_id=operation_id,
        name=_client_name(extensions, operation_id, method, path), parameters=tuple(inputs.parameters),
        contents=inputs.contents, body_required=inputs.body_required, body_node=inputs.body_node, answers=answers,
        security=security, extensions=extensions, node=node, shapes=document.shapes,
    )  # fmt: skip


class _Answers(Mapping[str, Answer]):
    """The declared responses of an operation by status key, each read when it is asked for: most never are."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        responses = reading.operation.get("responses")
        self._nodes = {
            key.upper() if key != "default" else key: node
            for key, node in (responses.items() if responses is not None else ())
            if not key.startswith("x-")
        }
        self._read: dict[str, Answer] = {}

    def __getitem__(self, key: str) -> Answer:
        answer = self._read.get(key)
        if answer is None:
            node = self._nodes[key].follow()
            answer = self._read[key] = self._reading.document.dialect.answer(self._reading, key, node)
        return answer

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


def _prefixed(document: Document, reading: Reading, path: str) -> str:
    base = document.base_path
    if document.dialect is not SWAGGER2 and base is not None:
        for place in (reading.operation, reading.item):
            if place.get("servers") is not None and document.dialect.base_path(document.root) == base:
                base = _server_path(place)
                break
    return base + path


def _extensions(root: Node, item: Node, node: Node) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for place in (root, item, node):
        value: JsonObject = place.value
        for key in value.keys() & EXTENSIONS:
            found[key] = value[key]
    return found


def _client_name(extensions: Mapping[str, Json], operation_id: Any, method: str, path: str) -> str:
    given = extensions.get("x-bind-client")
    if isinstance(given, str):
        return given
    if isinstance(operation_id, str) and operation_id:
        dotted = operation_id.rpartition(".")[2]
        return snake_case(dotted if dotted and operation_id.replace(".", "").isidentifier() else operation_id)
    return snake_case(method.lower() + "_" + path.replace("{", "").replace("}", ""))


def _name_arguments(parameters: list[Parameter]) -> None:
    """Give each parameter a Python keyword of its own: of two that would share one, the later is suffixed with its
    location."""
    taken: set[str] = set()
    for parameter in parameters:
        name = python_name(parameter.name)
        if name in taken:
            name = f"{name}_{parameter.location}"
        plain, number = name, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        parameter.argument = name


def _listed_parameters(reading: Reading) -> list[Node]:
    """The parameters of an operation: those of its path, replaced or extended by its own (Path Item Object)."""
    found: dict[tuple[Json, Json], Node] = {}
    for place in (reading.item, reading.operation):
        listed = place.get("parameters")
        if listed is not None and isinstance(listed.value, list):
            for node in listed.elements():
                target = node.follow()
                found[target.value.get("name"), target.value.get("in")] = target
    return list(found.values())


def _default(schemas: Schemas, node: Node) -> Json:
    value = schemas.at(node).value
    return value.get("default", ABSENT)


def _flag(node: Node, key: str) -> bool:
    return node.value.get(key) is True


# -- Swagger 2.0 ------------------------------------------------------------------------------------------------------


def _inputs_2(reading: Reading) -> Inputs:
    parameters: list[Parameter] = []
    body: Node | None = None
    for node in _listed_parameters(reading):
        if node.value.get("in") == "body":
            body = node
        else:
            parameters.append(_parameter_2(reading, node))
    consumes = _media_types(reading, "consumes")
    if body is not None:
        schema = reading.schemas().at(body.at("schema")) if "schema" in body.value else None
        contents = tuple(Content(media, schema, body) for media in consumes or [_JSON])
        # "they cannot exist together for the same operation" (Swagger 2.0, Parameter Object); the check warns of it
        parameters = [parameter for parameter in parameters if parameter.location != FORM]
        return Inputs(parameters, contents, _flag(body, "required"), body)
    form = [parameter for parameter in parameters if parameter.location == FORM]
    if not form:
        return Inputs(parameters, (), False, None)
    forms = [media for media in consumes if media.lower() in (_URLENCODED, _MULTIPART)]
    if any(parameter.is_file for parameter in form):
        forms = [_MULTIPART]  # Swagger 2.0, Parameter Object: a file needs multipart/form-data
    contents = tuple(Content(media, None, reading.operation) for media in forms or [_URLENCODED, _MULTIPART])
    return Inputs(parameters, contents, any(parameter.required for parameter in form), reading.operation)


def _parameter_2(reading: Reading, node: Node) -> Parameter:
    value: JsonObject = node.value
    location = FORM if value["in"] == "formData" else value["in"]
    return Parameter(
        value["name"], location, reading.schemas().at(node), node, argument="", required=_flag(node, "required"),
        default=value.get("default", ABSENT), allow_empty=_flag(node, "allowEmptyValue"),
        collection_format=value.get("collectionFormat", "csv"), is_file=_is_file_2(reading, value),
    )  # fmt: skip


def _is_file_2(reading: Reading, value: JsonObject) -> bool:
    """Is a parameter a file? Documents also write binary text for that, or a list of it, in a multipart form."""
    listed = value.get("items") if value.get("type") == "array" else None
    item = listed if isinstance(listed, dict) else value
    if item.get("type") == "string" and item.get("format") == "binary" and value["in"] == "formData":
        return _MULTIPART in _media_types(reading, "consumes")
    return item.get("type") == "file"


def _media_types(reading: Reading, key: str) -> list[str]:
    given = reading.operation.value.get(key, reading.document.root.value.get(key))
    return [media for media in given if isinstance(media, str)] if isinstance(given, list) else []


def _answer_2(reading: Reading, key: str, node: Node) -> Answer:
    schema_node = node.get("schema")
    contents: tuple[Content, ...] = ()
    if schema_node is not None:
        is_file = isinstance(schema_node.value, dict) and schema_node.value.get("type") == "file"
        schema = None if is_file else reading.schemas().at(schema_node)
        media_types = _media_types(reading, "produces") or ["*/*" if is_file else _JSON]
        contents = tuple(Content(media, schema, node) for media in media_types)
    headers = []
    for name, header in _entries(node, "headers"):
        headers.append(
            Header(
                name, reading.schemas().at(header), required=False,
                collection_format=header.value.get("collectionFormat", "csv"),
            )
        )  # fmt: skip
    return Answer(key, contents, tuple(headers), node)


def _entries(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    child = node.get(key)
    if child is not None and isinstance(child.value, dict):
        for name, entry in child.items():
            if isinstance(entry.value, dict):
                yield name, entry


def _base_path_2(root: Node) -> str:
    base = root.value.get("basePath")
    return "/" + base.strip("/") if isinstance(base, str) and base.strip("/") else ""


def _components(*steps: str) -> Callable[[Node], Iterator[tuple[str, Node]]]:
    def entries(root: Node) -> Iterator[tuple[str, Node]]:
        node: Node | None = root
        for step in steps[:-1]:
            node = node.get(step) if node is not None and isinstance(node.value, dict) else None
        if node is not None and isinstance(node.value, dict):
            yield from _entries(node, steps[-1])

    return entries


# -- OpenAPI 3.x ------------------------------------------------------------------------------------------------------


def _inputs_3(reading: Reading) -> Inputs:
    parameters = [_parameter_3(reading, node) for node in _listed_parameters(reading) if not _is_ignored(node)]
    body = reading.operation.get("requestBody")
    if body is None:
        return Inputs(parameters, (), False, None)
    body = body.follow()
    contents = tuple(_content(reading, media, node.follow()) for media, node in _entries(body, "content"))
    return Inputs(parameters, contents, _flag(body, "required"), body)


def _is_ignored(node: Node) -> bool:
    """Header parameters of these names are declared elsewhere and ignored (OpenAPI 3.x, Parameter Object, `name`)."""
    return node.value.get("in") == HEADER and node.value["name"].lower() in ("accept", "content-type", "authorization")


def _parameter_3(reading: Reading, node: Node) -> Parameter:
    value: JsonObject = node.value
    content = next(_entries(node, "content"), None)
    if content is not None:
        media, place = content
        schema_node = place.follow().get("schema") or place.follow()
    else:
        media, schema_node = None, node.get("schema") or node
    schema = reading.schemas().at(schema_node)
    return Parameter(
        value["name"], value["in"], schema, node, argument="",
        required=_flag(node, "required") or value["in"] == PATH, default=_default(reading.schemas(), schema_node),
        style=value.get("style"), explode=value.get("explode"), allow_reserved=_flag(node, "allowReserved"),
        allow_empty=_flag(node, "allowEmptyValue"), content_type=media,
    )  # fmt: skip


def _content(reading: Reading, media: str, node: Node) -> Content:
    schema, item, schemas = node.get("schema"), node.get("itemSchema"), reading.schemas()
    return Content(
        media, schemas.at(schema) if schema is not None else None, node, _encodings(reading, node),
        item_schema=schemas.at(item) if item is not None else None, positions=_positions(reading, node),
    )  # fmt: skip


def _encodings(reading: Reading, node: Node) -> dict[str, Encoding]:
    return {name: _encoding(reading, encoding) for name, encoding in _entries(node, "encoding")}


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
        allow_reserved=_flag(node, "allowReserved"), headers=tuple(_headers_3(reading, node)),
        encodings=_encodings(reading, node), positions=_positions(reading, node),
    )  # fmt: skip


def _answer_3(reading: Reading, key: str, node: Node) -> Answer:
    contents = tuple(_content(reading, media, entry.follow()) for media, entry in _entries(node, "content"))
    return Answer(key, contents, tuple(_headers_3(reading, node)), node)


def _headers_3(reading: Reading, node: Node) -> Iterator[Header]:
    for name, entry in _entries(node, "headers"):
        header = entry.follow()
        content = next(_entries(header, "content"), None)
        place = (content[1].follow() if content else header).get("schema")
        if place is not None and name.lower() != "content-type":  # Response and Encoding Object: it is ignored
            yield Header(
                name, reading.schemas().at(place), required=_flag(header, "required"),
                explode=_flag(header, "explode"), content_type=content[0] if content else None,
            )  # fmt: skip


def _base_path_3(root: Node) -> str:
    return _server_path(root)


def _scheme(name: str, node: Node) -> Scheme:
    """A Security Scheme Object; "basic" is a type in Swagger 2.0."""
    kind = str(node.value.get("type"))
    if kind == "http":
        where = str(node.value.get("scheme")).lower()  # RFC 9110 section 11.1
        return Scheme(name, where if where in {"basic", "bearer"} else kind, where, "", node)
    if kind == "apiKey":
        return Scheme(name, kind, str(node.value.get("in")), str(node.value.get("name")), node)
    return Scheme(name, kind, "", "", node)


def _server_path(place: Node) -> str:
    """The path of the first server's URL, its variables replaced by their defaults (Server Object)."""
    servers = place.get("servers")
    if servers is None or not isinstance(servers.value, list) or not servers.value:
        return ""
    server = servers.value[0]
    url = server.get("url", "") if isinstance(server, dict) else ""
    for name, variable in (server.get("variables") or {}).items() if isinstance(server, dict) else ():
        if isinstance(variable, dict):
            url = url.replace("{" + name + "}", str(variable.get("default", "")))
    _, scheme, rest = url.partition("://")
    if scheme:
        url = "/" + rest.partition("/")[2]
    elif url.startswith("//"):
        url = "/" + url[2:].partition("/")[2]
    path = url.partition("?")[0].partition("#")[0].strip("/")
    return "/" + path if path and path != "." else ""


SWAGGER2 = Dialect(
    "Swagger 2.0", SWAGGER_20, METHODS[:7], _components("definitions"), _base_path_2, _inputs_2, _answer_2,
    _components("securityDefinitions"),
)  # fmt: skip
OPENAPI3_0 = Dialect(
    "OpenAPI 3.0", OPENAPI_30, METHODS, _components("components", "schemas"), _base_path_3, _inputs_3, _answer_3,
    _components("components", "securitySchemes"),
)  # fmt: skip
OPENAPI3_1 = OPENAPI3_0._replace(name="OpenAPI 3.1", draft=OPENAPI_31)
OPENAPI3_2 = OPENAPI3_1._replace(name="OpenAPI 3.2", methods=(*METHODS, "query"))

__all__ = [
    "COOKIE", "EXTENSIONS", "FORM", "HEADER", "PATH", "QUERY", "QUERYSTRING", "Dialect", "Document", "dialect_of",
    "read_document",
]  # fmt: skip
