"""The parents of all models, and what one can do with them: JSON values ⇄ models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self, TypeAlias

import msgspec
from msgspec import UNSET, Struct, StructMeta

from pymacaron._types import Json, JsonObject, Pointer

from .info import ModelInfo, Property


class ModelMethods:
    """What one can do with every model."""

    __slots__ = ()
    __model__: ClassVar[ModelInfo]
    __iter__: ClassVar[None] = None  # or Python would try [0], [1], …

    def to_json(self, keep_datetime: bool = False) -> JsonObject:
        """The model as JSON values; dates as text (RFC 3339), or as they are with `keep_datetime`."""
        kept = (datetime, date) if keep_datetime else ()
        dumped = dump(self)
        return msgspec.to_builtins(dumped, builtin_types=kept, enc_hook=encode_other)  # type: ignore[no-any-return]  # msgspec says Any

    @classmethod
    def from_json(cls, value: Mapping[str, Json], keep_datetime: bool = False) -> Self:  # noqa: ARG003 - see below
        """A model made from JSON values, nested models included; nothing is validated, what does not fit stays as it
        is. Dates may be datetime objects already, with `keep_datetime` or without it.

        Raises:
            TypeError: `value` is no mapping.
        """
        if not isinstance(value, Mapping):
            raise TypeError(f"{cls.__model__.name}.from_json takes a dict, got {type(value).__name__}")
        return load(cls, value)  # type: ignore[no-any-return]  # likewise

    def clone(self) -> Self:
        """A deep copy."""
        return deepcopy(self)

    def update_from_dict(self, values: Mapping[str, Any], ignore_none: bool = False) -> None:
        """Set the properties that `values` holds; with `ignore_none` those that are not None.

        Raises:
            KeyError: a name that the model does not have.
        """
        info = self.__model__
        for name, value in values.items():
            if value is None and ignore_none:
                continue
            if name in info.properties and not is_model(value):
                value = info.properties[name].load(value)
            self[name] = value

    @classmethod
    def get_model_name(cls) -> str:
        return cls.__model__.name

    @classmethod
    def get_property_names(cls) -> list[str]:
        """The names of the declared properties, as in JSON, in document order."""
        return list(cls.__model__.properties)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, _attribute(self, name))

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, _attribute(self, name), value)

    def __delitem__(self, name: str) -> None:
        delattr(self, _attribute(self, name))

    def __contains__(self, name: object) -> bool:
        """Is the property present (null is)?"""
        prop = self.__model__.properties.get(name)  # type: ignore[call-overload]  # any object may be asked for
        return prop is not None and not _is_absent(self, prop)

    def __repr__(self) -> str:
        info = self.__model__
        if info.sensitive:
            return f"{info.name}({_STARS})"
        present = (p for p in info.properties.values() if not _is_absent(self, p))
        shown = [f"{p.name}={_STARS if p.sensitive else repr(getattr(self, p.attribute))}" for p in present]
        more = extras(self).items()
        shown += [f"{name}={_STARS if info.sensitive_extras else repr(value)}" for name, value in more]
        return f"{info.name}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        info = self.__model__
        return _restore, (info.api, info.name, info.place, fields_of(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return _remade(type(self), deepcopy(fields_of(self), memo))


_STARS = "***"


def _attribute(model: ModelMethods, name: str) -> str:
    info = model.__model__
    if not isinstance(name, str):
        raise TypeError(f"{info.name} is indexed by the names of its properties, not by {type(name).__name__}")
    if name not in info.properties:
        raise KeyError(info.unknown(name))
    return info.attributes.get(name, name)


def _is_absent(model: Any, prop: Property) -> bool:
    value = getattr(model, prop.attribute)
    return value is UNSET if prop.nullable else value is None


def extras(model: Any) -> dict[str, Any]:
    """The properties that the schema allows without naming them."""
    return model.__extras__ if isinstance(model, OpenModel) else {}


def is_model(value: object) -> bool:
    return hasattr(type(value), "__model__")


# Finds the class again when a model is unpickled, by its name, API and place.
Finder: TypeAlias = Callable[[str, str, tuple[str, Pointer] | None], Any]
_finder: Finder | None = None
Lister: TypeAlias = Callable[[str], list[Any]]
_lister: Lister | None = None


def find_models_with(finder: Finder, lister: Lister) -> None:
    """Say who knows the classes of models, by name and by a key that their schemas have: the registry of APIs."""
    global _finder, _lister
    _finder, _lister = finder, lister


def models_having(key: str) -> list[Any]:
    """The classes of all schemas of all APIs that have an `x-` key themselves."""
    return [] if _lister is None else _lister(key)


def find_model(name: str, api: str, place: tuple[str, Pointer] | None) -> Any:
    """The class of a model that came from elsewhere.

    Raises:
        LookupError: no API is loaded.
        AttributeError: the API is not, or has no such model.
    """
    if _finder is None:
        raise LookupError(f"a model {name} of the API {api} cannot be restored before the API is loaded")
    return _finder(name, api, place)


def _restore(api: str, name: str, place: tuple[str, Pointer] | None, state: dict[str, Any]) -> Any:
    return _remade(find_model(name, api, place), state)


def fields_of(model: Any) -> dict[str, Any]:
    """What is present in a model, by name as in JSON, extras included."""
    properties = model.__model__.properties.values()
    return {p.name: getattr(model, p.attribute) for p in properties if not _is_absent(model, p)} | extras(model)


def _remade(cls: Any, state: dict[str, Any]) -> Any:
    names = cls.__model__.properties
    model = cls(**{name: value for name, value in state.items() if name in names})
    for key in state.keys() - names.keys():
        model[key] = state[key]
    return model


class ModelType(StructMeta):
    """The type of Struct models. It exists for one thing that a Struct cannot be told: to take properties by their
    JSON names, and to name the nearest property when one is unknown."""

    def __call__(cls, /, *values: Any, **properties: Any) -> Any:  # noqa: N805 - a class of classes
        try:
            return super().__call__(*values, **properties)
        except TypeError:
            if values:
                raise TypeError(f"{cls.__name__}() takes its properties by keyword") from None
            info = cls.__model__  # type: ignore[attr-defined]  # made classes have it
            return super().__call__(**_by_attribute(info, properties))


def _by_attribute(info: ModelInfo, properties: dict[str, Any]) -> dict[str, Any]:
    attributes = {p.attribute for p in info.properties.values()}
    found = {}
    for name, value in properties.items():
        if name in info.properties:
            found[info.properties[name].attribute] = value
        elif name in attributes:
            found[name] = value
        else:
            raise TypeError(info.unknown(name))
    return found


class Model(Struct, ModelMethods, metaclass=ModelType, kw_only=True, omit_defaults=True):
    """The parent of the models that are Structs.

    An absent property that cannot be null holds None, one that can holds UNSET: the encoder leaves out None because it
    is the field's default, and UNSET always. So null, absent and present are told apart at no cost.
    """

    __model__: ClassVar[ModelInfo]
    __getitem__ = ModelMethods.__getitem__
    __repr__ = ModelMethods.__repr__
    __reduce__ = ModelMethods.__reduce__
    __deepcopy__ = ModelMethods.__deepcopy__

    def __delattr__(self, attribute: str) -> None:
        for prop in self.__model__.properties.values():
            if prop.attribute == attribute:
                setattr(self, attribute, UNSET if prop.nullable else None)
                return
        super().__delattr__(attribute)


class ChildModel(Model):
    """The parent of those that inherit from a class of the user's: they have a `__dict__`, for what that declares."""

    def __setattr__(self, attribute: str, value: Any) -> None:
        if not may_set(self, attribute):
            raise AttributeError(f"{self.__model__.unknown(attribute)}; {_DECLARE}")
        super().__setattr__(attribute, value)


