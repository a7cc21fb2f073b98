"""AWS in this process, for deployments: Elastic Beanstalk by the rehearsal, the rest by moto, and time that stands
still until somebody waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config as Options
from moto import mock_aws

from pymacaron.config import Config
from pymacaron.deploy.aws import Aws
from pymacaron.deploy.execute import Execution
from pymacaron.deploy.journal import Journal, read
from pymacaron.deploy.observe import Found, observe
from pymacaron.deploy.order import GIVEN, NONE, Order
from pymacaron.deploy.plan import plan
from pymacaron.deploy.printed import group_of
from pymacaron.deploy.resources import Wanted, wanted_of
from pymacaron.deploy.run import Door, Run, StepFailed
from pymacaron.deploy.steps import Plan
from pymacaron.rehearsal.account import Account
from pymacaron.rehearsal.clock import Clock
from pymacaron.rehearsal.door import Door as Entrance
from pymacaron.rehearsal.exchange import Asked

REGION = "eu-west-1"
BEGIN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
OWNER = "ann@laptop"
PACE = 0.2  # how long Elastic Beanstalk takes, compared with the real one: fewer looks at it
# Of what the heavy laws try, every so many, beginning with this one: all, unless `make faults` says otherwise.
EACH, FIRST = (int(os.environ.get(f"FAULTS_{name}", usual)) for name, usual in (("EACH", "1"), ("FIRST", "0")))
_KEYS = {"aws_access_key_id": "AKIAREHEARSAL0000000", "aws_secret_access_key": "rehearsal"}
_OPTIONS = Options(retries={"total_max_attempts": 1})


_clients: dict[str, Any] = {}  # they take long to be made, and are good for every cloud
_newest: list[Cloud] = []


def _sent(request: Any, **_: Any) -> AWSResponse:
    return _newest[0].answer(request)


class Killed(BaseException):
    """The process has been killed: nothing catches it."""


class StillClock:
    """The clock of the cloud, for those who wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


