"""`pymacaron upgrade FILE`: a document of Swagger 2.0 or OpenAPI 3.0 rewritten as OpenAPI 3.1."""

from __future__ import annotations

import os
import sys
import tempfile

import click

from pymacaron.comparison import Change, compare
from pymacaron.comparison.sources import documents_at
from pymacaron.exceptions import DocumentError
from pymacaron.upgrade import Upgraded
from pymacaron.upgrade import upgrade as upgraded

from .telling import reading_only


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("-o", "--output", metavar="PATH", help="Write there, and leave FILE as it is; - prints it.")
def upgrade(file: str, output: str | None) -> None:
    """Rewrite FILE, Swagger 2.0 or OpenAPI 3.0, as OpenAPI 3.1.

    Its order, comments and quotes stay. The result is read and compared with what was there before anything is
    written; what 3.1 cannot say in the same way is told.

    \b
      pymacaron upgrade apis/shop.yaml
      pymacaron upgrade apis/shop.yaml --output shop-3.1.yaml

    Exit codes: 0 it says the same, 1 it was written and what changed is told, 2 nothing was written.
    """
    reading_only()
    made = upgraded(file)
    changes = _compared(file, made)
    for line in made.told:
        click.echo(f"{file}: {line}", err=True)
    for change in changes:
        concerned = f"{', '.join(change.operations[:3])}: " if change.operations else ""
        click.echo(f"{change.place}: {concerned}{change.fact} ({change.kind.name})", err=True)
    if output == "-":
        click.echo(made.text, nl=False)
    else:
        _replace(output or file, made.text)
    sys.exit(1 if made.told or changes else 0)


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


def _replace(path: str, text: str) -> None:
    """Write a file as a whole or not at all; one that is there keeps its permissions."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as stream:
            stream.write(text)
        os.chmod(stream.name, os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o644)
        os.replace(stream.name, path)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
