"""`pymacaron worker`: runs the tasks of a service."""

from __future__ import annotations

import sys

import click

from pymacaron.exceptions import StartError

from .telling import not_imported


@click.command()
@click.argument("server", default="server.py", type=click.Path())
@click.option("--queues", metavar="NAMES", help="Take tasks from these queues only, separated by commas.")
@click.option("--processes", type=click.IntRange(1), metavar="N", help="Number of tasks that run at once.")
@click.option("--supervised", is_flag=True, help="End when standard input does.")
def worker(server: str, queues: str | None, processes: int | None, supervised: bool) -> None:
    """Run the tasks of the service that SERVER starts, until SIGTERM or Ctrl-C.

    When it is stopped, running tasks have async_drain seconds to end. Other tasks are left to other workers.

    \b
      pymacaron worker
      pymacaron worker server.py --queues default,mails --processes 4

    Exit codes: 0 after SIGTERM, 2 if there is nothing to run, 130 after Ctrl-C.
    """
    try:
        from pymacaron.tasks.worker import load, work  # with Celery, an extra
    except ModuleNotFoundError as error:
        raise StartError(f"{error.name} is not installed: pip install 'pymacaron[async]'") from None
    if supervised:
        from pymacaron.tasks.supervising import end_with_parent  # only then

        end_with_parent()
    try:
        load(server)
    except StartError:
        raise
    except Exception as error:  # noqa: BLE001 - what the user's code raises
        raise not_imported(server, error) from None
    sys.exit(work([name.strip() for name in queues.split(",")] if queues else None, processes))
