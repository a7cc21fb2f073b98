"""A project: everything in it that has to change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cached_property

from .arguments import arguments
from .commands import in_commands
from .dependencies import in_requirements, in_versions
from .documents import BROKEN, Document, conversions, faults_in, in_document, read_document, unbound
from .files import File, files_of
from .kinds import kinds_of
from .of_connexion import by_resolver, extensions, kept_base_path, slashes
from .of_pymacaron import base_path, credentials, demanded_by_key, kept_models
from .python import in_python, routes_of
from .resolvers import resolvers_of
from .rules import Change
from .settings import in_settings, says
from .source import Source


class Project:
    """A folder with a project in it. `kinds` are what it was written for; empty if that is nothing known."""

    def __init__(self, folder: str) -> None:
        self.paths = {file: os.path.join(folder, file.name) for file in files_of(folder)}
        self.sources = {file: Source(file.text) if file.is_python else None for file in self.paths}
        resolvers = resolvers_of(one for one in self.sources.values() if one is not None)
        may_be = {
            path: read_document(file, path, resolvers.get(os.path.basename(path), resolvers.get("")))
            for file, path in self.paths.items() if file.may_be_document
        }  # fmt: skip
        self.documents = [one for one in may_be.values() if isinstance(one, Document)]
        self.broken = [path for path, one in may_be.items() if one is BROKEN]
        self.kinds = kinds_of(self.sources)

    def changes(self) -> list[Change]:
        """Everything that has to change, or is to be known: first what the project is, then by files and lines."""
        found = dict.fromkeys([*filter(None, self.kinds.values()), *self._changes()])
        return sorted(found, key=lambda one: (one.rule != "project", *_place(one)))

    def _changes(self) -> Iterator[Change]:
        for file, source in self.sources.items():
            yield from self._of_file(file, source)
        for path in [*self.broken, *(one.path for one in self.documents)]:
            yield from faults_in(path)
        for document in self.documents:
            yield from in_document(document)
            yield from extensions(document)
            yield from self._of_kind(document)
        if "connexion" in self.kinds or self.kinds.get("pymacaron") is not None:
            operations = (one for document in self.documents for one in document.operations())
            yield from arguments(operations, self.sources, self.kinds)
        yield from self._without_document()

    def _of_file(self, file: File, source: Source | None) -> Iterator[Change]:
        if file.fault is not None:
            yield file.change("unread", 0, *file.fault)
        if source is not None and not (source.fault and file.fault):
            yield from in_python(file, source, self.kinds)
        if file.is_settings:
            yield from in_settings(file, self.paths[file])
        if file.has_requirements:
            yield from in_requirements(file, self.kinds)
        if file.has_requirements or file.has_commands:
            yield from in_versions(file)
        if file.has_commands:
            yield from in_commands(file, self.kinds)

    def _of_kind(self, document: Document) -> Iterator[Change]:
        """What has to change in a document because of what it was written for."""
        settings = [file for file in self.paths if file.is_settings]
        if "connexion" in self.kinds:
            yield from conversions(document, dates_only=True)
            yield from by_resolver(document)
            yield from slashes(document)
        elif self.kinds.get("pymacaron") is not None:
            yield from conversions(document, dates_only=False)
            yield from credentials(document)
            yield from demanded_by_key(document)
            yield from () if any(says(file.text, "store") for file in settings) else kept_models(document)
        if not any(says(file.text, "base_path") for file in settings):
            if "connexion" in self.kinds:
                yield from kept_base_path(document)
            elif "pymacaron" in self.kinds:
                yield from base_path(document, settings[0] if len(settings) == 1 else None)
        if "fastapi" in self.kinds:
            yield from unbound(document, self._routes)

    @cached_property
    def _routes(self) -> dict[str, str]:
        """The routes of FastAPI in the code, "GET /orders", and the dotted names of their functions."""
        sources = ((file, one) for file, one in self.sources.items() if one is not None)
        return {title: name for pair in sources for _, title, name in routes_of(*pair)}

    def _without_document(self) -> Iterator[Change]:
        told = self.kinds.get("fastapi")
        if told is not None and not self.documents:
            fact = "there is no OpenAPI document"
            cure = "let FastAPI write it: json.dumps(app.openapi()), into a file in apis/"
            yield Change("no-document", told.finding._replace(fact=fact, cure=cure))


def _place(change: Change) -> tuple[str, int, int]:
    found = re.fullmatch(r"(.*?)(?::(\d+))?(?::(\d+))?", change.finding.place, re.DOTALL)
    assert found is not None, "it matches any text"
    return found[1], int(found[2] or 0), int(found[3] or 0)
