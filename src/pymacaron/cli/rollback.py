"""`pymacaron rollback`: back to what was live before."""

from __future__ import annotations

import click

from .deploy import carry_out, show
from .deploying import account_for, interruptible, stage


@click.command()
@stage
@click.option("--to", metavar="VERSION", default="", help="Go back to this version of `pymacaron releases`.")
@click.option("--plan", "only_plan", is_flag=True, help="Print every step and every call, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan, or the events, as JSON.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def rollback(stage: str, to: str, only_plan: bool, as_json: bool, yes: bool) -> None:
    """Go back to the previous release, or to VERSION.

    While the environment of that version is kept, this is a swap that takes seconds. Otherwise a new environment is
    made, which takes minutes.

    \b
      pymacaron rollback
      pymacaron rollback --to 1.4-0f3c21ab90de --yes

    Exit codes: those of `pymacaron deploy`.
    """
    from pymacaron.deploy import deployment  # imports boto3

    with account_for(stage, as_json=as_json) as account, interruptible():
        made, found = deployment.rollback(account, to)
        if only_plan:
            show(made, found, as_json=as_json)
            return
        carry_out(account, made, found, yes=yes, as_json=as_json)
