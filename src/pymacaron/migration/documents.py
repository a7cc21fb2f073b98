"""What must change in OpenAPI documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Final, Literal, NamedTuple

from pymacaron._types import Json
from pymacaron.config import Config, set_config
from pymacaron.dialects import NEWEST
from pymacaron.documents import DocumentFault, Fault, FileFault, Files, Node, find_documents, findings
from pymacaron.documents.positions import Place, positions
from pymacaron.formats import Formats
from pymacaron.loading import understood

from .files import File
from .resolvers import Resolver
from .rules import Change, Edit

CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_BIND = ("x-bind-server", "x-handlers", "x-no-bind-server", *CONTROLLERS)
_SAYS = re.compile("swagger|openapi")  # for nothing else need files be parsed
_OF_MODELS = ("properties", "allOf", "oneOf", "anyOf")
_FORMS = ("multipart/", "application/x-www-form-urlencoded")
_SHOWN = {"example", "examples", "default", "enum"}
_CONVERTED = {"integer": "int", "number": "float", "boolean": "bool"}
_FORMATS = {"date": "date", "date-time": "datetime"}


class Bound(NamedTuple):
    """An operation with what stands for all of its path; the function that the document names for it, dotted; and what
    connexion calls the argument for its body, if it has one. `by_resolver` says that only a resolver of connexion finds
    the function."""

    node: Node
    title: str
    function: str | None
    body: str | None
    parameters: list[Node]
    by_resolver: bool = False

    @property
    def keywords(self) -> list[str]:
        """The names of the parameters that functions get by keyword, wherever they come from."""
        places = {"path", "query", "formData"}
        return [str(_value(one, "name")) for one in self.parameters if _value(one, "in") in places]

    @property
    def fields(self) -> list[str]:
        """The fields of its form, in OpenAPI 3."""
        forms = [one for name, one in self._content() if name.startswith(_FORMS)]
        return [name for form in forms for name, _ in _items(form.get("schema"), "properties")]

    @property
    def has_model(self) -> bool:
        """Is its body an object of which the document says the properties?"""
        return any(_followed(schema, key) is not None for schema in self._bodies() for key in _OF_MODELS)

    def properties(self) -> Iterator[tuple[str, Node]]:
        """The properties of its body, if it is an object."""
        for schema in self._bodies():
            yield from _items(schema, "properties")

    def _bodies(self) -> Iterator[Node | None]:
        yield from (one.get("schema") for one in self.parameters if _value(one, "in") == "body")
        yield from (kind.get("schema") for _, kind in self._content())

    def _content(self) -> Iterator[tuple[str, Node]]:
        """The media types of its body, in OpenAPI 3."""
        return _items(self.node.get("requestBody"), "content")

    @property
    def is_of_fastapi(self) -> bool:
        """Is the operationId one that FastAPI makes?"""
        operation_id = self.node.get("operationId")
        return operation_id is not None and str(operation_id.value).endswith(f"_{self.node.pointer[-1]}")


class Document:
    """An OpenAPI document of the project, as it is written."""

    def __init__(self, file: File, path: str, resolver: Resolver | None = None) -> None:
        self.file, self.path, self.resolver = file, path, resolver
        self.root = Files().open(path).root

    @property
    def version(self) -> Node:
        """What says which version of OpenAPI it is of."""
        return self.root.get("swagger") or self.root.get("openapi") or self.root

    def operations(self) -> Iterator[Bound]:
        paths = self.root.get("paths")
        for path, item in paths.items() if paths is not None else ():
            for method, node in item.items():
                if method in NEWEST.methods and isinstance(node.value, dict):
                    yield self._bound(node, item, (method, path))

    def _bound(self, node: Node, item: Node, route: tuple[str, str]) -> Bound:
        title = f"{route[0].upper()} {route[1]}"
        operation_id = node.get("operationId")
        name = str(operation_id.value) if operation_id is not None else None
        controllers = (one.get(key) for one in (node, item, self.root) for key in ("x-handlers", *CONTROLLERS))
        controller = next((str(one.value) for one in controllers if one is not None), None)
        said = node.get("x-bind-server")
        function = str(said.value) if said is not None else name
        if said is None and name is not None and controller is not None:
            function = f"{controller}.{name}"
        resolver = self.resolver if said is None and controller is None else None
        if resolver is not None:
            function = resolver.function(*route, name)
        parameters = [*_parameters(node), *_parameters(item)]
        is_dotted = function is not None and "." in function
        body = _body_of(node, parameters)
        by_resolver = resolver is not None and function != name
        return Bound(node, title, function if is_dotted else None, body, parameters, by_resolver)

    def everywhere(self) -> Iterator[tuple[str, Node]]:
        """All keys, wherever they stand, with their values; but for those of values that are shown."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            inner = [(key, child) for key, child in node.items() if key not in _SHOWN]
            yield from inner
            waiting += [*(child for _, child in inner), *node.elements()]

    def renamed(self, node: Node, name: str) -> Edit:
        """Another name for a key."""
        key = str(node.pointer[-1])
        start = self.file.text.index(key, self._places.offset_of(node.pointer, at_key=True))
        return Edit(self.file.path, start, start + len(key), name)

    def added(self, node: Node, line: str) -> Edit | None:
        """Another key in a mapping, before its others, where YAML has it in lines of its own or in braces."""
        at = min((self._places.offset_of(one.pointer, at_key=True) for _, one in node.items()), default=0)
        before = self.file.before(at)
        if self.path.endswith(".json") or not (before.strip() == "" or before.endswith("{")):
            return None
        return Edit(self.file.path, at, at, f"{line}, " if before.strip() else f"{line}\n{before}")

    @cached_property
    def _places(self) -> Place:
        return positions(self.file.text.encode(), named_json=self.path.endswith(".json")).root

    @property
    def base(self) -> Node | None:
        """The base path of Swagger 2.0, if it is one that changes URLs."""
        found = self.root.get("basePath")
        return found if found is not None and str(found.value).strip("/") else None


