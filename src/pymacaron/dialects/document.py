"""A document, read: what all of an API is known by."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron.documents import DocumentFault, Files, Node
from pymacaron.formats import Formats
from pymacaron.operations import Operation, Scheme
from pymacaron.schemas import Schemas
from pymacaron.servers import Server
from pymacaron.shapes import Models, Shapes

from .dialect import Dialect


class Document:
    """One API's document, read.

    Attributes:
        name: of the API. path: of the file. title, version: from `info`.
        root: the document as written. files: what it was read from.
        operations: all of them. schemas, shapes, models: of this API.
        security_schemes: the declared ones by name, as written.
        server: where it says that the API is; None if it does not.
        base_path: what prefixes every path, "" or "/v1".
    """

    def __init__(
        self, name: str, root: Node, files: Files, formats: Formats, *, dialect: Dialect,
        ignore_base_path: bool = False,
    ) -> None:  # fmt: skip
        self.name = name
        self.path = root.file.path
        self.root = root
        self.files = files
        self.dialect = dialect
        self.server = dialect.server(root)
        self._ignores_base_path = ignore_base_path
        self.base_path = self.base_path_at(self.server)
        info = root.value.get("info")
        self.info: JsonObject = info if isinstance(info, dict) else {}
        self.schemas = Schemas(files, dialect.draft, formats)
        self.named = {**_named_elsewhere(root, files), **dict(dialect.named(root))}
        self.shapes = Shapes(self.schemas, name, self.named, os.path.dirname(root.file.path))
        self.models = Models(self.shapes, self._make_models)
        self.operations: tuple[Operation, ...] = ()

    def base_path_at(self, server: Server | None) -> str:
        """What prefixes the paths of a server's operations."""
        return "" if server is None or self._ignores_base_path else server.path

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

    def having(self, key: str) -> Iterator[tuple[Node, Any]]:
        """The schemas that have an `x-` key themselves, each with its model, or with the text that says why it has
        none. Those without a name are made for that, if there are any."""
        named = {node: name for name, node in self.named.items() if _has(node.value, key)}
        for node, name in named.items():
            try:
                yield node, getattr(self.models, name)
            except AttributeError as error:
                yield node, str(error)
        known = {id(node.value) for node in named}
        files = [file for file in self.files.opened.values() if file.persists or key != "x-persist"]
        if all(id(one) in known for file in files for one in _mappings(file.value) if key in one):
            return
        self._make_models()
        for name, node in self.shapes.inline.items():
            if _has(node.value, key):
                yield node, self.shapes.model(node, name)

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
            if node is None and self.dialect.schemes_by_uri:
                node = self.files.resolve(self.root, name)
            return None if node is None else _scheme(name, node.follow())
        except DocumentFault:
            return None

    def __repr__(self) -> str:
        return f"<Document {self.name} ({self.dialect.name}, {len(self.operations)} operations)>"


def _scheme(name: str, node: Node) -> Scheme:
    """A Security Scheme Object; "basic" is a type in Swagger 2.0."""
    kind = str(node.value.get("type"))
    if kind == "http":
        where = str(node.value.get("scheme")).lower()  # RFC 9110 section 11.1
        return Scheme(name, where if where in {"basic", "bearer"} else kind, where, "", node)
    if kind == "apiKey":
        return Scheme(name, kind, str(node.value.get("in")), str(node.value.get("name")), node)
    return Scheme(name, kind, "", "", node, _token_url(node))


def _token_url(node: Node) -> str:
    """OAuth Flows Object; Swagger 2.0 has one flow for each scheme."""
    flows = node.get("flows")
    flow = flows.get("clientCredentials") if flows is not None else None
    if flow is None and node.value.get("flow") == "application":
        flow = node
    said = flow.value.get("tokenUrl") if flow is not None and isinstance(flow.value, dict) else None
    return said if isinstance(said, str) else ""


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
    for one in _mappings(value):
        ref = one.get("$ref")
        if isinstance(ref, str):
            yield ref


def _mappings(value: Json) -> Iterator[JsonObject]:
    """All mappings in a value, itself included."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _has(value: Json, key: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(key), str)


def _is_schema(value: Json) -> bool:
    """Is it a schema, and no parameter, header or response, which hold one?"""
    return isinstance(value, dict) and not _TELLING.isdisjoint(value) and not {"in", "schema", "content"} & value.keys()
