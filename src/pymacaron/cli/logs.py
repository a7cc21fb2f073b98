"""`pymacaron logs`: what the live service prints."""

from __future__ import annotations

import click

from .deploying import account_for, stage


@click.command()
@stage
@click.option("-f", "--follow", is_flag=True, help="Continue to print, also from a new live environment.")
@click.option("--minutes", type=click.FloatRange(0), default=10.0, show_default=True, help="How far back.")
def logs(stage: str, follow: bool, minutes: float) -> None:
    """Print the output of the live environment, from all of its instances.

    \b
      pymacaron logs --minutes 60
      pymacaron logs -f
    """
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        aws, since = account.aws, account.aws.clock.time() - minutes * 60
        try:
            for line in operating.logs(aws, account.wanted, since=since, follow=follow, note=_note):
                click.echo(line)
        except KeyboardInterrupt:
            return


def _note(text: str) -> None:
    click.echo(f"# {text}", err=True)
