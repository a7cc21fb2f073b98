"""`pymacaron handlers`: functions for operations that have none."""

from __future__ import annotations

import json
import os

import click

from pymacaron.generate import Modules
from pymacaron.generate.skeletons import completed, missing_packages, skeletons
from pymacaron.replacing import replace_file

from .reading import load_apis


@click.command()
@click.argument("path", default="apis")
@click.option("--dry-run", is_flag=True, help="Print what would be added, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array: path, names and functions of each file.")
def handlers(path: str, dry_run: bool, as_json: bool) -> None:
    """Add a function for every operation that names one and has none.

    PATH is the folder of the documents. Functions are added at the end of the modules that `x-bind-server` and
    `x-handlers` name, with the types of the document. Their imports are added below the other imports. Missing modules
    are made. Existing code is not changed. An added function answers 501 NOT_IMPLEMENTED until you write it.

    \b
      pymacaron handlers --dry-run
      pymacaron handlers

    Exit codes: 0, or 2 if a document cannot be read or a file not written.
    """
    found = skeletons(load_apis((path,)), Modules([os.getcwd(), os.path.dirname(os.path.abspath(path))]))
    for one in found:
        shown = os.path.relpath(one.path)
        try:
            text = completed(one)
            if not dry_run:
                for package in missing_packages(one, os.getcwd()):
                    replace_file(package, "")
                replace_file(one.path, text)
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"{shown} cannot be completed: {error}") from None
        if not as_json:
            click.echo(f"{shown}: {', '.join(one.names)}")
            click.echo("\n\n".join(one.functions) if dry_run else "", nl=dry_run)
    if as_json:
        rows = [{"path": os.path.relpath(one.path), "names": one.names, "functions": one.functions} for one in found]
        click.echo(json.dumps(rows, indent=2))
    elif not found:
        click.echo("every operation has its function")
