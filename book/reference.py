"""The page on the public API, filled with signatures and docstrings.

`docs/api.md` names what is public: below a heading `## pymacaron.auth`, a line of names in code. On the site each name
is followed by its signature and its docstring; in the repository it is a list.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from pymacaron.exceptions import PyMacaronException

HEADING = re.compile(r"^## `(?P<module>pymacaron[\w.]*)`$", re.MULTILINE)
NAMES = re.compile(r"^`\w+`(?:,\s`\w+`)*\n\n", re.MULTILINE)
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
    if not callable(value):
        return f"A value: `{value!r}`.\n"
    if inspect.isclass(value) and issubclass(value, PyMacaronException):
        return (
            f"{docstring_of(value)}\n\nStatus {value.status}, code `{value.code}`. A `{value.__mro__[1].__name__}`.\n"
        )
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
    """The docstring of its own, not one that it inherits; empty without one."""
    return inspect.cleandoc(value.__doc__ or "") if hasattr(value, "__doc__") else ""


def _signature(name: str, value: Any) -> str:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # made in C, or with arguments that are known at run time only
        return ""
    text = f"{name}{signature}"
    if len(text) > WIDTH:
        several = ",\n    ".join(_in_order(signature))
        text = f"{name}(\n    {several},\n)" + (f" -> {_annotation(signature)}" if _annotation(signature) else "")
    return f"```python\n{text}\n```\n".replace("'", "")


def _in_order(signature: inspect.Signature) -> Iterator[str]:
    """The parameters as they are written, with the star before those that are named."""
    starred = False
    for parameter in signature.parameters.values():
        starred = starred or parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        yield str(parameter)


def _annotation(signature: inspect.Signature) -> str:
    found = signature.return_annotation
    return "" if found is inspect.Signature.empty else str(getattr(found, "__name__", found))
