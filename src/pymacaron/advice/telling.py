"""What was found, as people and machines read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from pymacaron._types import JsonObject
from pymacaron._version import __version__
from pymacaron.exceptions import Finding

from .rules import Level

Rules: TypeAlias = Mapping[str, tuple[Level, str]]


class Told(Protocol):
    """What is told: what the rule of that name found."""

    @property
    def rule(self) -> str: ...

    @property
    def level(self) -> Level: ...

    @property
    def finding(self) -> Finding: ...


_PLACE = re.compile(r"(.*?)(?::(\d+))?(?::(\d+))?")


def _place(finding: Finding) -> tuple[str, int, int]:
    """File, line and column; 1 where they are not known."""
    found = _PLACE.fullmatch(finding.place)
    assert found is not None, "it matches any text"
    return found[1], int(found[2] or 1), int(found[3] or 1)


def _said(finding: Finding) -> str:
    return f"{finding.fact}; {finding.cure}" if finding.cure else finding.fact


def _text(found: Sequence[Told], _: Rules) -> str:
    lines = [f"{one.level} [{one.rule}] {one.finding}" for one in found]
    counts = {level: sum(one.level == level for one in found) for level in ("error", "warning", "note")}
    return "\n".join([*lines, ", ".join(f"{count} {level}{'s' * (count != 1)}" for level, count in counts.items())])


def _json(found: Sequence[Told], _: Rules) -> str:
    return json.dumps([{"rule": one.rule, "level": one.level, **one.finding._asdict()} for one in found], indent=2)


def _sarif(found: Sequence[Told], rules: Rules) -> str:
    """SARIF 2.1.0, the format of the OASIS for results of static analysis; places are from the working folder."""
    described = [
        {"id": name, "name": name.title().replace("-", ""), "shortDescription": {"text": text},
         "defaultConfiguration": {"level": level}}
        for name, (level, text) in rules.items()
    ]  # fmt: skip
    driver = {"name": "pymacaron", "version": __version__, "rules": described}
    run = {"tool": {"driver": driver}, "results": [_result(one, list(rules)) for one in found]}
    return json.dumps({"version": "2.1.0", "$schema": _SARIF, "runs": [run]}, indent=2)


_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def _result(one: Told, names: list[str]) -> JsonObject:
    file, line, column = _place(one.finding)
    place = {"artifactLocation": {"uri": file}, "region": {"startLine": line, "startColumn": column}}
    return {
        "ruleId": one.rule, "ruleIndex": names.index(one.rule), "level": one.level,
        "message": {"text": _said(one.finding)}, "locations": [{"physicalLocation": place}],
    }  # fmt: skip


def _github(found: Sequence[Told], _: Rules) -> str:
    """Workflow commands, which GitHub shows beside the lines."""
    return "\n".join(map(_command, found))


def _command(one: Told) -> str:
    file, line, column = _place(one.finding)
    kind = "notice" if one.level == "note" else one.level
    text = _said(one.finding).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{kind} file={file.replace(',', '%2C')},line={line},col={column},title={one.rule}::{text}"


FORMATS: dict[str, Callable[[Sequence[Told], Rules], str]] = {
    "text": _text, "json": _json, "sarif": _sarif, "github": _github,
}  # fmt: skip
