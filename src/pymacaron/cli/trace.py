"""pymacaron trace"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator

import click

from pymacaron.logs.tree import SHORTEST, lines_of, spans_of, tree_of


@click.command()
@click.argument("call_id")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def trace(call_id: str, files: tuple[str, ...]) -> None:
    """Print the tree of calls that belong to CALL_ID, from the JSON logs of all services in FILES ("-": standard
    input; *.gz are unpacked). Eight digits of the id are enough, and an id of a trace will do."""
    spans = spans_of(line for file in files for line in lines_of(_texts(file), call_id))
    if not spans:
        short = f"a part of an id has {SHORTEST} characters or more" if len(call_id) < SHORTEST else ""
        cure = short or "are they JSON logs (log_format: json)?"
        click.echo(f"no call {call_id} in {', '.join(files)}; {cure}", err=True)
        sys.exit(1)
    click.echo("\n".join(tree_of(spans)))


def _texts(file: str) -> Iterator[str]:
    if not file.endswith(".gz"):
        with click.open_file(file, encoding="utf-8", errors="replace") as plain:
            yield from plain
        return
    try:
        with gzip.open(file, "rt", encoding="utf-8", errors="replace") as packed:
            yield from packed
    except (gzip.BadGzipFile, EOFError, zlib.error):
        click.echo(f"{file}: it is no gzip file, or the end of one is missing; what is whole was read", err=True)
