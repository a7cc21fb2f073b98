"""The structure of Swagger 2.0 changed in place to that of OpenAPI 3.1; schemas stay as they are, for schemas.py."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from pymacaron.dialects import METHODS

from .texts import put, rename, take

_JSON, _FORMS = "application/json", ("application/x-www-form-urlencoded", "multipart/form-data")
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
_OF_PARAMETERS = ("name", "in", "description", "required", "allowEmptyValue", "schema", "$ref")
_STYLES = {
    "csv": ("form", False), "multi": ("form", True), "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
}  # fmt: skip
_IGNORED = ("accept", "content-type", "authorization")  # as header parameters (OpenAPI 3.x, Parameter Object: name)
_CONTENT_TYPE = "content-type"  # nor as a header of a response (OpenAPI 3.x, Response Object: headers)
_FILE = {"type": "string", "format": "binary"}
_MOVED = {"#/definitions/": "#/components/schemas/", "#/parameters/": "#/components/parameters/",
          "#/responses/": "#/components/responses/"}  # fmt: skip


def moved(reference: str) -> str:
    """Where a reference into a document of Swagger 2.0 leads in 3.x."""
    for old, new in _MOVED.items():
        at = reference.find(old)
        if at >= 0:
            return reference[:at] + new + reference[at + len(old) :]
    return reference


class Restructuring:
    """A document of Swagger 2.0 on its way to 3.1.

    Args:
        resolve: what a reference in it leads to.
    """

    def __init__(self, root: Any, resolve: Callable[[str], Any], told: list[str]) -> None:
        self.root, self._resolve, self._told = root, resolve, told
        self._consumes = _media_types(root.pop("consumes", None))
        self._produces = _media_types(root.pop("produces", None))
        self._addresses = {key: root[key] for key in root if key in {"host", "basePath", "schemes"}}

    def run(self) -> None:
        root = self.root
        parameters = root.get("parameters") or {}
        self._given = {f"#/parameters/{name}": one for name, one in parameters.items()}
        self._servers()
        for path, item in (root.get("paths") or {}).items():
            if str(path).startswith("/") and isinstance(item, dict):
                self._item(item)
        for response in (root.get("responses") or {}).values():
            self._response(response, self._produces)
        for name, one in list(parameters.items()):
            if one.get("in") in {"body", "formData"}:
                del parameters[name]
            else:
                self._parameter(one)
        for scheme in (root.get("securityDefinitions") or {}).values():
            _scheme(scheme)
        self._components()

    def _components(self) -> None:
        """What there is to refer to stands together, where the first of it stood."""
        root = self.root
        names = {"definitions": "schemas", "parameters": "parameters", "responses": "responses",
                 "securityDefinitions": "securitySchemes"}  # fmt: skip
        there = [key for key in root if key in names]
        found = {key: root[key] for key in there if root[key]}
        for key in there[1:]:
            del root[key]
        if found:
            rename(root, there[0], "components")
            root["components"] = type(root)()
            for key, section in found.items():
                root["components"][names[key]] = section
        elif there:
            del root[there[0]]

    def _servers(self) -> None:
        servers = _servers(self._addresses, self._addresses.get("schemes"))
        first, *others = self._addresses or [""]
        if servers:
            put(self.root, first, [("servers", servers)])
        take(self.root, first, *others)

    def _item(self, item: Any) -> None:
        shared = [self._meant(one) for one in item.get("parameters") or ()]
        for method in METHODS:
            if isinstance(item.get(method), dict):
                self._operation(item[method], shared)
        self._keep_plain(item)

    def _meant(self, parameter: Any) -> Any:
        """The parameter that is listed, or that a reference leads to."""
        reference = parameter.get("$ref")
        if reference is None:
            return parameter
        found = self._given.get(reference)
        return self._resolve(reference) if found is None else found

    def _keep_plain(self, holder: Any) -> None:
        """Of the parameters that are listed, those that are no body and no fields of one."""
        listed = holder.get("parameters")
        if not isinstance(listed, list):
            return
        for index in reversed(range(len(listed))):
            if self._meant(listed[index]).get("in") in {"body", "formData"}:
                del listed[index]
            elif "$ref" not in listed[index]:
                self._parameter(listed[index])
        if not listed:
            del holder["parameters"]

    def _operation(self, operation: Any, shared: list[Any]) -> None:
        consumes = _media_types(operation.pop("consumes", None), self._consumes)
        has_produces = "produces" in operation
        produces = _media_types(operation.pop("produces", None), self._produces)
        own = [self._meant(one) for one in operation.get("parameters") or ()]
        listed = {(one.get("name"), one.get("in")): one for one in (*shared, *own)}
        body = _body(list(listed.values()), consumes)
        if body is not None:
            plain = [one for one in own if one.get("in") not in {"body", "formData"}]
            at = "parameters" if own else "responses"
            kept = [(at, operation[at])] if plain or not own else []
            put(operation, at, [*kept, ("requestBody", body)][:: 1 if own else -1])
        self._keep_plain(operation)
        for key, response in (operation.get("responses") or {}).items():
            if str(key).startswith("x-") or not isinstance(response, dict):
                continue
            if "$ref" in response and has_produces and produces != self._produces:
                copied = deepcopy(self._resolve(response["$ref"]))
                operation["responses"][key] = copied
                self._response(copied, produces)
            elif "$ref" not in response:
                self._response(response, produces)
        if "schemes" in operation:
            put(operation, "schemes", [("servers", _servers(self._addresses, operation["schemes"]))])

    def _response(self, response: Any, produces: list[str]) -> None:
        if not isinstance(response, dict) or "$ref" in response:
            return
        response.setdefault("description", "")
        for name, header in (response.get("headers") or {}).items():
            if str(name).lower() == _CONTENT_TYPE:
                self._told.append(f"response header {name}: 3.x takes none of that name")
            self._header(header)
        examples = response.pop("examples", None) or {}
        if "schema" not in response:
            if examples:
                response["x-examples"] = examples  # without a schema nothing is said of a body
            return
        schema = response["schema"]
        is_file = schema.get("type") == "file"
        content = type(response)()
        for media in produces or ["*/*" if is_file else _JSON]:
            content[media] = {} if is_file else {"schema": schema}
            if media in examples:
                content[media]["example"] = examples[media]
        put(response, "schema", [("content", content)])

    def _header(self, header: Any) -> None:
        if isinstance(header, dict) and "schema" not in header:
            schema = take(header, *[key for key in header if key != "description" and _is_schema_key(key)])
            schema.pop("collectionFormat", None)
            header["schema"] = _items(schema)

    def _parameter(self, parameter: Any) -> None:
        if not isinstance(parameter, dict) or "$ref" in parameter or "schema" in parameter:
            return
        where = parameter.get("in")
        schema = take(parameter, *[key for key in parameter if key not in _OF_PARAMETERS and _is_schema_key(key)])
        how = schema.pop("collectionFormat", "csv")
        if where == "path":
            parameter["required"] = True
        if where == "header" and str(parameter.get("name")).lower() in _IGNORED:
            self._told.append(f"header parameter {parameter['name']}: 3.x takes no parameter of that name")
        if schema.get("type") == "array" and where == "query":
            if how not in _STYLES:
                self._told.append(f"parameter {parameter.get('name')}: collectionFormat {how} has no name in 3.1")
            else:
                parameter["style"], parameter["explode"] = _STYLES[how]
        elif schema.get("type") == "array" and how != "csv":
            self._told.append(f"parameter {parameter.get('name')}: collectionFormat {how} is for queries only in 3.1")
        parameter["schema"] = _items(schema)


def _is_schema_key(key: str) -> bool:
    return not key.startswith("x-") or key == "x-nullable"


def _items(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the formats of lists inside lists, which have no name in 3.x."""
    items = schema.get("items")
    if isinstance(items, dict):
        items.pop("collectionFormat", None)
        _items(items)
    return schema


