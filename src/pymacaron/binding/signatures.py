"""Does a function take what the document sends, and does the document send what it wants?"""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from pymacaron.documents import Node
from pymacaron.names import closest
from pymacaron.operations import Operation, Parameter

from .sources import Python

# Where annotations are read late (Python 3.14), names that only type checkers know stay names.
_LENIENTLY: dict[str, Any] = {}
if sys.version_info >= (3, 14):
    _LENIENTLY["annotation_format"] = import_module("annotationlib").Format.FORWARDREF

_KINDS = inspect.Parameter
_BY_NAME = (_KINDS.POSITIONAL_OR_KEYWORD, _KINDS.KEYWORD_ONLY)
_BY_PLACE = (_KINDS.POSITIONAL_ONLY, _KINDS.POSITIONAL_OR_KEYWORD)


class Mismatch(NamedTuple):
    """What does not fit: where the document says it, the fact, the cure, and the function's parameter, if it is one.

    With `works` it may do all the same: then it is no reason not to start.
    """

    node: Node
    fact: str
    cure: str | None
    parameter: str | None = None
    works: bool = False


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """The parameters of a callable; None for what is written in C and does not tell them."""
    try:
        return inspect.signature(function, **_LENIENTLY)
    except (TypeError, ValueError):
        return None


def takes_body(operation: Operation) -> bool:
    """Does the function get the body as its first positional argument?"""
    return bool(operation.contents) and not operation.has_form_fields


def mismatches(
    operation: Operation, name: str, signature: inspect.Signature, python: Python | None
) -> Iterator[Mismatch]:
    """Everything in which the parameters of the function called `name` differ from what the document sends."""
    wrapped = _Wrapped(python.wrappers if python is not None else ())
    sent = {parameter.argument: parameter for parameter in operation.parameters}
    parameters = list(signature.parameters.values())
    if takes_body(operation):
        first = next((p for p in parameters if p.kind in _BY_PLACE), None)
        if first is not None and first.name in sent and first.kind is not _KINDS.POSITIONAL_ONLY:
            yield _body_is_first(operation, name, sent, parameters)
            return
        if first is not None:
            parameters.remove(first)
        elif not any(p.kind is _KINDS.VAR_POSITIONAL for p in parameters):
            fact = f"{operation.title} has a body, but {name} does not take it"
            yield Mismatch(operation.body_node or operation.node, fact, "add a first positional argument for the body")
    missing = _missing(sent, parameters)
    excess = {p.name: p for p in parameters if _is_required(p) and (p.name not in sent or p.kind not in _BY_NAME)}
    unsent = [p.name for p in parameters if p.name not in sent and p.kind in _BY_NAME]
    for argument, parameter in missing.items():
        wanted = excess.pop(argument, None)
        near = closest(argument, excess) or closest(argument, unsent)
        excess.pop(near or "", None)
        if not wrapped.mentions(argument):
            yield _not_taken(operation, name, parameter, near, by_place=wanted is not None)
    for argument in excess:
        if not wrapped.adds(argument):
            fact = f"{name} requires '{argument}', which {operation.title} does not send"
            cure = "declare it in the document, give it a default, or remove it"
            yield Mismatch(operation.node.get("parameters") or operation.node, fact, cure, argument)


def _missing(sent: Mapping[str, Parameter], parameters: list[inspect.Parameter]) -> dict[str, Parameter]:
    """What is sent, but not taken."""
    if any(p.kind is _KINDS.VAR_KEYWORD for p in parameters):
        return {}
    taken = {p.name for p in parameters if p.kind in _BY_NAME}
    return {name: parameter for name, parameter in sent.items() if name not in taken}


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is _KINDS.empty and parameter.kind in (*_BY_PLACE, _KINDS.KEYWORD_ONLY)


def _not_taken(operation: Operation, name: str, sent: Parameter, near: str | None, *, by_place: bool) -> Mismatch:
    if by_place:
        fact = f"{operation.title} sends the {described(sent)} by name, but {name} takes it by position only"
        return Mismatch(sent.node, fact, "remove the '/' from its parameters", sent.argument)
    fact = f"{operation.title} sends the {described(sent)}, but {name} does not take it"
    cure = f"did you mean its parameter '{near}'? Use one name for both" if near else "add that parameter"
    return Mismatch(sent.node, fact, cure, near)


def _body_is_first(
    operation: Operation, name: str, sent: Mapping[str, Parameter], parameters: list[inspect.Parameter]
) -> Mismatch:
    """The body would be given to a parameter that is also sent by name."""
    first, *rest = [p.name for p in parameters if p.kind in _BY_PLACE]
    meant = next((other for other in rest if other not in sent), None)
    fact = f"{operation.title} sends its body first, where {name} takes the {described(sent[first])}"
    cure = f"make '{meant}' its first parameter" if meant else "add a parameter for the body before it"
    return Mismatch(operation.body_node or operation.node, fact, cure, first)


def described(parameter: Parameter) -> str:
    name = f"{parameter.location} parameter '{parameter.name}'"
    return name if parameter.argument == parameter.name else f"{name} as '{parameter.argument}'"


class _Wrapped:
    """What may happen to arguments on their way through wrappers (`functools.wraps`), as far as code shows it."""

    def __init__(self, wrappers: tuple[FunctionType, ...]) -> None:
        self._codes = [wrapper.__code__ for wrapper in wrappers]

    def mentions(self, name: str) -> bool:
        """Does a wrapper name an argument? Then it may take it for itself, or add it."""
        return any(name in _words(code) for code in self._codes)

    def adds(self, name: str) -> bool:
        """May a wrapper add an argument, by name or before those that it passes on?"""
        return self.mentions(name) or any(_extends(code) for code in self._codes)


def _words(code: CodeType) -> set[Any]:
    found: set[Any] = {*code.co_varnames, *code.co_names}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _words(constant)
        found.update(constant if isinstance(constant, tuple) else (constant,) if isinstance(constant, str) else ())
    return found


def _extends(code: CodeType) -> bool:
    """Is a list of arguments built, as for `f(session, *args)`, and not only passed on, as for `f(*args)`?"""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return any(step.opname == "LIST_EXTEND" for step in dis.get_instructions(code)) or any(map(_extends, inner))
