"""A project becomes a container image: small, the same each time, not run by root, with no secrets in it.

configurations.py  its settings, for each environment
ignoring.py        which of its files belong there
leaks.py           which must not
requirements.py    what is installed
locks.py           the same, as other tools lock it
wheels.py          this very pymacaron as a wheel
context.py         the folder that is sent to the engine
dockerfile.py      what the engine does with it
versions.py        what the result is called
building.py        all of that
"""

from __future__ import annotations

from .building import APP, CONTEXT, Built, Staged, Wish, build, staged

__all__ = ["APP", "CONTEXT", "Built", "Staged", "Wish", "build", "staged"]
