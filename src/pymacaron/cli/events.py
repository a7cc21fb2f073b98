"""`pymacaron events`: what Elastic Beanstalk tells."""

from __future__ import annotations

import click

from .deploying import account_for, stage


@click.command()
@stage
@click.option("--hours", type=click.FloatRange(0), default=24.0, show_default=True, help="How far back.")
def events(stage: str, hours: float) -> None:
    """Print the events of the application in Elastic Beanstalk, the oldest first (UTC)."""
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        for line in operating.events(account.aws, account.wanted, hours=hours):
            click.echo(line)
