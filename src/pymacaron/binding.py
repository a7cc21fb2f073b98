"""The function behind each operation: found by its name, checked against the document, decorated."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

from ._types import Handler
from .documents import Node, findings, suggest
from .exceptions import Finding
from .names import snake_case
from .operations import Operation

REQUIRES_AUTH = "pymacaron.auth.requires_auth"


class Bound(NamedTuple):
    """An operation, what is called for it, and the user's function inside that: the same if nothing decorates it."""

    operation: Operation
    function: Handler
    inner: Handler


def bind(operations: Iterable[Operation]) -> tuple[list[Bound], list[Finding]]:
    """The function of every operation that is served, and everything that is wrong with them."""
    binding = _Binding()
    served = (operation for operation in operations if operation.extensions.get("x-no-bind-server") is not True)
    bound = [found for operation in served if (found := binding.bind(operation)) is not None]
    return bound, binding.found


class _Binding:
    """What one start has imported, and what it has found wrong."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._broken: set[str] = set()  # modules whose import failed: told once, and not tried again

    def bind(self, operation: Operation) -> Bound | None:
        path, node = self._function_path(operation)
        if path is None:
            cure = "add `x-bind-server: package.module.function`, or `x-no-bind-server: true` if Flask serves it"
            self._tell(operation.node, f"{operation.title} is bound to no function", cure)
            return None
        function = self._imported(path, node, operation)
        if function is None:
            return None
        self.found += _signature_findings(operation, function, path)
        decorated = self._decorated(operation, function)
        return None if decorated is None else Bound(operation, decorated, function)

    def _tell(self, node: Node, fact: str, cure: str | None) -> None:
        self.found += findings([node.fault(fact, cure)])

    def _function_path(self, operation: Operation) -> tuple[str | None, Node]:
        """The dotted path of the function, and where the document says it."""
        extensions, operation_id = operation.extensions, operation.operation_id
        given = extensions.get("x-bind-server")
        if isinstance(given, str):
            return given, operation.node.get("x-bind-server") or operation.node
        node = operation.node.get("operationId") or operation.node
        handlers = extensions.get("x-handlers")
        if isinstance(handlers, str) and isinstance(operation_id, str):
            return f"{handlers}.{self._handler_name(handlers, operation_id)}", node
        if isinstance(operation_id, str) and "." in operation_id and operation_id.replace(".", "").isidentifier():
            return operation_id, node
        return None, node

    def _handler_name(self, module: str, operation_id: str) -> str:
        """The function for an operationId: of that name, or of that name in snake_case where there is only that."""
        snake = snake_case(operation_id)
        try:
            names = vars(import_module(module)) if module not in self._broken else {}
        except Exception:  # noqa: BLE001 - _imported() meets it again, and tells
            return operation_id
        is_snake = operation_id not in names and (snake in names or not operation_id.isidentifier())
        return snake if is_snake else operation_id

    def _imported(self, path: str, node: Node, operation: Operation) -> Handler | None:
        """The function that a dotted path names: the longest part that is a module, then attributes."""
        steps = path.split(".")
        for length in range(len(steps) - 1, 0, -1):
            module = ".".join(steps[:length])
            if module in self._broken:
                return None
            try:
                value: Any = import_module(module)
            except Exception as error:  # noqa: BLE001 - the user's module runs here, and may raise anything
                if _is_absent(error, module):
                    continue  # perhaps a class of a shorter module
                self._broken.add(module)
                fact = f"importing {module} for {operation.title} failed: {_said(error)}{_last_line(error)}"
                self._tell(node, fact, "mend that module")
                return None
            return self._attribute(value, steps[length:], path, node, operation)
        cure = "write package.module.function, with the folder of the package on Python's path"
        self._tell(node, f"no module {'.'.join(steps[:-1]) or path!r} for {operation.title}", cure)
        return None

    def _attribute(self, value: Any, steps: list[str], path: str, node: Node, operation: Operation) -> Handler | None:
        for step in steps:
            if not hasattr(value, step):
                cure = suggest(step, [name for name in dir(value) if not name.startswith("_")])
                file = getattr(value, "__file__", None)
                self._tell(node, f"no function {path} for {operation.title}{f' in {file}' if file else ''}", cure)
                return None
            value = getattr(value, step)
        if not callable(value):
            self._tell(node, f"{path} is not callable", "name a function")
            return None
        function: Handler = value
        return function

    def _decorated(self, operation: Operation, function: Handler) -> Handler | None:
        path = operation.extensions.get("x-decorate-server")
        if not isinstance(path, str):
            return function
        node = operation.node.get("x-decorate-server") or operation.node
        if path == REQUIRES_AUTH:
            fact = f"{operation.title} wants authentication, which this version does not have yet"
            self._tell(node, fact, "serve it with a later version; it is not served without its check")
            return None
        decorator = self._imported(path, node, operation)
        if decorator is None:
            return None
        try:
            made = decorator(function)
        except Exception as error:  # noqa: BLE001 - the user's decorator may raise anything
            fact = f"the decorator {path} failed: {_said(error)}{_last_line(error)}"
            self._tell(node, fact, "mend the decorator")
            return None
        if not callable(made):
            self._tell(node, f"the decorator {path} returned no function", "return the wrapped function")
            return None
        decorated: Handler = made
        return decorated


def _is_absent(error: Exception, module: str) -> bool:
    """Is that module not there, or a package around it? Another one may be missing inside it."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    return name is not None and f"{module}.".startswith(f"{name}.")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


