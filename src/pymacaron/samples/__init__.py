"""Values made from schemas and operations: ones that are valid, and ones that are not.

    sample(schema, view, random), spoiled(schema, view, random)                 JSON values
    arguments(operation, random), spoiled_request(operation, random)            what calls an operation
    result(operation, random)                                                   what it may answer

The same random numbers make the same values. They are small by default.
"""

from __future__ import annotations

from .calls import arguments
from .results import result
from .spoiling import spoiled_request
from .valid import NoSample, sample, spoiled

__all__ = ["NoSample", "arguments", "result", "sample", "spoiled", "spoiled_request"]
