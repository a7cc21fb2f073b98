"""`python -m pymacaron.rehearsal`: a rehearsal that stays until it is interrupted."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import TextIO

import click

from .faults import Mistaken
from .stage import Rehearsal


@click.command("python -m pymacaron.rehearsal")
@click.option("--port", default=4580, show_default=True, help="Port of loopback; 0 for any that is free.")
@click.option("--region", default="us-east-1", show_default=True, help="The region that is played.")
@click.option("--pace", default=0.05, show_default=True, help="How long things take, compared with AWS; 0 for no time.")
@click.option("--others/--no-others", default=True, show_default=True, help="The other services of AWS as well.")
@click.option("--record", type=click.Path(path_type=Path), help="A file that gets a line for each call.")
@click.option("--script", type=click.File(), help="A file of JSON with what is to go wrong.")
def main(*, port: int, region: str, pace: float, others: bool, record: Path | None, script: TextIO | None) -> None:
    """AWS on this machine, as far as a deployment of pymacaron needs it. Prints the variables to set."""
    try:
        told = json.load(script) if script else []
        rehearsal = Rehearsal(port=port, region=region, pace=pace, others=others, record=record, script=told)
    except (Mistaken, ValueError) as e:
        raise click.UsageError(f"--script: {e}") from e
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with rehearsal:
        for name, value in rehearsal.environment.items():
            click.echo(f"export {name}={value}")
        ended.wait()


if __name__ == "__main__":
    main()
