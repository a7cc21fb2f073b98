"""The notation of tables.py, read: what kind of value may stand at a place, and how a walk enters one.

Objects are read when a walk first meets them, so a start pays for the version that its documents have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias

from pymacaron._types import Json, JsonObject
from pymacaron.documents import Node

# A place in a document while it is walked: the node at which the walk started, or the place around it and the step
# from there. Nodes are made of it when a fault has to be shown or a reference followed.
Place: TypeAlias = "Node | tuple[Any, str | int]"
Rule: TypeAlias = "Callable[[Any, JsonObject, Place], None]"
Rules: TypeAlias = "dict[str, tuple[Rule, ...]]"


class Walk(Protocol):
    """What a kind needs of the walk that enters it (see walk.py)."""

    def misfit(self, kind: Kind, value: Json, place: Place) -> None:
        """`value` is not of `kind`."""
        ...

    def visit(self, thing: Thing, value: JsonObject, place: Place) -> None:
        """Look at an object's fields later."""
        ...

    def beside(self, value: JsonObject, place: Place) -> None:
        """Something stands beside a reference."""
        ...

    def put_off(self, kind: Kind, value: Json, place: Place) -> None:
        """Enter `value` after everything else."""
        ...

    def refer(self, thing: Thing, value: JsonObject, place: Place) -> None:
        """Follow a reference to an object of kind `thing`."""
        ...


class Kind:
    """What may stand at a place.

    `noun` is what a fault says is wanted. `fits(value)` decides alone if `leaf`; other kinds are entered.
    """

    noun = "anything"
    leaf = True

    def fits(self, value: Json) -> bool:
        """Is `value` of this kind, at the first look?"""
        return True

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        if not self.fits(value):
            walk.misfit(self, value, place)


class Plain(Kind):
    """A value without parts."""

    def __init__(self, noun: str, fits: Callable[[Json], bool]) -> None:
        self.noun = noun
        self.fits = fits  # type: ignore[method-assign, assignment]  # each has its own