def _media_types(listed: Any, otherwise: list[str] | None = None) -> list[str]:
    given = listed if isinstance(listed, list) else otherwise or []
    return [str(media) for media in given if isinstance(media, str)]


def _body(parameters: list[Any], consumes: list[str]) -> Any:
    """The Request Body Object of a body parameter, or of the fields of a form."""
    bodies = [one for one in parameters if one.get("in") == "body"]
    if bodies:
        body = bodies[-1]
        kept = {key: body[key] for key in body if key in {"description", "required"} or key.startswith("x-")}
        carried = {"schema": body["schema"]} if "schema" in body else {}
        return {**kept, "content": {media: dict(carried) for media in consumes or [_JSON]}}
    fields = [one for one in parameters if one.get("in") == "formData"]
    if not fields:
        return None
    has_files = any(_is_file(one) for one in fields)
    forms = [_FORMS[1]] if has_files else [media for media in consumes if media.lower() in _FORMS] or list(_FORMS)
    required = [one["name"] for one in fields if one.get("required") is True]
    body = {"required": True} if required else {}
    return {**body, "content": {media: _form(fields, required, media) for media in forms}}


def _is_file(field: Any) -> bool:
    items = field.get("items") if field.get("type") == "array" else None
    return bool((items or field).get("type") == "file")


def _form(fields: list[Any], required: list[str], media: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {one["name"]: _field(one) for one in fields}}
    if required:
        schema["required"] = required
    written = {
        one["name"]: dict(zip(("style", "explode"), _STYLES[one.get("collectionFormat", "csv")], strict=True))
        for one in fields
        if one.get("type") == "array" and one.get("collectionFormat", "csv") in _STYLES and media != _FORMS[1]
    }
    return {"schema": schema, "encoding": written} if written else {"schema": schema}


def _field(field: Any) -> dict[str, Any]:
    left_out = {"name", "in", "required", "collectionFormat", "allowEmptyValue"}
    schema = deepcopy({key: value for key, value in field.items() if key not in left_out})
    if schema.get("type") == "file":
        schema |= _FILE
    items = schema.get("items")
    if isinstance(items, dict) and items.get("type") == "file":
        items.update(_FILE)
    return _items(schema)


def _servers(addresses: dict[str, Any], schemes: Any) -> list[dict[str, str]]:
    """Where the API is: at the host of the document, and by the scheme that it was fetched by, unless it says others
    (Swagger 2.0, Swagger Object)."""
    host, base = addresses.get("host"), "/" + str(addresses.get("basePath") or "").strip("/")
    if not host:
        return [{"url": base}] if base != "/" else []
    base = "" if base == "/" else base
    listed = schemes if isinstance(schemes, list) and schemes else [""]
    if "https" in listed:
        listed = ["https", *[one for one in listed if one != "https"]]  # the first is the one that clients call
    return [{"url": f"{scheme}://{host}{base}" if scheme else f"//{host}{base}"} for scheme in listed]


def _scheme(scheme: Any) -> None:
    if scheme.get("type") == "basic":
        scheme["type"] = "http"
        scheme["scheme"] = "basic"
    elif scheme.get("type") == "oauth2":
        flow = take(scheme, "authorizationUrl", "tokenUrl", "scopes")
        name = scheme.get("flow")
        flow.setdefault("scopes", {})
        scheme["flows"] = {_FLOWS.get(name, name): flow}
        take(scheme, "flow")
