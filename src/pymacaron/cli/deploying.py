"""What the commands of a deployment share: the account that is meant, the workshop, and how they end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .telling import CTRL_C

if TYPE_CHECKING:  # boto3 is imported when a command runs, not with its options
    from pymacaron.deploy.deployment import Account
    from pymacaron.deploy.run import Workshop

_F = TypeVar("_F", bound=Callable[..., Any])


def stage(command: _F) -> _F:
    """The option that says which environment is meant."""
    text = "The environment; reads pym-config.NAME.yaml if it exists."
    return click.option("--env", "stage", metavar="NAME", default="live", show_default=True, help=text)(command)


@contextmanager
def account_for(stage: str, *, as_json: bool = False, version: str = "") -> Iterator[Account]:
    """The account that is meant; what AWS refuses in the block is told with what mends it.

    Raises:
        StartError: the configuration does not do, boto3 is missing, or AWS refuses.
    """
    from pymacaron.deploy import aws, deployment  # see above

    account = deployment.account_of(os.curdir, stage, aws.connect, version=version, tell=teller(as_json=as_json))
    with account.asking():
        yield account


def teller(*, as_json: bool) -> Callable[[str, str], None]:
    """What tells of a deployment, kind and text of each event."""
    from pymacaron.deploy import progress  # see above

    if as_json:
        return progress.events(click.echo, time.time)
    return progress.lines(click.echo, time.time, colours=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def workshop_for(account: Account, base: str | None = None) -> Workshop:
    from pymacaron.deploy.workshop import Here  # see above
    from pymacaron.images import Wish

    wanted = account.wanted
    return Here(
        account.folder, architecture=wanted.architecture, stage=wanted.stage, variables=dict(wanted.variables),
        secrets=account.secrets, say=lambda line: account.tell("event", line), wish=Wish(base=base),
    )  # fmt: skip


class _Ended(KeyboardInterrupt):
    """A signal has come that ends the process. What is under way clears up behind itself, as with Ctrl-C."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C leaves everything as it is at AWS, and says how to go on; likewise the end of a job (SIGTERM) and of a
    terminal (SIGHUP). Nothing is left behind on this machine."""

    def end(number: int, _frame: object) -> None:
        raise _Ended(number)

    is_main = threading.current_thread() is threading.main_thread()
    fatal = [one for one in (signal.SIGTERM, signal.SIGHUP) if is_main and signal.getsignal(one) is signal.SIG_DFL]
    for number in fatal:  # not for one that is ignored, as by nohup
        signal.signal(number, end)
    try:
        yield
    except KeyboardInterrupt as error:
        click.echo(
            "\ninterrupted; AWS finishes what it has started; continue with `pymacaron deploy --resume`", err=True
        )
        sys.exit(128 + error.args[0] if isinstance(error, _Ended) else CTRL_C)
    finally:
        for number in fatal:
            signal.signal(number, signal.SIG_DFL)
