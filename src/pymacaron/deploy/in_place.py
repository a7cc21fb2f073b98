"""The deeds of a canary: what is live is updated, and taken back."""

from __future__ import annotations

from .guard import alarms_of, fired
from .observe import Environment, settings_of
from .options import COMMAND
from .run import Run, StepFailed, Unclear
from .steps import ApiCall, Step
from .waiting import Failed

_HOSTS = 30 * 60.0  # seconds, for new hosts to come and old ones to go


def update(run: Run, step: Step) -> None:
    """Begin, once: the description of the environment tells whose update it has had last."""
    live, call = _live(run, step), step.calls[0]
    if live.deploy_id != run.plan.deploy_id:
        if _mark(_way_back(run)) != live.description:
            raise StepFailed("somebody else has deployed since this plan was made; deploy again")
        if live.label == _label(run, call):
            raise StepFailed(f"{live.label} is live already; deploy without --canary to put it into a new environment")
        ringing = fired(run.aws, alarms_of(run.plan))
        run.give(canary_since=str(run.aws.clock.time()), watch_ignored=" ".join(ringing))
    run.once(step, call, lambda: _ours(run, step))


def _ours(run: Run, step: Step) -> bool | None:
    found = run.environment(step.about)
    return (found is not None and found.deploy_id == run.plan.deploy_id) or None


def _live(run: Run, step: Step) -> Environment:
    found = run.environment(step.about)
    if found is None:
        raise StepFailed(f"{step.about} is gone")
    return found


def _label(run: Run, call: ApiCall) -> str:
    said = call.parameters["VersionLabel"]
    return said if isinstance(said, str) else run.given["bundle.label"]


def _way_back(run: Run) -> ApiCall:
    return next(step.calls[0] for step in run.plan.if_live_fails if step.kind == "take_back")


def _mark(call: ApiCall) -> str:
    return str(call.parameters["Description"])


def share(run: Run, step: Step) -> None:
    """Wait until all callers have the new version, or none."""
    update = next(one.calls[0] for one in run.plan.steps if one.kind == "canary")
    try:
        watch = run.watch(_live(run, step).id, since=float(run.given["canary.since"]))
        found = watch.until_well(step.minutes * 60 + _HOSTS)
    except Failed as error:
        raise StepFailed(f"the canary has failed: {error}") from error
    if found.label != _label(run, update):
        raise StepFailed("the canary has failed: Elastic Beanstalk has rolled it back")


def take_back(run: Run, step: Step) -> None:
    """The version before, with its options: as Elastic Beanstalk has left it, or by an update."""
    live, call = run.environment(step.about), step.calls[0]
    if live is None:
        raise Unclear(f"{step.about} is gone")
    try:
        run.watch(live.id).until(lambda one: one is None or one.is_ready, _HOSTS, "it is busy")
        run.once(step, call, lambda: _is_back(run, step, call))
        found = run.watch(live.id, since=run.aws.clock.time()).until_well(_HOSTS)
    except Failed as error:
        raise Unclear(f"{step.about} did not return to {_label(run, call)}: {error}") from error
    if found.label != _label(run, call):
        raise Unclear(f"{step.about} did not return to {_label(run, call)}: it has {found.label}")


def _is_back(run: Run, step: Step, call: ApiCall) -> bool | None:
    """Is it as before, or on its way there?"""
    found = run.environment(step.about)
    if found is None:
        raise Unclear(f"{step.about} is gone")
    if not found.is_ready:
        return found.description == _mark(call) or None
    return (found.label == _label(run, call) and _has_options(run, step, call)) or None


def _has_options(run: Run, step: Step, call: ApiCall) -> bool:
    there = {(space, name): text for space, name, text in settings_of(run.aws, run.wanted, step.about)}
    said, gone = call.parameters["OptionSettings"], call.parameters.get("OptionsToRemove", [])
    assert isinstance(said, list)
    assert isinstance(gone, list)
    kept = [one for one in said if isinstance(one, dict) and one["Namespace"] != COMMAND]
    return all(there.get((str(one["Namespace"]), str(one["OptionName"]))) == one["Value"] for one in kept) and not any(
        (one["Namespace"], one["OptionName"]) in there for one in gone if isinstance(one, dict)
    )
