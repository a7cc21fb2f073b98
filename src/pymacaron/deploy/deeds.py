"""Each kind of step: a small function that looks whether it is done, does it, waits, and sees that it has come true."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from .aws import Refused
from .calls import token_of
from .dns import name_of
from .ending import retire
from .guard import set_alarms, watch
from .in_place import share, take_back, update
from .observe import Release, environments_of, live_among, releases_of, versions_of
from .permissions import PERMITS
from .run import Run, StepFailed, Unclear
from .steps import Plan, Step
from .swapping import swap, verify
from .waiting import Failed

_LAUNCH, _PROCESS = 30 * 60.0, 5 * 60.0  # seconds
_MOST_RELEASES = 100


def _unit_tests(run: Run, _step: Step) -> None:
    run.workshop.unit_tests()


def _build(run: Run, _step: Step) -> None:
    run.give(image_id=run.workshop.build())


def _image_tests(run: Run, _step: Step) -> None:
    run.workshop.image_tests(run.given["image.id"])


def _push(run: Run, _step: Step) -> None:
    run.give(image_reference=run.workshop.push(run.given["image.id"], run.repository, run.aws))


def _secret(run: Run, step: Step) -> None:
    token = token_of(run.plan.deploy_id)

    def kept() -> str | None:
        try:
            said = run.aws.read("secretsmanager.DescribeSecret", SecretId=run.wanted.secret_id)
        except Refused as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        return str(said["ARN"]) if token in said.get("VersionIdsToStages", {}) else None

    run.give(secret_arn=run.once(step, step.calls[0], kept))


def _storage(run: Run, step: Step) -> None:
    run.once(step, step.calls[0], lambda: _asked(run, "s3.HeadBucket", Bucket=run.bucket))


def _asked(run: Run, operation: str, **parameters: str) -> bool | None:
    """True of what is there, None of what is not."""
    try:
        run.aws.read(operation, **parameters)
    except Refused as error:
        if error.is_denial:
            raise
        return None
    return True


def _bundle(run: Run, step: Step) -> None:
    bundle = run.bundle
    key = bundle.key(run.wanted)
    run.give(bundle_label=bundle.label(run.wanted), bundle_key=key)
    run.once(
        step, step.calls[0], lambda: _asked(run, "s3.HeadObject", Bucket=run.bucket, Key=key), Body=bundle.data
    )  # fmt: skip


def _application(run: Run, step: Step) -> None:
    name = run.wanted.name
    run.once(
        step, step.calls[0],
        lambda: run.aws.read("elasticbeanstalk.DescribeApplications", ApplicationNames=[name])["Applications"] or None,
    )  # fmt: skip


def _version(run: Run, step: Step) -> None:
    label, key = run.given["bundle.label"], run.given["bundle.key"]
    until = run.aws.clock.time() + _PROCESS
    while True:
        found = run.once(
            step, step.calls[0], lambda: next((v for v in versions_of(run.aws, run.wanted) if v.label == label), None)
        )
        if found.key not in {"", key}:
            raise StepFailed(
                f"the version {label} exists already with a different bundle; commit your changes and deploy again"
            )
        if found.status.lower() in {"processed", "unprocessed"}:
            return
        if found.status.lower() == "failed":
            raise StepFailed(f"Elastic Beanstalk cannot process the bundle of {label}; see `pymacaron events`")
        if run.aws.clock.time() >= until:
            raise StepFailed(f"the version {label} is {found.status} for {_PROCESS / 60:.0f} minutes")
        run.aws.clock.sleep(3)


def _lock(run: Run, _step: Step) -> None:
    run.take_lock()
    live = live_among(environments_of(run.aws, run.wanted), run.wanted)
    is_expected = live is None if not run.plan.blue else live is not None and live.id == run.plan.blue
    if not is_expected and (live is None or live.name != run.plan.green):  # the latter after a swap
        run.lock.free()
        raise StepFailed("somebody else has deployed since this plan was made; deploy again")


def _unlock(run: Run, _step: Step) -> None:
    run.lock.free()


def _green(run: Run, step: Step) -> None:
    found = run.once(step, step.calls[0], lambda: run.environment(step.about))
    run.give(green_id=found.id)
    watch = run.watch(found.id)
    try:
        watch.until_well(_LAUNCH)
    except Failed as error:
        raise StepFailed(f"{step.about} did not start: {error}") from error


def _green_tests(run: Run, step: Step) -> None:
    found = run.environment(step.about)
    if found is None:
        raise StepFailed(f"{step.about} is gone")
    run.lock.beat(now=True)
    run.workshop.tests(run.green_door(found))
    run.lock.beat(now=True)


def _live_tests(run: Run, _step: Step) -> None:
    run.lock.beat(now=True)
    run.workshop.tests(run.live_door())


def _record(run: Run, step: Step) -> None:
    """Only while we have the lock and the address: who comes back after hours finds that others have deployed."""
    run.lock.beat(now=True)
    releases = releases_of(run.aws, run.wanted, run.bucket)
    live = run.environment(run.plan.green)
    if live is None:
        raise StepFailed(f"{run.plan.green} is gone")
    if live.cname.lower() != run.wanted.cname:
        raise Unclear(f"{run.wanted.cname} is somebody else's by now; look at `pymacaron releases`")
    if not any(one.deploy_id == run.plan.deploy_id for one in releases):
        image = run.given.get("image.reference", "")
        now = round(run.aws.clock.time(), 3)
        releases += (Release(run.plan.deploy_id, live.label, live.id, live.name, now, run.owner, image),)
    body = json.dumps({"releases": [asdict(one) for one in releases[-_MOST_RELEASES:]]}, indent=1)
    run.once(step, step.calls[0], lambda: _is_recorded(run), Body=body.encode())


def _is_recorded(run: Run) -> bool | None:
    found = releases_of(run.aws, run.wanted, run.bucket)
    return any(one.deploy_id == run.plan.deploy_id for one in found) or None


def _prune(run: Run, step: Step) -> None:
    run.once(
        step, step.calls[0],
        lambda: None if any(one.label == step.about for one in versions_of(run.aws, run.wanted)) else True,
    )  # fmt: skip


def _name(run: Run, step: Step) -> None:
    run.once(step, step.calls[0], lambda: name_of(run.aws, run.wanted).is_right(run.wanted) or None)


DEEDS: dict[str, Callable[[Run, Step], None]] = {
    "unit_tests": _unit_tests, "build": _build, "image_tests": _image_tests, "push": _push, "secret": _secret,
    "storage": _storage, "bundle": _bundle, "application": _application, "version": _version, "lock": _lock,
    "unlock": _unlock, "green": _green, "green_tests": _green_tests, "swap": swap, "swap_back": swap,
    "verify": verify, "live_tests": _live_tests, "alarms": set_alarms, "watch": watch,
    "record": _record, "end_green": retire, "retire": retire, "prune": _prune,
    "canary": update, "share": share, "take_back": take_back, "verify_back": verify,
    "name": _name,
}  # fmt: skip


def impossible(plan: Plan) -> str:
    """A step or a call in a plan that nobody here knows, since another version has made it; "" if there is none."""
    for step in (*plan.steps, *plan.if_green_fails, *plan.if_live_fails):
        if step.kind not in DEEDS:
            return f"the step {step.kind!r}"
        for call in step.calls:
            permit = PERMITS.get(call.operation)
            if permit is None or not permit.changes or permit.when != "deploy":
                return f"the call {call.operation!r}"
    return ""
