"""Calls that tell how environments are: events, health, resources, the end of their logs."""

from __future__ import annotations

from ..account import Account, Environment, Event
from ..paging import page
from ..protocol import Params, Refusal, invalid
from .life import instance

_SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]


def describe_events(account: Account, params: Params, request_id: str) -> Params:
    shown, token = page([e for e in reversed(account.events) if _is_wanted(e, params)], params, most=1000)
    return {"Events": [_event(event) for event in shown], **token}


def _is_wanted(event: Event, params: Params) -> bool:
    name, id_ = event.environment or (None, None)
    least = _SEVERITIES.index(params.get("Severity", "TRACE"))
    return (
        params.get("ApplicationName") in {None, event.application}
        and params.get("VersionLabel") in {None, event.version}
        and params.get("EnvironmentId") in {None, id_}
        and params.get("EnvironmentName") in {None, name}
        and params.get("RequestId") in {None, event.request_id}
        and "TemplateName" not in params
        and "PlatformArn" not in params
        and _SEVERITIES.index(event.severity) >= least
        and params.get("StartTime", event.at) <= event.at
        and (event.at < params["EndTime"] if "EndTime" in params else True)
    )


def _event(event: Event) -> Params:
    described: Params = {
        "EventDate": event.at,
        "Message": event.message,
        "ApplicationName": event.application,
        "Severity": event.severity,
    }
    if event.environment:
        described["EnvironmentName"] = event.environment[0]
    if event.version:
        described["VersionLabel"] = event.version
    if event.request_id:
        described["RequestId"] = event.request_id
    return described


# --- health


def _enhanced(account: Account, params: Params) -> Environment:
    environment = account.environment(params)
    if not environment.is_enhanced:
        raise Refusal("InvalidRequestException", "Enhanced health reporting is not enabled for this environment.")
    return environment


def _metrics(environment: Environment) -> Params:
    failing = environment.health == "Red"
    codes = {"Status2xx": 0 if failing else 10, "Status3xx": 0, "Status4xx": 0, "Status5xx": 10 if failing else 0}
    latency = dict.fromkeys(("P10", "P50", "P75", "P85", "P90", "P95", "P99", "P999"), 0.01)
    return {"Duration": 10, "RequestCount": 10, "StatusCodes": codes, "Latency": latency}


def describe_environment_health(account: Account, params: Params, request_id: str) -> Params:
    environment = _enhanced(account, params)
    counts = dict.fromkeys(("NoData", "Unknown", "Pending", "Ok", "Info", "Warning", "Degraded", "Severe"), 0)
    if environment.health_status in counts:
        counts[environment.health_status] += _size(environment)
    everything: Params = {
        "HealthStatus": environment.health_status,
        "Status": environment.status,
        "Color": environment.health,
        "Causes": environment.causes,
        "ApplicationMetrics": _metrics(environment),
        "InstancesHealth": counts,
        "RefreshedAt": account.clock.now(),
    }
    asked = set(params.get("AttributeNames", ["All"]))
    kept = {key: value for key, value in everything.items() if "All" in asked or key in asked}
    return {"EnvironmentName": environment.name, **kept}


def _size(environment: Environment) -> int:
    """How many instances it has."""
    return int(environment.settings.get(("aws:autoscaling:asg", "MinSize"), "1")) if environment.endpoint else 0


def describe_instances_health(account: Account, params: Params, request_id: str) -> Params:
    environment = _enhanced(account, params)
    kinds = environment.settings.get(("aws:ec2:instances", "InstanceTypes"), "t3.micro")
    one: Params = {
        "HealthStatus": environment.health_status,
        "Color": environment.health,
        "Causes": environment.causes,
        "LaunchedAt": environment.created,
        "ApplicationMetrics": _metrics(environment),
        "System": {"LoadAverage": [0.1, 0.1], "CPUUtilization": {"User": 1.0, "Idle": 99.0}},
        "Deployment": {
            "VersionLabel": environment.version or "Sample Application",
            "DeploymentId": environment.deployments,
            "Status": "Failed" if environment.health == "Red" else "Deployed",
            "DeploymentTime": environment.updated,
        },
        "AvailabilityZone": f"{account.region}a",
        "InstanceType": kinds.split(",")[0],
    }
    asked = set(params.get("AttributeNames", ["All"]))
    kept = {key: value for key, value in one.items() if "All" in asked or key in asked}
    listed = [{"InstanceId": id_, **kept} for id_ in _instances(environment)]
    return {"InstanceHealthList": listed, "RefreshedAt": account.clock.now()}


def _instances(environment: Environment) -> list[str]:
    first = instance(environment)
    return [f"{first[:-2]}{number:02x}" if number else first for number in range(_size(environment))]


def describe_environment_resources(account: Account, params: Params, request_id: str) -> Params:
    environment = account.environment(params)
    stack = f"awseb-{environment.id}-stack"
    balancer = environment.endpoint.partition(".")[0]
    arn = f"arn:aws:elasticloadbalancing:{account.region}:{account.number}:loadbalancer/app/{balancer}"
    return {
        "EnvironmentResources": {
            "EnvironmentName": environment.name,
            "AutoScalingGroups": [{"Name": f"{stack}-AWSEBAutoScalingGroup"}],
            "Instances": [{"Id": id_} for id_ in _instances(environment)],
            "LaunchConfigurations": [],
            "LaunchTemplates": [{"Id": f"lt-{environment.id[2:]}"}],
            "LoadBalancers": [{"Name": arn}] if balancer else [],
            "Triggers": [],
            "Queues": [],
        }
    }


# --- information that instances are asked for


def request_environment_info(account: Account, params: Params, request_id: str) -> Params:
    environment, kind = account.environment(params), params["InfoType"]
    if kind == "analyze":
        raise Refusal("NotImitated", "The rehearsal does not analyse logs: ask for tail.")
    account.tell(environment, "requestEnvironmentInfo is starting.", request_id)
    account.later("tail", lambda: _gathered(account, environment, kind, request_id))
    return {}


def _gathered(account: Account, environment: Environment, kind: str, request_id: str) -> None:
    text = account.runner.log(environment)
    path = "/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
    shown = f"{'-' * 40}\n{path}\n{'-' * 40}\n{text}"
    environment.information.setdefault(kind, []).append((account.clock.now(), shown))
    ended = "tailing" if kind == "tail" else "bundling"
    account.tell(environment, f"[Instance: {instance(environment)}] Successfully finished {ended} 1 log(s)", request_id)
    account.tell(environment, "Pulled logs for environment instances.", request_id)


def retrieve_environment_info(account: Account, params: Params, request_id: str) -> Params:
    """On AWS the message is an address, signed for some minutes, where the text can be fetched."""
    environment = account.environment(params, with_ended=True)
    kind = params["InfoType"]
    if kind not in {"tail", "bundle"}:
        raise invalid("InfoType is tail or bundle.")
    address = f"{account.address}/_rehearsal/logs/{environment.id}/{kind}"
    found = environment.information.get(kind, [])[-1:]
    described = [
        {"InfoType": kind, "Ec2InstanceId": instance(environment), "SampleTimestamp": at, "Message": address}
        for at, _ in found
    ]
    return {"EnvironmentInfo": described}
