"""How a rehearsal goes wrong when it is told to: which calls are refused, late, or never answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Literal

from .account import OUTCOMES, Account
from .protocol import SERVICE, Refusal

# Codes of errors that AWS sends whatever is called: HTTP status, message.
ERRORS: dict[str, tuple[int, str]] = {
    "Throttling": (400, "Rate exceeded"),
    "RequestLimitExceeded": (503, "Request limit exceeded."),
    "ServiceUnavailable": (503, "The service is unavailable. Please retry."),
    "InternalFailure": (500, "The request processing has failed because of an unknown error."),
    "AccessDenied": (403, "User: arn:aws:iam::{number}:user/rehearsal is not authorized to perform: {action}"),
    "InsufficientPrivilegesException": (403, "Access denied: the caller may not use what {action} needs."),
    "ExpiredToken": (403, "The security token included in the request is expired"),
    "OptInRequired": (403, "The AWS Access Key Id needs a subscription for the service"),
}
READS = (
    "Describe",
    "List",
    "Get",
    "Check",
    "Validate",
    "Retrieve",
    "Request",
    "Head",
    "Filter",
    "BatchGet",
    "Search",
    "Simulate",
)
_KINDS = ("throttle", "unavailable", "delay", "drop", "lost")


class Mistaken(ValueError):
    """A rule, or another message to the rehearsal itself, that it does not understand. Its text says what to write."""


def is_mutation(operation: str) -> bool:
    return not operation.startswith(READS)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call: it is refused, comes late by `delay` seconds, or its connection ends without an
    answer, `before` anything is done or `after` everything is."""

    error: str | None = None
    status: int | None = None
    message: str | None = None
    delay: float = 0.0
    drop: Literal["before", "after"] | None = None

    def refusal(self, account: Account, service: str, operation: str) -> Refusal | None:
        if self.error is None:
            return None
        status, text = ERRORS.get(self.error, (400, f"{self.error}, as the rehearsal was told."))
        filled = text.format(number=account.number, action=f"{service}:{operation}")
        return Refusal(self.error, self.message or filled, self.status or status)


@dataclass(slots=True)
class Rule:
    """`fault` for the calls that fit, from the `call`-th one on, `times` times (0: each time)."""

    fault: Fault
    service: str = SERVICE
    operation: str = "*"
    call: int = 1
    times: int = 1
    seen: int = 0

    def strikes(self, service: str, operation: str) -> bool:
        if not (fnmatchcase(service, self.service) and fnmatchcase(operation, self.operation)):
            return False
        self.seen += 1
        return self.seen >= self.call and (not self.times or self.seen < self.call + self.times)


class Chance:
    """Faults drawn for each call, in the same way for the same seed and the same calls; `most` of them all together."""

    def __init__(self, *, seed: int, rate: float, kinds: Iterable[str] = _KINDS, most: int = 100) -> None:
        self._random = Random(seed)  # noqa: S311 - has to be the same each time
        self._rate, self._kinds, self._left = rate, list(kinds), most
        if unknown := set(self._kinds) - set(_KINDS):
            raise Mistaken(f"no fault is called {', '.join(sorted(unknown))}: there are {', '.join(_KINDS)}")

    def draw(self) -> Fault | None:
        number, kind = self._random.random(), self._random.choice(self._kinds)
        if number >= self._rate or self._left <= 0:
            return None
        self._left -= 1
        return {
            "throttle": Fault(error="Throttling"),
            "unavailable": Fault(error="ServiceUnavailable"),
            "delay": Fault(delay=round(number, 3)),
            "drop": Fault(drop="before"),
            "lost": Fault(drop="after"),
        }[kind]


class Script:
    """All that is to go wrong with calls."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.chance: Chance | None = None

    def faults(self, service: str, operation: str) -> list[Fault]:
        struck = [rule.fault for rule in self.rules if rule.strikes(service, operation)]
        drawn = self.chance.draw() if self.chance else None
        return [*struck, drawn] if drawn else struck

    def clear(self) -> None:
        self.rules, self.chance = [], None


_FAULT = {"error": str, "status": int, "message": str, "delay": (int, float), "drop": str}
_RULE = {"service": str, "operation": str, "call": int, "times": int}
_RANDOM = {"seed": int, "rate": (int, float), "kinds": list, "most": int}


def tell(account: Account, script: Script, wanted: Any) -> None:
    """Adds what `wanted` describes: a rule for calls, `{"random": …}`, `{"outcome": …, "environment": …}` or
    `{"quota": {…}}`; or a list of these. Raises Mistaken, and then has added nothing of that one."""
    if isinstance(wanted, list):
        for one in wanted:
            tell(account, script, one)
    elif not isinstance(wanted, dict):
        raise Mistaken("a rule is an object, or a list of them")
    elif "random" in wanted:
        script.chance = Chance(**{"seed": 0, "rate": 0.1, **_checked(wanted["random"], _RANDOM)})
    elif "outcome" in wanted:
        _tell_outcome(account, wanted)
    elif "quota" in wanted:
        account.quotas.update(_checked(wanted["quota"], dict.fromkeys(account.quotas, int)))
    else:
        script.rules.append(_rule(wanted))


def _tell_outcome(account: Account, wanted: dict[str, Any]) -> None:
    if wanted["outcome"] not in OUTCOMES:
        raise Mistaken(f"outcome is one of {', '.join(OUTCOMES)}")
    account.outcomes.append((str(wanted.get("environment", "*")), wanted["outcome"]))


def _rule(wanted: dict[str, Any]) -> Rule:
    checked = _checked(wanted, _FAULT | _RULE)
    if not checked.keys() & {"error", "delay", "drop"}:
        raise Mistaken("a rule has an error, a delay, or a drop")
    if checked.get("drop", "before") not in {"before", "after"}:
        raise Mistaken("drop is before or after: the answer alone is lost")
    fault = Fault(**{name: value for name, value in checked.items() if name in _FAULT})
    return Rule(fault, **{name: value for name, value in checked.items() if name in _RULE})


def _checked(wanted: Any, kinds: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(wanted, dict) or wanted.keys() - kinds.keys():
        raise Mistaken(f"here stand only {', '.join(kinds)}")
    for name, value in wanted.items():
        if not isinstance(value, kinds[name]):
            raise Mistaken(f"{name} is of another type")
    return wanted
