"""Calls for what does not belong to one application: platforms, the account, its bucket."""

from __future__ import annotations

from collections.abc import Callable

from .. import platforms
from ..account import Account
from ..paging import page
from ..protocol import Params, Refusal, invalid


def list_available_solution_stacks(account: Account, params: Params, request_id: str) -> Params:
    stacks = [platforms.stack(version) for version in platforms.VERSIONS]
    details = [{"SolutionStackName": stack, "PermittedFileTypes": ["zip"]} for stack in stacks]
    return {"SolutionStacks": stacks, "SolutionStackDetails": details}


def _summary(account: Account, version: str) -> Params:
    branch = platforms.VERSIONS[version]
    lifecycle = "recommended" if version in platforms.RECOMMENDED else ""
    return {
        "PlatformArn": platforms.arn(account.region, version),
        "PlatformOwner": "AWSElasticBeanstalk",
        "PlatformStatus": "Ready",
        "PlatformCategory": "Docker",
        "OperatingSystemName": "Amazon Linux",
        "OperatingSystemVersion": branch.removeprefix("Docker running on 64bit Amazon Linux "),
        "SupportedTierList": ["WebServer/Standard", "Worker/SQS/HTTP"],
        "SupportedAddonList": ["Log/S3", "Monitoring/Healthd"],
        **({"PlatformLifecycleState": lifecycle} if lifecycle else {}),
        "PlatformVersion": version,
        "PlatformBranchName": branch,
        "PlatformBranchLifecycleState": _state_of(branch),
    }


def _state_of(branch: str) -> str:
    return "supported" if branch == platforms.BRANCH else "retired"


_OPERATORS: dict[str, Callable[[str, list[str]], bool]] = {
    "=": lambda found, values: found in values,
    "!=": lambda found, values: found not in values,
    "in": lambda found, values: found in values,
    "not_in": lambda found, values: found not in values,
    "contains": lambda found, values: any(value in found for value in values),
    "begins_with": lambda found, values: any(found.startswith(value) for value in values),
    "ends_with": lambda found, values: any(found.endswith(value) for value in values),
}


def _passes(found: Params, filters: list[Params], names: dict[str, str], what: str) -> bool:
    return all(_passes_one(found, wanted, names, what) for wanted in filters)


def _passes_one(found: Params, wanted: Params, names: dict[str, str], what: str) -> bool:
    attribute, operator = wanted.get(what, ""), _OPERATORS.get(wanted.get("Operator", "="))
    if attribute not in names or operator is None:
        raise invalid(f"A filter's {what} is one of {', '.join(names)}; its operator one of {', '.join(_OPERATORS)}.")
    value = found.get(names[attribute], "")
    each = value if isinstance(value, list) else [str(value)]
    return any(operator(one, wanted.get("Values", [])) for one in each)


_OF_VERSIONS = {
    "PlatformName": "PlatformName", "PlatformVersion": "PlatformVersion", "PlatformStatus": "PlatformStatus",
    "PlatformBranchName": "PlatformBranchName", "PlatformLifecycleState": "PlatformLifecycleState",
    "PlatformBranchLifecycleState": "PlatformBranchLifecycleState", "PlatformOwner": "PlatformOwner",
    "SupportedTier": "SupportedTierList", "OperatingSystemName": "OperatingSystemName",
}  # fmt: skip
_OF_BRANCHES = {
    "BranchName": "BranchName", "LifecycleState": "LifecycleState", "PlatformName": "PlatformName",
    "TierType": "SupportedTierList",
}  # fmt: skip


def list_platform_versions(account: Account, params: Params, request_id: str) -> Params:
    summaries = [_summary(account, version) for version in platforms.VERSIONS]
    filters = params.get("Filters", [])
    found = [
        s for s in summaries if _passes({**s, "PlatformName": s["PlatformBranchName"]}, filters, _OF_VERSIONS, "Type")
    ]
    shown, token = page(found, params, most=1000)
    return {"PlatformSummaryList": shown, **token}


def list_platform_branches(account: Account, params: Params, request_id: str) -> Params:
    branches = [
        {
            "PlatformName": "Docker",
            "BranchName": branch,
            "LifecycleState": _state_of(branch),
            "BranchOrder": order,
            "SupportedTierList": ["WebServer/Standard", "Worker/SQS/HTTP"],
        }
        for order, branch in enumerate((platforms.OLD_BRANCH, platforms.BRANCH))
    ]
    found = [b for b in branches if _passes(b, params.get("Filters", []), _OF_BRANCHES, "Attribute")]
    shown, token = page(found, params, most=100)
    return {"PlatformBranchSummaryList": shown, **token}


def describe_platform_version(account: Account, params: Params, request_id: str) -> Params:
    version = platforms.chosen(account.region, platform_arn=params.get("PlatformArn", ""), solution_stack=None)
    summary = _summary(account, version)
    described = {
        **summary,
        "PlatformName": summary["PlatformBranchName"],
        "SolutionStackName": platforms.stack(version),
        "Description": "Docker on Amazon Linux",
        "Maintainer": "aws-elasticbeanstalk",
    }
    return {"PlatformDescription": described}


def describe_account_attributes(account: Account, params: Params, request_id: str) -> Params:
    quotas = {
        "ApplicationQuota": "applications",
        "ApplicationVersionQuota": "versions",
        "EnvironmentQuota": "environments",
        "ConfigurationTemplateQuota": "templates",
    }
    return {"ResourceQuotas": {name: {"Maximum": account.quotas[quota]} for name, quota in quotas.items()}}


def create_storage_location(account: Account, params: Params, request_id: str) -> Params:
    if account.bundles:
        account.bundles.make(account.bucket)
    return {"S3Bucket": account.bucket}


def no_managed_actions(account: Account, params: Params, request_id: str) -> Params:
    account.environment(params)
    return {}


def no_history(account: Account, params: Params, request_id: str) -> Params:
    account.environment(params)
    return {}


def associate_operations_role(account: Account, params: Params, request_id: str) -> Params:
    account.environment(params).operations_role = params["OperationsRole"]
    return {}


def disassociate_operations_role(account: Account, params: Params, request_id: str) -> Params:
    account.environment(params).operations_role = None
    return {}


def not_imitated(account: Account, params: Params, request_id: str) -> Params:
    raise Refusal(
        "NotImitated",
        "The rehearsal does not have this operation; its page in the documentation lists those that it has.",
    )
