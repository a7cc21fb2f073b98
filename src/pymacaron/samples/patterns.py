"""Text that matches a regular expression, made by walking along it.

The expressions are ECMA-262's, as JSON Schema has them. What cannot be followed constructively (negative look-around,
word boundaries) is passed over: whoever asks checks the text and asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import NamedTuple, TypeAlias

from pymacaron.patterns import meant
from pymacaron.patterns.cursor import CONTROLS, Cursor, Unreadable

_DIGITS, _LOWER, _UPPER = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORD = _LOWER + _UPPER + _DIGITS + "_"
_SPACE = " \t\n\r\f\v"
_PRINTABLE = _LOWER + _UPPER + _DIGITS + " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_OTHERS = "éßÆ中Ω☃\t\n"  # for classes that exclude everything printable
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_PROPERTIES = {
    "L": _LOWER + _UPPER + "é中Ω", "Lu": _UPPER, "Ll": _LOWER, "N": _DIGITS, "Nd": _DIGITS, "P": "!,.-_:;?",
    "S": "+<=>$", "Z": " ", "Zs": " ", "Letter": _LOWER + _UPPER, "Alphabetic": _LOWER + _UPPER, "IsAlphabetic": _LOWER,
}  # fmt: skip
_MOST = 200  # characters of a repetition without an end


class Making(NamedTuple):
    """A text in the making: its pieces, what groups have matched, and how much more often than need be to repeat: any
    number up to `most` if `least` is 0."""

    random: Random
    pieces: list[str]
    groups: dict[str, str]
    least: int
    most: int


Step: TypeAlias = Callable[[Making], None]


def matching(pattern: str, random: Random, least: int = 0, most: int = 2) -> str:
    """A text that probably matches `pattern`; its repetitions are `least` to `most` more than they have to be.

    Raises:
        Unreadable: the pattern cannot be followed.
    """
    making = Making(random, [], {}, least, most)
    _compiled(meant(pattern)[0])(making)
    return "".join(making.pieces)


@lru_cache(maxsize=2000)
def _compiled(pattern: str) -> Step:
    parser = _Parser(pattern)
    step = parser.alternatives()
    if parser.at < len(pattern):
        raise Unreadable(pattern)
    return step


class _Parser(Cursor):
    """A descent along the grammar of ECMA-262, section 22.2.1."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.groups = 0

    def alternatives(self) -> Step:
        choices = [self.sequence()]
        while self.take("|"):
            choices.append(self.sequence())
        return choices[0] if len(choices) == 1 else _one_of(choices)

    def sequence(self) -> Step:
        steps: list[Step] = []
        while self.at < len(self.text) and not self.peek("|") and not self.peek(")"):
            step = self.atom()
            if step is not None:
                steps.append(self.quantified(step))
        return steps[0] if len(steps) == 1 else _in_turn(steps)

    def quantified(self, step: Step) -> Step:
        bounds = self.bounds()
        if bounds is None:
            return step
        self.take("?")  # lazy or not: the same texts
        return _repeated(step, *bounds)

    def bounds(self) -> tuple[int, int] | None:
        for sign, bounds in (("*", (0, _MOST)), ("+", (1, _MOST)), ("?", (0, 1))):
            if self.take(sign):
                return bounds
        if not self.peek("{"):
            return None
        start = self.at
        self.at += 1
        low, comma, high = self.until("}").partition(",")
        if not low.isdecimal() or (high and not high.isdecimal()):
            self.at = start  # outside of Unicode mode, a brace that counts nothing is itself
            return None
        return int(low), int(high or (max(_MOST, int(low)) if comma else low))

    def atom(self) -> Step | None:
        char = self.next()
        if char in "^$":
            return None
        if char == "(":
            return self.group()
        if char == "[":
            return _any_of(self.charset())
        if char == ".":
            return _any_of(_PRINTABLE)
        if char == "\\":
            return self.escape()
        return _literal(char)

    def group(self) -> Step | None:
        number = ""
        if self.take("?<=") or self.take("?<!") or self.take("?!"):
            self.alternatives()
            self.close()
            return None
        if self.take("?="):
            step = self.alternatives()
            self.close()
            return _leanly(step)
        if not self.take("?:"):
            self.groups += 1
            number = str(self.groups)
            name = self.until(">") if self.take("?<") or self.take("?P<") else ""
            step = self.alternatives()
            self.close()
            return _remembered(step, (number, name))
        step = self.alternatives()
        self.close()
        return step

    def close(self) -> None:
        if not self.take(")"):
            raise Unreadable(self.text)

    def escape(self) -> Step | None:
        char = self.next()
        if char in "bB":
            return None
        if char in "123456789":
            return _recalled(char)
        if char == "k" and self.take("<"):
            return _recalled(self.until(">"))
        chars = self.escaped(char)
        return _literal(chars) if len(chars) == 1 else _any_of(chars)

    def escaped(self, char: str) -> str:
        """The characters that an escape stands for."""
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES and char.isupper():
            return _without(_CLASSES[char.lower()])
        if char in "pP" and self.take("{"):
            name = self.until("}").rpartition("=")[2]
            chars = _PROPERTIES.get(name, _LOWER)
            return chars if char == "p" else _without(chars)
        if char in CONTROLS:
            return CONTROLS[char]
        if char in "xu":
            return self.code(char)
        if char == "c":
            return chr(ord(self.next()) % 32)
        return char

    def code(self, char: str) -> str:
        start = self.at
        try:
            digits = self.until("}") if self.take("{") else self.text[self.at : self.at + (2 if char == "x" else 4)]
            if self.at == start:
                self.at += len(digits)
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            raise Unreadable(self.text) from None

    def charset(self) -> str:
        negated = self.take("^")
        chars: list[str] = []
        while not self.take("]"):
            one = self.member()
            if self.peek("-") and not self.peek("-]") and len(one) == 1:
                self.at += 1
                last = self.member()
                if len(last) != 1 or ord(last) < ord(one):
                    raise Unreadable(self.text)
                one = "".join(map(chr, range(ord(one), min(ord(last), ord(one) + 300) + 1)))
            chars.append(one)
        found = "".join(chars)
        if not negated:
            return found
        return _without(found)

    def member(self) -> str:
        char = self.next()
        if char == "\\":
            inner = self.next()
            return "\b" if inner == "b" else self.escaped(inner)
        return char


