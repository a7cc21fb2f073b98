"""A document of Swagger 2.0 or OpenAPI 3.0 as OpenAPI 3.1, in the words, the order and with the comments of its author.

texts.py      text ⇄ values that remember how they were written; round_trip.py: YAML
swagger.py    the structure of 2.0
schemas.py    a schema
walk.py       where schemas and references stand
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from pymacaron.bundling import bundle, version_of
from pymacaron.dialects import Document
from pymacaron.documents import Fault, findings
from pymacaron.documents.sources import read
from pymacaron.exceptions import DocumentError, Finding
from pymacaron.formats import Formats
from pymacaron.loading import understood
from pymacaron.names import free_name
from pymacaron.schemas import OPENAPI_30, SWAGGER_20

from .schemas import upgrade_schema
from .swagger import Restructuring, moved
from .texts import Text, graft, put
from .walk import Walk

__all__ = ["Upgraded", "upgrade"]

_VERSION = "3.1.1"


class Upgraded(NamedTuple):
    """A document that says in 3.1 what it said before. `told`: what could not be said as before, a line each."""

    path: str
    text: str
    told: list[str]


def upgrade(path: str, *, bundled: bool = False) -> Upgraded:
    """The document at a path, in OpenAPI 3.1.

    Args:
        bundled: what it refers to in other files is brought into it first; of these, comments are lost.

    Raises:
        DocumentError: it cannot be read, is no document of 2.0 or 3.0, or refers to other files and is not `bundled`.
    """
    document = _understood(path)
    text = Text(path, read(path))
    root, told, version = text.value, text.told, version_of(document.root.value)
    if version not in {"2.0", "3.0"}:
        raise DocumentError(
            [Finding(path, "", f"is OpenAPI {version} already", "name a document of Swagger 2.0 or OpenAPI 3.0")]
        )
    if bundled:
        graft(root, bundle(document))
    draft = SWAGGER_20 if version == "2.0" else OPENAPI_30

    targets: dict[str, Any] = {}

    def reference(holder: Any) -> None:
        if not holder["$ref"].startswith("#"):
            fact = f"refers to {holder['$ref']}, and a file for two documents cannot be upgraded with one of them"
            cure = "bring its files into one: --bundled"
            raise DocumentError([Finding(path, "", fact, cure)])
        if version == "2.0":
            holder["$ref"] = moved(holder["$ref"])
        targets[holder["$ref"]] = _at(root, holder["$ref"])

    if version == "2.0":
        Restructuring(root, lambda ref: _at(root, ref) or {}, told).run()
    Walk(lambda _: None, reference).object(root, "Document")
    Walk(lambda schema: upgrade_schema(schema, draft, told), lambda _: None).object(root, "Document")
    _lead_again(root, targets)
    old = "swagger" if version == "2.0" else "openapi"
    put(root, old, [("openapi", _VERSION)])
    return Upgraded(path, text.after(), list(dict.fromkeys(told)))


def _understood(path: str) -> Document:
    """
    Raises:
        DocumentError: the document is faulty.
    """
    faults: list[Fault] = []
    found = understood("upgraded", path, Formats(), faults)
    if found is None:
        raise DocumentError(findings(faults))
    return found.document


def _at(root: Any, ref: str) -> Any:
    """What a reference in a document leads to; None if to nothing."""
    value = root
    for step in unquote(ref).removeprefix("#/").split("/"):
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return value


def _lead_again(root: Any, targets: Mapping[str, Any]) -> None:
    """Let references lead where they led, where that has moved; what is gone, since it had no effect where it stood, is
    put among the components."""
    holders: list[Any] = []
    Walk(lambda _: None, holders.append).object(root, "Document")
    lost = [one for one in holders if targets.get(one["$ref"]) is not None and _at(root, one["$ref"]) is None]
    places = dict(_places(root)) if lost else {}
    for holder in lost:
        target = targets[holder["$ref"]]
        if id(target) not in places:
            schemas = root.setdefault("components", {}).setdefault("schemas", {})
            name = free_name(unquote(holder["$ref"]).rpartition("/")[2], schemas)
            schemas[name] = target
            places |= dict(_places(target, f"#/components/schemas/{name}"))
        holder["$ref"] = places[id(target)]


def _places(value: Any, at: str = "#") -> Iterator[tuple[int, str]]:
    """A reference to each object and list, by its id."""
    yield id(value), at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        if isinstance(child, dict | list):
            yield from _places(child, f"{at}/{quote(str(key).replace('~', '~0').replace('/', '~1'), safe='~$')}")
