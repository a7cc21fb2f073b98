"""Two schemas compared, each seen from one side: what a request may be, or what a response may be."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import zip_longest

from pymacaron._types import Json
from pymacaron.documents import Node
from pymacaron.schemas import REQUEST, Draft

from .ledger import Difference
from .said import ALL_TYPES, LOWER, UPPER, Bound, Said, goes_further


class Comparison:
    """Compares the schemas of two documents, each pair once for each side."""

    def __init__(self, old: Draft, new: Draft) -> None:
        self.old, self.new = old, new
        self._known: dict[tuple[object, ...], list[Difference]] = {}

    def of(self, old: tuple[Node, ...], new: tuple[Node, ...], side: str) -> list[Difference]:
        """Every difference between two schemas, and between those inside them.

        Args:
            old, new: places of schemas; of several, all hold.
            side: REQUEST or RESPONSE.
        """
        before, after = Said(old, self.old), Said(new, self.new)
        key = ((*before.nodes,), (*after.nodes,), (side, before.null, after.null))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = []  # what leads back here finds nothing more
            if before.nodes and after.nodes:
                pair = _Pair(self, before, after, side)
                found += dict.fromkeys(pair.differences())
        return found

    def may_hold_many(self, node: Node) -> bool:
        """May a value of the new document's schema be a list or an object?"""
        return not Said((node,), self.new).types.isdisjoint(("array", "object"))


