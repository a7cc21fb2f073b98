"""Advice on documents and settings that work: each rule has a name, and can be switched off."""

from __future__ import annotations

from .rules import RULES, Advice, Level, advise, on_settings
from .telling import FORMATS

__all__ = ["FORMATS", "RULES", "Advice", "Level", "advise", "on_settings"]
