"""The options of environments as Elastic Beanstalk's reference of 2026 lists them: namespaces, names, kinds, limits,
and the defaults of the API, which are not those of the console. Only what one service behind an application load
balancer can use: classic load balancers, Windows, clusters and databases are left out."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Setting = tuple[str, str]  # namespace, name
Settings = dict[Setting, str]

# name: kind = default. Kinds: bool, numbers with their limits, choices between |, text, lists (of at least and at most
# so many), and json. A line that begins with | goes on with the choices of the line above.
_TABLE = """
aws:elasticbeanstalk:environment
  EnvironmentType: LoadBalanced|SingleInstance = LoadBalanced
  LoadBalancerType: classic|application|network = classic
  LoadBalancerIsShared: bool = false
  ServiceRole: text
  LoadBalancerSubnetsMode: text
aws:autoscaling:launchconfiguration
  IamInstanceProfile: text
  EC2KeyName: text
  ImageId: text
  InstanceType: text
  DisableIMDSv1: bool = false
  RootVolumeType: standard|gp2|gp3|io1
  RootVolumeSize: 8..1024
  RootVolumeIOPS: 100..20000
  RootVolumeThroughput: 125..1000
  MonitoringInterval: 1 minute|5 minute = 5 minute
  SecurityGroups: list
  SSHSourceRestriction: text
  DisableDefaultEC2SecurityGroup: bool = false
  LaunchTemplateTagPropagationEnabled: bool = false
  BlockDeviceMappings: list
aws:ec2:instances
  InstanceTypes: list 1..40
  SupportedArchitectures: list
  EnableSpot: bool = false
  SpotFleetOnDemandBase: 0..10000 = 0
  SpotFleetOnDemandAboveBasePercentage: 0..100 = 70
  SpotAllocationStrategy: lowest-price|capacity-optimized-prioritized|price-capacity-optimized
  |capacity-optimized = capacity-optimized
  SpotMaxPrice: text
aws:autoscaling:asg
  MinSize: 1..10000 = 1
  MaxSize: 1..10000 = 4
  Cooldown: 0..10000 = 360
  Availability Zones: Any|Any 1|Any 2|Any 3 = Any
  Custom Availability Zones: list
  EnableCapacityRebalancing: bool = false
aws:autoscaling:trigger
  MeasureName: CPUUtilization|NetworkIn|NetworkOut|DiskWriteOps|DiskReadBytes|DiskReadOps|DiskWriteBytes
  |Latency|RequestCount|HealthyHostCount|UnHealthyHostCount|TargetResponseTime = NetworkOut
  Statistic: Minimum|Maximum|Sum|Average = Average
  Unit: Seconds|Percent|Bytes|Bits|Count|Bytes/Second|Bits/Second|Count/Second|None = Bytes
  UpperThreshold: 0..20000000 = 6000000
  LowerThreshold: 0..20000000 = 2000000
  Period: 1..600 = 5
  EvaluationPeriods: 1..600 = 1
  BreachDuration: 1..600 = 5
  UpperBreachScaleIncrement: text = 1
  LowerBreachScaleIncrement: text = -1
aws:autoscaling:updatepolicy:rollingupdate
  RollingUpdateEnabled: bool = false
  RollingUpdateType: Time|Health|Immutable = Time
  MinInstancesInService: 0..9999
  MaxBatchSize: 1..10000
  PauseTime: text
  Timeout: text = PT30M
aws:ec2:vpc
  VPCId: text
  Subnets: list
  ELBSubnets: list
  ELBScheme: public|internal = public
  AssociatePublicIpAddress: bool
aws:elasticbeanstalk:environment:process:default
  HealthCheckPath: text = /
  MatcherHTTPCode: text = 200
  Port: 1..65535 = 80
  Protocol: HTTP|HTTPS = HTTP
  HealthCheckInterval: 5..300 = 15
  HealthCheckTimeout: 1..60 = 5
  HealthyThresholdCount: 2..10 = 3
  UnhealthyThresholdCount: 2..10 = 5
  DeregistrationDelay: 0..3600 = 20
  StickinessEnabled: bool = false
  StickinessLBCookieDuration: 1..604800 = 86400
  StickinessType: lb_cookie = lb_cookie
aws:elbv2:listener:443
  ListenerEnabled: bool = true
  Protocol: HTTP|HTTPS|TCP = HTTP
  DefaultProcess: text = default
  SSLCertificateArns: list
  SSLPolicy: text
  Rules: list
aws:elbv2:listener:default
  ListenerEnabled: bool = true
  Protocol: HTTP|HTTPS|TCP = HTTP
  DefaultProcess: text = default
  SSLCertificateArns: list
  SSLPolicy: text
  Rules: list
