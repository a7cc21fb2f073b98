"""Rules for paths, operations and the parameters that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from pymacaron._types import Json, JsonObject
from pymacaron.documents import DEEPEST

from .hints import near
from .notation import Place, Rules
from .walk import Walk

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_ELSEWHERE = ("query", "header", "cookie", "querystring", "body", "formData")
_NAME = re.compile(r"\{([^{}]*)\}")


def rules(version: str) -> Rules:
    """This room's rules for a version."""
    return {
        "Paths": (_paths,),
        "PathItem": (_no_duplicates,),
        "Operation": (_no_duplicates, _operation_id),
        "Responses": (_some_response,) if version in ("2.0", "3.0") else (),
    }


class _Parameter(NamedTuple):
    """A parameter as far as its path is concerned."""

    name: Json
    location: Json
    value: JsonObject
    place: Place


class _Item(NamedTuple):
    """A path item: the objects that describe it, what it refers to being the second, each with its place."""

    path: str
    parts: list[tuple[JsonObject, Place]]

    def operations(self) -> Iterator[tuple[str, JsonObject, Place]]:
        """Method, operation and place."""
        for value, place in self.parts:
            for method in _METHODS:
                if type(value.get(method)) is dict:
                    yield method, value[method], (place, method)
            more = value.get("additionalOperations")
            for method, operation in more.items() if type(more) is dict else ():
                if type(operation) is dict:
                    yield method, operation, ((place, "additionalOperations"), method)

    def parameters(self, walk: Walk) -> list[_Parameter]:
        """Those that all operations share."""
        return [parameter for value, place in self.parts for parameter in _parameters(walk, value, place)]


def _paths(walk: Walk, value: JsonObject, place: Place) -> None:
    shapes: dict[str, dict[str, str]] = {}
    for path, found in value.items():
        if not path.startswith("/") or type(found) is not dict:
            continue
        item = _Item(path, [(found, (place, path))])
        target = walk.resolved(found, (place, path))
        if target is not None and target[0] is not found:
            item.parts.append(target)
        names = _template(walk, path, (place, path))
        _same_shape(walk, item, shapes.setdefault(_NAME.sub("{}", path), {}), (place, path))
        shared = item.parameters(walk)
        _template_parameters(walk, item, names, shared)
        for _, operation, where in item.operations():
            _combination(walk, [*shared, *_parameters(walk, operation, where)], operation, where)


def _template(walk: Walk, path: str, place: Place) -> list[str]:
    """The names in a path's braces; all versions, Path Templating."""
    names = _NAME.findall(path)
    routable(walk, path, place, at_key=True)
    if re.search(r"[{}]", _NAME.sub("", path)):
        walk.fault(place, "unbalanced braces", "write {name} for a part that varies", at_key=True)
    say = walk.fault if walk.version >= "3.2" else walk.warn  # the first version to forbid it
    if "" in names:
        say(place, "empty braces", "write {name} for a part that varies", at_key=True)
    for name in {name for name in names if names.count(name) > 1}:
        say(place, f"{{{name}}} is in the path twice", "give one of them another name", at_key=True)
    return [name for name in names if name]


def routable(walk: Walk, path: str, place: Place, *, at_key: bool = False) -> None:
    """What Flask has no way to route: "<" begins a variable there, and no URL may hold it (RFC 3986 section 2)."""
    if "<" in unquote(path):
        walk.fault(place, "a path cannot contain '<'", "write {name} for a part that varies", at_key=at_key)
    if path.count("/") > DEEPEST:
        walk.fault(place, f"a path of more than {DEEPEST} segments", "shorten it", at_key=at_key)


def _same_shape(walk: Walk, item: _Item, taken: dict[str, str], place: Place) -> None:
    """All versions, Paths Object: templates that differ in names only are one and the same."""
    for method, _, _ in item.operations():
        other = taken.setdefault(method, item.path)
        if other != item.path:
            fact = f"{method.upper()} is already declared by '{other}': only names in braces differ"
            walk.warn(place, fact, "merge the two", at_key=True)


def _parameters(walk: Walk, holder: JsonObject, place: Place) -> list[_Parameter]:
    """The parameters that a path item or an operation lists, references followed."""
    listed = holder.get("parameters")
    found = []
    for index, given in enumerate(listed if type(listed) is list else ()):
        resolved = walk.resolved(given, ((place, "parameters"), index))
        if resolved is not None:
            value, _ = resolved
            found.append(_Parameter(value.get("name"), value.get("in"), value, ((place, "parameters"), index)))
    return found


