"""From a project and an account to a deployment: observe, plan, confirm, carry out."""

from __future__ import annotations

import json
import os
import secrets as chance
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pymacaron.config import Config, load_config, set_config
from pymacaron.exceptions import DeployError, Finding

from . import journal
from .aws import Aws
from .deeds import impossible
from .execute import Execution
from .exit_codes import STOPPED
from .lock import Lock, owner
from .observe import Found, observe
from .order import GIVEN, KEPT, NONE, Order, new_id
from .plan import plan, problems
from .quotas import quotas_of
from .refusals import asking
from .resources import LIVE, Wanted, place_of_key, wanted_of
from .rollback import plan_rollback
from .run import Run, Workshop
from .steps import Plan

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Account:
    """What every command of a deployment begins with.

    Attributes:
        secrets: variables under env_secrets that are set here.
        folder: of the project.
    """

    config: Config
    wanted: Wanted
    aws: Aws
    secrets: Mapping[str, str]
    folder: str = os.curdir
    tell: Callable[[str, str], object] = field(default=lambda kind, text: None)

    @property
    def journals(self) -> Path:
        return Path(self.folder) / journal.FOLDER

    def observed(self, *, options: bool = False) -> Found:
        """What there is; with the options of what is live, if they are asked for.

        Raises:
            DeployError: AWS does not say.
        """
        with self.asking():
            return observe(self.aws, self.wanted, options=options)

    def asking(self) -> AbstractContextManager[None]:
        """A block in which AWS is asked for things: a refusal is a DeployError that says what mends it."""
        return asking(self.aws, self.wanted)

    def lock(self, bucket: str, holder: str = "") -> Lock:
        return Lock(self.aws, {"Bucket": bucket, "Key": f"{self.wanted.folder}/lock.json"}, holder=holder)

    def run(self, made: Plan, found: Found, workshop: Workshop, book: journal.Journal, **more: Any) -> Run:
        return Run(
            self.aws, self.wanted, made, book, workshop, account=found.account, bucket=found.bucket,
            repository=found.registry, secrets=self.secrets, tell=self.tell, owner=owner(), **more,
        )  # fmt: skip


def read_config(folder: str, stage: str) -> Config:
    """The configuration of a project for one of its environments, `pym-config.<stage>.yaml` where there is one.

    Raises:
        ConfigurationError: it is faulty; variables that are not set are for the deployment to judge.
    """
    config = load_config(folder, {**os.environ, "PYM_ENV": stage}, strict=False)
    findings = [one for one in config.config_findings if "environment variable" not in one.fact]
    if config.config_file is None:
        findings.append(Finding(folder, "", "has no pym-config.yaml", "write one with name, live_host and aws_region"))
    if findings:
        raise DeployError(findings)
    set_config(config)
    return config


def account_of(
    folder: str, stage: str, connect: Callable[[Config], Aws], *, version: str = "",
    tell: Callable[[str, str], object] = lambda kind, text: None,
) -> Account:  # fmt: skip
    """
    Raises:
        StartError: the configuration does not do.
    """
    config = read_config(folder, stage or LIVE)
    wanted = wanted_of(config, stage=stage or LIVE, version=version)
    given = {name: os.environ[name] for name in wanted.secrets if os.environ.get(name)}
    return Account(config, wanted, connect(config), given, folder, tell)


def ordered(account: Account, found: Found, **more: Any) -> Order:
    """An order of now.

    Raises:
        DeployError: some of the secrets are set, and some are not.
    """
    names = set(account.wanted.secrets)
    missing = sorted(names - account.secrets.keys())
    if missing and len(missing) < len(names):
        cure = "export it, or unset the others to keep all stored values"
        text = f"{', '.join(missing)} of env_secrets is not set, but others are; {cure}"
        raise DeployError(f"{place_of_key(account.config, 'env_secrets')}: {text}", exit_code=STOPPED)
    mode = GIVEN if names and not missing else KEPT if names and found.secret else NONE
    now = account.aws.clock.time()
    letters = "".join(chance.choice(_LETTERS) for _ in range(4))
    if more.get("watch") is None:
        more["watch"] = float(account.wanted.watch_minutes)
    return Order(new_id(now, letters), now, secrets=mode, **more)


