"""What an account has to have once, before the first deployment: roles, a repository for images, a topic for
alarms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from pymacaron.exceptions import DeployError

from .aws import Aws, Refused, Throttled, Uncertain
from .exit_codes import STOPPED
from .permissions import places_of
from .refusals import allow
from .resources import Wanted

_MANAGED = "arn:{partition}:iam::aws:policy/"
_SERVICE = (
    "service-role/AWSElasticBeanstalkEnhancedHealth", "AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy",
)  # fmt: skip
_KEPT_IMAGES = 30
_THERE = frozenset((
    "EntityAlreadyExists", "EntityAlreadyExistsException", "RepositoryAlreadyExistsException", "LimitExceeded",
))  # fmt: skip
Call = tuple[str, dict[str, Any]]


def calls_of(wanted: Wanted, *, account: str, partition: str = "aws", email: str = "") -> Iterator[Call]:
    """Every call, in its order. Each may be made again."""
    places = places_of(wanted, account=account, partition=partition)
    service, instance = places["service_role"], places["instance_role"]
    managed = _MANAGED.format(partition=partition)
    yield "iam.CreateRole", {"RoleName": service, "AssumeRolePolicyDocument": _trust("elasticbeanstalk")}
    for name in _SERVICE:
        yield "iam.AttachRolePolicy", {"RoleName": service, "PolicyArn": managed + name}
    yield "iam.CreateRole", {"RoleName": instance, "AssumeRolePolicyDocument": _trust("ec2")}
    document = json.dumps(instance_policy(wanted, places))
    yield (
        "iam.PutRolePolicy",
        {"RoleName": instance, "PolicyName": f"pymacaron-{wanted.name}", "PolicyDocument": document},
    )
    yield "iam.CreateInstanceProfile", {"InstanceProfileName": instance}
    yield "iam.AddRoleToInstanceProfile", {"InstanceProfileName": instance, "RoleName": instance}
    if wanted.uses_ecr:
        yield "ecr.CreateRepository", {
            "repositoryName": places["repository"], "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }  # fmt: skip
        yield "ecr.PutLifecyclePolicy", {"repositoryName": places["repository"], "lifecyclePolicyText": _kept()}
    if email:
        topic = f"pym-{wanted.name}-alarms"
        yield "sns.CreateTopic", {"Name": topic}
        arn = f"arn:{partition}:sns:{wanted.region}:{account}:{topic}"
        yield "sns.Subscribe", {"TopicArn": arn, "Protocol": "email", "Endpoint": email}


def instance_policy(wanted: Wanted, places: dict[str, str]) -> dict[str, Any]:
    """What the instances may: fetch their image and their bundle, read their secret, write their logs. The policy that
    AWS manages for this allows more, such as calls of models that cost money."""
    account = f"{places['region']}:{places['account']}"
    partition = places["partition"]
    bucket, own = places["bucket"], f"elasticbeanstalk-{places['region']}-{places['account']}"
    rows: list[tuple[list[str], list[str]]] = [
        (["s3:GetObject", "s3:ListBucket"], [f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/*"]),
        (["s3:GetObject", "s3:PutObject", "s3:ListBucket"], [
            f"arn:{partition}:s3:::{own}", f"arn:{partition}:s3:::{own}/*"]),
        (["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups",
          "logs:CreateLogGroup", "logs:PutRetentionPolicy"], [
            f"arn:{partition}:logs:{account}:log-group:/aws/elasticbeanstalk/*"]),
        (["elasticbeanstalk:PutInstanceStatistics"], [
            f"arn:{partition}:elasticbeanstalk:{account}:application/*",
            f"arn:{partition}:elasticbeanstalk:{account}:environment/*"]),
        (["cloudwatch:PutMetricData"], ["*"]),
        (["secretsmanager:GetSecretValue"], [f"arn:{partition}:secretsmanager:{account}:secret:pym/{wanted.name}/*"]),
    ]  # fmt: skip
    if (wanted.registry_secret or "").startswith("arn:"):
        rows.append((["secretsmanager:GetSecretValue"], [str(wanted.registry_secret)]))
    if wanted.uses_ecr:
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        rows.append((pull, [f"arn:{partition}:ecr:{account}:repository/{places['repository']}"]))
        rows.append((["ecr:GetAuthorizationToken"], ["*"]))
    statements = [{"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in rows]
    return {"Version": "2012-10-17", "Statement": statements}


def _trust(service: str) -> str:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _kept() -> str:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _KEPT_IMAGES}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule]})


def set_up(aws: Aws, wanted: Wanted, calls: list[Call], account: str, tell: Callable[[str], object]) -> None:
    """Make the calls; what is there already is left as it is.

    Raises:
        DeployError: AWS refuses one of them.
    """
    for operation, parameters in calls:
        tell(f"{_make(aws, wanted, account, operation, parameters)} {operation} {_subject(parameters)}")


def _make(aws: Aws, wanted: Wanted, account: str, operation: str, parameters: dict[str, Any]) -> str:
    for attempt in range(1, 9):
        try:
            aws.change(operation, parameters)
        except (Throttled, Uncertain):
            aws.pause(attempt)
        except Refused as error:
            if error.code in _THERE:
                return "there "
            cure = (
                allow(operation, wanted, account)
                if error.is_denial
                else "fix that and run the command again; it keeps what exists"
            )
            raise DeployError(f"{error}; {cure}", exit_code=STOPPED) from error
        else:
            return "made  "
    raise DeployError(
        f"AWS does not answer {operation}; run the command again: it keeps what exists", exit_code=STOPPED
    )


def _subject(parameters: dict[str, Any]) -> str:
    return " ".join(text for text in parameters.values() if isinstance(text, str) and len(text) < 100)
