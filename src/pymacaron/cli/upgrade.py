"""`pymacaron upgrade FILE`: a document of Swagger 2.0 or OpenAPI 3.0 rewritten as OpenAPI 3.1."""

from __future__ import annotations

import json
import os
import sys
import tempfile

import click

from pymacaron.comparison import Change, compare
from pymacaron.comparison.sources import documents_at
from pymacaron.exceptions import DocumentError
from pymacaron.replacing import replace_file
from pymacaron.upgrade import Upgraded
from pymacaron.upgrade import upgrade as upgraded

from .telling import reading_only


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("-o", "--output", metavar="PATH", help="Write to PATH instead of FILE; - prints the result.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the messages, and what changed.")
@click.option("--bundled", is_flag=True, help="Copy what it refers to in other files into it.")
def upgrade(file: str, output: str | None, bundled: bool, as_json: bool) -> None:
    """Rewrite FILE, Swagger 2.0 or OpenAPI 3.0, as OpenAPI 3.1.

    Order, comments and quotes are kept. Before anything is written, the result is compared with the original, and
    differences in meaning are printed. Other files are not changed: a document of several files is refused, or becomes
    one file with --bundled.

    \b
      pymacaron upgrade apis/shop.yaml
      pymacaron upgrade apis/shop.yaml --output shop-3.1.yaml

    Exit codes: 0 it means the same, 1 it was written and differs as printed, 2 nothing was written.
    """
    if as_json and output == "-":
        raise click.UsageError("--json and --output - both print: write to a file, or leave --json out")
    reading_only()
    made = upgraded(file, bundled=bundled)
    changes = _compared(file, made)
    if output == "-":
        click.echo(made.text, nl=False)
    else:
        _write(output or file, made.text)
    if as_json:
        said = {"file": output or file, "told": made.told, "changes": [change.to_json() for change in changes]}
        click.echo(json.dumps(said, indent=2))
    else:
        _tell(file, made, changes)
    sys.exit(1 if made.told or changes else 0)


def _tell(file: str, made: Upgraded, changes: list[Change]) -> None:
    for line in made.told:
        click.echo(f"{file}: {line}", err=True)
    for change in changes:
        concerned = f"{', '.join(change.operations[:3])}: " if change.operations else ""
        click.echo(f"{change.place}: {concerned}{change.fact} ({change.kind.name})", err=True)


def _compared(file: str, made: Upgraded) -> list[Change]:
    """What the rewritten document says otherwise, of what matters to anybody.

    Raises:
        DocumentError: one of the two cannot be read; nothing may be written then.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(file))
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(made.text)
        try:
            with documents_at(file) as old, documents_at(path) as new:
                return [change for change in compare(old[""], new[""]) if change.kind.breaks]
        except DocumentError as error:
            placed = [one._replace(place=one.place.replace(path, f"{file} in 3.1")) for one in error.findings]
            raise DocumentError(placed) from None


def _write(path: str, text: str) -> None:
    try:
        replace_file(path, text)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}; name another file: --output") from None
