"""A whole rehearsal: the door, what is behind it, and what a program has to know to go through it."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import Any, Self

import boto3

from . import backstage, elsewhere, protocol
from .account import Account, Runner
from .clock import Clock
from .door import Door
from .exchange import Answer, Asked
from .faults import tell
from .record import Record
from .serving import served

KEY, SECRET = "AKIAREHEARSAL0000000", "rehearsal"  # of nobody


class Rehearsal:
    """AWS on this machine, from the beginning of a `with` block to its end.

    `pace` is how long Elastic Beanstalk takes for everything, compared with the real one: 0 for no time. With `others`,
    the other services of AWS are there as well; it takes a second or two to start them. `record` is a file that gets a
    line for each call. `script` is as for `tell`.
    """

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        pace: float = 0.0,
        others: bool = False,
        port: int = 0,
        record: Path | None = None,
        script: Any = (),
        clock: Clock | None = None,
        runner: Runner | None = None,
        seed: int = 0,
    ) -> None:
        self.account = Account(region=region, pace=pace, clock=clock, runner=runner, seed=seed)
        self.door = Door(self.account, Record(record))
        self.port = port
        self._others = others
        self._stack = contextlib.ExitStack()
        self.tell(list(script))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            if self._others:
                self.door.behind = stack.enter_context(elsewhere.moto())
                self.account.bundles = S3Bundles(elsewhere.address(self.door.behind), self.account.region)
            self.port = stack.enter_context(served(self._answer, self.port))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _answer(self, asked: Asked) -> Answer | None:
        if asked.target.startswith(backstage.PREFIX):
            return backstage.answer(self.door, asked)
        return self.door.answer(asked)

    @property
    def url(self) -> str:
        return elsewhere.address(self.port)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead AWS's libraries and command lines here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": self.account.region,
            "AWS_REGION": self.account.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str = protocol.SERVICE, **config: Any) -> Any:
        """A client of boto3 for a service of this rehearsal."""
        return client(service, self.url, self.account.region, **config)

    def tell(self, wanted: Any) -> None:
        """Adds to the script. Raises faults.Mistaken."""
        with self.door.lock:
            tell(self.account, self.door.script, wanted)

    @property
    def record(self) -> Record:
        return self.door.record


_session = functools.cache(boto3.session.Session)  # reads each model of a service once


def client(service: str, url: str, region: str, **config: Any) -> Any:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return _session().client(service, endpoint_url=url, region_name=region, **keys, **config)


class S3Bundles:
    """Source bundles in the S3 behind the door: what Elastic Beanstalk does there is no call of the caller's."""

    def __init__(self, url: str, region: str) -> None:
        self._client, self._region = client("s3", url, region), region

    def has(self, bucket: str, key: str) -> bool:
        with contextlib.suppress(self._client.exceptions.ClientError):
            self._client.head_object(Bucket=bucket, Key=key)
            return True
        return False

    def read(self, bucket: str, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def delete(self, bucket: str, key: str) -> None:
        self._client.delete_object(Bucket=bucket, Key=key)

    def make(self, bucket: str) -> None:
        elsewhere_than_first = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        settings = {} if self._region == "us-east-1" else elsewhere_than_first
        with contextlib.suppress(self._client.exceptions.BucketAlreadyOwnedByYou):
            self._client.create_bucket(Bucket=bucket, **settings)
