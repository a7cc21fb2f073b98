"""What a model class knows of its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from msgspec import UNSET

from pymacaron._types import Json, Pointer
from pymacaron.names import suggest


class Default:
    """What stands in for an absent property.

    A default that breaks its own schema stands in for nothing; the document's check has warned of it.
    """

    __slots__ = ("_is_valid", "_usable", "_value")

    def __init__(self, value: Json, is_valid: Callable[[Json], bool]) -> None:
        self._value = value
        self._is_valid = is_valid
        self._usable: bool | None = None  # asked at the first use: to know it takes compiling

    def made(self) -> Json:
        """The JSON value, for the caller to keep; UNSET if it is of no use."""
        if self._usable is None:
            self._usable = self._is_valid(self._value)
        return deepcopy(self._value) if self._usable else UNSET


class Property(NamedTuple):
    """One property of a model.

    Attributes:
        name: as in JSON.
        attribute: as in Python; differs where the name is no identifier or a method has it.
        nullable: whether null is a value; then an absent one reads UNSET, else None.
        load: JSON value -> Python value. Lenient: what does not fit stays as it is.
        dump: Python value -> JSON value (or what the encoder takes).
        default: what the schema has stand in for it, None if nothing.
        read_only, write_only, sensitive: what the schema says of it.
        finish: whether values below may have defaults to fill in or readOnly properties to drop.
        is_number: whether every value but null is a number.
    """

    name: str
    attribute: str
    nullable: bool
    load: Callable[[Json], Any]
    dump: Callable[[Any], Any]
    default: Default | None
    read_only: bool
    write_only: bool
    sensitive: bool
    finish: Callable[[], bool]
    is_number: bool = False


class ModelInfo:
    """What a model class knows of its schema."""

    __slots__ = ("api", "attributes", "extra", "name", "place", "properties", "sensitive", "sensitive_extras")

    def __init__(
        self, name: str, api: str, extra: Callable[[str, Json], Any] | None, place: tuple[str, Pointer] | None = None
    ) -> None:
        self.name = name
        self.api = api
        self.place = place  # where the schema stands, if the document gives it no name
        self.properties: dict[str, Property] = {}
        self.attributes: dict[str, str] = {}  # JSON name -> attribute, where they differ
        self.extra = extra  # loads one property that the schema does not name; None: such are dropped
        self.sensitive = False  # nothing of it is shown
        self.sensitive_extras = False  # nor of the properties that the schema does not name

    def describe(self, properties: Mapping[str, Property]) -> None:
        self.properties = dict(properties)
        self.attributes = {p.name: p.attribute for p in properties.values() if p.name != p.attribute}

    def suggestion(self, name: str) -> str:
        return suggest(name, self.properties) or f"it has {', '.join(map(repr, list(self.properties)[:12])) or 'none'}"

    def unknown(self, name: str) -> str:
        return f"{self.name} has no property {name!r}; {self.suggestion(name)}"

    def absent(self, name: str) -> Any:
        """How an absent property reads."""
        return UNSET if self.properties[name].nullable else None

    def finish(self, model: Any) -> None:
        """Complete a model that was read from a request: drop what is readOnly, fill in the schema's defaults."""
        for prop in self.properties.values():
            value = getattr(model, prop.attribute)
            absent = value is UNSET if prop.nullable else value is None
            if prop.read_only:
                if not absent:
                    delattr(model, prop.attribute)
            elif absent:
                made = prop.default.made() if prop.default is not None else UNSET
                if made is not UNSET:
                    setattr(model, prop.attribute, prop.load(made))
            elif prop.finish():
                finish(value)


def finish(value: Any) -> None:
    """ModelInfo.finish for every model in a value."""
    info = getattr(type(value), "__model__", None)
    if info is not None:
        info.finish(value)
    elif isinstance(value, list):
        for item in value:
            finish(item)
    elif isinstance(value, dict):
        for item in value.values():
            finish(item)