BROKEN: Final = "broken"


def read_document(file: File, path: str, resolver: Resolver | None = None) -> Document | Literal["broken"] | None:
    """The document that a file is; BROKEN where it says that it is one, and cannot be parsed."""
    if file.fault is not None or not _SAYS.search(file.text):
        return None
    try:
        return Document(file, path, resolver) if find_documents(path) else None
    except FileFault:
        return BROKEN


def faults_in(path: str) -> Iterator[Change]:
    """What stops the start in a document."""
    faults: list[Fault] = []
    set_config(Config())  # which has no part in what a document is
    found = understood("document", path, Formats(), faults)
    yield from (Change("document", one) for one in findings([*faults, *(found.soft_faults if found else ())]))


def in_document(document: Document) -> Iterator[Change]:
    """What must change in a document, whatever it was written for."""
    version = str(document.version.value)
    if not version.startswith(("3.1", "3.2")):
        kind = "Swagger 2.0" if version.startswith("2") else "OpenAPI 3.0"
        cure = f"`pymacaron upgrade {document.file.path}` makes it OpenAPI 3.1"
        yield from changes_at("old-version", [document.version.fault(f"{kind} is served as it is", cure, at_key=True)])


def conversions(document: Document, *, dates_only: bool) -> Iterator[Change]:
    """Parameters that functions got as text from pymacaron 1.x (in paths) or connexion (dates), and now as values."""
    faults = []
    for operation in document.operations():
        for parameter in operation.parameters:
            kind = _converted(parameter, dates_only=dates_only)
            if kind is not None:
                name = parameter.get("name")
                fact = f"{operation.title} gets {name.value if name else 'it'} as {kind}, not as text"
                faults.append(parameter.fault(fact, "let the function expect that"))
        for called, schema in operation.properties() if dates_only else ():
            kind = _FORMATS.get(str(_value(schema, "format")))
            if kind is not None:
                fact = f"{called} is a {kind} in bodies, not text"
                faults.append(schema.fault(fact, "let the function expect that; to_json() has it as text"))
    yield from changes_at("converted", faults)


def _converted(parameter: Node, *, dates_only: bool) -> str | None:
    schema = parameter.get("schema") or parameter
    if _value(parameter, "in") not in {"path", "query", "header", "cookie", "formData"}:
        return None
    date = _FORMATS.get(str(_value(schema, "format")))
    if date is not None or dates_only or _value(parameter, "in") != "path":
        return date
    return _CONVERTED.get(str(_value(schema, "type")))


def unbound(document: Document, routes: Mapping[str, str]) -> Iterator[Change]:
    """Operations of a document that FastAPI has written which name no function, with the one that they had."""
    made = any(one.title in routes or one.is_of_fastapi for one in document.operations())
    if not made or any(document.root.get(key) is not None for key in _BIND):
        return
    faults = []
    for one in document.operations():
        if one.function is None and one.node.get("x-no-bind-server") is None:
            function = routes.get(one.title, "package.module.function")
            cure = f"add `x-bind-server: {function}`"
            faults.append(one.node.fault(f"{one.title} names no function", cure, at_key=True))
    yield from changes_at("unbound", faults)


def _body_of(node: Node, parameters: list[Node]) -> str | None:
    """What connexion calls the argument for the body of an operation; None if it has none."""
    body = node.get("requestBody")
    if body is not None:
        named = node.get("x-body-name") or body.get("x-body-name")
        return "body" if named is None else str(named.value)
    names = (_value(one, "name") for one in parameters if _value(one, "in") == "body")
    return next((str(name) for name in names if name is not None), None)


def _value(node: Node, key: str) -> Json:
    found = node.get(key)
    return None if found is None else found.value


def _followed(node: Node | None, key: str) -> Node | None:
    """What stands under a key of a node, where references to the node lead somewhere."""
    with suppress(DocumentFault):
        return node.follow().get(key) if node is not None else None
    return None


def _items(node: Node | None, key: str) -> Iterator[tuple[str, Node]]:
    """What is mapped under a key of a node, where references to the node lead somewhere."""
    found = _followed(node, key)
    yield from found.items() if found is not None else ()


def _parameters(node: Node) -> Iterator[Node]:
    """What stands under `parameters`, where references lead somewhere."""
    found = node.get("parameters")
    for one in found.elements() if found is not None else ():
        with suppress(DocumentFault):  # which is told as a fault of the document
            yield one.follow()


def changes_at(rule: str, faults: list[Fault]) -> list[Change]:
    """Changes of one rule, where the faults are."""
    return [Change(rule, one._replace(excerpt=None)) for one in findings(faults)]
