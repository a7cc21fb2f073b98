"""What has to be done: a pure function of what is wanted, what there is, and an order."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pymacaron._types import Json

from .bundle import bundle_of
from .observe import Environment, Found, Release, marked
from .options import Option, lint, options_of, own_variables
from .prices import said_of
from .resources import Wanted
from .steps import ApiCall, Plan, Step, ref, secrets_of

_MOST_NAME = 40  # characters of the name of an environment
_SETTLED = 3600.0  # seconds for which clients may still ask a replaced environment, since DNS told them so
GIVEN, KEPT, NONE = "given", "kept", "none"


@dataclass(frozen=True)
class Order:
    """What is asked of this deployment.

    Attributes:
        deploy_id: `20261122-220315-k3f9`; names are made of it.
        now: seconds since 1970.
        image: with its digest; "" for one that is still to be built.
        secrets: GIVEN by the environment of whoever deploys, KEPT as they are in Secrets Manager, or NONE.
        keep_failed: does a new environment that fails stay, to be looked at?
        unit_tests: are there any to be run?
        acceptance_tests: likewise.
    """

    deploy_id: str
    now: float
    image: str = ""
    secrets: str = NONE
    keep_failed: bool = False
    unit_tests: bool = True
    acceptance_tests: bool = True


def new_id(now: float, letters: str) -> str:
    """The name of a deployment: when it began, in UTC, and some letters drawn by chance."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{letters}"


def green_name(wanted: Wanted, deploy_id: str) -> str:
    """What the new environment is called: no two deployments give the same name, which makes creating it safe to try
    again."""
    room = _MOST_NAME - len(deploy_id) - 2
    stage = wanted.stage[: max(4, room - len(wanted.name))]
    return f"{wanted.name.replace('_', '-')[: room - len(stage)].rstrip('-')}-{stage.rstrip('-')}-{deploy_id}"


def problems(wanted: Wanted, found: Found, order: Order) -> Iterator[tuple[str, str, str]]:
    """Why a deployment would fail, as far as that can be known before anything is changed: setting, fact, cure."""
    yield from found.missing
    yield from _problems_of_places(wanted, found)
    if not found.platform:
        yield "aws_region", f"{wanted.region} has no platform for Docker that is recommended", "choose another region"
    yield from _problems_of_secrets(wanted, found, order)
    options = _options(wanted, order, label="x", secret="arn:x")  # noqa: S106 - none
    for complaint in (*found.complaints, *lint(options)):
        yield "", f"Elastic Beanstalk does not take the options: {complaint}", "change what pym-config.yaml says of it"
    bundle = bundle_of(wanted, order.image)
    for version in found.versions if order.image else ():
        if version.label == bundle.label(wanted) and version.key not in {"", bundle.key(wanted)}:
            yield "", f"the version {version.label} is there already, with another bundle", "commit, and build again"


def _problems_of_places(wanted: Wanted, found: Found) -> Iterator[tuple[str, str, str]]:
    live = found.live(wanted)
    if live is None and found.is_prefix_free is False:
        yield (
            "aws_cname_prefix", f"{wanted.cname} belongs to somebody else",
            f"choose another first word, as in 'aws_cname_prefix: {wanted.prefix}-{found.account[-4:]}'",
        )  # fmt: skip
    if live is not None and not live.is_ready:
        cure = "wait until it is Ready (`pymacaron status`), or look at `pymacaron events`"
        yield "", f"{live.name}, which is live, is {live.status}", cure
    if not found.registry:
        yield "docker_repo", f"there is no repository {wanted.repository} in ECR", "run `pymacaron aws setup`"


def _problems_of_secrets(wanted: Wanted, found: Found, order: Order) -> Iterator[tuple[str, str, str]]:
    fresh = ", ".join(sorted(set(wanted.secrets) - set(found.secret_names)))
    if wanted.secrets and order.secrets == NONE:
        yield "env_secrets", "name variables that are not set here, nor kept in Secrets Manager", f"export {fresh}"
    elif order.secrets == KEPT and fresh:
        yield "env_secrets", f"Secrets Manager does not have {fresh} yet", "export all of the variables for this once"