aws:elbv2:loadbalancer
  AccessLogsS3Bucket: text
  AccessLogsS3Enabled: bool = false
  AccessLogsS3Prefix: text
  IdleTimeout: 1..3600
  IpAddressType: ipv4|dualstack = ipv4
  ManagedSecurityGroup: text
  SecurityGroups: list
  SharedLoadBalancer: text
aws:elasticbeanstalk:application
  Application Healthcheck URL: text
aws:elasticbeanstalk:command
  DeploymentPolicy: AllAtOnce|Rolling|RollingWithAdditionalBatch|Immutable|TrafficSplitting = AllAtOnce
  Timeout: 1..3600 = 600
  BatchSizeType: Percentage|Fixed = Percentage
  BatchSize: 1..10000 = 100
  IgnoreHealthCheck: bool = false
  HealthCheckSuccessThreshold: Ok|Warning|Degraded|Severe = Ok
aws:elasticbeanstalk:trafficsplitting
  NewVersionPercent: 1..100 = 10
  EvaluationTime: 3..600 = 5
aws:elasticbeanstalk:healthreporting:system
  SystemType: basic|enhanced = basic
  ConfigDocument: json
  EnhancedHealthAuthEnabled: bool = true
  HealthCheckSuccessThreshold: Ok|Warning|Degraded|Severe = Ok
aws:elasticbeanstalk:hostmanager
  LogPublicationControl: bool = false
aws:elasticbeanstalk:cloudwatch:logs
  StreamLogs: bool = false
  DeleteOnTerminate: bool = false
  RetentionInDays: 1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1827|3653 = 7
aws:elasticbeanstalk:cloudwatch:logs:health
  HealthStreamingEnabled: bool = false
  DeleteOnTerminate: bool = false
  RetentionInDays: 1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1827|3653 = 7
aws:elasticbeanstalk:managedactions
  ManagedActionsEnabled: bool = false
  PreferredStartTime: text
  ServiceRoleForManagedUpdates: text
aws:elasticbeanstalk:managedactions:platformupdate
  UpdateLevel: patch|minor
  InstanceRefreshEnabled: bool = false
aws:elasticbeanstalk:monitoring
  Automatically Terminate Unhealthy Instances: bool = true
aws:elasticbeanstalk:sns:topics
  Notification Endpoint: text
  Notification Protocol: http|https|email|email-json|sqs = email
  Notification Topic ARN: text
  Notification Topic Name: text
aws:elasticbeanstalk:xray
  XRayEnabled: bool = false
aws:elasticbeanstalk:environment:proxy
  ProxyServer: nginx|apache|none = nginx
