"""`pymacaron routes`: every operation of the documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import click

from pymacaron._types import JsonObject
from pymacaron.generate import Modules, place_of
from pymacaron.operations import Operation

from .documents import documents_of
from .telling import reading_only

_COLUMNS = ("method", "path", "function", "security", "api")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def routes(paths: tuple[str, ...], as_json: bool) -> None:
    """List every operation with its path, function and security.

    PATH is a document or a folder of documents. Default: the folder apis.

    \b
      pymacaron routes
      pymacaron routes apis/shop.yaml --json

    Exit codes: 0, or 2 if a document cannot be read.
    """
    reading_only()
    documents = documents_of(paths or ("apis",))
    modules = Modules([os.getcwd()])
    rows = [_row(operation, modules) for document in documents for operation in document.operations]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for line in _table([[str(row[name] or "-") for name in _COLUMNS] for row in rows]):
        click.echo(line)


def _row(operation: Operation, modules: Modules) -> JsonObject:
    function = place_of(operation, modules)
    return {
        "api": operation.api, "method": operation.method, "path": operation.path, "client": operation.name,
        "operation_id": operation.operation_id, "function": function.path if function is not None else None,
        "security": _security(operation),
    }  # fmt: skip


def _security(operation: Operation) -> str | None:
    """What opens the operation, in a line; None if it is open to all."""
    alternatives = [
        " and ".join(name + (f" ({', '.join(scopes)})" if scopes else "") for name, scopes in one.items()) or "nobody"
        for one in operation.security or ()
    ]
    decorator = str(operation.extensions.get("x-decorate-server", "")).rpartition(".")[2]
    named = [decorator] if decorator == "requires_auth" else []
    opened = f"({' or '.join(alternatives)})" if len(alternatives) > 1 else "".join(alternatives)
    return " and ".join(filter(None, (opened, *named))) or None


def _table(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    head = "  ".join(name.upper().ljust(width) for name, width in zip(_COLUMNS, widths, strict=True))
    yield click.style(head.rstrip(), bold=True)
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
