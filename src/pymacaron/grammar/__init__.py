"""The check of a document against the grammar of its version: every fault at once, each with its place.

What may stand where is a table (tables.py, in the notation that notation.py reads); what a table cannot say is a
rule (rules_*.py). The walk (walk.py) looks at every object once, also in other files that references lead to.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import NamedTuple

from pymacaron.documents import Fault, Node
from pymacaron.formats import Formats
from pymacaron.names import suggest

from . import rules_objects, rules_paths, rules_schemas, tables
from .notation import Grammar, Rules
from .walk import Walk

__all__ = ["Verdict", "check", "grammar_of"]


class Verdict(NamedTuple):
    """What is wrong with a document.

    Attributes:
        faults: what stops the start.
        soft: stops it too if the API is served; only a warning if it is called.
        warnings: what is logged; the document works, but probably not as meant.
    """

    faults: list[Fault]
    soft: list[Fault]
    warnings: list[Fault]


TABLES = {  # by version; DIALECTS in dialects has the same
    "2.0": (tables.SWAGGER_20,),
    "3.0": (tables.OPENAPI_30,),
    "3.1": (tables.OPENAPI_30, tables.OPENAPI_31),
    "3.2": (tables.OPENAPI_30, tables.OPENAPI_31, tables.OPENAPI_32),
}
_KNOWN = re.compile(rf"({'|'.join(map(re.escape, TABLES))})(?![0-9])")


@cache
def grammar_of(version: str) -> Grammar:
    """The grammar of a version: "2.0", "3.0" and so on."""
    rules: Rules = {}
    for room in (rules_objects, rules_paths, rules_schemas):
        for name, more in room.rules(version).items():
            rules[name] = (*rules.get(name, ()), *more)
    return Grammar(version, TABLES[version], rules)


def _all_but(version: str) -> list[Grammar]:
    return [grammar_of(other) for other in TABLES if other != version]


def check(root: Node, formats: Formats) -> Verdict:
    """Everything that is wrong with the document at `root`, and in what it refers to in other files."""
    version = _version(root)
    if isinstance(version, Fault):
        return Verdict([version], [], [])
    others = partial(_all_but, version)  # read only where there is a fault
    walk = Walk(root, grammar_of(version), others, formats)
    walk.run()
    return Verdict(list(walk.faults), list(walk.soft), list(walk.warnings))


def _version(root: Node) -> str | Fault:
    """The version whose grammar counts, or why there is none."""
    if type(root.value) is not dict:
        return root.fault("not an OpenAPI document, which is an object", "check that this is the right file")
    given = root.get("swagger") or root.get("openapi")
    if given is None:
        near = (suggest(key, ("swagger", "openapi")) for key in root.value)
        cure = next(filter(None, near), "begin the file with `openapi: 3.1.0`")
        return root.fault("neither `openapi` nor `swagger` names the version", cure)
    text = str(given.value)
    found = _KNOWN.match(text)
    if found is None or (found[0] == "2.0") != ("swagger" in root.value):
        cure = f"pymacaron reads Swagger 2.0, and OpenAPI {', '.join(list(TABLES)[1:])}"
        return given.fault(f"version {text[:20]} is not known", cure)
    return found[0]
