"""Words for what is often written wrong: what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.names import closest

from .notation import PLAIN, Kind, ListOf, Words


class Hint(NamedTuple):
    """A fact and a cure; none where the usual words say it better."""

    fact: str = ""
    cure: str | None = None


def near(word: str, candidates: Iterable[str], *, alike: float = 0.7) -> str | None:
    """The candidate that `word` is probably a misspelling of; `alike` as in names.closest()."""
    return closest(word, candidates, alike=alike)


def is_slip(word: str, meant: str) -> bool:
    """Is a word so near to another one that it can hardly be a word of its own? Other tools have keywords, too."""
    if word[0].lower() != meant[0].lower() or len(word) < _SHORTEST_SLIP:
        return False
    return _slips(word.lower(), meant.lower()) <= (1 if len(word) < _LONG_WORD else 2)


_SHORTEST_SLIP, _LONG_WORD = 4, 8


def _slips(word: str, other: str) -> int:
    """How many letters were left out, added, changed or exchanged with their neighbour."""
    above, row = [0] * len(other), list(range(len(other) + 1))
    for i, one in enumerate(word):
        before, above, row = above, row, [i + 1]
        for j, two in enumerate(other):
            row.append(min(row[j] + 1, above[j + 1] + 1, above[j] + (one != two)))
            if i and j and one == other[j - 1] and word[i - 1] == two:
                row[-1] = min(row[-1], before[j - 1] + 1)
    return row[-1]


# Values

_NAMES: dict[type, str] = {str: "text", list: "a list", dict: "an object", type(None): "nothing (null)"}

# What other languages and other versions of OpenAPI call things: the word to look for, if it is allowed, and the cure.
_WORDS = {
    **dict.fromkeys(("int", "int32", "int64", "long", "short"), ("integer", "did you mean 'integer'?")),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), ("number", "did you mean 'number'?")),
    **dict.fromkeys(("str", "text", "char"), ("string", "did you mean 'string'?")),
    **{word: ("string", f"write `type: string` with `format: {made}`") for word, made in (
        ("date", "date"), ("datetime", "date-time"), ("date-time", "date-time"), ("timestamp", "date-time"),
        ("uuid", "uuid"), ("email", "email"), ("binary", "binary"), ("byte", "byte"), ("file", "binary"),
    )},
    **dict.fromkeys(("bool", "flag"), ("boolean", "did you mean 'boolean'?")),
    **dict.fromkeys(("dict", "map", "hash", "struct"), ("object", "did you mean 'object'?")),
    **dict.fromkeys(("list", "tuple", "set"), ("array", "did you mean 'array'?")),
    "any": ("object", "remove `type`: then anything is allowed"),
    "body": ("cookie", "OpenAPI 3 has `requestBody` beside `parameters`"),
    "formData": ("cookie", "OpenAPI 3 has `requestBody` beside `parameters`"),
    "cookie": ("formData", "Swagger 2.0 has no parameters in cookies"),
    "basic": ("openIdConnect", "write `type: http` with `scheme: basic`"),
    "bearer": ("openIdConnect", "write `type: http` with `scheme: bearer`"),
}  # fmt: skip


def misfit(kind: Kind, value: Json, version: str) -> Hint:
    """What to say of a value that is not of its kind."""
    words = kind.words if isinstance(kind, Words) else {}
    if type(value) is str and words:
        return Hint(f"'{value[:40]}' is not allowed here", _word(value, words, version) or f"write {kind.noun}")
    return Hint(f"expected {kind.noun}, not {_shown(value)}", _recast(kind, value, words, version))


def _shown(value: Json) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    return str(value)[:20] if type(value) in (int, float) else _NAMES[type(value)]


def _word(word: str, allowed: Iterable[str], version: str) -> str | None:
    if word == "null" and "string" in allowed:
        return _nullable(version)
    known, cure = _WORDS.get(word, ("", ""))
    if known in allowed:
        return cure
    meant = near(word, allowed)
    return f"did you mean '{meant}'?" if meant else None


def _nullable(version: str) -> str:
    return f"write `{'x-nullable' if version == '2.0' else 'nullable'}: true` beside another type"


def _recast(kind: Kind, value: Json, words: Iterable[str], version: str) -> str | None:
    if (kind is PLAIN["string"] and type(value) in (int, float, bool)) or str(value) in words:
        return "put it in quotes"
    if type(value) is list and "null" in value and words:
        return _nullable(version)
    if type(value) is str and kind.fits(_unquoted(value)):
        return "remove the quotes"
    if value is None:
        return "write a value, or remove the key"
    if kind is PLAIN["list"] or (isinstance(kind, ListOf) and (not kind.item.leaf or kind.item.fits(value))):
        return "write a list, with this as its only item"
    return None


def _unquoted(text: str) -> Json:
    if text.lower() in ("true", "false", "yes", "no"):
        return text.lower() in ("true", "yes")
    try:
        return float(text)
    except ValueError:
        return text


# Keys

_UP = "3"
# (object, key): what the versions begin with that it is said for, and the cure
_KEYS: dict[tuple[str, str], tuple[str, str]] = {
    ("Schema", "const"): ("2.0 3.0", "write `enum:` with this one value"),
    ("Schema", "patternProperties"): ("2.0 3.0", "write `additionalProperties:`, or use OpenAPI 3.1"),
    ("Schema", "definitions"): ("2.0 3.0", "schemas for references stand at the top of the document"),
    ("Schema", "nullable"): ("2.0", "write `x-nullable: true`"),
    ("Document", "host"): (_UP, "write `servers: [{url: https://host/basePath}]`"),
    ("Document", "basePath"): (_UP, "write `servers: [{url: /basePath}]`"),
    ("Document", "schemes"): (_UP, "write `servers: [{url: https://host/basePath}]`"),
    ("Document", "definitions"): (_UP, "write `components: {schemas: ...}`"),
    ("Document", "parameters"): (_UP, "write `components: {parameters: ...}`"),
    ("Document", "responses"): (_UP, "write `components: {responses: ...}`"),
    ("Document", "securityDefinitions"): (_UP, "write `components: {securitySchemes: ...}`"),
    ("Document", "components"): (
        "2.0", "Swagger 2.0 has `definitions`, `parameters`, `responses` and `securityDefinitions`",
    ),
    ("Document", "servers"): ("2.0", "Swagger 2.0 has `host`, `basePath` and `schemes`"),
    ("Operation", "requestBody"): ("2.0", "Swagger 2.0 has a parameter with `in: body`"),
    ("Operation", "consumes"): (_UP, "the media types are the keys of `content` in `requestBody`"),
    ("Operation", "produces"): (_UP, "the media types are the keys of `content` in a response"),
    ("Response", "content"): ("2.0", "Swagger 2.0 has `schema`, and `produces` in the operation"),
    ("Response", "schema"): (_UP, "write `content: {application/json: {schema: ...}}`"),
    ("QuerystringParameter", "schema"): (_UP, "write `content: {application/x-www-form-urlencoded: {schema: ...}}`"),
}  # fmt: skip

# Swagger 2.0 has the whole schema of a parameter beside its name, 3.x one level deeper.
_PARAMETERS = ("PathParameter", "QueryParameter", "HeaderParameter", "CookieParameter", "Header")
_IN_SCHEMA = (
    "type", "format", "items", "default", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern",
)  # fmt: skip


def key(thing: str, version: str, name: str) -> Hint:
    """What to say of a key that the object `thing` does not have."""
    if thing in _PARAMETERS and version != "2.0" and name in _IN_SCHEMA:
        return Hint(cure=f"write `schema: {{{name}: ...}}`")
    if thing in _PARAMETERS and version == "2.0" and name == "schema":
        return Hint(cure="`type` and the rest stand beside `name`; only a parameter with `in: body` has a schema")
    if thing in _PARAMETERS and version != "2.0" and name == "collectionFormat":
        return Hint(cure="write `style:` and `explode:`")
    if thing == "Paths":
        return Hint(f"'{name}' is not a path", f"a path begins with a slash: '/{name}'")
    if thing == "Responses":
        return Hint(f"'{name}' is not a status", _status(version, name))
    if (thing, name) == ("Schema", "nullable") and version not in ("2.0", "3.0"):
        return Hint("`nullable` has no effect in OpenAPI 3.1 and later", "write `type: [..., 'null']`")
    versions, cure = _KEYS.get((thing, name), ("", ""))
    return Hint(cure=cure) if versions and version.startswith(tuple(versions.split())) else Hint()


def _status(version: str, name: str) -> str:
    if name.lower() == "default":
        return "write 'default'"
    if len(name) == 3 and name[0] in "12345" and name[1:].upper() == "XX":
        return f"write '{name.upper()}'" if version != "2.0" else "Swagger 2.0 has no ranges: write '400' or 'default'"
    return "a status is '100' to '599'" + (", '4XX'" if version != "2.0" else "") + " or 'default'"


def elsewhere(version: str, having: list[str]) -> str:
    """That another version has this key: `having` are those that have it, oldest first."""
    names = "Swagger 2.0" if having == ["2.0"] else f"OpenAPI {having[-1] if having[-1] < version else having[0]}"
    return f"{names} has it, {'Swagger' if version == '2.0' else 'OpenAPI'} {version} does not have it"
