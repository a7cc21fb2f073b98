"""What is live is watched: its alarms."""

from __future__ import annotations

from .run import Run
from .steps import Step


def set_alarms(run: Run, step: Step) -> None:
    for call in step.calls:
        name = str(call.parameters["AlarmName"])
        run.once(step, call, lambda name=name: has_alarm(run, name))  # type: ignore[misc]


def has_alarm(run: Run, name: str) -> bool | None:
    return bool(run.aws.read("cloudwatch.DescribeAlarms", AlarmNames=[name]).get("MetricAlarms")) or None
