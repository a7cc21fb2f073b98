"""The import name that pymacaron 1.x had for models that are kept."""

from pymacaron.stores import PersistentModel as PersistentSwaggerObject

__all__ = ["PersistentSwaggerObject"]
