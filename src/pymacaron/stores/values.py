"""The values that every store keeps, in the one form in which every store gives them back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from pymacaron.config import Secret
from pymacaron.exceptions import ItemRefusedError, ItemTooLargeError

from .tables import BYTES, EXPIRES, NUMBER, TEXT, VERSION, Attribute, Table
from .writes import Item, Key

DEEPEST = 30  # levels inside each other; DynamoDB has 32, of which what it cannot say plainly takes up to two
MOST = 400 * 1024  # bytes of an item, as DynamoDB counts them
_WORDS = {TEXT: "a text", NUMBER: "a number of at most 38 digits", BYTES: "bytes"}
LONGEST_KEY = (2048, 1024)  # bytes of the first and the second key attribute, as DynamoDB has it
_KINDS: tuple[Any, ...] = (str, int, float, Decimal, bytes, dict, list, tuple, set, frozenset)
_SMALL = 2**63
_LARGEST = 14_000  # bits of whole numbers: Python writes no longer ones, see sys.set_int_max_str_digits
_LAST = 2**53  # no item ends later, in seconds since 1970


def canonical_item(item: Mapping[str, Any]) -> Item:
    """A copy of an item as it comes back from a store.

    Raises:
        ItemRefusedError: with the place of a value that no store keeps.
    """
    made = {}
    for name, value in item.items():
        if type(name) is not str or not name:
            raise ItemRefusedError("an attribute has no name: names are texts, and not empty")
        if not name.isascii():
            canonical(name, "the name of an attribute")
        made[name] = canonical(value, name)
    made.pop(VERSION, None)
    expires = made.get(EXPIRES)
    if expires is not None and (type(expires) is not int or abs(expires) > _LAST):
        raise ItemRefusedError(f"{EXPIRES}: has to be whole seconds since 1970")
    return made


def canonical(value: Any, place: str, level: int = 1) -> Any:
    """A value as it comes back from a store.

    Raises:
        ItemRefusedError: no store keeps it; `place` is where it is.
    """
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_text(value, place)
        return value
    if kind is bool or value is None or kind is bytes:
        return value
    if kind is int:
        return _whole(value, place)
    if kind is float or kind is Decimal:
        return _number(value, place)
    return _inside(value, place, level)


def _inside(value: Any, place: str, level: int) -> Any:
    kind = type(value)
    if level > DEEPEST:
        raise ItemRefusedError(f"{place}: values are nested in more than {DEEPEST} levels; keep it as a text")
    if kind is list or kind is tuple:
        return [canonical(item, f"{place}[{at}]", level + 1) for at, item in enumerate(value)]
    if kind is dict:
        return _mapping(value, place, level)
    if kind is set or kind is frozenset:
        return {canonical(item, place, DEEPEST + 1) for item in value}
    return _other(value, place, level)


def _other(value: Any, place: str, level: int) -> Any:
    """Of what is a kind of something that is kept, that."""
    if not isinstance(value, Secret):
        if isinstance(value, (bytearray, memoryview)):
            return bytes(value)
        for kind in _KINDS:
            if isinstance(value, kind):
                return canonical(kind(value), place, level)
    advice = "call reveal() on it to store it in clear text" if isinstance(value, Secret) else "convert it to a string"
    raise ItemRefusedError(f"{place}: a {type(value).__name__} cannot be stored; {advice}")


def _mapping(value: dict[Any, Any], place: str, level: int) -> dict[str, Any]:
    for name in value:
        if not isinstance(name, str):
            raise ItemRefusedError(f"{place}: the names in a mapping have to be texts, not {type(name).__name__}")
        _check_text(name, place)
    return {str(name): canonical(item, f"{place}.{name}", level + 1) for name, item in value.items()}


def _check_text(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ItemRefusedError(f"{place}: the text has a lone surrogate, which UTF-8 cannot encode") from None


def _whole(value: int, place: str) -> int:
    if value.bit_length() > _LARGEST:
        raise ItemRefusedError(f"{place}: a whole number of more than {_LARGEST} bits; keep it as a text")
    return value


def _number(value: float | Decimal, place: str) -> int | float | Decimal:
    if not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
        raise ItemRefusedError(f"{place}: NaN and infinity are not JSON numbers")
    if isinstance(value, Decimal):
        return number_of(str(value))
    if not value.is_integer():
        return value
    whole = int(value)
    return whole if -_SMALL < whole < _SMALL or fits(whole) else value


def number_of(text: str) -> int | float | Decimal:
    """The number that a text stands for: int if it is whole, float if that is as exact, else Decimal."""
    exact = Decimal(text)
    if exact.adjusted() < 126 and exact == exact.to_integral_value():
        return int(exact)
    near = float(exact)
    return near if near - near == 0 and Decimal(repr(near)) == exact else exact


def exact(value: float | Decimal) -> Decimal:
    """A number as it is written: 0.1 is 0.1; whole ones exactly."""
    return Decimal(repr(value)) if isinstance(value, float) and not value.is_integer() else Decimal(value)


def fits(value: float | Decimal) -> bool:
    """Is it a number to DynamoDB: at most 38 digits, 0 or of 1e-130 to 9.99e125?"""
    if type(value) is int and -(10**38) < value < 10**38:
        return True
    number = exact(value)
    digits = number.as_tuple().digits
    used = len("".join(map(str, digits)).rstrip("0"))
    return not number or (used <= 38 and -130 <= number.adjusted() <= 125)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def is_same(one: Any, other: Any) -> bool:
    """Are two canonical values the same? 1 and true are not, other than in Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if is_number(one) and is_number(other):
        return exact(one) == exact(other)
    return type(one) is type(other) and bool(one == other)


