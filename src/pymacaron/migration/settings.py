"""What must change in pym-config.yaml."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from pymacaron.config.reading import Reading, is_not_set
from pymacaron.config.settings import ALIASES
from pymacaron.exceptions import Finding

from .files import File
from .rules import Change, Edit


def in_settings(file: File, path: str) -> Iterator[Change]:
    """What must change in a file of settings, which lies at `path`."""
    if file.name.endswith(".json"):
        name = os.path.basename(file.name).removesuffix(".json")
        yield file.change("setting", 0, "settings in JSON are not read", f"rename it to {name}.yaml; JSON is YAML")
        try:
            json.loads(file.text)
        except ValueError:
            return
    read = Reading(path, {})
    for finding in read.findings:
        if not is_not_set(finding):
            yield Change("setting", finding)
    for warning in read.warnings:
        place, _, text = warning.partition(": ")
        fact, _, cure = text.rpartition("; ")
        yield Change("old-setting", Finding(place, "", fact, cure))
    for old, new in ALIASES.items():
        if says(file.text, old):
            at = file.text.index(old)
            change = file.change("old-setting", at, f"{old} is read, and called {new} now", f"write {new}")
            yield change._replace(edit=Edit(file.path, at, at + len(old), new))


def says(text: str, setting: str) -> bool:
    """Does a file of settings say something of a setting?"""
    keys = (line.partition(":")[0].strip(" \"'{,") for line in text.splitlines() if not line.startswith((" ", "#")))
    return setting in keys
