"""`pymacaron rollback`: back to what was live before."""

from __future__ import annotations

import click

from .deploy import carry_out, show
from .deploying import account_for, interruptible, stage


@click.command()
@stage
@click.option("--to", metavar="VERSION", default="", help="This version, as `pymacaron releases` lists it.")
@click.option("--plan", "only_plan", is_flag=True, help="Print every step and every call, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="The plan, or what happens, as JSON.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(stage: str, to: str, only_plan: bool, as_json: bool, yes: bool) -> None:
    """Make live again what was live before, or VERSION.

    It is a swap, of seconds, while the environment of that version is kept; else a new environment, of minutes.

    \b
      pymacaron rollback
      pymacaron rollback --to 1.4-0f3c21ab90de --yes

    Exit codes: those of `pymacaron deploy`.
    """
    from pymacaron.deploy import deployment  # imports boto3

    account = account_for(stage, as_json=as_json)
    with interruptible():
        made, found = deployment.rollback(account, to)
        if only_plan:
            show(made, as_json=as_json)
            return
        carry_out(account, made, found, yes=yes, as_json=as_json)
