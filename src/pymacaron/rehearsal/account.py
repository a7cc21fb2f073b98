"""What an account of AWS has of Elastic Beanstalk in one region: applications with their versions and templates,
environments, events; and the ways in which a rehearsal is told to go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Literal, Protocol

from .clock import Clock
from .options import Settings
from .protocol import Refusal, invalid

Severity = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
# Seconds that operations take at AWS, about; a rehearsal multiplies them with its pace.
DURATIONS = {
    "launch": 240,
    "update": 120,
    "swap": 6,
    "terminate": 120,
    "process": 10,
    "tail": 10,
    "restart": 30,
    "tags": 20,
}
QUOTAS = {"applications": 75, "versions": 1000, "environments": 200, "templates": 2000}
OUTCOMES = (
    "launch-fails", "launch-with-errors", "launch-never-ends", "red-after-swap", "update-fails", "canary-fails",
    "terminate-fails",
)  # fmt: skip

_APART = timedelta(milliseconds=2)


@dataclass(slots=True)
class Version:
    """An application version. `bucket` and `key` are where its source bundle is, if it has one."""

    label: str
    description: str
    created: datetime
    updated: datetime
    bucket: str | None
    key: str | None
    tags: dict[str, str]
    status: str
    repository: dict[str, str] | None = None


@dataclass(slots=True)
class Template:
    name: str
    description: str
    platform: str
    settings: Settings
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Application:
    name: str
    description: str
    created: datetime
    updated: datetime
    tags: dict[str, str]
    versions: dict[str, Version] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    lifecycle: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Environment:
    """An environment. `operation` is the request that it is busy with; `endpoint` is its load balancer's name."""

    id: str
    name: str
    application: str
    platform: str  # version of the platform
    tier: dict[str, str]
    cname: str
    settings: Settings
    tags: dict[str, str]
    created: datetime
    updated: datetime
    version: str | None = None
    description: str = ""
    template: str | None = None
    operations_role: str | None = None
    endpoint: str = ""
    status: str = "Launching"
    health: str = "Grey"
    health_status: str = "Pending"
    causes: list[str] = field(default_factory=list)
    operation: str | None = None
    before: tuple[str | None, Settings] | None = None  # version and settings, while an update can be aborted
    splits: bool = False  # does a new version get a share of the requests?
    deployments: int = 0
    ended: datetime | None = None
    information: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        return self.status != "Terminated"

    @property
    def is_enhanced(self) -> bool:
        return self.settings.get(("aws:elasticbeanstalk:healthreporting:system", "SystemType")) == "enhanced"

    def turn(self, health: str, status: str, *causes: str) -> None:
        """Has this health, seen from outside (a colour) and by its instances (a word)."""
        self.health, self.health_status, self.causes = health, status, list(causes)


@dataclass(frozen=True, slots=True)
class Event:
    number: int
    at: datetime
    message: str
    severity: Severity
    request_id: str | None
    application: str
    environment: tuple[str, str] | None  # name, id
    version: str | None


class Runner(Protocol):
    """Runs what environments are to run."""

    def launch(self, environment: Environment, version: Version | None) -> None:
        """Begins to run `version`, or to replace what the environment runs; `standing` tells how it goes."""

    def share(self, environment: Environment, version: Version | None, percent: int) -> None:
        """Begins to run `version` beside what runs; it gets so many of a hundred requests; `standing` tells how it
        goes."""

    def settle(self, environment: Environment, *, new: bool) -> None:
        """All requests go to what runs beside from now on, or none."""

    def standing(self, environment: Environment) -> Literal["starting", "serving"] | Exception:
        """An exception says why it does not run."""

    def route(self, environments: list[Environment]) -> None:
        """The names of these lead to them from now on."""

    def stop(self, environment: Environment) -> None:
        """It gets no more requests, and ends when those are answered that are under way."""

    def log(self, environment: Environment) -> str:
        """The end of what its programs have printed."""


class Imagined:
    """Environments that run nothing, and always well."""

    def launch(self, environment: Environment, version: Version | None) -> None:
        pass

    def share(self, environment: Environment, version: Version | None, percent: int) -> None:
        pass

    def settle(self, environment: Environment, *, new: bool) -> None:
        pass

    def standing(self, environment: Environment) -> Literal["starting", "serving"] | Exception:
        return "serving"

    def route(self, environments: list[Environment]) -> None:
        pass

    def stop(self, environment: Environment) -> None:
        pass

    def log(self, environment: Environment) -> str:
        return "nothing runs in this environment\n"