def plan(wanted: Wanted, found: Found, order: Order) -> Plan:
    """The steps of a deployment, the first one too. It asks nobody and changes nothing."""
    blue = found.live(wanted)
    green = green_name(wanted, order.deploy_id)
    label: Json = bundle_of(wanted, order.image).label(wanted) if order.image else ref("bundle.label")
    steps = (
        *_local(wanted, found, order), *_stored(wanted, found, order, label),
        *_brought_up(wanted, found, order, label), *_cleaned(wanted, found, order),
    )  # fmt: skip
    warnings = ["one host alone: the service stops with it, and with its zone"] if wanted.hosts_min == 1 else []
    return Plan(
        deploy_id=order.deploy_id, title=_title(wanted, blue), blue=blue.id if blue else "", green=green,
        state=found.state, steps=steps, if_green_fails=_green_fails(wanted, found, order, green),
        if_live_fails=_live_fails(wanted, found, order, blue, green) if blue else (),
        cost=tuple(said_of(wanted, beside=1 if blue else 0)), warnings=tuple(warnings),
    )  # fmt: skip


def _title(wanted: Wanted, blue: Environment | None) -> str:
    what = f"{wanted.name} {wanted.version}".strip()
    return (
        f"{what} to {wanted.stage}: beside {blue.name} ({blue.label})"
        if blue
        else f"{what} to {wanted.stage}: the first"
    )


def _local(wanted: Wanted, found: Found, order: Order) -> Iterator[Step]:
    """What is done here, and with the registry."""
    if order.unit_tests:
        yield Step("unit_tests", "run the unit tests", minutes=0.5)
    if not order.image:
        yield Step("build", f"build the image for {wanted.architecture}", minutes=1)
        if order.acceptance_tests:
            yield Step("image_tests", "start the image, and run the acceptance tests against it", minutes=0.5)
        yield Step("push", f"push it to {found.registry or wanted.repository}", minutes=1)


def _stored(wanted: Wanted, found: Found, order: Order, label: Json) -> Iterator[Step]:
    """What is there before any environment: secrets, bucket, bundle, application, version."""
    if order.secrets == GIVEN:
        yield Step(
            "secret", f"keep {', '.join(wanted.secrets)} in Secrets Manager", (_secret(wanted, found, order),), 0.1
        )
    if not found.bucket_exists and not wanted.bucket:
        call = ApiCall.of("elasticbeanstalk.CreateStorageLocation", {})
        yield Step("storage", f"make the bucket {found.bucket}", (call,), 0.1)
    bundle = bundle_of(wanted, order.image) if order.image else None
    key: Json = bundle.key(wanted) if bundle else ref("bundle.key")
    put = {"Bucket": found.bucket, "Key": key, "Body": ref("bundle.body"), "ContentType": "application/zip"}
    yield Step("bundle", "put the source bundle into the bucket", (ApiCall.of("s3.PutObject", put),), 0.1, order.image)
    if not found.application:
        said = {"ApplicationName": wanted.name, "Description": f"{wanted.name}, by pymacaron"}
        call = ApiCall.of("elasticbeanstalk.CreateApplication", {**said, "Tags": _tags({"pym:app": wanted.name})})
        yield Step("application", f"make the application {wanted.name}", (call,), 0.1)
    source = {"S3Bucket": found.bucket, "S3Key": key}
    call = ApiCall.of("elasticbeanstalk.CreateApplicationVersion", {
        "ApplicationName": wanted.name, "VersionLabel": label, "SourceBundle": source, "Process": True,
        "Description": f"{wanted.version} by {order.deploy_id}"[:200],
        "Tags": _tags({"pym:app": wanted.name, "pym:deploy-id": order.deploy_id}),
    })  # fmt: skip
    yield Step("version", "make the version", (call,), 0.2)


