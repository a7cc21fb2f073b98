"""A regular expression as a tree, to be judged and not to be run: ECMA-262's (section 22.2.1), and what the engines
understand beyond it. Where a reading is not certain it is the dearer one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from .cursor import CONTROLS, Cursor, Unreadable

Ranges: TypeAlias = "tuple[tuple[int, int], ...]"  # of code points, the last one included

LAST = 0x10FFFF


class Chars(NamedTuple):
    """One character of some: those in the ranges, and those that have a property, about which nothing is known."""

    ranges: Ranges
    property: str = ""


class Edge(NamedTuple):
    """A place between characters: `^`, `$`, `n` for the start or end of a line, `b` for that of a word."""

    kind: str


class Sequence(NamedTuple):
    parts: tuple[Tree, ...]


class Choice(NamedTuple):
    parts: tuple[Tree, ...]


class Repeat(NamedTuple):
    """`most` is None for any number of times."""

    part: Tree
    least: int
    most: int | None
    is_lazy: bool = False


class Group(NamedTuple):
    """A group that remembers what it matched."""

    part: Tree


class Look(NamedTuple):
    """Look-around: what is looked for, and where; or what is matched once and for all."""

    part: Tree


class Recall(NamedTuple):
    """What a group has matched, again."""


Tree: TypeAlias = Chars | Edge | Sequence | Choice | Repeat | Group | Look | Recall

EMPTY = Sequence(())
_DIGITS: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
                  (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF))  # fmt: skip
_ANY = Chars(((0, 9), (11, LAST)))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_EDGES = {"b": Edge("b"), "B": Edge("b"), "A": Edge("^"), "z": Edge("$"), "Z": Edge("$")}
# What a group begins with, if it does more than to hold together.
_LOOKS = ("?<=", "?<!", "?=", "?!", "?>")
_DEEPEST = 100  # groups in groups


def read(pattern: str) -> Tree:
    """
    Raises:
        Unreadable: it holds what this reading does not know.
    """
    reading = _Reading(pattern)
    tree = reading.alternatives()
    if reading.at < len(pattern):
        raise Unreadable(pattern)
    return tree


def without(ranges: Ranges) -> Ranges:
    """All other characters."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


def _written(ranges: Ranges) -> str:
    """As members of a class."""
    return "".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in ranges)


def _code(point: int) -> str:
    return rf"\u{point:04X}" if point < 0x10000 else rf"\u{{{point:X}}}"


# The classes that escapes stand for, in the words of the engines.
ESCAPED = {letter: _written(ranges) for letter, ranges in _CLASSES.items()}
ESCAPED |= {letter.upper(): _written(without(ranges)) for letter, ranges in _CLASSES.items()}