_DECLARE = "if it is the parent class's own, declare it there"


def may_set(model: Any, attribute: str) -> bool:
    """Has the model such an attribute: by its schema, or since a class that it inherits from declares it, has set it
    in its `__init__`, or hides it behind an underscore?"""
    if hasattr(type(model), attribute) or attribute.startswith("_") or attribute in vars(model):
        return True
    from inspect import get_annotations  # 10 ms to import, for what is rare

    return any(attribute in get_annotations(cls) for cls in type(model).__mro__)


class OpenModel(ModelMethods):
    """The parent of the models that keep properties which their schema does not name, or that inherit from a class
    with an `__init__` of its own."""

    __model__: ClassVar[ModelInfo]
    __extras__: dict[str, Any]

    def __init__(self, /, **properties: Any) -> None:
        info = self.__model__
        attributes = {p.attribute: p.name for p in info.properties.values()}
        store = self.__dict__
        store["__extras__"] = {}
        for prop in info.properties.values():
            store[prop.attribute] = UNSET if prop.nullable else None
        for name, value in properties.items():
            if name in info.properties:
                store[info.properties[name].attribute] = value
            elif name in attributes:
                store[name] = value
            elif info.extra is not None:
                store["__extras__"][name] = value
            else:
                raise TypeError(info.unknown(name))
        super().__init__()
        store["__made__"] = True

    def __setattr__(self, attribute: str, value: Any) -> None:
        if "__made__" in self.__dict__ and not may_set(self, attribute):
            advice = "" if self._is_plain() else f"; {_DECLARE}"
            raise AttributeError(self.__model__.unknown(attribute) + advice)
        object.__setattr__(self, attribute, value)

    def __delattr__(self, attribute: str) -> None:
        for prop in self.__model__.properties.values():
            if prop.attribute == attribute:
                self.__dict__[attribute] = UNSET if prop.nullable else None
                return
        object.__delattr__(self, attribute)

    @classmethod
    def _is_plain(cls) -> bool:
        """Does it inherit from nothing of the user's?"""
        return cls.__bases__ == (OpenModel,)

    def __getitem__(self, name: str) -> Any:
        return self.__extras__[name] if name in self.__extras__ else super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self.__model__.properties or self.__model__.extra is None:
            super().__setitem__(name, value)
        else:
            self.__extras__[name] = value

    def __delitem__(self, name: str) -> None:
        if name in self.__extras__:
            del self.__extras__[name]
        else:
            super().__delitem__(name)

    def __contains__(self, name: object) -> bool:
        return name in self.__extras__ or super().__contains__(name)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _seen(self) == _seen(other)

    __hash__ = None  # type: ignore[assignment]  # as Structs that can change