class _Pair:
    """Two schemas, and the side from which they are seen."""

    def __init__(self, comparison: Comparison, old: Said, new: Said, side: str) -> None:
        self.comparison, self.old, self.new, self.side = comparison, old, new, side
        self.hidden = "readOnly" if side == REQUEST else "writeOnly"  # properties with it do not count on this side
        self.node = new.nodes[0]

    def differences(self) -> Iterator[Difference]:
        if self._is_other_branch():
            yield self._at("type-changed", f"{_kinds(self.old.types)} became {_kinds(self.new.types)}")
            return
        yield from self._types()
        yield from self._values()
        yield from self._limits()
        yield from self._texts()
        yield from self._arrays()
        yield from self._properties()
        yield from self._additional()
        yield from self._branches()
        yield from self._rest()

    def _at(self, name: str, fact: str, node: Node | None = None) -> Difference:
        return Difference(f"{self.side}-{name}", fact, node or self.node)

    def _is_other_branch(self) -> bool:
        return not (self.old.types & self.new.types) and bool(self.old.types or self.new.types)

    def _types(self) -> Iterator[Difference]:
        old, new = self.old.types, self.new.types
        if old != new:
            fact = f"{_kinds(old)} became {_kinds(new)}"
            yield self._at("type-narrowed" if new < old else "type-widened" if new > old else "type-changed", fact)
        if self.old.null != self.new.null and ALL_TYPES not in {self.old.types, self.new.types}:
            yield self._at(*(("null-allowed", "may be null") if self.new.null else ("null-refused", "is never null")))

    def _values(self) -> Iterator[Difference]:
        old, new = self.old.values, self.new.values
        if old is None or new is None:
            if old != new:
                yield self._at(*(("enum-added", f"is one of {_listed(new or [])}") if old is None else
                                 ("enum-removed", "is no longer one of a few values")))  # fmt: skip
            return
        gone, come = _without(old, new), _without(new, old)
        if gone:
            yield self._at("enum-value-removed", f"is never {_listed(gone)}")
        if come:
            yield self._at("enum-value-added", f"may be {_listed(come)}")

    def _limits(self) -> Iterator[Difference]:
        for keyword, name in (*UPPER.items(), *LOWER.items()):
            old, new = (Bound(said.limits[keyword], False) if keyword in said.limits else None
                        for said in (self.old, self.new))  # fmt: skip
            yield from self._limit(keyword, name, old, new)
        yield from self._limit("maximum", "maximum", self.old.maximum, self.new.maximum)
        yield from self._limit("minimum", "minimum", self.old.minimum, self.new.minimum)
        yield from self._multiples()

    def _limit(self, keyword: str, name: str, old: Bound | None, new: Bound | None) -> Iterator[Difference]:
        sign = 1 if keyword.startswith("max") else -1
        wider, narrower = ("raised", "lowered") if sign == 1 else ("lowered", "raised")
        fact = f"{keyword} {_bound(old)} became {_bound(new)}"
        if goes_further(new, old, sign):
            yield self._at(f"{name}-{wider}", fact)
        elif goes_further(old, new, sign):
            yield self._at(f"{name}-{narrower}", fact)

    def _multiples(self) -> Iterator[Difference]:
        old, new = self.old.multiples, self.new.multiples
        if old == new:
            return
        narrows = all(any(one % other == 0 for one in new) for other in old)
        widens = all(any(one % other == 0 for one in old) for other in new)
        name = "narrowed" if narrows else "widened" if widens else "changed"
        yield self._at(f"multiple-of-{name}", f"multipleOf {_all(old)} became {_all(new)}")

    def _texts(self) -> Iterator[Difference]:
        for name in ("pattern", "format"):
            old, new = getattr(self.old, name + "s"), getattr(self.new, name + "s")
            if old != new:
                how = "added" if old < new else "removed" if new < old else "changed"
                yield self._at(f"{name}-{how}", f"{name} {_all(old)} became {_all(new)}")

    def _arrays(self) -> Iterator[Difference]:
        if self.old.unique != self.new.unique:
            yield self._at(*(("unique-items-added", "items must differ") if self.new.unique else
                             ("unique-items-removed", "items may be equal")))  # fmt: skip
        if self.old.items and self.new.items:
            yield from self._inside(self.old.items, self.new.items)
        elif self.old.items or self.new.items:
            name = "type-narrowed" if self.new.items else "type-widened"
            yield self._at(name, f"items {'are described' if self.new.items else 'may be anything'}")
        for old, new in zip(self.old.prefix, self.new.prefix, strict=False):
            yield from self._inside((old,), (new,))
        if len(self.old.prefix) != len(self.new.prefix):
            yield self._at("condition-changed", f"prefixItems {len(self.old.prefix)} became {len(self.new.prefix)}")

    def _inside(self, old: tuple[Node, ...], new: tuple[Node, ...]) -> list[Difference]:
        return self.comparison.of(old, new, self.side)

    def _properties(self) -> Iterator[Difference]:
        for name in dict.fromkeys((*self.old.properties, *self.new.properties)):
            yield from self._property(name)
        undescribed = (self.old.required ^ self.new.required) - self.old.properties.keys() - self.new.properties.keys()
        for name in sorted(undescribed):
            yield self._demanded(name, self.node)

    def _property(self, name: str) -> Iterator[Difference]:
        old, new = self.old.properties.get(name), self.new.properties.get(name)
        was, shows = self._shows(old, self.comparison.old), self._shows(new, self.comparison.new)
        if old and new and was and shows:
            if (name in self.old.required) != (name in self.new.required):
                yield self._demanded(name, new[0])
            yield from self._inside(old, new)
        elif old and new and (was or shows):
            flag = self.hidden.replace("O", "-o")
            if was:
                yield self._at(f"property-became-{flag}", f"{name} is {self.hidden}", new[0])
            else:
                yield self._at(f"property-no-longer-{flag}", f"{name} is no longer {self.hidden}", new[0])
        elif new and not old and shows:
            yield self._at("required-property-added" if name in self.new.required else "property-added", name, new[0])
        elif old and not new and was:
            yield self._at("property-removed", name, old[0])

    def _shows(self, nodes: tuple[Node, ...] | None, draft: Draft) -> bool:
        return nodes is not None and self.hidden not in Said(nodes, draft).flags

    def _demanded(self, name: str, node: Node) -> Difference:
        became = "required" if name in self.new.required else "optional"
        return self._at(f"property-became-{became}", f"{name} is {became}", node)

    def _additional(self) -> Iterator[Difference]:
        old, new = self.old.additional, self.new.additional
        if isinstance(old, Node) and isinstance(new, Node):
            yield from self._inside((old,), (new,))
        elif old is not new:
            narrower = new is False or (old is None and new is not None)
            now = "forbidden" if new is False else "allowed" if new is None else "described"
            how = "forbidden" if narrower else "allowed"
            yield self._at(f"additional-properties-{how}", f"other properties are {now}")

    def _branches(self) -> Iterator[Difference]:
        for old, new in zip_longest(self.old.branches, self.new.branches):
            if new is None:
                yield self._at("type-widened", f"it need not be one of {len(old)} schemas any more")
            elif old is None:
                yield self._at("type-narrowed", f"it must be one of {len(new)} schemas")
            else:
                yield from self._alternatives(old, new)

    def _alternatives(self, old: list[Node], new: list[Node]) -> Iterator[Difference]:
        """Alternatives are the same if they are called the same; those without names, if they say the same, else by
        where they stand."""
        left = {_name_of(node, index, self.comparison.old): node for index, node in enumerate(old)}
        right = {_name_of(node, index, self.comparison.new): node for index, node in enumerate(new)}
        for name, node in left.items():
            if name in right:
                yield from self._inside((node,), (right[name],))
            else:
                yield self._at("branch-removed", f"is never {name}")
        for name, node in right.items():
            if name not in left:
                yield self._at("branch-added", f"may be {name}", node)

    def _rest(self) -> Iterator[Difference]:
        old, new = self.old.conditions, self.new.conditions
        others = [keyword for keyword in dict.fromkeys((*old, *new)) if old.get(keyword) != new.get(keyword)]
        if others:
            yield self._at("condition-changed", f"says something else with {', '.join(others)}")
        if self.old.discriminator != self.new.discriminator:
            yield self._at("discriminator-changed", "discriminator has changed")
        if self.old.default != self.new.default:
            how = "changed" if self.old.default and self.new.default else "added" if self.new.default else "removed"
            yield self._at(f"default-{how}", f"default {_listed(self.old.default)} became {_listed(self.new.default)}")
        if "deprecated" in self.new.flags - self.old.flags:
            yield Difference("property-deprecated", "is deprecated", self.node)


def _kinds(types: Collection[str]) -> str:
    shown = set(types) - ({"integer"} if "number" in types else set())
    return "anything" if types == ALL_TYPES else " or ".join(sorted(shown)) or "nothing"


def _bound(bound: Bound | None) -> str:
    return "none" if bound is None else f"{bound.number} (excluded)" if bound.excluded else f"{bound.number}"


def _all(said: Collection[object]) -> str:
    return ", ".join(sorted(map(str, said))) or "none"


def _listed(values: list[Json]) -> str:
    return ", ".join(json.dumps(value) for value in values) or "none"


def _without(values: list[Json], others: list[Json]) -> list[Json]:
    return [value for value in values if value not in others]


def _name_of(branch: Node, index: int, draft: Draft) -> str:
    """What an alternative is called: as its reference ends, or by its title; else by what it is and where it stands."""
    if branch.ref is not None:
        return branch.ref.rpartition("/")[2]
    title = branch.value.get("title") if isinstance(branch.value, dict) else None
    return str(title) if title else f"alternative {index + 1} ({_kinds(Said((branch,), draft).types)})"
