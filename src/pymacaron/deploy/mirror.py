"""Copies of journals in the bucket: a deployment goes on from another machine when that which began it, or its disk,
is no more. Nothing waits for them, and nothing fails without them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pymacaron.replacing import replace_file

from .aws import Aws, Refused, Uncertain
from .journal import is_id
from .lock import LIFE
from .resources import Wanted

_PAUSE = 60.0  # seconds without a copy after one that came to nothing: an S3 that hangs is not waited for each time
_MOST, _DAYS = 10, 30  # of journals that are looked through for one that can go on


class Fetched(NamedTuple):
    """Deployments whose journals were brought, and those that were left alone, since somebody may be at them."""

    journals: frozenset[str]
    busy: frozenset[str]


def folder_of(wanted: Wanted) -> str:
    """Where in the bucket the journals of an environment are."""
    return f"{wanted.folder}/deploys"


class Mirror:
    """The copy of one journal, written anew at each of its points that matter.

    Args:
        warn: is told once that there is none.
    """

    def __init__(self, aws: Aws, bucket: str, key: str, warn: Callable[[str], object]) -> None:
        self._aws, self._where, self._warn = aws, {"Bucket": bucket, "Key": key}, warn
        self._not_before = 0.0
        self._has_warned = False

    def __call__(self, path: Path, is_last: bool) -> None:
        if self._aws.clock.time() < self._not_before and not is_last:
            return
        try:
            self._aws.change("s3.PutObject", {**self._where, "Body": path.read_bytes()})
        except (Refused, Uncertain) as error:
            if isinstance(error, Refused) and error.code == "NoSuchBucket":
                return  # the deployment makes it
            self._not_before = self._aws.clock.time() + _PAUSE
            if not self._has_warned:
                self._warn(
                    f"cannot copy the journal to the bucket: {error}; only this machine can resume this deployment"
                )
            self._has_warned = True


def fetch(aws: Aws, wanted: Wanted, bucket: str, folder: Path, deploy_id: str = "") -> Fetched:
    """Bring journals that are in the bucket into a folder, where those there do not know as much.

    Args:
        deploy_id: the one that is meant; "": the last ones, but for those of deployments that may go on somewhere.

    Raises:
        Refused, Uncertain: AWS does not say.
    """
    fetched, busy = set(), set()
    for ident in [deploy_id] if deploy_id else _last(aws, wanted, bucket):
        text = _read(aws, wanted, bucket, ident)
        path = folder / f"{ident}.jsonl"
        if not _knows_more(text, path):
            continue
        if not deploy_id and _is_busy(text, aws.clock.time()):
            busy.add(ident)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
        fetched.add(ident)
    return Fetched(frozenset(fetched), frozenset(busy))


def _knows_more(text: str, path: Path) -> bool:
    """Does the copy of a journal go on where the one that is here ends?"""
    own = path.read_text("utf-8") if path.exists() else ""
    return len(text) > len(own) and text.startswith(own[: own.rfind("\n") + 1])


def _read(aws: Aws, wanted: Wanted, bucket: str, ident: str) -> str:
    """What the bucket has of a journal; "" if it has none."""
    if not is_id(ident):
        return ""
    try:
        said = aws.read("s3.GetObject", Bucket=bucket, Key=f"{folder_of(wanted)}/{ident}.jsonl")
    except Refused as error:
        if error.is_absence:
            return ""
        raise
    return str(said["Body"].read().decode())


def _is_busy(text: str, now: float) -> bool:
    """Has its process not ended it, and given a sign of life within the time that a lock lasts?"""
    last = json.loads(text.splitlines()[-1])
    return bool(last["event"] != "end" and last["at"] > now - LIFE)


def old_copies(aws: Aws, wanted: Wanted, bucket: str) -> list[str]:
    """The keys of copies that are older than those that can be gone on with."""
    prefix = f"{folder_of(wanted)}/"
    found = aws.read("s3.ListObjectsV2", Bucket=bucket, Prefix=prefix).get("Contents", ())
    return sorted(one["Key"] for one in found if one["Key"] < f"{prefix}{_oldest(aws)}")


def _oldest(aws: Aws) -> str:
    return time.strftime("%Y%m%d", time.gmtime(aws.clock.time() - _DAYS * 24 * 3600))


def _last(aws: Aws, wanted: Wanted, bucket: str) -> list[str]:
    """The last journals in the bucket, the oldest first: their names begin with the time."""
    prefix = f"{folder_of(wanted)}/"
    try:
        found = aws.read("s3.ListObjectsV2", Bucket=bucket, Prefix=prefix, StartAfter=f"{prefix}{_oldest(aws)}")
    except Refused as error:
        if error.is_absence:
            return []
        raise
    return sorted(one["Key"].rpartition("/")[2].removesuffix(".jsonl") for one in found.get("Contents", ()))[-_MOST:]
