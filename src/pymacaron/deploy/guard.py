"""What has just gone live is watched: its alarms, its health."""

from __future__ import annotations

from .aws import Aws
from .run import Run, StepFailed
from .steps import Step
from .waiting import Failed


def set_alarms(run: Run, step: Step) -> None:
    for call in step.calls:
        name = str(call.parameters["AlarmName"])
        run.once(step, call, lambda name=name: alarms_there(run.aws, [name]) or None)  # type: ignore[misc]


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
    calls = [call for one in run.plan.steps if one.kind == "alarms" for call in one.calls]
    names = [str(call.parameters["AlarmName"]) for call in calls]
    known = run.given.get("watch.ignored", "").split(" ")  # they rang before there was anything new

    def alarm() -> str:
        news = fired(run.aws, [name for name in names if name not in known])
        return "; ".join(f"the alarm {name} has fired: {why}" for name, why in news.items())

    try:
        run.watch(found.id).stays_well(float(run.given["watch.until"]), alarm)
    except Failed as error:
        raise StepFailed(f"{step.about} does not stay well: {error}") from error


def fired(aws: Aws, names: list[str]) -> dict[str, str]:
    """Those of some alarms that ring, each with what it says."""
    found = aws.read("cloudwatch.DescribeAlarms", AlarmNames=names).get("MetricAlarms", []) if names else []
    return {one["AlarmName"]: one.get("StateReason", "") for one in found if one["StateValue"] == "ALARM"}
