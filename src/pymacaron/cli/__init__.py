"""The command `pymacaron`. Each command reads its options, calls one function, and prints.

A command is a module here, with the function of the same name; it is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module

import click

from pymacaron._version import __version__
from pymacaron.names import closest

from .telling import told

COMMANDS = {
    "new": "Make a new service.",
    "run": "Serve a service, in development or in production.",
    "token": "Make a JWT for trying things out.",
    "trace": "Print the tree of calls for a call id, from logs.",
    "replay": "Repeat the request of a crash report.",
    "routes": "List every operation with its path, function and security.",
    "config": "Print settings for shell scripts.",
    "check": "Find what stops the start, and give advice.",
    "handlers": "Add functions for operations that have none.",
    "stubs": "Write type stubs for models, clients, functions and errors.",
    "mock": "Serve an API from its examples and schemas.",
    "migrate": "List what has to change in a project of pymacaron 1.x, connexion or FastAPI.",
    "upgrade": "Rewrite Swagger 2.0 or OpenAPI 3.0 as OpenAPI 3.1, with its comments.",
    "test": "Run acceptance tests against a service.",
    "diff": "Show what changed between two versions of a document, and whom it breaks.",
    "build": "Build the container image of a service.",
    "worker": "Run the tasks of a service.",
    "deploy": "Deploy to AWS Elastic Beanstalk, beside the live version.",
    "rollback": "Go back to the previous release.",
    "status": "Show what is live, the other environments, and who is deploying.",
    "releases": "List what has been live.",
    "logs": "Print the output of the live service.",
    "events": "Print the events of Elastic Beanstalk.",
    "env": "List and end environments.",
    "cleanup": "Delete what deployments leave behind.",
    "aws": "Set up and check the AWS account.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = closest(args[0], COMMANDS) if args[0] not in COMMANDS and not args[0].startswith("-") else None
        if near is not None:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):  # without importing them
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pymacaron")
def pymacaron() -> None:
    """Spec-first microservices.

    \b
      pymacaron new notes
      pymacaron check
      pymacaron COMMAND --help

    Exit codes: 0 success, 2 invalid input, 130 Ctrl-C. The help of each command says what 1 means.
    """


def main() -> None:
    """Run the command line."""
    told(pymacaron, "pymacaron")
