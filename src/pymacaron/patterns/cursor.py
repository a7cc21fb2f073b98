"""A place in the text of a regular expression, for those who descend along its grammar."""

from __future__ import annotations

CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}  # what stands behind a backslash


class Unreadable(ValueError):
    """The expression is none that can be followed."""


class Cursor:
    """Attributes: `text`, the expression; `at`, how much of it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self, wanted: str) -> bool:
        return self.text.startswith(wanted, self.at)

    def take(self, wanted: str) -> bool:
        """Go beyond `wanted`, if that comes next; does it?"""
        found = self.text.startswith(wanted, self.at)
        self.at += len(wanted) if found else 0
        return found

    def next(self) -> str:
        """The next character.

        Raises:
            Unreadable: there is none.
        """
        if self.at >= len(self.text):
            raise Unreadable(self.text)
        self.at += 1
        return self.text[self.at - 1]

    def until(self, end: str) -> str:
        """What comes before the next `end`; go beyond it.

        Raises:
            Unreadable: there is none.
        """
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise Unreadable(self.text)
        found, self.at = self.text[self.at : stop], stop + len(end)
        return found
