"""The old import name of models that are kept in a store, which come with a later version."""

from __future__ import annotations

from pymacaron.later import coming

__getattr__ = coming(__name__, "PersistentSwaggerObject", "store")
