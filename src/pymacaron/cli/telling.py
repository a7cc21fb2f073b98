"""How a command line begins and ends: it does without secrets, and what stops it is told without a traceback."""

from __future__ import annotations

import logging
import sys

import click

from pymacaron.exceptions import StartError

NONSENSE, CTRL_C, TERMINATED = 2, 130, 143  # exit codes; as shells have it, 128 and the number of the signal


def told(command: click.Command, name: str) -> None:
    """Run a command under a name, and end. What stops it is told, with exit code 2 (a deployment has codes of its own);
    Ctrl-C ends it with 130."""
    try:
        sys.exit(command.main(prog_name=name, standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
    except StartError as error:
        click.echo(str(error), err=True)
        sys.exit(getattr(error, "exit_code", NONSENSE))
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"{error.filename}: {error.strerror}", err=True)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(CTRL_C)
    sys.exit(NONSENSE)


def reading_only() -> None:
    """For a command that reads documents and runs nothing: a secret that is not set does not stop it, and of warnings
    nothing is printed."""
    from pymacaron.config import load_config, set_config  # that --help does without

    logging.disable()
    set_config(load_config(strict=False))


def not_imported(name: str, error: BaseException) -> StartError:
    """What is told of a program of the user's whose import fails: what it raised, and where."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    place = f" at {at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at is not None else ""
    return StartError(f"importing {name} fails{place}: {type(error).__name__}: {error}")
