"""A bundled document with what pymacaron adds to the API."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from pymacaron._types import Json, JsonObject
from pymacaron.bundling import version_of
from pymacaron.bundling.homes import at, local, pointer_of
from pymacaron.dialects import Document
from pymacaron.documents import Node
from pymacaron.operations import Operation

from .additions import ACCEPTED_HEADERS, BODIES, MEDIA, NAMES, OF_RESOURCES, Added, added_answers, is_compatible
from .service import OWN


def with_additions(
    bundle: JsonObject, document: Document, resources: Sequence[Operation], errors: str | None
) -> JsonObject:
    """The bundle, with the answers that operations may have beside those that it declares, and the status resources.

    Args:
        errors: the form of the bodies of errors (see service.py); None if the service makes its own.
    """
    return _Adding(bundle, document, errors).run(resources)


class _Adding:
    def __init__(self, bundle: JsonObject, document: Document, errors: str | None) -> None:
        self.bundle = bundle
        self.document = document
        self.errors = errors
        self.resources: Sequence[Operation] = ()
        self.is_swagger = version_of(bundle) == "2.0"
        self.components: JsonObject = bundle if self.is_swagger else bundle.get("components") or {}
        self.added: dict[Added, str] = {}  # those that are needed, and what they are called

    def run(self, resources: Sequence[Operation]) -> JsonObject:
        self.resources = resources
        value = dict(self.bundle)
        operations = iter(self.document.operations)
        paths = value.get("paths") or {}
        value["paths"] = {path: self._item(path, item, operations) for path, item in paths.items()}
        if not (self.is_swagger and self.document.base_path):  # there, nothing can be said of what is beside that path
            value["paths"] |= self._resources(resources, paths)
        sections = self._sections()
        if self.is_swagger:
            return value | sections
        return {**value, "components": {**self.components, **sections}} if sections else value

    # Operations of the document

    def _item(self, path: str, item: Json, operations: Iterator[Operation]) -> Json:
        """A path item; its operations are the next ones of the document."""
        if not path.startswith("/") or not isinstance(item, dict):
            return item
        methods = self._methods(item)
        if "$ref" in item and not methods:  # what it refers to has been seen already, or is a component
            for _ in self._methods(at(self.bundle, pointer_of(item["$ref"])) or {}):
                next(operations)
            return item
        changed = dict(item)
        for holder, method in methods:
            if holder:
                changed[holder] = dict(changed[holder])
            place = changed[holder] if holder else changed
            place[method] = self._operation(place[method], next(operations))
        return changed

    def _methods(self, item: JsonObject) -> list[tuple[str, str]]:
        """The operations of a path item: where they stand in it, and their keys there."""
        dialect = self.document.dialect
        found = [("", method) for method in dialect.methods if isinstance(item.get(method), dict)]
        more = item.get(dialect.more_methods) if dialect.more_methods else None
        return found + [(dialect.more_methods, method) for method in (more if isinstance(more, dict) else ())]

    def _operation(self, value: JsonObject, operation: Operation) -> JsonObject:
        answers = added_answers(operation)
        if not answers:
            return value
        responses = {str(answer.status): self._response(answer) for answer in answers}
        return {**value, "responses": {**(value.get("responses") or {}), **responses}}

    def _response(self, answer: Added) -> JsonObject:
        name = self.added.get(answer)
        if name is None:
            taken = self.components.get("responses") or {}
            name = self.added[answer] = answer.name if answer.name not in taken else f"Pymacaron{answer.name}"
        section = ("responses", name) if self.is_swagger else ("components", "responses", name)
        return {"$ref": local(section)}

    # Components

    def _sections(self) -> JsonObject:
        """The sections of the components that change."""
        if not self.added:
            return {}
        sections: JsonObject = {}
        body: JsonObject = {}
        if self.errors is not None:
            shelf = "definitions" if self.is_swagger else "schemas"
            known = self.components.get(shelf) or {}
            name = self._error_name(known)
            if name not in known:
                sections[shelf] = {**known, name: BODIES[self.errors]}
            place = (shelf,) if self.is_swagger else ("components", shelf)
            schema = {"schema": {"$ref": local((*place, name))}}
            body = schema if self.is_swagger else {"content": {MEDIA[self.errors]: schema}}
        responses = {
            name: {"description": answer.description, **(body if answer.is_error else self._accepted())}
            for answer, name in self.added.items()
        }
        sections["responses"] = {**(self.components.get("responses") or {}), **responses}
        return sections

    def _accepted(self) -> JsonObject:
        """What the answer to an operation that takes long holds: what its status resource answers."""
        resource = next(one for one in self.resources if one.name == "get_operation")
        answer = _inlined(resource.node.at("responses").at("200"))
        schema, headers = answer["content"][MEDIA[OWN]]["schema"], {**ACCEPTED_HEADERS, **answer["headers"]}
        if self.is_swagger:
            return {"schema": schema, "headers": _headers_as_swagger(headers)}
        return {"content": {MEDIA[OWN]: {"schema": schema}}, "headers": headers}

    def _error_name(self, known: JsonObject) -> str:
        """What the schema of errors is called: one of the document's own, if that allows them."""
        assert self.errors is not None
        plain = NAMES[self.errors]
        for name in dict.fromkeys((plain, "Error")):
            if name in known and is_compatible(self.document, name, self.errors):
                return name
        own, number = f"Pymacaron{plain}", 2
        name = plain if plain not in known else own
        while name in known:
            name, number = f"{own}{number}", number + 1
        return name

    # Status resources

    def _resources(self, resources: Sequence[Operation], paths: JsonObject) -> JsonObject:
        taken = {operation.operation_id for operation in self.document.operations}
        found: JsonObject = {}
        for operation in resources:
            if operation.path not in paths:
                item = found.setdefault(operation.path, self._servers())
                item[operation.method.lower()] = self._resource(operation, taken)
        return found

    def _servers(self) -> JsonObject:
        """Where they are: at the root of each server, whatever path the API has there."""
        servers = self.bundle.get("servers")
        if self.is_swagger or not self.document.base_path or not isinstance(servers, list):
            return {}
        urls = dict.fromkeys(re.sub(r"^((?:[^/]*:)?//[^/]*)?.*", r"\1/", str(server.get("url"))) for server in servers)
        return {"servers": [{"url": url} for url in urls]}

    def _resource(self, operation: Operation, taken: Collection[str | None]) -> JsonObject:
        value: JsonObject = {key: _inlined(node) for key, node in operation.node.items() if not key.startswith("x-")}
        if value["operationId"] in taken:
            value["operationId"] = f"pymacaron_{value['operationId']}"
        responses = value["responses"]
        responses |= {str(one.status): self._response(one) for one in OF_RESOURCES if str(one.status) in responses}
        return _as_swagger(value) if self.is_swagger else value


