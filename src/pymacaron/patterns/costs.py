"""How long a regular expression may keep an engine busy, at the worst, whatever text it is given.

Both engines are those of Rust. The linear one makes a deterministic automaton while it reads; where that has many
states it gives up, and follows all the places of the expression at which it might be, character by character. The
backtracking one goes back and tries again, so often as it is allowed to; a step may be a look at all of the text by
the linear one. What is said here in nanoseconds is more than a slow machine takes.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from .cursor import Unreadable
from .positions import (
    MOST_PLACES,
    Automaton,
    Sets,
    TooLarge,
    begins_at_start,
    length,
    longest,
    places,
    required,
    reversed_of,
    threads,
)  # fmt: skip
from .reading import Chars, Choice, Edge, Group, Look, Recall, Repeat, Sequence, Tree, read

# For one place in mind and one character; for a character if the automaton is deterministic, and if what groups match
# is asked for, too; for a step.
_PLACE, _CHARACTER, _REMEMBERED, _STEP = 40.0, 5.0, 20.0, 30.0
# So many places in mind are no matter. Automata of so many states fit into what the engine remembers of them.
_FEW, _MOST_STATES = 6, 1500
_OF_WORDS = Edge("b")
# So many characters it is looked at how the places become more.
_GROWING = 128
# A character is several states, if it may be one of many that are several bytes each.
_STATES_BEYOND_ASCII, _STATES_OF_A_PROPERTY = 4, 30


class Cost(NamedTuple):
    """Of a pattern.

    Attributes:
        is_linear: the linear engine runs it.
        tree: None if it could not be read.
        per_character: nanoseconds for each one of a text, 0 if they are too few to matter; of a linear one.
        size: characters of the pattern.
        growth: of one that is not free, how many places may be in mind at the first characters, all together.
    """

    is_linear: bool
    tree: Tree | None
    per_character: float
    size: int
    growth: tuple[int, ...] = ()

    @property
    def is_free(self) -> bool:
        """May it be run on any text, for as long as that is?"""
        return self.is_linear and not self.per_character

    def most(self, nanoseconds: float, most: int, steps: int = 0) -> int:
        """How long a text may be, up to `most` characters, so that no such text takes longer."""
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            if self.total(middle, steps) <= nanoseconds:
                low = middle
            else:
                high = middle - 1
        return low

    def total(self, characters: int, steps: int = 0) -> float:
        """Nanoseconds for a text, if the engine may go back `steps` times, or as often as it should be able to."""
        if self.is_linear:
            first = min(characters, len(self.growth))
            grown = _PLACE * self.growth[first - 1] if first else 0.0
            return grown + self.per_character * (characters - first) + _STEP * characters
        if self.is_straight:
            return self.unit(characters)
        return (max(steps, self.steps(characters)) + self._ahead(characters)) * self.unit(characters)

    @property
    def is_straight(self) -> bool:
        """Is there nothing to go back to? Then it is gone through once."""
        return self.tree is not None and begins_at_start(self.tree) and _is_straight(self.tree)

    def steps(self, characters: int) -> int:
        """How often the engine should be able to go back for a text of so many characters that does match."""
        return self._ahead(0 if self.is_straight else 2 * characters)

    def unit(self, characters: int) -> float:
        """Nanoseconds from one time that the engine goes back to the next."""
        if self.tree is None:  # as if each group were a loop around the others
            return _STEP * self.size * float(max(characters, 1)) ** min(self.size, 3)
        return _once(self.tree, characters) + _STEP

    def _ahead(self, characters: int) -> int:
        """How often the engine may put off a choice: that is where it goes back to."""
        return characters + (4 * _hard(self.tree) if self.tree is not None else self.size)


def cost(pattern: str, *, is_linear: bool) -> Cost:
    """On the linear engine if it may run it, else on the other one.

    Args:
        is_linear: the linear engine takes it.
    """
    try:
        tree = read(pattern)
    except (Unreadable, RecursionError):
        return Cost(False, None, 0, len(pattern))
    is_linear = is_linear and not _needs(tree)
    return Cost(is_linear, tree, per_character(tree) if is_linear else 0, len(pattern))


def cost_beside(pattern: str, *, is_linear: bool) -> Cost:
    """On the backtracking engine, which runs all patterns of a schema if it runs one. It has much of them done by the
    linear one, but finds the edges of words itself."""
    alone = cost(pattern, is_linear=is_linear)
    if alone.tree is None or _is_hard(alone.tree):
        return alone._replace(is_linear=False)
    return alone._replace(growth=_growth(alone.tree) if alone.per_character else ())


def _growth(tree: Tree) -> tuple[int, ...]:
    if places(tree) > MOST_PLACES:
        return ()
    try:
        return tuple(accumulate(Automaton(tree).growth(_GROWING)))
    except TooLarge:
        return ()


@lru_cache(maxsize=2000)
def per_character(tree: Tree, *, is_alone: bool = True) -> float:
    """Nanoseconds that the linear engine takes for a character, 0 if these are few.

    Args:
        is_alone: it is asked whether the expression matches, and not how far.
    """
    if threads(tree, not is_alone or begins_at_start(tree)) <= _FEW:
        return 0
    if (count := places(tree)) > MOST_PLACES:
        return _PLACE * count
    try:
        forward = Automaton(tree).sets(stops=is_alone, anywhere=is_alone)
    except TooLarge:
        return _PLACE * count
    return 0 if forward.largest <= _FEW or _is_deterministic(tree, forward) else _PLACE * forward.largest


def _is_deterministic(tree: Tree, forward: Sets) -> bool:
    """May the engine remember all that texts lead to? Not at edges of words; and it may begin at the end of a text."""
    if _meets_words(tree) or not _is_small(tree, forward):
        return False
    try:
        return _is_small(tree, Automaton(reversed_of(tree)).sets(stops=False, anywhere=False))
    except TooLarge:
        return False


def _is_small(tree: Tree, sets: Sets) -> bool:
    return sets.number * _states(tree) <= _MOST_STATES


def _states(tree: Tree) -> int:
    """How many states a character may be, at the most."""
    if isinstance(tree, Chars):
        beyond = any(high > 0x7F for _, high in tree.ranges)
        return _STATES_OF_A_PROPERTY if tree.property else _STATES_BEYOND_ASCII if beyond else 1
    return max((_states(part) for part in _inner(tree)), default=1)


def _inner(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, (Sequence, Choice)):
        return tree.parts
    return (tree.part,) if isinstance(tree, (Repeat, Group, Look)) else ()


def _hard(tree: Tree) -> int:
    """How many parts of it need the backtracking engine."""
    return (isinstance(tree, (Look, Recall)) or tree == _OF_WORDS) + sum(map(_hard, _inner(tree)))


def _is_hard(tree: Tree) -> bool:
    """Does the backtracking engine do it itself?"""
    return isinstance(tree, (Look, Recall)) or tree == _OF_WORDS or any(map(_is_hard, _inner(tree)))


def _needs(tree: Tree) -> bool:
    """Can only the backtracking engine do it?"""
    return isinstance(tree, (Look, Recall)) or any(map(_needs, _inner(tree)))


def _meets_words(tree: Tree) -> bool:
    """Are there edges of words in it?"""
    return tree == _OF_WORDS or any(map(_meets_words, _inner(tree)))


def _is_straight(tree: Tree) -> bool:
    """Does the backtracking engine neither repeat nor choose anything itself?"""
    if not _is_hard(tree):
        return True
    if isinstance(tree, Sequence):
        last = max(number for number, part in enumerate(tree.parts) if _is_hard(part))
        varies = any(length(part) is None and not _is_hard(part) for part in tree.parts[:last])
        return not varies and all(map(_is_straight, tree.parts))
    return not isinstance(tree, (Choice, Repeat)) and all(map(_is_straight, _inner(tree)))


def _once(tree: Tree, characters: int, *, inside: bool = False) -> float:
    """Nanoseconds for going through it once. A repetition puts off a choice each time, which is counted elsewhere, but
    not `inside` of look-around, where nothing is remembered of them."""
    if not _is_hard(tree):
        return _delegated(tree, characters, inside=inside)
    if isinstance(tree, Sequence):
        return sum(_once(part, characters, inside=inside) for part in _joined(tree.parts))
    if isinstance(tree, Choice):
        return sum(_once(part, characters, inside=inside) for part in tree.parts)
    if isinstance(tree, Repeat):
        each = _once(tree.part, characters, inside=inside)
        most = max(tree.least, 1)
        if inside:
            most = characters + 1 if tree.most is None else tree.most
        return _STEP + each * most
    if isinstance(tree, Look):
        return _STEP + _once(tree.part, characters, inside=True)
    if isinstance(tree, Group):
        return _STEP + _once(tree.part, characters, inside=inside)
    return _STEP + (characters if isinstance(tree, Recall) else 0)  # what is recalled is compared


def _delegated(tree: Tree, characters: int, *, inside: bool) -> float:
    """What the linear engine does of it, at a place of the text; or the other one, where something hard follows."""
    most = longest(tree)
    read = characters if most is None else min(most, characters)
    each = per_character(tree, is_alone=False) or (_REMEMBERED if _remembers(tree) else _CHARACTER)
    stepped = required(tree) if not inside else min(places(tree), required(tree) + characters)
    return _STEP * (1 + stepped) + each * read


def _remembers(tree: Tree) -> bool:
    return isinstance(tree, Group) or any(_remembers(part) for part in _inner(tree))


def _joined(parts: tuple[Tree, ...]) -> list[Tree]:
    """With what the linear engine does in one go as one."""
    found: list[Tree] = []
    for part in parts:
        if found and not _is_hard(part) and not _is_hard(found[-1]):
            before = found.pop()
            found.append(Sequence((*(before.parts if isinstance(before, Sequence) else (before,)), part)))
        else:
            found.append(part)
    return found
