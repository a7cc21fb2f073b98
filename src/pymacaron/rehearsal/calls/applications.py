"""Calls for applications and their versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..account import Account, Application, Environment, Version
from ..paging import page
from ..protocol import Params, Refusal, invalid
from .tags import tags_of


def _described(account: Account, application: Application) -> Params:
    return {
        "ApplicationArn": account.arn("application", application.name),
        "ApplicationName": application.name,
        "Description": application.description,
        "DateCreated": application.created,
        "DateUpdated": application.updated,
        "Versions": list(reversed(application.versions)),
        "ConfigurationTemplates": list(application.templates),
        "ResourceLifecycleConfig": application.lifecycle or _lifecycle({}),
    }


def _lifecycle(wanted: Params) -> Params:
    rules = wanted.get("VersionLifecycleConfig", {})
    config = {
        "MaxCountRule": {
            "Enabled": False,
            "MaxCount": 200,
            "DeleteSourceFromS3": False,
            **rules.get("MaxCountRule", {}),
        },
        "MaxAgeRule": {
            "Enabled": False,
            "MaxAgeInDays": 180,
            "DeleteSourceFromS3": False,
            **rules.get("MaxAgeRule", {}),
        },
    }
    role = {"ServiceRole": wanted["ServiceRole"]} if "ServiceRole" in wanted else {}
    return {**role, "VersionLifecycleConfig": config}


def create_application(account: Account, params: Params, request_id: str) -> Params:
    name = params["ApplicationName"]
    if name in account.applications:
        raise invalid(f"Application {name} already exists.")
    if "/" in name:
        raise invalid("An application's name has no slash.")
    application = _new(account, name, params)
    application.tags = tags_of(params)
    if "ResourceLifecycleConfig" in params:
        application.lifecycle = _lifecycle(params["ResourceLifecycleConfig"])
    account.tell(application, f"Created new Application: {name}", request_id)
    return {"Application": _described(account, application)}


def _new(account: Account, name: str, params: Params) -> Application:
    account.refuse_over("applications", len(account.applications))
    now = account.clock.now()
    account.applications[name] = Application(name, params.get("Description", ""), now, now, {})
    return account.applications[name]


def describe_applications(account: Account, params: Params, request_id: str) -> Params:
    wanted = params.get("ApplicationNames") or list(account.applications)
    found = (account.applications[name] for name in wanted if name in account.applications)
    return {"Applications": [_described(account, application) for application in found]}


def update_application(account: Account, params: Params, request_id: str) -> Params:
    application = account.application(params["ApplicationName"])
    application.description = params.get("Description", application.description)
    application.updated = account.clock.now()
    account.tell(application, f"Updated Application: {application.name}", request_id)
    return {"Application": _described(account, application)}


def update_application_resource_lifecycle(account: Account, params: Params, request_id: str) -> Params:
    application, wanted = account.application(params["ApplicationName"]), params["ResourceLifecycleConfig"]
    role = wanted.get("ServiceRole", application.lifecycle.get("ServiceRole"))
    rules = wanted.get("VersionLifecycleConfig", {}).values()
    if any(rule["Enabled"] for rule in rules) and not role:
        raise invalid("ServiceRole is needed for a lifecycle of application versions.")
    merged = {**application.lifecycle.get("VersionLifecycleConfig", {}), **wanted.get("VersionLifecycleConfig", {})}
    application.lifecycle = _lifecycle({**({"ServiceRole": role} if role else {}), "VersionLifecycleConfig": merged})
    return {"ApplicationName": application.name, "ResourceLifecycleConfig": application.lifecycle}


def delete_application(account: Account, params: Params, request_id: str) -> Params:
    application = account.applications.get(params["ApplicationName"])
    if application is None:  # as AWS: to delete what is not there is no fault
        return {}
    if names := [e.name for e in account.there(application.name)]:
        shown = ", ".join(names)
        raise Refusal(
            "OperationInProgressFailure",
            f"Unable to delete application {application.name}: it has environments: {shown}.",
        )
    del account.applications[application.name]
    account.tell(application, "The application has been deleted successfully.", request_id)
    return {}


# --- versions


def _version(account: Account, application: str, version: Version) -> Params:
    described: Params = {
        "ApplicationVersionArn": account.arn("applicationversion", application, version.label),
        "ApplicationName": application,
        "Description": version.description,
        "VersionLabel": version.label,
        "DateCreated": version.created,
        "DateUpdated": version.updated,
        "Status": version.status,
    }
    if version.bucket:
        described["SourceBundle"] = {"S3Bucket": version.bucket, "S3Key": version.key}
    if version.repository:
        described["SourceBuildInformation"] = version.repository
    return described


def create_application_version(account: Account, params: Params, request_id: str) -> Params:
    name, label = params["ApplicationName"], params["VersionLabel"]
    if params.get("BuildConfiguration") or params.get("ImageConfiguration"):
        raise Refusal("NotImitated", "The rehearsal neither builds sources nor has clusters: give a SourceBundle.")
    if name not in account.applications and not params.get("AutoCreateApplication"):
        raise invalid(f"No Application named '{name}' found.")
    application = account.applications.get(name) or _new(account, name, {})
    if label in application.versions:
        raise invalid(f"Application Version {label} already exists.")
    account.refuse_over("versions", sum(len(a.versions) for a in account.applications.values()))
    version = _new_version(account, params)
    application.versions[label] = version
    account.tell(application, f"Created new Application Version: {label}", request_id)
    if version.status == "Processing":
        account.later("process", lambda: _processed(account, application, version, request_id))
    _expire(account, application)
    return {"ApplicationVersion": _version(account, name, version)}


def _new_version(account: Account, params: Params) -> Version:
    bundle: dict[str, str] = params.get("SourceBundle", {})
    if bundle and set(bundle) != {"S3Bucket", "S3Key"}:
        raise Refusal("InvalidParameterCombination", "A SourceBundle is an S3Bucket and an S3Key.")
    if bundle and account.bundles and not account.bundles.has(bundle["S3Bucket"], bundle["S3Key"]):
        place = f"(Bucket: {bundle['S3Bucket']}  Key: {bundle['S3Key']})"
        raise Refusal("InvalidParameterCombination", f"Unable to download from S3 location {place}. Reason: Not Found")
    now = account.clock.now()
    return Version(
        label=params["VersionLabel"],
        description=params.get("Description", ""),
        created=now,
        updated=now,
        bucket=bundle.get("S3Bucket"),
        key=bundle.get("S3Key"),
        tags=tags_of(params),
        status="Processing" if params.get("Process") else "Unprocessed",
        repository=params.get("SourceBuildInformation"),
    )


def _processed(account: Account, application: Application, version: Version, request_id: str) -> None:
    version.status, version.updated = "Processed", account.clock.now()
    account.tell(application, f"Finished processing application version {version.label}", request_id)


def _expire(account: Account, application: Application) -> None:
    """What the application's lifecycle says of its versions, except of those that run."""
    rules = application.lifecycle.get("VersionLifecycleConfig", {})
    count, age = rules.get("MaxCountRule", {}), rules.get("MaxAgeRule", {})
    running = {e.version for e in account.there(application.name)}
    oldest = [v for v in sorted(application.versions.values(), key=lambda v: v.created) if v.label not in running]
    surplus = len(application.versions) - count.get("MaxCount", 200) if count.get("Enabled") else 0
    since = account.clock.now() - timedelta(days=age.get("MaxAgeInDays", 180)) if age.get("Enabled") else None
    newest = next(reversed(application.versions))
    for number, version in enumerate(oldest):
        if version.label != newest and (number < surplus or (since and version.created < since)):
            del application.versions[version.label]


