"""pymacaron trace"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator

import click

from pymacaron.logs.tree import SHORTEST, lines_of, spans_of, tree_of


@click.command()
@click.argument("call_id")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print the log lines of these calls as a JSON array, in order.")
def trace(call_id: str, files: tuple[str, ...], as_json: bool) -> None:
    """Print the tree of calls that belong to CALL_ID.

    FILES are the JSON logs of all services; "-" is standard input, and *.gz files are unpacked. The first eight digits
    of the id are enough. The id of a trace works, too.

    \b
      pymacaron trace 17f900c8 shop.log payments.log.gz
      journalctl -u shop | pymacaron trace 17f900c8 -

    Exit codes: 0, 1 there is no such call, 2 a file cannot be read.
    """
    spans = spans_of(line for file in files for line in lines_of(_texts(file), call_id))
    if not spans:
        short = f"a part of an id has {SHORTEST} characters or more" if len(call_id) < SHORTEST else ""
        cure = short or "are they JSON logs (log_format: json)?"
        click.echo(f"no call {call_id} in {', '.join(files)}; {cure}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps([{**span.line, "notes": span.notes} for span in spans], indent=2))
    else:
        click.echo("\n".join(tree_of(spans)))


def _texts(file: str) -> Iterator[str]:
    try:
        yield from _read(file)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from None


def _read(file: str) -> Iterator[str]:
    if not file.endswith(".gz"):
        with click.open_file(file, encoding="utf-8", errors="replace") as plain:
            yield from plain
        return
    try:
        with gzip.open(file, "rt", encoding="utf-8", errors="replace") as packed:
            yield from packed
    except (gzip.BadGzipFile, EOFError, zlib.error):
        click.echo(f"{file}: not a gzip file, or it is incomplete; what could be read was read", err=True)
