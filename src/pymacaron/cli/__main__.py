"""`python -m pymacaron.cli`, where the command `pymacaron` is not on the path."""

from __future__ import annotations

from pymacaron.cli import main

main()
