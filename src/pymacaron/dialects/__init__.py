"""The versions of OpenAPI as values: each knows how to read operations out of its documents into our `Operation`.

Nothing below this room knows which version a document has.

    dialect.py     what a version is
    swagger2.py    Swagger 2.0
    openapi3.py    OpenAPI 3.0, 3.1 and 3.2
    document.py    a document, read
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron.documents import Files, Node
from pymacaron.formats import Formats
from pymacaron.names import python_name, snake_case
from pymacaron.operations import Answer, Operation, Parameter
from pymacaron.servers import Server, server_3

from .dialect import METHODS, Dialect, Reading
from .document import Document
from .openapi3 import OPENAPI3_0, OPENAPI3_1, OPENAPI3_2
from .swagger2 import SWAGGER2

__all__ = ["DIALECTS", "EXTENSIONS", "METHODS", "NEWEST", "Document", "read_document"]

# By the first three characters of `swagger` or `openapi`, the newest last. Grammar has tables for the same.
DIALECTS = {"2.0": SWAGGER2, "3.0": OPENAPI3_0, "3.1": OPENAPI3_1, "3.2": OPENAPI3_2}
NEWEST = OPENAPI3_2

# What may stand on an operation, its path or the document; the nearest wins. As in grammar, which few starts import.
EXTENSIONS = frozenset((
    "x-bind-server", "x-no-bind-server", "x-bind-client", "x-decorate-server", "x-decorate-request", "x-handlers",
    "x-slow-ms", "x-timeout-ms", "x-max-body", "x-rate-limit", "x-etag", "x-idempotent", "x-async",
))  # fmt: skip


def read_document(files: Files, root: Node, name: str, formats: Formats, *, ignore_base_path: bool = False) -> Document:
    """Read an OpenAPI document whose grammar has been checked.

    Raises:
        ReferenceFault: a reference that leads nowhere.
    """
    dialect = _dialect_of(root.value)
    document = Document(name, root, files, formats, dialect=dialect, ignore_base_path=ignore_base_path)
    document.operations = tuple(_operations(document))
    return document


def _dialect_of(root: JsonObject) -> Dialect:
    """The dialect that a document names in `swagger` or `openapi`; one that is not known is read as the newest."""
    return DIALECTS.get(str(root.get("swagger") or root.get("openapi"))[:3], NEWEST)


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
    more = item.get(dialect.more_methods) if dialect.more_methods else None
    if more is not None and isinstance(more.value, dict):
        yield from more.items()


def _operation(document: Document, path: str, method: str, item: Node, node: Node) -> Operation:
    dialect = document.dialect
    reading = Reading(document.root, document.schemas, item, node)
    inputs = dialect.inputs(reading)
    _name_arguments(inputs.parameters)
    answers = _Answers(reading, dialect)
    operation_id = node.value.get("operationId")
    extensions = _extensions(document.root, item, node)
    security = node.value.get("security", document.root.value.get("security"))
    own = _own_server(document, reading)
    base = document.base_path if own is None else document.base_path_at(own)
    return Operation(
        api=document.name, method=method, path=base + path, operation_id=operation_id,
        name=_client_name(extensions, operation_id, method, path), parameters=tuple(inputs.parameters),
        contents=inputs.contents, body_required=inputs.body_required, body_node=inputs.body_node, answers=answers,
        security=security, extensions=extensions, node=node, shapes=document.shapes,
        server=own or document.server, base_path=base,
    )  # fmt: skip


class _Answers(Mapping[str, Answer]):
    """The declared responses of an operation by status key, each read when it is asked for: most never are."""

    def __init__(self, reading: Reading, dialect: Dialect) -> None:
        self._reading, self._dialect = reading, dialect
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
            answer = self._read[key] = self._dialect.answer(self._reading, key, node)
        return answer

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


def _own_server(document: Document, reading: Reading) -> Server | None:
    """The server of an operation or its path, where it is another than the document's (OpenAPI 3.x)."""
    if document.dialect is SWAGGER2:
        return None
    return server_3(reading.operation) or server_3(reading.item)


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
