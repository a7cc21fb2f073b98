"""Calls for options, settings and templates."""

from __future__ import annotations

from .. import options, platforms
from ..account import Account, Template
from ..options import Option, Setting, Settings
from ..protocol import Params, invalid
from .environments import merged
from .tags import tags_of


def _listed(settings: Settings) -> list[dict[str, str]]:
    return [
        {"Namespace": space, "OptionName": name, "Value": value} for (space, name), value in sorted(settings.items())
    ]


def _of(account: Account, params: Params) -> tuple[str, Settings]:
    """Version of the platform and settings of the environment or template that `params` name."""
    if "EnvironmentName" in params:
        environment = account.environment({"EnvironmentName": params["EnvironmentName"]})
        return environment.platform, environment.settings
    if "TemplateName" in params:
        template = _template(account, params)
        return template.platform, template.settings
    arn, stack = params.get("PlatformArn"), params.get("SolutionStackName")
    if arn or stack:
        return platforms.chosen(account.region, platform_arn=arn, solution_stack=stack), {}
    return next(iter(platforms.VERSIONS)), {}


def _template(account: Account, params: Params) -> Template:
    if "ApplicationName" not in params:
        raise invalid("ApplicationName is needed beside TemplateName.")
    if found := account.application(params["ApplicationName"]).templates.get(params["TemplateName"]):
        return found
    raise invalid(f"No Configuration Template named '{params['TemplateName']}' found.")


def _platform(account: Account, version: str) -> Params:
    return {"SolutionStackName": platforms.stack(version), "PlatformArn": platforms.arn(account.region, version)}


def validate_configuration_settings(account: Account, params: Params, request_id: str) -> Params:
    account.application(params["ApplicationName"])
    inherited = _of(account, params)[1]
    return {"Messages": list(options.faults_of(options.settings_of(params["OptionSettings"]), inherited))}


def describe_configuration_options(account: Account, params: Params, request_id: str) -> Params:
    platform, _ = _of(account, params)
    asked = {(o.get("Namespace", ""), o.get("OptionName", "")) for o in params.get("Options", ())}
    known = options.known_options()
    if asked:
        found = [(setting, option) for setting in sorted(asked) if (option := options.option_of(setting))]
    else:
        found = list(known.items())
    return {**_platform(account, platform), "Options": [_option(setting, option) for setting, option in found]}


def _option(setting: Setting, option: Option) -> Params:
    described: Params = {
        "Namespace": setting[0],
        "Name": setting[1],
        "ChangeSeverity": "RestartEnvironment" if "launchconfiguration" in setting[0] else "NoInterruption",
        "UserDefined": False,
        "ValueType": "List" if option.is_list else "Scalar",
    }
    if option.default is not None:
        described["DefaultValue"] = option.default
    if option.choices:
        described["ValueOptions"] = option.choices
    if option.limits and not option.is_list:
        described["MinValue"], described["MaxValue"] = option.limits
    return described


def describe_configuration_settings(account: Account, params: Params, request_id: str) -> Params:
    account.application(params["ApplicationName"])
    if "EnvironmentName" not in params:
        return {"ConfigurationSettings": [_described(account, params["ApplicationName"], _template(account, params))]}
    environment = account.environment({"EnvironmentName": params["EnvironmentName"]})
    settings = {**options.defaults(), **environment.settings}
    described = {
        **_platform(account, environment.platform),
        "ApplicationName": environment.application,
        "Description": environment.description,
        "EnvironmentName": environment.name,
        "Tier": environment.tier,
        "DeploymentStatus": "pending" if environment.status in {"Launching", "Updating"} else "deployed",
        "DateCreated": environment.created,
        "DateUpdated": environment.updated,
        "OptionSettings": _listed(settings),
    }
    return {"ConfigurationSettings": [described]}


def _described(account: Account, application: str, template: Template) -> Params:
    return {
        **_platform(account, template.platform),
        "ApplicationName": application,
        "TemplateName": template.name,
        "Description": template.description,
        "DateCreated": template.created,
        "DateUpdated": template.updated,
        "OptionSettings": _listed({**options.defaults(), **template.settings}),
    }


def create_configuration_template(account: Account, params: Params, request_id: str) -> Params:
    application, name = account.application(params["ApplicationName"]), params["TemplateName"]
    if name in application.templates:
        raise invalid(f"Configuration Template {name} already exists.")
    account.refuse_over("templates", sum(len(a.templates) for a in account.applications.values()))
    tags_of(params)
    platform, inherited = _source(account, params)
    now = account.clock.now()
    application.templates[name] = Template(
        name, params.get("Description", ""), platform, merged(inherited, params), created=now, updated=now
    )
    return _described(account, application.name, application.templates[name])


def _source(account: Account, params: Params) -> tuple[str, Settings]:
    if "EnvironmentId" in params:
        environment = account.environment({"EnvironmentId": params["EnvironmentId"]})
        return environment.platform, environment.settings
    if source := params.get("SourceConfiguration"):
        return _of(account, {"ApplicationName": params["ApplicationName"], **source})
    return _of(account, {key: value for key, value in params.items() if key in {"PlatformArn", "SolutionStackName"}})


def update_configuration_template(account: Account, params: Params, request_id: str) -> Params:
    template = _template(account, params)
    template.settings = merged(template.settings, params)
    template.description = params.get("Description", template.description)
    template.updated = account.clock.now()
    return _described(account, params["ApplicationName"], template)


def delete_configuration_template(account: Account, params: Params, request_id: str) -> Params:
    account.application(params["ApplicationName"]).templates.pop(params["TemplateName"], None)
    return {}
