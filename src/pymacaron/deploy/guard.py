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
    try:
        run.watch(found.id).stays_well(float(run.given["watch.until"]), lambda: _fired(run.aws, names))
    except Failed as error:
        raise StepFailed(f"{step.about} does not stay well: {error}") from error


def _fired(aws: Aws, names: list[str]) -> str:
    """What an alarm says that has fired, or ""."""
    found = aws.read("cloudwatch.DescribeAlarms", AlarmNames=names).get("MetricAlarms", [])
    fired = [one for one in found if one["StateValue"] == "ALARM"]
    return "; ".join(f"the alarm {one['AlarmName']} has fired: {one.get('StateReason', '')}" for one in fired)
