"""Swagger 2.0 as OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.bundling.homes import local, pointer_of
from pymacaron.dialects import METHODS

from .attempts import Attempt
from .changes import VERSION
from .inputs20 import FORMS, Form, Given, parameter_of, value_schema
from .references import References
from .schemas import Schemas20

_JSON = "application/json"
_SECTIONS: dict[str, Pointer] = {
    "Schema": ("definitions",), "Parameter": ("parameters",), "RequestBody": ("parameters",),
    "Response": ("responses",), "SecurityScheme": ("securityDefinitions",),
}  # fmt: skip
_KEPT_IN = {
    "Schema": "schemas", "Parameter": "parameters", "RequestBody": "requestBodies", "Response": "responses",
    "SecurityScheme": "securitySchemes",
}  # fmt: skip
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
_KEPT = ("tags", "summary", "description", "externalDocs", "operationId", "deprecated")


class Swagger(Attempt):
    """One attempt at a document of Swagger 2.0."""

    def __init__(self, bundle: JsonObject, vague: set[str]) -> None:
        references = References(bundle, _SECTIONS)
        super().__init__(bundle, references, Schemas20(references.name, vague))

    def type_of_scheme(self, scheme: Json) -> Json:
        return scheme.get("type") if isinstance(scheme, dict) else None

    def document(self) -> JsonObject:
        bundle = self.bundle
        paths = bundle.get("paths") or {}
        value: JsonObject = {"openapi": VERSION, "info": bundle.get("info", {})}
        servers = _servers(bundle, bundle.get("schemes"))
        value |= {"servers": servers} if servers else {}
        value |= {key: bundle[key] for key in ("tags", "externalDocs") if key in bundle}
        value |= {"security": self.required(bundle["security"])} if "security" in bundle else {}
        value["paths"] = {
            path: self._item(item, ("paths", path)) if path.startswith("/") else item for path, item in paths.items()
        }
        components = self._components()
        value |= {"components": components} if components else {}
        return value | _extensions(bundle)

    def _components(self) -> JsonObject:
        sections: dict[str, JsonObject] = {key: {} for key in dict.fromkeys(_KEPT_IN.values())}
        for kind, section in _SECTIONS.items():
            for name, value in self.references.components(kind).items():
                self._bring(sections, kind, self.references.component(kind, name), value, (*section, name))
        for kind, name, pointer in self.references.arrivals():
            self._bring(sections, kind, name, self.references.at(pointer), pointer)
        return {key: section for key, section in sections.items() if section}

    def _bring(self, sections: dict[str, JsonObject], kind: str, name: str, value: Json, at: Pointer) -> None:
        section = sections[_KEPT_IN[kind]]
        if kind == "Schema":
            section[name] = self.named_schema(name, value, at)
        elif kind == "Response":
            section[name] = self._response(value, at, {})
        elif kind == "SecurityScheme":
            section[name] = _scheme(value)
        else:
            given = self._given(value, at)
            if (given.location == "body") == (kind == "RequestBody") and given.location != "formData":
                is_body = kind == "RequestBody"
                section[name] = self._body(given, self._types("consumes", {})) if is_body else parameter_of(self, given)

    # Paths

    def _item(self, item: Json, at: Pointer) -> Json:
        if not isinstance(item, dict):
            return item
        if isinstance(item.get("$ref"), str) and not any(method in item for method in METHODS):
            pointer = pointer_of(item["$ref"])
            return {"$ref": item["$ref"]} if pointer[0] == "paths" else self._item(self.references.at(pointer), pointer)
        shared = list(self._listed(item, at))
        plain = [given for given in shared if given.location not in ("body", "formData")]
        value = _extensions(item)
        if plain:
            value["parameters"] = [self._parameter(given) for given in plain]
        for method in METHODS:
            if isinstance(item.get(method), dict):
                value[method] = self._operation(item[method], (*at, method), shared)
        return value

    def _listed(self, holder: JsonObject, at: Pointer) -> Iterator[Given]:
        listed = holder.get("parameters")
        for index, parameter in enumerate(listed if isinstance(listed, list) else ()):
            yield self._given(parameter, (*at, "parameters", index))

    def _given(self, parameter: Json, at: Pointer) -> Given:
        """A parameter, what it refers to followed; `reference` is then its own."""
        reference = None
        while isinstance(parameter, dict) and isinstance(parameter.get("$ref"), str):
            reference = parameter["$ref"]
            at = pointer_of(reference)
            parameter = self.references.at(at)
        return Given(parameter if isinstance(parameter, dict) else {}, at, reference)

    def _parameter(self, given: Given) -> JsonObject:
        if given.reference is not None:
            return {"$ref": local(("components", "parameters", self.references.name(given.reference, "Parameter")))}
        return parameter_of(self, given)

    def _operation(self, operation: JsonObject, at: Pointer, shared: list[Given]) -> JsonObject:
        own = list(self._listed(operation, at))
        value = {key: operation[key] for key in _KEPT if key in operation}
        plain = [self._parameter(given) for given in own if given.location not in ("body", "formData")]
        value |= {"parameters": plain} if plain else {}
        body = self._request_body(operation, [*shared, *own])
        value |= {"requestBody": body} if body is not None else {}
        responses = operation.get("responses") or {"default": {"description": ""}}
        value["responses"] = {
            key: response if key.startswith("x-") else self._answer(response, (*at, "responses", key), operation)
            for key, response in responses.items()
        }
        value |= {"security": self.required(operation["security"])} if "security" in operation else {}
        if "schemes" in operation:
            value["servers"] = _servers(self.bundle, operation["schemes"])
        return value | _extensions(operation)

    # Bodies

    def _types(self, key: str, operation: JsonObject) -> list[str]:
        """`consumes` or `produces` of an operation, else of the document."""
        given = operation.get(key, self.bundle.get(key))
        return [media for media in given if isinstance(media, str)] if isinstance(given, list) else []

    def _request_body(self, operation: JsonObject, listed: list[Given]) -> JsonObject | None:
        bodies = [given for given in listed if given.location == "body"]
        types = self._types("consumes", operation)
        if bodies:
            given = bodies[-1]
            if given.reference is not None and "consumes" not in operation:
                name = self.references.name(given.reference, "RequestBody")
                return {"$ref": local(("components", "requestBodies", name))}
            return self._body(given, types)
        fields = {given.name: given for given in listed if given.location == "formData"}
        if not fields:
            return None
        form = Form(list(fields.values()))
        media_types = [media for media in types if media.lower() in FORMS]
        if form.has_files:
            media_types = [FORMS[1]]
        body: JsonObject = {"required": True} if form.required else {}
        return {**body, "content": {media: form.content(self, media) for media in media_types or FORMS}}

    def _body(self, given: Given, types: list[str]) -> JsonObject:
        value = given.value
        content: JsonObject = {}
        if "schema" in value:
            content = {"schema": self.schema(value["schema"], (*given.at, "schema"))}
        kept: JsonObject = {key: value[key] for key in ("description", "required") if key in value}
        return {**kept, "content": dict.fromkeys(types or [_JSON], content), **_extensions(value)}

    # Responses

    def _answer(self, response: Json, at: Pointer, operation: JsonObject) -> Json:
        if not isinstance(response, dict):
            return response
        reference = response.get("$ref")
        if not isinstance(reference, str):
            return self._response(response, at, operation)
        if "produces" in operation:
            pointer = pointer_of(reference)
            return self._answer(self.references.at(pointer), pointer, operation)
        return {"$ref": local(("components", "responses", self.references.name(reference, "Response")))}

    def _response(self, response: Json, at: Pointer, operation: JsonObject) -> Json:
        if not isinstance(response, dict):
            return response
        value: JsonObject = {"description": response.get("description", "")}
        headers = response.get("headers")
        if isinstance(headers, dict):
            value["headers"] = {name: self._header(header, (*at, "headers", name)) for name, header in headers.items()}
        examples = response.get("examples")
        examples = examples if isinstance(examples, dict) else {}
        if "schema" in response:
            schema = self.schema(response["schema"], (*at, "schema"))
            is_file = isinstance(response["schema"], dict) and response["schema"].get("type") == "file"
            value["content"] = {
                media: {"schema": schema, **({"example": examples[media]} if media in examples else {})}
                for media in self._types("produces", operation) or ["*/*" if is_file else _JSON]
            }
        elif examples:
            value["x-examples"] = examples  # without a schema nothing is said of a body
        return value | _extensions(response)

    def _header(self, header: Json, at: Pointer) -> Json:
        if not isinstance(header, dict):
            return header
        kept = {"description": header["description"]} if "description" in header else {}
        given = Given({**header, "in": "header"}, at, None)
        return {**kept, "schema": value_schema(self, given, ("csv",)), **_extensions(header)}


def _extensions(value: JsonObject) -> JsonObject:
    return {key: inner for key, inner in value.items() if key.startswith("x-")}


def _servers(bundle: JsonObject, schemes: Json) -> list[JsonObject]:
    """Where the API is: at the host of the document, and by the scheme that it was fetched by, unless it says others
    (Swagger 2.0, Swagger Object)."""
    host, base = bundle.get("host"), "/" + str(bundle.get("basePath", "")).strip("/")
    if not host:
        return [{"url": base}] if base != "/" else []
    listed = schemes if isinstance(schemes, list) and schemes else [""]
    return [{"url": f"{scheme}:{'//'}{host}{base}" if scheme else f"//{host}{base}"} for scheme in listed]


def _scheme(scheme: Json) -> Json:
    if not isinstance(scheme, dict):
        return scheme
    kept = {"description": scheme["description"]} if "description" in scheme else {}
    if scheme.get("type") == "basic":
        return {"type": "http", "scheme": "basic", **kept, **_extensions(scheme)}
    if scheme.get("type") != "oauth2":
        return scheme
    flow = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl") if key in scheme}
    name = _FLOWS.get(str(scheme.get("flow")), scheme.get("flow"))
    scopes = {key: text for key, text in (scheme.get("scopes") or {}).items() if not key.startswith("x-")}
    return {"type": "oauth2", **kept, "flows": {name: {**flow, "scopes": scopes}}, **_extensions(scheme)}