class _Raw:
    """What botocore reads of a response."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        return self._body


class Cloud:
    """An account with what `pymacaron aws setup` makes in it.

    Attributes:
        processes: everybody's connection, in their order.
        changes: those that were done and have changed something, with their parameters.
    """

    def __init__(self) -> None:
        self.clock = Clock(start=BEGIN)
        self.account = Account(region=REGION, clock=self.clock, pace=PACE)
        self.account.bundles = self
        self.entrance = Entrance(self.account)
        self.processes: list[MortalAws] = []
        self.changes: list[tuple[str, Mapping[str, Any]]] = []
        _newest[:] = [self]
        self._made()

    def _made(self) -> None:
        iam = self.client("iam")
        for role in ("aws-elasticbeanstalk-service-role", "aws-elasticbeanstalk-ec2-role"):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        iam.create_instance_profile(InstanceProfileName="aws-elasticbeanstalk-ec2-role")
        self.client("ecr").create_repository(repositoryName="shop")

    def client(self, service: str) -> Any:
        if service not in _clients:
            place = "http://beanstalk.test" if service == "elasticbeanstalk" else None  # which moto leaves alone
            session = boto3.session.Session(region_name=REGION, **_KEYS)
            client = _clients[service] = session.client(service, config=_OPTIONS, endpoint_url=place)
            if service == "elasticbeanstalk":
                client.meta.events.register("before-send.elasticbeanstalk", _sent)
        return _clients[service]

    def answer(self, request: Any) -> AWSResponse:
        """What Elastic Beanstalk answers to a request of botocore's."""
        headers = {
            name.lower(): text.decode() if isinstance(text, bytes) else text for name, text in request.headers.items()
        }
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self.entrance.answer(Asked("POST", "/", headers, body))
        assert answer is not None, "nothing is dropped here"
        return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.body))

    # What Elastic Beanstalk itself does in S3

    def has(self, bucket: str, key: str) -> bool:
        client = self.client("s3")
        try:
            return bool(client.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"))
        except client.exceptions.NoSuchBucket:
            return False

    def read(self, bucket: str, key: str) -> bytes:
        return bytes(self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    def delete(self, bucket: str, key: str) -> None:
        self.client("s3").delete_object(Bucket=bucket, Key=key)

    def make(self, bucket: str) -> None:
        self.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def prints(self, environment: str, line: str) -> None:
        """Let a service print a line, which CloudWatch has at once."""
        client, group = self.client("logs"), group_of(environment)
        if not client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName="i-1")
        at = int(self.clock.now().timestamp() * 1000)
        client.put_log_events(logGroupName=group, logStreamName="i-1", logEvents=[{"timestamp": at, "message": line}])

    # What tests ask

    def live(self, wanted: Wanted) -> str:
        """The label of what is live."""
        found = [one for one in self.account.there() if one.cname == wanted.cname]
        return str(found[0].version) if found else ""

    def state(self, wanted: Wanted) -> tuple[Any, ...]:
        """How everything stands, without what differs from one deployment to the next."""
        there = [one for one in self.account.there() if one.status != "Terminating"]
        environments = sorted((str(one.version), one.cname == wanted.cname, one.status) for one in there)
        versions = [sorted(one.versions) for one in self.account.applications.values()]
        locked = self.has(f"elasticbeanstalk-{REGION}-123456789012", f"{wanted.folder}/lock.json")
        return tuple(environments), tuple(map(tuple, versions)), locked


class MortalAws(Aws):
    """Calls that are remembered, and may be the last ones.

    Args:
        last: the number of the call that the process dies at; 0: it lives.
        heard: does that call arrive?
    """

    def __init__(self, cloud: Cloud, *, last: int = 0, heard: bool = False) -> None:
        super().__init__(cloud.client, StillClock(cloud.clock))
        cloud.processes.append(self)
        self.cloud, self.last, self.heard, self.number = cloud, last, heard, -1000
        self.calls: list[str] = []

    def begin(self) -> None:
        """Calls are counted from here: those before it have only observed."""
        self.number, self.calls = 0, []

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.number += 1
        self.calls.append("copy" if is_copy(parameters) else operation)
        if self.number == self.last and not self.heard:
            raise Killed
        try:
            answer = super()._call(operation, parameters)
            if operation in CHANGING:
                self.cloud.changes.append((operation, parameters))
        finally:
            if self.number == self.last:
                raise Killed
        return answer


def is_copy(parameters: Mapping[str, Any]) -> bool:
    """Is a call about the copy of a journal? Those come and go, and nothing depends on them."""
    return "/deploys/" in str(parameters.get("Key"))


class Bench:
    """A workshop without engine and tests: they pass, unless they are told to fail.

    Args:
        fails: names of methods that fail.
        digest: of the image.
    """

    def __init__(self, cloud: Cloud, digest: str, fails: frozenset[str] = frozenset()) -> None:
        self._cloud, self._digest, self._fails = cloud, digest, fails

    def _maybe(self, name: str) -> None:
        if name in self._fails:
            raise StepFailed(f"{name} fails")

    def unit_tests(self) -> None:
        self._maybe("unit_tests")

    def build(self) -> str:
        self._maybe("build")
        return "sha256:1"

    def image_tests(self, image: str) -> None:
        self._maybe("image_tests")

    def push(self, image: str, repository: str, aws: Aws) -> str:
        self._maybe("push")
        return f"{repository}@sha256:{self._digest * 64}"

    def tests(self, door: Door) -> None:
        is_live = door.address.startswith("shop-live.")
        self._maybe("live_tests" if is_live else "green_tests")

    def container(self, door: Door) -> str:
        found = [one for one in self._cloud.account.there() if door.address in {one.cname, one.endpoint}]
        if "container" in self._fails and found == [self._cloud.account.environments[-1]]:
            return "somebody else"
        return str(found[0].version) if found else ""


CHANGING = frozenset(
    f"{service}.{name}"
    for service, names in {
        "elasticbeanstalk": "CreateStorageLocation CreateApplication CreateApplicationVersion DeleteApplicationVersion "
                            "CreateEnvironment UpdateEnvironment SwapEnvironmentCNAMEs TerminateEnvironment",
        "s3": "PutObject DeleteObject", "secretsmanager": "CreateSecret UpdateSecret",
        "cloudwatch": "PutMetricAlarm DeleteAlarms", "route53": "ChangeResourceRecordSets",
    }.items()
    for name in names.split()
)  # fmt: skip


@contextmanager
def clouds() -> Iterator[Cloud]:
    with patch("moto.ec2.models.amis.AmiBackend._load_amis"), mock_aws():  # five thousand images, of no use here
        yield Cloud()


def shop(**more: Any) -> Config:
    said = {"name": "shop", "live_host": "shop.example.com", "aws_region": REGION, **more}
    return Config(**said)


def wanted(**more: Any) -> Wanted:
    return wanted_of(shop(**more), version="1.0")


def planned(found: Found, asked: Wanted, number: int, now: float, **more: Any) -> Plan:
    secrets = GIVEN if asked.secrets else NONE
    order = Order(f"20261122-09000{number}-aaaa", now, secrets=secrets, **more)
    return plan(asked, found, order)


def begun(aws: Aws, asked: Wanted, bench: Bench, folder: Path, made: Plan, found: Found, **more: Any) -> Run:
    journal = Journal.begun(folder, made, asked, aws.clock.time())
    return Run(
        aws, asked, made, journal, bench, account=found.account, bucket=found.bucket, repository=found.registry,
        owner=OWNER, **more,
    )  # fmt: skip


def deploy(cloud: Cloud, folder: Path, number: int, digest: str, asked: Wanted, **more: Any) -> int:
    """A whole deployment in a process of its own, which may die (Killed)."""
    aws = _connected(cloud, more)
    bench = more.pop("bench", None) or Bench(cloud, digest, frozenset(more.pop("fails", ())))
    making: Callable[..., Any] = more.pop("making", planned)
    found = observe(MortalAws(cloud), asked, options=True)
    made = making(found, asked, number, aws.clock.time())
    aws.begin()
    return Execution(begun(aws, asked, bench, folder, made, found, **more))()


def _connected(cloud: Cloud, more: dict[str, Any]) -> MortalAws:
    connect: Callable[..., MortalAws] = more.pop("connect", MortalAws)
    dying = {name: more.pop(name) for name in ("last", "heard") if name in more}
    return connect(cloud, **dying)


def resume(cloud: Cloud, path: Path, digest: str, **more: Any) -> int:
    """Go on in another process."""
    story = read(path)
    aws = _connected(cloud, more)
    bench = Bench(cloud, digest, frozenset(more.pop("fails", ())))
    found = observe(MortalAws(cloud), story.wanted)
    aws.begin()
    run = Run(
        aws, story.wanted, story.plan, Journal(path), bench, account=found.account, bucket=found.bucket,
        repository=found.registry, owner=OWNER, given=dict(story.given),
        intents=frozenset(story.intents) - story.done, **more,
    )  # fmt: skip
    return Execution(run, done=story.done, road=story.road, why=story.why)()
