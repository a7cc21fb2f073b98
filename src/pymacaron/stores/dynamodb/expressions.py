"""Conditions, filters and changes in DynamoDB's language; names and values always by placeholders."""

from __future__ import annotations

from typing import Any

from pymacaron.stores.ranges import Range
from pymacaron.stores.tables import EXPIRES, VERSION, Attribute
from pymacaron.stores.values import canonical
from pymacaron.stores.writes import Put, Update, When, Write

from .attributes import write_value


class Expressions:
    """The placeholders of one request."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: list[dict[str, Any]] = []

    def name(self, name: str) -> str:
        return self._names.setdefault(name, f"#{len(self._names)}")

    def value(self, value: Any) -> str:
        self._values.append(write_value(value))
        return f":{len(self._values) - 1}"

    def given(self) -> dict[str, Any]:
        """The arguments of the request that say what they stand for."""
        given: dict[str, Any] = {}
        if self._names:
            given["ExpressionAttributeNames"] = {mark: name for name, mark in self._names.items()}
        if self._values:
            given["ExpressionAttributeValues"] = {f":{at}": value for at, value in enumerate(self._values)}
        return given

    def alive(self, now: float) -> str:
        """It has not expired."""
        end = self.name(EXPIRES)
        return f"(attribute_not_exists({end}) OR {end} > {self.value(int(now))})"

    def condition(self, write: Write, now: float, token: int) -> str:
        """What has to be true for a write to happen, "" for nothing.

        An update must not change what has expired, add to what is no number, nor be done twice: a request that got no
        answer is sent again.
        """
        key = write.table.partition.name
        if write.when.present is False and isinstance(write, Put):
            return f"attribute_not_exists({self.name(key)}) OR {self.name(EXPIRES)} <= {self.value(int(now))}"
        conditions = self._demands(key, write.when)
        if conditions or isinstance(write, Update):
            conditions.append(self.alive(now))
        if isinstance(write, Update):
            version = self.name(VERSION)
            conditions.append(f"(attribute_not_exists({version}) OR {version} <> {self.value(token)})")
            conditions += [
                f"(attribute_not_exists({self.name(name)}) OR {self._is_of(name, 'N')})" for name in write.add
            ]
        return " AND ".join(conditions)

    def _demands(self, key: str, when: When) -> list[str]:
        demands = []
        if when.present is not None:
            demands.append(f"attribute_{'exists' if when.present else 'not_exists'}({self.name(key)})")
        if when.version == 0:
            demands.append(f"attribute_exists({self.name(key)}) AND attribute_not_exists({self.name(VERSION)})")
        elif when.version is not None:
            demands.append(f"{self.name(VERSION)} = {self.value(when.version)}")
        for name, value in when.equal.items():
            value = canonical(value, name)
            # servers that imitate DynamoDB forget the type: 1 is true to them, and what is absent is null
            demands.append(
                f"{self._is_of(name, next(iter(write_value(value))))} AND {self.name(name)} = {self.value(value)}"
            )
        return demands

    def _is_of(self, name: str, kind: str) -> str:
        return f"attribute_type({self.name(name)}, {self.value(kind)})"

    def change(self, update: Update, set_: dict[str, Any], token: int) -> str:
        """What an update does; `set_` are canonical values."""
        values = {**set_, VERSION: token}
        parts = ["SET " + ", ".join(f"{self.name(name)} = {self.value(value)}" for name, value in values.items())]
        removed = [self.name(name) for name in update.remove]
        if removed:
            parts.append("REMOVE " + ", ".join(removed))
        if update.add:
            added = [f"{self.name(name)} {self.value(canonical(one, name))}" for name, one in update.add.items()]
            parts.append("ADD " + ", ".join(added))
        return " ".join(parts)

    def bounds(self, attribute: Attribute, range_: Range) -> str:
        """A range of a sort key, with both ends if it has two: there is no open one. "" for everything."""
        name = self.name(attribute.name)
        if range_.prefix is not None:
            return f"begins_with({name}, {self.value(range_.prefix)})"
        if range_.low is not None and range_.high is not None:
            return f"{name} BETWEEN {self.value(range_.low)} AND {self.value(range_.high)}"
        if range_.low is not None:
            return f"{name} >{'=' if range_.low_included else ''} {self.value(range_.low)}"
        return f"{name} <{'=' if range_.high_included else ''} {self.value(range_.high)}"