def describe_application_versions(account: Account, params: Params, request_id: str) -> Params:
    names = [params["ApplicationName"]] if "ApplicationName" in params else list(account.applications)
    labels: Any = params.get("VersionLabels")
    found = [
        _version(account, name, version)
        for name in names
        if name in account.applications
        for version in reversed(account.applications[name].versions.values())
        if not labels or version.label in labels
    ]
    shown, token = page(found, params, most=1000)
    return {"ApplicationVersions": shown, **token}


def update_application_version(account: Account, params: Params, request_id: str) -> Params:
    version = account.version(params["ApplicationName"], params["VersionLabel"])
    version.description = params.get("Description", version.description)
    version.updated = account.clock.now()
    return {"ApplicationVersion": _version(account, params["ApplicationName"], version)}


def delete_application_version(account: Account, params: Params, request_id: str) -> Params:
    application, label = account.application(params["ApplicationName"]), params["VersionLabel"]
    version = account.version(application.name, label)
    users: list[Environment] = [e for e in account.there(application.name) if e.version == label]
    if users:
        names = ", ".join(e.name for e in users)
        raise invalid(
            f"Unable to delete application version {label} because it is in use by the following environments: {names}."
        )
    if version.status == "Processing":
        raise Refusal("OperationInProgressFailure", f"Application version {label} is being processed.")
    if params.get("DeleteSourceBundle") and account.bundles and version.bucket and version.key:
        account.bundles.delete(version.bucket, version.key)
    del application.versions[label]
    account.tell(application, f"Deleted Application Version: {label}", request_id)
    return {}
