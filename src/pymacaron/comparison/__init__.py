"""Two versions of a document compared: what changed, whom it breaks, and why.

    kinds.py      every kind of change
    ledger.py     the changes found
    said.py       what a schema says, in whichever draft
    schemas.py    two schemas, seen from one side
    inputs.py, answers.py, security.py    the parts of operations
    sources.py    where the two versions come from: a file, a folder, a URL, a revision in git

The documents may be of different versions of OpenAPI: operations are compared as they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pymacaron._types import Json
from pymacaron.config.kinds import SIZE
from pymacaron.dialects import Document
from pymacaron.documents import Node
from pymacaron.operations import Operation

from .answers import compare_answers
from .inputs import compare_bodies, compare_parameters
from .kinds import CALLERS, KINDS, SERVICE, Kind
from .ledger import Change, Difference, Ledger
from .schemas import Comparison
from .security import compare_requirements, compare_schemes

__all__ = ["CALLERS", "KINDS", "SERVICE", "Change", "Kind", "compare", "compare_all"]


def compare_all(old: Mapping[str, Document], new: Mapping[str, Document]) -> list[Change]:
    """Every change between two sets of documents, by API name."""
    found: list[Change] = []
    for name in dict.fromkeys((*old, *new)):
        if name in old and name in new:
            found += compare(old[name], new[name])
        else:
            how = "removed" if name in old else "added"
            said = f"{name} is {'gone' if name in old else 'new'}"
            found.append(Change(KINDS[f"api-{how}"], said, name))
    return found


def compare(old: Document, new: Document) -> list[Change]:
    """All changes between two versions of a document. Those that break callers come first.

    Raises:
        ReferenceFault: a reference in one of them leads nowhere.
    """
    ledger, schemas = Ledger(), Comparison(old.dialect.draft, new.dialect.draft)
    ledger.note(_of_document(old, new))
    ledger.note(compare_schemes(old, new))
    left, right = _by_route(old), _by_route(new)
    for route, operation in left.items():
        if route in right:
            _compare_operation(ledger, schemas, operation, right[route])
        else:
            is_warned = operation.node.value.get("deprecated") is True
            name = "deprecated-operation-removed" if is_warned else "operation-removed"
            ledger.note([Difference(name, f"{operation.title} is gone", operation.node)], operation.title)
    for route, operation in right.items():
        if route not in left:
            ledger.note([Difference("operation-added", f"{operation.title} is new", operation.node)], operation.title)
    ledger.note(_of_webhooks(old.root, new.root))
    return ledger.changes()


def _by_route(document: Document) -> dict[tuple[str, str], Operation]:
    """By method and path; what the parameters in it are called makes no other path (Paths Object)."""
    return {(one.method, re.sub(r"\{[^}]*\}", "{}", one.path)): one for one in document.operations}


def _compare_operation(ledger: Ledger, schemas: Comparison, old: Operation, new: Operation) -> None:
    ledger.note(_of_operation(old, new), new.title)
    ledger.note(compare_requirements(old, new), new.title)
    compare_parameters(ledger, schemas, old, new)
    compare_bodies(ledger, schemas, old, new)
    compare_answers(ledger, schemas, old, new)
    ledger.note(_named("callback", old.node.get("callbacks"), new.node.get("callbacks")), new.title)


def _of_operation(old: Operation, new: Operation) -> Iterator[Difference]:
    if old.name != new.name:
        yield Difference("client-name-changed", f"{old.name} became {new.name}", new.node)
    was, is_ = (one.node.value.get("deprecated") is True for one in (old, new))
    if was != is_:
        name = "operation-deprecated" if is_ else "operation-no-longer-deprecated"
        yield Difference(name, "is deprecated" if is_ else "is no longer deprecated", new.node)
    yield from _of_extensions(old.extensions, new.extensions, new.node)
    if _words(old.node) != _words(new.node):
        yield Difference("documentation-changed", "is described in other words", new.node)


def _of_extensions(old: Mapping[str, Json], new: Mapping[str, Json], node: Node) -> Iterator[Difference]:
    if old.get("x-bind-server") != new.get("x-bind-server"):
        yield Difference("function-changed", f"x-bind-server is {new.get('x-bind-server')}", node)
    for key, name in (("x-max-body", "body-limit"), ("x-timeout-ms", "time-limit")):
        before, after = old.get(key), new.get(key)
        if before != after:
            is_raised = after is None or (before is not None and SIZE.read(before) < SIZE.read(after))
            yield Difference(f"{name}-{'raised' if is_raised else 'lowered'}", f"{key} {before} became {after}", node)
    if old.get("x-rate-limit") != new.get("x-rate-limit"):
        yield Difference("rate-limit-changed", f"x-rate-limit is {new.get('x-rate-limit')}", node)
    if bool(old.get("x-async")) != bool(new.get("x-async")):
        name = "became-asynchronous" if new.get("x-async") else "no-longer-asynchronous"
        yield Difference(name, f"x-async is {bool(new.get('x-async'))}", node)
    if bool(old.get("x-idempotent")) != bool(new.get("x-idempotent")):
        name = "idempotency-added" if new.get("x-idempotent") else "idempotency-removed"
        yield Difference(name, f"x-idempotent is {bool(new.get('x-idempotent'))}", node)


_WORDS = ("summary", "description", "tags", "externalDocs")


def _words(node: Node) -> list[Json]:
    return [node.value.get(key) for key in _WORDS]


def _of_document(old: Document, new: Document) -> Iterator[Difference]:
    if old.version != new.version:
        yield Difference("version-changed", f"version {old.version} became {new.version}", new.root)
    if any(old.info.get(key) != new.info.get(key) for key in ("title", "description")):
        yield Difference("documentation-changed", "the API is described in other words", new.root)
    before, after = _addresses(old), _addresses(new)
    for url in before.keys() - after.keys():
        yield Difference("server-removed", f"server {url} is gone", old.root)
    for url in after.keys() - before.keys():
        yield Difference("server-added", f"server {url} is new", new.root)
    for url in before.keys() & after.keys():
        if before[url] != after[url]:
            yield Difference("server-variable-changed", f"variables of server {url} have changed", new.root)


def _addresses(document: Document) -> dict[str, Json]:
    """The servers that a document names, with their variables. Without a scheme it is http, as clients take it."""
    servers = document.root.value.get("servers")
    if isinstance(servers, list) and servers:
        listed = [one for one in servers if isinstance(one, dict)]
        return {re.sub(r"^(?=//)", "http:", str(one.get("url"))): one.get("variables") for one in listed}
    return {} if document.server is None else {document.server.url: None}


def _of_webhooks(old: Node, new: Node) -> Iterator[Difference]:
    yield from _named("webhook", old.get("webhooks"), new.get("webhooks"))


def _named(kind: str, old: Node | None, new: Node | None) -> Iterator[Difference]:
    """What is compared by its name, and then as a whole."""
    before = dict(old.items()) if old is not None else {}
    after = dict(new.items()) if new is not None else {}
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Difference(f"{kind}-removed", f"{kind} {name} is gone", before[name])
        elif name not in before:
            yield Difference(f"{kind}-added", f"{kind} {name} is new", after[name])
        elif before[name].value != after[name].value:
            yield Difference(f"{kind}-changed", f"{kind} {name} has changed", after[name])