def _seen(model: OpenModel) -> dict[str, Any]:
    """What a model holds, but for what is kept on it behind two underscores."""
    return {name: value for name, value in vars(model).items() if name == "__extras__" or not name.startswith("__")}


def load(cls: Any, value: Mapping[str, Json]) -> Any:
    """A model from a JSON object; what does not fit stays as it is, what the schema does not name is kept or dropped as
    the schema says."""
    info: ModelInfo = cls.__model__
    known = info.properties
    found = {known[name].attribute: known[name].load(item) for name, item in value.items() if name in known}
    model = cls(**found)
    if info.extra is not None:
        for name, item in value.items():
            if name not in known:
                model.__extras__[name] = info.extra(name, item)  # noqa: S610 - no database here
    return model


def dump(value: Any) -> Any:
    """A value with every model in it as a dict of what is present, custom formats written."""
    info: ModelInfo | None = getattr(type(value), "__model__", None)
    if info is not None:
        out = {
            p.name: p.dump(getattr(value, p.attribute)) for p in info.properties.values() if not _is_absent(value, p)
        }
        out.update((name, dump(item)) for name, item in extras(value).items())
        return out
    if isinstance(value, (list, tuple)):
        return [dump(item) for item in value]
    if isinstance(value, dict):
        return {key: dump(item) for key, item in value.items()}
    return value


def encode_other(value: Any) -> Any:
    """For the encoder: what it does not know itself.

    Raises:
        NotImplementedError: as the encoder expects for what cannot be written.
    """
    if isinstance(value, OpenModel):
        return dump(value)
    if hasattr(value, "to_json"):
        return value.to_json()
    raise NotImplementedError(f"a {type(value).__name__} cannot be written as JSON")


def builtins_of(value: Any) -> Any:
    """A value in dicts, lists, texts and numbers, as the encoder would write it; decimals stay what they are."""
    return msgspec.to_builtins(value, builtin_types=(Decimal,), enc_hook=encode_other)


# Writes decimals that are NaN or infinite by these names, which no JSON has: bodies.write_json does not.
encode_json = msgspec.json.Encoder(enc_hook=encode_other, decimal_format="number").encode
