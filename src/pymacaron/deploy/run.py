"""A deployment under way: what its steps share, and how they make calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from pymacaron.config import redact

from .aws import Aws, Refused, Throttled, Uncertain
from .bundle import Bundle, bundle_of
from .journal import Journal
from .lock import Lock
from .mirror import Mirror, folder_of
from .observe import Environment, environments_of
from .refusals import cure_of
from .resources import Wanted
from .steps import ApiCall, Plan, Step, filled
from .waiting import Watch

_T = TypeVar("_T")
_ATTEMPTS = 8
_LOOKS = 12  # until what was made has to show
_LOOK = 5.0  # seconds between them


class StepFailed(Exception):
    """A step has failed, and it is known how things stand."""


class Unclear(Exception):
    """It is not known how things stand, so that nothing more may be done without a look."""


class Door(NamedTuple):
    """How a service is reached: which host is meant, and where to connect to for it.

    Attributes:
        host: in the URL, the Host header and, with https, on the certificate.
        address: a name or an address, with a port where it is not the scheme's.
    """

    scheme: str
    host: str
    address: str


class Workshop(Protocol):
    """What is done on this machine. Each method raises StepFailed."""

    def unit_tests(self) -> None: ...

    def build(self) -> str:
        """Build the image; its id here."""

    def image_tests(self, image: str) -> None: ...

    def push(self, image: str, repository: str, aws: Aws) -> str:
        """Send it to the registry; the repository with the image's digest."""

    def tests(self, door: Door) -> None:
        """The acceptance tests."""

    def container(self, door: Door) -> str:
        """What the service calls its container, in its answer to GET /version."""


@dataclass
class Run:
    """Everything that the steps of a deployment need.

    Attributes:
        secrets: values of variables; given to one call alone.
        tell: is told what happens: kind and text.
        given: what steps have given to later ones, by names such as "green.id".
        intents: steps that calls were made for before this process began.
        bucket: where lock, bundles, record and copies of the journal are.
        adopts: is a lock ours that another process of this deployment has?
    """

    aws: Aws
    wanted: Wanted
    plan: Plan
    journal: Journal
    workshop: Workshop
    account: str
    bucket: str
    repository: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str, str], object] = lambda kind, text: None
    given: dict[str, str] = field(default_factory=dict)
    intents: frozenset[str] = frozenset()
    owner: str = ""
    lock_patience: float = 0.0
    adopts: bool = True

    def __post_init__(self) -> None:
        where = {"Bucket": self.bucket, "Key": f"{self.wanted.folder}/lock.json"}
        self.lock = Lock(
            self.aws, where, holder=self.plan.deploy_id, owner=self.owner, change=self._change_lock, adopts=self.adopts
        )
        key = f"{folder_of(self.wanted)}/{self.plan.deploy_id}.jsonl"
        self.journal.mirror = Mirror(self.aws, self.bucket, key, lambda text: self.tell("note", text))
        self.step = ""

    def take_lock(self) -> None:
        self.lock.take(lambda text: self.tell("note", text), wait=self.lock_patience)

    def _change_lock(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        shown = {**parameters, "Body": "${lock}"} if "Body" in parameters else parameters
        return self._made(self.step or "lock", ApiCall.of(operation, shown), parameters)

    def give(self, **values: str) -> None:
        """Let later steps, and those of another process, have values."""
        named = {name.replace("_", ".", 1): value for name, value in values.items()}
        self.given.update(named)
        self.journal.write(self.aws.clock.time(), "given", values=named)

    @property
    def bundle(self) -> Bundle:
        return bundle_of(self.wanted, self.given["image.reference"])

    def change(self, step: Step, call: ApiCall, **instead: Any) -> dict[str, Any]:
        """Make a call of a step, with what is known by now in place of references; `instead` are parameters that no
        plan can hold."""
        parameters = filled(call.parameters, self._known, self._secret)
        return self._made(step.name, call, {**parameters, **instead})

    def _made(self, step: str, call: ApiCall, parameters: dict[str, Any]) -> dict[str, Any]:
        clock = self.aws.clock
        self.journal.intent(clock.time(), step, call)
        try:
            answer = self.aws.change(call.operation, parameters)
        except (Refused, Uncertain) as error:
            said = redact(str(error))
            self.journal.result(clock.time(), step, call.operation, said=said)
            raise
        request = str(answer.get("ResponseMetadata", {}).get("RequestId", ""))
        self.journal.result(clock.time(), step, call.operation, said="done", request_id=request)
        return answer

    def _known(self, name: str) -> str:
        return self.given.get(name, f"${{{name}}}")

    def _secret(self, names: list[str]) -> str:
        missing = [name for name in names if name not in self.secrets]
        if missing:
            raise StepFailed(
                f"{', '.join(missing)} of env_secrets is not set in this environment; export it and resume"
            )
        return json.dumps({name: self.secrets[name] for name in names})

    def once(self, step: Step, call: ApiCall, probe: Callable[[], _T | None], **instead: Any) -> _T:
        """Let something be: what `probe` finds, else the call, until it finds it. A call that was heard is not made a
        second time, whatever became of its answer.

        Raises:
            StepFailed: AWS refuses it.
        """
        last, is_perhaps_done = "", step.name in self.intents
        for attempt in range(1, _ATTEMPTS + 1):
            found = self._found(probe, looks=3 if attempt > 1 or is_perhaps_done else 1)
            if found is not None:
                return found
            try:
                self.change(step, call, **instead)
            except Throttled as error:
                last = str(error)
                self.aws.pause(attempt)
            except Uncertain as error:
                last, is_perhaps_done = str(error), True
            except Refused as error:  # perhaps since it is there, and shows late
                found = self._found(probe, looks=_LOOKS) if is_perhaps_done and not error.is_denial else None
                if found is None:
                    raise StepFailed(self.advice(error)) from error
                return found
            else:
                found = self._found(probe, looks=_LOOKS)
                if found is not None:
                    return found
                raise Unclear(f"AWS accepted {call.operation}, but its result does not show")
        raise StepFailed(f"{last}: gave up after {_ATTEMPTS} attempts")

    def _found(self, probe: Callable[[], _T | None], *, looks: int) -> _T | None:
        for look in range(looks):
            if look:
                self.aws.clock.sleep(_LOOK)
            found = probe()
            if found is not None:
                return found
        return None

    def advice(self, error: Refused) -> str:
        """What AWS says, and where a permission is missing, the statement that gives it."""
        return f"{error}; {cure_of(self.aws, self.wanted, error, self.account)}" if error.is_denial else str(error)

    def watch(self, ident: str, since: float | None = None) -> Watch:
        """An environment, watched, with its events since a time; the lock gets signs of life meanwhile."""
        return Watch(self.aws, ident, tell=lambda text: self.tell("event", text), meanwhile=self.lock.beat, since=since)

    def environment(self, name: str) -> Environment | None:
        """The environment of a name, None if there is none."""
        return next((one for one in environments_of(self.aws, self.wanted) if one.name == name), None)

    def green_door(self, one: Environment) -> Door:
        """To its own load balancer, where callers do not come yet; asked for the host that they will ask for."""
        host = self.wanted.live_host if self.wanted.certificate else one.cname
        return Door(self.wanted.scheme, host, one.endpoint or one.cname)

    def live_door(self) -> Door:
        """To where the live address leads."""
        host = self.wanted.live_host if self.wanted.certificate else self.wanted.cname
        return Door(self.wanted.scheme, host, self.wanted.cname)