def key_value(attribute: Attribute, value: Any, at: int = 0) -> Any:
    """A canonical value of a key attribute; `at` is 1 for a sort key.

    Raises:
        ItemRefusedError: it is none.
    """
    value = canonical(value, attribute.name)
    if attribute.kind == NUMBER:
        good = is_number(value) and fits(value)
        if good:
            return number_of(str(exact(value)))
    else:
        good = isinstance(value, str if attribute.kind == TEXT else bytes)
    if not good:
        raise ItemRefusedError(f"{attribute.name}: part of a key, so it has to be {_WORDS[attribute.kind]}")
    length = len(value.encode() if isinstance(value, str) else value)
    if not 0 < length <= LONGEST_KEY[at]:
        raise ItemRefusedError(f"{attribute.name}: part of a key, so it has to have 1 to {LONGEST_KEY[at]} bytes")
    return value


def key_of(table: Table, key: Key) -> Key:
    """A key as a store uses it.

    Raises:
        ItemRefusedError: there are too many values, or too few, or one that is not of the kind.
    """
    attributes = table.key
    if len(key) != len(attributes):
        names = " and ".join(attribute.name for attribute in attributes)
        raise ItemRefusedError(f"a key of {table.name} has {len(attributes)} values ({names}), not {len(key)}")
    return tuple([key_value(one, value, at) for at, (one, value) in enumerate(zip(attributes, key, strict=True))])


def item_key(table: Table, item: Mapping[str, Any]) -> Key:
    """The key of an item.

    Raises:
        ItemRefusedError: it lacks one, or what stands there cannot be one.
    """
    key = []
    for attribute in table.key:
        if item.get(attribute.name) is None:
            raise ItemRefusedError(f"{attribute.name}: part of the key of {table.name}, so every item needs it")
        key.append(item[attribute.name])
    return key_of(table, tuple(key))


def index_values(table: Table, item: Mapping[str, Any]) -> list[Any]:
    """The key attributes of all indexes, None where an item has none.

    Raises:
        ItemRefusedError: one is of another kind.
    """
    found = []
    for index in table.indexes:
        for at, attribute in enumerate((index.partition, index.sort)):
            if attribute is not None:
                value = item.get(attribute.name)
                if value is None and attribute.name in item:
                    raise ItemRefusedError(f"{attribute.name}: part of the key of an index, so it cannot be null")
                found.append(None if value is None else key_value(attribute, value, at))
    return found


def is_expired(item: Mapping[str, Any], now: float) -> bool:
    expires = item.get(EXPIRES)
    return expires is not None and expires <= now


def check_size(table: Table, item: Item) -> None:
    """
    Raises:
        ItemTooLargeError: an item has more bytes than DynamoDB takes.
    """
    size = size_of(item)
    if size > MOST:
        raise ItemTooLargeError(f"an item of {table.name} has about {size} bytes; the most is {MOST}")


def size_of(value: Any) -> int:
    """The bytes that DynamoDB counts for a canonical value."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, dict):
        return 3 + sum(1 + len(name.encode()) + size_of(item) for name, item in value.items())
    if isinstance(value, (list, set)):
        return 3 + sum(1 + size_of(item) for item in value)
    return 2 + len(str(value)) // 2
