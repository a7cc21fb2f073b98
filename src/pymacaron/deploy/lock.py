"""The lock of an environment: an object in the bucket that one deployment has at a time, with its owner and its end."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pymacaron._types import Environment
from pymacaron.exceptions import DeployError

from .aws import Aws, Refused, Throttled, Uncertain
from .exit_codes import ATTENTION, HELD

LIFE = 30 * 60.0  # seconds after the last sign of life
_BEAT = 30.0
_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404"}
_ATTEMPTS = 8


@dataclass(frozen=True)
class Holder:
    """Who has the lock, until when (seconds since 1970)."""

    deploy_id: str
    owner: str
    until: float

    @property
    def body(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


class LockLost(DeployError):
    """Somebody else has taken the lock."""


def owner(environment: Environment = os.environ) -> str:
    """Who deploys, for others to find: a job of continuous integration, else user, host and process."""
    for name in ("CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL"):
        if environment.get(name):
            return str(environment[name])
    if environment.get("GITHUB_RUN_ID"):
        place = f"{environment.get('GITHUB_SERVER_URL')}/{environment.get('GITHUB_REPOSITORY')}"
        return f"{place}/actions/runs/{environment['GITHUB_RUN_ID']}"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"


class Lock:
    """The lock of one environment.

    Args:
        change: makes a call that changes something, and writes it down; Aws.change as it is, but for deployments.
        adopts: is it ours, too, when another process of the same deployment has taken it?
    """

    def __init__(
        self, aws: Aws, where: Mapping[str, str], *, holder: str, owner: str = "",
        change: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None, adopts: bool = True,
    ) -> None:  # fmt: skip
        self._aws, self._where, self._id = aws, dict(where), holder
        self._owner, self._change, self._adopts = owner, change or aws.change, adopts
        self.etag = ""
        self._beaten = 0.0

    def held_by(self) -> tuple[Holder, str] | None:
        """Who has it, with the ETag of that; None if nobody."""
        try:
            answer = self._aws.read("s3.GetObject", **self._where)
        except Refused as error:
            if error.is_absence:
                return None
            raise
        return self._holder_in(answer), answer["ETag"]

    def _holder_in(self, answer: Mapping[str, Any]) -> Holder:
        """Whose it is; what cannot be read is somebody's for as long as any lock lasts."""
        try:
            said = json.loads(answer["Body"].read())
            return Holder(str(said["deploy_id"]), str(said["owner"]), float(said["until"]))
        except (ValueError, KeyError, TypeError):
            place = f"s3://{self._where['Bucket']}/{self._where['Key']}"
            return Holder(
                "?", f"an unknown owner (cannot read the lock {place})", answer["LastModified"].timestamp() + LIFE
            )

    def take(self, say: Callable[[str], object] = lambda text: None, *, wait: float = 0.0) -> None:
        """Get it; what has expired is taken over.

        Args:
            wait: seconds to wait for whoever has it.

        Raises:
            DeployError: somebody else has it, exit code HELD.
        """
        until = self._aws.clock.time() + wait
        while not self._taken(say):
            found = self.held_by()
            if found is None:
                continue
            if self._aws.clock.time() >= until:
                raise _held(found[0], self._aws.clock.time())
            say(f"waiting for the lock: {found[0].owner} is deploying {found[0].deploy_id}")
            self._aws.clock.sleep(min(_BEAT, max(1.0, until - self._aws.clock.time())))

    def _taken(self, say: Callable[[str], object]) -> bool:
        found = self.held_by()
        if found is None:
            return self._put({"IfNoneMatch": "*"})
        holder, etag = found
        if self._is_mine(holder):  # taken before this process began
            self.etag, self._beaten = etag, holder.until - LIFE
            return True
        if holder.until < self._aws.clock.time():
            say(f"taking over the expired lock of {holder.owner} ({holder.deploy_id})")
            return self._put({"IfMatch": etag})
        return False

    def _is_mine(self, holder: Holder) -> bool:
        return holder.deploy_id == self._id and (self._adopts or holder.owner == self._owner)

    def check(self) -> None:
        """
        Raises:
            DeployError: a process of the same deployment, elsewhere, has it.
        """
        found = self.held_by()
        if found is None or found[0].deploy_id != self._id or self._is_mine(found[0]):
            return
        if found[0].until >= self._aws.clock.time():
            cure = f"wait; if that process is dead: `pymacaron deploy --resume {self._id} --force`"
            raise DeployError(f"{found[0].owner} is running this deployment and holds the lock; {cure}", exit_code=HELD)

    def _put(self, condition: dict[str, str]) -> bool:
        """Write that we have it, on a condition; False: somebody was faster."""
        now = self._aws.clock.time()
        body = Holder(self._id, self._owner or owner(), now + LIFE).body
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._change("s3.PutObject", {**self._where, "Body": body.encode(), **condition})
            except (Throttled, Uncertain) as error:
                if attempt == _ATTEMPTS:
                    raise
                self._aws.pause(attempt)
                if isinstance(error, Uncertain) and self._is_ours(body):
                    return True
                continue
            except Refused as error:
                if error.code in _LOST:
                    return self._is_ours(body)
                raise
            self.etag, self._beaten = answer["ETag"], now
            return True
        return False

    def _is_ours(self, body: str) -> bool:
        """Has a call without an answer been heard?"""
        found = self.held_by()
        if found is None or found[0].body != body:
            return False
        self.etag, self._beaten = found[1], self._aws.clock.time()
        return True

    def beat(self, *, now: bool = False) -> None:
        """A sign of life, if the last one was some time ago, or `now`.

        Raises:
            LockLost: it is ours no more: whoever has it now may be deploying.
        """
        if (
            self.etag
            and (now or not 0 <= self._aws.clock.time() - self._beaten < _BEAT)  # a clock may be put back
            and not self._put({"IfMatch": self.etag})
        ):
            raise LockLost(
                "somebody else has taken the lock; see `pymacaron status`, then deploy again", exit_code=ATTENTION
            )

    def free(self) -> None:
        """Let others have it; nothing, if it is ours no more."""
        for attempt in range(1, _ATTEMPTS + 1):
            found = self.held_by()
            if found is None or found[0].deploy_id != self._id:
                break
            try:
                self._change("s3.DeleteObject", {**self._where, "IfMatch": found[1]})
            except (Throttled, Uncertain):
                self._aws.pause(attempt)
            except Refused as error:
                if error.code not in _LOST:
                    raise
        self.etag = ""

    def break_open(self) -> Holder | None:
        """Free it whoever has it; who had."""
        found = self.held_by()
        if found is not None:
            self._change("s3.DeleteObject", {**self._where, "IfMatch": found[1]})
        return found[0] if found else None


def _held(holder: Holder, now: float) -> DeployError:
    minutes = max(1, round((holder.until - now) / 60))
    return DeployError(
        f"{holder.owner} is deploying already ({holder.deploy_id}) and holds the lock for up to {minutes} more "
        "minutes; wait with `pymacaron deploy --wait-lock 30`; "
        "if that process is dead: `pymacaron deploy unlock --force`",
        exit_code=HELD,
    )  # fmt: skip
