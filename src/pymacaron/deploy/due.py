"""What nobody needs any more, and the steps that end it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pymacaron._types import Json

from .calls import alarm_names
from .observe import Environment, Found, Release
from .order import Order
from .resources import Wanted
from .steps import ApiCall, Step

_SETTLED = 3600.0  # seconds for which clients may still ask a replaced environment, since DNS told them so


def cleaned(wanted: Wanted, found: Found, order: Order) -> Iterator[Step]:
    for one, why in due(wanted, found, order.now):
        yield terminated(wanted, one.id, one.name, f"terminate {one.name}: {why}", kind="retire")
    used = {one.label for one in found.environments}
    old = [one for one in found.versions if one.label not in used]
    for version in old[: max(0, len(old) + 1 - wanted.keep_versions)]:
        call = ApiCall.of("elasticbeanstalk.DeleteApplicationVersion", {
            "ApplicationName": wanted.name, "VersionLabel": version.label, "DeleteSourceBundle": True
        })  # fmt: skip
        yield Step("prune", f"delete the version {version.label}", (call,), 0.1, version.label)


def due(wanted: Wanted, found: Found, now: float) -> Iterator[tuple[Environment, str]]:
    """The environments that nobody needs any more, with the reason: those that never went live, and those replaced so
    long ago that nobody will go back to them. Never the live one, nor one that somebody else has made."""
    live = found.live(wanted)
    replaced = _replaced(found.releases)
    last = max(replaced.values(), default=0.0)
    for one in found.environments:
        if one.stage != wanted.stage or (live and one.id == live.id) or one.status in {"Terminating", "Terminated"}:
            continue
        since = replaced.get(one.id)
        if since is None and any(release.environment_id == one.id for release in found.releases):
            continue  # what the record calls live, and the address does not: for people to look at
        if since is None:
            yield one, "left behind by a deployment that did not finish"
        elif now - since >= max(wanted.keep_hours * 3600, _SETTLED):
            yield one, f"replaced more than {wanted.keep_hours} h ago"
        elif since < last and now - since >= _SETTLED:
            yield one, "a newer one is kept for rollback"


def _replaced(releases: tuple[Release, ...]) -> dict[str, float]:
    """When each environment was last replaced by another one."""
    pairs = pairwise(releases)
    found = {old.environment_id: new.at for old, new in pairs if old.environment_id != new.environment_id}
    if releases:
        found.pop(releases[-1].environment_id, None)
    return found


def terminated(wanted: Wanted, ident: Json, name: str, title: str, kind: str) -> Step:
    """With its alarms, which it may have from a time when there was another configuration."""
    end = ApiCall.of("elasticbeanstalk.TerminateEnvironment", {"EnvironmentId": ident, "TerminateResources": True})
    alarms = ApiCall.of("cloudwatch.DeleteAlarms", {"AlarmNames": alarm_names(wanted, name)})
    return Step(kind, title, (end, alarms), 0.1, name)
