"""`pymacaron run`: a service for its programmer, or for everybody."""

from __future__ import annotations

import os
import sys

import click

from pymacaron.config import get_config
from pymacaron.exceptions import StartError
from pymacaron.running import Wishes, plan_of, port_of, serve, target_of
from pymacaron.running.developing import develop


@click.command()
@click.argument("service", required=False, metavar="[SERVICE]")
@click.option(
    "--production/--development", "production", default=None, help="Production or development. Default: development."
)
@click.option("--host", metavar="HOST", help="Address to listen on. Default: in production all, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port. Default: $PORT, else 8080.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Number of worker processes.")
@click.option(
    "--threads", type=click.IntRange(1), metavar="N", help="Number of calls that each worker answers at once."
)
@click.option(
    "--server", type=click.Choice(["granian", "gunicorn"]), help="The server. Default: granian, if installed."
)
@click.option("--reload/--no-reload", "reload", default=None, help="Restart when a file changes.")
@click.option("--tasks/--no-tasks", default=True, help="Run a task worker beside the service, if with_async is on.")
def run(  # noqa: PLR0917 - click gives them by name
    service: str | None, production: bool | None, host: str | None, port: int | None, workers: int | None,
    threads: int | None, server: str | None, reload: bool | None, tasks: bool,
) -> None:  # fmt: skip
    """Serve a service.

    SERVICE is a server.py, a folder with one, or module:app. Default: the working folder. In development, the service
    restarts when code, a document or pym-config.yaml changes. --workers, --threads and --server imply --production.

    \b
      pymacaron run
      pymacaron run --production --port 80 --workers 4

    Exit codes: 0 the service was stopped, 2 it cannot start.
    """
    wishes = Wishes(server, host, port, workers, threads)
    target = target_of(service)
    if _is_production(production, reload, wishes):
        if reload:
            raise click.UsageError("--reload is for development: leave it out, or --production")
        target.use()
        config = get_config()
        sys.exit(serve(plan_of(wishes, config), target, with_tasks=tasks and config.with_async))
    sys.exit(develop(target, host or "127.0.0.1", port_of(wishes, os.environ), reloads=reload is not False))


def _is_production(said: bool | None, reload: bool | None, wishes: Wishes) -> bool:
    implied = [name for name in ("server", "workers", "threads") if getattr(wishes, name) is not None]
    if said is False and implied:
        raise StartError(f"--{implied[0]} is for production: leave it out, or --development")
    return said if said is not None else bool(implied) and not reload
