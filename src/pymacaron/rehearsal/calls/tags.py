"""Calls for tags, and tags as other calls take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..account import Account, Application, Environment, Version
from ..protocol import Params, Refusal, invalid

MOST = 50


def tags_of(params: Params) -> dict[str, str]:
    return checked({}, params.get("Tags", ()))


def checked(
    present: Mapping[str, str], added: Iterable[Mapping[str, str]], removed: Iterable[str] = ()
) -> dict[str, str]:
    """Tags after a change. Raises Refusal."""
    tags = {key: value for key, value in present.items() if key not in set(removed)}
    for tag in added:
        key = tag.get("Key", "")
        if key.lower().startswith(("aws:", "elasticbeanstalk:")) or not key:
            raise invalid("A tag's key is not empty, and begins with neither aws: nor elasticbeanstalk:.")
        tags[key] = tag.get("Value", "")
    if len(tags) > MOST:
        raise Refusal("TooManyTagsException", f"A resource has at most {MOST} tags.")
    return tags


def _tagged(account: Account, arn: str) -> Application | Version | Environment:
    start = f"arn:aws:elasticbeanstalk:{account.region}:{account.number}:"
    kind, *names = arn.removeprefix(start).split("/")
    if not arn.startswith(start) or kind not in {
        "application",
        "applicationversion",
        "environment",
        "configurationtemplate",
    }:
        raise Refusal(
            "ResourceTypeNotSupportedException", "This is no ARN of what has tags in this account and region."
        )
    try:
        if kind == "application" and len(names) == 1:
            return account.applications[names[0]]
        if kind == "applicationversion" and len(names) == 2:
            return account.applications[names[0]].versions[names[1]]
        if kind == "environment" and len(names) == 2:
            return next(e for e in account.there(names[0]) if e.name == names[1])
    except (KeyError, StopIteration):
        pass
    raise Refusal("ResourceNotFoundException", f"Resource not found for arn: '{arn}'.")


def list_tags_for_resource(account: Account, params: Params, request_id: str) -> Params:
    found, arn = _tagged(account, params["ResourceArn"]), params["ResourceArn"]
    own: dict[str, str] = {}
    if isinstance(found, Environment):
        own = {
            "elasticbeanstalk:environment-name": found.name,
            "elasticbeanstalk:environment-id": found.id,
            "Name": found.name,
        }
    tags = {**own, **found.tags}
    return {"ResourceArn": arn, "ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def update_tags_for_resource(account: Account, params: Params, request_id: str) -> Params:
    found = _tagged(account, params["ResourceArn"])
    tags = checked(found.tags, params.get("TagsToAdd", ()), params.get("TagsToRemove", ()))
    if not isinstance(found, Environment):
        found.tags = tags
        return {}
    if found.status != "Ready":
        raise Refusal(
            "OperationInProgressFailure",
            f"Environment named {found.name} is in an invalid state for this operation. Must be Ready.",
        )
    found.status = "Updating"
    account.tell(found, "Environment tag update is starting.", request_id)
    account.later("tags", lambda: _updated(account, found, tags, request_id))
    return {}


def _updated(account: Account, environment: Environment, tags: dict[str, str], request_id: str) -> None:
    environment.tags, environment.status, environment.updated = tags, "Ready", account.clock.now()
    account.tell(environment, "Environment tag update completed successfully.", request_id)
