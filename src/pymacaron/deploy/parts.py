"""What plans have in common: steps from the lock to its end, and those back."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import Json

from .calls import alarm_calls, create_call
from .due import terminated
from .observe import Environment, Found
from .order import Order, green_name
from .resources import Wanted
from .steps import ApiCall, Step, ref


def brought_up(wanted: Wanted, found: Found, order: Order, label: Json) -> Iterator[Step]:
    """From the lock to its end: one deployment at a time."""
    blue = found.live(wanted)
    green = green_name(wanted, order.deploy_id)
    yield locked(wanted, found)
    call = create_call(wanted, found, order, label, prefix=None if blue else wanted.prefix)
    yield Step("green", f"create the environment {green}, and wait until it is healthy", (call,), 6, green)
    if order.acceptance_tests and blue:  # without one, it has the live address already, where it is tested once
        yield Step("green_tests", f"run the acceptance tests against {green}", minutes=0.5, about=green)
    if blue:
        yield swapped(f"move {wanted.cname} to {green}", blue.id, ref("green.id"), about=green)
    yield from verified(wanted, order, green)
    yield from watched(wanted, order, green)
    yield from recorded(wanted, found)


def locked(wanted: Wanted, found: Found) -> Step:
    where = {"Bucket": found.bucket, "Key": f"{wanted.folder}/lock.json"}
    call = ApiCall.of("s3.PutObject", {**where, "Body": ref("lock.body"), "IfNoneMatch": "*"})
    return Step("lock", "take the lock: nobody else can deploy meanwhile", (call,), 0.1)


def unlocked(wanted: Wanted, found: Found) -> Step:
    where: dict[str, Json] = {"Bucket": found.bucket, "Key": f"{wanted.folder}/lock.json"}
    return Step(
        "unlock", "release the lock", (ApiCall.of("s3.DeleteObject", {**where, "IfMatch": ref("lock.etag")}),), 0.1
    )


def swapped(title: str, source: Json, destination: Json, *, about: str, kind: str = "swap") -> Step:
    ids = {"SourceEnvironmentId": source, "DestinationEnvironmentId": destination}
    return Step(kind, title, (ApiCall.of("elasticbeanstalk.SwapEnvironmentCNAMEs", ids),), 0.3, about)


def verified(wanted: Wanted, order: Order, name: str) -> Iterator[Step]:
    yield Step("verify", f"check that {wanted.cname} leads to it and answers with the new version", (), 0.2, name)
    if order.acceptance_tests:
        yield Step("live_tests", "run the acceptance tests against the live address", (), 0.5, name)


def watched(wanted: Wanted, order: Order, name: str) -> Iterator[Step]:
    """Alarms for somebody, and for this deployment itself as long as it watches."""
    if wanted.topic or order.watch:
        yield Step("alarms", "create alarms for its health and its errors", tuple(alarm_calls(wanted, name)), 0.1, name)
    if order.watch:
        yield Step("watch", f"watch alarms and health for {order.watch:g} minutes", (), order.watch, name)


def recorded(wanted: Wanted, found: Found) -> Iterator[Step]:
    where: dict[str, Json] = {"Bucket": found.bucket, "Key": f"{wanted.folder}/releases.json"}
    call = ApiCall.of("s3.PutObject", {**where, "Body": ref("releases.body"), "ContentType": "application/json"})
    yield Step("record", "record the release", (call,), 0.1)
    yield unlocked(wanted, found)


def if_green_fails(wanted: Wanted, found: Found, order: Order, green: str) -> tuple[Step, ...]:
    steps = [unlocked(wanted, found)]
    if not order.keep_failed:
        steps.insert(0, terminated(wanted, ref("green.id"), green, f"end {green}", kind="end_green"))
    return tuple(steps)


def if_live_fails(
    wanted: Wanted, found: Found, order: Order, blue: Environment, green: str
) -> tuple[Step, ...]:  # fmt: skip
    back = swapped(
        f"move {wanted.cname} back to {blue.name}", ref("green.id"), blue.id, about=blue.name, kind="swap_back"
    )
    verify = Step("verify", f"check that {blue.name} is live again", (), 0.2, blue.name)
    return (back, verify, *if_green_fails(wanted, found, order, green))
