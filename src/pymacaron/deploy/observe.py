"""What there is at AWS: questions only, answered by one frozen value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pymacaron._types import Json, JsonObject
from pymacaron.exceptions import DeployError

from .aws import Aws, Refused
from .dns import Name, name_of
from .exit_codes import STOPPED
from .missing import exists, missing_of
from .options import options_of, own_variables
from .resources import Wanted
from .steps import checksum

BRANCH = "Docker running on 64bit Amazon Linux 2023"
MARK = "pymacaron"


@dataclass(frozen=True)
class Environment:
    """An environment of Elastic Beanstalk. `stage` and `deploy_id` are "" for one that pymacaron has not made."""

    id: str
    name: str
    cname: str
    endpoint: str
    status: str
    health: str
    label: str
    stage: str = ""
    deploy_id: str = ""
    created: float = 0.0
    arn: str = ""

    @property
    def description(self) -> str:
        """What Elastic Beanstalk keeps of whose it is."""
        return marked(self.stage, self.deploy_id)

    @property
    def is_ready(self) -> bool:
        return self.status == "Ready"


@dataclass(frozen=True)
class Version:
    label: str
    key: str
    status: str
    created: float = 0.0


@dataclass(frozen=True)
class Release:
    """One entry of the record of what has been live: which environment, with which version, since when, by whom."""

    deploy_id: str
    label: str
    environment_id: str
    environment: str
    at: float
    by: str
    image: str = ""
    note: str = ""


_NO_NAME = Name()


@dataclass(frozen=True)
class Found:
    """The account as it is. Texts that are "" are for what is not there.

    Attributes:
        environments: of the application, without those that are gone.
        missing: what has to be there and is not, with the setting that names it and the cure.
        complaints: of Elastic Beanstalk about the options.
        live_options: of the environment that is live, each with namespace, name and value; only where they were asked
            for.
        name: the live host in Route 53.
        is_prefix_free: can the live address be taken? None where an environment of ours has it.
    """

    account: str
    caller: str
    partition: str = "aws"
    application: bool = False
    environments: tuple[Environment, ...] = ()
    versions: tuple[Version, ...] = ()
    platform: str = ""
    bucket: str = ""
    bucket_exists: bool = False
    registry: str = ""
    secret: str = ""
    secret_names: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    is_prefix_free: bool | None = None
    missing: tuple[tuple[str, str, str], ...] = ()
    complaints: tuple[str, ...] = ()
    live_options: tuple[tuple[str, str, str], ...] = ()
    name: Name = _NO_NAME

    @property
    def state(self) -> str:
        """The checksum of what a plan depends on."""
        said: dict[str, Any] = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        for one in said["environments"]:
            one.pop("health")  # comes and goes
        return checksum({name: said[name] for name in said if name not in {"caller", "complaints"}})

    def live(self, wanted: Wanted) -> Environment | None:
        """The environment that has the live address, nothing else makes it so."""
        return live_among(self.environments, wanted)


def live_among(environments: Iterable[Environment], wanted: Wanted) -> Environment | None:
    """Which of them has the live address?"""
    return next((one for one in environments if one.cname.lower() == wanted.cname), None)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def observe(aws: Aws, wanted: Wanted, *, options: bool = False) -> Found:
    """Ask for everything that a plan depends on.

    Args:
        options: those of the environment that is live, too.

    Raises:
        Refused: the credentials are not valid, or lack a permission.
    """
    caller = aws.read("sts.GetCallerIdentity")
    account, arn = caller["Account"], caller["Arn"]
    environments = environments_of(aws, wanted)
    bucket = wanted.bucket_in(account)
    is_there = bool(aws.read("elasticbeanstalk.DescribeApplications", ApplicationNames=[wanted.name])["Applications"])
    secret, names = _secret(aws, wanted)
    arns = {name: f"{secret}:{name}" for name in wanted.secrets} if secret else {}
    live = live_among(environments, wanted)
    has_bucket = exists(aws, "s3.HeadBucket", Bucket=bucket)
    return Found(
        account=account, caller=arn, partition=arn.split(":")[1], application=is_there, environments=environments,
        versions=versions_of(aws, wanted) if is_there else (), platform=_platform(aws), bucket=bucket,
        bucket_exists=has_bucket, registry=_registry(aws, wanted), secret=secret, secret_names=names,
        releases=releases_of(aws, wanted, bucket) if has_bucket else (),
        is_prefix_free=None if live else _is_free(aws, wanted),
        missing=tuple(missing_of(aws, wanted, bucket, has_bucket)),
        complaints=_complaints(aws, wanted, arns) if is_there else (),
        live_options=settings_of(aws, wanted, live.name) if live and options else (),
        name=name_of(aws, wanted),
    )  # fmt: skip


def environments_of(aws: Aws, wanted: Wanted) -> tuple[Environment, ...]:
    """The environments of the application that are there or on their way."""
    found = aws.pages(
        "elasticbeanstalk.DescribeEnvironments", "Environments", ApplicationName=wanted.name, IncludeDeleted=False
    )
    rows = (environment_of(one) for one in found)
    return tuple(sorted((one for one in rows if one.status != "Terminated"), key=lambda one: one.name))


def environment_of(said: JsonObject) -> Environment:
    one: Any = said
    stage, deploy_id = marks_of(one.get("Description") or "")
    return Environment(
        id=one["EnvironmentId"], name=one["EnvironmentName"], cname=one.get("CNAME") or "",
        endpoint=one.get("EndpointURL") or "", status=one.get("Status") or "", health=one.get("Health") or "",
        label=one.get("VersionLabel") or "", stage=stage, deploy_id=deploy_id,
        created=one["DateCreated"].timestamp() if "DateCreated" in one else 0.0, arn=one.get("EnvironmentArn") or "",
    )  # fmt: skip


def settings_of(aws: Aws, wanted: Wanted, name: str) -> tuple[tuple[str, str, str], ...]:
    """The options of an environment."""
    said = aws.read(
        "elasticbeanstalk.DescribeConfigurationSettings", ApplicationName=wanted.name, EnvironmentName=name
    )["ConfigurationSettings"][0]["OptionSettings"]
    return tuple(sorted((one["Namespace"], one["OptionName"], one.get("Value", "")) for one in said))


def marked(stage: str, deploy_id: str) -> str:
    """The description of an environment: lists of environments have it, other than tags."""
    return f"{MARK} {stage} {deploy_id}"


def marks_of(description: str) -> tuple[str, str]:
    words = description.split(" ")
    return (words[1], words[2]) if len(words) == 3 and words[0] == MARK else ("", "")


def versions_of(aws: Aws, wanted: Wanted) -> tuple[Version, ...]:
    """The versions of the application, the oldest first."""
    found = aws.pages(
        "elasticbeanstalk.DescribeApplicationVersions", "ApplicationVersions", ApplicationName=wanted.name
    )
    rows = (
        Version(
            one["VersionLabel"], (one.get("SourceBundle") or {}).get("S3Key") or "", one.get("Status") or "",
            one["DateCreated"].timestamp() if "DateCreated" in one else 0.0,
        )
        for one in found
    )  # fmt: skip
    return tuple(sorted(rows, key=lambda one: (one.created, one.label)))


def releases_of(aws: Aws, wanted: Wanted, bucket: str) -> tuple[Release, ...]:
    """What has been live, the oldest first, as the record in the bucket has it.

    Raises:
        DeployError: it cannot be read. It is not taken for an empty one: what it names would be ended.
    """
    key, names = f"{wanted.folder}/releases.json", {field.name for field in fields(Release)}
    try:
        body = aws.read("s3.GetObject", Bucket=bucket, Key=key)["Body"].read()
    except Refused as error:
        if error.is_absence:
            return ()
        raise
    try:
        rows = json.loads(body)["releases"]
        return tuple(Release(**{name: one[name] for name in one if name in names}) for one in rows)
    except (ValueError, KeyError, TypeError) as error:
        text = f"s3://{bucket}/{key}, the record of releases, cannot be read ({type(error).__name__})"
        cure = "restore an earlier version of it: without it, nobody knows which environments are kept"
        raise DeployError(f"{text}; {cure}", exit_code=STOPPED) from error


def _secret(aws: Aws, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    """The ARN of the secret of the environment, and the names in it, which its description has."""
    if not wanted.secrets:
        return "", ()
    try:
        said = aws.read("secretsmanager.DescribeSecret", SecretId=wanted.secret_id)
    except Refused as error:
        if error.code == "ResourceNotFoundException":
            return "", ()
        raise
    return said["ARN"], tuple(said.get("Description", "").rpartition(": ")[2].split())


def _platform(aws: Aws) -> str:
    """The ARN of the newest version of the platform that is recommended."""
    filters = [
        {"Type": "PlatformBranchName", "Operator": "=", "Values": [BRANCH]},
        {"Type": "PlatformLifecycleState", "Operator": "=", "Values": ["recommended"]},
    ]
    found = aws.pages("elasticbeanstalk.ListPlatformVersions", "PlatformSummaryList", Filters=filters)
    return max((one["PlatformArn"] for one in found), key=_numbers, default="")


def _numbers(arn: str) -> list[int]:
    return [int(part) for part in arn.rpartition("/")[2].split(".") if part.isdecimal()]


def _registry(aws: Aws, wanted: Wanted) -> str:
    """The repository with its registry; "" if it is to be in the account, and is not."""
    if not wanted.uses_ecr:
        return wanted.repository
    name = wanted.repository.rpartition("amazonaws.com/")[2]
    try:
        found = aws.read("ecr.DescribeRepositories", repositoryNames=[name])["repositories"]
    except Refused as error:
        if error.code == "RepositoryNotFoundException":
            return ""
        raise
    return str(found[0]["repositoryUri"])


def _is_free(aws: Aws, wanted: Wanted) -> bool:
    return bool(aws.read("elasticbeanstalk.CheckDNSAvailability", CNAMEPrefix=wanted.prefix)["Available"])


def _complaints(aws: Aws, wanted: Wanted, secrets: Mapping[str, Json]) -> tuple[str, ...]:
    """What Elastic Beanstalk says of the options, before anything is made with them."""
    options = options_of(
        wanted, variables=own_variables(wanted, deploy_id="x", label="x"),
        secrets=dict(secrets),
    )  # fmt: skip
    said = aws.read(
        "elasticbeanstalk.ValidateConfigurationSettings", ApplicationName=wanted.name,
        OptionSettings=[one.to_json() for one in options],
    )  # fmt: skip
    return tuple(
        f"{one.get('Namespace', '')} {one.get('OptionName', '')}: {one.get('Message', '')}"
        for one in said.get("Messages", ()) if one.get("Severity") == "error"
    )  # fmt: skip
