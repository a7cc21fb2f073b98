"""The registry that images are pushed to: that of the account, with a password for twelve hours, or the one that the
engine is logged in to; and what hosts log in with where they have to."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from pymacaron.config import Secret

from .aws import Aws, Refused
from .resources import Wanted

if TYPE_CHECKING:
    from pymacaron.containers import Engine, Login


def login_of(repository: str, aws: Aws) -> Login | None:
    """Who pushes: whoever AWS gives a password to, for a repository of the account; None: whoever `docker login` has
    remembered, for all others."""
    from pymacaron.containers import Login  # for those who push

    if ".dkr.ecr." not in repository:
        return None
    said = aws.read("ecr.GetAuthorizationToken")["authorizationData"][0]
    user, _, password = base64.b64decode(said["authorizationToken"]).decode().partition(":")
    return Login(repository.partition("/")[0], user, Secret(password))


def reference_of(image: str, repository: str) -> str:
    """What an image is called where it is pushed to."""
    return f"{repository}:{image.removeprefix('sha256:')[:12]}"


def push(engine: Engine, image: str, repository: str, aws: Aws) -> str:
    """Send an image there; the repository with the image's digest.

    Raises:
        EngineError: the registry does not take it.
    """
    reference = reference_of(image, repository)
    engine.tag(image, reference)
    return f"{repository}@{engine.push(reference, login_of(repository, aws))}"


def keep_login(aws: Aws, wanted: Wanted, user: str, password: str) -> str:
    """Keep in Secrets Manager what hosts log in with; its name there. The password is in no other call.

    Raises:
        Refused, Uncertain: AWS does not take it.
    """
    name = wanted.registry_secret or f"pym/{wanted.name}/registry"
    text = json.dumps({"username": user, "password": password})  # as other services of AWS have it, too
    try:
        aws.change("secretsmanager.UpdateSecret", {"SecretId": name, "SecretString": text})
    except Refused as error:
        if error.code != "ResourceNotFoundException":
            raise
        tags = [{"Key": "pym:app", "Value": wanted.name}]
        aws.change("secretsmanager.CreateSecret", {"Name": name, "SecretString": text, "Tags": tags})
    return name
