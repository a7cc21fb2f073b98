"""Rules for objects that stand by themselves: the document, security, servers, tags, bodies, responses, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron.names import COOKIE_NAME, suggest

from .notation import Place, Rules
from .rules_paths import routable
from .rules_schemas import DIALECTS
from .walk import Walk


def rules(version: str) -> Rules:
    """This room's rules for a version."""
    if version == "2.0":
        return {
            "Document": (_schemes_20, _host, _tags, _consumes),
            "Operation": (_consumes,),
            "SecurityRequirement": (_requirement,),
            "HeaderParameter": (_header_name,),
        }
    found: Rules = {
        "Document": (_schemes, _tags),
        "SecurityRequirement": (_requirement,),
        "Server": (_server,),
        "ServerVariable": (_server_variable,),
        "Header": (_schema_or_content,),
        "Link": (_link,),
        "Components": (_component_names,),
        "Content": (_content,),
    }
    for name in ("PathParameter", "QueryParameter", "CookieParameter", "QuerystringParameter"):
        found[name] = (_schema_or_content,)
    found["HeaderParameter"] = (_schema_or_content, _ignored_header, _header_name)
    found["CookieParameter"] += (_cookie_name,)
    found["QuerystringParameter"] = (_one_content,)
    if version != "3.0":
        found["Document"] += (_something, _default_dialect)
        found["License"] = (_license,)
    if version >= "3.2":
        found["Document"] += (_tag_parents,)
        found["PathItem"] = (_additional_methods,)
        found["MediaType"] = (_by_name_or_position, _positions)
        found["Encoding"] = (_by_name_or_position,)
    return found


def _dict(value: Json, *keys: str) -> JsonObject:
    """The object at the end of some keys, {} if there is none."""
    for key in keys:
        value = value.get(key) if type(value) is dict else None
    return value if type(value) is dict else {}


def _dicts(value: Json) -> Iterator[tuple[int, JsonObject]]:
    if type(value) is list:
        for index, item in enumerate(value):
            if type(item) is dict:
                yield index, item


# The document


def _schemes_20(walk: Walk, value: JsonObject, place: Place) -> None:
    walk.notes["schemes"] = _dict(value, "securityDefinitions"), (place, "securityDefinitions")


def _schemes(walk: Walk, value: JsonObject, place: Place) -> None:
    walk.notes["schemes"] = _dict(value, "components", "securitySchemes"), ((place, "components"), "securitySchemes")


def _host(walk: Walk, value: JsonObject, place: Place) -> None:
    """Swagger 2.0, Swagger Object: `host` has no scheme and no path, `basePath` begins with a slash."""
    host, base_path = value.get("host"), value.get("basePath")
    if type(host) is str and re.search(r"[/{}\s\\]", host):
        walk.fault(
            (place, "host"), "a host is a name, optionally with a port", "the rest belongs to schemes and basePath"
        )
    if type(base_path) is str and base_path and not base_path.startswith("/"):
        walk.fault((place, "basePath"), "a base path begins with a slash", f"write '/{base_path}'")
    if type(base_path) is str:
        routable(walk, base_path, (place, "basePath"))


