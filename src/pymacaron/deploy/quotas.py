"""What the account allows at most, and how much of that is taken: asked before anything is made. What AWS does not
tell is not held against a deployment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .aws import Aws, Refused, Uncertain
from .observe import Found
from .resources import Wanted

# On-demand instances of the usual families: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
_STANDARD = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}
_USUAL = re.compile(r"[acdhimrtz]\d")
_RUNNING = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
_ATTEMPTS = 3
_CURES = {
    "applications": "delete one that nobody needs, or use another region",
    "versions": "delete old ones (`pymacaron cleanup`, with a smaller aws_keep_versions)",
    "environments": "terminate some (`pymacaron env list`, `pymacaron cleanup`)",
    "vCPUs": "terminate some, or choose a smaller aws_instance_type or aws_hosts_min",
}


class Quota(NamedTuple):
    """One quota: how much there may be in this account and region, how much there is, and how much comes."""

    name: str
    most: int
    used: int
    needed: int

    def __str__(self) -> str:
        return f"{self.used} of {self.most} {self.name}" + (f" (a deployment takes {self.needed})" * bool(self.needed))

    @property
    def problem(self) -> tuple[str, str, str] | None:
        """Setting, fact, cure; None if there is room."""
        if self.used + self.needed <= self.most:
            return None
        service = "Amazon EC2, Running On-Demand Standard" if self.name == "vCPUs" else "AWS Elastic Beanstalk"
        fact = (
            f"the account has {self.used} of {self.most} {self.name} in this region, and {self.needed} more are needed"
        )
        return "", fact, f"{_CURES[self.name]}; or ask AWS for more (Service Quotas, {service})"


def quotas_of(aws: Aws, wanted: Wanted, found: Found, *, environments: int = 1) -> list[Quota]:
    """The quotas that a deployment which makes so many environments may meet, as far as AWS tells them."""
    of_beanstalk = _asked(lambda: list(_of_beanstalk(aws, found, environments)))
    return [*of_beanstalk, *_asked(lambda: list(_of_hosts(aws, wanted)))]


def _asked(ask: Callable[[], list[Quota]]) -> list[Quota]:
    try:
        return ask()
    except (Refused, Uncertain):
        return []


def _of_beanstalk(aws: Aws, found: Found, environments: int) -> Iterator[Quota]:
    answer = aws.read("elasticbeanstalk.DescribeAccountAttributes", _ATTEMPTS)
    said: dict[str, Any] = answer["ResourceQuotas"]
    for name, quota, operation, items, needed in (
        ("applications", "ApplicationQuota", "DescribeApplications", "Applications", 0 if found.application else 1),
        ("versions", "ApplicationVersionQuota", "DescribeApplicationVersions", "ApplicationVersions", 1),
        ("environments", "EnvironmentQuota", "DescribeEnvironments", "Environments", environments),
    ):
        if "Maximum" in said.get(quota, {}):
            more = {"IncludeDeleted": False} if name == "environments" else {}
            used = len(aws.pages(f"elasticbeanstalk.{operation}", items, **more))
            yield Quota(name, said[quota]["Maximum"], used, needed)


def _of_hosts(aws: Aws, wanted: Wanted) -> Iterator[Quota]:
    """Processors of instances that are neither spot nor of a family with a quota of its own."""
    first = wanted.instance_types[0]
    if not _USUAL.match(first):
        return
    most = int(aws.read("service-quotas.GetServiceQuota", _ATTEMPTS, **_STANDARD)["Quota"]["Value"])
    said = aws.read("ec2.DescribeInstanceTypes", InstanceTypes=[first])["InstanceTypes"]
    pages = aws.pages("ec2.DescribeInstances", "Reservations", Filters=_RUNNING)
    used = sum(_processors(one) for page in pages for one in page["Instances"] if _counts(one))
    yield Quota("vCPUs", most, used, wanted.hosts_min * int(said[0]["VCpuInfo"]["DefaultVCpus"]))


def _counts(instance: dict[str, Any]) -> bool:
    return "InstanceLifecycle" not in instance and bool(_USUAL.match(instance["InstanceType"]))


def _processors(instance: dict[str, Any]) -> int:
    said = instance.get("CpuOptions", {})
    return int(said.get("CoreCount", 1)) * int(said.get("ThreadsPerCore", 1))
