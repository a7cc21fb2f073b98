"""`pymacaron migrate`: what has to change in a project that was written for something else."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pymacaron.advice import FORMATS
from pymacaron.migration import KINDS, RULES, Project, written


@click.command()
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Output format."
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--write", is_flag=True, help="Make simple changes: names of imports, keys, settings.")
def migrate(folder: str, form: str, write: bool) -> None:
    """List what has to change in the project in FOLDER, with the place and the fix.

    A project of pymacaron 1.x or 2.x, of connexion 2 or 3, or of FastAPI is recognised by its imports and
    requirements. Its files are read, and none of its code is run. Notes need no action.

    \b
      pymacaron migrate
      pymacaron migrate ../shop --format github

    Exit codes: 0 notes only, 1 something has to change, 2 the command line is wrong, or no such project was found.
    """
    logging.disable()
    with _without_collecting():
        project = _project(folder)
        if write:
            for path in _written(project):
                click.echo(f"{path}: rewritten", err=True)
            project = _project(folder)
        found = project.changes()
    click.echo(FORMATS[form](found, RULES))
    sys.exit(1 if any(one.level != "note" for one in found) else 0)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Parsed files have no circles; to look for some takes as long as to read them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _project(folder: str) -> Project:
    project = Project(folder)
    if not project.kinds:
        names = ", ".join(kind.title for kind in KINDS.values())
        raise click.UsageError(f"nothing in {folder} is of {names}; name the folder of such a project")
    return project


def _written(project: Project) -> list[str]:
    try:
        return written(project.changes())
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be written: {error.strerror}; check its permissions") from None
