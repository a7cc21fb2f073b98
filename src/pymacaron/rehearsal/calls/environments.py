"""Calls that make, change and end environments."""

from __future__ import annotations

import re
from datetime import timedelta

from .. import options, platforms
from ..account import Account, Environment
from ..options import Settings, settings_of
from ..paging import page
from ..protocol import Params, Refusal, invalid
from . import life
from .tags import tags_of

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{2,38})[A-Za-z0-9]")
_REMEMBERED = timedelta(hours=1)  # for so long after its end an environment is still listed


def described(account: Account, environment: Environment) -> Params:
    found: Params = {
        "EnvironmentName": environment.name,
        "EnvironmentId": environment.id,
        "ApplicationName": environment.application,
        "SolutionStackName": platforms.stack(environment.platform),
        "PlatformArn": platforms.arn(account.region, environment.platform),
        "Description": environment.description,
        "DateCreated": environment.created,
        "DateUpdated": environment.updated,
        "Status": environment.status,
        "AbortableOperationInProgress": environment.before is not None,
        "Health": environment.health,
        "Tier": environment.tier,
        "EnvironmentLinks": [],
        "EnvironmentArn": account.arn("environment", environment.application, environment.name),
    }
    there = {
        "VersionLabel": environment.version,
        "TemplateName": environment.template,
        "EndpointURL": environment.endpoint,
        "CNAME": environment.cname,
        "OperationsRole": environment.operations_role,
        "HealthStatus": environment.is_enhanced and environment.health_status,
    }
    return {**found, **{name: value for name, value in there.items() if value}}


def create_environment(account: Account, params: Params, request_id: str) -> Params:
    application = account.application(params["ApplicationName"])
    name = _name(account, params)
    version = account.version(application.name, params["VersionLabel"]) if "VersionLabel" in params else None
    if version and version.status == "Failed":
        raise invalid(f"Application version {version.label} could not be processed.")
    platform, inherited = _platform(account, params)
    settings = merged(inherited, params)
    cname = _cname(account, name, params)
    account.refuse_over("environments", sum(1 for _ in account.there()))
    now = account.clock.now()
    environment = Environment(
        id=f"e-{account.letters(10)}",
        name=name,
        application=application.name,
        platform=platform,
        tier=_tier(params),
        cname=cname,
        settings=settings,
        tags=tags_of(params),
        created=now,
        updated=now,
        version=version.label if version else None,
        description=params.get("Description", ""),
        template=params.get("TemplateName"),
        operations_role=params.get("OperationsRole"),
    )
    account.environments.append(environment)
    life.launch(account, environment, version, request_id)
    return described(account, environment)


def _name(account: Account, params: Params) -> str:
    name: str | None = params.get("EnvironmentName")
    if name is None:
        raise invalid("EnvironmentName is needed: the rehearsal has no groups.")
    if not _NAME.fullmatch(name):
        raise invalid(
            f"Value {name} at 'EnvironmentName' failed to satisfy constraint: letters, digits, and hyphens inside."
        )
    if any(e.name == name for e in account.there()):
        raise invalid(f"Environment {name} already exists.")
    return name


def _tier(params: Params) -> dict[str, str]:
    tier = {"Name": "WebServer", "Type": "Standard", "Version": "1.0", **params.get("Tier", {})}
    if (tier["Name"], tier["Type"]) != ("WebServer", "Standard"):
        raise Refusal("NotImitated", "The rehearsal has only environments of tier WebServer, Standard.")
    return tier


def _platform(account: Account, params: Params) -> tuple[str, Settings]:
    """The version of the platform, and the settings of a template."""
    template = account.application(params["ApplicationName"]).templates.get(params.get("TemplateName", ""))
    if "TemplateName" in params and template is None:
        raise invalid(f"No Configuration Template named '{params['TemplateName']}' found.")
    arn, stack = params.get("PlatformArn"), params.get("SolutionStackName")
    if arn or stack:
        return platforms.chosen(
            account.region, platform_arn=arn, solution_stack=stack
        ), template.settings if template else {}
    if template is None:
        raise invalid("Unable to determine base for template pack (no solution stack)")
    return template.platform, template.settings


def _cname(account: Account, name: str, params: Params) -> str:
    if "CNAMEPrefix" not in params:
        return account.domain(f"{name}.eba-{account.letters(8)}")
    prefix = params["CNAMEPrefix"].lower()
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", prefix):
        raise invalid("CNAMEPrefix is made of letters, digits and hyphens, and does not begin or end with a hyphen.")
    if any(e.cname == account.domain(prefix) for e in account.there()):
        raise invalid(f"DNS name ({account.domain(prefix)}) is not available.")
    return account.domain(prefix)


