"""What becomes of environments: launched, updated, swapped, ended; with the events that tell of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..account import Account, Environment, Version
from ..options import Settings
from ..protocol import Refusal

_POLL = 0.05  # seconds between two looks at what a runner has begun
_DEPLOYED = "Deploying new version to instance(s).", "New application version was deployed to running EC2 instances."
_CONFIGURED = (
    "Updating environment {}'s configuration settings.",
    "Successfully deployed new configuration to environment.",
)
_POLICY = ("aws:elasticbeanstalk:command", "DeploymentPolicy")
_SPLITTING = "aws:elasticbeanstalk:trafficsplitting"
_PROFILE = ("aws:autoscaling:launchconfiguration", "IamInstanceProfile")


def launch(account: Account, environment: Environment, version: Version | None, request_id: str) -> None:
    environment.operation = request_id
    account.tell(environment, "createEnvironment is starting.", request_id)
    text = f"Using {account.bucket} as Amazon S3 storage bucket for environment data."
    account.later("launch", lambda: account.tell(environment, text, request_id), 0.02)
    account.runner.launch(environment, version)
    account.later("launch", lambda: _built(account, environment, request_id), 0.4)


def _is_busy_with(environment: Environment, request_id: str) -> bool:
    """Not so any more if it was ended, or its update was aborted, in between."""
    return environment.operation == request_id and environment.is_there


def _built(account: Account, environment: Environment, request_id: str) -> None:
    """The load balancer is there."""
    if not _is_busy_with(environment, request_id):
        return
    if (fault := _profile_fault(account, environment)) or account.fails(environment, "launch-fails"):
        _not_launched(account, environment, fault, request_id)
        return
    balancer = f"awseb--awseb-{account.letters(12)}"
    environment.endpoint = f"{balancer}-{account.letters(9)}.{account.region}.elb.amazonaws.com"
    account.tell(environment, f"Created load balancer named: {balancer}", request_id)
    account.tell(environment, "Waiting for EC2 instances to launch. This may take a few minutes.", request_id)
    account.runner.route(list(account.there()))
    account.later("launch", lambda: _when_serving(account, environment, request_id, _launched), 0.6)


def _profile_fault(account: Account, environment: Environment) -> str:
    name = environment.settings.get(_PROFILE)
    if not name:
        return "Environment must have instance profile associated with it."
    if not account.has_profile(name):
        return f"The instance profile {name} associated with the environment does not exist."
    return ""


def _not_launched(account: Account, environment: Environment, fault: str, request_id: str) -> None:
    account.runner.stop(environment)
    if fault:
        account.tell(environment, fault, request_id, "ERROR")
    account.tell(environment, "Failed to launch environment.", request_id, "ERROR")
    environment.turn("Grey", "NoData")
    _finish(account, environment)


def _when_serving(
    account: Account,
    environment: Environment,
    request_id: str,
    then: Callable[[Account, Environment, str, Exception | None], None],
) -> None:
    """`then`, with what is wrong if anything, as soon as the runner has done what it began."""
    if not _is_busy_with(environment, request_id) or account.fails(environment, "launch-never-ends"):
        return
    standing = account.runner.standing(environment)
    if standing == "starting":
        account.clock.later(_POLL, lambda: _when_serving(account, environment, request_id, then))
    else:
        then(account, environment, request_id, standing if isinstance(standing, Exception) else None)


def _launched(account: Account, environment: Environment, request_id: str, fault: Exception | None) -> None:
    if fault is None and account.fails(environment, "launch-with-errors"):
        fault = RuntimeError("100.0 % of the requests to the ELB are failing with HTTP 5xx.")
    environment.deployments += 1
    account.tell(environment, f"Added instance [{instance(environment)}] to your environment.", request_id)
    if fault is None:
        account.tell(environment, "Instance deployment completed successfully.", request_id)
        _well(account, environment, request_id)
        account.tell(environment, f"Application available at {environment.cname}.", request_id)
        account.tell(environment, f"Successfully launched environment: {environment.name}", request_id)
    else:
        _ill(account, environment, str(fault), request_id)
        text = "Create environment operation is complete, but with errors."
        advice = "For more information, see troubleshooting documentation."
        account.tell(environment, f"{text} {advice}", request_id, "ERROR")
    _finish(account, environment)


def instance(environment: Environment) -> str:
    return f"i-{int.from_bytes(environment.id.encode(), 'big') % 16**17:017x}"


def _well(account: Account, environment: Environment, request_id: str) -> None:
    if environment.health != "Green":
        text = f"Environment health has transitioned from {environment.health_status} to Ok."
        account.tell(environment, text, request_id)
    environment.turn("Green", "Ok")


def _ill(account: Account, environment: Environment, cause: str, request_id: str | None) -> None:
    text = f"Environment health has transitioned from {environment.health_status} to Severe. {cause}"
    account.tell(environment, text, request_id, "WARN")
    environment.turn("Red", "Severe", cause)


def _finish(account: Account, environment: Environment) -> None:
    environment.status, environment.operation, environment.updated = "Ready", None, account.clock.now()
    environment.before, environment.splits = None, False


def update(
    account: Account, environment: Environment, version: Version | None, settings: Settings, *, request_id: str
) -> None:
    """Another version, other settings: in place, or, by the policy of the environment, for a share of its requests
    first."""
    environment.before = environment.version, environment.settings
    environment.status, environment.operation = "Updating", request_id
    account.tell(environment, "Environment update is starting.", request_id)
    environment.settings, environment.version = settings, version.label if version else None
    is_new = environment.before[0] != environment.version
    begun, ended = _DEPLOYED if is_new else _CONFIGURED
    account.tell(environment, begun.format(environment.name), request_id)
    environment.splits = is_new and settings.get(_POLICY) == "TrafficSplitting"
    if environment.splits:
        account.runner.share(environment, version, _number(settings, "NewVersionPercent", 10))
    else:
        account.runner.launch(environment, version)

    def updated(account: Account, environment: Environment, request_id: str, fault: Exception | None) -> None:
        if fault is None and account.fails(environment, "update-fails"):
            fault = RuntimeError("Incorrect application version found on all instances.")
        if fault is None and environment.splits:
            _evaluate(account, environment, request_id, ended)
        else:
            _updated(account, environment, request_id, fault, ended=ended)

    account.later("update", lambda: _when_serving(account, environment, request_id, updated))


def _number(settings: Settings, name: str, otherwise: int) -> int:
    return int(settings.get((_SPLITTING, name), otherwise))


def _evaluate(account: Account, environment: Environment, request_id: str, ended: str) -> None:
    """The new version gets its share, for so many minutes as the settings say."""
    percent = _number(environment.settings, "NewVersionPercent", 10)
    minutes = _number(environment.settings, "EvaluationTime", 5)
    text = f"Forwarding {percent} percent of the traffic to the new version for {minutes} minutes."
    account.tell(environment, text, request_id)

    def evaluated() -> None:
        if not _is_busy_with(environment, request_id):
            return
        standing = account.runner.standing(environment)
        fault = standing if isinstance(standing, Exception) else None
        if account.fails(environment, "canary-fails"):
            fault = RuntimeError("100.0 % of the requests to the new instances are failing with HTTP 5xx.")
        _updated(account, environment, request_id, fault, ended=ended)

    account.clock.later(minutes * 60 * account.pace, evaluated)


def _updated(
    account: Account, environment: Environment, request_id: str, fault: Exception | None, *, ended: str
) -> None:
    environment.deployments += 1
    if fault is None:
        if environment.splits:
            account.runner.settle(environment, new=True)
        account.tell(environment, ended, request_id)
        _well(account, environment, request_id)
        account.tell(environment, "Environment update completed successfully.", request_id)
    else:
        if environment.splits:
            account.tell(environment, f"The new version is not well: {fault}", request_id, "WARN")
        _revert(account, environment)
        account.tell(environment, "Failed to deploy application.", request_id, "ERROR")
    _finish(account, environment)


def _revert(account: Account, environment: Environment) -> None:
    label, environment.settings = environment.before or (environment.version, environment.settings)
    environment.version, version = label, None
    if environment.splits:
        account.runner.settle(environment, new=False)
        return
    with suppress(Refusal):  # its version may have been deleted since
        version = account.version(environment.application, label) if label else None
    account.runner.launch(environment, version)


def abort(account: Account, environment: Environment, request_id: str) -> None:
    _revert(account, environment)
    account.tell(environment, "abortEnvironmentUpdate is starting.", request_id)
    account.tell(
        environment, "The environment was reverted to the previous configuration setting.", request_id, "ERROR"
    )
    _finish(account, environment)


def restart(account: Account, environment: Environment, request_id: str) -> None:
    environment.status, environment.operation = "Updating", request_id
    account.tell(environment, "restartAppServer is starting.", request_id)
    label = environment.version
    account.runner.launch(environment, account.version(environment.application, label) if label else None)

    def restarted(account: Account, environment: Environment, request_id: str, fault: Exception | None) -> None:
        if fault:
            _ill(account, environment, str(fault), request_id)
        account.tell(environment, "restartAppServer completed successfully.", request_id)
        _finish(account, environment)

    account.later("restart", lambda: _when_serving(account, environment, request_id, restarted))


def swap(account: Account, source: Environment, destination: Environment, request_id: str) -> None:
    for environment in (source, destination):
        environment.status, environment.operation = "Updating", request_id
        account.tell(environment, "swapEnvironmentCNAMEs is starting.", request_id)
    account.later("swap", lambda: _swapped(account, source, destination, request_id))


def _swapped(account: Account, source: Environment, destination: Environment, request_id: str) -> None:
    pair = [e for e in (source, destination) if _is_busy_with(e, request_id)]
    if len(pair) == 2:
        source.cname, destination.cname = destination.cname, source.cname
        account.runner.route(list(account.there()))
    text = f"Completed swapping CNAMEs for environments '{source.name}' and '{destination.name}'."
    for environment in pair:
        account.tell(environment, text, request_id)
        _finish(account, environment)
        if account.fails(environment, "red-after-swap"):
            _ill(account, environment, "100.0 % of the requests are failing with HTTP 5xx.", None)


def terminate(account: Account, environment: Environment, request_id: str) -> None:
    environment.status, environment.operation = "Terminating", request_id
    environment.turn("Grey", "Suspended")
    account.tell(environment, "terminateEnvironment is starting.", request_id)
    if not account.fails(environment, "terminate-fails"):
        account.runner.stop(environment)
        account.runner.route(list(account.there()))
    account.later("terminate", lambda: _terminated(account, environment, request_id))


def _terminated(account: Account, environment: Environment, request_id: str) -> None:
    if account.fails(environment, "terminate-fails"):
        account.tell(environment, "Stack deletion failed: some resources could not be deleted.", request_id, "ERROR")
        environment.turn("Red", "Severe", "Stack deletion failed")
        _finish(account, environment)
        return
    account.tell(environment, "terminateEnvironment completed successfully.", request_id)
    environment.status, environment.operation = "Terminated", None
    environment.ended = environment.updated = account.clock.now()