def checked(account: Account, found: Found, order: Order) -> None:
    """
    Raises:
        DeployError: the deployment would fail: everything that can be known of that.
    """
    quotas = quotas_of(account.aws, account.wanted, found, environments=0 if order.canary else 1)
    full = [one.problem for one in quotas if one.problem]
    findings = [
        Finding(place_of_key(account.config, key) if key else account.wanted.name, key, fact, cure)
        for key, fact, cure in (*problems(account.wanted, found, order), *full)
    ]
    if findings:
        raise DeployError(findings, exit_code=STOPPED)


def deployment(account: Account, **more: Any) -> tuple[Plan, Found]:
    """The plan of a deployment.

    Raises:
        DeployError: it would fail.
    """
    found = account.observed(options=bool(more.get("canary")))
    order = ordered(account, found, **more)
    checked(account, found, order)
    return plan(account.wanted, found, order), found


def rollback(account: Account, to: str = "", **more: Any) -> tuple[Plan, Found]:
    """The plan back to a release before.

    Raises:
        DeployError: there is no way.
    """
    found = account.observed()
    order = replace(ordered(account, found, **more), unit_tests=False, secrets=NONE, watch=0.0)
    made = plan_rollback(account.wanted, found, order, to)
    if isinstance(made, str):
        raise DeployError(made, exit_code=STOPPED)
    return made, found


def of_file(account: Account, path: str) -> tuple[Plan, Found]:
    """The plan that a file holds, as `--plan --json` prints it.

    Raises:
        DeployError: it is none, or what it was made of has changed.
    """
    try:
        made = Plan.from_json(json.loads(Path(path).read_text("utf-8"))["plan"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_plan(path, type(error).__name__) from None
    unknown = impossible(made) or ("" if journal.is_id(made.deploy_id) else "its deploy_id")
    if unknown:
        raise _no_plan(path, f"{unknown} is unknown")
    found = account.observed(options=made.is_canary)
    if made.state != found.state:
        text = "the state at AWS has changed since this plan was made; make a new one: pymacaron deploy --plan --json"
        raise DeployError(f"{path}: {text}: pymacaron deploy --plan --json", exit_code=STOPPED)
    return made, found


def _no_plan(path: str, why: str) -> DeployError:
    return DeployError(f"{path} holds no plan of this version ({why}); make one: pymacaron deploy --plan --json")


def carry_out(
    account: Account, made: Plan, found: Found, workshop: Workshop, *, image: str = "", **more: Any
) -> int:  # fmt: skip
    """Do what a plan says; 0. `image` is one that is in its registry already.

    Raises:
        DeployError: it has failed; `exit_code` says how things stand.
    """
    book = journal.Journal.begun(account.journals, made, account.wanted, account.aws.clock.time())
    run = account.run(made, found, workshop, book, **more)
    if image:
        run.give(image_reference=image)
    return Execution(run)()


def told(made: Plan) -> str:
    """A plan for people."""
    rows = [made.title, ""]
    for number, step in enumerate(made.steps, 1):
        rows.append(f"{number:3}. {step.title}{_minutes(step.minutes)}")
        rows += [f"       {call.operation}({_arguments(call.shown())})" for call in step.calls]
    for title, steps in (
        (f"if it fails{' before the swap' if made.if_live_fails else ''}", made.if_green_fails),
        ("if it fails after the swap", made.if_live_fails),
    ):  # fmt: skip
        if steps:
            rows += ["", f"{title}:", *(f"     - {step.title}" for step in steps)]
    rows += ["", f"about {made.minutes:.0f} min", *(f"cost: {one}" for one in made.cost)]
    rows += [f"warning: {one}" for one in made.warnings]
    return "\n".join([*rows, f"plan {made.hash[:16]}"])


def _minutes(minutes: float) -> str:
    return f" (about {minutes:.0f} min)" if minutes >= 1 else ""


def _arguments(said: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in said.items())


def _short(value: Any) -> str:
    text = json.dumps(value)
    return (
        text
        if len(text) <= 90
        else f"{text[:70]}… ({len(value)} items)"
        if isinstance(value, list)
        else f"{text[:80]}…"
    )
