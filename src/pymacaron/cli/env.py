"""`pymacaron env`: the environments that there are."""

from __future__ import annotations

import click

from .deploying import account_for, stage


@click.group()
def env() -> None:
    """List the environments in Elastic Beanstalk, and end those that are not live."""


@env.command("list")
@stage
def list_them(stage: str) -> None:
    """List all environments of the application."""
    with account_for(stage) as account:
        found = account.observed()
        for one in found.environments:
            mark = "live" if one.cname.lower() == account.wanted.cname else ""
            click.echo(f"{one.name:40} {one.status:11} {one.health:6} {mark:4} {one.label}")


@env.command()
@click.argument("name")
@stage
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def terminate(name: str, stage: str, yes: bool) -> None:
    """End the environment NAME. The live one cannot be ended."""
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        if not yes:
            click.confirm(f"End {name} for good?", abort=True)
        operating.terminate(account, account.observed(), name)
        click.echo(f"{name} is ending")


@env.command()
@stage
def prune(stage: str) -> None:
    """End environments that were replaced longer than aws_keep_hours ago, or left behind by failures."""
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        ended = operating.prune(account, account.observed(), click.echo)
        click.echo(f"{ended} ended")
