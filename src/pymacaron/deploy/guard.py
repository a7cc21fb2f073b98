"""What has just gone live is watched: its alarms, its health."""

from __future__ import annotations

from functools import partial

from .aws import Aws
from .run import Run, StepFailed
from .steps import Plan, Step
from .waiting import Failed


def set_alarms(run: Run, step: Step) -> None:
    for call in step.calls:
        run.once(step, call, partial(_is_set, run.aws, str(call.parameters["AlarmName"])))


def _is_set(aws: Aws, name: str) -> bool | None:
    return bool(alarms_there(aws, [name])) or None


def alarms_of(plan: Plan) -> list[str]:
    """Those that a plan sets."""
    return [str(call.parameters["AlarmName"]) for step in plan.steps if step.kind == "alarms" for call in step.calls]


def alarms_there(aws: Aws, names: list[str]) -> list[str]:
    """Those of some alarms that are set."""
    found = aws.read("cloudwatch.DescribeAlarms", AlarmNames=names).get("MetricAlarms", [])
    return [str(one["AlarmName"]) for one in found]


def watch(run: Run, step: Step) -> None:
    """For the minutes of the step, or what another process has left of them, nothing may be wrong with it."""
    if "watch.until" not in run.given:
        run.give(watch_until=str(run.aws.clock.time() + step.minutes * 60))
    found = run.environment(step.about)
    if found is None:
        raise StepFailed(f"{step.about} is gone")
    known = run.given.get("watch.ignored", "").split(" ")  # they rang before there was anything new
    names = [name for name in alarms_of(run.plan) if name not in known]

    def alarm() -> str:
        news = fired(run.aws, names)
        return "; ".join(f"the alarm {name} has fired: {why}" for name, why in news.items())

    try:
        run.watch(found.id).stays_well(float(run.given["watch.until"]), alarm)
    except Failed as error:
        raise StepFailed(f"{step.about} does not stay healthy: {error}") from error


def fired(aws: Aws, names: list[str]) -> dict[str, str]:
    """Those of some alarms that ring, each with what it says."""
    found = aws.read("cloudwatch.DescribeAlarms", AlarmNames=names).get("MetricAlarms", []) if names else []
    return {one["AlarmName"]: one.get("StateReason", "") for one in found if one["StateValue"] == "ALARM"}
