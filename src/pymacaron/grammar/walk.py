"""The walk over a document, and over whatever it refers to: each object is looked at once, all faults are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.documents import Fault, Node, ReferenceFault
from pymacaron.formats import Formats
from pymacaron.names import suggest

from . import hints
from .extensions import BY_OBJECT, misspelt
from .notation import Either, Grammar, Kind, Later, MapOf, OrReference, Place, Thing, Words

# What a key that only people read would have said is no reason not to start.
_FOR_PEOPLE = ("title", "summary", "description", "example", "examples", "externalDocs", "termsOfService", "contact")
# Beside `$ref` nobody expects more of these, or they are allowed there from 3.1 on.
_BESIDE = frozenset(("$ref", "readOnly", "deprecated", *_FOR_PEOPLE))


class Walk:
    """One check of one document by one version's grammar.

    Attributes:
        root: the document. `formats`: the string formats that its API knows.
        faults, soft, warnings: what was found (see Verdict), each once.
        unused: what is looked at now serves no operation.
        notes: what rules keep between objects, under names of their own.
        after: what rules can only say when everything has been looked at.
    """

    def __init__(self, root: Node, grammar: Grammar, others: Callable[[], list[Grammar]], formats: Formats) -> None:
        self.root, self.grammar, self.formats = root, grammar, formats
        self.version = grammar.version
        self.faults: dict[Fault, None] = {}
        self.soft: dict[Fault, None] = {}
        self.warnings: dict[Fault, None] = {}
        self.unused = False
        self.notes: dict[str, Any] = {}
        self.after: list[Callable[[Walk], None]] = []
        self._others = others
        self._todo: deque[tuple[Thing, JsonObject, Place]] = deque()
        self._at = ""  # the object that is looked at
        self._place: Place = root
        self._later: list[tuple[Kind, Json, Place]] = []
        self._seen: set[tuple[int, str]] = set()
        self._often: dict[tuple[str, str | None, bool], tuple[Place, int]] = {}
        self._meanings: dict[tuple[str, str], str | None] = {}
        self._sections = dict(_sections(grammar))

    def run(self) -> None:
        """Look at everything."""
        self.grammar.thing("Document").enter(self, self.root.value, self.root)
        self._drain()
        self.unused = True
        for kind, value, place in self._later:
            kind.enter(self, value, place)
        self._drain()
        for rule in self.after:
            rule(self)
        for (fact, cure, at_key), (place, count) in self._often.items():
            more = f" (here and at {count - 1} more place{'s' * (count > 2)})" if count > 1 else ""
            self.warn(place, fact + more, cure, at_key=at_key)

    def _drain(self) -> None:
        while self._todo:
            self._look(*self._todo.popleft())

    # What is found

    def fault(self, place: Place, fact: str, cure: str | None = None, *, at_key: bool = False) -> None:
        self.faults[node_of(place).fault(fact, cure, at_key=at_key)] = None

    def warn(self, place: Place, fact: str, cure: str | None = None, *, at_key: bool = False) -> None:
        self.warnings[node_of(place).fault(fact, cure, at_key=at_key)] = None

    def warn_once(self, place: Place, fact: str, cure: str | None = None, *, at_key: bool = False) -> None:
        """Warn of what tends to be wrong at many places at once: at the first, with their number."""
        first, count = self._often.get((fact, cure, at_key), (place, 0))
        self._often[fact, cure, at_key] = first, count + 1

    def misfit(self, kind: Kind, value: Json, place: Place) -> None:
        """`value` is not of `kind`."""
        if type(value) is dict and (kind.leaf or isinstance(kind, Either)) and self._in_open_schema(place):
            fact = f"expected {kind.noun}, not an object: it is ignored"
            self.warn(place, fact, "if this is a property, it belongs under `properties`")
        elif type(value) is dict and type(value.get("$ref")) is str:
            self.fault((place, "$ref"), "a reference is not allowed here", f"write {kind.noun}", at_key=True)
        else:
            fact, cure = hints.misfit(kind, value, self.version)
            self.fault(place, fact, cure)

    def _in_open_schema(self, place: Place) -> bool:
        """Is this a keyword of a schema of OpenAPI 3.1 and up? The standard's own check lets everything pass there."""
        is_keyword = type(place) is tuple and place[0] is self._place
        return self.version not in ("2.0", "3.0") and self._at == "Schema" and is_keyword

    def _soften(self, place: Place, fact: str, cure: str) -> None:
        self.soft[node_of(place).fault(fact, cure, at_key=True)] = None

    # The way

    def put_off(self, kind: Kind, value: Json, place: Place) -> None:
        """Enter `value` after everything else."""
        self._later.append((kind, value, place))

    def visit(self, thing: Thing, value: JsonObject, place: Place) -> None:
        """Look at an object's fields later, if nobody has yet."""
        key = id(value), thing.name
        if key in self._seen:
            return
        self._seen.add(key)
        if thing.switch is None:
            self._todo.append((thing, value, place))
        elif (case := self._case(thing, thing.switch, value, place)) is not None:
            self._todo.append((case, value, place))

    def _case(self, thing: Thing, switch: str, value: JsonObject, place: Place) -> Thing | None:
        if switch not in value:
            words = Words(thing.cases)
            self.fault(place, f"`{switch}` is missing", f"add `{switch}:` with {words.noun}")
            return None
        named = value[switch]
        if type(named) is not str or named not in thing.cases:
            self.misfit(Words(thing.cases), named, (place, switch))
            named = hints.near(str(named), thing.cases)
        case = thing.cases.get(named) if named is not None else None
        return case if case is None or case.switch is None else self._case(case, case.switch, value, place)

    def refer(self, thing: Thing, value: JsonObject, place: Place) -> None:
        """Follow a reference, and look at what it leads to as at a `thing`."""
        target = self.target(value, place)
        if target is None:
            return
        section = self._sections.get(target.pointer[:-1])
        if section is not None and section is not thing:
            fact = f"the reference leads to {section.noun}, but {thing.noun} is expected"
            # documents that work otherwise mix these two up
            say = self.warn if {section.name, thing.name} == {"Schema", "Response"} else self.fault
            say((place, "$ref"), fact, suggest(str(target.pointer[-1]), self._names(thing)))
        elif (id(target.value), thing.name) not in self._seen:
            thing.enter(self, target.value, target)

    def beside(self, value: JsonObject, place: Place) -> None:
        """OpenAPI 3.0, Reference Object: what stands beside `$ref` is ignored."""
        for key in value:
            if key not in _BESIDE and not key.startswith("x-"):
                self.warn_once((place, key), f"`{key}` beside `$ref` is ignored", "write `allOf: [{$ref: ...}]`",
                               at_key=True)  # fmt: skip

    def target(self, value: JsonObject, place: Place) -> Node | None:
        """Where the reference at `place` leads in the end; None, and a fault, if nowhere."""
        if type(value["$ref"]) is not str:
            self.fault((place, "$ref"), "expected text: where the reference leads", None)
            return None
        try:
            return node_of(place).follow()
        except ReferenceFault as error:
            (self.warnings if self.unused else self.faults)[error.fault] = None
            return None

    def resolved(self, value: Json, place: Place) -> tuple[JsonObject, Place] | None:
        """The object at `place`, or the one that the reference there leads to; None if there is none."""
        if type(value) is dict and "$ref" in value:
            target = self.target(value, place)
            if target is None:
                return None
            value, place = target.value, target
        return (value, place) if type(value) is dict else None

    def _names(self, thing: Thing) -> list[str]:
        """The names of all objects of one kind that the document keeps for references."""
        for pointer, section in self._sections.items():
            node: Node | None = self.root
            for step in pointer:
                node = node.get(step) if node is not None else None
            if section is thing and node is not None:
                return [name for name, _ in node.items()]
        return []

    # An object

    def _look(self, thing: Thing, value: JsonObject, place: Place) -> None:
        self._at, self._place = thing.name, place
        fields = thing.fields
        missing = [key for key in thing.required if key not in value]
        said = self._missing(thing, value, place, missing) if missing else ()
        for key, item in value.items():
            kind = fields.get(key)
            if kind is None:
                if key not in said:
                    self._unlisted(thing, key, item, place)
            elif not kind.leaf or not kind.fits(item):
                kind.enter(self, item, (place, key))
        for rule in thing.rules:
            rule(self, value, place)

    def _missing(self, thing: Thing, value: JsonObject, place: Place, missing: list[str]) -> set[str]:
        """Say which keys are missing, and return those that probably were meant to be them."""
        misspelt = set()
        for key in missing:
            noun = thing.fields[key].noun
            unknown = [other for other in value if other not in thing.fields and not other.startswith("x-")]
            found = hints.near(key, unknown) if unknown else None
            if found is not None:
                misspelt.add(found)
                cure = f"did you mean '{key}' by '{found}'?"
                self.fault((place, found), f"`{key}` is missing", cure, at_key=True)
            else:
                cure = f"add `{key}: true`" if noun == "true" else f"add `{key}:` with {noun}"
                self.fault(place, f"`{key}` is missing", cure)
        return misspelt

    def _unlisted(self, thing: Thing, key: str, item: Json, place: Place) -> None:
        if thing.others is not None:
            thing.others.enter(self, item, (place, key))
        elif key.startswith("x-"):
            self._extension(thing, key, item, place)
        elif (kind := next((kind for pattern, kind in thing.patterns if pattern.fullmatch(key)), None)) is not None:
            kind.enter(self, item, (place, key))
        elif thing.patterns:
            hint = hints.key(thing.name, self.version, key)
            self.fault((place, key), hint.fact or f"'{key}' is not a key of {thing.noun}", hint.cure, at_key=True)
            if type(item) is dict:
                thing.patterns[0][1].enter(self, item, (place, key))
        else:
            self._unknown(thing, key, place)

    def _extension(self, thing: Thing, key: str, item: Json, place: Place) -> None:
        ours = BY_OBJECT.get(thing.name)
        if ours is None:
            return
        kind = ours.get(key)
        if kind is None:
            meant = misspelt(key, thing.name)
            if meant is not None:
                self._soften((place, key), f"'{key}' is not a key of pymacaron", f"did you mean '{meant}'?")
        elif not kind.fits(item):
            self.misfit(kind, item, (place, key))

    def _meant(self, thing: Thing, key: str, alike: float) -> str | None:
        """The key that an unknown one is probably a misspelling of; the same ones come again and again."""
        if (thing.name, key) not in self._meanings:
            candidates = [*thing.fields, *BY_OBJECT.get(thing.name, {})]
            self._meanings[thing.name, key] = hints.near(key, candidates, alike=alike)
        return self._meanings[thing.name, key]

    def _unknown(self, thing: Thing, key: str, place: Place) -> None:
        hint = hints.key(thing.name, self.version, key)
        if thing.open:
            # JSON Schema 2020-12 core, section 4.3.1: keywords that nobody knows are allowed
            meant = self._meant(thing, key, alike=0.8) if hint.cure is None else None
            if hint.cure or (meant and hints.is_slip(key, meant)):
                fact = hint.fact or f"the keyword '{key}' is unknown and has no effect"
                self.warn_once((place, key), fact, hint.cure or f"did you mean '{meant}'?", at_key=True)
            return
        having = [other.version for other in self._others() if other.has(thing.name, key)]
        meant = self._meant(thing, key, alike=0.7)
        cure = hint.cure or (hints.elsewhere(self.version, having) if having else None)
        cure = cure or (f"did you mean '{meant}'?" if meant else "remove it, or let its name begin with 'x-'")
        if key in _FOR_PEOPLE or meant in _FOR_PEOPLE:
            self.warn_once((place, key), f"unknown key '{key}'", cure, at_key=True)
        else:
            self._soften((place, key), f"unknown key '{key}'", cure)


def node_of(place: Place) -> Node:
    """The node for a place of a walk."""
    steps: list[str | int] = []
    while type(place) is tuple:
        place, step = place
        steps.append(step)
    node = place
    assert isinstance(node, Node)
    if not steps:
        return node
    steps.reverse()
    value = node.value
    for step in steps:
        value = value[step]
    return Node(node.file, (*node.pointer, *steps), value)


def _sections(grammar: Grammar) -> Iterator[tuple[Pointer, Thing]]:
    """Where a document keeps objects for references, and which."""
    above = () if grammar.version == "2.0" else ("components",)
    for key, kind in grammar.thing("Components" if above else "Document").fields.items():
        kind = kind.kind if isinstance(kind, Later) else kind
        item = kind.item if isinstance(kind, MapOf) else None
        held = item.thing if isinstance(item, OrReference) else item
        if isinstance(held, Thing):
            yield (*above, key), held
