"""`pymacaron stubs`: what type checkers need to know of the documents."""

from __future__ import annotations

import json
import os
import sys

import click

from pymacaron.config import get_config
from pymacaron.generate import FOLDER, Modules, outdated, replace_folder
from pymacaron.generate import stubs as written

from .reading import load_apis


@click.command()
@click.argument("path", default="apis")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if the stubs are outdated.")
@click.option("--output", default=".", show_default=True, help="The folder to write pymacaron_apis into.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: folder, and the files that are new or outdated.")
def stubs(path: str, check: bool, output: str, as_json: bool) -> None:
    """Write type stubs for models, clients, functions and error codes.

    PATH is the folder of the documents. The stubs are written to the folder `pymacaron_apis` in the working
    folder. mypy and pyright find it there without configuration.

    \b
      pymacaron stubs
      pymacaron stubs --check && mypy .

    Exit codes: 0, 1 the stubs are outdated (with --check), 2 a document cannot be read.
    """
    apis = load_apis((path,))
    folder = os.path.join(output, FOLDER)
    files = written(apis, Modules([os.path.dirname(os.path.abspath(path)), os.getcwd()]), _raises)
    try:
        changed = outdated(folder, files, ".pyi") if check else replace_folder(folder, files, ".pyi")
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be written: {error.strerror}; name another folder: --output") from None
    if as_json:
        click.echo(json.dumps({"folder": folder, "outdated" if check else "changed": changed}, indent=2))
    elif check:
        _tell_outdated(changed, folder)
    if check:
        sys.exit(1 if changed else 0)
    if not as_json:
        count = f"{len(apis)} API{'s' * (len(apis) != 1)}"
        click.echo(f"{folder}: {len(files)} files for {count}, {len(changed)} of them new or changed")


def _raises(api: str) -> bool:
    config = get_config()
    return str((config.clients.get(api) or {}).get("errors") or config.client_errors) == "raise"


def _tell_outdated(names: list[str], folder: str) -> None:
    for name in names:
        click.echo(f"{os.path.join(folder, name)} is not what the documents say", err=True)
    if names:
        click.echo("run 'pymacaron stubs', and commit what it writes", err=True)
