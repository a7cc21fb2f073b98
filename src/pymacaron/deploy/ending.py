"""Environments that end, with their alarms."""

from __future__ import annotations

from functools import partial

from .aws import Aws
from .guard import alarms_there
from .observe import Environment
from .run import Run, Unclear
from .steps import Step
from .waiting import Failed

_END = 20 * 60.0  # seconds


def retire(run: Run, step: Step) -> None:
    """End an environment, but never the live one: somebody may go back to it while this waits, or tries again."""
    found = _not_live(run, step)
    if found is not None:
        if found.status in {"Launching", "Updating"}:
            _wait_until_still(run, found)
        run.given["green.id"] = run.given.get("green.id") or found.id
        run.once(step, step.calls[0], lambda: _is_ending(_not_live(run, step)))
    for call in step.calls[1:]:
        names = [str(name) for name in call.parameters["AlarmNames"]]
        run.once(step, call, partial(_are_gone, run.aws, names))


def _not_live(run: Run, step: Step) -> Environment | None:
    """
    Raises:
        Unclear: it is live by now.
    """
    found = run.environment(step.about)
    if found is not None and found.cname.lower() == run.wanted.cname and (run.plan.blue or step.kind == "retire"):
        raise Unclear(f"{step.about} is live, so it is not terminated")
    return found


def _are_gone(aws: Aws, names: list[str]) -> bool | None:
    return not alarms_there(aws, names) or None


def _wait_until_still(run: Run, found: Environment) -> None:
    """Elastic Beanstalk ends only what is ready."""
    try:
        run.watch(found.id).until(
            lambda one: one is None or one.is_ready or one.status == "Terminating", _END, "it is busy"
        )
    except Failed as error:
        raise Unclear(
            f"cannot terminate {found.name}: {error}; terminate it later: `pymacaron env terminate {found.name}`"
        ) from error


def _is_ending(found: Environment | None) -> bool | None:
    return True if found is None or found.status == "Terminating" else None
