"""What a project was written for, and where that is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from .dependencies import frameworks
from .files import File
from .rules import KINDS, Change
from .source import Source

# Each kind with the change that says where it is seen; None where only names of pymacaron are seen that the old and the
# new one share.
Kinds: TypeAlias = dict[str, Change | None]

_OF_CONNEXION_3 = re.compile(r"AsyncApp|connexion\.(?:middleware|options|lifecycle\.ConnexionResponse)|add_middleware")


def kinds_of(sources: Mapping[File, Source | None]) -> Kinds:
    """What a project was written for; files that are no Python have no source."""
    found: Kinds = {}
    for kind in KINDS:
        seen = next(_seen(kind, sources), None)
        if seen is not None:
            found[kind] = _told(kind, *seen, sources)
    if "pymacaron" not in found and _is_ours(sources):
        found["pymacaron"] = None
    return found


def _told(kind: str, file: File, at: int, spec: str, sources: Mapping[File, Source | None]) -> Change:
    title, page = KINDS[kind]
    if kind == "connexion":
        title = f"connexion {_connexion(spec, sources)}"
    return file.change("project", at, f"this was written for {title}", f"docs/{page} of pymacaron shows the way")


def _seen(kind: str, sources: Mapping[File, Source | None]) -> Iterator[tuple[File, int, str]]:
    """Where it is seen that a project is of a kind, and which version a requirement says."""
    for file in sources:
        if file.has_requirements:
            yield from ((file, at, spec) for name, at, spec in frameworks(file) if name == kind)
    for file, source in sources.items():
        for use in source.imports if source is not None else ():
            root = use.dotted.partition(".")[0]
            if root == kind != "pymacaron" or (kind == "pymacaron" and root.startswith("pymacaron_")):
                yield file, use.at, ""


def _is_ours(sources: Mapping[File, Source | None]) -> bool:
    imported = {use.dotted.partition(".")[0] for one in sources.values() if one is not None for use in one.imports}
    return "pymacaron" in imported or any(file.is_settings for file in sources)


def _connexion(spec: str, sources: Mapping[File, Source | None]) -> str:
    """The version of connexion that a project is for: as its requirement says, else as its code shows."""
    if re.search(r"<\s*3", spec):
        return "2"
    said = re.search(r"[=~^>]=?(\d)", spec)
    if said is not None:
        return said[1]
    return "3" if any(_OF_CONNEXION_3.search(file.text) for file in sources if file.is_python) else "2 or 3"
