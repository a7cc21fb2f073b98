"""The old import name of `pymacaron.ApiPool`."""

from __future__ import annotations

from pymacaron.pool import ApiPool

__all__ = ["ApiPool"]
