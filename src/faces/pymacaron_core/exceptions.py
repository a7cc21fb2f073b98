"""The old import names of errors. What was the parent of all of them is `pymacaron.exceptions.PyMacaronException`."""

from __future__ import annotations

from pymacaron.exceptions import PyMacaronException as PyMacaronCoreException
from pymacaron.exceptions import ValidationError

__all__ = ["PyMacaronCoreException", "ValidationError"]
