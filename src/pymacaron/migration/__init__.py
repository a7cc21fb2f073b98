"""What has to change in a project that was written for pymacaron 1.x, connexion or FastAPI. It is read, never run.

folder ──files──► File ──source, documents──► Change (rule, file:line:column, fact, cure, edit) ──writing──► file
"""

from __future__ import annotations

from .project import Project
from .rules import KINDS, RULES, Change, Edit
from .writing import written

__all__ = ["KINDS", "RULES", "Change", "Edit", "Project", "written"]
