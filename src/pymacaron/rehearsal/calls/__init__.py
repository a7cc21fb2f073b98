"""The operations that a rehearsal has, by their names at AWS.

applications.py   applications, their versions
catalogue.py      platforms, the account
configuration.py  options, settings, templates
diagnosis.py      events, health, resources, logs
environments.py   environments: what calls check, and answer
life.py           environments: what becomes of them
tags.py           tags
"""

from __future__ import annotations

from collections.abc import Callable

from ..account import Account
from ..protocol import Params
from . import applications, catalogue, configuration, diagnosis, environments, tags

# Of the account, the parameters and the request's id; gives the result. Raises Refusal.
Operation = Callable[[Account, Params, str], Params]

CALLS: dict[str, Operation] = {
    "AbortEnvironmentUpdate": environments.abort_environment_update,
    "AssociateEnvironmentOperationsRole": catalogue.associate_operations_role,
    "CheckDNSAvailability": environments.check_dns_availability,
    "CreateApplication": applications.create_application,
    "CreateApplicationVersion": applications.create_application_version,
    "CreateConfigurationTemplate": configuration.create_configuration_template,
    "CreateEnvironment": environments.create_environment,
    "CreateStorageLocation": catalogue.create_storage_location,
    "DeleteApplication": applications.delete_application,
    "DeleteApplicationVersion": applications.delete_application_version,
    "DeleteConfigurationTemplate": configuration.delete_configuration_template,
    "DescribeAccountAttributes": catalogue.describe_account_attributes,
    "DescribeApplicationVersions": applications.describe_application_versions,
    "DescribeApplications": applications.describe_applications,
    "DescribeConfigurationOptions": configuration.describe_configuration_options,
    "DescribeConfigurationSettings": configuration.describe_configuration_settings,
    "DescribeEnvironmentHealth": diagnosis.describe_environment_health,
    "DescribeEnvironmentManagedActionHistory": catalogue.no_history,
    "DescribeEnvironmentManagedActions": catalogue.no_managed_actions,
    "DescribeEnvironmentResources": diagnosis.describe_environment_resources,
    "DescribeEnvironments": environments.describe_environments,
    "DescribeEvents": diagnosis.describe_events,
    "DescribeInstancesHealth": diagnosis.describe_instances_health,
    "DescribePlatformVersion": catalogue.describe_platform_version,
    "DisassociateEnvironmentOperationsRole": catalogue.disassociate_operations_role,
    "ListAvailableSolutionStacks": catalogue.list_available_solution_stacks,
    "ListPlatformBranches": catalogue.list_platform_branches,
    "ListPlatformVersions": catalogue.list_platform_versions,
    "ListTagsForResource": tags.list_tags_for_resource,
    "RebuildEnvironment": environments.rebuild_environment,
    "RequestEnvironmentInfo": diagnosis.request_environment_info,
    "RestartAppServer": environments.restart_app_server,
    "RetrieveEnvironmentInfo": diagnosis.retrieve_environment_info,
    "SwapEnvironmentCNAMEs": environments.swap_environment_cnames,
    "TerminateEnvironment": environments.terminate_environment,
    "UpdateApplication": applications.update_application,
    "UpdateApplicationResourceLifecycle": applications.update_application_resource_lifecycle,
    "UpdateApplicationVersion": applications.update_application_version,
    "UpdateConfigurationTemplate": configuration.update_configuration_template,
    "UpdateEnvironment": environments.update_environment,
    "UpdateTagsForResource": tags.update_tags_for_resource,
    "ValidateConfigurationSettings": configuration.validate_configuration_settings,
}
