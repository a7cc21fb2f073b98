"""What objects of OpenAPI 3.1 and 3.2 say in keys of their own, in keys that 3.0 has. What is still unknown to 3.0
after that is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias
from urllib.parse import quote

from pymacaron._types import Json, JsonObject, Pointer

VERSION = "3.0.3"
_FILES = ("image/", "audio/", "video/", "application/octet-stream", "application/pdf", "application/zip")


class Objects(Protocol):
    """What says the objects of one document."""

    def note(self, at: Pointer, keyword: str, now: str = "left out") -> None:
        """Something cannot be said."""
        ...

    def required(self, given: Json) -> Json:
        """Security requirements, of schemes that are left."""
        ...


Change: TypeAlias = Callable[[Objects, JsonObject, Pointer], JsonObject]


def _document(objects: Objects, value: JsonObject, _at: Pointer) -> JsonObject:
    for name in value.get("webhooks") or ():
        objects.note(("webhooks", name), "webhooks")
    changed = {"openapi": VERSION, **{key: inner for key, inner in value.items() if key != "openapi"}}
    changed.setdefault("paths", {})
    if isinstance(value.get("info"), dict):
        changed["info"] = _info(value["info"])
    if isinstance(value.get("tags"), list):
        changed["tags"] = [_only(tag, "name", "description", "externalDocs") for tag in value["tags"]]
    return _with_security(objects, _with_servers(changed))


def _info(value: JsonObject) -> JsonObject:
    changed = {"x-summary" if key == "summary" else key: inner for key, inner in value.items()}
    licence = value.get("license")
    if isinstance(licence, dict) and "identifier" in licence:
        changed["license"] = {key: inner for key, inner in licence.items() if key != "identifier"}
        changed["license"].setdefault("url", f"https://spdx.org/licenses/{quote(str(licence['identifier']))}.html")
    return changed


def _only(value: Json, *keys: str) -> Json:
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key in keys or key.startswith("x-")}


def _with_servers(value: JsonObject) -> JsonObject:
    listed = value.get("servers")
    if isinstance(listed, list):
        return {**value, "servers": [_only(server, "url", "description", "variables") for server in listed]}
    return value


def _with_security(objects: Objects, value: JsonObject) -> JsonObject:
    return {**value, "security": objects.required(value["security"])} if "security" in value else value


def _path_item(objects: Objects, value: JsonObject, at: Pointer) -> JsonObject:
    if "query" in value:
        objects.note((*at, "query"), "query")
    for method in value.get("additionalOperations") or ():
        objects.note((*at, "additionalOperations", method), "additionalOperations")
    return _with_servers(value)


def _operation(objects: Objects, value: JsonObject, _at: Pointer) -> JsonObject:
    changed = _with_security(objects, _with_servers(value))
    if not value.get("responses"):
        changed = {**changed, "responses": {"default": {"description": ""}}}  # 3.0 wants one at least
    return changed


def _parameter(objects: Objects, value: JsonObject, at: Pointer) -> JsonObject:
    if value.get("style") != "cookie":
        return value
    objects.note(at, "style: cookie", "style: form, which encodes more characters")
    return {**value, "style": "form"}


def _response(_objects: Objects, value: JsonObject, _at: Pointer) -> JsonObject:
    return value if "description" in value else {"description": str(value.get("summary", "")), **value}


def _media_type(objects: Objects, value: JsonObject, at: Pointer) -> JsonObject:
    for key in ("itemSchema", "prefixEncoding", "itemEncoding"):
        if key in value:
            objects.note(at, key)
    if value.get("schema", {}) == {} and str(at[-1]).lower().startswith(_FILES):
        return {**value, "schema": {"type": "string", "format": "binary"}}  # how 3.0 says that it is a file
    return value


def _encoding(objects: Objects, value: JsonObject, at: Pointer) -> JsonObject:
    for key in ("encoding", "prefixEncoding", "itemEncoding"):
        if key in value:
            objects.note(at, key)
    return value


def _example(_objects: Objects, value: JsonObject, _at: Pointer) -> JsonObject:
    for key in ("dataValue", "serializedValue"):
        if key in value:
            return {**value, "value": value[key]}
    return value


def _security_scheme(objects: Objects, value: JsonObject, at: Pointer) -> JsonObject:
    flows = value.get("flows")
    if not isinstance(flows, dict) or "deviceAuthorization" not in flows:
        return value
    objects.note((*at, "flows", "deviceAuthorization"), "deviceAuthorization")
    return {**value, "flows": {name: flow for name, flow in flows.items() if name != "deviceAuthorization"}}


CHANGES: dict[str, Change] = {
    "Document": _document,
    "Encoding": _encoding,
    "Example": _example,
    "MediaType": _media_type,
    "Operation": _operation,
    "Parameter": _parameter,
    "PathItem": _path_item,
    "Response": _response,
    "SecurityScheme": _security_scheme,
}
