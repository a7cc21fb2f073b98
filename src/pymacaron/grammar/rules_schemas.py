"""Rules for schemas, and for what Swagger 2.0 writes in their place (parameters, headers and their items)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from pymacaron._types import Json, JsonObject
from pymacaron.documents import DEEPEST, Node, ReferenceFault
from pymacaron.names import suggest
from pymacaron.patterns import MOST_SEARCHED, meant, usable_pattern

from .hints import near
from .notation import Place, Rules
from .values import misfit
from .walk import Walk, node_of

# 2020-12, by itself and with what OpenAPI adds to it.
DIALECTS = ("https://json-schema.org/draft/2020-12/", "https://spec.openapis.org/oas/3.")

_KeywordRule: TypeAlias = "Callable[[Walk, JsonObject, Place], None]"


def rules(version: str) -> Rules:
    """This room's rules for a version."""
    found: Rules = {"Schema": (_schema,)}
    if version == "2.0":
        found["Response"] = (_file_response,)
        for name in ("Items", "PathParameter", "QueryParameter", "HeaderParameter", "FormParameter", "Header"):
            found[name] = (_schema,)
    return found


def _schema(walk: Walk, value: JsonObject, place: Place) -> None:
    for keyword in _KEYWORDS & value.keys():
        _RULES[keyword](walk, value, place)


# Texts


def _pattern(walk: Walk, value: JsonObject, place: Place) -> None:
    """JSON Schema validation, `pattern`: a regular expression of ECMA-262."""
    given, longest = value["pattern"], value.get("maxLength")
    if type(given) is not str:
        return
    usable = _usable(walk, given)
    if usable is None:
        walk.warn((place, "pattern"), "not a regular expression of ECMA-262: it is ignored", "correct it")
    elif _is_short(usable) and not (type(longest) is int and longest <= (meant(usable)[1] or 0)):
        walk.warn((place, "pattern"), _tells_how_short(usable), "say `maxLength`, or repeat less in what is repeated")


def _pattern_properties(walk: Walk, value: JsonObject, place: Place) -> None:
    given = value["patternProperties"]
    for pattern in given if type(given) is dict and walk.version not in ("2.0", "3.0") else ():
        where, usable = ((place, "patternProperties"), pattern), _usable(walk, pattern)
        if usable is None:
            walk.fault(where, "not a regular expression of ECMA-262", "correct it", at_key=True)
        elif _is_short(usable):
            walk.warn(where, _tells_how_short(usable), "repeat less in what is repeated", at_key=True)


def _usable(walk: Walk, pattern: str) -> str | None:
    return usable_pattern(pattern, draft4=walk.version in ("2.0", "3.0"))


def _is_short(usable: str) -> bool:
    """Are only rather short texts searched for it?"""
    most = meant(usable)[1]
    return most is not None and most < MOST_SEARCHED


def _tells_how_short(usable: str) -> str:
    return f"may take long: texts of more than {meant(usable)[1]} characters are not searched, and do not match"


def _format(walk: Walk, value: JsonObject, place: Place) -> None:
    name = value["format"]
    if type(name) is str and not walk.formats.knows(name):
        cure = suggest(name, _LIKELY) or "register it: API(formats=[...])"
        walk.warn_once((place, "format"), f"the format '{name}' is not known and has no effect", cure)


_LIKELY = ("date-time", "date", "time", "uuid", "email", "uri", "int32", "int64", "float", "double", "byte", "binary",
           "password", "hostname", "ipv4", "ipv6", "duration")  # fmt: skip


# Values that never fit


def _default(walk: Walk, value: JsonObject, place: Place) -> None:
    reason = misfit(value, value["default"], walk)
    if reason is not None:
        walk.warn((place, "default"), "the default does not fit its own schema", reason)


