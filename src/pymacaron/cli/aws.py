"""`pymacaron aws`: what the account has to have and to allow."""

from __future__ import annotations

import json
import sys

import click

from pymacaron.exceptions import DeployError

from .deploying import account_for, stage


@click.group()
def aws() -> None:
    """Set up and check the AWS account: permissions, roles, and what is missing."""


@aws.command()
@stage
@click.option("--account", metavar="NUMBER", help="The account number. Without it, AWS is asked.")
@click.option("--setup", is_flag=True, help="Print the policy for running `pymacaron aws setup`.")
def policy(stage: str, account: str | None, setup: bool) -> None:
    """Print the IAM policy that is needed for deploying, and allows nothing else."""
    from pymacaron.deploy.permissions import places_of, policy_of  # imports nothing of AWS

    with account_for(stage) as meant:
        number = account or str(meant.aws.read("sts.GetCallerIdentity")["Account"])
        click.echo(json.dumps(policy_of(places_of(meant.wanted, account=number), setup=setup), indent=2))


@aws.command()
@stage
@click.option("--email", default="", help="Who gets alarms. A topic is made for this address.")
@click.option("--plan", "only_plan", is_flag=True, help="Print the calls without making them.")
def setup(stage: str, email: str, only_plan: bool) -> None:
    """Make the roles, instance profile and repository; once for each account. What exists is not changed."""
    from pymacaron.deploy import setup as made  # imports boto3

    with account_for(stage) as account:
        caller = account.aws.read("sts.GetCallerIdentity")
        number, partition = str(caller["Account"]), caller["Arn"].split(":")[1]
        calls = list(made.calls_of(account.wanted, account=number, partition=partition, email=email))
        if only_plan:
            for operation, parameters in calls:
                click.echo(f"{operation} {json.dumps(parameters)}")
            return
        made.set_up(account.aws, account.wanted, calls, number, click.echo)
        if email:
            topic = f"arn:{partition}:sns:{account.wanted.region}:{number}:pym-{account.wanted.name}-alarms"
            click.echo(f"confirm the mail to {email}, and write 'aws_notify_topic: {topic}' into pym-config.yaml")


@aws.command()
@stage
@click.option("--user", required=True, help="The user name for docker_repo.")
def registry(stage: str, user: str) -> None:
    """Store the password of a private registry in Secrets Manager, for the hosts to log in.

    The command asks for the password, or reads it from standard input. Best use a token that can only read.
    """
    from pymacaron.deploy.registry import keep_login  # imports boto3

    with account_for(stage) as account:
        is_asked = sys.stdin.isatty()
        password = click.prompt("Password", hide_input=True) if is_asked else sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise DeployError("there is no password on standard input; give one, as in `… < token.txt`")
        name = keep_login(account.aws, account.wanted, user, password)
        click.echo(f"kept; write 'docker_secret: {name}' into pym-config.yaml")


@aws.command()
@stage
def doctor(stage: str) -> None:
    """Check everything that a deployment needs, and change nothing.

    Exit codes: 0 a deployment can begin, 3 it cannot, for the reason that is printed.
    """
    from pymacaron.deploy import deployment  # imports boto3
    from pymacaron.deploy.dns import name_lines  # likewise
    from pymacaron.deploy.quotas import quotas_of  # likewise

    with account_for(stage) as account:
        found = account.observed()
        click.echo(f"account      {found.account}, as {found.caller}")
        click.echo(f"platform     {found.platform}")
        click.echo(f"registry     {found.registry or 'none'}")
        click.echo(f"bucket       {found.bucket}{'' if found.bucket_exists else ' (the first deployment creates it)'}")
        live = found.live(account.wanted)
        click.echo(f"live         {f'{live.name}, {live.label}' if live else 'nothing yet'}")
        for line in name_lines(account.wanted, found.name, is_live=live is not None):
            click.echo(f"name         {line}")
        quotas = ", ".join(map(str, quotas_of(account.aws, account.wanted, found)))
        click.echo(f"quotas       {quotas or 'AWS does not return them'}")
        try:
            deployment.checked(account, found, deployment.ordered(account, found))
        except DeployError as error:
            click.echo(str(error), err=True)
            sys.exit(error.exit_code)
        click.echo("ready to deploy: `pymacaron deploy --plan`")
