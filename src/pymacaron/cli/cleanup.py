"""`pymacaron cleanup`: what deployments leave behind."""

from __future__ import annotations

import click

from .deploying import account_for, stage


@click.command()
@stage
def cleanup(stage: str) -> None:
    """End environments that are no longer kept for a rollback, and delete versions beyond aws_keep_versions.

    Run it once a day. A deployment does the same when it ends.
    """
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        found = account.observed()
        ended = operating.prune(account, found, click.echo)
        deleted = operating.prune_versions(account, found, click.echo)
        operating.prune_copies(account, found)
        click.echo(f"{ended} environments ended, {deleted} versions deleted")