class Bundles(Protocol):
    """Where source bundles are read."""

    def has(self, bucket: str, key: str) -> bool: ...

    def delete(self, bucket: str, key: str) -> None: ...

    def make(self, bucket: str) -> None: ...


class Account:
    """`pace` is how long things take, compared with AWS: 0 for no time at all. The same `seed` gives the same ids."""

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        number: str = "123456789012",
        clock: Clock | None = None,
        pace: float = 0.0,
        seed: int = 0,
        runner: Runner | None = None,
        bundles: Bundles | None = None,
    ) -> None:
        self.region, self.number, self.pace = region, number, pace
        self.clock = clock or Clock()
        self.runner = runner or Imagined()
        self.bundles = bundles
        self.has_profile: Callable[[str], bool] = lambda name: True  # is there an instance profile of this name?
        self.quotas = dict(QUOTAS)
        self.applications: dict[str, Application] = {}
        self.environments: list[Environment] = []
        self.events: list[Event] = []
        self.address = ""  # of the rehearsal, once it has one
        self.outcomes: list[tuple[str, str]] = []  # pattern of names, one of OUTCOMES
        self._random = Random(seed)  # noqa: S311 - it makes ids, no secrets

    # --- ids and names

    def letters(self, length: int) -> str:
        return "".join(self._random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=length))

    def request_id(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}", digits[20:]))

    def arn(self, kind: str, *names: str) -> str:
        return f"arn:aws:elasticbeanstalk:{self.region}:{self.number}:{kind}/{'/'.join(names)}"

    def domain(self, prefix: str) -> str:
        return f"{prefix.lower()}.{self.region}.elasticbeanstalk.com"

    @property
    def registry(self) -> str:
        """The host of ECR."""
        return f"{self.number}.dkr.ecr.{self.region}.amazonaws.com"

    @property
    def bucket(self) -> str:
        return f"elasticbeanstalk-{self.region}-{self.number}"

    # --- what is there

    def application(self, name: str) -> Application:
        if found := self.applications.get(name):
            return found
        raise invalid(f"No Application named '{name}' found.")

    def version(self, application: str, label: str) -> Version:
        if found := self.application(application).versions.get(label):
            return found
        raise invalid(f"No Application Version named '{label}' found.")

    def environment(self, params: dict[str, Any], of: str = "", *, with_ended: bool = False) -> Environment:
        """The environment that parameters of a call name, by id, name or both. `of` stands before their names."""
        id_, name = params.get(f"{of}EnvironmentId"), params.get(f"{of}EnvironmentName")
        if id_ is None and name is None:
            raise Refusal("InvalidParameterCombination", f"Give either {of}EnvironmentId or {of}EnvironmentName.")
        for found in reversed(self.environments):
            if (found.is_there or (with_ended and id_)) and id_ in {None, found.id} and name in {None, found.name}:
                return found
        what, value = (f"{of}EnvironmentId", id_) if id_ else (f"{of}EnvironmentName", name)
        raise invalid(f"No Environment found for {what} = '{value}'.")

    def there(self, application: str | None = None) -> Iterator[Environment]:
        return (e for e in self.environments if e.is_there and application in {None, e.application})

    # --- what happens

    def later(self, kind: str, action: Any, share: float = 1.0) -> None:
        """`action` once this share of the time that such an operation takes has passed."""
        self.clock.later(DURATIONS[kind] * self.pace * share, action)

    def tell(
        self, where: Environment | Application, message: str, request_id: str | None, severity: Severity = "INFO"
    ) -> None:
        """An event of an environment or an application; no two are at the same time, since tools ask for those after
        the last one that they have seen."""
        at = max([self.clock.now(), *(event.at + _APART for event in self.events[-1:])])
        self.events.append(
            Event(
                number=len(self.events) + 1,
                at=at,
                message=message,
                severity=severity,
                request_id=request_id,
                application=where.application if isinstance(where, Environment) else where.name,
                environment=(where.name, where.id) if isinstance(where, Environment) else None,
                version=where.version if isinstance(where, Environment) else None,
            )
        )

    def fails(self, environment: Environment, outcome: str) -> bool:
        """Was the rehearsal told that this happens to the environment?"""
        return any(wanted == outcome and fnmatchcase(environment.name, name) for name, wanted in self.outcomes)

    def refuse_over(self, quota: str, present: int) -> None:
        if present < self.quotas[quota]:
            return
        code = {
            "applications": "TooManyApplicationsException",
            "versions": "TooManyApplicationVersionsException",
            "environments": "TooManyEnvironmentsException",
            "templates": "TooManyConfigurationTemplatesException",
        }[quota]
        raise Refusal(code, f"The limit of {self.quotas[quota]} {quota} of this account and region is reached.")
