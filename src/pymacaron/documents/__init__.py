"""Reading documents: files → values with places, references across files, and faults that say where they are.

Files ──open──► File ──root──► Node ──get, items, follow──► Node …
                                └──fault──► Fault ──findings──► Finding (file:line:column, excerpt)
"""

from __future__ import annotations

from .cache import Cache
from .discovery import find_documents, is_openapi
from .faults import DEEPEST, LONGEST, DocumentFault, Fault, FileFault, ReferenceFault
from .files import Files
from .findings import findings, readable
from .nodes import File, Node

__all__ = [
    "DEEPEST",
    "LONGEST",
    "Cache",
    "DocumentFault",
    "Fault",
    "File",
    "FileFault",
    "Files",
    "Node",
    "ReferenceFault",
    "find_documents",
    "findings",
    "is_openapi",
    "readable",
]