def _brought_up(wanted: Wanted, found: Found, order: Order, label: Json) -> Iterator[Step]:
    """From the lock to its end: one deployment at a time."""
    blue = found.live(wanted)
    green = green_name(wanted, order.deploy_id)
    yield _locked(wanted, found)
    yield Step("green", f"make the environment {green}, and wait until it is well",
               (_create(wanted, found, order, label, prefix=None if blue else wanted.prefix),), 6, green)  # fmt: skip
    if order.acceptance_tests:
        yield Step("green_tests", f"run the acceptance tests against {green}", minutes=0.5, about=green)
    if blue:
        yield _swapped(f"give {wanted.cname} to {green}", blue.id, ref("green.id"), about=green)
    yield from _verified(wanted, order, green)
    if wanted.topic:
        yield Step("alarms", "watch its health and its errors", tuple(_alarms(wanted, green)), 0.1, green)
    yield from _recorded(wanted, found)


def _locked(wanted: Wanted, found: Found) -> Step:
    where = {"Bucket": found.bucket, "Key": f"{wanted.folder}/lock.json"}
    call = ApiCall.of("s3.PutObject", {**where, "Body": ref("lock.body"), "IfNoneMatch": "*"})
    return Step("lock", "take the lock: from here on, nobody else deploys", (call,), 0.1)


def _unlocked(wanted: Wanted, found: Found) -> Step:
    where: dict[str, Json] = {"Bucket": found.bucket, "Key": f"{wanted.folder}/lock.json"}
    return Step(
        "unlock", "free the lock", (ApiCall.of("s3.DeleteObject", {**where, "IfMatch": ref("lock.etag")}),), 0.1
    )


def _swapped(title: str, source: Json, destination: Json, *, about: str, kind: str = "swap") -> Step:
    ids = {"SourceEnvironmentId": source, "DestinationEnvironmentId": destination}
    return Step(kind, title, (ApiCall.of("elasticbeanstalk.SwapEnvironmentCNAMEs", ids),), 0.3, about)


def _verified(wanted: Wanted, order: Order, name: str) -> Iterator[Step]:
    yield Step("verify", f"see that {wanted.cname} leads to it, and that it answers with its version", (), 0.2, name)
    if order.acceptance_tests:
        yield Step("live_tests", "run the acceptance tests against the live address", (), 0.5, name)


def _recorded(wanted: Wanted, found: Found) -> Iterator[Step]:
    where: dict[str, Json] = {"Bucket": found.bucket, "Key": f"{wanted.folder}/releases.json"}
    call = ApiCall.of("s3.PutObject", {**where, "Body": ref("releases.body"), "ContentType": "application/json"})
    yield Step("record", "write down what is live since when", (call,), 0.1)
    yield _unlocked(wanted, found)


def _cleaned(wanted: Wanted, found: Found, order: Order) -> Iterator[Step]:
    for one, why in due(wanted, found, order.now):
        yield _terminated(wanted, one.id, one.name, f"end {one.name}: {why}", kind="retire")
    used = {one.label for one in found.environments}
    old = [one for one in found.versions if one.label not in used]
    for version in old[: max(0, len(old) + 1 - wanted.keep_versions)]:
        call = ApiCall.of("elasticbeanstalk.DeleteApplicationVersion", {
            "ApplicationName": wanted.name, "VersionLabel": version.label, "DeleteSourceBundle": True
        })  # fmt: skip
        yield Step("prune", f"delete the version {version.label}", (call,), 0.1, version.label)


def due(wanted: Wanted, found: Found, now: float) -> Iterator[tuple[Environment, str]]:
    """The environments that nobody needs any more, with the reason: those that never went live, and those replaced so
    long ago that nobody will go back to them. Never the live one, nor one that somebody else has made."""
    live = found.live(wanted)
    replaced = _replaced(found.releases)
    last = max(replaced.values(), default=0.0)
    for one in found.environments:
        if one.stage != wanted.stage or (live and one.id == live.id) or one.status in {"Terminating", "Terminated"}:
            continue
        since = replaced.get(one.id)
        if since is None and any(release.environment_id == one.id for release in found.releases):
            continue  # what the record calls live, and the address does not: for people to look at
        if since is None:
            yield one, "a deployment that did not end has left it behind"
        elif now - since >= max(wanted.keep_hours * 3600, _SETTLED):
            yield one, f"replaced more than {wanted.keep_hours} h ago"
        elif since < last and now - since >= _SETTLED:
            yield one, "a newer one is kept to go back to"


