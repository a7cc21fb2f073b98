"""`python -m pymacaron.rehearsal`: a rehearsal that stays until it is interrupted."""

from __future__ import annotations

import json
import shlex
import signal
import threading
from pathlib import Path
from typing import Any, TextIO

import click

from pymacaron.containers import Engine, EngineError

from .faults import Mistaken
from .registry import NoRegistry
from .stage import Rehearsal


@click.command("python -m pymacaron.rehearsal")
@click.option("--port", default=4580, show_default=True, help="Port of loopback; 0 for any that is free.")
@click.option("--proxy-port", default=4581, show_default=True, help="Likewise, for environments that run.")
@click.option("--region", default="us-east-1", show_default=True, help="The region that is played.")
@click.option("--pace", default=0.05, show_default=True, help="How long things take, compared with AWS; 0 for no time.")
@click.option("--others/--no-others", default=True, show_default=True, help="The other services of AWS as well.")
@click.option("--containers", is_flag=True, help="Environments run their images, by docker or podman.")
@click.option("--command", default="", help="Environments run this command, with its port in $PORT.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME=CNAME", help="A name of one's own for another one.")
@click.option("--record", type=click.Path(path_type=Path), help="A file that gets a line for each call.")
@click.option("--script", type=click.File(), help="A file of JSON with what is to go wrong.")
def main(**options: Any) -> None:
    """AWS on this machine, as far as a deployment of pymacaron needs it. Prints the variables to set."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with _rehearsal(**options) as rehearsal:
            for name, value in rehearsal.environment.items():
                click.echo(f"export {name}={value}")
            if rehearsal.ca_file:
                click.echo(f"# environments: --proxy {rehearsal.proxy} --cacert {rehearsal.ca_file}")
            ended.wait()
    except (EngineError, NoRegistry, OSError) as e:
        raise click.ClickException(str(e)) from e


def _rehearsal(
    *, containers: bool, command: str, aliases: tuple[str, ...], script: TextIO | None, **options: Any
) -> Rehearsal:
    if wrong := [alias for alias in aliases if "=" not in alias]:
        raise click.UsageError(
            f"--alias {wrong[0]}: write it as api.example.com=shop-live.us-east-1.elasticbeanstalk.com"
        )
    try:
        return Rehearsal(
            engine=Engine.find() if containers else None,
            command=shlex.split(command),
            aliases=dict(alias.split("=", 1) for alias in aliases),
            script=[json.load(script)] if script else [],
            **options,
        )
    except (Mistaken, json.JSONDecodeError) as e:
        raise click.UsageError(f"--script: {e}") from e


if __name__ == "__main__":
    main()