def _enum(walk: Walk, value: JsonObject, place: Place) -> None:
    given = value["enum"]
    if type(given) is not list:
        return
    if not given:
        say = walk.fault if walk.version in ("2.0", "3.0") else walk.warn
        say((place, "enum"), "no value is allowed", "list the values, or remove `enum`")
    kinds = {key: value[key] for key in ("type", "nullable", "x-nullable") if key in value}
    wrong = sum(misfit(kinds, item, walk) is not None for item in given)
    if wrong:
        which = f"{wrong} of {len(given)} values do not fit"
        walk.warn((place, "enum"), f"{which} the type beside them", _kind_wanted(value))


def _kind_wanted(value: JsonObject) -> str:
    kinds = value.get("type")
    if type(kinds) is str or type(kinds) is list:
        return "`type` is " + (kinds if type(kinds) is str else " or ".join(map(str, kinds)))
    return "correct it, or the schema"


def _limits(low: str, high: str) -> _KeywordRule:
    def rule(walk: Walk, value: JsonObject, place: Place) -> None:
        least, most = value.get(low), value.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            walk.warn((place, low), f"no value can be valid: `{low}` is above `{high}`", "exchange them")

    return rule


# Keywords together


def _required(walk: Walk, value: JsonObject, place: Place) -> None:
    _once(walk, value["required"], (place, "required"))
    _required_property(walk, value, place)


def _dependent_required(walk: Walk, value: JsonObject, place: Place) -> None:
    given = value["dependentRequired"]
    for name, names in given.items() if type(given) is dict else ():
        _once(walk, names, ((place, "dependentRequired"), name))


def _once(walk: Walk, names: Json, place: Place) -> None:
    """JSON Schema validation, `required` and `dependentRequired`: each name once."""
    known: set[str] = set()
    for index, name in enumerate(names if type(names) is list else ()):
        if type(name) is str and name in known:
            walk.warn((place, index), f"'{name}' is required twice", "remove one of them")
        known.add(str(name))


def _required_property(walk: Walk, value: JsonObject, place: Place) -> None:
    """What is required and nearly a property was probably meant to be it."""
    names, properties = value["required"], value.get("properties")
    if type(names) is not list or type(properties) is not dict:
        return
    for index, name in enumerate(names):
        if type(name) is str and name not in properties:
            meant = near(name, [other for other in properties if other not in names], alike=0.88)
            if meant is not None:
                fact = f"'{name}' is required, but is not a property"
                walk.warn(((place, "required"), index), fact, f"did you mean '{meant}'?")


