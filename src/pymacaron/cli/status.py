"""`pymacaron status`: what is live, and what else there is."""

from __future__ import annotations

import json

import click

from .deploying import account_for, stage


@click.command()
@stage
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(stage: str, as_json: bool) -> None:
    """Show what is live, the other environments, and who is deploying.

    Exit codes: 0; 1 if nothing is live, or it is not healthy.
    """
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        said = operating.status(account, account.observed())
        click.echo(json.dumps(said, indent=2) if as_json else "\n".join(operating.status_lines(said)))
        raise SystemExit(0 if said["health"] == "Green" else 1)