def _replaced(releases: tuple[Release, ...]) -> dict[str, float]:
    """When each environment was last replaced by another one."""
    pairs = pairwise(releases)
    found = {old.environment_id: new.at for old, new in pairs if old.environment_id != new.environment_id}
    if releases:
        found.pop(releases[-1].environment_id, None)
    return found


def _terminated(wanted: Wanted, ident: Json, name: str, title: str, kind: str) -> Step:
    calls = [ApiCall.of("elasticbeanstalk.TerminateEnvironment", {"EnvironmentId": ident, "TerminateResources": True})]
    if wanted.topic:
        calls.append(ApiCall.of("cloudwatch.DeleteAlarms", {"AlarmNames": _alarm_names(wanted, name)}))
    return Step(kind, title, tuple(calls), 0.1, name)


def _green_fails(wanted: Wanted, found: Found, order: Order, green: str) -> tuple[Step, ...]:
    steps = [_unlocked(wanted, found)]
    if not order.keep_failed:
        steps.insert(0, _terminated(wanted, ref("green.id"), green, f"end {green}", kind="end_green"))
    return tuple(steps)


def _live_fails(
    wanted: Wanted, found: Found, order: Order, blue: Environment, green: str
) -> tuple[Step, ...]:  # fmt: skip
    back = _swapped(
        f"give {wanted.cname} back to {blue.name}", ref("green.id"), blue.id, about=blue.name, kind="swap_back"
    )
    verify = Step("verify", f"see that {blue.name} is live again", (), 0.2, blue.name)
    return (back, verify, *_green_fails(wanted, found, order, green))


def plan_rollback(wanted: Wanted, found: Found, order: Order, to: str = "") -> Plan | str:
    """The steps back to the release before, or to the version `to`: a swap if its environment is still there, else a
    new environment with that version. A text says why there is no way."""
    live = found.live(wanted)
    if live is None:
        return "nothing is live, so there is nothing to go back from; deploy"
    target = _environment_of(wanted, found, live, to)
    if target is not None:
        return _plan_swap(wanted, found, order, live, target)
    label = to or next((one.label for one in reversed(found.releases) if one.label != live.label), "")
    if not label:
        return "the record has no release before this one; name a version: `pymacaron rollback --to VERSION`"
    if label not in {one.label for one in found.versions}:
        known = ", ".join(one.label for one in found.versions[-5:])
        return f"there is no version {label}; the last ones are {known or 'none'}: see `pymacaron releases`"
    steps = (*_brought_up(wanted, found, order, label), *_cleaned(wanted, found, order))
    green = green_name(wanted, order.deploy_id)
    return Plan(
        deploy_id=order.deploy_id, title=f"{wanted.name} in {wanted.stage} back to {label}: a new environment",
        blue=live.id, green=green, state=found.state, steps=steps,
        if_green_fails=_green_fails(wanted, found, order, green),
        if_live_fails=_live_fails(wanted, found, order, live, green), cost=tuple(said_of(wanted, beside=1)),
    )  # fmt: skip


def _environment_of(wanted: Wanted, found: Found, live: Environment, to: str) -> Environment | None:
    """The environment to go back to: of the version, else the one that was live before."""
    there = {
        one.id: one for one in found.environments if one.is_ready and one.id != live.id and one.stage == wanted.stage
    }
    for release in reversed(found.releases):
        one = there.get(release.environment_id)
        if one is not None and (not to or one.label == to):
            return one
        if not to and release.environment_id != live.id:
            return None  # the one before is gone; one still older is not meant
    return None