_OURS = os.path.dirname(os.path.abspath(__file__))


def _last_line(error: BaseException) -> str:
    """The last line of the user's code on the way to an error."""
    found, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith((_OURS, "<")):
            found = f" ({path}:{trace.tb_lineno})"
        trace = trace.tb_next
    return found


def _signature_findings(operation: Operation, function: Handler, path: str) -> list[Finding]:
    """What the function does not take, and what it wants that the document does not send."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return []  # written in C: it will say itself
    facts = list(_mismatches(operation, signature))
    place = _place_of(function) if facts else ""
    return [Finding(place, f"{path} for {operation.title}", fact, cure) for fact, cure in facts]


def _mismatches(operation: Operation, signature: inspect.Signature) -> Iterable[tuple[str, str | None]]:
    kinds = inspect.Parameter
    parameters = list(signature.parameters.values())
    positional = [p for p in parameters if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    takes_body = bool(operation.contents) and not operation.has_form_fields
    rest = parameters
    if takes_body:
        if not positional and not any(p.kind is kinds.VAR_POSITIONAL for p in parameters):
            yield "it does not take the body, which comes as the first positional argument", "add a first parameter"
        rest = [p for p in parameters if p not in positional[:1]]
    sent = {parameter.argument: parameter for parameter in operation.parameters}
    named = {p.name for p in rest if p.kind in (kinds.KEYWORD_ONLY, kinds.POSITIONAL_OR_KEYWORD)}
    if not any(p.kind is kinds.VAR_KEYWORD for p in rest):
        for name in sent.keys() - named:
            wire = sent[name]
            cure = suggest(name, named) or f"add a parameter {name!r}"
            yield f"it does not take {name!r} (the {wire.location} parameter {wire.name!r})", cure
    for parameter in rest:
        required = parameter.default is kinds.empty and parameter.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)
        if required and (parameter.name not in sent or parameter.kind is kinds.POSITIONAL_ONLY):
            cure = suggest(parameter.name, sent) or "declare it in the document, or give it a default"
            yield f"it requires {parameter.name!r}, which the document does not send", cure


def _place_of(function: Handler) -> str:
    try:
        code = inspect.unwrap(function).__code__
    except (AttributeError, ValueError):
        return getattr(function, "__module__", None) or repr(function)
    return f"{code.co_filename}:{code.co_firstlineno}"
