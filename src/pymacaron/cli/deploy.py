"""`pymacaron deploy`, also called `deploy_pipeline`: tests, image, registry, and blue/green to Elastic Beanstalk."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING

import click

from pymacaron.deploy.exit_codes import STOPPED
from pymacaron.exceptions import DeployError

from .deploying import account_for, interruptible, stage, teller, workshop_for
from .telling import told

if TYPE_CHECKING:  # see cli/deploying.py
    from pymacaron.deploy.deployment import Account
    from pymacaron.deploy.observe import Found
    from pymacaron.deploy.steps import Plan

_NO = 1
_LAST = "last"
_SHARE = 10  # percent of callers who get a canary


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("action", required=False, type=click.Choice(["unlock"]))
@stage
@click.option("--plan", "only_plan", is_flag=True, help="Print every step and every call, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan, or the events, as JSON.")
@click.option("--plan-file", metavar="FILE", help="Carry out this plan, unless something has changed.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--image", metavar="IMAGE", default="", help="Deploy repository@sha256:…; build nothing.")
@click.option("--keep-failed", is_flag=True, help="Keep a new environment that fails, to examine it.")
@click.option("--no-unit-tests", is_flag=True, help="Skip the unit tests. Acceptance tests are always run.")
@click.option(
    "--canary", metavar="[PERCENT]", type=click.IntRange(1, 99), is_flag=False, flag_value=_SHARE,
    help=f"Update the live environment in place, for this percentage of requests first. Default: {_SHARE}.",
)  # fmt: skip
@click.option(
    "--watch", metavar="MINUTES", type=click.IntRange(0, 1440),
    help="Watch alarms and health for so long, and swap back if needed. Default: aws_watch_minutes.",
)  # fmt: skip
@click.option("--wait-lock", metavar="MINUTES", type=click.FloatRange(0), default=0.0, help="Wait for the lock.")
@click.option("--resume", metavar="[ID]", is_flag=False, flag_value=_LAST, help="Continue an interrupted deployment.")
@click.option("--rehearse", is_flag=True, help="Deploy twice on this machine, without AWS.")
@click.option("--before", metavar="FOLDER", help="With --rehearse: the version that is live first.")
@click.option(
    "--variable", "variables", multiple=True, metavar="NAME=VALUE", help="With --rehearse: a variable for containers."
)
@click.option("--network", metavar="NAME", help="With --rehearse: network of containers, or: host.")
@click.option("--base", metavar="IMAGE", help="Base image, as for `pymacaron build`.")
@click.option("--allow-dirty", is_flag=True, help="Deploy uncommitted changes.")
@click.option("--force", is_flag=True, help="With unlock and --resume: even if the lock is held.")
def deploy(  # noqa: PLR0917 - click gives them by name
    action: str | None, stage: str, only_plan: bool, as_json: bool, plan_file: str | None, yes: bool, image: str,
    keep_failed: bool, no_unit_tests: bool, canary: int | None, watch: int | None, wait_lock: float, resume: str | None,
    rehearse: bool, before: str | None, variables: tuple[str, ...], network: str | None, base: str | None,
    allow_dirty: bool, force: bool,
) -> None:  # fmt: skip
    """Deploy the service in this folder to AWS Elastic Beanstalk, beside the live version.

    \b
      pymacaron deploy --rehearse
      pymacaron deploy --plan
      pymacaron deploy --yes --env staging
      pymacaron deploy --resume
      pymacaron deploy unlock --force

    Exit codes: 0 it is live, 1 you answered no, 2 the configuration is faulty, 3 it could not begin, 4 the new
    environment failed and what is live was not touched, 5 rolled back, 6 somebody else is deploying, 7 it needs
    attention, 130 Ctrl-C.
    """
    if not rehearse and (before or variables or network):
        raise click.UsageError("--before, --variable and --network are for --rehearse")
    if image and not re.search(r".@sha256:[0-9a-f]{64}$", image):
        raise click.UsageError("--image takes one by its digest, as `docker push` prints it: repository@sha256:…")
    version = _version(allow_dirty or only_plan or rehearse or bool(image))
    if rehearse:
        _rehearse(
            stage, version, as_json=as_json, base=base, before=before, variables=variables, network=network,
            watch=watch, canary=canary,
        )  # fmt: skip
        return
    with account_for(stage, as_json=as_json, version=version) as account:
        if action == "unlock":
            _unlock(account, force=force)
            return
        from pymacaron.deploy import deployment, resuming  # imports boto3

        patience = wait_lock * 60
        with interruptible():
            if resume is not None:
                deploy_id = "" if resume == _LAST else resume
                resuming.go_on(account, workshop_for(account, base), deploy_id, force=force, lock_patience=patience)
                return
            if plan_file:
                made, found = deployment.of_file(account, plan_file)
            else:
                made, found = deployment.deployment(
                    account, image=image, keep_failed=keep_failed, unit_tests=not no_unit_tests, canary=canary or 0,
                    watch=watch,
                )  # fmt: skip
            if only_plan:
                show(made, found, as_json=as_json)
                return
            carry_out(account, made, found, yes=yes, as_json=as_json, base=base, image=image, lock_patience=patience)


def _named(variables: tuple[str, ...]) -> dict[str, str]:
    for one in variables:
        if not re.match(r"[A-Za-z_]\w*=", one, re.ASCII):
            raise click.UsageError("--variable takes NAME=VALUE, as in SHOP_COLOUR=green")
    return dict(one.split("=", 1) for one in variables)


def _rehearse(
    stage: str, version: str, *, as_json: bool, base: str | None, before: str | None, variables: tuple[str, ...],
    network: str | None, watch: int | None, canary: int | None,
) -> None:  # fmt: skip
    named = _named(variables)
    from pymacaron.deploy.deployment import read_config  # imports boto3
    from pymacaron.deploy.rehearse import Scene, rehearse  # likewise
    from pymacaron.images import Wish

    with interruptible():
        config = read_config(os.curdir, stage)
        scene = Scene(
            os.curdir, before=before or "", wish=Wish(base=base), variables=named, network=network, watch=watch,
            canary=canary or 0,
        )  # fmt: skip
        rehearse(config, scene, stage=stage, version=version, tell=teller(as_json=as_json))


def _version(allow_dirty: bool) -> str:
    """What the code in this folder calls itself, by git; "" without git.

    Raises:
        DeployError: there are changes that no commit has.
    """
    from pymacaron.images.versions import revision_of, version_of  # starts git

    revision = revision_of(os.curdir)
    if revision.described.endswith("-dirty") and not allow_dirty:
        cure = "commit them, so that the live version can be found again, or use --allow-dirty"
        raise DeployError(f"{os.path.abspath(os.curdir)} has uncommitted changes; {cure}", exit_code=STOPPED)
    return version_of(revision, "").rstrip("-")


def show(made: Plan, found: Found, *, as_json: bool) -> None:
    """The plan, and in whose account it is carried out, by whom."""
    from pymacaron.deploy.deployment import told as plan_told  # imports boto3

    said = {"plan": made.to_json(), "hash": made.hash}
    whose = f"in the account {found.account}, as {found.caller}"
    click.echo(json.dumps(said, indent=2) if as_json else f"{plan_told(made)}\n{whose}")


def carry_out(
    account: Account, made: Plan, found: Found, *, yes: bool, as_json: bool, base: str | None = None, image: str = "",
    lock_patience: float = 0.0,
) -> None:  # fmt: skip
    """Ask, then do it."""
    from pymacaron.deploy import deployment  # imports boto3

    if not as_json:
        show(made, found, as_json=False)
    if not yes and not (sys.stdin.isatty() and click.confirm("Do it?")):
        if not sys.stdin.isatty():
            raise DeployError("cannot ask for confirmation without a terminal; use --yes")
        sys.exit(_NO)
    workshop = workshop_for(account, base)
    deployment.carry_out(account, made, found, workshop, image=image, lock_patience=lock_patience)
    account.tell("done", f"{account.wanted.cname} is served by {made.green}")
    if made.is_canary:
        account.tell("note", "`pymacaron rollback` makes an environment with the previous version, in minutes")
    elif made.blue:
        hours = account.wanted.keep_hours
        account.tell("note", f"`pymacaron rollback` swaps back in seconds, for {hours} hours")


def _unlock(account: Account, *, force: bool) -> None:
    found = account.observed()
    lock = account.lock(found.bucket)
    holder = lock.held_by() if found.bucket_exists else None
    if holder is None:
        click.echo("nobody holds the lock")
        return
    if not force:
        raise DeployError(f"{holder[0].owner} holds the lock ({holder[0].deploy_id}); use --force to remove it")
    lock.break_open()
    click.echo(f"removed the lock of {holder[0].owner} ({holder[0].deploy_id})")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--push", is_flag=True, help="Push the image to its registry.")
@click.option("--deploy", "deploys", is_flag=True, help="Push the image, and deploy it.")
@stage
@click.pass_context
def pipeline(context: click.Context, push: bool, deploys: bool, stage: str) -> None:
    """Unit tests, image, acceptance tests against it; with --push and --deploy, what comes after them.

    \b
      deploy_pipeline
      deploy_pipeline --push --deploy

    Exit codes: those of `pymacaron deploy`.
    """
    if deploys:
        context.invoke(deploy, stage=stage, yes=True)
        return
    with account_for(stage, version=_version(allow_dirty=not push)) as account:
        from pymacaron.deploy.run import StepFailed  # imports boto3

        workshop = workshop_for(account)
        try:
            workshop.unit_tests()
            image = workshop.build()
            workshop.image_tests(image)
            if push:
                click.echo(workshop.push(image, account.observed().registry or account.wanted.repository, account.aws))
        except StepFailed as error:
            raise DeployError(str(error), exit_code=STOPPED) from error


def deploy_pipeline() -> None:
    """The command under its old name."""
    told(pipeline, "deploy_pipeline")
