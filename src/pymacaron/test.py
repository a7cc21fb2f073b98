"""The kit for acceptance tests. It comes with a later version."""

from __future__ import annotations

from .later import coming

__getattr__ = coming(__name__, "PyMacaronTestCase", "acceptance test kit")
