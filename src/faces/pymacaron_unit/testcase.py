"""The old import name of `pymacaron.test`, which comes with a later version."""

from __future__ import annotations

from pymacaron.later import coming

__getattr__ = coming(__name__, "PyMacaronTestCase", "acceptance test kit")
