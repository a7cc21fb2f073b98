"""`pymacaron events`: what Elastic Beanstalk tells."""

from __future__ import annotations

import click

from .deploying import account_for, stage


@click.command()
@stage
@click.option("--hours", type=click.FloatRange(0), default=24.0, show_default=True, help="From how long ago.")
def events(stage: str, hours: float) -> None:
    """What Elastic Beanstalk tells of the application, the oldest first (UTC)."""
    from pymacaron.deploy import operating  # imports boto3

    account = account_for(stage)
    for line in operating.events(account.aws, account.wanted, hours=hours):
        click.echo(line)
