"""What every model is: a msgspec Struct made from an object schema, or a plain class where a Struct cannot serve.

A Struct cannot keep properties that the schema does not name, and refuses a parent with an `__init__` of its own; for
these there is OpenModel. Both have the methods of ModelMethods and are described by a ModelInfo. Which schema becomes
which class is decided in shapes.

    info.py      what a model class knows of its schema
    models.py    the parents of all models, and what one can do with them
"""

from __future__ import annotations

from msgspec import UNSET

from .info import Default, ModelInfo, Property, finish
from .models import (
    ChildModel,
    Model,
    ModelMethods,
    ModelType,
    OpenModel,
    builtins_of,
    dump,
    encode_json,
    encode_other,
    fields_of,
    find_model,
    find_models_with,
    is_model,
    load,
    models_having,
)

__all__ = [
    "UNSET",
    "ChildModel",
    "Default",
    "Model",
    "ModelInfo",
    "ModelMethods",
    "ModelType",
    "OpenModel",
    "Property",
    "builtins_of",
    "dump",
    "encode_json",
    "encode_other",
    "fields_of",
    "find_model",
    "find_models_with",
    "finish",
    "is_model",
    "load",
    "models_having",
]
