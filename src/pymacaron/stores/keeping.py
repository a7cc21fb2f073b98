"""How the items of one model are kept: its table, and what a model is as an item and back, with nothing lost."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from pymacaron.exceptions import ItemNotFound
from pymacaron.names import suggest
from pymacaron.structs import dump, encode_other

from .escapes import listed
from .ranges import Range
from .tables import EXPIRES, NUMBER, TEXT, VERSION, Attribute, Index, Table
from .values import LONGEST_KEY, is_same
from .writes import Item, Key

NEEDED = ("table_name", "primary_key")


class Kept(NamedTuple):
    """What is known of the item that a model was read from or written as.

    Attributes:
        version: of the item.
        expires: when it ends, in seconds since 1970.
        unknown: attributes that the schema does not have. They are written again.
        raw: attributes that JSON cannot say (sets, bytes), with what they became. Those that are still that are written
            as they were.
    """

    version: int
    expires: int | None
    unknown: Item
    raw: dict[str, tuple[Any, Any]]


def setting(cls: type, name: str) -> Any:
    """What a persistent class says; properties of the model that have such a name say nothing."""
    for one in cls.__mro__:
        if "__model__" not in vars(one) and name in vars(one):
            return vars(one)[name]
    return None


class Keeping:
    """How a model class is kept."""

    def __init__(self, model: Any) -> None:
        self.model, self.info = model, model.__model__
        partition, sort = setting(model, "primary_key"), setting(model, "sort_key")
        indexes = setting(model, "indexes").items()
        self.table = Table(
            setting(model, "table_name"), self._attribute(partition), sort and self._attribute(sort),
            tuple(Index(name, *map(self._attribute, names_of(names))) for name, names in indexes),
        )  # fmt: skip
        self._in_keys = {attribute.name for attribute in self.table.attributes()}

    def _attribute(self, name: str) -> Attribute:
        prop = self.info.properties.get(name)
        return Attribute(name, NUMBER if prop is not None and prop.is_number else TEXT)

    def key(self, key: Iterable[Any]) -> Key:
        """A key as the store takes it.

        Raises:
            ItemNotFound: no item can have it.
        """
        made = []
        for at, (attribute, value) in enumerate(zip(self.table.key, key, strict=True)):
            value = self.value(attribute.name, value)
            if isinstance(value, str) and not 0 < len(value.encode("utf-8", "surrogatepass")) <= LONGEST_KEY[at]:
                raise self.not_found()
            made.append(value)
        return tuple(made)

    def not_found(self) -> ItemNotFound:
        return ItemNotFound(f"there is no such {self.info.name}")

    def value(self, name: str, value: Any) -> Any:
        """A property's value as an attribute.

        Raises:
            KeyError: the model has no such property.
        """
        prop = self.info.properties.get(name)
        if prop is None and self.info.extra is None:
            raise KeyError(self.info.unknown(name))
        if name in self._in_keys and isinstance(value, datetime):
            return _instant(value)
        return _plain(dump(value) if prop is None else prop.dump(value))

    def values(self, given: Mapping[str, Any]) -> Item:
        return {name: self.value(name, value) for name, value in given.items()}

    def range(self, index: str | None, sort: Any) -> Range:
        """A range, or the one sort key that is wanted."""
        range_ = sort if isinstance(sort, Range) else Range(sort, sort)
        attribute = self.table.index_of(index).sort
        if attribute is None:
            return range_
        low, high, prefix = (
            None if end is None else self.value(attribute.name, end) for end in (range_.low, range_.high, range_.prefix)
        )
        return range_._replace(low=low, high=high, prefix=prefix)

    def item(self, model: Any, kept: Kept | None) -> Item:
        """A model as an item."""
        item: Item = _plain(dump(model))
        for name in self._in_keys:
            if name in item:
                item[name] = self.value(name, model[name])
        if kept is not None:
            for name, (told, raw) in kept.raw.items():
                if name in item:
                    item[name] = raw if is_same(item[name], told) else _as_before(item[name], raw)
            item = {**kept.unknown, **item}
        return item

    def loaded(self, item: Item) -> Any:
        """An item as a model."""
        known, unknown, raw = {}, {}, {}
        for name, value in item.items():
            if name in {VERSION, EXPIRES}:
                continue
            if name not in self.info.properties and self.info.extra is None:
                unknown[name] = value
                continue
            known[name] = told = _told(value)
            if told is not value and not is_same(told, value):
                raw[name] = (told, value)
        model = self.model.from_json(known)
        model.__kept__ = Kept(item.get(VERSION, 0), item.get(EXPIRES), unknown, raw)
        return model  # models leave to the classes that they inherit from


def names_of(names: str | Iterable[str]) -> tuple[str, ...]:
    """The attributes of an index, of which there are one or two."""
    return (names,) if isinstance(names, str) else tuple(names)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(bytes, Decimal), enc_hook=encode_other)


def _instant(value: datetime) -> str:
    """A time as part of a key: always of one length and one zone, so that texts are in the order of times."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _told(value: Any) -> Any:
    """An attribute in JSON: sets are lists, bytes are base64. The very same where nothing had to be changed."""
    if isinstance(value, set):
        return [_told(item) for item in listed(value)]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, list):
        return [_told(item) for item in value]
    return {name: _told(item) for name, item in value.items()} if isinstance(value, dict) else value


def _as_before(value: Any, raw: Any) -> Any:
    """A changed value as what it was before, if it can be: a set, or bytes."""
    if isinstance(raw, set) and isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        return set(value) if len(set(value)) == len(value) else value
    if isinstance(raw, bytes) and isinstance(value, str):
        try:
            return b64decode(value, validate=True)
        except ValueError:
            return value
    return value


def faults_of(model: Any) -> list[tuple[str, str | None]]:
    """What is wrong with the settings of a persistent class, as facts and cures."""
    settings = [name for name in NEEDED if not isinstance(setting(model, name), str)]
    faults: list[tuple[str, str | None]] = [(f"it has no {name}", f"give the class a {name}") for name in settings]
    indexes = [names_of(names) for names in (setting(model, "indexes") or {}).values()]
    if not all(1 <= len(names) <= 2 for names in indexes):
        faults.append(("an index has one property, or two", "name the one to find by, and the one to order by"))
    named = [setting(model, "primary_key"), setting(model, "sort_key"), *(name for names in indexes for name in names)]
    properties = model.__model__.properties
    faults += [
        (f"{model.__model__.name} has no property {name!r}", suggest(name, properties))
        for name in named if isinstance(name, str) and name not in properties
    ]  # fmt: skip
    if not faults:
        try:
            Keeping(model).table.check()
        except ValueError as error:
            faults.append((str(error), None))
    return faults