def _template_parameters(walk: Walk, item: _Item, names: list[str], shared: list[_Parameter]) -> None:
    """All versions, Path Templating: each name has a path parameter, and each path parameter stands in the path."""
    unused = _unused(walk, item.path, names, shared)
    missing: dict[str, list[Place]] = {}
    operations = list(item.operations())
    for _, operation, place in operations:
        own = _parameters(walk, operation, place)
        misspelt = unused + _unused(walk, item.path, names, own)
        # `in` may be misspelt, too
        declared = {str(parameter.name) for parameter in (*shared, *own) if parameter.location not in _ELSEWHERE}
        for name in names:
            if name not in declared and near(name, misspelt) is None:
                missing.setdefault(name, []).append(place)
    for name, places in missing.items():
        cure = f"add a parameter with `name: {name}`, `in: path` and `required: true`"
        for place in [item.parts[0][1]] if len(places) == len(operations) > 1 else places:
            walk.fault(place, f"{{{name}}} in the path is not declared as a parameter", cure, at_key=True)


def _unused(walk: Walk, path: str, names: list[str], parameters: list[_Parameter]) -> list[str]:
    """Report the path parameters that do not stand in the path, and return their names."""
    found = [p for p in parameters if p.location == "path" and type(p.name) is str and p.name not in names]
    for parameter in found:
        meant = near(str(parameter.name), names)
        fact = f"{{{parameter.name}}} is not in the path '{path}'"
        walk.fault(parameter.place, fact, f"did you mean '{meant}'?" if meant else "remove it, or add it to the path")
    return [str(parameter.name) for parameter in found]


def _combination(walk: Walk, parameters: list[_Parameter], operation: JsonObject, place: Place) -> None:
    """What the parameters of one operation may be together."""
    by_location: dict[Json, list[_Parameter]] = {}
    for parameter in {(str(p.name), str(p.location)): p for p in parameters}.values():
        by_location.setdefault(str(parameter.location), []).append(parameter)
    if walk.version == "2.0":
        _one_body(walk, by_location, operation, place)
    elif strings := by_location.get("querystring"):
        _one_querystring(walk, strings, by_location.get("query", []))


def _one_body(walk: Walk, given: dict[str, list[_Parameter]], operation: JsonObject, place: Place) -> None:
    """Swagger 2.0, Parameter Object: one body at most, and not beside a form; a file needs a form that can hold it."""
    bodies, fields = given.get("body", []), given.get("formData", [])
    for parameter in bodies[1:]:
        walk.fault(parameter.place, "a second body", "put both into one schema")
    if bodies and fields:
        # documents with both exist; one of the two is then never sent
        walk.warn(bodies[0].place, "a body beside form fields", "use either `in: body` or `in: formData`")
    lists = [field for field in fields if _lists_files(field.value)]
    for field in lists:
        # many documents have such, and what is meant is clear
        walk.warn(
            field.place,
            "items of the type file, which Swagger 2.0 does not have",
            "write `type: string` with `format: binary`",
        )
    files = [field for field in fields if field.value.get("type") == "file"] + lists
    consumed = operation.get("consumes", walk.root.value.get("consumes"))
    forms = ("multipart/form-data", "application/x-www-form-urlencoded")
    if files and not (type(consumed) is list and any(str(kind).startswith(forms) for kind in consumed)):
        walk.warn(
            place, "a file is uploaded, but no media type is declared for it", "add `consumes: [multipart/form-data]`"
        )


def _lists_files(parameter: JsonObject) -> bool:
    items = parameter.get("items")
    return parameter.get("type") == "array" and isinstance(items, dict) and items.get("type") == "file"


def _one_querystring(walk: Walk, strings: list[_Parameter], queries: list[_Parameter]) -> None:
    """OpenAPI 3.2, Parameter Locations: `querystring` once, and not beside `query`."""
    for parameter in strings[1:]:
        walk.fault(parameter.place, "a second query string", "put both into one schema")
    if queries:
        walk.fault(queries[0].place, "`in: query` beside `in: querystring`", "put it into the schema of the latter")


def _no_duplicates(walk: Walk, value: JsonObject, place: Place) -> None:
    """All versions, `parameters`: a name once for each location."""
    known: set[Any] = set()
    for parameter in _parameters(walk, value, place):
        key = str(parameter.name), str(parameter.location)
        if key in known:
            walk.fault(parameter.place, f"a second parameter '{key[0]}' in {key[1]}", "remove one of them")
        known.add(key)


def _operation_id(walk: Walk, value: JsonObject, place: Place) -> None:
    """All versions, Operation Object: no two operations of an API have the same operationId."""
    name = value.get("operationId")
    known = walk.notes.setdefault("operations", {})
    if type(name) is str:
        if name in known:
            walk.fault((place, "operationId"), f"a second operation called '{name}'", "give one another operationId")
        known[name] = place


def _some_response(walk: Walk, value: JsonObject, place: Place) -> None:
    """Swagger 2.0 and OpenAPI 3.0, Responses Object: at least one response."""
    if all(key.startswith("x-") for key in value):
        walk.fault(place, "no response", "add '200' or 'default'")
