"""How a command line begins and ends: it does without secrets, and what stops it is told without a traceback."""

from __future__ import annotations

import logging
import sys

import click

from pymacaron.config import load_config, set_config
from pymacaron.exceptions import StartError


def told(command: click.Command, name: str) -> None:
    """Run a command under a name; what stops a start is told as it is, with exit code 2; a deployment has its
    own ones."""
    try:
        command(prog_name=name)
    except StartError as error:
        click.echo(str(error), err=True)
        sys.exit(getattr(error, "exit_code", 2))


def reading_only() -> None:
    """For a command that reads documents and runs nothing: a secret that is not set does not stop it, and of warnings
    nothing is printed."""
    logging.disable()
    set_config(load_config(strict=False))
