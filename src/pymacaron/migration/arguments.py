"""Functions that are called with other arguments now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from pymacaron.names import python_name

from .documents import Bound
from .files import File
from .names import CONNEXION_GIVES
from .rules import Change
from .source import Function, Source


def arguments(
    operations: Iterable[Bound], sources: Mapping[File, Source | None], kinds: Collection[str]
) -> Iterator[Change]:
    """What must change in the functions of operations, where they are in the project."""
    functions = {
        f"{file.module}.{one.name}": (file, source, one)
        for file, source in sources.items() if source is not None for one in source.functions()
    }  # fmt: skip
    for operation in operations:
        found = functions.get(operation.function or "")
        if found is not None and "connexion" in kinds:
            yield from _of_connexion(*found, operation)
        elif found is not None:
            yield from _keywords(found[0], found[2], operation)


def _of_connexion(file: File, source: Source, function: Function, operation: Bound) -> Iterator[Change]:
    """The body comes first, and is a model; who calls is asked for; names are those of the document."""
    arguments, body, title = function.arguments, operation.body, operation.title
    if body in [name for name in arguments if name != "self"][1:]:
        fact = f"{function.name} gets the body of {title} as its first argument, not as {body}="
        yield file.change("argument", function.at, fact, f"move {body} to the front")
    for name in (name for name in arguments if name in CONNEXION_GIVES):
        fact = f"{function.name} takes {name}, which connexion gives"
        yield file.change("argument", function.at, fact, f"{CONNEXION_GIVES[name]} in place of the argument")
    for field in operation.fields:
        if field in arguments and field != body:
            fact = f"{function.name} takes {field}, a field of the form of {title}"
            yield file.change("argument", function.at, fact, f"write {body}.{field}: the form is the first argument")
    for name in operation.keywords:
        old = next((one for one in _pythonic(name) if one in arguments and python_name(name) not in arguments), None)
        if old is not None:
            fact = f"{function.name} gets {name} of {title} as {python_name(name)}, not as {old}"
            yield file.change("argument", function.at, fact, f"rename {old} to {python_name(name)}")
    for at in source.uses_as_dict(function, body) if body is not None and operation.has_model else ():
        fact = f"{body} is a model, and no dict"
        cure = f"write {body}.NAME, {body}['NAME'], or {body}.to_json() for a dict"
        yield file.change("body", at, fact, cure)


def _pythonic(name: str) -> Iterator[str]:
    """What connexion may call the argument for a parameter: without signs, and with `pythonic_params`."""
    yield re.sub(r"\W", "", name)
    snake = re.sub(r"\W", "", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    yield from (snake, f"{snake}_", f"{name}_")


def _keywords(file: File, function: Function, operation: Bound) -> Iterator[Change]:
    """Names that are none in Python, which functions of pymacaron 1.x found in their **kwargs as they were."""
    rest = function.node.args.kwarg
    if rest is None:
        return  # the start tells of arguments that are missing
    for name, ours in ((name, python_name(name)) for name in operation.keywords):
        if ours != name and ours not in function.arguments:
            fact = f"{function.name} gets {name} of {operation.title} as {ours}"
            yield file.change(
                "argument", function.at, fact, f"read {rest.arg}[{ours!r}], or take {ours} as an argument"
            )
