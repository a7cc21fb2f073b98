"""The old import name of `pymacaron.get_model`."""

from __future__ import annotations

from pymacaron.pool import get_model

__all__ = ["get_model"]
