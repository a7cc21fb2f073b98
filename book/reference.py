"""The pages on the public API, the command line and versions of documents, filled with what the code says of itself.

`docs/cli.md` gets the help of every command, `docs/diff.md` every kind of change. `docs/api.md` names what is public:
below a heading `## pymacaron.auth`, a line of names in code. On the site each name is followed by its signature and its
docstring; in the repository it is a list.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from types import GenericAlias, UnionType
from typing import Any, ForwardRef

import click

from pymacaron.cli import pymacaron as program
from pymacaron.comparison import KINDS
from pymacaron.exceptions import PyMacaronException
from pymacaron.pool import Pool

HEADING = re.compile(r"^## `(?P<module>pymacaron[\w.]*)`$", re.MULTILINE)
NAMES = re.compile(r"^`\w+`(?:,\s`\w+`)*\n\n", re.MULTILINE)
PART = re.compile(r"^(?P<title>(?:Args|Attributes|Raises)[^:\n]*:)\n(?P<text>(?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)
ENTRY = re.compile(r"^([\w*, ]+): ")
MODULE = re.compile(r"\b[\w.]+\.(?=\w)")
WIDTH = 100


def named(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each module of the page with its names."""
    for module, rest in _parts(page):
        found = NAMES.search(rest)
        yield module, re.findall(r"\w+", found[0]) if found else []


def filled(page: str) -> str:
    """The page with what the code says of each name."""
    head = page[: found.start()] if (found := HEADING.search(page)) else page
    parts = (f"## `{module}`{_entries(module, rest)}" for module, rest in _parts(page))
    return head + "".join(parts)


def commands(page: str) -> str:
    """The page on the command line, with the help of each command at its end."""
    return page + "".join(f"\n### `{name}`\n\n```text\n{told}\n```\n" for name, told in _helps(program, "pymacaron"))


def kinds(page: str) -> str:
    """The page on versions of a document, with every kind of change at its end."""
    rows = (f"| `{kind.name}` | {_and(kind.breaks)} | {kind.reason} |\n" for kind in KINDS.values())
    return page + "\n| kind | breaks | why |\n|---|---|---|\n" + "".join(rows)


def _and(breaks: Sequence[str]) -> str:
    return " and ".join(f"the {one}" if one == "service" else one for one in breaks) or "nobody"


def _helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            below = command.get_command(context, one)
            yield from _helps(below, f"{name} {one}") if below else ()


def _parts(page: str) -> Iterator[tuple[str, str]]:
    """The modules of the page with the text below their headings."""
    found = list(HEADING.finditer(page))
    ends = [one.start() for one in found[1:]] + [len(page)]
    yield from ((one["module"], page[one.end() : end]) for one, end in zip(found, ends, strict=True))


def _entries(module: str, text: str) -> str:
    room = importlib.import_module(module)

    def entry(found: re.Match[str]) -> str:
        return "\n".join(f"### `{name}`\n\n{_said(name, getattr(room, name))}" for name in re.findall(r"\w+", found[0]))

    return NAMES.sub(entry, text, count=1)


def _said(name: str, value: Any) -> str:
    """What is to be known of a value: how it is called, what its docstring says, and its public methods."""
    if isinstance(value, Pool):
        return f"{docstring_of(type(value))}\n" + "".join(_methods(name, type(value)))
    if isinstance(value, GenericAlias | UnionType):
        return f"A type: `{MODULE.sub('', str(value))}`.\n"
    if not callable(value):
        return f"A value: `{value!r}`.\n"
    if inspect.isclass(value) and issubclass(value, PyMacaronException):
        base = value.__mro__[1].__name__
        return f"{docstring_of(value)}\n\nStatus {value.status}, code `{value.code}`. Base class: `{base}`.\n"
    said = f"{_signature(name, value)}\n{docstring_of(value)}\n"
    return said + "".join(_methods(name, value)) if inspect.isclass(value) else said


def _methods(name: str, value: type) -> Iterator[str]:
    for method, found in vars(value).items():
        if isinstance(found, property | classmethod | staticmethod) or inspect.isfunction(found):
            text = docstring_of(getattr(value, method)) if not method.startswith("_") else ""
            if text:
                called = "" if isinstance(found, property) else _signature(f"{name}.{method}", getattr(value, method))
                yield f"\n**`{name}.{method}`**\n\n{called}\n{text}\n"


def docstring_of(value: Any) -> str:
    """The docstring of its own, not one that it inherits, with its lists as Markdown; empty without one."""
    text = inspect.cleandoc(value.__doc__ or "") if hasattr(value, "__doc__") else ""
    return PART.sub(lambda part: f"{part['title']}\n\n{_listed(part['text'])}", text)


def _listed(text: str) -> str:
    """What stands indented below `Args:`, as a list; lines that are indented further belong to the one above."""
    lines = inspect.cleandoc(text).splitlines()
    named = (ENTRY.sub(r"- `\1`: ", line) if line[:1].strip() else line.strip() for line in lines)
    return "\n".join(named) + "\n\n"


def _signature(name: str, value: Any) -> str:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # made in C, or with arguments that are known at run time only
        return ""
    found = signature.return_annotation
    end = "" if found is inspect.Signature.empty or inspect.isclass(value) else f" -> {_annotation(found)}"
    several = [one for one in _parameters(signature) if one != "self"]
    text = f"{name}({', '.join(several)}){end}"
    if len(text) > WIDTH:
        text = "\n    ".join([f"{name}(", *(f"{one}," for one in several)]) + f"\n){end}"
    return f"```python\n{text}\n```\n"


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    """The parameters as they are written, with the star before those that are named."""
    starred = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            yield "*"
        starred = starred or parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        yield _parameter(parameter)


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "*" * ((parameter.kind is parameter.VAR_POSITIONAL) + 2 * (parameter.kind is parameter.VAR_KEYWORD))
    kind = "" if parameter.annotation is parameter.empty else f": {_annotation(parameter.annotation)}"
    default = parameter.default
    told = "" if default is parameter.empty else f" = {default.__name__ if callable(default) else repr(default)}"
    return f"{stars}{parameter.name}{kind}{told if kind else told.replace(' ', '')}"


def _annotation(found: Any) -> str:
    """A type as it is written; those of this package are texts."""
    found = found.__forward_arg__ if isinstance(found, ForwardRef) else found
    return found.strip("'\"") if isinstance(found, str) else str(getattr(found, "__name__", found))
