"""A project: everything in it that has to change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cached_property

from .commands import in_commands
from .dependencies import in_requirements, in_versions
from .documents import (
    Document,
    base_path,
    conversions,
    credentials,
    faults_in,
    in_document,
    kept_models,
    read_document,
    unbound,
)
from .files import File, files_of
from .kinds import kinds_of
from .names import CONNEXION_GIVES
from .python import in_python, routes_of
from .rules import Change
from .settings import in_settings, says
from .source import Function, Source


class Project:
    """A folder with a project in it. `kinds` are what it was written for; empty if that is nothing known."""

    def __init__(self, folder: str) -> None:
        self.paths = {file: os.path.join(folder, file.name) for file in files_of(folder)}
        self.sources = {file: Source(file.text) if file.is_python else None for file in self.paths}
        read = (read_document(file, path) for file, path in self.paths.items() if file.may_be_document)
        self.documents = [one for one in read if one is not None]
        self.kinds = kinds_of(self.sources)

    def changes(self) -> list[Change]:
        """Everything that has to change, or is to be known: first what the project is, then by files and lines."""
        found = dict.fromkeys([*filter(None, self.kinds.values()), *self._changes()])
        return sorted(found, key=lambda one: (one.rule != "project", *_place(one)))

    def _changes(self) -> Iterator[Change]:
        for file, source in self.sources.items():
            yield from self._of_file(file, source)
        for document in self.documents:
            yield from faults_in(document.path)
            yield from in_document(document)
            yield from self._of_kind(document)
        if "connexion" in self.kinds:
            yield from self._arguments()
        yield from self._without_document()

    def _of_file(self, file: File, source: Source | None) -> Iterator[Change]:
        if source is not None:
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
        elif self.kinds.get("pymacaron") is not None:
            yield from conversions(document, dates_only=False)
            yield from credentials(document)
            yield from () if any(says(file.text, "store") for file in settings) else kept_models(document)
        if "pymacaron" in self.kinds and "connexion" not in self.kinds:
            said = any(says(file.text, "base_path") for file in settings)
            yield from () if said else base_path(document, settings[0] if len(settings) == 1 else None)
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

    def _arguments(self) -> Iterator[Change]:
        """Functions of connexion whose arguments are in another order, or that connexion gave more."""
        functions = {
            f"{file.module}.{one.name}": (file, one)
            for file, source in self.sources.items() if source is not None for one in source.functions()
        }  # fmt: skip
        for operation in (one for document in self.documents for one in document.operations()):
            found = functions.get(operation.function or "")
            if found is not None:
                yield from _in_function(*found, body=operation.body, title=operation.title)
                source = self.sources[found[0]]
                if source is not None and operation.body is not None:
                    yield from _as_dict(found[0], source, found[1], operation.body)


def _in_function(file: File, function: Function, *, body: str | None, title: str) -> Iterator[Change]:
    arguments = [name for name in function.arguments if name != "self"]
    if body in arguments[1:]:
        fact = f"{function.name} gets the body of {title} as its first argument, not as {body}="
        yield file.change("argument", function.at, fact, f"move {body} to the front")
    for name in arguments:
        if name in CONNEXION_GIVES:
            fact = f"{function.name} takes {name}, which connexion gives"
            yield file.change("argument", function.at, fact, f"{CONNEXION_GIVES[name]} in place of the argument")


def _as_dict(file: File, source: Source, function: Function, body: str) -> Iterator[Change]:
    for at in source.uses_as_dict(function, body):
        fact = f"{body} is a model, and no dict"
        yield file.change("body", at, fact, f"write {body}.NAME, {body}['NAME'], or {body}.to_json() for a dict")


def _place(change: Change) -> tuple[str, int, int]:
    found = re.fullmatch(r"(.*?)(?::(\d+))?(?::(\d+))?", change.finding.place)
    assert found is not None, "it matches any text"
    return found[1], int(found[2] or 0), int(found[3] or 0)
