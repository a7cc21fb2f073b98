"""What is asked of one deployment, and the names that are made of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .resources import Wanted

_MOST_NAME = 40  # characters of the name of an environment
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
        canary: how many of a hundred callers get the new version first, in the environment that is live; 0: there is
            a new environment.
        watch: for so many minutes it is watched once it is live, and swapped back if it falls ill.
    """

    deploy_id: str
    now: float
    image: str = ""
    secrets: str = NONE
    keep_failed: bool = False
    unit_tests: bool = True
    acceptance_tests: bool = True
    watch: float = 0.0
    canary: int = 0


def new_id(now: float, letters: str) -> str:
    """The name of a deployment: when it began, in UTC, and some letters drawn by chance."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{letters}"


def green_name(wanted: Wanted, deploy_id: str) -> str:
    """What the new environment is called: no two deployments give the same name, which makes creating it safe to try
    again."""
    room = _MOST_NAME - len(deploy_id) - 2
    stage = wanted.stage[: max(4, room - len(wanted.name))]
    return f"{wanted.name.replace('_', '-')[: room - len(stage)].rstrip('-')}-{stage.rstrip('-')}-{deploy_id}"
