"""What there is to change, by rules that have names; and the kinds of projects that are known."""

from __future__ import annotations

from typing import NamedTuple

from pymacaron.advice import Level
from pymacaron.exceptions import Finding

# Every rule with what it means. Notes are for knowing: they do not count for the exit code.
RULES: dict[str, tuple[Level, str]] = {
    "project": ("note", "What the project was written for, and the page that helps."),
    "python-version": ("error", "A version of Python before 3.11."),
    "python-2": ("error", "Python 2."),
    "unread": ("error", "A file that cannot be read; what is in it was not looked at."),
    "removed": ("error", "What newer versions of Python, Flask or another library do not have any more."),
    "import": ("error", "A name that pymacaron 3 does not have, or one of another framework."),
    "call": ("error", "A call that is written in another way."),
    "route": ("error", "A route in the code; its place is the document."),
    "argument": ("error", "A function that is called with other arguments."),
    "body": ("error", "A body that is used as a dict, and is a model now."),
    "old-name": ("note", "A name that still works, and has a new one."),
    "document": ("error", "What stops the start in a document."),
    "no-document": ("error", "There is no document yet."),
    "unbound": ("error", "Operations that name no function."),
    "base-path": ("error", "A base path that pymacaron 1.x ignored, and settings that do not say what it is to be."),
    "extension": ("error", "A key of another framework in a document, or one that nothing reads."),
    "converted": ("note", "A value that functions get as text so far."),
    "credential": ("note", "Credentials that are demanded from now on."),
    "old-version": ("note", "A document that could be of a newer version of OpenAPI."),
    "store": ("error", "Models that pymacaron 1.x kept in DynamoDB, and settings that do not say where they are now."),
    "setting": ("error", "A setting that is wrong, or has to be."),
    "old-setting": ("note", "A setting that is read, and has another name or another effect now."),
    "naive-time": ("note", "A time without a zone, which is no date-time of a document."),
    "dependency": ("error", "A requirement that has to go, or to be newer."),
    "command": ("error", "A command that is not there any more."),
}  # fmt: skip


class Edit(NamedTuple):
    """Characters of a file, from `start` to `end`, and what stands there afterwards."""

    path: str
    start: int
    end: int
    text: str


class Change(NamedTuple):
    """One thing to change, and where; with `edit`, one that can be written by a machine."""

    rule: str
    finding: Finding
    edit: Edit | None = None

    @property
    def level(self) -> Level:
        return RULES[self.rule][0]


class Known(NamedTuple):
    """What is known of a name: the rule, what the name "is", the cure; `new` is its new name, "module.name", where a
    machine may write that."""

    rule: str
    fact: str
    cure: str
    new: str | None = None


class Kind(NamedTuple):
    """What a project was written for, and the page for it in docs/."""

    title: str
    page: str


KINDS = {
    "pymacaron": Kind("pymacaron 1.x or 2.x", "migrating-from-pymacaron-1.md"),
    "connexion": Kind("connexion", "migrating-from-connexion.md"),
    "fastapi": Kind("FastAPI", "migrating-from-fastapi.md"),
}
