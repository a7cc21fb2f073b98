"""A document is said in OpenAPI 3.0 in attempts: which of its schemas cannot be said exactly shows when all are said,
and then those that negate them have to be said again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from pymacaron._types import Json, JsonObject, Pointer

from .notes import Note
from .references import References
from .schemas import Schemas


class Attempt(ABC):
    """One attempt.

    Attributes:
        bundle: the document. `notes`: what could not be said, in the order of the document.
    """

    def __init__(self, bundle: JsonObject, references: References, schemas: Schemas) -> None:
        self.bundle = bundle
        self.references = references
        self.notes: dict[Note, None] = {}
        self._schemas = schemas
        self._leads: dict[str, frozenset[str]] = {}  # a schema's name: those that it refers to
        self._inexact: set[str] = set()

    @abstractmethod
    def document(self) -> JsonObject:
        """The document in OpenAPI 3.0."""

    @abstractmethod
    def type_of_scheme(self, scheme: Json) -> Json:
        """The `type` of a security scheme, references followed."""

    def vague(self) -> set[str]:
        """The names of the schemas that were not said exactly, and of those that refer to one."""
        found = set(self._inexact)
        while True:
            more = {name for name, leads in self._leads.items() if name not in found and not leads.isdisjoint(found)}
            if not more:
                return found
            found |= more

    def note(self, at: Pointer, keyword: str, now: str = "left out") -> None:
        """Something cannot be said."""
        self.notes[Note(at, keyword, now)] = None

    def schema(self, value: Json, at: Pointer) -> JsonObject:
        """The schema at a place of the bundle."""
        said = self._schemas.say(value, at)
        self.notes.update(dict.fromkeys(said.notes))
        return said.schema

    def named_schema(self, name: str, value: Json, at: Pointer) -> JsonObject:
        """Likewise, of one that has a name in the 3.0 form."""
        said = self._schemas.say(value, at)
        self._leads[name] = said.references
        if said.notes:
            self._inexact.add(name)
        return self.schema(value, at)

    def required(self, given: Json) -> Json:
        """Security requirements, of schemes that are left; only some have scopes in 3.0."""
        schemes = self.references.components("SecurityScheme")
        types = {name: self.type_of_scheme(scheme) for name, scheme in schemes.items()}
        names = {name: self.references.component("SecurityScheme", name) for name in schemes}
        if not isinstance(given, list):
            return given
        return [
            {
                names.get(name, name): scopes if types.get(name, "oauth2") in ("oauth2", "openIdConnect") else []
                for name, scopes in requirement.items()
                if types.get(name) != "mutualTLS"
            }
            for requirement in given
        ]


def settled(attempt: Callable[[set[str]], Attempt]) -> tuple[JsonObject, list[Note]]:
    """The document that no further attempt would change, and what could not be said."""
    vague: set[str] = set()
    while True:
        made = attempt(vague)
        value = made.document()
        found = made.vague()
        if found == vague:
            return value, list(made.notes)
        vague = found
