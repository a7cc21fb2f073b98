"""The old import name of `pymacaron.test`."""

from __future__ import annotations

from pymacaron.testing import PyMacaronTestCase

__all__ = ["PyMacaronTestCase"]
