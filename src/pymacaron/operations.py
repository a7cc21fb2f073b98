"""The Operation: one method on one path as its document declares it. The value that everything downstream reads.

Nothing here, and nothing below, knows the version of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ._types import Json
from .documents import Node
from .messages import ABSENT
from .schemas import REQUEST, Schema
from .servers import Server
from .shapes import Shapes, pascal_case

PATH, QUERY, HEADER, COOKIE, FORM, QUERYSTRING = "path", "query", "header", "cookie", "form", "querystring"


class Parameter:
    """One input of an operation beside its body.

    Attributes:
        name: as on the wire.
        location: "path", "query", "header", "cookie", "querystring", or "form" (Swagger 2.0 formData).
        argument: the Python keyword it is passed as.
        required: whether callers must send it.
        schema: what its value may be.
        default: the JSON value that stands in when it is absent; ABSENT if there is none, or it breaks the schema.
        style, explode, allow_reserved, allow_empty, collection_format: how the value is written as text.
        content_type: the media type of a `content` parameter, else None.
        is_file: a Swagger 2.0 form parameter that is a file, or with a schema of type array, a list of files.
        node: its place in the document.
    """

    __slots__ = (
        "_default", "allow_empty", "allow_reserved", "argument", "collection_format", "content_type", "explode",
        "is_file", "location", "name", "node", "required", "schema", "style",
    )  # fmt: skip

    def __init__(
        self, name: str, location: str, schema: Schema, node: Node, *, argument: str, required: bool, default: Json,
        style: str | None = None, explode: bool | None = None, allow_reserved: bool = False, allow_empty: bool = False,
        collection_format: str | None = None, content_type: str | None = None, is_file: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.location, self.schema, self.node = name, location, schema, node
        self.argument, self.required, self._default = argument, required, default
        self.style, self.explode, self.collection_format = style, explode, collection_format
        self.allow_reserved, self.allow_empty = allow_reserved, allow_empty
        self.content_type, self.is_file = content_type, is_file

    @property
    def default(self) -> Json:
        if self._default is not ABSENT and not self.schema.checker(REQUEST).is_valid(self._default):
            self._default = ABSENT  # the document's check has warned of it
        return self._default

    def __repr__(self) -> str:
        return f"<Parameter {self.name} in {self.location}>"


class Content:
    """One representation of a body: a media type (or range) and the schema of what it carries.

    `schema` is None where the document leaves it open; `encodings` says per property of a form or multipart body how
    it is written (OpenAPI 3.x Encoding Object); `item_schema` describes one item of a stream, and `positions` says how
    the parts of a multipart body are written by where they stand (OpenAPI 3.2).
    """

    __slots__ = ("encodings", "item_schema", "media_type", "node", "positions", "schema")

    def __init__(
        self, media_type: str, schema: Schema | None, node: Node, encodings: Mapping[str, Encoding] | None = None,
        *, item_schema: Schema | None = None, positions: Positions | None = None,
    ) -> None:  # fmt: skip
        self.media_type, self.schema, self.node = media_type, schema, node
        self.encodings = encodings or {}
        self.item_schema, self.positions = item_schema, positions

    def __repr__(self) -> str:
        return f"<Content {self.media_type}>"


class Encoding:
    """How one property of a form or one part of a multipart body is written (OpenAPI 3.x Encoding Object).
    `content_type` may list several; `headers` are those of its parts. Of a part that is multipart itself, `encodings`
    and `positions` say how its own parts are written (3.2)."""

    __slots__ = ("allow_reserved", "content_type", "encodings", "explode", "headers", "positions", "style")

    def __init__(
        self, content_type: str | None = None, style: str | None = None, explode: bool | None = None, *,
        allow_reserved: bool = False, headers: tuple[Header, ...] = (),
        encodings: Mapping[str, Encoding] | None = None, positions: Positions | None = None,
    ) -> None:  # fmt: skip
        self.content_type, self.style, self.explode, self.allow_reserved = content_type, style, explode, allow_reserved
        self.headers = headers
        self.encodings = encodings or {}
        self.positions = positions


class Positions(NamedTuple):
    """How parts without names are written: those that come first, each by itself, and all others (OpenAPI 3.2,
    "Encoding By Position")."""

    prefix: tuple[Encoding, ...] = ()
    item: Encoding | None = None


class Header:
    """A header that a response declares, or a part of a multipart body."""

    __slots__ = ("collection_format", "content_type", "explode", "name", "required", "schema")

    def __init__(
        self, name: str, schema: Schema, *, required: bool, explode: bool = False,
        collection_format: str | None = None, content_type: str | None = None,
    ) -> None:  # fmt: skip
        self.name, self.schema, self.required, self.explode = name, schema, required, explode
        self.collection_format, self.content_type = collection_format, content_type


class Answer:
    """One declared response: its status key ("200", "2XX" or "default"), contents and headers."""

    __slots__ = ("contents", "headers", "key", "node")

    def __init__(self, key: str, contents: tuple[Content, ...], headers: tuple[Header, ...], node: Node) -> None:
        self.key, self.contents, self.headers, self.node = key, contents, headers, node

    def __repr__(self) -> str:
        return f"<Answer {self.key}>"


class Scheme(NamedTuple):
    """One way of callers to say who they are: a declared security scheme.

    Attributes:
        name: in the document.
        kind: "basic", "bearer", "http" (any other scheme of the header Authorization), "apiKey", "oauth2",
            "openIdConnect", "mutualTLS".
        where: of an API key "header", "query" or "cookie"; of "http" the scheme in lower case; else "".
        field: of an API key what the header, parameter or cookie is called; else "".
        node: its place in the document.
        token_url: where clients get a token by themselves ("clientCredentials"; "application" in Swagger 2.0), as
            written; "" if they do not.
    """

    name: str
    kind: str
    where: str
    field: str
    node: Node
    token_url: str = ""


class Operation:
    """One method on one path.

    Attributes:
        api: the name of the API, which is the document's file name without its suffix.
        method: upper case, "GET".
        path: the template with the base path, "/v1/items/{item_id}".
        operation_id: as written, or None.
        name: the client method's name: `x-bind-client`, else the operationId in snake_case, else from method and path.
        parameters, contents, body_required: what it takes; `contents` is empty where there is no body.
        body_node: the place of the body in the document, None where there is none.
        answers: by status key, in document order.
        security: the requirements in force, None where the document says nothing ([] means: open to all).
        extensions: the `x-...` keys that count for it, its own before those of its path and document.
        node: its place in the document.
        shapes: what the values of its schemas are in Python.
        server: where the document says that it is; None if it does not. base_path: the part of `path` that comes of it.
        compiled: what other rooms have built for it, each under a name of its own.
    """

    __slots__ = (
        "answers", "api", "base_path", "body_node", "body_required", "compiled", "contents", "extensions", "method",
        "name", "node", "operation_id", "parameters", "path", "security", "server", "shapes",
    )  # fmt: skip

    def __init__(
        self, *, api: str, method: str, path: str, operation_id: str | None, name: str,
        parameters: tuple[Parameter, ...], contents: tuple[Content, ...], body_required: bool, body_node: Node | None,
        answers: Mapping[str, Answer], security: list[dict[str, list[str]]] | None, extensions: Mapping[str, Json],
        node: Node, shapes: Shapes, server: Server | None = None, base_path: str = "",
    ) -> None:  # fmt: skip
        self.api, self.method, self.path, self.operation_id, self.name = api, method, path, operation_id, name
        self.parameters, self.contents = parameters, contents
        self.body_required, self.body_node = body_required, body_node
        self.answers, self.security, self.extensions, self.node = answers, security, extensions, node
        self.shapes, self.server, self.base_path = shapes, server, base_path
        self.compiled: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[Operation], Any]) -> Any:
        """What `make` gives for the operation, made at the first call and kept as `compiled[name]`."""
        found = self.compiled.get(name)
        if found is None:
            found = self.compiled[name] = make(self)
        return found

    def answer(self, status: int) -> Answer | None:
        """What the document declares for a status: exactly, else its class ("4XX"), else "default" (OpenAPI 3.x
        Responses Object)."""
        return self.answers.get(str(status)) or self.answers.get(f"{status // 100}XX") or self.answers.get("default")

    @property
    def success_status(self) -> int:
        """The status where the function names none: the only 2xx, else 200 if declared, else the lowest 2xx."""
        declared = sorted(int(key) for key in self.answers if len(key) == 3 and key.isdigit() and key[0] == "2")
        return 200 if not declared or 200 in declared else declared[0]

    @property
    def has_form_fields(self) -> bool:
        """Are the fields of its form parameters (Swagger 2.0) rather than a body?"""
        return any(parameter.location == FORM for parameter in self.parameters)

    def model_name(self, key: str = "") -> str:
        """What the model of a body is called whose schema has no name: that of the request, or of the response that
        the document declares under a status `key`."""
        usual = key == str(self.success_status)
        return f"{self._stem}{'Response' if key else 'Body'}{'' if usual else key}"

    def argument_model_name(self, parameter: Parameter) -> str:
        """What the model of a parameter is called whose schema has no name."""
        return self._stem + pascal_case(parameter.argument)

    @property
    def _stem(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def title(self) -> str:
        """What it is called in messages: "GET /v1/items/{item_id}"."""
        return f"{self.method} {self.path}"

    def __repr__(self) -> str:
        return f"<Operation {self.api} {self.title}>"
