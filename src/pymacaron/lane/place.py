"""Where the lane goes: around Flask's own `wsgi_app`, inside all middleware that the user has put around it.

A middleware holds what it wraps in an attribute, a list or dict, or, being a function, in its closure. There Flask's
own bound method is looked for, through as many layers as there are, and the lane put in its stead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Something held, and how to hold something else instead.
Held: TypeAlias = tuple[Any, Callable[[Any], None] | None]

_MOST = 1000  # objects looked at: a middleware may hold half the program


class Layer:
    """A WSGI application that goes around that of `app`, `inner`; place() and wrap() set both."""

    app: Flask
    inner: WSGIApplication


def place(app: Flask, layer: Layer) -> bool:
    """Put a layer around Flask's own `wsgi_app`, or around the one that is there. False: it was not to be found."""
    layer.app = app
    looked_at = {id(app)}
    ahead: list[Held] = [(app.wsgi_app, lambda value: setattr(app, "wsgi_app", value))]
    found = False
    while ahead and len(looked_at) < _MOST:
        value, replace = ahead.pop(0)
        if _is_innermost(value, app):
            if replace is not None and value is not layer:
                layer.inner = value
                replace(layer)
                found = True
        elif id(value) not in looked_at:
            looked_at.add(id(value))
            ahead.extend(held for held in _held_by(value) if _may_lead_on(held[0]))
    return found


def wrap(app: Flask, layer: Layer) -> None:
    """Put a layer where place() does, or, where that is not to be found, around everything, as middleware is put."""
    if not place(app, layer):
        layer.inner, app.wsgi_app = app.wsgi_app, layer  # type: ignore[method-assign, assignment]  # as Flask documents it


def _is_innermost(value: object, app: Flask) -> bool:
    if isinstance(value, Layer):
        return value.app is app
    return isinstance(value, MethodType) and value.__self__ is app and value.__func__ is Flask.wsgi_app


def _may_lead_on(value: object) -> bool:
    return isinstance(value, dict | list | tuple) or (callable(value) and not isinstance(value, type | ModuleType))


def _held_by(value: Any) -> Iterator[Held]:
    if isinstance(value, MethodType):
        yield value.__self__, None
    elif isinstance(value, FunctionType):
        yield from ((_content(cell), _cell_setter(cell)) for cell in value.__closure__ or ())
    elif isinstance(value, partial):
        yield from ((part, None) for part in (value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, dict):
        yield from ((part, _item_setter(value, key)) for key, part in value.items())
    elif isinstance(value, list):
        yield from ((part, _item_setter(value, index)) for index, part in enumerate(value))
    elif isinstance(value, tuple):
        yield from ((part, None) for part in value)
    else:
        names = [*getattr(value, "__dict__", ()), *_slots(type(value))]
        yield from ((getattr(value, name, None), _attribute_setter(value, name)) for name in names)


def _slots(cls: type) -> Iterator[str]:
    for parent in cls.__mro__:
        slots = vars(parent).get("__slots__", ())
        yield from [slots] if isinstance(slots, str) else slots


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _cell_setter(cell: CellType) -> Callable[[Any], None]:
    return lambda value: setattr(cell, "cell_contents", value)


def _item_setter(items: Any, key: object) -> Callable[[Any], None]:
    return lambda value: items.__setitem__(key, value)


def _attribute_setter(holder: object, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(holder, name, value)
