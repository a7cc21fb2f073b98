"""`pymacaron releases`: what has been live."""

from __future__ import annotations

import json

import click

from .deploying import account_for, stage


@click.command()
@stage
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def releases(stage: str, as_json: bool) -> None:
    """List what has been live, the newest first: since when, and who deployed it."""
    from pymacaron.deploy import operating  # imports boto3

    with account_for(stage) as account:
        rows = operating.releases(account.observed(), account.wanted)
        if as_json:
            click.echo(json.dumps(rows, indent=2))
            return
        for row in rows:
            mark = "live" if row["live"] else "kept" if row["swap"] else ""
            click.echo(f"{row['since']}  {mark:4}  {row['version']}  {row['by']}")
        if not rows:
            click.echo("nothing has been deployed yet; deploy: `pymacaron deploy`")