def merged(present: Settings, params: Params) -> Settings:
    """Settings after OptionsToRemove and OptionSettings. Raises Refusal."""
    wanted = settings_of(params.get("OptionSettings", ()))
    removed = {(o.get("Namespace", ""), o.get("OptionName", "")) for o in params.get("OptionsToRemove", ())}
    if removed & wanted.keys():
        raise Refusal("InvalidParameterCombination", "An option is both set and removed.")
    kept = {setting: value for setting, value in present.items() if setting not in removed}
    if faults := list(options.faults_of(wanted, kept)):
        text = "\n".join(f["Message"] for f in faults)
        raise Refusal("ConfigurationValidationException", f"Configuration validation exception: {text}")
    return {**kept, **wanted}


def describe_environments(account: Account, params: Params, request_id: str) -> Params:
    back_to = params.get("IncludedDeletedBackTo", account.clock.now() - _REMEMBERED)
    with_ended = params.get("IncludeDeleted", True)  # so AWS does when nothing is said

    def is_wanted(e: Environment) -> bool:
        return (
            params.get("ApplicationName") in {None, e.application}
            and params.get("VersionLabel") in {None, e.version}
            and e.id in (params.get("EnvironmentIds") or {e.id})
            and e.name in (params.get("EnvironmentNames") or {e.name})
            and (e.is_there or (with_ended and e.ended is not None and e.ended >= back_to))
        )

    shown, token = page([e for e in reversed(account.environments) if is_wanted(e)], params, most=1000)
    return {"Environments": [described(account, e) for e in shown], **token}


def update_environment(account: Account, params: Params, request_id: str) -> Params:
    environment = ready(account.environment(params))
    if params.get("ApplicationName") not in {None, environment.application}:
        raise invalid(f"No Environment found for EnvironmentName = '{environment.name}'.")
    label = params.get("VersionLabel", environment.version)
    version = account.version(environment.application, label) if label else None
    settings = merged(environment.settings, params)
    balancer = ("aws:elasticbeanstalk:environment", "LoadBalancerType")
    if settings.get(balancer) != environment.settings.get(balancer):
        raise invalid("LoadBalancerType cannot be changed after an environment was created.")
    arn, stack = params.get("PlatformArn"), params.get("SolutionStackName")
    if arn or stack:
        environment.platform = platforms.chosen(account.region, platform_arn=arn, solution_stack=stack)
    environment.description = params.get("Description", environment.description)
    life.update(account, environment, version, settings, request_id=request_id)
    return described(account, environment)


def ready(environment: Environment) -> Environment:
    if environment.status != "Ready":
        raise invalid(f"Environment named {environment.name} is in an invalid state for this operation. Must be Ready.")
    return environment


def terminate_environment(account: Account, params: Params, request_id: str) -> Params:
    environment = account.environment(params)
    if environment.status not in {"Ready", "Terminating"} and not params.get("ForceTerminate"):
        ready(environment)
    if environment.status != "Terminating":
        life.terminate(account, environment, request_id)
    return described(account, environment)


def swap_environment_cnames(account: Account, params: Params, request_id: str) -> Params:
    source, destination = (account.environment(params, of) for of in ("Source", "Destination"))
    if source is destination:
        raise invalid("The source and the destination are one environment.")
    if source.application != destination.application:
        raise invalid("The source and the destination are of different applications.")
    ready(source)
    ready(destination)
    life.swap(account, source, destination, request_id)
    return {}


def check_dns_availability(account: Account, params: Params, request_id: str) -> Params:
    name = account.domain(params["CNAMEPrefix"])
    return {"Available": all(e.cname != name for e in account.there()), "FullyQualifiedCNAME": name}


def abort_environment_update(account: Account, params: Params, request_id: str) -> Params:
    environment = account.environment(params)
    if environment.before is None:
        raise invalid(f"Environment named {environment.name} has no operation in progress that can be aborted.")
    life.abort(account, environment, request_id)
    return {}


def restart_app_server(account: Account, params: Params, request_id: str) -> Params:
    life.restart(account, ready(account.environment(params)), request_id)
    return {}


def rebuild_environment(account: Account, params: Params, request_id: str) -> Params:
    environment = ready(account.environment(params))
    label = environment.version
    version = account.version(environment.application, label) if label else None
    life.update(account, environment, version, environment.settings, request_id=request_id)
    return {}