class _Reading(Cursor):
    """A descent along the grammar."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.is_blind = self.is_of_lines = False  # to the case of letters; do `^` and `$` mean lines?

    def alternatives(self) -> Tree:
        choices = [self.sequence()]
        while self.take("|"):
            choices.append(self.sequence())
        return choices[0] if len(choices) == 1 else Choice(tuple(choices))

    def sequence(self) -> Tree:
        parts: list[Tree] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            part = self.repeated(self.atom())
            if part is not EMPTY:
                parts.append(part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts)) if parts else EMPTY

    def repeated(self, part: Tree) -> Tree:
        while (bounds := self.bounds()) is not None:
            is_lazy = self.take("?")
            part = Repeat(part, *bounds, is_lazy)
            if self.take("+"):
                part = Look(part)  # Java's: once and for all
        return part

    def bounds(self) -> tuple[int, int | None] | None:
        sign = self.text[self.at : self.at + 1]
        if sign and sign in _SIGNS:
            self.at += 1
            return _SIGNS[sign]
        if sign != "{":
            return None
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, 0)].replace(" ", "").partition(",")
        if not (low or high) or not ((low or "0") + (high or "0")).isdecimal():
            return None  # a brace that counts nothing is itself
        self.at = end + 1
        return int(low or 0), int(high) if high else None if comma else int(low)

    def atom(self) -> Tree:
        char = self.next()
        if char in "^$":
            return Edge("n" if self.is_of_lines else char)
        if char == "(":
            return self.group()
        if char == "[":
            return self.charset()
        if char == ".":
            return _ANY
        if char == "\\":
            return self.escape()
        return self.literal(char)

    def literal(self, char: str) -> Chars:
        if self.is_blind and char.isalpha():
            return Chars(((ord(char), ord(char)), *((ord(c), ord(c)) for c in {*char.lower(), *char.upper()} - {char})))
        return Chars(((ord(char), ord(char)),))

    def group(self) -> Tree:
        wrapped: Callable[[Tree], Tree] = Group
        outer = self.is_blind
        if any(self.take(sign) for sign in _LOOKS):
            wrapped = Look
        elif self.take("?<") or self.take("?P<"):
            self.until(">")
        elif self.take("?"):
            if self.flags() == ")":
                return EMPTY  # for the rest of the group around it
            wrapped = _itself
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unreadable(self.text)
        part = self.alternatives()
        self.depth -= 1
        self.is_blind = outer
        if not self.take(")"):
            raise Unreadable(self.text)
        return wrapped(part)

    def flags(self) -> str:
        """What ends them."""
        is_on = True
        while (flag := self.next()) not in ":)":
            if flag == "-":
                is_on = False
            elif flag == "i":
                self.is_blind = self.is_blind or is_on
            elif flag == "m":
                self.is_of_lines = self.is_of_lines or is_on
            elif flag not in "sUu":
                raise Unreadable(self.text)
        return flag

    def escape(self) -> Tree:
        char = self.next()
        if char in _EDGES:
            return _EDGES[char]
        if char in "123456789":
            while self.at < len(self.text) and self.text[self.at].isdecimal():
                self.at += 1
            return Recall()
        if char == "k" and self.take("<"):
            self.until(">")
            return Recall()
        if char in "<>":  # taken for the edges of words
            return Choice((self.literal(char), Edge("b")))
        return self.escaped(char)

    def escaped(self, char: str) -> Chars:
        """The characters that an escape stands for, in a class or outside of one."""
        if char.lower() in _CLASSES:
            ranges = _CLASSES[char.lower()]
            return Chars(ranges if char.islower() else without(ranges))
        if char in "pP":
            name = self.until("}") if self.take("{") else self.next()
            return Chars((), f"{char}{name}")
        if char in "xuU":
            char = self.code({"x": 2, "u": 4, "U": 8}[char])
        elif char == "c":
            char = chr(ord(self.next()) % 32)
        return self.literal(CONTROLS.get(char, char))

    def code(self, length: int) -> str:
        if self.take("{"):
            digits = self.until("}")
        else:
            digits = self.text[self.at : self.at + length]
            self.at += len(digits)
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            raise Unreadable(self.text) from None

    def charset(self) -> Chars:
        start = self.at
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        properties: list[str] = []
        while True:
            one = self.member()  # the first one may be a bracket
            ranges += self.ranged(one)
            properties += [one.property] if one.property else []
            if self.take("]"):
                break
        if properties:
            return Chars((), self.text[start : self.at])
        return Chars(without(tuple(ranges)) if negated else tuple(ranges))

    def ranged(self, first: Chars) -> Ranges:
        """A member of a class with what follows it, if it is the first of several."""
        if len(first.ranges) != 1 or not self.peek("-") or self.peek("-]"):
            return first.ranges
        before = self.at
        self.at += 1
        last = self.member()
        if len(last.ranges) != 1 or last.property:
            self.at = before
            return first.ranges
        low, high = first.ranges[0][0], last.ranges[0][1]
        both = ((low, high), (ord(chr(low).swapcase()[0]), ord(chr(high).swapcase()[0]))) if self.is_blind else None
        return both or ((low, high),)

    def member(self) -> Chars:
        char = self.next()
        if char == "\\":
            inner = self.next()
            return Chars(((8, 8),)) if inner == "b" else self.escaped(inner)
        return Chars(((ord(char), ord(char)),))


def _itself(part: Tree) -> Tree:
    return part


_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
