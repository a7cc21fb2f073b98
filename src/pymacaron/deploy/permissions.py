"""Every call of AWS that is made here, and what IAM has to allow for it: one table. The client refuses a call that is
not in it, `pymacaron aws policy` prints it, and an AccessDenied is answered with its statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymacaron._types import JsonObject

from .resources import OFF, Wanted


@dataclass(frozen=True)
class Permit:
    """What a call needs.

    Attributes:
        operation: `service.Operation`; "" for what others do with our permissions, such as the container engine.
        actions: of IAM.
        resources: ARNs with names of `places_of` in braces.
        condition: of the statement, as JSON text.
        when: which policy has it: "deploy", or "setup" for what is done once.
    """

    operation: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    condition: str = ""
    when: str = "deploy"

    @property
    def changes(self) -> bool:
        """Does the call change anything? Such calls are made only by steps of a plan, and journalled."""
        return self.operation in _CHANGING


_EB = "arn:{partition}:elasticbeanstalk:{region}:{account}:"
_BEANSTALK = (  # one list for all of them, since a policy may not be long
    f"{_EB}application/{{name}}",
    f"{_EB}applicationversion/{{name}}/*",
    f"{_EB}environment/{{name}}/*",
    f"{_EB.replace('{account}', '')}platform/*",
)
_OBJECTS = ("arn:{partition}:s3:::{bucket}/pymacaron/*",)
_BUCKET = ("arn:{partition}:s3:::{bucket}",)
_SECRET = ("arn:{partition}:secretsmanager:{region}:{account}:secret:pym/{name}/*",)
_REPOSITORY = ("arn:{partition}:ecr:{region}:{account}:repository/{repository}",)
_ROLES = ("arn:{partition}:iam::{account}:role/{service_role}", "arn:{partition}:iam::{account}:role/{instance_role}")
_PROFILE = ("arn:{partition}:iam::{account}:instance-profile/{instance_role}",)
_LINKED = ("arn:{partition}:iam::{account}:role/aws-service-role/*",)
_LOGS = ("arn:{partition}:logs:{region}:{account}:log-group:/aws/elasticbeanstalk/*",)
_ALARM = (  # the second ones are those of Elastic Beanstalk's own scaling
    "arn:{partition}:cloudwatch:{region}:{account}:alarm:pym-{name}-*",
    "arn:{partition}:cloudwatch:{region}:{account}:alarm:awseb-*",
)
_ZONES = ("arn:{partition}:route53:::hostedzone/*",)
_TOPIC = ("arn:{partition}:sns:{region}:{account}:pym-{name}-*",)


def _call(operation: str, resources: tuple[str, ...] = ("*",), action: str = "", when: str = "deploy") -> Permit:
    return Permit(operation, (action or operation.replace(".", ":"),), resources, when=when)


_READS = (
    _call("sts.GetCallerIdentity"),
    _call("elasticbeanstalk.DescribeAccountAttributes"),
    _call("elasticbeanstalk.DescribeApplications"),  # those of all applications count for the quotas
    _call("elasticbeanstalk.DescribeApplicationVersions"),
    _call("elasticbeanstalk.DescribeEnvironments"),
    _call("elasticbeanstalk.DescribeEvents", _BEANSTALK),
    _call("elasticbeanstalk.DescribeInstancesHealth", _BEANSTALK),
    _call("elasticbeanstalk.DescribeConfigurationSettings", _BEANSTALK),
    _call("elasticbeanstalk.RequestEnvironmentInfo", _BEANSTALK),  # lets instances show their files
    _call("elasticbeanstalk.RetrieveEnvironmentInfo", _BEANSTALK),
    _call("elasticbeanstalk.ListPlatformVersions"),
    _call("elasticbeanstalk.CheckDNSAvailability"),
    _call("elasticbeanstalk.ValidateConfigurationSettings", _BEANSTALK),
    _call("s3.GetObject", _OBJECTS),
    _call("s3.HeadObject", _OBJECTS, "s3:GetObject"),
    _call("s3.HeadBucket", _BUCKET, "s3:ListBucket"),
    _call("s3.ListObjectsV2", _BUCKET, "s3:ListBucket"),
    _call("secretsmanager.DescribeSecret", _SECRET),
    _call("ecr.DescribeRepositories", _REPOSITORY),
    _call("ecr.DescribeImages", _REPOSITORY),
    _call("ecr.GetAuthorizationToken"),
    _call("iam.GetRole", _ROLES),
    _call("iam.GetInstanceProfile", _PROFILE),
    _call("acm.DescribeCertificate", ("arn:{partition}:acm:{region}:{account}:certificate/*",)),
    _call("ec2.DescribeKeyPairs"),
    _call("ec2.DescribeInstanceTypes"),
    _call("ec2.DescribeInstances"),
    _call("service-quotas.GetServiceQuota", action="servicequotas:GetServiceQuota"),
    _call("logs.FilterLogEvents", _LOGS),
    _call("cloudwatch.DescribeAlarms"),
    _call("route53.ListHostedZonesByName"),
    _call("route53.ListResourceRecordSets", _ZONES),
)
_CHANGES = (
    _call("elasticbeanstalk.CreateStorageLocation"),
    _call("elasticbeanstalk.CreateApplication", _BEANSTALK),
    _call("elasticbeanstalk.CreateApplicationVersion", _BEANSTALK),
    _call("elasticbeanstalk.DeleteApplicationVersion", _BEANSTALK),
    _call("elasticbeanstalk.CreateEnvironment", _BEANSTALK),
    _call("elasticbeanstalk.UpdateEnvironment", _BEANSTALK),
    _call("elasticbeanstalk.SwapEnvironmentCNAMEs", _BEANSTALK),
    _call("elasticbeanstalk.TerminateEnvironment", _BEANSTALK),
    _call("s3.PutObject", _OBJECTS),
    _call("s3.DeleteObject", _OBJECTS),
    _call("secretsmanager.CreateSecret", _SECRET),
    _call("secretsmanager.UpdateSecret", _SECRET),
    _call("cloudwatch.PutMetricAlarm", _ALARM),
    _call("cloudwatch.DeleteAlarms", _ALARM),
    Permit("route53.ChangeResourceRecordSets", ("route53:ChangeResourceRecordSets",), _ZONES,
           '{"ForAllValues:StringEquals":{"route53:ChangeResourceRecordSetsNormalizedRecordNames":["{host}"]}}'),
)  # fmt: skip
_SETUP = (
    _call("iam.CreateRole", _ROLES, when="setup"),
    _call("iam.AttachRolePolicy", _ROLES, when="setup"),
    _call("iam.PutRolePolicy", _ROLES, when="setup"),
    _call("iam.CreateInstanceProfile", _PROFILE, when="setup"),
    Permit(
        "iam.AddRoleToInstanceProfile",
        ("iam:AddRoleToInstanceProfile", "iam:PassRole"),
        (*_PROFILE, *_ROLES),
        "",
        "setup",
    ),
    _call("ecr.CreateRepository", _REPOSITORY, when="setup"),
    _call("ecr.PutLifecyclePolicy", _REPOSITORY, when="setup"),
    _call("sns.CreateTopic", _TOPIC, when="setup"),
    _call("sns.Subscribe", _TOPIC, when="setup"),
)
_STACKS = (
    "arn:{partition}:cloudformation:{region}:{account}:stack/awseb-*",
    "arn:{partition}:cloudformation:{region}:{account}:stack/eb-*",
)
_OWN_STACK = '{"StringLike":{"aws:ResourceTag/aws:cloudformation:stack-id":"arn:*:cloudformation:*:stack/awseb-*"}}'
# What the container engine and Elastic Beanstalk do in the name of whoever calls.
_DOWNSTREAM = (
    Permit("", tuple(f"ecr:{one}" for one in (
        "BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "GetDownloadUrlForLayer",
        "InitiateLayerUpload", "PutImage", "UploadLayerPart")), _REPOSITORY),
    Permit("", ("iam:PassRole",), _ROLES,
           '{"StringEquals":{"iam:PassedToService":["elasticbeanstalk.amazonaws.com","ec2.amazonaws.com","cloudformation.amazonaws.com"]}}'),
    Permit("", ("iam:CreateServiceLinkedRole",), _LINKED,
           '{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","elasticloadbalancing.amazonaws.com",'
           '"elasticbeanstalk.amazonaws.com","managedupdates.elasticbeanstalk.amazonaws.com"]}}'),
    Permit("", ("elasticbeanstalk:AddTags", "elasticbeanstalk:ListTagsForResource"), _BEANSTALK),
    Permit("", ("secretsmanager:TagResource",), _SECRET),
    Permit("", tuple(f"cloudformation:{one}" for one in (
        "CreateStack", "UpdateStack", "DeleteStack", "CancelUpdateStack", "ContinueUpdateRollback", "SignalResource",
        "TagResource", "Describe*", "Get*", "List*")), _STACKS),
    Permit("", ("autoscaling:*",), ("arn:{partition}:autoscaling:{region}:{account}:*/awseb-e-*",)),
    Permit("", ("autoscaling:Describe*", "cloudwatch:Describe*", "ec2:Describe*", "elasticloadbalancing:Describe*")),
    Permit("", tuple(f"ec2:{one}" for one in (  # stars for names that end in two ways, or in "Version", too
        "AuthorizeSecurityGroup*", "CreateLaunchTemplate*", "CreateSecurityGroup", "CreateTags",
        "DeleteLaunchTemplate*", "DeleteSecurityGroup", "RevokeSecurityGroup*"))),
    Permit("", ("ec2:RunInstances",), ("*",),
           '{"ArnLike":{"ec2:LaunchTemplate":"arn:{partition}:ec2:{region}:{account}:launch-template/*"}}'),
    Permit("", ("ec2:TerminateInstances", "ec2:RebootInstances"), ("*",), _OWN_STACK),
    Permit("", ("elasticloadbalancing:*",), (
        "arn:{partition}:elasticloadbalancing:{region}:{account}:*awseb*",)),
    Permit("", tuple(f"s3:{one}" for one in (
        "CreateBucket", "GetBucketLocation", "GetBucketPolicy", "GetObject", "GetObjectAcl", "ListBucket",
        "PutBucketOwnershipControls", "PutBucketPolicy", "PutObject", "PutObjectAcl")), (
        "arn:{partition}:s3:::elasticbeanstalk-{region}-{account}",
        "arn:{partition}:s3:::elasticbeanstalk-{region}-{account}/*")),
    Permit("", tuple(f"logs:{one}" for one in (
        "CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "PutRetentionPolicy")), _LOGS),
    Permit("", ("sns:GetTopicAttributes", "sns:Publish", "sns:Subscribe"), _TOPIC),
)  # fmt: skip
_CHANGING = frozenset(one.operation for one in (*_CHANGES, *_SETUP))
PERMITS = {one.operation: one for one in (*_READS, *_CHANGES, *_SETUP)}


def places_of(wanted: Wanted, *, account: str, partition: str = "aws") -> dict[str, str]:
    """What stands for the names in braces."""
    return {
        "partition": partition, "region": wanted.region, "account": account, "name": wanted.name,
        "bucket": wanted.bucket_in(account),
        "repository": wanted.repository.rpartition("amazonaws.com/")[2] if wanted.uses_ecr else "",
        "service_role": wanted.service_role.rpartition("/")[2],
        "instance_role": wanted.instance_profile.rpartition("/")[2], "host": wanted.host if wanted.dns != OFF else "",
    }  # fmt: skip


def policy_of(places: Mapping[str, str], *, setup: bool = False) -> JsonObject:
    """The policy of the user or role that deploys; with `setup`, of the one who makes roles and repository."""
    permits = _SETUP if setup else (*_READS, *_CHANGES, *_DOWNSTREAM)
    return {"Version": "2012-10-17", "Statement": list(_statements(permits, places))}


def _statements(permits: Iterable[Permit], places: Mapping[str, str]) -> Iterator[JsonObject]:
    """One statement for all that are alike, since a policy may have 6144 characters."""
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for permit in permits:
        resources = tuple(_filled(one, places) for one in permit.resources)
        is_off = permit.operation.startswith("route53.") and not places["host"]
        if not is_off and not any(resource.endswith(":repository/") for resource in resources):
            alike.setdefault((resources, _filled(permit.condition, places)), []).extend(permit.actions)
    for (resources, condition), actions in alike.items():
        yield _statement(actions, resources, condition)


def _statement(actions: Sequence[str], resources: tuple[str, ...], condition: str) -> JsonObject:
    wide = {one for one in actions if one.endswith("*")}
    narrow = {one for one in actions if not any(_matches(pattern, one) for pattern in wide)}
    said: dict[str, Any] = {"Effect": "Allow", "Action": sorted(wide | narrow), "Resource": sorted(resources)}
    return said | ({"Condition": json.loads(condition)} if condition else {})


def _filled(text: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def statement_for(operation: str, places: Mapping[str, str]) -> JsonObject:
    """The statement that allows one call."""
    permit = PERMITS[operation]
    return _statement(
        permit.actions, tuple(_filled(one, places) for one in permit.resources), _filled(permit.condition, places)
    )


def allows(policy: JsonObject, action: str) -> bool:
    """Does some statement allow an action?"""
    statements: Any = policy["Statement"]
    return any(_matches(pattern, action) for one in statements for pattern in one["Action"])


def _matches(pattern: str, action: str) -> bool:
    return action == pattern or (pattern.endswith("*") and action.startswith(pattern[:-1]))
