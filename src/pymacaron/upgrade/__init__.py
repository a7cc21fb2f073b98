"""A document of Swagger 2.0 or OpenAPI 3.0 as OpenAPI 3.1, in the words, the order and with the comments of its author.

texts.py      text ⇄ values that remember how they were written
swagger.py    the structure of 2.0
schemas.py    a schema
walk.py       where schemas and references stand
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pymacaron.bundling import version_of
from pymacaron.documents.sources import read
from pymacaron.exceptions import DocumentError, Finding
from pymacaron.schemas import OPENAPI_30, SWAGGER_20

from .schemas import upgrade_schema
from .swagger import Restructuring, moved
from .texts import Text, put
from .walk import Walk

__all__ = ["Upgraded", "upgrade"]

_VERSION = "3.1.1"


class Upgraded(NamedTuple):
    """A document that says in 3.1 what it said before. `told`: what could not be said as before, a line each."""

    path: str
    text: str
    told: list[str]


def upgrade(path: str) -> Upgraded:
    """The document at a path, in OpenAPI 3.1.

    Raises:
        DocumentError: it cannot be read, is no document of 2.0 or 3.0, or refers to other files.
    """
    try:
        text = Text(path, read(path))
    except OSError as error:
        raise DocumentError([Finding(path, "", error.strerror or "cannot be read")]) from None
    root, told = text.value, list[str]()
    version = version_of(root) if isinstance(root, dict) and root.keys() & {"swagger", "openapi"} else None
    if version not in {"2.0", "3.0"}:
        fact = "is no OpenAPI document" if version is None else f"is OpenAPI {version} already"
        raise DocumentError([Finding(path, "", fact, "name a document of Swagger 2.0 or OpenAPI 3.0")])
    draft = SWAGGER_20 if version == "2.0" else OPENAPI_30

    def reference(holder: Any) -> None:
        if not holder["$ref"].startswith("#"):
            fact = f"refers to {holder['$ref']}, and a file for two documents cannot be upgraded with one of them"
            cure = "bring its files into one: /doc/<api>.yaml?bundled=1 of a running service gives it"
            raise DocumentError([Finding(path, "", fact, cure)])
        if version == "2.0":
            holder["$ref"] = moved(holder["$ref"])

    if version == "2.0":
        Restructuring(root, lambda ref: _at(root, ref), told).run()
    Walk(lambda schema: upgrade_schema(schema, draft, told), reference).object(root, "Document")
    old = "swagger" if version == "2.0" else "openapi"
    put(root, old, [("openapi", _VERSION)])
    return Upgraded(path, text.after(), list(dict.fromkeys(told)))


def _at(root: Any, ref: str) -> Any:
    """What a reference in a document leads to; {} if nothing."""
    value = root
    for step in ref.removeprefix("#/").split("/"):
        value = value.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return value if value is not None else {}