"""
VARIABLES = "aws:elasticbeanstalk:application:environment"
SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
MOST_OF_VARIABLES = 4096  # bytes, all names and values of an environment's variables together


@dataclass(frozen=True, slots=True)
class Option:
    """An option that environments know. `kind` is as the table above has it."""

    namespace: str
    name: str
    kind: str
    default: str | None

    @property
    def limits(self) -> tuple[int, int] | None:
        found = re.fullmatch(r"(?:list )?(\d+)\.\.(\d+)", self.kind)
        return (int(found[1]), int(found[2])) if found else None

    @property
    def is_list(self) -> bool:
        return self.kind.startswith("list")

    @property
    def choices(self) -> list[str]:
        if self.kind == "bool":
            return ["true", "false"]
        return self.kind.split("|") if "|" in self.kind or self.kind == "lb_cookie" else []

    def fault(self, value: str) -> str | None:
        """What is against `value`, if anything."""
        if self.choices:
            known = value.lower() if self.kind == "bool" else value
            return None if known in self.choices else f"Value is not one of: {', '.join(self.choices)}"
        if self.kind == "json":
            return _not_json(value)
        if self.limits is None:
            return None
        return _beyond(value.split(",") if self.is_list else value, *self.limits)


def _not_json(value: str) -> str | None:
    try:
        return None if isinstance(json.loads(value), dict) else "Value is no JSON object"
    except ValueError:
        return "Value is not valid JSON"


def _beyond(value: str | list[str], least: int, most: int) -> str | None:
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,9}", value):
        return "Value is not a number"
    amount = int(value) if isinstance(value, str) else len(value)
    if amount < least:
        return f"Value is less than minimum allowed value: {least}"
    return f"Value is greater than maximum allowed value: {most}" if amount > most else None


@functools.cache
def known_options() -> Mapping[Setting, Option]:
    found, namespace = {}, ""
    for line in _TABLE.strip().replace("\n  |", "|").splitlines():
        if not line.startswith(" "):
            namespace = line
            continue
        name, _, rest = line.strip().partition(": ")
        kind, _, default = rest.partition(" = ")
        found[namespace, name] = Option(namespace, name, kind, default or None)
    return found


def option_of(setting: Setting) -> Option | None:
    """Listeners have their port in the name, processes their own name: those of any are as those of the table."""
    namespace, name = setting
    namespace = re.sub(r"^(aws:elbv2:listener):\d{1,5}$", r"\1:443", namespace)
    namespace = re.sub(r"^(aws:elasticbeanstalk:environment:process):\w+$", r"\1:default", namespace)
    return known_options().get((namespace, name))


def settings_of(listed: Iterable[Mapping[str, str]]) -> Settings:
    return {(s.get("Namespace", ""), s.get("OptionName", "")): s.get("Value", "") for s in listed}


def defaults() -> Settings:
    return {setting: option.default for setting, option in known_options().items() if option.default is not None}


def faults_of(settings: Settings, inherited: Settings) -> Iterator[dict[str, Any]]:
    """The messages of ValidateConfigurationSettings on `settings`, which come on top of those that are `inherited`."""
    for setting, value in settings.items():
        if text := _fault(setting, value):
            yield _message(setting, text)
    everything = {**defaults(), **inherited, **settings}
    yield from (_message(setting, text) for setting, text in _contradictions(everything))


def _message(setting: Setting, text: str) -> dict[str, Any]:
    return {"Severity": "error", "Namespace": setting[0], "OptionName": setting[1], "Message": text}


def _fault(setting: Setting, value: str) -> str | None:
    place = f"(Namespace: '{setting[0]}', OptionName: '{setting[1]}')"
    if setting[0] == SECRETS:
        return (
            None if _is_secret(value) else f"Invalid option value {place}: Value is no ARN of a secret or a parameter"
        )
    if setting[0] == VARIABLES:
        return None if setting[1] else f"Invalid option specification {place}: Unknown configuration setting."
    if (option := option_of(setting)) is None:
        return f"Invalid option specification {place}: Unknown configuration setting."
    fault = option.fault(value)
    return f"Invalid option value: '{value}' {place}: {fault}" if fault else None


def _is_secret(value: str) -> bool:
    return bool(
        re.fullmatch(r"arn:aws[\w-]*:(secretsmanager:[\w-]+:\d{12}:secret:.+|ssm:[\w-]+:\d{12}:parameter/.+)", value)
    )


def _contradictions(all_of: Settings) -> Iterator[tuple[Setting, str]]:
    """Values that are in order one by one, and are not together."""

    def number(namespace: str, name: str) -> int:
        text = all_of.get((namespace, name), "0")
        return int(text) if re.fullmatch(r"\d{1,9}", text) else 0

    asg, trigger, command = "aws:autoscaling:asg", "aws:autoscaling:trigger", "aws:elasticbeanstalk:command"
    if number(asg, "MinSize") > number(asg, "MaxSize"):
        yield (asg, "MinSize"), "Invalid option value: MinSize must not be greater than MaxSize."
    if number(trigger, "BreachDuration") != number(trigger, "Period") * number(trigger, "EvaluationPeriods"):
        yield (
            (trigger, "BreachDuration"),
            "Invalid option value: BreachDuration must be Period times EvaluationPeriods.",
        )
    balancer = all_of["aws:elasticbeanstalk:environment", "LoadBalancerType"]
    if all_of[command, "DeploymentPolicy"] == "TrafficSplitting" and balancer != "application":
        yield (command, "DeploymentPolicy"), "Traffic splitting needs an application load balancer."
    yield from _managed_updates(all_of)
    yield from _listeners(all_of)
    size = sum(
        len(name.encode()) + len(value.encode()) for (space, name), value in all_of.items() if space == VARIABLES
    )
    if size > MOST_OF_VARIABLES:
        yield (VARIABLES, ""), f"Environment variables take {size} bytes; {MOST_OF_VARIABLES} are allowed."


def _managed_updates(all_of: Settings) -> Iterator[tuple[Setting, str]]:
    actions = "aws:elasticbeanstalk:managedactions"
    if all_of.get((actions, "ManagedActionsEnabled"), "").lower() != "true":
        return
    start = all_of.get((actions, "PreferredStartTime"), "")
    if not re.fullmatch(r"(Sun|Mon|Tue|Wed|Thu|Fri|Sat):([01]\d|2[0-3]):[0-5]\d", start):
        yield (actions, "PreferredStartTime"), "Managed updates need a PreferredStartTime such as Tue:03:00."
    if (f"{actions}:platformupdate", "UpdateLevel") not in all_of:
        yield (f"{actions}:platformupdate", "UpdateLevel"), "Managed updates need an UpdateLevel."


def _listeners(all_of: Settings) -> Iterator[tuple[Setting, str]]:
    for (namespace, name), value in all_of.items():
        encrypted = name == "Protocol" and value == "HTTPS" and namespace.startswith("aws:elbv2:listener:")
        if encrypted and not all_of.get((namespace, "SSLCertificateArns")):
            yield (namespace, "SSLCertificateArns"), "A listener for HTTPS needs a certificate."
