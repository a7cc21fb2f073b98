"""A deployment goes on whose process has ended, here or elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pymacaron.exceptions import DeployError

from . import journal
from .aws import Refused, Uncertain
from .deeds import impossible
from .deployment import Account
from .execute import Execution
from .exit_codes import STOPPED
from .mirror import Fetched, fetch
from .run import Workshop

_LOCAL = {"build", "image_tests", "push"}  # of an image that is on the machine where it was built, until it is pushed


def go_on(account: Account, workshop: Workshop, deploy_id: str = "", *, force: bool = False, **more: Any) -> int:
    """Go on with a deployment whose process has ended; 0.

    Args:
        deploy_id: "" for the last one that has not come to an end.
        force: take the lock over, if a process of the same deployment elsewhere has it.

    Raises:
        DeployError: there is none, or it has failed.
    """
    fetched = _fetched(account, deploy_id)
    path = _found(account, deploy_id, fetched)
    story, is_strange = journal.read(path), path.stem in fetched.journals
    if unknown := impossible(story.plan):
        raise journal.strange(path, f"{unknown} is unknown")
    done = set(story.done)
    if is_strange and "push" not in done:
        done -= _LOCAL
        _check_version(account, story)
    account = replace(account, wanted=story.wanted)
    account.tell("note", f"resuming {story.plan.deploy_id}: {story.plan.title}")
    found = account.observed()
    book = journal.Journal(path)
    run = account.run(
        story.plan, found, workshop, book, given=dict(story.given), intents=frozenset(story.intents) - done,
        adopts=force or not is_strange, **more,
    )  # fmt: skip
    if not run.lock_patience:
        run.lock.check()
    book.write(account.aws.clock.time(), "resume")
    return Execution(run, done=done, road=story.road, why=story.why)()


def _fetched(account: Account, deploy_id: str) -> Fetched:
    """The journals of other machines; none, if AWS does not say."""
    try:
        bucket = account.wanted.bucket_in(account.aws.read("sts.GetCallerIdentity")["Account"])
        return fetch(account.aws, account.wanted, bucket, account.journals, deploy_id)
    except (Refused, Uncertain) as error:
        account.tell("note", f"cannot read the journals in the bucket, only those on this machine: {error}")
        return Fetched(frozenset(), frozenset())


def _found(account: Account, deploy_id: str, fetched: Fetched) -> Path:
    try:
        return journal.find(account.journals, deploy_id)
    except DeployError as error:
        if not fetched.busy:
            raise
        last = max(fetched.busy)
        text = f"{error}; another machine was working on {last} within the last half hour"
        cure = f"if its process is dead: `pymacaron deploy --resume {last}`"
        raise DeployError(f"{text}; {cure}", exit_code=STOPPED) from error


def _check_version(account: Account, story: journal.Story) -> None:
    """
    Raises:
        DeployError: what is to be built here is something else.
    """
    here, there = account.wanted.version, story.wanted.version
    if here and there and here != there and any(step.kind == "push" for step in story.plan.steps):
        cure = "check that out and resume, or deploy this version: `pymacaron deploy`"
        raise DeployError(
            f"{story.plan.deploy_id} deploys {there}, but this folder has {here}; {cure}", exit_code=STOPPED
        )