class Words(Kind):
    """One of some words."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = dict.fromkeys(words)
        listed = [f"'{word}'" for word in self.words]
        self.noun = " or ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)

    def fits(self, value: Json) -> bool:
        return type(value) is str and value in self.words


class ListOf(Kind):
    """A list, every item of one kind."""

    noun, leaf = "a list", False

    def __init__(self, item: Kind) -> None:
        self.item = item

    def fits(self, value: Json) -> bool:
        return type(value) is list

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        if type(value) is not list:
            walk.misfit(self, value, place)
            return
        for index, item in enumerate(value):
            if not self.item.leaf or not self.item.fits(item):
                self.item.enter(walk, item, (place, index))


class MapOf(Kind):
    """A map from names to values of one kind."""

    noun, leaf = "an object", False

    def __init__(self, item: Kind) -> None:
        self.item = item

    def fits(self, value: Json) -> bool:
        return type(value) is dict

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        if type(value) is not dict or (len(value) == 1 and type(value.get("$ref")) is str and not self.item.leaf):
            walk.misfit(self, value, place)
            return
        for name, item in value.items():
            if not self.item.leaf or not self.item.fits(item):
                self.item.enter(walk, item, (place, name))


class Either(Kind):
    """The first alternative that fits at the first look."""

    leaf = False

    def __init__(self, kinds: list[Kind]) -> None:
        self.kinds = kinds
        self.noun = " or ".join(kind.noun for kind in kinds)

    def fits(self, value: Json) -> bool:
        return any(kind.fits(value) for kind in self.kinds)

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        for kind in self.kinds:
            if kind.fits(value):
                kind.enter(walk, value, place)
                return
        # a word that is none of the allowed ones is better explained by them alone
        words = [kind for kind in self.kinds if isinstance(kind, Words) and type(value) is str]
        walk.misfit(words[0] if words else self, value, place)


class Thing(Kind):
    """An object of the standard.

    Attributes:
        name: what tables.py calls it; `noun`: what people do.
        fields, required: its keys; `patterns`: kinds for keys that match; `others`: the kind of any other key.
        switch: the key whose value says which of `cases` it really is, or None.
        open: are other keys no fault?
        boolean: may true or false stand for it?
        rules: what else has to be true of it.
    """

    leaf = False

    def __init__(self, name: str) -> None:
        self.name = name
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
        self.noun = f"{'an' if words[0] in 'aeiou' else 'a'} {words} object"
        self.fields: dict[str, Kind] = {}
        self.required: dict[str, None] = {}
        self.patterns: list[tuple[re.Pattern[str], Kind]] = []
        self.others: Kind | None = None
        self.switch: str | None = None
        self.cases: dict[str, Thing] = {}
        self.open = self.boolean = False
        self.rules: tuple[Rule, ...] = ()

    def fits(self, value: Json) -> bool:
        return type(value) is dict or (self.boolean and type(value) is bool)

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        if type(value) is dict:
            if "$ref" in value and self.others is None:
                if "$ref" not in self.fields:
                    walk.misfit(self, value, place)
                    return
                walk.refer(self, value, place)
            walk.visit(self, value, place)
        elif not self.boolean or type(value) is not bool:
            walk.misfit(self, value, place)


class Later(Kind):
    """What is kept for references: it is entered when everything that operations reach has been looked at."""

    leaf = False

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.noun = kind.noun

    def fits(self, value: Json) -> bool:
        return self.kind.fits(value)

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        walk.put_off(self.kind, value, place)


class OrReference(Kind):
    """An object, or a reference to one: then whatever stands beside `$ref` counts for nothing."""

    leaf = False

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.noun = thing.noun

    def fits(self, value: Json) -> bool:
        return self.thing.fits(value)

    def enter(self, walk: Walk, value: Json, place: Place) -> None:
        if type(value) is dict and "$ref" in value and "$ref" not in self.thing.fields:
            walk.refer(self.thing, value, place)
            if len(value) > 1:
                walk.beside(value, place)
        else:
            self.thing.enter(walk, value, place)


def _is_number(value: Json) -> bool:
    return type(value) is int or type(value) is float


# 5.0 is a whole number (JSON Schema 2020-12 section 4.2.3).
def _is_count(value: Json) -> bool:
    return _is_number(value) and value >= 0 and value == value // 1


PLAIN: dict[str, Kind] = {
    "any": Kind(),
    "string": Plain("text", lambda value: type(value) is str),
    "boolean": Plain("true or false", lambda value: type(value) is bool),
    "number": Plain("a number", _is_number),
    "count": Plain("a whole number from 0 up", _is_count),
    "positive": Plain("a number above 0", lambda value: _is_number(value) and value > 0),
    "true": Plain("true", lambda value: value is True),
    "map": Plain("an object", lambda value: type(value) is dict),
    "list": Plain("a list", lambda value: type(value) is list),
}


class Grammar:
    """One version's objects: its tables on top of each other, and the rules for what tables cannot say."""

    def __init__(self, version: str, tables: Iterable[str], rules: Rules) -> None:
        self.version = version
        self._rules = rules
        self._lines: dict[str, list[str]] = {}
        self._kinds: dict[str, Kind] = {}
        for table in tables:
            for name, *tokens in map(str.split, re.sub(r"\n +", " ", table).strip().splitlines()):
                self._lines.setdefault(name, []).extend(tokens)

    def kind(self, text: str) -> Kind:
        """The kind that a type of the notation means."""
        found = self._kinds.get(text)
        if found is None:
            found = PLAIN.get(text) or self._read(text)
            self._kinds[text] = found
        return found

    def thing(self, name: str) -> Thing:
        found = self.kind(name)
        assert isinstance(found, Thing)
        return found

    def names(self) -> list[str]:
        """Of everything that the tables name."""
        return list(self._lines)

    def has(self, name: str, key: str) -> bool:
        """Has the object `name` a field `key` in this version?"""
        return name in self._lines and key in self.thing(name).fields

    def _read(self, text: str) -> Kind:
        parts = _split(text)
        if len(parts) > 1:
            if "Ref" in parts:
                at = parts.index("Ref") - 1
                return self._either([*parts[:at], f"{parts[at]}|Ref", *parts[at + 2 :]])
            return self._either(parts)
        inner = text[1:-1]
        if text[0] == "(":
            return Words(inner.split("|"))
        if text[0] == "[":
            return ListOf(self.kind(inner))
        if text[0] == "{":
            return MapOf(self.kind(inner))
        if text[0] == "~":
            return Later(self.kind(text[1:]))
        return self._object(text)

    def _either(self, parts: list[str]) -> Kind:
        if len(parts) == 1:
            return OrReference(self.thing(parts[0].removesuffix("|Ref")))
        return Either([self.kind(part) for part in parts])

    def _object(self, name: str) -> Kind:
        tokens = self._lines[name]
        if tokens[-1][0] == "(":
            return self.kind(tokens[-1])  # a name for some words
        thing = self._kinds[name] = Thing(name)  # known before it is read: objects hold themselves
        self._fill(thing, tokens)
        thing.rules = self._rules.get(name, ())
        return thing

    def _fill(self, thing: Thing, tokens: list[str]) -> None:
        for token in tokens:
            if token[0] == "+":
                self._fill(thing, self._lines[token[1:]])
            elif token == "-*":
                thing.fields, thing.required = {}, {}
            elif token[0] == "?":
                thing.switch = token[1:]
            elif token == "...":
                thing.open = True
            elif token == "|boolean":
                thing.boolean = True
            else:
                self._field(thing, *token.rsplit(":", 1))

    def _field(self, thing: Thing, key: str, text: str) -> None:
        if thing.switch is not None:
            thing.cases[key] = self.thing(text)
        elif key == "*":
            thing.others = self.kind(text)
        elif key[0] == "/":
            thing.patterns.append((re.compile(key[1:-1]), self.kind(text)))
        else:
            name = key.removesuffix("!")
            thing.fields[name] = self.kind(text)
            thing.required.pop(name, None)
            if name != key:
                thing.required[name] = None


def _split(text: str) -> list[str]:
    """Split at the bars that stand in no brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts
