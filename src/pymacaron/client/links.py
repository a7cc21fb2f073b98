"""Links of an answer to others (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = r'"(?:[^"\\]|\\.)*"'
# Nothing is looked at twice, whatever comes: no target holds a <, and no \ stands outside of quotes (section 3).
_LINK = re.compile(rf'<([^<>]*)>((?:[^,"\\]|{_QUOTED})*)')
_PARAMETER = re.compile(rf';\s*([^\s=;"]+)\s*(?:=\s*({_QUOTED}|[^\s;"]*))?')


def link_to(relation: str, header: str) -> str | None:
    """Where the first link of a relation leads; None if there is none. It may be relative to the URL of the answer
    (section 3.1).

    Args:
        relation: in lower case, "next".
        header: a Link header, several of them joined by ", ".
    """
    for target, parameters in _links(header):
        # one with an anchor speaks of something else than this answer (section 3.2)
        if "anchor" not in parameters and relation in parameters.get("rel", "").lower().split():
            return target
    return None


def _links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Section 3: targets, and their parameters by lower-case name; of two of one name the first counts (3.3). What is
    written otherwise is left out."""
    for target, said in _LINK.findall(header):
        parameters: dict[str, str] = {}
        for name, value in _PARAMETER.findall(said):
            parameters.setdefault(name.lower(), _unquoted(value))
        yield target.strip(), parameters


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == '"' else value
