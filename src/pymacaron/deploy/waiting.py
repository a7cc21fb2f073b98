"""Waiting for Elastic Beanstalk: its events and the state of the environment, until it is well, has failed, or the time
is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from .aws import Aws
from .observe import Environment, environment_of

_LOOK = 10.0  # seconds between two looks
_OVERLAP = timedelta(seconds=90)  # events come late, and are told once
_ILL = 180.0  # seconds for which a new environment may be red
_RED = 60.0  # and for which the live one may: a host that is replaced is no illness
_BAD = ("ERROR", "FATAL")
# An operation that ends with one of these has failed, whatever the state says for the moment.
_FAILURES = ("Failed to launch environment", "complete, but with errors", "Failed to deploy", "Stack deletion failed")


class Failed(Exception):
    """It will not come; the text says why."""


class Watch:
    """One environment, watched.

    Args:
        tell: is given each event once, as text.
        meanwhile: is called at each look.
        since: events before that are none of its business (seconds since 1970); else those of the last seconds count.
    """

    def __init__(
        self, aws: Aws, environment: str, *, tell: Callable[[str], object] = lambda text: None,
        meanwhile: Callable[[], object] = lambda: None, since: float | None = None,
    ) -> None:  # fmt: skip
        self._aws, self._id, self._tell, self._meanwhile = aws, environment, tell, meanwhile
        begun = datetime.fromtimestamp(aws.clock.time() if since is None else since, UTC)
        self._first = begun - (_OVERLAP if since is None else timedelta())
        self._since = self._first
        self._seen: set[tuple[Any, ...]] = set()

    def state(self) -> Environment | None:
        """The environment, None when it is gone."""
        found = self._aws.read("elasticbeanstalk.DescribeEnvironments", EnvironmentIds=[self._id], IncludeDeleted=True)
        rows = [environment_of(one) for one in found["Environments"]]
        return rows[0] if rows and rows[0].status != "Terminated" else None

    def events(self) -> str:
        """Tell what is new; the text of an event that says that it has failed, or ""."""
        found = self._aws.pages(
            "elasticbeanstalk.DescribeEvents", "Events", EnvironmentId=self._id, StartTime=self._since
        )
        failure = ""
        for one in reversed(found):
            known = (one["EventDate"], one["Message"], one.get("RequestId"))
            if known in self._seen:
                continue
            self._seen.add(known)
            self._since = max(self._since, self._first, one["EventDate"] - _OVERLAP)
            self._tell(f"{one.get('Severity', 'INFO')}: {one['Message']}")
            is_failure = any(sign in one["Message"] for sign in _FAILURES)
            failure = one["Message"] if is_failure and one.get("Severity") in _BAD else failure
        return failure

    def until_well(self, seconds: float) -> Environment:
        """Wait until it is Ready and green.

        Raises:
            Failed: it will not be.
        """
        until, red_since = self._aws.clock.time() + seconds, None
        while True:
            failure, found = self.events(), self.state()
            if found is None or found.status == "Terminating":
                raise Failed(failure or "it was terminated")
            if found.is_ready and found.health == "Green":
                return found
            if failure:
                raise Failed(failure)
            red_since = (red_since or self._aws.clock.time()) if found.health == "Red" and found.is_ready else None
            if red_since and self._aws.clock.time() - red_since >= _ILL:
                raise Failed(f"its health has been red for {_ILL / 60:.0f} minutes; {self.causes()}")
            self._pause(until, f"it is {found.status}, its health {found.health or 'unknown'}")

    def until(self, holds: Callable[[Environment | None], bool], seconds: float, what: str) -> Environment | None:
        """Wait until something holds.

        Raises:
            Failed: the time is over.
        """
        until = self._aws.clock.time() + seconds
        while True:
            self.events()
            found = self.state()
            if holds(found):
                return found
            self._pause(until, f"{what}: it is {found.status if found else 'gone'}")

    def stays_well(self, until: float, alarm: Callable[[], str]) -> None:
        """See that it is well until a time (seconds since 1970), at one look at least.

        Args:
            alarm: gives what an alarm says that has fired, or "".

        Raises:
            Failed: an alarm has fired, or its health is red.
        """
        red_since: float | None = None
        while True:
            self.events()
            found, now = self.state(), self._aws.clock.time()
            if found is None or found.status == "Terminating":
                raise Failed("it was terminated")
            if fired := alarm():
                raise Failed(fired)
            red_since = (red_since or now) if found.health == "Red" else None
            if red_since and now - red_since >= _RED:
                raise Failed(f"its health has been red for {_RED:.0f} seconds; {self.causes()}")
            if now >= until and not red_since:
                return
            self._meanwhile()
            self._aws.clock.sleep(_LOOK if red_since else min(_LOOK, until - now))

    def _pause(self, until: float, state: str) -> None:
        self._meanwhile()
        if self._aws.clock.time() >= until:
            raise Failed(f"timed out while {state}; AWS continues, and so can you: `pymacaron deploy --resume`")
        self._aws.clock.sleep(_LOOK)

    def causes(self) -> str:
        """Why its instances are ill, as they say."""
        found = self._aws.read(
            "elasticbeanstalk.DescribeInstancesHealth",
            EnvironmentId=self._id,
            AttributeNames=["HealthStatus", "Causes"],
        )["InstanceHealthList"]
        causes = {cause for one in found for cause in one.get("Causes", ())}
        return "; ".join(sorted(causes)) or "its instances give no cause"
