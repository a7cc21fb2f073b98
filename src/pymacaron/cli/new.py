"""`pymacaron new`: a service to begin with."""

from __future__ import annotations

import os

import click

from pymacaron.generate.services import fault_of_name, make_service

from .telling import reading_only


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Make a new service, in a folder with its name.

    The new service runs, and passes its type check, its unit tests and its acceptance tests.

    \b
      pymacaron new notes
      cd notes
      make test

    Exit codes: 0, 2 if the name is not valid, or the folder exists.
    """
    reading_only()  # there is no configuration yet
    fault = fault_of_name(name)
    if fault is not None:
        raise click.UsageError(fault)
    try:
        make_service(name, os.getcwd())
    except FileExistsError:
        raise click.UsageError(f"{name} exists here already: choose another name or another folder") from None
    except OSError as error:
        raise click.UsageError(f"{name} cannot be created here: {error.strerror}") from None
    click.echo(f"{name} is created. Next:\n\n  cd {name}\n  make test\n  make run")
