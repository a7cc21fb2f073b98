"""Values that travel to a worker and back: Python ⇄ JSON values, with an envelope around what JSON has no word for.

An envelope is an object with one key that begins with "$": {"$datetime": "2026-01-31T10:00:00+00:00"}. Nothing is ever
unpickled, and no class is named by what has come but models of loaded documents.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from pymacaron._types import Json
from pymacaron.exceptions import TaskValueError
from pymacaron.structs import find_model, is_model

_LARGEST = 2**63 - 1  # integers beyond it are not read as such by every JSON parser
_FEW = 40


def pack(value: Any, place: str) -> Json:
    """A value as JSON values.

    Args:
        place: what the value is, for errors: "argument 'order'".

    Raises:
        TaskValueError: something in it cannot travel.
    """
    try:
        return _pack(value, place)
    except RecursionError:
        raise TaskValueError(f"{place} is nested too deeply, or contains itself; pass an id instead") from None


def unpack(value: Json) -> Any:
    """The inverse of `pack`.

    Raises:
        LookupError: a model is of an API that is not loaded here.
    """
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, held),) = value.items()
            read = _READ.get(key)
            if read is not None:
                return read(held)
        return {key: unpack(item) for key, item in value.items()}
    return [unpack(item) for item in value] if isinstance(value, list) else value


def _pack(value: Any, place: str) -> Json:
    kind = type(value)
    if kind is str:
        return _text(value, place)
    if value is None or kind is bool:
        return value
    if kind is dict:
        return _mapping(value, place)
    if kind is list:
        return [_pack(item, f"{place}[{at}]") for at, item in enumerate(value)]
    write = _WRITE.get(kind)
    if write is not None:
        return write(value, place)
    if is_model(value):
        return _model(value, place)
    cure = "pass JSON values, dates, Decimal, UUID, bytes, sets, tuples, or models; or an id to load it by"
    raise TaskValueError(
        f"{place} is a {kind.__module__}.{kind.__qualname__}, which cannot be sent to a worker; {cure}"
    )


def _text(value: str, place: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise TaskValueError(f"{place} has a lone surrogate, which UTF-8 cannot encode") from None
    return value


def _mapping(value: dict[Any, Any], place: str) -> Json:
    if all(type(key) is str and key[:1] != "$" for key in value):
        return {_text(key, place): _pack(item, f"{place}[{key[:_FEW]!r}]") for key, item in value.items()}
    return {"$dict": [[_pack(key, f"a key of {place}"), _pack(item, place)] for key, item in value.items()]}


def _number(value: float, _: str) -> Json:
    return value if isfinite(value) else {"$float": str(value)}


def _integer(value: int, _: str) -> Json:
    return value if -_LARGEST <= value <= _LARGEST else {"$int": hex(value)}


def _model(value: Any, place: str) -> Json:
    info = value.__model__
    try:
        held = value.to_json()
    except (TypeError, ValueError, NotImplementedError) as error:
        raise TaskValueError(f"{place}, a model {info.name}, cannot be written as JSON: {error}") from None
    where = None if info.place is None else [info.place[0], list(info.place[1])]
    return {"$model": [info.api, info.name, where, _pack(held, place)]}


def _made_model(held: list[Any]) -> Any:
    api, name, where, value = held
    place = None if where is None else (where[0], tuple(where[1]))
    return find_model(name, api, place).from_json(unpack(value))


def _when(value: datetime | time) -> Json:
    """Which of two equal times of a clock that was put back is meant (PEP 495) stands in no text."""
    return [value.isoformat(), 1] if value.fold else value.isoformat()


def _moment(kind: Any, held: Json) -> Any:
    return kind.fromisoformat(held[0]).replace(fold=1) if isinstance(held, list) else kind.fromisoformat(held)


def _items(name: str) -> Callable[[Iterable[Any], str], Json]:
    return lambda value, place: {name: [_pack(item, f"an item of {place}") for item in value]}


def _told(name: str, write: Callable[[Any], Json]) -> Callable[[Any, str], Json]:
    return lambda value, _: {name: write(value)}


_WRITE: dict[type, Callable[[Any, str], Json]] = {
    int: _integer,
    float: _number,
    datetime: _told("$datetime", _when),
    date: _told("$date", date.isoformat),
    time: _told("$time", _when),
    timedelta: _told("$timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    Decimal: _told("$decimal", str),
    UUID: _told("$uuid", str),
    bytes: _told("$bytes", lambda value: b64encode(value).decode()),
    tuple: _items("$tuple"),
    set: _items("$set"),
    frozenset: _items("$frozenset"),
}
_READ: dict[str, Callable[[Any], Any]] = {
    "$int": lambda text: int(text, 16),
    "$float": float,
    "$datetime": lambda held: _moment(datetime, held),
    "$date": date.fromisoformat,
    "$time": lambda held: _moment(time, held),
    "$timedelta": lambda parts: timedelta(*parts),
    "$decimal": Decimal,
    "$uuid": UUID,
    "$bytes": b64decode,
    "$tuple": lambda items: tuple(map(unpack, items)),
    "$set": lambda items: set(map(unpack, items)),
    "$frozenset": lambda items: frozenset(map(unpack, items)),
    "$dict": lambda pairs: {unpack(key): unpack(item) for key, item in pairs},
    "$model": _made_model,
}
