"""Any document as OpenAPI 3.0, for tools that lag: it allows what the document does, exactly where 3.0 can say it, and
more where it cannot. What that concerns is listed in the document itself, under `x-weakened`."""

from __future__ import annotations

from functools import partial

from pymacaron._types import JsonObject
from pymacaron.bundling import version_of

from .attempts import settled
from .objects import Objects
from .swagger import Swagger

__all__ = ["as_openapi_30"]


def as_openapi_30(bundle: JsonObject) -> JsonObject:
    """A bundled document in OpenAPI 3.0. Nothing of it may be changed: it shares parts with the bundle."""
    version = version_of(bundle)
    if version == "3.0":
        return bundle
    value, notes = settled(partial(Swagger if version == "2.0" else Objects, bundle))
    return {**value, "x-weakened": [note.to_json() for note in notes]} if notes else value
