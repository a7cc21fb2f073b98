"""What must change in documents that were written for pymacaron 1.x."""

from __future__ import annotations

from collections.abc import Iterator

from .documents import Document, changes_at
from .files import File
from .rules import Change, Edit


def base_path(document: Document, place: File | None) -> Iterator[Change]:
    """The base path of a document that was written for pymacaron 1.x, with settings that do not say what it is to be.

    Args:
        place: the settings, where a machine may write to them.
    """
    if document.base is None:
        return
    fact = f"{document.base.value} becomes part of every URL; pymacaron 1.x ignored it"
    cure = "write `base_path: ignore` in pym-config.yaml to keep the URLs, or `base_path: use`"
    edit = None
    if place is not None and place.text.lstrip()[:1] not in {"{", ""}:
        end = len(place.text)
        line = "base_path: ignore\n" if place.text.endswith("\n") else "\nbase_path: ignore\n"
        edit = Edit(place.path, end, end, line)
    for one in changes_at("base-path", [document.base.fault(fact, cure, at_key=True)]):
        yield one._replace(edit=edit)


def credentials(document: Document) -> Iterator[Change]:
    """What `security` of a document demands, which pymacaron 1.x did not look at."""
    wanting = [document.root, *(one.node for one in document.operations())]
    nodes = [found for one in wanting if (found := one.get("security")) is not None and found.value]
    fact = "`security` counts now: who has no credentials is refused"
    cure = "a key of the settings (jwt_secret) or a function, API(verifiers=…), verifies them"
    yield from changes_at("credential", [node.fault(fact, cure, at_key=True) for node in nodes])


def demanded_by_key(document: Document) -> Iterator[Change]:
    """`x-auth-required`, which nothing reads: who believes in it has operations that everybody may call."""
    faults = []
    for key, child in document.everywhere():
        if key == "x-auth-required" and child.value not in (False, "false"):
            cure = "write `x-decorate-server: pymacaron.auth.requires_auth`, or `security`, where this is served"
            faults.append(child.fault("nothing reads x-auth-required: it keeps nobody out", cure, at_key=True))
        elif key == "x-auth-required":
            faults.append(child.fault("nothing reads x-auth-required", "take it away", at_key=True))
    yield from changes_at("extension", faults)


def kept_models(document: Document) -> Iterator[Change]:
    """Models that pymacaron 1.x kept in DynamoDB, with settings that do not say where they are now."""
    fact = "what pymacaron 1.x kept in DynamoDB is kept in a file, unless the settings say otherwise"
    cure = "write `store: dynamodb://REGION` in pym-config.yaml, or `store: sqlite:///PATH` to begin anew"
    nodes = [child for key, child in document.everywhere() if key == "x-persist"]
    yield from changes_at("store", [node.fault(fact, cure, at_key=True) for node in nodes])