def _nullable(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.0.3, Schema Object: `nullable` adds null to the types that `type` beside it names."""
    if walk.version == "3.0" and value["nullable"] is True and "type" not in value:
        walk.warn_once((place, "nullable"), "`nullable` without `type` beside it has no effect", "add `type:`")


def _type(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.0, Schema Object: an array has items. Swagger 2.0, Response Object: only its schema is a file."""
    kinds = value["type"]
    if type(kinds) is list and len(set(map(str, kinds))) < max(len(kinds), 1):
        walk.fault((place, "type"), "each type once, and at least one", "write a list such as [string, 'null']")
    if value["type"] == "array" and "items" not in value and walk.version in ("2.0", "3.0"):
        walk.warn_once(place, "an array without `items`", "add `items: {}`, or what they are")
    if value["type"] == "file" and "in" not in value and id(value) not in walk.notes.get("files", ()):
        walk.warn((place, "type"), "a file can only be a response, or a parameter with `in: formData`", None)


def _items(walk: Walk, value: JsonObject, place: Place) -> None:
    """JSON Schema draft 4 validation, section 5.3.1: a schema, or a list of at least one."""
    if value["items"] == []:
        walk.fault((place, "items"), "`items` is empty", "write a schema: {} stands for any")


def _file_response(walk: Walk, value: JsonObject, place: Place) -> None:
    found = walk.resolved(value.get("schema"), (place, "schema"))
    if found is not None:
        walk.notes.setdefault("files", set()).add(id(found[0]))


def _subschemas(keyword: str) -> _KeywordRule:
    def rule(walk: Walk, value: JsonObject, place: Place) -> None:
        if value[keyword] == []:
            walk.warn((place, keyword), f"`{keyword}` is empty and has no effect", "add a schema, or remove it")

    return rule


def _all_of(walk: Walk, value: JsonObject, place: Place) -> None:
    """What contains itself by allOf describes nothing, and can never be checked."""
    _subschemas("allOf")(walk, value, place)
    if _leads_on(value["allOf"]):
        _led_back(walk, (place, "allOf"), _reach(node_of(place), ("allOf",)), "the schema contains itself")


def _led_back(walk: Walk, place: Place, reach: tuple[bool, bool], fact: str) -> None:
    is_circle, is_deep = reach
    if is_circle:
        say = walk.warn if walk.unused else walk.fault
        say(place, fact, "remove one of the references")
    elif is_deep and not walk.notes.setdefault("deep", False):
        walk.notes["deep"] = True  # those that lead to this one are too deep as well
        fact = f"more than {DEEPEST} schemas are combined, each out of the next"
        walk.fault(place, fact, "merge some of them into one")


# What says more of the very value that a schema is about; a discriminator says what is meant by looking into it.
_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")


def _in_place(keyword: str) -> _KeywordRule:
    """A schema that leads back to itself before it goes into the value decides nothing. A subtype may contain what its
    discriminator chooses it from."""

    def rule(walk: Walk, value: JsonObject, place: Place) -> None:
        _subschemas(keyword)(walk, value, place)
        if not _leads_on(value[keyword]) or "discriminator" in value:
            return
        fact = "the schema refers back to itself for the same value, so nothing decides whether it is valid"
        _led_back(walk, (place, keyword), _reach(node_of(place), (keyword,), then=_IN_PLACE), fact)

    return rule


def _leads_on(given: Json) -> bool:
    """Can what a keyword holds lead further than itself?"""
    branches = given if type(given) is list else [given, *given.values()] if type(given) is dict else []
    return any(type(one) is dict and ("$ref" in one or not one.keys().isdisjoint(_IN_PLACE)) for one in branches)


def _reach(start: Node, keywords: tuple[str, ...], then: tuple[str, ...] = ()) -> tuple[bool, bool]:
    """Does a schema lead back to itself by `keywords`, and from there on by those of `then`? And is the way to any of
    the schemas that it leads to longer than any may be?"""
    found: set[Node] = set()
    level = [start]
    for _ in range(DEEPEST + 1):
        targets = {target: None for node in level for target in _branches(node, keywords)}
        if start in targets:
            return True, False
        level = [one for one in targets if one not in found and not (then and "discriminator" in one.value)]
        found.update(level)
        keywords = then or keywords
    return False, bool(level)


def _branches(node: Node, keywords: tuple[str, ...]) -> Iterator[Node]:
    """The schemas that keywords hold, references followed."""
    for keyword in keywords:
        held = node.get(keyword)
        if held is None:
            continue
        each = held.elements() if type(held.value) is list else (held,)
        for branch in each if keyword != "dependentSchemas" else [child for _, child in held.items()]:
            try:
                target = branch.follow()
            except ReferenceFault:
                continue  # reported where the walk meets it
            if type(target.value) is dict:
                yield target


def _bound(keyword: str) -> _KeywordRule:
    """JSON Schema 2020-12 validation, section 6.2: an exclusive bound is a number; in draft 4 it goes with another."""
    other = keyword[9].lower() + keyword[10:]

    def rule(walk: Walk, value: JsonObject, place: Place) -> None:
        if type(value[keyword]) is not bool:
            return
        if walk.version not in ("2.0", "3.0"):
            cure = f"write `{keyword}:` with the bound, without `{other}`"
            walk.warn((place, keyword), f"`{keyword}` is a number since OpenAPI 3.1: this is ignored", cure)
        elif other not in value:
            walk.warn((place, keyword), f"`{keyword}` has no effect without `{other}`", f"add `{other}:`")

    return rule


def _dialect(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.1, Schema Object: `$schema` may name another dialect, which pymacaron does not speak."""
    name = value["$schema"]
    if type(name) is str and not name.startswith(DIALECTS):
        walk.warn_once((place, "$schema"), f"the dialect {name[:80]} is read as 2020-12", "remove `$schema`")


# Discriminators


def _discriminator(walk: Walk, value: JsonObject, place: Place) -> None:
    given = value["discriminator"]
    if type(given) is str:
        _discriminator_20(walk, value, given, place)
    elif type(given) is dict:
        _reachable(walk, value, place)
        mapping = given.get("mapping")
        for name, target in mapping.items() if type(mapping) is dict else ():
            if type(target) is str:
                _mapped(walk, target, (((place, "discriminator"), "mapping"), name))


def _reachable(walk: Walk, value: JsonObject, place: Place) -> None:
    """OpenAPI 3.x, Discriminator Object: it chooses among references; schemas in their place are not considered."""
    branches = [branch for key in ("oneOf", "anyOf") if type(value.get(key)) is list for branch in value[key]]
    if any(type(branch) is dict and "$ref" not in branch and branch.get("type") != "null" for branch in branches):
        cure = "give each branch a name, and refer to it"
        walk.warn_once((place, "discriminator"), "not every branch is a reference: the discriminator is ignored", cure)


def _discriminator_20(walk: Walk, value: JsonObject, name: str, place: Place) -> None:
    """Swagger 2.0, Schema Object: the discriminator is a property of this schema, and required."""
    properties, required = value.get("properties"), value.get("required")
    if type(properties) is dict and name not in properties:
        cure = suggest(name, properties) or "add it to `properties`"
        walk.warn((place, "discriminator"), f"there is no property '{name}'", cure)
    elif required is None or (type(required) is list and name not in required):
        walk.warn((place, "discriminator"), f"the property '{name}' is not required", "add it to `required`")


def _mapped(walk: Walk, target: str, place: Place) -> None:
    """OpenAPI 3.x, Discriminator Object: a value is mapped to the name of a schema, or to a reference."""
    node = node_of(place)
    is_name = "/" not in target and "#" not in target and not target.endswith((".json", ".yaml", ".yml"))
    try:
        found = node.file.files.resolve(node, "#/components/schemas/" + target if is_name else target).follow()
    except ReferenceFault as error:
        walk.warn(place, f"'{target}' is not a schema", error.fault.cure)
        return
    walk.grammar.thing("Schema").enter(walk, found.value, found)


def _dynamic_ref(walk: Walk, value: JsonObject, place: Place) -> None:
    """JSON Schema 2020-12 core, section 8.2.3.2: at first it leads where `$ref` would."""
    node = node_of(place)
    if type(value["$dynamicRef"]) is not str or walk.version in ("2.0", "3.0"):
        return
    try:
        found = node.file.files.resolve(node, value["$dynamicRef"])
    except ReferenceFault as error:
        (walk.warnings if walk.unused else walk.faults)[error.fault] = None
        return
    walk.grammar.thing("Schema").enter(walk, found.value, found)


_RULES: dict[str, _KeywordRule] = {
    "$dynamicRef": _dynamic_ref,
    "$schema": _dialect,
    "allOf": _all_of,
    **{keyword: _in_place(keyword) for keyword in _IN_PLACE if keyword != "allOf"},
    "default": _default,
    "dependentRequired": _dependent_required,
    "discriminator": _discriminator,
    "enum": _enum,
    "exclusiveMaximum": _bound("exclusiveMaximum"),
    "exclusiveMinimum": _bound("exclusiveMinimum"),
    "format": _format,
    "items": _items,
    "maxItems": _limits("minItems", "maxItems"),
    "maxLength": _limits("minLength", "maxLength"),
    "maxProperties": _limits("minProperties", "maxProperties"),
    "maximum": _limits("minimum", "maximum"),
    "nullable": _nullable,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _subschemas("prefixItems"),
    "required": _required,
    "type": _type,
}
_KEYWORDS = _RULES.keys()
