"""What must change in OpenAPI documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.config import Config, set_config
from pymacaron.dialects import NEWEST
from pymacaron.documents import DocumentFault, Fault, FileFault, Files, Node, find_documents, findings, readable
from pymacaron.documents.positions import Place, positions
from pymacaron.formats import Formats
from pymacaron.loading import understood

from .files import File
from .rules import Change, Edit

_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_BIND = ("x-bind-server", "x-handlers", "x-no-bind-server", *_CONTROLLERS)
_VERIFIERS = ("x-bearerInfoFunc", "x-basicInfoFunc", "x-apikeyInfoFunc", "x-tokenInfoFunc")
_OTHERS = {
    "x-scopeValidateFunc": "the scopes that `security` names are held against those of the token",
    "x-body-name": "the body is the first positional argument, whatever its name",
    "x-tokenInfoUrl": "a function of yours asks there: API(verifiers={scheme: function})",
}
_SHOWN = {"example", "examples", "default", "enum"}
_CONVERTED = {"integer": "int", "number": "float", "boolean": "bool"}
_FORMATS = {"date": "date", "date-time": "datetime"}


class Bound(NamedTuple):
    """An operation with what stands for all of its path; the function that the document names for it, dotted; and what
    connexion calls the argument for its body, if it has one."""

    node: Node
    title: str
    function: str | None
    body: str | None
    parameters: list[Node]

    @property
    def is_of_fastapi(self) -> bool:
        """Is the operationId one that FastAPI makes?"""
        operation_id = self.node.get("operationId")
        return operation_id is not None and str(operation_id.value).endswith(f"_{self.node.pointer[-1]}")


class Document:
    """An OpenAPI document of the project, as it is written."""

    def __init__(self, file: File, path: str) -> None:
        self.file, self.path = file, path
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
                    yield self._bound(node, item, f"{method.upper()} {path}")

    def _bound(self, node: Node, item: Node, title: str) -> Bound:
        operation_id = node.get("operationId")
        name = str(operation_id.value) if operation_id is not None else None
        controllers = (one.get(key) for one in (node, item, self.root) for key in ("x-handlers", *_CONTROLLERS))
        controller = next((str(one.value) for one in controllers if one is not None), None)
        said = node.get("x-bind-server")
        function = str(said.value) if said is not None else name
        if said is None and name is not None and controller is not None:
            function = f"{controller}.{name}"
        parameters = [*_parameters(node), *_parameters(item)]
        is_dotted = function is not None and "." in function
        return Bound(node, title, function if is_dotted else None, _body_of(node, parameters), parameters)

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

    @cached_property
    def _places(self) -> Place:
        return positions(self.file.text.encode(), named_json=self.path.endswith(".json")).root

    @property
    def base(self) -> Node | None:
        """The base path of Swagger 2.0, if it is one that changes URLs."""
        found = self.root.get("basePath")
        return found if found is not None and str(found.value).strip("/") else None


def read_document(file: File, path: str) -> Document | None:
    """The document that a file is, if it is one that can be parsed."""
    try:
        return Document(file, path) if find_documents(path) else None
    except FileFault:
        return None


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
        yield from _at("old-version", [document.version.fault(f"{kind} is served as it is", cure, at_key=True)])
    yield from _extensions(document)


def base_path(document: Document, place: File | None) -> Iterator[Change]:
    """The base path of a document that was written for pymacaron 1.x, with settings that do not say what it is to be.

    Args:
        place: the settings, where a machine may write to them.
    """
    if document.base is None:
        return
    fact = f"{document.base.value} becomes part of every URL; pymacaron 1.x ignored it"
    cure = "write `base_path: ignore` in pym-config.yaml to keep the URLs, or `base_path: use`"
    edit = None
    if place is not None and place.text.lstrip()[:1] not in {"{", ""}:
        end = len(place.text)
        line = "base_path: ignore\n" if place.text.endswith("\n") else "\nbase_path: ignore\n"
        edit = Edit(place.path, end, end, line)
    for one in _at("base-path", [document.base.fault(fact, cure, at_key=True)]):
        yield one._replace(edit=edit)


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
    yield from _at("converted", faults)


def _converted(parameter: Node, *, dates_only: bool) -> str | None:
    schema = parameter.get("schema") or parameter
    if _value(parameter, "in") not in {"path", "query", "header", "cookie", "formData"}:
        return None
    date = _FORMATS.get(str(_value(schema, "format")))
    if date is not None or dates_only or _value(parameter, "in") != "path":
        return date
    return _CONVERTED.get(str(_value(schema, "type")))


def credentials(document: Document) -> Iterator[Change]:
    """What `security` of a document demands, which pymacaron 1.x did not look at."""
    wanting = [document.root, *(one.node for one in document.operations())]
    nodes = [found for one in wanting if (found := one.get("security")) is not None and found.value]
    fact = "`security` counts now: who has no credentials is refused"
    cure = "a key of the settings (jwt_secret) or a function, API(verifiers=…), verifies them"
    yield from _at("credential", [node.fault(fact, cure, at_key=True) for node in nodes])


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
    yield from _at("unbound", faults)


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


def _parameters(node: Node) -> Iterator[Node]:
    """What stands under `parameters`, where references lead somewhere."""
    found = node.get("parameters")
    for one in found.elements() if found is not None else ():
        with suppress(DocumentFault):  # which is told as a fault of the document
            yield one.follow()


def kept_models(document: Document) -> Iterator[Change]:
    """Models that pymacaron 1.x kept in DynamoDB, with settings that do not say where they are now."""
    fact = "what pymacaron 1.x kept in DynamoDB is kept in a file, unless the settings say otherwise"
    cure = "write `store: dynamodb://REGION` in pym-config.yaml, or `store: sqlite:///PATH` to begin anew"
    nodes = [child for key, child in document.everywhere() if key == "x-persist"]
    yield from _at("store", [node.fault(fact, cure, at_key=True) for node in nodes])


def _extensions(document: Document) -> Iterator[Change]:
    """The keys of connexion, wherever they stand."""
    faults, edits = [], {}
    for key, child in document.everywhere():
        told = _extension(key, child)
        if told is not None:
            faults.append(child.fault(*told, at_key=True))
        if key in _CONTROLLERS:
            edits[readable(child.pointer)] = document.renamed(child, "x-handlers")
    for one in _at("extension", faults):
        yield one._replace(edit=edits.get(one.finding.path))


def _extension(key: str, child: Node) -> tuple[str, str] | None:
    if key in _CONTROLLERS:
        return f"{key} is connexion's", "write `x-handlers`"
    if key in _VERIFIERS:
        scheme, function = child.pointer[:-1][-1:] or ("scheme",), str(child.value).rpartition(".")[2]
        return f"{key} is connexion's", f"write API(verifiers={{{scheme[0]!r}: {function}}})"
    return (f"{key} is connexion's", _OTHERS[key]) if key in _OTHERS else None


def _at(rule: str, faults: list[Fault]) -> list[Change]:
    return [Change(rule, one._replace(excerpt=None)) for one in findings(faults)]
