"""Which Python value a schema's JSON value becomes, and which model class an object schema is.

A `Shape` has two ways from JSON to Python: `convert`, msgspec's, along the type that the shape gives; and `load`, ours,
which is slower and total. Validity is judged by schemas.py before either runs, and is the stricter of the two: where
msgspec refuses what the schema allows (1.0 for an integer, a leap second), `load` takes over. For a valid value both
give equal results.

    shape.py       what a shape is
    values.py      those of single values
    choices.py     those of values that may be one thing or another
    families.py    the schemas that speak of one value together
    classes.py     model classes
    parents.py     the classes of the user's that models inherit from
    making.py      all shapes of an API, made from its schemas
    models.py      its models by name
"""

from __future__ import annotations

from .classes import pascal_case
from .making import Shapes
from .models import Models
from .shape import Shape
from .values import is_rich

__all__ = ["Models", "Shape", "Shapes", "is_rich", "pascal_case"]
