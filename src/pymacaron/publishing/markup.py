"""HTML, escaped unless it was made here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Markup] | None"

_VOID = frozenset(("br", "img", "input", "link", "meta"))  # elements that hold nothing and are not closed


def tag(name: str, /, *children: Child, **attributes: str | bool | None) -> Markup:
    """An element. Texts among its children are escaped; an attribute that is None or False is left out. In the names
    of attributes an underscore is a hyphen; one at the end keeps them apart from Python's own words."""
    opened = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{opened}>" if name in _VOID else f"<{name}{opened}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Markup:
    """Several children after one another."""
    return Markup("".join(_html(child) for child in children))


def _html(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, str):
        return child if isinstance(child, Markup) else escape(child)
    return "".join(_html(one) for one in child)
