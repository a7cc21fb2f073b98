"""Each kind of step: a small function that looks whether it is done, does it, waits, and sees that it has come true."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from .aws import Refused, Throttled, Uncertain
from .observe import Environment, Release, environments_of, releases_of, versions_of
from .plan import token_of
from .run import Run, StepFailed, Unclear
from .steps import Step
from .waiting import Failed, Watch

_LAUNCH, _SWAP, _END, _PROCESS, _ANSWER = 30 * 60.0, 5 * 60.0, 20 * 60.0, 5 * 60.0, 3 * 60.0  # seconds
_SETTLE = 60.0  # seconds in which a swap shows whose answer was lost
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
            raise StepFailed(f"the version {label} is there already, with another bundle; commit, and build again")
        if found.status.lower() in {"processed", "unprocessed"}:
            return
        if found.status.lower() == "failed":
            raise StepFailed(f"Elastic Beanstalk cannot process the bundle of {label}; see `pymacaron events`")
        if run.aws.clock.time() >= until:
            raise StepFailed(f"the version {label} is {found.status} for {_PROCESS / 60:.0f} minutes")
        run.aws.clock.sleep(3)


def _lock(run: Run, _step: Step) -> None:
    run.lock.take(lambda text: run.tell("note", text), wait=run.lock_patience)
    live = next((one for one in environments_of(run.aws, run.wanted) if one.cname.lower() == run.wanted.cname), None)
    is_expected = live is None if not run.plan.blue else live is not None and live.id == run.plan.blue
    if not is_expected and (live is None or live.name != run.plan.green):  # the latter after a swap
        run.lock.free()
        raise StepFailed("somebody else has deployed since this plan was made; deploy again")


def _unlock(run: Run, _step: Step) -> None:
    run.lock.free()


def _green(run: Run, step: Step) -> None:
    found = run.once(step, step.calls[0], lambda: run.environment(step.about))
    run.give(green_id=found.id)
    watch = _watch(run, found.id)
    try:
        watch.until_well(_LAUNCH)
    except Failed as error:
        raise StepFailed(f"{step.about} does not come up: {error}{_said(watch)}") from error


def _watch(run: Run, ident: str) -> Watch:
    return Watch(run.aws, ident, tell=lambda text: run.tell("event", text), meanwhile=run.lock.beat)


def _said(watch: Watch) -> str:
    bad = [text for text in watch.last if not text.startswith("INFO")]
    return "".join(f"\n  {text}" for text in bad[-5:])


def _green_tests(run: Run, step: Step) -> None:
    found = run.environment(step.about)
    if found is None:
        raise StepFailed(f"{step.about} is gone")
    run.lock.beat(now=True)
    run.workshop.tests(run.green_door(found))
    run.lock.beat(now=True)


def _swap(run: Run, step: Step) -> None:
    """Compared before and after, and never made again for want of an answer: a second one would undo the first."""
    call = step.calls[0]
    before = step.name in run.intents
    ids = _ids(run, step)
    for attempt in range(1, 6):
        if _has_it(run, ids[1], settle=_SETTLE if before else 0.0):
            return
        if not _has_it(run, ids[0], settle=0.0):
            raise StepFailed(f"{run.wanted.cname} is somebody else's by now; look at `pymacaron releases`")
        run.lock.beat(now=True)  # whoever has lost it must not swap
        try:
            run.change(step, call)
        except Throttled:
            run.aws.pause(attempt)
            before = False
        except Refused as error:
            raise StepFailed(run.advice(error)) from error
        except Uncertain as error:
            if _has_it(run, ids[1], settle=_SETTLE):
                return
            raise Unclear(f"the answer to the swap was lost ({error}), and nothing shows of it yet") from error
        else:
            if not _has_it(run, ids[1], settle=_SWAP):
                raise Unclear("the swap was begun, and has not come to an end")
            return
    raise StepFailed("AWS has too much to do to swap; deploy again")


def _ids(run: Run, step: Step) -> tuple[str, str]:
    said = step.calls[0].parameters
    source, destination = said["SourceEnvironmentId"], said["DestinationEnvironmentId"]
    return (
        source if isinstance(source, str) else run.given["green.id"],
        destination if isinstance(destination, str) else run.given["green.id"],
    )


def _has_it(run: Run, ident: str, *, settle: float) -> bool:
    """Has an environment the live address? Asked for so many seconds, and as long as a swap is under way."""
    until, most = run.aws.clock.time() + settle, run.aws.clock.time() + _SWAP
    while True:
        there = {one.id: one for one in environments_of(run.aws, run.wanted)}
        live = next((one for one in there.values() if one.cname.lower() == run.wanted.cname), None)
        busy = [one for one in (there.get(ident), live) if one is None or not one.is_ready]
        if live is not None and live.id == ident and not busy:
            return True
        if ident not in there:
            raise StepFailed("the environment that was to be live is gone")
        now = run.aws.clock.time()
        if (now >= until and not busy) or now >= most:
            if busy:
                raise Unclear("the environments are busy, and do not become ready")
            return False
        run.lock.beat()
        run.aws.clock.sleep(5)


def _verify(run: Run, step: Step) -> None:
    found = run.environment(step.about)
    if found is None or found.cname.lower() != run.wanted.cname:
        raise StepFailed(f"{run.wanted.cname} does not lead to {step.about}")
    until = run.aws.clock.time() + _ANSWER
    while True:
        try:
            said = run.workshop.container(run.live_door())
        except StepFailed as error:
            said, why = "", str(error)
        else:
            why = f"it answers as {said or 'nobody'}"
        if said == found.label:
            return
        if run.aws.clock.time() >= until:
            raise StepFailed(f"{run.wanted.cname} does not answer with {found.label}: {why}")
        run.lock.beat()
        run.aws.clock.sleep(5)


def _live_tests(run: Run, _step: Step) -> None:
    run.lock.beat(now=True)
    run.workshop.tests(run.live_door())


def _alarms(run: Run, step: Step) -> None:
    for call in step.calls:
        name = str(call.parameters["AlarmName"])
        run.once(step, call, lambda name=name: _alarm(run, name))  # type: ignore[misc]


def _alarm(run: Run, name: str) -> bool | None:
    return bool(run.aws.read("cloudwatch.DescribeAlarms", AlarmNames=[name]).get("MetricAlarms")) or None


def _record(run: Run, step: Step) -> None:
    releases = releases_of(run.aws, run.wanted, run.bucket)
    live = run.environment(run.plan.green)
    if live is None:
        raise StepFailed(f"{run.plan.green} is gone")
    if not any(one.deploy_id == run.plan.deploy_id for one in releases):
        image = run.given.get("image.reference", "")
        now = round(run.aws.clock.time(), 3)
        releases += (Release(run.plan.deploy_id, live.label, live.id, live.name, now, run.owner, image),)
    body = json.dumps({"releases": [asdict(one) for one in releases[-_MOST_RELEASES:]]}, indent=1)
    run.once(step, step.calls[0], lambda: _is_recorded(run), Body=body.encode())


def _is_recorded(run: Run) -> bool | None:
    found = releases_of(run.aws, run.wanted, run.bucket)
    return any(one.deploy_id == run.plan.deploy_id for one in found) or None


def _retire(run: Run, step: Step) -> None:
    """End an environment, but never the live one."""
    found = run.environment(step.about)
    if found is not None and found.cname.lower() == run.wanted.cname and (run.plan.blue or step.kind == "retire"):
        raise Unclear(f"{step.about} is live, and is not ended")
    if found is not None:
        if found.status in {"Launching", "Updating"}:
            found = _still(run, found)
        run.given["green.id"] = run.given.get("green.id") or found.id
        run.once(step, step.calls[0], lambda: _is_ending(run, step.about))
    for call in step.calls[1:]:
        names = [str(name) for name in call.parameters["AlarmNames"]]
        if any(_alarm(run, name) for name in names):
            run.once(step, call, lambda names=names: not any(_alarm(run, name) for name in names) or None)  # type: ignore[misc]


def _still(run: Run, found: Environment) -> Environment:
    """Elastic Beanstalk ends only what is ready."""
    try:
        _watch(run, found.id).until(
            lambda one: one is None or one.is_ready or one.status == "Terminating", _END, "it is busy"
        )
    except Failed as error:
        raise Unclear(
            f"{found.name} cannot be ended: {error}; end it later: `pymacaron env terminate {found.name}`"
        ) from error
    return found


def _is_ending(run: Run, name: str) -> bool | None:
    found = run.environment(name)
    return True if found is None or found.status == "Terminating" else None


def _prune(run: Run, step: Step) -> None:
    run.once(
        step, step.calls[0],
        lambda: None if any(one.label == step.about for one in versions_of(run.aws, run.wanted)) else True,
    )  # fmt: skip


DEEDS: dict[str, Callable[[Run, Step], None]] = {
    "unit_tests": _unit_tests, "build": _build, "image_tests": _image_tests, "push": _push, "secret": _secret,
    "storage": _storage, "bundle": _bundle, "application": _application, "version": _version, "lock": _lock,
    "unlock": _unlock, "green": _green, "green_tests": _green_tests, "swap": _swap, "swap_back": _swap,
    "verify": _verify, "live_tests": _live_tests, "alarms": _alarms, "record": _record, "end_green": _retire,
    "retire": _retire, "prune": _prune,
}  # fmt: skip
