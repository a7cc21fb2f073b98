"""What the configuration asks for: values that are checked before anybody asks AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pymacaron.config import Config
from pymacaron.documents.findings import Lines
from pymacaron.documents.positions import positions
from pymacaron.documents.sources import decode, read
from pymacaron.exceptions import ConfigurationError, Finding

PORT = 8080  # of the container: users without privileges cannot open those below 1024
LIVE = "live"
REPLACE, OFF = "replace", "off"  # of aws_dns; else "create"
_ARM = re.compile(r"(?:[a-z]+\d+g[a-z]*|a1)(?:-flex)?")  # t4g, m7gd, c8gn: Graviton has a g behind the number
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_STAGE = re.compile(r"[a-z][a-z0-9-]{0,15}")
_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{2,61})[a-z0-9]")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_TYPE = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")
_CERT = re.compile(r"arn:aws[a-z-]*:(?:acm|iam):(?P<region>[a-z0-9-]*):\d{12}:(?:certificate|server-certificate)/\S+")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_SECRET = re.compile(r"secret|passw|token|private|credential|api_?key", re.IGNORECASE)
_VPC = {"id", "subnets", "elb_subnets", "scheme", "public_ips"}
_MOST_VARIABLES = 4096  # bytes, of all names and values of an environment together
_MOST_TYPES = 40
_Fault = Callable[[str, str, str], Finding]  # key, fact, cure


@dataclass(frozen=True)
class Wanted:
    """A service in one environment ("live", "staging") as it has to be.

    Attributes:
        name: of the service, and of the application in Elastic Beanstalk.
        stage: which of its environments: PYM_ENV there.
        prefix: the first word of its address in elasticbeanstalk.com.
        repository: where the image is pushed to, without a registry if that is the account's own ECR.
        version: what the code calls itself, such as a commit.
        keep_hours: how long a replaced environment stays.
        grace: seconds that calls have after SIGTERM.
        drain: seconds that tasks have.
        canary_minutes: for how long a canary has to be well.
        registry_secret: what hosts log in with where the image is; None: that needs no password, or is in ECR.
        dns: what may be done to the live host in Route 53: "create", "replace" or "off".
        watch_minutes: how long a new version that is live is watched, unless an order says so.
    """

    name: str
    stage: str
    region: str
    live_host: str
    prefix: str
    repository: str
    version: str
    hosts_min: int
    hosts_max: int
    instance_types: tuple[str, ...]
    architecture: str
    spot: bool
    key_pair: str | None
    certificate: str | None
    ssl_policy: str
    service_role: str
    instance_profile: str
    topic: str | None
    bucket: str | None
    vpc: tuple[tuple[str, str], ...]
    variables: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]
    worker: bool
    keep_hours: int
    keep_versions: int
    watch_minutes: int = 0
    canary_minutes: int = 5
    dns: str = OFF
    registry_secret: str | None = None
    grace: float = 7.5
    drain: int = 8

    @property
    def host(self) -> str:
        """The name that callers know, without a port."""
        return self.live_host.partition(":")[0].lower()

    @property
    def uses_ecr(self) -> bool:
        """Is the image kept in the registry of the account?"""
        return "/" not in self.repository or ".dkr.ecr." in self.repository

    @property
    def secret_id(self) -> str:
        """What the one secret of the environment is called in Secrets Manager."""
        return f"pym/{self.name}/{self.stage}"

    @property
    def cname(self) -> str:
        """The address that is swapped; live is the environment that has it."""
        return f"{self.prefix}.{self.region}.elasticbeanstalk.com"

    @property
    def folder(self) -> str:
        """Where in the bucket everything of this environment is."""
        return f"pymacaron/{self.name}/{self.stage}"

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"

    def bucket_in(self, account: str) -> str:
        """The bucket for what is deployed: its own, else that of Elastic Beanstalk."""
        return self.bucket or f"elasticbeanstalk-{self.region}-{account}"


def wanted_of(config: Config, *, stage: str = LIVE, version: str = "") -> Wanted:
    """What a configuration asks for.

    Raises:
        ConfigurationError: with everything that Elastic Beanstalk would refuse, and where it stands.
    """
    findings = list(_faults(config, stage))
    if findings:
        raise ConfigurationError(findings)
    name = str(config.name)
    types = _types(config)
    return Wanted(
        name=name, stage=stage, version=version, region=str(config.aws_region), live_host=_host(config),
        prefix=_prefix(config, stage), repository=config.docker_repo or name.lower(),
        hosts_min=config.aws_hosts_min, hosts_max=config.aws_hosts_max, instance_types=types,
        architecture=_architecture(types[0]), spot=config.aws_spot, key_pair=config.aws_keypair,
        certificate=config.aws_cert_arn, ssl_policy=config.aws_ssl_policy, service_role=config.aws_service_role,
        instance_profile=config.aws_instance_profile, topic=config.aws_notify_topic, bucket=config.docker_bucket,
        vpc=tuple(sorted(config.aws_vpc.items())), variables=tuple(sorted(config.aws_variables.items())),
        secrets=tuple(sorted(config.env_secrets)), worker=config.with_async, keep_hours=config.aws_keep_hours,
        keep_versions=config.aws_keep_versions, watch_minutes=config.aws_watch_minutes,
        canary_minutes=config.aws_canary_minutes, dns=_dns(config, stage), registry_secret=config.docker_secret,
        grace=config.shutdown_delay + config.shutdown_grace, drain=config.async_drain,
    )  # fmt: skip


def _host(config: Config) -> str:
    return str(config.live_host).rpartition("://")[2].strip("/")


def _dns(config: Config, stage: str) -> str:
    """What may be done to the live host: nothing for an environment that has it from the configuration of another."""
    is_own = stage == LIVE or stage in os.path.basename(config.config_file or "").split(".")
    return str(config.aws_dns) if is_own else OFF


def _prefix(config: Config, stage: str) -> str:
    return config.aws_cname_prefix or f"{str(config.name).lower().replace('_', '-')}-{stage}"


def _types(config: Config) -> tuple[str, ...]:
    return tuple(one.strip() for one in config.aws_instance_type.split(","))


def _architecture(instance_type: str) -> str:
    return "arm64" if _ARM.fullmatch(instance_type.partition(".")[0]) else "x86_64"


def place_of_key(config: Config, *path: str | int) -> str:
    """Where a setting stands: `pym-config.yaml:4:15`, or only the file where it is not written."""
    file = config.config_file
    if file is None:
        return "pym-config.yaml"
    near = os.path.relpath(file)
    shown = file if near.startswith(os.pardir) else near
    raw = read(file)
    root = positions(raw, named_json=False).root
    if path[0] not in root.inner:
        return shown
    line, column = Lines(decode(raw, "replace")).at(root.offset_of(path))
    return f"{shown}:{line}:{column}"


def _faults(config: Config, stage: str) -> Iterator[Finding]:
    def fault(key: str, fact: str, cure: str) -> Finding:
        return Finding(place_of_key(config, key), key, fact, cure)

    if not config.name or not _NAME.fullmatch(config.name):
        yield fault("name", "is the name of the application in Elastic Beanstalk: a letter, then letters, digits, - "
                            "and _, at most 100", "choose such a name")  # fmt: skip
    if not _STAGE.fullmatch(stage):
        yield Finding(
            "--env", stage, "is no name for an environment", "write lowercase letters, digits and -, such as staging"
        )
    if not config.aws_region:
        yield fault("aws_region", "is missing", "write for example 'aws_region: eu-west-1'")
    elif not _REGION.fullmatch(config.aws_region):
        yield fault("aws_region", "is no region", "write for example eu-west-1, not an availability zone")
    if not config.live_host or "/" in _host(config):
        yield fault("live_host", "has to be a host without a path", "write for example api.example.com")
    if not _PREFIX.fullmatch(_prefix(config, stage)):
        yield fault(
            "aws_cname_prefix", f"is {_prefix(config, stage)!r}, but has to be 4 to 63 lowercase letters, digits and -",
            "write one that nobody else in the region has, as in 'aws_cname_prefix: shop-example-live'",
        )  # fmt: skip
    yield from _faults_of_hosts(config, fault)
    yield from _faults_of_names(config, fault)
    yield from _faults_of_variables(config, fault)


def _faults_of_hosts(config: Config, fault: _Fault) -> Iterator[Finding]:
    if not 1 <= config.aws_hosts_min <= config.aws_hosts_max <= 10_000:
        yield fault("aws_hosts_min", f"and aws_hosts_max are {config.aws_hosts_min} and {config.aws_hosts_max}: the "
                    "first has to be 1 or more, and not more than the second", "write for example 2 and 4")  # fmt: skip
    if not 3 <= config.aws_canary_minutes <= 600:
        yield fault("aws_canary_minutes", "has to be 3 to 600", "write for example 5")
    types = _types(config)
    if len(types) > _MOST_TYPES or not all(map(_TYPE.fullmatch, types)):
        cure = "write for example t3.small, or 't4g.small, t4g.medium'"
        yield fault("aws_instance_type", f"has to be 1 to {_MOST_TYPES} types with commas between them", cure)
    elif len({_architecture(one) for one in types}) > 1:
        yield fault("aws_instance_type", "has types of both architectures, but an image is built for one",
                    "keep either those with a g after the number, or the others")  # fmt: skip


def _faults_of_names(config: Config, fault: _Fault) -> Iterator[Finding]:
    for key, pattern in (("aws_cert_arn", _CERT), ("aws_notify_topic", _TOPIC)):
        arn = config.get(key)
        found = pattern.fullmatch(arn) if arn else None
        if arn and not found:
            kind = "certificate of ACM or IAM" if key == "aws_cert_arn" else "topic of SNS"
            yield fault(key, f"is no ARN of a {kind}", "copy it from the console, or from `pymacaron aws doctor`")
        elif found and found["region"] not in {"", config.aws_region}:
            yield fault(key, f"is in {found['region']}, and the load balancer in {config.aws_region}",
                        f"make one in {config.aws_region}")  # fmt: skip
    yield from _faults_of_registry(config, fault)
    unknown = config.aws_vpc.keys() - _VPC
    if unknown:
        yield fault("aws_vpc", f"has {', '.join(sorted(unknown))}", f"there are {', '.join(sorted(_VPC))}")
    elif config.aws_vpc and not {"id", "subnets"} <= config.aws_vpc.keys():
        yield fault(
            "aws_vpc", "lacks its id or subnets", "write 'aws_vpc: {id: vpc-…, subnets: \"subnet-…,subnet-…\"}'"
        )
    if config.with_async and not config.async_broker and not _is_of_a_secret(config, "async_broker"):
        cure = "name one that both can reach, such as 'async_broker: REDIS_URL' with REDIS_URL under env_secrets"
        yield fault(
            "async_broker", "is missing: the service and its worker run in separate containers, on several hosts", cure
        )


def _faults_of_registry(config: Config, fault: _Fault) -> Iterator[Finding]:
    given, folder = config.docker_secret, f"pym/{config.name}/"
    if not given:
        return
    repository = config.docker_repo or ""
    if "/" not in repository or ".dkr.ecr." in repository:
        yield fault("docker_secret", "is set, but docker_repo is in ECR, which hosts pull from without it",
                    "leave it out, or name another registry with docker_repo")  # fmt: skip
    elif not given.startswith(("arn:", folder)):
        yield fault("docker_secret", f"does not begin with {folder}, and hosts may read only those secrets",
                    f"write {folder}registry, which `pymacaron aws registry` makes, or an ARN")  # fmt: skip


def _is_of_a_secret(config: Config, key: str) -> bool:
    """Is a setting written, as a variable that is not set here?"""
    return any(finding.path == key for finding in config.config_findings)


def _faults_of_variables(config: Config, fault: _Fault) -> Iterator[Finding]:
    size = sum(len(name.encode()) + len(value.encode()) + 2 for name, value in config.aws_variables.items())
    if size > _MOST_VARIABLES - 512:  # ours are among them
        cure = "list large ones under env_secrets: a secret may have 64 kB"
        yield fault(
            "aws_variables",
            f"have {size} bytes; Elastic Beanstalk allows {_MOST_VARIABLES} for all variables of an environment",
            cure,
        )
    for name in (*config.aws_variables, *config.env_secrets):
        key = "aws_variables" if name in config.aws_variables else "env_secrets"
        if not _VARIABLE.fullmatch(name) or name.startswith("PYM_") or name == "PORT":
            yield fault(key, f"has {name}, which is reserved or no valid name", "choose another name")
    for name in config.aws_variables:
        if name in config.env_secrets:
            yield fault("aws_variables", f"has {name}, which is under env_secrets, too", "remove it from one of them")
        elif _LOOKS_SECRET.search(name):
            cure = "list it under env_secrets: the AWS console shows other variables in clear text"
            yield fault("aws_variables", f"has {name}, which looks secret", cure)
