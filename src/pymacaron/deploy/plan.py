"""What has to be done: a pure function of what is wanted, what there is, and an order."""

from __future__ import annotations

from collections.abc import Iterator

from .beforehand import label_of, local, stored
from .bundle import bundle_of
from .calls import options
from .canary import plan_canary, problems_of_canary
from .dns import name_steps, name_warnings
from .due import cleaned
from .observe import Environment, Found
from .options import lint
from .order import KEPT, NONE, Order, green_name
from .parts import brought_up, if_green_fails, if_live_fails
from .prices import said_of
from .resources import Wanted
from .steps import Plan

_STOP = 10  # seconds that a container has after SIGTERM, unless a bundle says so


def problems(wanted: Wanted, found: Found, order: Order) -> Iterator[tuple[str, str, str]]:
    """Why a deployment would fail, as far as that can be known before anything is changed: setting, fact, cure."""
    yield from found.missing
    yield from _problems_of_places(wanted, found)
    if not found.platform:
        yield "aws_region", f"{wanted.region} has no recommended platform for Docker", "choose another region"
    yield from _problems_of_secrets(wanted, found, order)
    if order.canary:
        yield from problems_of_canary(wanted, found, order)
    made = options(wanted, order, label="x", arn="arn:x")
    for complaint in (*found.complaints, *lint(made)):
        yield "", f"Elastic Beanstalk rejects the options: {complaint}", "change that setting in pym-config.yaml"
    bundle = bundle_of(wanted, order.image)
    for version in found.versions if order.image else ():
        if version.label == bundle.label(wanted) and version.key not in {"", bundle.key(wanted)}:
            yield "", f"the version {version.label} exists already with a different bundle", "commit your changes"


def _problems_of_places(wanted: Wanted, found: Found) -> Iterator[tuple[str, str, str]]:
    live = found.live(wanted)
    if live is None and found.is_prefix_free is False:
        yield (
            "aws_cname_prefix", f"{wanted.cname} is taken by another account or service",
            f"choose another prefix, such as 'aws_cname_prefix: {wanted.prefix}-{found.account[-4:]}'",
        )  # fmt: skip
    if live is not None and not live.is_ready:
        cure = "wait until it is Ready (`pymacaron status`), or see why not: `pymacaron events`"
        yield "", f"the live environment {live.name} is {live.status}", cure
    if not found.registry:
        yield "docker_repo", f"there is no repository {wanted.repository} in ECR", "run `pymacaron aws setup`"


def _problems_of_secrets(wanted: Wanted, found: Found, order: Order) -> Iterator[tuple[str, str, str]]:
    fresh = ", ".join(sorted(set(wanted.secrets) - set(found.secret_names)))
    if wanted.secrets and order.secrets == NONE:
        yield (
            "env_secrets",
            "names variables that are neither set here nor stored in Secrets Manager",
            f"export {fresh}",
        )
    elif order.secrets == KEPT and fresh:
        yield (
            "env_secrets",
            f"Secrets Manager does not have {fresh} yet",
            "export all variables of env_secrets for this deployment",
        )


def plan(wanted: Wanted, found: Found, order: Order) -> Plan:
    """The steps of a deployment, the first one too. It asks nobody and changes nothing."""
    if order.canary:
        return plan_canary(wanted, found, order)
    blue = found.live(wanted)
    green = green_name(wanted, order.deploy_id)
    label = label_of(wanted, order)
    steps = (
        *local(wanted, found, order), *stored(wanted, found, order, label),
        *brought_up(wanted, found, order, label), *name_steps(wanted, found.name), *cleaned(wanted, found, order),
    )  # fmt: skip
    return Plan(
        deploy_id=order.deploy_id, title=_title(wanted, blue), blue=blue.id if blue else "", green=green,
        state=found.state, steps=steps, if_green_fails=if_green_fails(wanted, found, order, green),
        if_live_fails=if_live_fails(wanted, found, order, blue, green) if blue else (),
        cost=tuple(said_of(wanted, beside=1 if blue else 0)), warnings=tuple(_warnings(wanted, found)),
    )  # fmt: skip


def _warnings(wanted: Wanted, found: Found) -> Iterator[str]:
    if wanted.hosts_min == 1:
        yield "there is only one host: if it or its availability zone fails, the service is down"
    if wanted.grace > _STOP and not wanted.worker:
        asked = f"calls may run for {wanted.grace:g} s after SIGTERM (shutdown_delay, shutdown_grace)"
        yield f"{asked}, but Elastic Beanstalk kills a single container after {_STOP} s"
    yield from name_warnings(wanted, found.name)


def _title(wanted: Wanted, blue: Environment | None) -> str:
    what = f"{wanted.name} {wanted.version}".strip()
    return (
        f"{what} to {wanted.stage}: replaces {blue.name} ({blue.label})"
        if blue
        else f"{what} to {wanted.stage}: the first deployment"
    )
