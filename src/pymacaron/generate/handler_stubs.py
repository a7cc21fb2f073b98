"""`handlers.pyi` of an API: a Protocol for the function of each operation; and `bound.pyi`, which tells checkers that
the functions are of them."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron.binding.signatures import takes_body
from pymacaron.operations import Operation, Parameter
from pymacaron.pool import LoadedApi

from .annotations import Catalogue, folder_of
from .client_stubs import class_names
from .functions import Modules, Place, defaults_of, place_of
from .text import ANY, NONE, Module, union
from .values import Values, failures, successes, summary

_OWN = ("Returned", "Result", "T")
_RESULT = """T = TypeVar("T")
Result: ‹TypeAlias› = T | ‹tuple›[T, ‹int›] | ‹tuple›[T, ‹int›, ‹Any›] | ‹PyMacaronException› | ‹Response›
Returned: ‹TypeAlias› = Result[T] | ‹Awaitable›[Result[T]]
"""


class HandlerStubs:
    """The functions of one API, as a stub."""

    def __init__(self, api: LoadedApi, catalogue: Catalogue, modules: Modules) -> None:
        self._api, self._catalogue, self._modules = api, catalogue, modules
        self._classes = class_names(api, _OWN)
        self._module = Module(folder_of(api.name), [*_OWN, *(name for name, _ in self._classes.values())])

    def text(self) -> str:
        """The Protocols."""
        self._module.add_import("from typing import TypeVar")
        body = [self._module.text(_RESULT)]
        body += [line for name, operation in self._classes.values() for line in self._class(name, operation)]
        return self._module.written(f"The functions that implement the API {self._api.name}.", body)

    def bound(self) -> str:
        """Each function that there is, said to be of its Protocol."""
        module = Module(folder_of(self._api.name), [])
        module.add_import("from . import handlers as _handlers")
        body = []
        for method, (name, operation) in self._classes.items():
            place = self._checkable(operation)
            if place is not None:
                alias = "_" + place.module.replace(".", "_")
                module.add_import(f"import {place.module} as {alias}")
                body.append(f"{method}: _handlers.{name} = {alias}.{place.name}")
        return module.written(f"Where the functions of the API {self._api.name} are checked.", body)

    def _checkable(self, operation: Operation) -> Place | None:
        """The function of an operation, if it is one whose signature counts: a decorator may have another."""
        decorated = operation.extensions.get("x-decorate-server") not in {None, "pymacaron.auth.requires_auth"}
        place = None if decorated else place_of(operation, self._modules)
        return place if place is not None and self._modules.definition(place) is not None else None

    def _class(self, name: str, operation: Operation) -> Iterator[str]:
        yield self._module.text(f"class {name}(‹Protocol›):")
        yield f'    """{summary(operation)}"""\n'
        yield self._module.text(
            f"    def __call__({self._arguments(operation)}) -> Returned[{self.result(operation)}]: ..."
        )
        yield ""

    def _arguments(self, operation: Operation) -> str:
        values = Values(self._catalogue, operation, given=False)
        body: list[str] = []
        if takes_body(operation):
            marked = values.body()
            body = [f"body: {marked if operation.body_required else union([marked, NONE])}, /"]
        place = self._checkable(operation)
        definition = self._modules.definition(place) if place is not None else None
        defaults = defaults_of(definition) if definition is not None else set()
        sent = [f"{one.argument}: {sent_as(values, one, defaults)}" for one in operation.parameters]
        return ", ".join(["self", *body, *(["*"] if sent else []), *sent])

    def result(self, operation: Operation) -> str:
        """What a function may return, without a status."""
        if operation.extensions.get("x-async"):
            return ANY
        values = Values(self._catalogue, operation, given=True)
        answers = successes(operation)
        if not answers:
            return ANY
        wrong = values.answers(answer for answer in failures(operation) if answer.contents)
        return union([values.answers(answers), *([wrong] if wrong != ANY else [])])


def sent_as(values: Values, parameter: Parameter, defaults: set[str]) -> str:
    """What a function gets for a parameter. One that nobody sent is not passed to a function with a default of its own,
    and None to others."""
    marked = values.parameter(parameter)
    is_sent = parameter.required or "default" in parameter.schema.value or parameter.argument in defaults
    return marked if is_sent else union([marked, NONE])
