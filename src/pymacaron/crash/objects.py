"""What objects consist of, found without running a line of theirs.

A `__repr__`, a property or an `__iter__` of the user's may hang, or change what it shows. So what types of Python's own
hold is read by the methods of those types, and of all other objects their class and their attributes.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import ipaddress
import pathlib
import uuid
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from enum import Enum
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, TypeAlias

from pymacaron.config import Secret
from pymacaron.structs import is_model

# Names and values, and which of the names their class calls secret.
Fields: TypeAlias = tuple[Iterable[tuple[Any, Any]], Container[str]]

LONGEST = 64_000  # characters of one text that are looked at
_SAFE = frozenset((  # their own repr, which asks nobody else
    float, complex, range, decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PosixPath, pathlib.PurePosixPath,
    pathlib.WindowsPath, pathlib.PureWindowsPath, dt.datetime, dt.date, dt.time, dt.timedelta,
    ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network,
))  # fmt: skip
_NAMED = FunctionType, BuiltinFunctionType, type


def text_of_object(value: Any) -> str | None:
    """What a value is in a word; None if it is better told by its fields or items."""
    kind = type(value)
    if kind in _SAFE and not (kind in {dt.datetime, dt.time} and _has_foreign_zone(value)):
        return repr(value)
    if issubclass(kind, Enum):
        return f"<{kind.__name__}.{object.__getattribute__(value, '__dict__').get('_name_')}>"
    if issubclass(kind, int):
        return int.__repr__(value) if int.__abs__(value) < 2**63 else "<int>"  # of longer ones it takes time
    if issubclass(kind, _NAMED):
        return f"<{_own(kind)} {value.__module__}.{value.__qualname__}>"
    if issubclass(kind, MethodType):
        return f"<method {value.__func__.__qualname__}>" if type(value.__func__) is FunctionType else "<method>"
    return f"<module {value.__dict__.get('__name__')}>" if issubclass(kind, ModuleType) else None


def _has_foreign_zone(value: Any) -> bool:
    return value.tzinfo is not None and type(value.tzinfo).__module__ not in {"datetime", "zoneinfo"}


def _own(kind: type) -> str:
    return "class" if issubclass(kind, type) else "function"


def plain_of(value: Any) -> str | bytes | int | float | None:
    """A text, some bytes or a number without what a class of the user's has added; None for what is none."""
    kind = type(value)
    if issubclass(kind, str):
        return value if issubclass(kind, Secret) else str.__str__(value)
    for own in (bytes, bytearray):
        if issubclass(kind, own):
            return bytes(own.__getitem__(value, slice(LONGEST)))
    if kind in {bool, int, float}:
        return value  # type: ignore[no-any-return]  # it was asked for its type
    return int.__add__(value, 0) if issubclass(kind, int) else None


def items_of(value: Any, most: int) -> tuple[list[Any], int] | None:
    """The first items, and how many there are; None for what is no list, tuple or set."""
    for kind in (list, tuple, set, frozenset):
        if issubclass(type(value), kind):
            return list(islice(kind.__iter__(value), most)), kind.__len__(value)
    return None


def fields_of(value: Any) -> Fields | None:
    """What an object with names for its parts consists of; None if it has none."""
    kind = type(value)
    if issubclass(kind, dict):
        return dict.items(value), ()
    held = _attributes(value)
    if is_model(value):
        info = kind.__model__
        hidden = {p.name for p in info.properties.values() if p.sensitive or info.sensitive}
        return [(p.name, held.get(p.attribute)) for p in info.properties.values()], hidden
    names = vars(kind).get("_fields")
    if issubclass(kind, tuple) and type(names) is tuple:
        return zip(names, tuple.__iter__(value), strict=False), ()
    if issubclass(kind, BaseException):
        held = {"args": BaseException.__dict__["args"].__get__(value), **held}
    return (held.items(), ()) if held else None


def _is_data(value: Any) -> bool:
    """Is it made to hold data, and little else?"""
    kind = type(value)
    if issubclass(kind, dict | tuple) or is_model(value):
        return True
    return any(name in vars(cls) for cls in kind.__mro__ for name in ("__dataclass_fields__", "__struct_fields__"))


def _attributes(value: Any) -> dict[str, Any]:
    """What stands in its slots and its `__dict__`."""
    held: dict[str, Any] = {}
    for cls in type(value).__mro__:
        for name, member in vars(cls).items() if cls.__module__ != "builtins" else ():
            if type(member) is MemberDescriptorType:
                with suppress(AttributeError):  # a slot with nothing in it
                    held.setdefault(name, member.__get__(value))
    with suppress(AttributeError):
        found = object.__getattribute__(value, "__dict__")
        held |= found if type(found) is dict else {}
    return held


def leaves(value: Any, most: int, depth: int = 6) -> Iterator[object]:
    """The texts and numbers inside of a value: of containers, models and data classes, not of a session that leads to
    half the program. So many values are looked at; if there are more, the last is `...`."""
    waiting = [(value, depth)]
    for _ in range(most):
        if not waiting:
            return
        one, left = waiting.pop()
        plain = plain_of(one)
        if plain is not None:
            yield plain
        elif left and _is_data(one) and (fields := fields_of(one)) is not None:
            waiting += [(item, left - 1) for _, item in islice(fields[0], most)]
        elif left and (items := items_of(one, most)) is not None:
            waiting += [(item, left - 1) for item in items[0]]
    if waiting:
        yield ...
