"""How hosts get an image that not everybody may have: they log in to its registry, with what they read from Secrets
Manager by their role, before Elastic Beanstalk pulls it. The bundle has the name of that secret only."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from .resources import Wanted

# When a version comes and when settings change; both are run as root, and one that fails stops what it stands before.
_PLACES = (".platform/hooks/prebuild/10_registry.sh", ".platform/confighooks/prebuild/10_registry.sh")
# The password goes from one program to the next by pipes, never by arguments, which every process of the host can read.
_SCRIPT = """\
#!/bin/bash
# By pymacaron: this host logs in to the registry of its image.
set -euo pipefail
umask 077
secret=$(aws secretsmanager get-secret-value --region {region} --secret-id {secret} --query SecretString --output text)
field() {{
  printf %s "$secret" | python3 -c 'import json, sys; sys.stdout.write(json.load(sys.stdin)[sys.argv[1]])' "$1"
}}
user=$(field username)
field password | docker login --username "$user" --password-stdin {host} >/dev/null
"""


def hooks_of(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Programs for the bundle, name and text; none where the registry is the account's own, or everybody's."""
    if wanted.registry_secret:
        said = {"region": wanted.region, "secret": wanted.registry_secret, "host": registry_of(wanted.repository)}
        text = _SCRIPT.format(**{name: quote(value) for name, value in said.items()})
        yield from ((place, text) for place in _PLACES)


def registry_of(repository: str) -> str:
    """The host of a repository; Docker Hub's if it names none, as the container engines have it."""
    first, slash, _ = repository.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"
