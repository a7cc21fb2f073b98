"""A canary: the environment that is live is updated in place, and some of its callers get the new version before the
others."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import Json

from .beforehand import label_of, local, stored
from .calls import options
from .dns import name_steps, name_warnings
from .due import cleaned
from .observe import Environment, Found, marked
from .options import COMMAND, IN_PLACE, SPLITTING, Option
from .order import Order
from .parts import locked, recorded, unlocked, verified, watched
from .prices import said_of_canary
from .resources import Wanted
from .steps import ApiCall, Plan, Step

_ENVIRONMENT = "aws:elasticbeanstalk:environment"
_NEW_HOSTS = 5  # minutes, until they serve


def problems_of_canary(wanted: Wanted, found: Found, order: Order) -> Iterator[tuple[str, str, str]]:
    """Why there is no way for a canary: setting, fact, cure."""
    cure = "deploy without --canary"
    live = found.live(wanted)
    if live is None:
        yield "", f"--canary needs a live environment, and no environment has {wanted.cname}", f"{cure} the first time"
        return
    if live.stage != wanted.stage:
        yield (
            "",
            f"the live environment {live.name} was not created by pymacaron, which therefore does not update it",
            cure,
        )
    value = _values(found)
    kind = value.get((_ENVIRONMENT, "LoadBalancerType"), "none")
    if kind != "application" or value.get((_ENVIRONMENT, "EnvironmentType")) != "LoadBalanced":
        fact = f"{live.name} is live and has no application load balancer ({kind}); only that kind splits traffic"
        yield "", fact, f"{cure}: the new environment gets one"
    if order.image and label_of(wanted, order) == live.label:
        yield "", f"{live.label} is live already", f"{cure} to put it into a new environment"
    if order.keep_failed:
        yield "", "--keep-failed is for new environments, and --canary creates none", "leave one of them out"


def _values(found: Found) -> dict[tuple[str, str], str]:
    """The options of what is live, by namespace and name."""
    return {(space, name): text for space, name, text in found.live_options}


def plan_canary(wanted: Wanted, found: Found, order: Order) -> Plan:
    """The steps of a deployment in place; something has to be live."""
    live = found.live(wanted)
    assert live is not None, "problems_of_canary would have said so"
    label = label_of(wanted, order)
    steps = (
        *local(wanted, found, order), *stored(wanted, found, order, label), locked(wanted, found),
        *_updated(wanted, found, order, label, live=live), *verified(wanted, order, live.name),
        *watched(wanted, order, live.name), *recorded(wanted, found), *name_steps(wanted, found.name),
        *cleaned(wanted, found, order),
    )  # fmt: skip
    what = f"{wanted.name} {wanted.version}".strip()
    title = f"{what} to {wanted.stage}: in {live.name} ({live.label}), for {order.canary} % of its requests first"
    return Plan(
        deploy_id=order.deploy_id, title=title, blue=live.id, green=live.name, state=found.state, steps=steps,
        if_green_fails=(unlocked(wanted, found),), if_live_fails=tuple(_back(wanted, found, order, live)),
        cost=tuple(said_of_canary(wanted, _NEW_HOSTS + wanted.canary_minutes)),
        warnings=tuple(_warnings(wanted, found, order)),
    )  # fmt: skip


def _updated(wanted: Wanted, found: Found, order: Order, label: Json, *, live: Environment) -> Iterator[Step]:
    split = [
        Option(COMMAND, "DeploymentPolicy", "TrafficSplitting"),
        Option(SPLITTING, "NewVersionPercent", str(order.canary)),
        Option(SPLITTING, "EvaluationTime", str(wanted.canary_minutes)),
    ]
    said = [one.to_json() for one in (*_own(wanted, found, order, label), *split)]
    call = ApiCall.of("elasticbeanstalk.UpdateEnvironment", {
        "EnvironmentId": live.id, "VersionLabel": label, "Description": marked(wanted.stage, order.deploy_id),
        "OptionSettings": said,
    })  # fmt: skip
    yield Step("canary", f"update {live.name}, {order.canary} % of its requests first", (call,), 0.2, live.name)
    text = f"watch that for {wanted.canary_minutes} minutes, then send all requests to the new version"
    yield Step("share", text, (), _NEW_HOSTS + wanted.canary_minutes, live.name)


def _own(wanted: Wanted, found: Found, order: Order, label: Json) -> list[Option]:
    """The options that a version brings along: variables and secrets."""
    return [one for one in options(wanted, order, label=label, arn=found.secret) if one.namespace in IN_PLACE]


def _back(wanted: Wanted, found: Found, order: Order, live: Environment) -> Iterator[Step]:
    """To the version before with its variables, by another update; Elastic Beanstalk may have done so by itself."""
    before = _values(found)
    names = [(one.namespace, one.name) for one in _own(wanted, found, order, label="")]
    said = [Option(*name, before[name]) for name in names if name in before]
    gone: list[Json] = [{"Namespace": name[0], "OptionName": name[1]} for name in names if name not in before]
    policy = Option(COMMAND, "DeploymentPolicy", "RollingWithAdditionalBatch")
    call = ApiCall.of("elasticbeanstalk.UpdateEnvironment", {
        "EnvironmentId": live.id, "VersionLabel": live.label, "Description": marked(wanted.stage, live.deploy_id),
        "OptionSettings": [one.to_json() for one in (*said, policy)], **({"OptionsToRemove": gone} if gone else {}),
    })  # fmt: skip
    yield Step(
        "take_back", f"check that {live.name} has {live.label} again, and deploy that if not", (call,), 5, live.name
    )
    yield Step("verify_back", f"check that {wanted.cname} answers with {live.label} again", (), 0.2, live.name)
    yield unlocked(wanted, found)


def _warnings(wanted: Wanted, found: Found, order: Order) -> Iterator[str]:
    """What an update in place leaves as it is, other than a new environment."""
    before = _values(found)
    asked = {(one.namespace, one.name): one.value for one in options(wanted, order, label="", arn="arn")}
    differing = sorted(
        f"{name[0]} {name[1]}" for name, text in asked.items()
        if name[0] not in {*IN_PLACE, COMMAND} and before.get(name) != text
    )  # fmt: skip
    left = sorted(name for space, name in before if space in IN_PLACE and (space, name) not in asked)
    if differing:
        yield f"options that --canary does not change: {', '.join(differing)}"
    if left:
        yield f"variables that no setting names any more, and that --canary leaves there: {', '.join(left)}"
    yield from name_warnings(wanted, found.name)
