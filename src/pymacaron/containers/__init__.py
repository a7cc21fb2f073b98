"""Container engines: `docker` or `podman`, called by their command lines, behind one adapter.

finding.py   which engine answers, and where
program.py   a command line run, and what its failures mean
values.py    what is given and comes back: images, containers, logins
engine.py    the adapter
"""

from __future__ import annotations

from pymacaron.exceptions import EngineError

from .engine import Engine
from .values import INNER_PORT, Container, Image, Login, State

__all__ = ["INNER_PORT", "Container", "Engine", "EngineError", "Image", "Login", "State"]
