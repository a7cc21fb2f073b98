"""The options of an environment. The defaults of the API are not those of the console, so each one is
written down here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from pymacaron._types import Json

from .resources import PORT, Wanted

_EB, _ASG, _LOGS = "aws:elasticbeanstalk", "aws:autoscaling", "aws:elasticbeanstalk:cloudwatch:logs"
COMMAND, SPLITTING = f"{_EB}:command", f"{_EB}:trafficsplitting"
IN_PLACE = (f"{_EB}:application:environment", f"{_EB}:application:environmentsecrets")  # what each version brings along
_PROCESS = f"{_EB}:environment:process:default"
_METRICS = ("ApplicationRequests5xx", "ApplicationRequestsTotal", "ApplicationLatencyP99", "EnvironmentHealth")
RETENTION_DAYS = 30
SLOWEST_REQUEST = 30  # seconds that a request may still take when its host is to go


class Option(NamedTuple):
    """One option; `value` is text, or says whose value it will be."""

    namespace: str
    name: str
    value: Json

    def to_json(self) -> dict[str, Json]:
        return {"Namespace": self.namespace, "OptionName": self.name, "Value": self.value}


def options_of(wanted: Wanted, *, variables: dict[str, Json], secrets: dict[str, Json]) -> list[Option]:
    """Every option of a new environment.

    Args:
        variables: of the service, as they are.
        secrets: variables, each with where its value is: the ARN of a secret with a key.
    """
    rows = (
        *_environment(wanted), *_hosts(wanted), *_scaling(), *_load_balancer(wanted), *_health(), *_updates(),
        *_watching(wanted), *_network(wanted),
    )  # fmt: skip
    options = [Option(*row) for row in rows]
    plain, secret = IN_PLACE
    options += [Option(plain, name, text) for name, text in sorted(variables.items())]
    return options + [Option(secret, *pair) for pair in sorted(secrets.items())]


_Rows = Iterator[tuple[str, str, str]]


def _environment(wanted: Wanted) -> _Rows:
    yield f"{_EB}:environment", "EnvironmentType", "LoadBalanced"
    yield f"{_EB}:environment", "LoadBalancerType", "application"  # classic otherwise, and for good
    yield f"{_EB}:environment", "ServiceRole", wanted.service_role
    # of two containers, the one that serves has the port of the host itself
    yield f"{_EB}:environment:proxy", "ProxyServer", "none" if wanted.worker else "nginx"
    yield f"{_EB}:application", "Application Healthcheck URL", "/ping"


def _hosts(wanted: Wanted) -> _Rows:
    launch = f"{_ASG}:launchconfiguration"
    yield launch, "IamInstanceProfile", wanted.instance_profile
    if wanted.key_pair:
        yield launch, "EC2KeyName", wanted.key_pair
    yield launch, "DisableIMDSv1", "true"
    yield launch, "RootVolumeType", "gp3"
    yield launch, "RootVolumeSize", "16"  # images fill the 8 GB that is usual
    yield launch, "MonitoringInterval", "1 minute"
    yield launch, "LaunchTemplateTagPropagationEnabled", "true"
    yield "aws:ec2:instances", "InstanceTypes", ",".join(wanted.instance_types)
    yield "aws:ec2:instances", "SupportedArchitectures", wanted.architecture
    yield "aws:ec2:instances", "EnableSpot", str(wanted.spot).lower()
    if wanted.spot:  # never for the hosts that have to be there
        yield "aws:ec2:instances", "SpotFleetOnDemandBase", str(wanted.hosts_min)
        yield "aws:ec2:instances", "SpotFleetOnDemandAboveBasePercentage", "50"
        yield "aws:ec2:instances", "SpotAllocationStrategy", "price-capacity-optimized"
        yield f"{_ASG}:asg", "EnableCapacityRebalancing", "true"
    yield f"{_ASG}:asg", "MinSize", str(wanted.hosts_min)
    yield f"{_ASG}:asg", "MaxSize", str(wanted.hosts_max)
    yield f"{_ASG}:asg", "Availability Zones", "Any 2" if wanted.hosts_max > 1 else "Any"
    yield f"{_ASG}:asg", "Cooldown", "120"


def _scaling() -> _Rows:
    """By processor time: the usual measure, bytes sent, says nothing about an API."""
    trigger = f"{_ASG}:trigger"
    yield trigger, "MeasureName", "CPUUtilization"
    yield trigger, "Statistic", "Average"
    yield trigger, "Unit", "Percent"
    yield trigger, "UpperThreshold", "60"
    yield trigger, "LowerThreshold", "20"
    yield trigger, "Period", "1"
    yield trigger, "EvaluationPeriods", "3"
    yield trigger, "BreachDuration", "3"  # has to be Period times EvaluationPeriods
    yield trigger, "UpperBreachScaleIncrement", "1"
    yield trigger, "LowerBreachScaleIncrement", "-1"


def _load_balancer(wanted: Wanted) -> _Rows:
    for name, value in (
        ("HealthCheckPath", "/ping"), ("MatcherHTTPCode", "200"), ("Port", "80"), ("Protocol", "HTTP"),
        ("HealthCheckInterval", "15"), ("HealthCheckTimeout", "5"), ("HealthyThresholdCount", "2"),
        ("UnhealthyThresholdCount", "3"), ("DeregistrationDelay", str(SLOWEST_REQUEST)),
    ):  # fmt: skip
        yield _PROCESS, name, value
    yield "aws:elbv2:listener:default", "ListenerEnabled", "false" if wanted.certificate else "true"
    if wanted.certificate:
        for name, value in (
            ("ListenerEnabled", "true"), ("Protocol", "HTTPS"), ("SSLCertificateArns", wanted.certificate),
            ("SSLPolicy", wanted.ssl_policy),
        ):  # fmt: skip
            yield "aws:elbv2:listener:443", name, value
    yield "aws:elbv2:loadbalancer", "IdleTimeout", "60"


def _health() -> _Rows:
    yield f"{_EB}:healthreporting:system", "SystemType", "enhanced"
    metrics = {"CloudWatchMetrics": {"Environment": dict.fromkeys(_METRICS, 60)}, "Version": 1}
    yield f"{_EB}:healthreporting:system", "ConfigDocument", json.dumps(metrics, sort_keys=True)


def _updates() -> _Rows:
    """How the environment itself changes: a new version comes in another one, but for a canary."""
    yield COMMAND, "DeploymentPolicy", "RollingWithAdditionalBatch"
    yield COMMAND, "BatchSizeType", "Percentage"
    yield COMMAND, "BatchSize", "50"
    yield COMMAND, "Timeout", "600"
    rolling = f"{_ASG}:updatepolicy:rollingupdate"
    yield rolling, "RollingUpdateEnabled", "true"
    yield rolling, "RollingUpdateType", "Health"
    yield rolling, "MinInstancesInService", "1"
    managed = f"{_EB}:managedactions"
    yield managed, "ManagedActionsEnabled", "true"
    yield managed, "PreferredStartTime", "Tue:03:00"
    yield managed, "ServiceRoleForManagedUpdates", "AWSServiceRoleForElasticBeanstalkManagedUpdates"
    yield f"{managed}:platformupdate", "UpdateLevel", "minor"
    yield f"{managed}:platformupdate", "InstanceRefreshEnabled", "true"


def _watching(wanted: Wanted) -> _Rows:
    days = str(RETENTION_DAYS)
    for namespace, switch in ((_LOGS, "StreamLogs"), (f"{_LOGS}:health", "HealthStreamingEnabled")):
        yield namespace, switch, "true"
        yield namespace, "DeleteOnTerminate", "false"  # it would go with the version that has just failed
        yield namespace, "RetentionInDays", days
    yield f"{_EB}:hostmanager", "LogPublicationControl", "false"
    if wanted.topic:  # by its ARN: Elastic Beanstalk deletes a topic that it knows by name with the environment
        yield f"{_EB}:sns:topics", "Notification Topic ARN", wanted.topic


def _network(wanted: Wanted) -> _Rows:
    vpc = dict(wanted.vpc)
    if not vpc:
        return
    yield "aws:ec2:vpc", "VPCId", vpc["id"]
    yield "aws:ec2:vpc", "Subnets", vpc["subnets"]
    yield "aws:ec2:vpc", "ELBSubnets", vpc.get("elb_subnets", vpc["subnets"])
    yield "aws:ec2:vpc", "ELBScheme", vpc.get("scheme", "public")
    yield "aws:ec2:vpc", "AssociatePublicIpAddress", vpc.get("public_ips", "true")


def own_variables(wanted: Wanted, *, deploy_id: str, label: Json) -> dict[str, Json]:
    """The variables of the service: those of pymacaron, and those of the configuration."""
    ours: dict[str, Json] = {
        "PORT": str(PORT), "PYM_ENV": wanted.stage, "PYM_VERSION": wanted.version or "unknown",
        "PYM_CONTAINER": label, "PYM_DEPLOY_ID": deploy_id,
    }  # fmt: skip
    return {**ours, **dict(wanted.variables)}


_RETENTIONS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653}


def lint(options: list[Option]) -> Iterator[str]:
    """What Elastic Beanstalk would refuse, or take and fail with half an hour later."""
    value = {(one.namespace, one.name): one.value for one in options}
    if len(value) != len(options):
        yield "an option is there twice"

    def number(namespace: str, name: str) -> int:
        return int(str(value[namespace, name]))

    if number(f"{_ASG}:asg", "MinSize") > number(f"{_ASG}:asg", "MaxSize"):
        yield "MinSize is more than MaxSize"
    trigger = f"{_ASG}:trigger"
    if number(trigger, "BreachDuration") != number(trigger, "Period") * number(trigger, "EvaluationPeriods"):
        yield "BreachDuration is not Period times EvaluationPeriods"
    listener = "aws:elbv2:listener:443"
    if value.get((listener, "Protocol")) == "HTTPS" and not value.get((listener, "SSLCertificateArns")):
        yield "the listener for https has no certificate"
    if number(_LOGS, "RetentionInDays") not in _RETENTIONS:
        yield "CloudWatch keeps no logs for so many days"
    if value.get((f"{_EB}:managedactions", "ManagedActionsEnabled")) == "true":
        needed = (
            (f"{_EB}:managedactions", "PreferredStartTime"),
            (f"{_EB}:managedactions:platformupdate", "UpdateLevel"),
        )
        yield from (f"managed actions need {name}" for namespace, name in needed if not value.get((namespace, name)))
