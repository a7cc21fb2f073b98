"""The contract between document and code, checked before anything is served: the function behind each operation is
found, and compared with what the document says of it. Everything that does not fit is told at once, with its place in
the document and its place in the code."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from pymacaron._types import Handler
from pymacaron.documents import Cache, Fault, Node, findings, readable
from pymacaron.exceptions import Finding
from pymacaron.names import snake_case
from pymacaron.operations import Operation
from pymacaron.router import collisions

from .annotations import Annotations, contradictions
from .importing import Importer, said
from .raised import undeclared
from .signatures import mismatches, signature_of
from .sources import Python, Sources, python_of, shown

REQUIRES_AUTH = "pymacaron.auth.requires_auth"


class Bound(NamedTuple):
    """An operation, what is called for it, and the user's function inside that: the same if nothing decorates it.

    `needs_token`: the document has it decorated by `requires_auth`, which is no decorator then but a demand.
    `signature`: that of `inner`; None where nobody knows it.
    """

    operation: Operation
    function: Handler
    inner: Handler
    needs_token: bool
    signature: inspect.Signature | None


class Contract:
    """The check of one start.

    Attributes:
        bound: the functions found so far.
        faults: what stops the start. `doubts`: what does not, and is probably not meant.
    """

    def __init__(self) -> None:
        self.bound: list[Bound] = []
        self.faults: list[Fault] = []
        self.doubts: list[Fault] = []
        self._sources = Sources()
        self._annotations = Annotations()
        self._importer = Importer(self._tell, self._sources)
        self._operations: list[Operation] = []
        self._paths: dict[Operation, str] = {}  # of functions
        self._handlers: set[str] = set()  # values of x-handlers that led to a function
        self._digests: dict[str, str] = {}

    def bind(self, root: Node, operations: Iterable[Operation]) -> None:
        """Find the function of every operation of the document at `root` that is served, and see whether it fits."""
        self._digests[root.file.path] = root.file.digest
        for operation in operations:
            if operation.extensions.get("x-no-bind-server") is True:
                continue
            self._operations.append(operation)
            self._check_decorate_request(operation)
            function = self._function_of(root, operation)
            if function is None:
                continue
            signature = signature_of(function)
            if signature is not None:
                self._check(operation, function, signature)
            decorated = self._decorated(operation, function)
            if decorated is not None:
                needs_token = operation.extensions.get("x-decorate-server") == REQUIRES_AUTH
                self.bound.append(Bound(operation, decorated, function, needs_token, signature))
        self._check_handlers(root)

    def check_routes(self) -> None:
        """Find the operations that no request can reach, since an earlier one takes all of theirs."""
        pairs = collisions(self._operations)
        if not pairs:
            return
        places = {one.path: one.place for one in findings(earlier.node.fault("") for earlier, _ in pairs)}
        for earlier, later in pairs:
            by = f"{earlier.title} ({places[readable(earlier.node.pointer)]})"
            self._tell(later.node, f"{later.title} can never be reached: {by} takes its requests", "remove one of them")

    def findings(self) -> list[Finding]:
        """What stops the start."""
        return list(findings(self.faults)) if self.faults else []

    def warnings(self, cache: Cache) -> list[str]:
        """What does not, ready to be read. To find the lines takes as long as to parse the documents again, so they are
        remembered."""
        if not self.doubts:
            return []
        key = f"warnings {sha256(repr((os.getcwd(), self._digests, self.doubts)).encode()).hexdigest()}"
        known = cache.get(key)
        if known is None:
            known = [str(finding) for finding in findings(self.doubts)]
            cache.put(key, known)
        return list(known)

    def _tell(self, node: Node, fact: str, cure: str | None) -> None:
        self.faults.append(node.fault(fact, cure))

    def _function_of(self, root: Node, operation: Operation) -> Handler | None:
        path, node = self._path_of(root, operation)
        if node is None:
            return None
        if path is None:
            self._tell(operation.node, f"{operation.title} has no function", _cure_of_unbound(operation))
            return None
        self._paths[operation] = path
        return self._importer.function(path, node, f"for {operation.title}")

    def _path_of(self, root: Node, operation: Operation) -> tuple[str | None, Node | None]:
        """The dotted path of the function, and where the document says it; no place if what is wrong is told."""
        extensions, operation_id = operation.extensions, operation.operation_id
        given = extensions.get("x-bind-server")
        if isinstance(given, str):
            return given, operation.node.get("x-bind-server") or operation.node
        node = operation.node.get("operationId") or operation.node
        handlers = extensions.get("x-handlers")
        if isinstance(handlers, str) and isinstance(operation_id, str):
            self._handlers.add(handlers)
            holder = self._importer.holder(handlers, _handlers_node(root, operation), "for x-handlers")
            return (None, None) if holder is None else (f"{handlers}.{_name_in(holder, operation_id)}", node)
        if isinstance(operation_id, str) and "." in operation_id and operation_id.replace(".", "").isidentifier():
            return operation_id, node
        return None, node

    def _check(self, operation: Operation, function: Handler, signature: inspect.Signature) -> None:
        """Compare a function with its operation."""
        python = python_of(function)
        name = self._paths[operation]
        found = list(mismatches(operation, name, signature, python))
        # a decorator may convert what it passes on, and what it gets back
        decorated = operation.extensions.get("x-decorate-server") not in {None, REQUIRES_AUTH}
        if python is not None and not python.wrappers and not decorated:
            found += contradictions(operation, name, signature, python, self._annotations)
        for one in found:
            fault = one.node.fault(f"{one.fact} ({self._sources.place(function, one.parameter)})", one.cure)
            (self.doubts if one.works else self.faults).append(fault)
        if python is not None:
            self._check_errors(operation, name, python)

    def _check_errors(self, operation: Operation, name: str, python: Python) -> None:
        for error, line in undeclared(operation, python, self._sources):
            place = f"{shown(python.function.__code__.co_filename)}:{line}"
            what = f"{error.__name__} ({error.status} {error.code}; {place})"
            fact = f"{name} answers {operation.title} with {what}, which the document does not declare"
            node = operation.node.get("responses") or operation.node
            self.doubts.append(node.fault(fact, f"add '{error.status}' to its responses", at_key=True))

    def _decorated(self, operation: Operation, function: Handler) -> Handler | None:
        path = operation.extensions.get("x-decorate-server")
        if not isinstance(path, str) or path == REQUIRES_AUTH:
            return function
        node = operation.node.get("x-decorate-server") or operation.node
        decorator = self._importer.function(path, node, f"for {operation.title}")
        if decorator is None:
            return None
        try:
            made = decorator(function)
        except Exception as error:  # noqa: BLE001 - the user's decorator may raise anything
            self._tell(node, f"the decorator {path} failed for {operation.title}: {said(error)}", "fix the decorator")
            return None
        if callable(made):
            bound: Handler = made
            return bound
        place = self._sources.place(decorator)
        self._tell(node, f"the decorator {path} returned no function ({place})", "return the wrapped function")
        return None

    def _check_decorate_request(self, operation: Operation) -> None:
        """Only clients call it; but that it is not there should not be found out by them."""
        path = operation.extensions.get("x-decorate-request")
        if isinstance(path, str):
            node = operation.node.get("x-decorate-request") or operation.node
            self._importer.function(path, node, f"for calls of {operation.title}")

    def _check_handlers(self, root: Node) -> None:
        """x-handlers that lead to no function: each operation below names one of its own."""
        paths = root.get("paths")
        items = [item for _, item in paths.items()] if paths is not None else []
        for holder in (root, *items):
            given = holder.get("x-handlers")
            if given is not None and given.value not in self._handlers:
                fact = "no operation takes its function from here"
                self.doubts.append(given.fault(fact, "remove it, or the x-bind-server of the operations", at_key=True))


def _cure_of_unbound(operation: Operation) -> str:
    handlers = operation.extensions.get("x-handlers")
    if isinstance(handlers, str) and operation.operation_id is None:
        first = f"add an `operationId`, the name of its function in {handlers}"
    else:
        first = "add `x-bind-server: package.module.function`"
    return f"{first}, or `x-no-bind-server: true` if Flask serves it"


def _handlers_node(root: Node, operation: Operation) -> Node:
    """The x-handlers that is nearest to an operation."""
    above = -2 if operation.node.pointer[-2] == "additionalOperations" else -1
    item = operation.node.file.root.at(*operation.node.pointer[:above])
    found = operation.node.get("x-handlers") or item.get("x-handlers") or root.get("x-handlers")
    assert found is not None, "one of them has it"
    return found


def _name_in(holder: Any, operation_id: str) -> str:
    """The function for an operationId: of that name, or of that name in snake_case where there is only that."""
    snake = snake_case(operation_id)
    is_snake = not hasattr(holder, operation_id) and (hasattr(holder, snake) or not operation_id.isidentifier())
    return snake if is_snake else operation_id
