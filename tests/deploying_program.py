"""A program that deploys to a rehearsal, for tests that kill it: `deploying_program.py FOLDER PROXY WHAT`. What is
`resume`, the digest of an image, or `canary:` and that."""

from __future__ import annotations

import os
import sys
import time

from clouds import shop, wanted

from pymacaron.deploy.aws import Aws, WallClock, connect
from pymacaron.deploy.deployment import Account, carry_out, deployment
from pymacaron.deploy.resuming import go_on
from pymacaron.deploy.run import Door
from pymacaron.deploy.workshop import Here
from pymacaron.exceptions import DeployError

_HASTE = 20  # looks at AWS come so many times more often: the rehearsal is quicker, too


class QuickClock(WallClock):
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / _HASTE)


class Nearby(Here):
    """This machine, with the load balancers of the rehearsal. There is no image, and there are no acceptance tests."""

    def tests(self, door: Door) -> None:
        self.container(door)


def main(folder: str, proxy: str, what: str) -> int:
    workshop = Nearby(
        folder, architecture="x86_64", stage="live", variables={}, secrets={}, say=print, addresses=lambda _: proxy
    )  # fmt: skip
    aws: Aws = connect(shop(), QuickClock(), os.environ)
    account = Account(shop(), wanted(), aws, {}, folder, lambda kind, text: print(kind, text, flush=True))
    if what == "resume":
        return go_on(account, workshop)
    kind, _, digest = what.rpartition(":")
    image = f"shop@sha256:{digest}"
    made, found = deployment(account, image=image, unit_tests=False, canary=25 if kind else 0)
    return carry_out(account, made, found, workshop, image=image)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except DeployError as error:
        print(error)
        sys.exit(error.exit_code)
