"""`pymacaron token`: a JWT for trying things out."""

from __future__ import annotations

import json
import re

import click

from pymacaron.auth import generate_token
from pymacaron.config import load_config, set_config
from pymacaron.exceptions import ConfigurationError

_OTHERS = re.compile(r"(?!jwt_|name\b|default_user_id\b)\w")  # settings that no token depends on


def _claims(_context: click.Context, _parameter: click.Parameter, text: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise click.BadParameter("""write a JSON object, such as '{"scope": "orders:read"}'""")
    return value


@click.command()
@click.argument("user", required=False)
@click.option("--expire-in", type=click.IntRange(1), metavar="SECONDS", help="How long the token is valid.")
@click.option("--issuer", help="The issuer (iss).")
@click.option("--data", callback=_claims, metavar="JSON", help="Additional claims.")
@click.option("--config", metavar="PATH", type=click.Path(exists=True), help="Another pym-config.yaml, or its folder.")
def token(
    user: str | None, expire_in: int | None, issuer: str | None, data: dict[str, object] | None, config: str | None
) -> None:
    """Print a token for USER, signed with the key that pym-config.yaml names.

    Without USER, the token is for the default_user_id of the configuration. Only the secrets for tokens have to be set.
    """
    found = load_config(config, strict=False)
    lacking = [finding for finding in found.config_findings if not _OTHERS.match(finding.path)]
    if lacking:
        raise ConfigurationError(lacking)
    set_config(found)
    try:
        click.echo(generate_token(user, expire_in, data, issuer))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
