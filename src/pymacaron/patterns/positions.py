"""What an engine has in mind while it reads a text: the places of the expression at which it might be.

An automaton whose states are the characters of the expression, counted repetitions written out (V. M. Glushkov, "The
abstract theory of automata", 1961), and the sets of them that a text can lead to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from .reading import Chars, Choice, Edge, Group, Look, Repeat, Sequence, Tree

# So many places are written out, and so many sets of them followed.
MOST_PLACES, MOST_SETS = 1000, 500
_MOST_PROPERTIES = 3
_MOST_STEPS = 100_000  # from place to place, which takes some 20 ms


class TooLarge(ValueError):
    """An expression has too many ways through it to follow all of them."""


def places(tree: Tree) -> int:
    """How many characters and edges the expression has, repetitions written out."""
    if isinstance(tree, (Sequence, Choice)):
        return max(sum(map(places, tree.parts)), 1)
    if isinstance(tree, Repeat):
        return places(tree.part) * max(tree.most or tree.least, 1)
    return places(tree.part) if isinstance(tree, (Group, Look)) else 1


def required(tree: Tree) -> int:
    """How many of them have to be gone through, choices of one kind or another apart."""
    if isinstance(tree, (Sequence, Choice)):
        return max(sum(map(required, tree.parts)), 1)
    if isinstance(tree, Repeat):
        return required(tree.part) * max(tree.least, 1)
    return required(tree.part) if isinstance(tree, (Group, Look)) else 1


def longest(tree: Tree) -> int | None:
    """Of the texts that match, None if there is no longest one."""
    if isinstance(tree, Chars):
        return 1
    if isinstance(tree, Repeat):
        one = longest(tree.part)
        return 0 if one == 0 else None if one is None or tree.most is None else one * tree.most
    if isinstance(tree, (Sequence, Choice)):
        each = [longest(part) for part in tree.parts]
        total = sum if isinstance(tree, Sequence) else max
        return None if None in each else total(one or 0 for one in each) if each else 0
    return longest(tree.part) if isinstance(tree, Group) else 0 if isinstance(tree, Edge) else None


def threads(tree: Tree, at_once: bool) -> int:
    """An upper bound, quickly found, of how many places may be in mind at one time.

    Args:
        at_once: it is begun at one place of a text only.
    """
    if not at_once or isinstance(tree, Chars):
        return places(tree)
    if isinstance(tree, Choice):
        return sum(threads(part, at_once) for part in tree.parts)
    if isinstance(tree, Repeat):
        return threads(tree.part, at_once) if length(tree.part) is not None else places(tree)
    if isinstance(tree, Group):
        return threads(tree.part, at_once)
    if isinstance(tree, Sequence):
        total = 0
        for part in tree.parts:
            total += threads(part, at_once)
            at_once = at_once and length(part) is not None
        return total
    return 0


def length(tree: Tree) -> int | None:
    """Of all the texts that match, None if that differs."""
    if isinstance(tree, Chars):
        return 1
    if isinstance(tree, Edge):
        return 0
    if isinstance(tree, Repeat):
        one = length(tree.part)
        return one * tree.least if one is not None and tree.least == tree.most else None
    if isinstance(tree, Choice):
        lengths = {length(part) for part in tree.parts}
        return lengths.pop() if len(lengths) == 1 else None
    if isinstance(tree, Sequence):
        each = [length(part) for part in tree.parts]
        return None if None in each else sum(one or 0 for one in each)
    return length(tree.part) if isinstance(tree, Group) else None


def begins_at_start(tree: Tree) -> bool:
    """Does it match at the start of a text only?"""
    if isinstance(tree, Edge):
        return tree.kind == "^"
    if isinstance(tree, Choice):
        return all(map(begins_at_start, tree.parts))
    if isinstance(tree, Sequence):
        for part in tree.parts:
            if begins_at_start(part):
                return True
            if length(part) != 0 and not isinstance(part, Look):
                return False
        return False
    if isinstance(tree, Repeat):
        return tree.least > 0 and begins_at_start(tree.part)
    return begins_at_start(tree.part) if isinstance(tree, Group) else False


def reversed_of(tree: Tree) -> Tree:
    """What matches the same texts, read from their end on."""
    if isinstance(tree, (Sequence, Choice)):
        parts = tuple(map(reversed_of, tree.parts))
        return Sequence(parts[::-1]) if isinstance(tree, Sequence) else Choice(parts)
    if isinstance(tree, (Repeat, Group)):
        return tree._replace(part=reversed_of(tree.part))
    return tree


class Sets(NamedTuple):
    """The sets of places that texts can lead to, in the order that they are tried in: how many there are, and of how
    many places the largest is."""

    number: int
    largest: int


class _Part(NamedTuple):
    """A part of the expression: the places that it may begin with, in order; those that it may end with, as bits, and
    whether it may be empty. `ending` are places that it ends with only where the text ends or something else is the
    case, `is_edge` that it is empty only there."""

    first: tuple[int, ...]
    last: int
    ending: int
    is_empty: bool
    is_edge: bool = False


_NOTHING = _Part((), 0, 0, is_empty=True)


class Automaton:
    """Of an expression without look-around and recall, of at most MOST_PLACES places.

    Raises:
        TooLarge: also by what it is asked.
    """

    def __init__(self, tree: Tree) -> None:
        self._left = _MOST_STEPS
        self.chars: list[Chars] = []
        self.follow: list[dict[int, None]] = []  # in the order that they are tried in
        self._later: list[dict[int, None]] = []  # what goes on with a lazy repetition
        self.whole = self._part(tree)
        for after, later in zip(self.follow, self._later, strict=True):
            after.update(later)
        self._starts_anywhere = not begins_at_start(tree)

    def _part(self, tree: Tree) -> _Part:
        if isinstance(tree, Chars):
            self.chars.append(tree)
            self.follow.append({})
            self._later.append({})
            place = len(self.chars) - 1
            return _Part((place,), 1 << place, 0, is_empty=False)
        if isinstance(tree, Edge):
            return _Part((), 0, 0, is_empty=True, is_edge=True)
        if isinstance(tree, Sequence):
            found = _NOTHING
            for part in tree.parts:
                found = self._then(found, self._part(part))
            return found
        if isinstance(tree, Choice):
            return _either([self._part(part) for part in tree.parts])
        if isinstance(tree, Repeat):
            return self._repeated(tree)
        return self._part(tree.part) if isinstance(tree, Group) else _NOTHING

    def _then(self, one: _Part, other: _Part, is_lazy: bool = False) -> _Part:
        self._lead(one, other, is_lazy)
        first = (*one.first, *other.first) if one.is_empty else one.first
        last, ending = other.last, other.ending
        if other.is_edge:
            ending |= one.last | one.ending
        elif other.is_empty:
            last, ending = last | one.last, ending | one.ending
        is_empty = one.is_empty and other.is_empty
        return _Part(first, last, ending, is_empty, is_empty and (one.is_edge or other.is_edge))

    def _lead(self, one: _Part, other: _Part, is_lazy: bool) -> None:
        after, table = dict.fromkeys(other.first), self._later if is_lazy else self.follow
        for place in _bits(one.last | one.ending):
            table[place].update(after)
            self._spend(len(after))

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise TooLarge

    def _repeated(self, tree: Repeat) -> _Part:
        found = _NOTHING
        if tree.most is None:
            for _ in range(max(tree.least, 1) - 1):
                found = self._then(found, self._part(tree.part))
            loop = self._part(tree.part)
            self._lead(loop, loop, tree.is_lazy)
            return self._then(found, loop if tree.least else loop._replace(is_empty=True, is_edge=False))
        for _ in range(tree.most - tree.least):  # from the last one on: a(a(a)?)?
            found = self._then(self._part(tree.part), found, tree.is_lazy)._replace(is_empty=True, is_edge=False)
        for _ in range(tree.least):
            found = self._then(self._part(tree.part), found)
        return found

    def sets(self, *, stops: bool, anywhere: bool) -> Sets:
        """The sets that texts lead to from their start on.

        Args:
            stops: who has found a match reads no further.
            anywhere: it is searched for from each place on, if it does not say that it begins at the start.
        """
        if stops and self.whole.is_empty and not self.whole.is_edge:
            return Sets(1, 1)
        letters = _letters(self.chars)
        start, final = self.whole.first, self.whole.last if stops else 0
        always = start if anywhere and self._starts_anywhere else ()
        known, waiting = {start}, [start]
        while waiting:
            if len(known) > MOST_SETS:
                raise TooLarge
            current = waiting.pop()
            here = sum(1 << place for place in current)
            for kind in {letter & here for letter in letters}:
                if kind & final:
                    continue
                at = [self.follow[place] for place in current if kind >> place & 1]
                found = tuple(dict.fromkeys((*chain.from_iterable(at), *always)))
                if found not in known:
                    known.add(found)
                    waiting.append(found)
                self._spend(len(found))
        return Sets(len(known), max(map(len, known)))

    def growth(self, characters: int) -> Iterator[int]:
        """How many places may be in mind after so many characters and each number below, whatever they are."""
        always = self.whole.first if self._starts_anywhere else ()
        current = {*self.whole.first}
        self._left = _MOST_STEPS
        for _ in range(characters):
            yield len(current)
            self._spend(len(current))
            current = {*chain.from_iterable([self.follow[place] for place in current]), *always}


def _either(parts: list[_Part]) -> _Part:
    first = tuple(dict.fromkeys(chain.from_iterable(part.first for part in parts)))
    last = ending = 0
    for part in parts:
        last, ending = last | part.last, ending | part.ending
    empty = [part.is_edge for part in parts if part.is_empty]
    return _Part(first, last, ending, bool(empty), bool(empty) and all(empty))


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def _letters(chars: list[Chars]) -> set[int]:
    """The places that one character can stand at, for every kind of character that the expression tells from others."""
    at: dict[Chars, int] = {}
    for place, one in enumerate(chars):
        at[one] = at.get(one, 0) | 1 << place
    found = _of_ranges({one: bits for one, bits in at.items() if not one.property})
    properties = {one.property: bits for one, bits in at.items() if one.property}
    if len(properties) > _MOST_PROPERTIES:
        raise TooLarge
    for bits in properties.values():  # whether a character has one is not known: either may be
        found |= {letter | bits for letter in found}
    return found - {0}


def _of_ranges(at: dict[Chars, int]) -> set[int]:
    edges = sorted({0, *_edges(at)})
    return {
        sum(bits for one, bits in at.items() if any(low <= edge <= high for low, high in one.ranges)) for edge in edges
    }


def _edges(chars: Iterable[Chars]) -> Iterator[int]:
    for one in chars:
        for low, high in one.ranges:
            yield low
            yield high + 1
