"""The calls that steps make, with everything that is known of them beforehand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pymacaron._types import Json

from .observe import Found, marked
from .options import Option, options_of, own_variables
from .order import Order, green_name
from .resources import Wanted
from .steps import ApiCall, ref, secrets_of


def token_of(order_id: str) -> str:
    """What lets Secrets Manager know a second attempt of the same call; it says nothing about the values."""
    return hashlib.sha256(f"pymacaron {order_id}".encode()).hexdigest()


def secret_call(wanted: Wanted, found: Found, order: Order) -> ApiCall:
    said: dict[str, Json] = {
        "SecretString": secrets_of(wanted.secrets), "ClientRequestToken": token_of(order.deploy_id),
        "Description": f"{wanted.name} {wanted.stage}: {' '.join(wanted.secrets)}"[:2048],
    }  # fmt: skip
    if found.secret:
        return ApiCall.of("secretsmanager.UpdateSecret", {"SecretId": found.secret, **said})
    marks = tags({"pym:app": wanted.name, "pym:created-by": "pymacaron"})
    return ApiCall.of("secretsmanager.CreateSecret", {"Name": wanted.secret_id, **said, "Tags": marks})


def options(wanted: Wanted, order: Order, *, label: Json, arn: str) -> list[Option]:
    """The options; `arn` is that of the environment's secret, "" while it has none."""
    secrets: dict[str, Json] = {
        name: f"{arn}:{name}" if arn else ref("secret.arn", f":{name}") for name in wanted.secrets
    }  # fmt: skip
    return options_of(wanted, variables=own_variables(wanted, deploy_id=order.deploy_id, label=label), secrets=secrets)


def create_call(wanted: Wanted, found: Found, order: Order, label: Json, *, prefix: str | None) -> ApiCall:
    green = green_name(wanted, order.deploy_id)
    marks = {
        "pym:app": wanted.name, "pym:version": wanted.version or "unknown", "pym:deploy-id": order.deploy_id,
        "pym:stage": wanted.stage, "pym:created-by": "pymacaron",
    }  # fmt: skip
    made = options(wanted, order, label=label, arn=found.secret)
    return ApiCall.of("elasticbeanstalk.CreateEnvironment", {
        "ApplicationName": wanted.name, "EnvironmentName": green, "CNAMEPrefix": prefix or green.lower(),
        "Description": marked(wanted.stage, order.deploy_id), "VersionLabel": label, "PlatformArn": found.platform,
        "Tier": {"Name": "WebServer", "Type": "Standard"}, "Tags": tags(marks),
        "OptionSettings": [one.to_json() for one in made],
    })  # fmt: skip


def tags(of: dict[str, str]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in of.items()]


def alarm_names(wanted: Wanted, environment: str) -> list[Json]:
    return [f"pym-{wanted.name}-{environment}-{metric}" for metric, _, _ in _ALARMS]


# Metric of AWS/ElasticBeanstalk, from which value on, for how many minutes.
_ALARMS = (("EnvironmentHealth", 20.0, 3), ("ApplicationRequests5xx", 10.0, 2))


def alarm_calls(wanted: Wanted, environment: str) -> Iterator[ApiCall]:
    told: list[Json] = [wanted.topic] if wanted.topic else []
    for name, (metric, least, minutes) in zip(alarm_names(wanted, environment), _ALARMS, strict=True):
        yield ApiCall.of("cloudwatch.PutMetricAlarm", {
            "AlarmName": name, "Namespace": "AWS/ElasticBeanstalk", "MetricName": metric, "Statistic": "Maximum",
            "Dimensions": [{"Name": "EnvironmentName", "Value": environment}], "Period": 60, "Threshold": least,
            "EvaluationPeriods": minutes, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching", "AlarmActions": told, "OKActions": told,
        })  # fmt: skip
