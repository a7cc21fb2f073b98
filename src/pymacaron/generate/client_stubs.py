"""`client.pyi` of an API: its operations as functions to call."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import NamedTuple

from pymacaron.client import by_name
from pymacaron.client.options import PER_CALL, CallOptions
from pymacaron.names import free_name
from pymacaron.operations import Operation
from pymacaron.pool import LoadedApi
from pymacaron.shapes import pascal_case

from .annotations import Catalogue, folder_of
from .text import ANY, NONE, Module, alternatives, union
from .values import Values, failures, successes, summary


def class_names(api: LoadedApi, taken: tuple[str, ...] = ()) -> dict[str, tuple[str, Operation]]:
    """By the name of its method, what the class of each operation is called in stubs."""
    found: dict[str, tuple[str, Operation]] = {}
    used = set(taken)
    for name, operation in by_name(api.document.operations).items():
        if name.isidentifier() and not keyword.iskeyword(name):
            made = free_name(pascal_case(name), used)
            used.add(made)
            found[name] = made, operation
    return found


class Signature(NamedTuple):
    """What a method takes, as marked source.

    Attributes:
        taken: the names of its parameters; options of these names end in _.
    """

    body: list[str]
    needed: list[str]
    others: list[str]
    taken: frozenset[str]

    def written(self, option: str = "") -> str:
        """The arguments, with one that decides what the method gives."""
        keywords = [*self.needed, *([option] if option else []), *self.others, *self._options()]
        star = [] if keywords[0].startswith("**") else ["*"]
        return ", ".join(["self", *self.body, *star, *keywords])

    def outcomes(self, result: str) -> Iterator[tuple[str, str]]:
        """The options that decide what a method gives, and what it gives then."""
        stream, whole = self._spelt("stream"), self._spelt("with_response")
        yield f"{stream}: ‹Literal›[True]", ANY
        yield f"{whole}: ‹Literal›[True]", f"‹Answered›[{result}]"
        yield f"{whole}: ‹Literal›[False] = ..., {stream}: ‹Literal›[False] = ...", result

    def _options(self) -> list[str]:
        if not self.taken & PER_CALL.keys():
            return ["**options: ‹Unpack›[‹CallOptions›]"] if "options" not in self.taken else [f"**more: {ANY}"]
        return [f"{self._spelt(name)}: {ANY} = ..." for name in CallOptions.__annotations__]

    def _spelt(self, option: str) -> str:
        return option + "_" * (option in self.taken)


class ClientStubs:
    """The client of one API, as a stub.

    Args:
        raises: errors are raised, not returned.
    """

    def __init__(self, api: LoadedApi, catalogue: Catalogue, *, raises: bool) -> None:
        self._api, self._catalogue, self._raises = api, catalogue, raises
        self._classes = class_names(api, ("Client",))
        self._module = Module(folder_of(api.name), ["Client", *(name for name, _ in self._classes.values())])

    def text(self) -> str:
        body = [line for made, operation in self._classes.values() for line in self._class(made, operation)]
        body += ["class Client:", *(f"    {name}: {made}" for name, (made, _) in self._classes.items())]
        body += [] if self._classes else ["    pass"]
        return self._module.written(f"The API {self._api.name} as a client.", body)

    def _class(self, name: str, operation: Operation) -> Iterator[str]:
        text = self._module.text
        signature, result = self._signature(operation), self.result(operation)
        yield f'class {name}:\n    """{summary(operation)}"""\n'
        yield text("    operation: ‹Operation›")
        yield "    __name__: str"
        for method in ("def __call__", "async def aio"):
            for option, given in signature.outcomes(result):
                yield text(f"    @‹overload›\n    {method}({signature.written(option)}) -> {given}: ...")
        if operation.method == "GET":
            yield text(f"    def pages({signature.written()}) -> ‹Pages›[{self._result_alone(operation)}]: ...")
            yield text(f"    def items({signature.written()}) -> ‹Items›[{self._item(operation)}]: ...")
        yield ""

    def _signature(self, operation: Operation) -> Signature:
        values = Values(self._catalogue, operation, given=True)
        body: list[str] = []
        if operation.contents and not operation.has_form_fields:
            marked = values.body()
            body = [f"body: {marked}, /" if operation.body_required else f"body: {union([marked, NONE])} = ..., /"]
        inputs = {one.argument: one for one in operation.parameters}
        needed = [f"{name}: {values.parameter(one)}" for name, one in inputs.items() if one.required]
        others = [
            f"{name}: {union([values.parameter(one), NONE])} = ..." for name, one in inputs.items() if not one.required
        ]
        return Signature(body, needed, others, taken=frozenset(inputs))

    def result(self, operation: Operation) -> str:
        """What a call gives: with `client_errors: return` its errors, too."""
        alone = self._result_alone(operation)
        return alone if self._raises else union([alone, *self._errors(operation), "‹PyMacaronException›"])

    def _result_alone(self, operation: Operation) -> str:
        answers = successes(operation)
        return Values(self._catalogue, operation, given=False).answers(answers) if answers else ANY

    def _item(self, operation: Operation) -> str:
        alone = self._result_alone(operation)
        return alone[len("‹list›[") : -1] if alone.startswith("‹list›[") and alternatives(alone) == [alone] else ANY

    def _errors(self, operation: Operation) -> list[str]:
        """The models that errors arrive as."""
        marked = Values(self._catalogue, operation, given=False).answers(failures(operation))
        return [one for one in alternatives(marked) if one in self._catalogue.errors]