def _something(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.1, OpenAPI Document: at least one of paths, components and webhooks is there."""
    if not value.keys() & {"paths", "components", "webhooks"}:
        walk.fault(place, "`paths` is missing", "add `paths:`, or `components:` or `webhooks:`")


def _default_dialect(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.1, OpenAPI Document: the dialect of its schemas; pymacaron speaks one."""
    name = value.get("jsonSchemaDialect")
    if type(name) is str and not name.startswith(DIALECTS):
        walk.warn((place, "jsonSchemaDialect"), f"the dialect {name[:80]} is read as 2020-12", "remove it")


def _license(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.1, License Object: `identifier` and `url` exclude each other."""
    if "identifier" in value and "url" in value:
        walk.warn((place, "identifier"), "a licence has an identifier or a URL, not both", "remove one of them")


def _tags(walk: Walk, value: JsonObject, place: Place) -> None:
    """All versions, `tags` of the document: each name once."""
    known: set[Any] = set()
    for index, tag in _dicts(value.get("tags")):
        name = tag.get("name")
        if type(name) is str and name in known:
            walk.warn((((place, "tags"), index), "name"), f"the tag '{name}' is declared twice", "remove one of them")
        known.add(name if type(name) is str else None)


def _tag_parents(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.2, Tag Object: the parent is declared, and no tag is above itself."""
    tags = list(_dicts(value.get("tags")))
    parents = {str(tag.get("name")): tag.get("parent") for _, tag in tags}
    for index, tag in tags:
        parent = tag.get("parent")
        if type(parent) is not str:
            continue
        where = (((place, "tags"), index), "parent")
        if parent not in parents:
            walk.fault(where, f"no tag is called '{parent}'", suggest(parent, parents) or "declare it in `tags`")
        elif _above_itself(str(tag.get("name")), parents):
            walk.fault(where, "the tag is its own ancestor", "remove `parent` from one of these tags")


def _above_itself(name: str, parents: dict[str, Json]) -> bool:
    above = parents.get(name)
    for _ in parents:
        if above == name:
            return True
        above = parents.get(above) if type(above) is str else None
    return False


def _component_names(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Components Object: names are made of letters, digits, dots, hyphens and underscores."""
    for section, named in value.items():
        for name in named if type(named) is dict and not section.startswith("x-") else ():
            if not re.fullmatch(r"[a-zA-Z0-9._-]+", name):
                cure = "use letters, digits, '.', '-' and '_' only"
                walk.warn(((place, section), name), "not a valid name for a component", cure, at_key=True)


# Security


def _requirement(walk: Walk, value: JsonObject, place: Place) -> None:
    """All versions, Security Requirement Object: the schemes are declared, and so are the scopes."""
    schemes, schemes_place = walk.notes["schemes"]
    for name, scopes in value.items():
        if name not in schemes:
            if walk.version < "3.2" or not re.search(r"[/#:.]", name):  # 3.2: or it is the URI of one
                cure = suggest(name, schemes) or "declare it, or remove the requirement"
                # no fault yet: a served API does not start if nothing can verify its schemes
                walk.warn((place, name), f"no security scheme is called '{name}'", cure, at_key=True)
            continue
        found = walk.resolved(schemes[name], (schemes_place, name))
        if found is not None and type(scopes) is list:
            _scopes(walk, found[0], scopes, (place, name))


def _scopes(walk: Walk, scheme: JsonObject, scopes: list[Json], place: Place) -> None:
    kind = scheme.get("type")
    if kind == "oauth2":
        flows = [scheme] if walk.version == "2.0" else [_dict(flow) for flow in _dict(scheme, "flows").values()]
        known = [scope for flow in flows for scope in _dict(flow, "scopes")]
        for index, scope in enumerate(scopes):
            if type(scope) is str and scope not in known:
                walk.warn((place, index), f"no flow has the scope '{scope}'", suggest(scope, known))
    elif scopes and kind != "openIdConnect" and walk.version in ("2.0", "3.0"):
        which = "only oauth2 has" if walk.version == "2.0" else "only oauth2 and openIdConnect have"
        walk.warn_once(place, f"{which} scopes", "write []")


# Servers


def _server(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Server Object: what stands in braces in the URL is a variable of it."""
    url, variables = value.get("url"), _dict(value, "variables")
    if type(url) is str:
        routable(walk, url, (place, "url"))
        for name in dict.fromkeys(re.findall(r"\{([^{}]*)\}", url)):
            if name not in variables:
                cure = suggest(name, variables) or f"add `variables: {{{name}: {{default: ...}}}}`"
                walk.fault((place, "url"), f"the variable '{name}' is not declared", cure)


def _server_variable(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Server Variable Object: the default is one of the values (from 3.1 on it must be)."""
    allowed, default = value.get("enum"), value.get("default")
    say = walk.warn if walk.version == "3.0" else walk.fault
    if allowed == []:
        say((place, "enum"), "a variable without a value", "list its values, or remove `enum`")
    elif type(allowed) is list and type(default) is str and default not in allowed:
        say((place, "default"), "the default is not one of the values in `enum`", _did_you_mean(default, allowed))


def _did_you_mean(word: str, words: list[Json]) -> str:
    return suggest(word, [other for other in words if type(other) is str]) or "add it there"


# Parameters, headers, links, methods


def _schema_or_content(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Parameter and Header Object: `schema` or `content`, the latter with one entry."""
    if "schema" in value and "content" in value:
        walk.fault((place, "content"), "`schema` and `content` exclude each other", "remove one of them", at_key=True)
    elif "schema" not in value and "content" not in value:
        walk.fault(place, "`schema` is missing", "add `schema:`, or `content:` with one media type")
    _one_content(walk, value, place)


def _one_content(walk: Walk, value: JsonObject, place: Place) -> None:
    content = value.get("content")
    if type(content) is dict and len(content) != 1:
        walk.fault((place, "content"), f"`content` has {len(content)} entries", "write one media type")


def _content(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, `content`: its keys are media types or ranges of them (RFC 9110 section 8.3.1)."""
    for name in value:
        _media_type(walk, name, (place, name), at_key=True)


def _consumes(walk: Walk, value: JsonObject, place: Place) -> None:
    """Swagger 2.0, Mime Types."""
    for key in ("consumes", "produces"):
        listed = value.get(key)
        for index, name in enumerate(listed if type(listed) is list else ()):
            if type(name) is str:
                _media_type(walk, name, ((place, key), index))


def _media_type(walk: Walk, name: str, place: Place, *, at_key: bool = False) -> None:
    if not re.fullmatch(r"[^\s/;]+/[^\s/;]+\s*(;.*)?", name):
        meant = name if name in ("json", "xml", "pdf", "zip", "yaml") else ""
        cure = f"did you mean 'application/{meant}'?" if meant else "write it as in 'application/json'"
        walk.warn_once(place, f"'{name}' is not a media type", cure, at_key=at_key)


def _ignored_header(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Parameter Object: these headers are described elsewhere, and ignored as parameters."""
    name = value.get("name")
    if type(name) is str and name.lower() in ("accept", "content-type", "authorization"):
        walk.warn_once((place, "name"), f"the parameter '{name}' is ignored",
                       "the media types and `security` say what it would")  # fmt: skip


def _header_name(walk: Walk, value: JsonObject, place: Place) -> None:
    """RFC 9110 section 5.1: the name of a field is a token."""
    name = value.get("name")
    if type(name) is str and not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII):
        walk.warn((place, "name"), "not a valid name for a header: it never arrives", "use letters, digits and '-'")


def _cookie_name(walk: Walk, value: JsonObject, place: Place) -> None:
    """RFC 6265 section 4.1.1: cookies have no escape for what their names cannot hold."""
    name = value.get("name")
    if type(name) is str and not COOKIE_NAME.fullmatch(name):
        walk.fault((place, "name"), "not a valid name for a cookie", "use letters, digits, '-' and '_'")


def _link(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Link Object: `operationId` or `operationRef`."""
    if ("operationId" in value) == ("operationRef" in value):
        walk.warn(place, "a link has an operationId or an operationRef", "write one of them")
    elif type(value.get("operationId")) is str:
        walk.after.append(partial(_linked, value["operationId"], (place, "operationId")))


def _linked(name: str, place: Place, walk: Walk) -> None:
    operations = walk.notes.get("operations", {})
    if name not in operations:
        walk.warn(place, f"no operation is called '{name}'", suggest(name, operations))


def _additional_methods(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.2, Path Item Object: `additionalOperations` has no method that has a key of its own."""
    for method in _dict(value, "additionalOperations"):
        if walk.grammar.has("PathItem", method.lower()) and method.lower() not in ("summary", "servers"):
            where = ((place, "additionalOperations"), method)
            walk.fault(where, f"{method} has a key of its own", f"write `{method.lower()}:`", at_key=True)


_POSITIONAL = ("prefixEncoding", "itemEncoding")


def _by_name_or_position(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.2, Media Type Object and Encoding Object: `encoding` is for parts with names, the others for parts in
    an order."""
    for key in _POSITIONAL:
        if key in value and "encoding" in value:
            cure = "keep `encoding` for parts with names, the other for parts in an order"
            walk.fault((place, key), f"`{key}` beside `encoding`", cure, at_key=True)


def _positions(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.2, Encoding By Position: there has to be a schema of an array, or of items."""
    for key in _POSITIONAL:
        if key in value and "schema" not in value and "itemSchema" not in value:
            cure = "add a schema of an array, or `itemSchema`"
            walk.warn((place, key), f"`{key}` without a schema of the parts", cure, at_key=True)
