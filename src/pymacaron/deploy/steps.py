"""Plans: frozen steps, each with the exact calls that it makes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymacaron._types import Json, JsonObject

_REF, _SECRETS = "$ref", "$secrets"


def ref(name: str, suffix: str = "") -> JsonObject:
    """A value that an earlier step gives, such as "green.id", with what stands behind it."""
    return {_REF: name, "suffix": suffix}


def secrets_of(names: tuple[str, ...]) -> JsonObject:
    """The values of variables that hold secrets, as one JSON text; only the call itself sees them."""
    return {_SECRETS: list(names)}


@dataclass(frozen=True)
class ApiCall:
    """One call of AWS: `service.Operation` and its parameters, as canonical JSON so that it can be compared."""

    operation: str
    text: str

    @classmethod
    def of(cls, operation: str, parameters: Mapping[str, Json]) -> ApiCall:
        return cls(operation, canonical(dict(parameters)))

    @property
    def parameters(self) -> JsonObject:
        found: JsonObject = json.loads(self.text)
        return found

    def shown(self) -> JsonObject:
        """The parameters for people: references as `${name}`, secrets by their names."""
        shown: JsonObject = filled(
            self.parameters, lambda name: f"${{{name}}}", lambda names: f"${{values of {', '.join(names)}}}"
        )
        return shown


@dataclass(frozen=True)
class Step:
    """One thing that is done.

    Attributes:
        kind: which of the DEEDS (deeds.py) does it.
        about: what it is done to: the name of an environment, the label of a version.
        calls: what it may call to change something; what is done already is not called for.
        minutes: how long it usually takes.
    """

    kind: str
    title: str
    calls: tuple[ApiCall, ...] = ()
    minutes: float = 0.0
    about: str = ""

    @property
    def name(self) -> str:
        """What the step is called in the journal: no two of a plan are called the same."""
        return f"{self.kind} {self.about}".strip()

    def to_json(self) -> JsonObject:
        calls: list[Json] = [{"operation": call.operation, "parameters": call.parameters} for call in self.calls]
        return {
            "kind": self.kind, "title": self.title, "minutes": self.minutes, "about": self.about, "calls": calls
        }  # fmt: skip

    @classmethod
    def from_json(cls, said: Any) -> Step:
        calls = tuple(ApiCall.of(one["operation"], one["parameters"]) for one in said["calls"])
        return cls(said["kind"], said["title"], calls, said["minutes"], said["about"])


@dataclass(frozen=True)
class Plan:
    """Everything that a deployment will do, and what it does if something fails.

    Attributes:
        deploy_id: names the deployment, and whatever it makes.
        blue: the id of the environment that is live; "" with none.
        green: the name of the environment that will be.
        state: the checksum of what was observed when the plan was made.
        if_green_fails: steps after a failure before the swap: what is live has not been touched.
        if_live_fails: steps after a failure behind the swap.
        cost: sentences.
    """

    deploy_id: str
    title: str
    blue: str
    green: str
    state: str
    steps: tuple[Step, ...]
    if_green_fails: tuple[Step, ...] = ()
    if_live_fails: tuple[Step, ...] = ()
    cost: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_canary(self) -> bool:
        """Does it update what is live, in place?"""
        return any(step.kind == "canary" for step in self.steps)

    @property
    def minutes(self) -> float:
        return sum(step.minutes for step in self.steps)

    @property
    def hash(self) -> str:
        return checksum(self.to_json())

    def to_json(self) -> JsonObject:
        said: dict[str, Any] = {
            "deploy_id": self.deploy_id, "title": self.title, "blue": self.blue, "green": self.green,
            "state": self.state, "cost": list(self.cost), "warnings": list(self.warnings), "minutes": self.minutes,
        }  # fmt: skip
        for name in ("steps", "if_green_fails", "if_live_fails"):
            said[name] = [step.to_json() for step in getattr(self, name)]
        return said

    @classmethod
    def from_json(cls, said: Any) -> Plan:
        known: dict[str, Any] = {name: said[name] for name in ("deploy_id", "title", "blue", "green", "state")}
        for name in ("steps", "if_green_fails", "if_live_fails"):
            known[name] = tuple(map(Step.from_json, said[name]))
        return cls(**known, cost=tuple(said["cost"]), warnings=tuple(said["warnings"]))

    def calls(self) -> Iterator[ApiCall]:
        """Every call that may be made, on any road through the plan."""
        for step in (*self.steps, *self.if_green_fails, *self.if_live_fails):
            yield from step.calls


def canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def checksum(value: Json) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def filled(value: Any, of_ref: Callable[[str], str], of_secrets: Callable[[list[str]], str]) -> Any:
    """Parameters with references and secrets replaced."""
    if isinstance(value, dict) and _REF in value:
        return of_ref(value[_REF]) + value["suffix"]
    if isinstance(value, dict) and _SECRETS in value:
        return of_secrets(value[_SECRETS])
    if isinstance(value, dict):
        return {key: filled(one, of_ref, of_secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, of_ref, of_secrets) for one in value]
    return value
