"""The registry that images are pushed to: that of the account, with a password for twelve hours, or the one that the
engine is logged in to."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from pymacaron.config import Secret

from .aws import Aws

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