def _without(excluded: str) -> str:
    return "".join(char for char in _PRINTABLE + _OTHERS if char not in excluded)


def _one_of(choices: list[Step]) -> Step:
    def step(making: Making) -> None:
        making.random.choice(choices)(making)

    return step


def _in_turn(steps: list[Step]) -> Step:
    def step(making: Making) -> None:
        for inner in steps:
            inner(making)

    return step


def _repeated(inner: Step, low: int, high: int) -> Step:
    def step(making: Making) -> None:
        most = min(high, low + making.most)
        for _ in range(making.random.randint(min(most, low + making.least), most)):
            inner(making)

    return step


def _any_of(chars: str) -> Step:
    if not chars:
        raise Unreadable("a class of no characters")
    # where there are any, the plain ones: they survive every place of a request
    plain = "".join(char for char in chars if char in _WORD) or "".join(char for char in chars if char > " ") or chars

    def step(making: Making) -> None:
        making.pieces.append(making.random.choice(plain))

    return step


def _literal(char: str) -> Step:
    def step(making: Making) -> None:
        making.pieces.append(char)

    return step


def _leanly(inner: Step) -> Step:
    """What is looked ahead for has to stand somewhere: here."""

    def step(making: Making) -> None:
        inner(making._replace(least=0, most=0))

    return step


def _remembered(inner: Step, names: tuple[str, str]) -> Step:
    def step(making: Making) -> None:
        start = len(making.pieces)
        inner(making)
        for name in names:
            making.groups[name] = "".join(making.pieces[start:])

    return step


def _recalled(name: str) -> Step:
    def step(making: Making) -> None:
        making.pieces.append(making.groups.get(name, ""))

    return step
