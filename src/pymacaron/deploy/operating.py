"""What is running, what has been, and what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from pymacaron.exceptions import DeployError

from .aws import Aws, Refused, Throttled, Uncertain
from .calls import alarm_names
from .deployment import Account
from .due import due
from .exit_codes import ATTENTION, STOPPED
from .guard import alarms_there
from .lock import Holder
from .mirror import old_copies
from .observe import Environment, Found, environments_of, live_among
from .printed import LATE, Feed
from .refusals import cure_of
from .resources import Wanted

_POLL = 3.0  # seconds between two questions for new lines


def status(account: Account, found: Found) -> dict[str, Any]:
    """How things stand: what is live, what else there is, who deploys."""
    wanted = account.wanted
    live = found.live(wanted)
    holder = account.lock(found.bucket).held_by() if found.bucket_exists else None
    due_ones = {one.id: why for one, why in due(wanted, found, account.aws.clock.time())}
    return {
        "name": wanted.name, "environment": wanted.stage, "address": wanted.cname,
        "live": live.name if live else None, "version": live.label if live else None,
        "health": live.health if live else None, "status": live.status if live else None,
        "lock": _shown(holder[0]) if holder else None,
        "environments": [
            {
                "name": one.name, "version": one.label, "status": one.status, "health": one.health,
                "live": one.cname.lower() == wanted.cname, "due": due_ones.get(one.id),
            }
            for one in found.environments if one.stage in {wanted.stage, ""}
        ],
    }  # fmt: skip


def status_lines(said: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    if said["live"]:
        yield f"{said['address']} is {said['live']}, {said['version']}: {said['status']}, {said['health']}"
    else:
        yield f"nothing is live at {said['address']}"
    if said["lock"]:
        held = said["lock"]
        yield f"{held['owner']} is deploying {held['deploy_id']}; the lock expires at {held['until']}"
    for one in said["environments"]:
        marks = ["live"] if one["live"] else [f"to be terminated: {one['due']}"] if one["due"] else []
        yield "  ".join([f"  {one['name']}", one["version"], one["status"], one["health"], *marks])


def _shown(holder: Holder) -> dict[str, str]:
    return {"owner": holder.owner, "deploy_id": holder.deploy_id, "until": _time(holder.until)}


def releases(found: Found, wanted: Wanted) -> list[dict[str, Any]]:
    """What has been live, the newest first, and whether one can go back to it by a swap."""
    there = {(one.id, one.label) for one in found.environments if one.is_ready}
    live = found.live(wanted)
    now = (live.id, live.label) if live else ("", "")
    return [
        {
            "version": one.label, "since": _time(one.at), "by": one.by, "deploy_id": one.deploy_id,
            "environment": one.environment, "image": one.image, "live": (one.environment_id, one.label) == now,
            "swap": (one.environment_id, one.label) in there,
        }
        for one in reversed(found.releases)
    ]  # fmt: skip


def _time(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def live_of(aws: Aws, wanted: Wanted) -> Environment:
    """
    Raises:
        DeployError: nothing is live.
    """
    live = live_among(environments_of(aws, wanted), wanted)
    if live is None:
        raise DeployError(f"no environment has {wanted.cname}; deploy: `pymacaron deploy`", exit_code=STOPPED)
    return live


def logs(
    aws: Aws, wanted: Wanted, *, since: float, follow: bool = False, note: Callable[[str], object] = lambda text: None
) -> Iterator[str]:
    """What the live environment prints, since a time (seconds since 1970); with `follow`, from then on, of whichever
    environment is live then: a swap is told by `note`, and the last lines of the old one come still."""
    live = live_of(aws, wanted)
    feed = Feed(aws, live.name, since)
    old: list[tuple[Feed, float]] = []
    while True:
        for one, _ in old:
            yield from one.new()
        yield from feed.new()
        if not follow:
            return
        aws.clock.sleep(_POLL)
        now = live_of(aws, wanted)
        if now.id != live.id:
            note(f"{now.name} is live now, with {now.label}; before, it was {live.name}")
            old.append((feed, aws.clock.time() + LATE))
            live, feed = now, Feed(aws, now.name, aws.clock.time() - LATE)
        old = [(one, until) for one, until in old if until > aws.clock.time()]


def events(aws: Aws, wanted: Wanted, *, hours: float) -> list[str]:
    """What Elastic Beanstalk tells of all environments, the oldest first."""
    start = datetime.fromtimestamp(aws.clock.time(), UTC) - timedelta(hours=hours)
    found = aws.pages("elasticbeanstalk.DescribeEvents", "Events", ApplicationName=wanted.name, StartTime=start)
    return [
        f"{one['EventDate']:%Y-%m-%d %H:%M:%S} {one.get('Severity', ''):5} "
        f"{one.get('EnvironmentName', '-')}: {one['Message']}"
        for one in reversed(found)
    ]


def terminate(account: Account, found: Found, name: str) -> None:
    """End one environment, which is not live, under the lock: nobody makes it live meanwhile.

    Raises:
        DeployError: it is live, is not there, somebody deploys, or AWS refuses.
    """
    with _locked(account, found):
        found = account.observed()
        one = next((one for one in found.environments if one.name == name), None)
        if one is None:
            there = ", ".join(each.name for each in found.environments) or "none"
            raise DeployError(f"there is no environment {name}; there are {there}", exit_code=STOPPED)
        if one.cname.lower() == account.wanted.cname:
            raise DeployError(f"{name} is live, so it is not terminated; deploy or roll back first", exit_code=STOPPED)
        _end(account, one)


@contextmanager
def _locked(account: Account, found: Found, tell: Callable[[str], object] = lambda text: None) -> Iterator[None]:
    """A block in which nobody deploys; there is no lock where nobody has ever deployed."""
    if not found.bucket_exists:
        yield
        return
    lock = account.lock(found.bucket, f"ending-{token_hex(4)}")
    lock.take(tell)
    try:
        yield
    finally:
        lock.free()


def _end(account: Account, one: Environment) -> None:
    """End it, with the alarms that it has."""
    _changed(account, "elasticbeanstalk.TerminateEnvironment", EnvironmentId=one.id, TerminateResources=True)
    alarms = alarms_there(account.aws, [str(name) for name in alarm_names(account.wanted, one.name)])
    if alarms:
        _changed(account, "cloudwatch.DeleteAlarms", AlarmNames=alarms)


def prune(account: Account, found: Found, tell: Callable[[str], object]) -> int:
    """End what nobody needs any more, under the lock; how many."""
    ended = 0
    with _locked(account, found, tell):
        for one, why in due(account.wanted, account.observed(), account.aws.clock.time()):
            tell(f"terminating {one.name}: {why}")
            _end(account, one)
            ended += 1
    return ended


def prune_versions(account: Account, found: Found, tell: Callable[[str], object]) -> int:
    """Delete versions that no environment has, but for the newest `aws_keep_versions`; how many."""
    used = {one.label for one in found.environments}
    old = [one.label for one in found.versions if one.label not in used]
    gone = old[: max(0, len(old) - account.wanted.keep_versions)]
    for label in gone:
        tell(f"deleting the version {label}")
        said = {"ApplicationName": account.wanted.name, "VersionLabel": label, "DeleteSourceBundle": True}
        _changed(account, "elasticbeanstalk.DeleteApplicationVersion", **said)
    return len(gone)


def prune_copies(account: Account, found: Found) -> int:
    """Delete copies of journals that nobody goes on with any more; how many."""
    gone = old_copies(account.aws, account.wanted, found.bucket) if found.bucket_exists else []
    for key in gone:
        _changed(account, "s3.DeleteObject", Bucket=found.bucket, Key=key)
    return len(gone)


def _changed(account: Account, operation: str, **parameters: Any) -> None:
    """Make a call that does no harm a second time."""
    for attempt in range(1, 9):
        try:
            account.aws.change(operation, parameters)
            return
        except (Throttled, Uncertain):
            account.aws.pause(attempt)
        except Refused as error:
            cure = cure_of(account.aws, account.wanted, error)
            raise DeployError(f"{error}; {cure}", exit_code=ATTENTION) from error
    raise DeployError(f"AWS does not answer {operation}; try again", exit_code=ATTENTION)
