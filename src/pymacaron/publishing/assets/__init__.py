"""The files that pages load: a style sheet, and scripts."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from pymacaron.exceptions import NotFoundError
from pymacaron.publishing.forms import Content, content_of

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css", ".js": "text/javascript"}
NAMES = ("page.css", "colours.js", "page.js", "finding.js", "requests.js", "token.js", "trying.js", "answers.js")


@cache
def stamp() -> str:
    """What changes with any of the files: a part of their addresses, so that browsers can keep them for good."""
    return sha256("".join(asset(name).tag for name in NAMES).encode()).hexdigest()[:12]


@cache
def asset(name: str) -> Content:
    """One of the files.

    Raises:
        NotFoundError: there is none of this name.
    """
    if name not in NAMES:
        raise NotFoundError("Pages load no file of this name")
    path = _HERE / name
    return content_of(path.read_bytes(), _TYPES[path.suffix])
