"""The kit for acceptance tests, under the name that users know."""

from __future__ import annotations

from .testing import Answer, Asking, PyMacaronTestCase, at_server, in_process

__all__ = ["Answer", "Asking", "PyMacaronTestCase", "at_server", "in_process"]