def _plan_swap(wanted: Wanted, found: Found, order: Order, live: Environment, target: Environment) -> Plan:
    title = f"give {wanted.cname} back to {target.name} ({target.label})"
    steps = (
        _locked(wanted, found), _swapped(title, live.id, target.id, about=target.name),
        *_verified(wanted, order, target.name), *_recorded(wanted, found),
    )  # fmt: skip
    back = _swapped(f"give {wanted.cname} to {live.name} again", target.id, live.id, about=live.name, kind="swap_back")
    again = Step("verify", f"see that {live.name} is live again", (), 0.2, live.name)
    return Plan(
        deploy_id=order.deploy_id, title=f"{wanted.name} in {wanted.stage} back to {target.label}: a swap",
        blue=live.id, green=target.name, state=found.state, steps=steps, if_green_fails=(_unlocked(wanted, found),),
        if_live_fails=(back, again, _unlocked(wanted, found)), cost=(),
    )  # fmt: skip


# Calls


def token_of(order_id: str) -> str:
    """What lets Secrets Manager know a second attempt of the same call; it says nothing about the values."""
    return hashlib.sha256(f"pymacaron {order_id}".encode()).hexdigest()


def _secret(wanted: Wanted, found: Found, order: Order) -> ApiCall:
    said: dict[str, Json] = {
        "SecretString": secrets_of(wanted.secrets), "ClientRequestToken": token_of(order.deploy_id),
        "Description": f"{wanted.name} {wanted.stage}: {' '.join(wanted.secrets)}"[:2048],
    }  # fmt: skip
    if found.secret:
        return ApiCall.of("secretsmanager.UpdateSecret", {"SecretId": found.secret, **said})
    tags = _tags({"pym:app": wanted.name, "pym:created-by": "pymacaron"})
    return ApiCall.of("secretsmanager.CreateSecret", {"Name": wanted.secret_id, **said, "Tags": tags})


def _options(wanted: Wanted, order: Order, *, label: Json, secret: str) -> list[Option]:
    """The options; `secret` is the ARN of the environment's secret, "" while it has none."""
    arns: dict[str, Json] = {
        name: f"{secret}:{name}" if secret else ref("secret.arn", f":{name}") for name in wanted.secrets
    }
    return options_of(wanted, variables=own_variables(wanted, deploy_id=order.deploy_id, label=label), secrets=arns)


def _create(wanted: Wanted, found: Found, order: Order, label: Json, *, prefix: str | None) -> ApiCall:
    green = green_name(wanted, order.deploy_id)
    tags = {
        "pym:app": wanted.name, "pym:version": wanted.version or "unknown", "pym:deploy-id": order.deploy_id,
        "pym:stage": wanted.stage, "pym:created-by": "pymacaron",
    }  # fmt: skip
    options = _options(wanted, order, label=label, secret=found.secret)
    return ApiCall.of("elasticbeanstalk.CreateEnvironment", {
        "ApplicationName": wanted.name, "EnvironmentName": green, "CNAMEPrefix": prefix or green.lower(),
        "Description": marked(wanted.stage, order.deploy_id), "VersionLabel": label, "PlatformArn": found.platform,
        "Tier": {"Name": "WebServer", "Type": "Standard"}, "Tags": _tags(tags),
        "OptionSettings": [one.to_json() for one in options],
    })  # fmt: skip


def _tags(tags: dict[str, str]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _alarm_names(wanted: Wanted, environment: str) -> list[Json]:
    return [f"pym-{wanted.name}-{environment}-{metric}" for metric, _, _ in _ALARMS]


# Metric of AWS/ElasticBeanstalk, from which value on, for how many minutes.
_ALARMS = (("EnvironmentHealth", 20.0, 3), ("ApplicationRequests5xx", 10.0, 2))


def _alarms(wanted: Wanted, environment: str) -> Iterator[ApiCall]:
    for name, (metric, least, minutes) in zip(_alarm_names(wanted, environment), _ALARMS, strict=True):
        yield ApiCall.of("cloudwatch.PutMetricAlarm", {
            "AlarmName": name, "Namespace": "AWS/ElasticBeanstalk", "MetricName": metric, "Statistic": "Maximum",
            "Dimensions": [{"Name": "EnvironmentName", "Value": environment}], "Period": 60, "Threshold": least,
            "EvaluationPeriods": minutes, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching", "AlarmActions": [wanted.topic], "OKActions": [wanted.topic],
        })  # fmt: skip
