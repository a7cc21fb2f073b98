"""Values made along the keywords of a schema."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron.patterns.cursor import Unreadable
from pymacaron.schemas import LEFT, Checker

from .demands import DeadEnd, Demand, same
from .numbers import number, range_of
from .patterns import matching
from .texts import matches, text, word

_DEEPEST = 16  # levels of objects and arrays
_STEPS = 2000  # values in one value
_EASY = ("string", "integer", "boolean", "null")  # where a schema asks for nothing


class Maker:
    """Makes one value for what a checker checks.

    Args:
        generosity: how likely what need not be there is there, 0 to 1; it gets less likely with every level.
        contrary: objects break a property of what they must not be.
    """

    def __init__(self, checker: Checker, random: Random, generosity: float, *, contrary: bool = False) -> None:
        bundle = checker.bundle
        self._definitions: Mapping[str, Json] = bundle.get("$defs") or bundle.get("definitions") or {}
        self._checks = checker.formats.checks
        self.random = random
        self._generosity = generosity
        self.contrary = contrary
        self._steps = 0

    def value(self, schemas: list[Json], depth: int = 0) -> Json:
        """A value for which all of `schemas` hold, probably.

        Raises:
            DeadEnd: none was found.
        """
        self._steps += 1
        if depth > _DEEPEST or self._steps > _STEPS:
            raise DeadEnd("values in values without end")
        demand = Demand(self._definitions, self.random, leanly=self._generosity == 0 or depth > 2)
        for schema in schemas:
            demand.add(schema)
        listed = demand.listed()
        kinds = demand.kinds()
        if listed is not None:
            fitting = [value for value in listed if _kind_of(value) in kinds]
            if not fitting:
                raise DeadEnd("no listed value fits")
            return self.random.choice(fitting)
        return self._of_kind(self._kind(demand, kinds), demand, depth)

    def _kind(self, demand: Demand, kinds: list[str]) -> str:
        spoken = [kind for kind in demand.spoken_of() if kind in kinds]
        if not any(True for _ in demand.said("type")):
            kinds = spoken or [kind for kind in _EASY if kind in kinds] or kinds
        elif len(kinds) > 1 and "integer" in kinds and "number" in kinds:
            kinds = [kind for kind in kinds if kind != "integer"]
        if len(kinds) > 1 and "null" in kinds and self.random.random() < 0.8 and self._generosity > 0:
            kinds = [kind for kind in kinds if kind != "null"]
        return self.random.choice(kinds)

    def _of_kind(self, kind: str, demand: Demand, depth: int) -> Json:
        if kind == "object":
            return ObjectMaker(self, demand, depth).make()
        if kind == "array":
            return self._array(demand, depth)
        if kind == "string":
            return self.text(demand)
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "null":
            return None
        found = number(self.random, range_of(demand.schemas), whole=kind == "integer")
        if found is None:
            raise DeadEnd("no number is within the bounds")
        return found

    def text(self, demand: Demand) -> str:
        """A text as it is asked for."""
        shortest = demand.limit("minLength", max, 0)
        longest = demand.limit("maxLength", min, None)
        try:
            formats = {name: self._checks.get(name) for name in demand.said("format")}
            return text(self.random, demand.said("pattern"), formats, shortest, longest)
        except Unreadable as error:
            raise DeadEnd("a pattern cannot be followed") from error

    def is_drawn(self, depth: int, of: int) -> bool:
        """Shall one of several things be there that need not be? About three are, at the top."""
        likely = self._generosity * min(1.0, 3 / of) / (1 + depth)
        return self.random.random() < likely

    # Arrays

    def _array(self, demand: Demand, depth: int) -> list[Json]:
        least = demand.limit("minItems", max, 0)
        most = demand.limit("maxItems", min, None)
        contained = [schema for schema in demand.schemas if "contains" in schema]
        wanted = max((int(schema.get("minContains", 1)) for schema in contained), default=0)
        count = max(least, wanted)
        while count < least + 2 and (most is None or count < most) and self.is_drawn(depth, 3):
            count += 1
        if most is not None and count > most:
            raise DeadEnd("more items are needed than allowed")
        unique = any(flag is True for flag in demand.said("uniqueItems"))
        items: list[Json] = []
        # the first items have schemas of their own more often than the last
        special = set(range(count - wanted, count) if self.random.random() < 0.7 else range(wanted))
        for index in range(count):
            schemas = list(_item_schemas(demand, index))
            if index in special:
                schemas += [schema["contains"] for schema in contained]
            item = self._item(schemas, items if unique else [], depth)
            if item is _NONE:
                break
            items.append(item)
        if len(items) < max(least, wanted):
            raise DeadEnd("not enough items can be made")
        return items

    def _item(self, schemas: list[Json], others: list[Json], depth: int) -> Any:
        """An item unlike the others; _NONE if there is none."""
        for _ in range(8):
            try:
                item = self.value(schemas, depth + 1)
            except DeadEnd:
                return _NONE
            if not any(same(item, other) for other in others):
                return item
        return _NONE


_NONE: Any = object()


def _kind_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _item_schemas(demand: Demand, index: int) -> Any:
    """The schemas of the item at an index: of its place (`prefixItems`, draft 4's list of `items`), or of the rest."""
    evaluated = False
    for schema in demand.schemas:
        items = schema.get("items")
        prefix = items if isinstance(items, list) else schema.get("prefixItems", [])
        rest = schema.get("additionalItems") if isinstance(items, list) else items
        if index < len(prefix):
            evaluated = True
            yield prefix[index]
        elif rest is not None:
            evaluated = True
            yield rest
    if not evaluated:
        yield from demand.said("unevaluatedItems")


class ObjectMaker:
    """Makes one object."""

    def __init__(self, maker: Maker, demand: Demand, depth: int) -> None:
        self._maker = maker
        self._demand = demand
        self._depth = depth
        self._random = maker.random
        self._broken: dict[str, Json] = {}

    def make(self) -> JsonObject:
        """The object.

        Raises:
            DeadEnd: it cannot be made.
        """
        needed = self._needed(self._drawn())
        most = self._demand.limit("maxProperties", min, None)
        least = max([self._demand.limit("minProperties", max, 0), *(kept["least"] for kept in self._demand.said(LEFT))])
        required = self._required()
        made: JsonObject = {}
        for name in sorted(needed, key=lambda name: name not in required):
            if most is not None and len(made) >= most and name not in required:
                continue
            try:
                made[name] = self._maker.value(self._schemas_of(name), self._depth + 1)
            except DeadEnd:
                if name in required:
                    raise
        self._fill(made, least)
        return made

    def _required(self) -> dict[str, None]:
        return {name: None for names in self._demand.said("required") if isinstance(names, list) for name in names}

    def _declared(self) -> dict[str, None]:
        return {name: None for properties in self._demand.said("properties") for name in properties}

    def _drawn(self) -> dict[str, None]:
        """What has to be there, and some of what may be."""
        required, declared = self._required(), self._declared()
        shunned = self._shunned(required)
        optional = [name for name in declared if name not in required and name not in shunned]
        drawn = {name: None for name in optional if self._maker.is_drawn(self._depth, len(optional))}
        if self._maker.contrary:
            drawn |= self._break(declared)
        if self._is_open() and self._maker.is_drawn(self._depth, 2):
            drawn |= dict.fromkeys(self._new_name() for _ in range(self._random.randint(1, 2)))
        return required | drawn

    def _break(self, declared: dict[str, None]) -> dict[str, None]:
        """For each schema that must not hold, a name whose value will break it; best one of which nothing is said."""
        for schema in self._demand.avoided:
            shunned = self._demand.properties_of(schema)
            names = [name for name in shunned if name not in declared] or list(shunned)
            if names:
                name = self._random.choice(names)
                self._broken[name] = {"not": shunned[name]}
        return dict.fromkeys(self._broken)

    def _shunned(self, required: dict[str, None]) -> set[str]:
        """Names that stay away, so that no schema holds that must not: one of those it requires is enough."""
        shunned: set[str] = set()
        for schema in self._demand.avoided:
            names = [name for name in schema.get("required", ()) if name not in required]
            if names and not shunned.intersection(names):
                shunned.add(self._random.choice(names))
        return shunned

    def _is_open(self) -> bool:
        """Do the schemas say something of properties that they do not name?"""
        return any(True for _ in self._demand.said("patternProperties")) or any(
            isinstance(extra, dict) for extra in self._demand.said("additionalProperties")
        )

    def _needed(self, names: dict[str, None]) -> dict[str, None]:
        """The names with all that they depend on; schemas that they bring in are added to the demand."""
        applied: set[int] = set()
        for _ in range(10):
            before = len(names)
            for keyword in ("dependentRequired", "dependencies", "dependentSchemas"):
                for dependencies in list(self._demand.said(keyword)):
                    for name, wanted in dependencies.items():
                        if name not in names or id(wanted) in applied:
                            continue
                        applied.add(id(wanted))
                        if isinstance(wanted, list):
                            names |= dict.fromkeys(wanted)
                        else:
                            self._demand.add(wanted)
            names |= self._required()
            if len(names) == before and not applied - applied:
                break
        return names

    def _schemas_of(self, name: str) -> list[Json]:
        """All that is said of the property of a name."""
        found: list[Json] = []
        evaluated = False
        for schema in self._demand.schemas:
            own = schema.get("properties", {})
            patterns = [
                inner for pattern, inner in schema.get("patternProperties", {}).items() if matches(pattern, name)
            ]
            if name in own:
                found.append(own[name])
            found += patterns
            if name in own or patterns:
                evaluated = True
            elif "additionalProperties" in schema:
                evaluated = True
                found.append(schema["additionalProperties"])
        if not evaluated:
            found += self._demand.said("unevaluatedProperties")
        if name in self._broken:
            found.append(self._broken[name])
        found += [{"not": schema["properties"][name]} for schema in self._demand.avoided if _decides(schema, name)]
        return found

    def _fill(self, made: JsonObject, least: int) -> None:
        """Add properties until there are enough."""
        waiting = [name for name in self._declared() if name not in made]
        for _ in range(4 * least):
            if len(made) >= least:
                return
            name = waiting.pop() if waiting else self._new_name()
            try:
                made.setdefault(name, self._maker.value(self._schemas_of(name), self._depth + 1))
            except DeadEnd:
                continue
        if len(made) < least:
            raise DeadEnd("not enough properties can be made")

    def _new_name(self) -> str:
        """A name for a property that the schemas do not name."""
        patterns = [pattern for named in self._demand.said("patternProperties") for pattern in named]
        names = list(self._demand.said("propertyNames"))
        if names:
            name = self._maker.value([{"type": "string"}, *names], self._depth + 1)
            return str(name)
        if patterns and self._random.random() < 0.8:
            try:
                return matching(self._random.choice(patterns), self._random)
            except Unreadable:
                pass
        return word(self._random)


def _decides(schema: JsonObject, name: str) -> bool:
    """Does a schema that must not hold hinge on the value of this property?"""
    said = schema.get("properties", {}).get(name)
    return isinstance(said, dict) and bool({"enum", "const"} & said.keys())
