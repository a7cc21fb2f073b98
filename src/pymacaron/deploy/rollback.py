"""The way back to what was live before: a pure function, like that of plans."""

from __future__ import annotations

from .due import cleaned
from .observe import Environment, Found
from .order import Order, green_name
from .parts import brought_up, if_green_fails, if_live_fails, locked, recorded, swapped, unlocked, verified
from .prices import said_of
from .resources import Wanted
from .steps import Plan, Step


def plan_rollback(wanted: Wanted, found: Found, order: Order, to: str = "") -> Plan | str:
    """The steps back to the release before, or to the version `to`: a swap if its environment is still there, else a
    new environment with that version. A text says why there is no way."""
    live = found.live(wanted)
    if live is None:
        return "nothing is live, so there is nothing to roll back; run `pymacaron deploy`"
    target = _environment_of(wanted, found, live, to)
    if target is not None:
        return _plan_swap(wanted, found, order, live, target)
    label = to or next((one.label for one in reversed(found.releases) if one.label != live.label), "")
    if not label:
        return "there is no release before the live one on record; name a version: `pymacaron rollback --to VERSION`"
    if label not in {one.label for one in found.versions}:
        known = ", ".join(one.label for one in found.versions[-5:])
        return f"there is no version {label}; the last ones are {known or 'none'}: see `pymacaron releases`"
    steps = (*brought_up(wanted, found, order, label), *cleaned(wanted, found, order))
    green = green_name(wanted, order.deploy_id)
    return Plan(
        deploy_id=order.deploy_id, title=f"{wanted.name} in {wanted.stage} back to {label}: a new environment",
        blue=live.id, green=green, state=found.state, steps=steps,
        if_green_fails=if_green_fails(wanted, found, order, green),
        if_live_fails=if_live_fails(wanted, found, order, live, green), cost=tuple(said_of(wanted, beside=1)),
    )  # fmt: skip


def _environment_of(wanted: Wanted, found: Found, live: Environment, to: str) -> Environment | None:
    """The environment to go back to: of the version, else the one that was live before."""
    there = {
        one.id: one for one in found.environments if one.is_ready and one.id != live.id and one.stage == wanted.stage
    }
    for release in reversed(found.releases):
        if (release.environment_id, release.label) == (live.id, live.label):
            continue
        one = there.get(release.environment_id)
        if one is not None and one.label == release.label and to in {"", one.label}:
            return one
        if not to:
            return None  # the one before is gone, or updated in place since; one still older is not meant
    return None


def _plan_swap(wanted: Wanted, found: Found, order: Order, live: Environment, target: Environment) -> Plan:
    title = f"move {wanted.cname} back to {target.name} ({target.label})"
    steps = (
        locked(wanted, found), swapped(title, live.id, target.id, about=target.name),
        *verified(wanted, order, target.name), *recorded(wanted, found),
    )  # fmt: skip
    back = swapped(f"move {wanted.cname} to {live.name} again", target.id, live.id, about=live.name, kind="swap_back")
    again = Step("verify", f"check that {live.name} is live again", (), 0.2, live.name)
    return Plan(
        deploy_id=order.deploy_id, title=f"{wanted.name} in {wanted.stage} back to {target.label}: a swap",
        blue=live.id, green=target.name, state=found.state, steps=steps, if_green_fails=(unlocked(wanted, found),),
        if_live_fails=(back, again, unlocked(wanted, found)), cost=(),
    )  # fmt: skip