def _inlined(node: Node) -> Json:
    """A value with all references in it followed; they lead in no circle."""
    node = node.follow()
    if isinstance(node.value, dict):
        return {key: _inlined(inner) for key, inner in node.items()}
    return [_inlined(inner) for inner in node.elements()] if isinstance(node.value, list) else node.value


def _as_swagger(operation: JsonObject) -> JsonObject:
    """An operation that answers JSON, as Swagger 2.0 has it."""
    responses = {
        key: response if "$ref" in response else _response_as_swagger(response)
        for key, response in operation["responses"].items()
    }
    made = {**operation, "produces": [MEDIA[OWN]], "responses": responses}
    if "parameters" in operation:
        made["parameters"] = [_parameter_as_swagger(parameter) for parameter in operation["parameters"]]
    return made


def _parameter_as_swagger(parameter: JsonObject) -> JsonObject:
    return {**{key: value for key, value in parameter.items() if key != "schema"}, **parameter["schema"]}


def _response_as_swagger(response: JsonObject) -> JsonObject:
    made: JsonObject = {"description": response["description"], "schema": response["content"][MEDIA[OWN]]["schema"]}
    if "headers" in response:
        made["headers"] = _headers_as_swagger(response["headers"])
    return made


def _headers_as_swagger(headers: JsonObject) -> JsonObject:
    return {name: {"description": header["description"], **header["schema"]} for name, header in headers.items()}
