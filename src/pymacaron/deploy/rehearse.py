"""A whole deployment without AWS: the image really runs, behind load balancers of this machine with real encryption,
and the second environment takes over from the first."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from pymacaron.config import Config
from pymacaron.containers import Engine
from pymacaron.exceptions import DeployError, EngineError
from pymacaron.images import Wish
from pymacaron.images.versions import repository_of, revision_of, version_of

try:
    from pymacaron.rehearsal import Rehearsal
    from pymacaron.rehearsal.certificates import Authority
except ImportError:
    raise DeployError("a rehearsal needs more libraries; run: pip install 'pymacaron[aws,rehearse]'") from None

from .aws import OPTIONS, Aws, WallClock
from .deployment import Account, carry_out, deployment, read_config
from .exit_codes import ATTENTION, DONE
from .registry import reference_of
from .resources import OFF, Wanted, wanted_of
from .run import Door
from .setup import calls_of, set_up
from .workshop import Here

_PACE = 0.02  # how long Elastic Beanstalk takes, compared with the real one; whoever waits for it looks sooner, too
_MADE_UP = "made-up-for-the-rehearsal"  # secrets that are not set here
_TRUSTED = "SSL_CERT_FILE"  # OpenSSL looks there
_BEFORE = "before"  # behind the version of what is live first, where that is made of the same files; and its tag
_FOLDER = os.path.join(".pym", "rehearsal")  # what is written down of the last one: calls, and journals


class Scene(NamedTuple):
    """What is played.

    Attributes:
        folder: of the project that is deployed beside what is live.
        before: of what is live then, such as a worktree with the last release; "": the same, as another version.
        wish: how the images are made.
        variables: of the containers, beyond those of the configuration, such as where other services are.
        network: of the containers; None: the engine's own.
        watch: minutes, as for a deployment; they pass as quickly as everything else here.
        canary: percent of the callers who get the second version first, in place; 0: it comes beside.
        script: what goes wrong while the second version comes, as for a Rehearsal.
    """

    folder: str
    before: str = ""
    wish: Wish = Wish()
    variables: Mapping[str, str] = {}
    network: str | None = None
    watch: int | None = None
    canary: int = 0
    script: tuple[dict[str, object], ...] = ()


def rehearse(config: Config, scene: Scene, *, stage: str, version: str, tell: Callable[[str, str], object]) -> int:
    """Deploy what is live before, then the project of a folder beside it; DONE.

    Args:
        version: of the project.

    Raises:
        DeployError: it would fail at AWS, too; `exit_code` as for a deployment.
    """
    engine = Engine.find(network=scene.network)
    wanted = _with_variables(wanted_of(config, stage=stage, version=version), scene)
    first = _first_of(scene, wanted, config)
    began, place = time.monotonic(), _emptied(scene.folder)
    with Rehearsal(engine=engine, region=wanted.region, pace=_PACE, record=place / "calls.jsonl") as cloud:
        aws = Aws(lambda service: cloud.client(service, config=OPTIONS), _Clock())
        furnished = _furnished(cloud, aws, wanted, tell)
        minutes = (wanted.watch_minutes if scene.watch is None else scene.watch) * _PACE
        theatre = _Theatre(cloud, aws, engine, str(place), furnished, minutes, tell)
        with _trusting(str(cloud.ca_file)), theatre.cleared():
            where = "in place" if scene.canary else "beside it"
            theatre.deploy(first, unit_tests=not scene.before)
            tell("note", f"{theatre.live()} is live; now {wanted.version or 'the next version'} {where}")
            cloud.tell(list(scene.script))
            second = _Part(config, wanted, scene.wish._replace(folder=scene.folder))
            theatre.under_load(second, unit_tests=bool(scene.before), canary=scene.canary)
        seconds = time.monotonic() - began
        tell("done", f"the rehearsal has ended after {seconds:.0f} s, {theatre.building:.0f} s of them for images")
    return DONE


def _emptied(folder: str) -> Path:
    """Where it is written down what happens; git does not see it."""
    place = Path(folder, _FOLDER)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / ".gitignore").write_text("*\n", "utf-8")
    return place


class _Clock(WallClock):
    """Waits as much shorter as things take."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds * _PACE)


class _Part(NamedTuple):
    """A version that is deployed."""

    config: Config
    wanted: Wanted
    wish: Wish


def _with_variables(wanted: Wanted, scene: Scene) -> Wanted:
    return replace(wanted, variables=tuple(sorted({**dict(wanted.variables), **scene.variables}.items())))


def _first_of(scene: Scene, wanted: Wanted, config: Config) -> _Part:
    """What is live before.

    Raises:
        DeployError: it is another service.
    """
    wish = scene.wish._replace(tags=(f"{repository_of(wanted.name)}:{_BEFORE}",))
    if not scene.before:
        version = f"{wanted.version}-{_BEFORE}".lstrip("-")
        return _Part(config, replace(wanted, version=version), wish._replace(folder=scene.folder, mark=f"-{_BEFORE}"))
    theirs = read_config(scene.before, wanted.stage)
    version = version_of(revision_of(scene.before), "").rstrip("-")
    before = _with_variables(wanted_of(theirs, stage=wanted.stage, version=version), scene)
    if (before.name, before.region, before.prefix) != (wanted.name, wanted.region, wanted.prefix):
        cure = "name a folder with an earlier version of this service"
        raise DeployError(f"{scene.before} is {before.name} in {before.region}, another service; {cure}")
    return _Part(theirs, before, wish._replace(folder=scene.before))


class _Builder(Here):
    """This machine, with what it builds, and the seconds that this takes."""

    building = 0.0
    built = ""

    def build(self) -> str:
        began = time.monotonic()
        self.built = super().build()
        self.building = time.monotonic() - began
        return self.built


@dataclass
class _Theatre:
    """Where deployments are rehearsed, and what they share.

    Attributes:
        furnished: a service with what there is here: repository and certificate.
        watch: minutes for which what has gone live is watched.
        building: seconds for images.
    """

    cloud: Rehearsal
    aws: Aws
    engine: Engine
    place: str
    furnished: Wanted
    watch: float
    tell: Callable[[str, str], object]
    building: float = 0.0
    names: list[str] = field(default_factory=list)  # of images, that nobody needs afterwards

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Leave no image behind but the one that is deployed last."""
        try:
            yield
        finally:
            for name in self.names:
                with suppress(EngineError):
                    self.engine.remove_image(name)

    def deploy(self, part: _Part, **order: Any) -> None:
        wanted = replace(part.wanted, repository=self.furnished.repository, certificate=self.furnished.certificate)
        secrets = {name: os.environ.get(name) or _MADE_UP for name in wanted.secrets}
        account = Account(part.config, wanted, self.aws, secrets, self.place, self.tell)
        builder = self._builder(part.wish, wanted, secrets)
        made, found = deployment(account, watch=self.watch, **order)
        try:
            carry_out(account, made, found, builder)
        finally:
            self.building += builder.building
            self.names += [reference_of(builder.built, found.registry), *part.wish.tags] if builder.built else []

    def _builder(self, wish: Wish, wanted: Wanted, secrets: Mapping[str, str]) -> _Builder:
        return _Builder(
            wish.folder, architecture=wanted.architecture, stage=wanted.stage, variables=dict(wanted.variables),
            secrets=secrets, say=lambda line: self.tell("event", line), addresses=self.cloud.address,
            wish=wish, engine=self.engine,
        )  # fmt: skip

    def under_load(self, part: _Part, **order: Any) -> None:
        """Deploy while somebody asks what is live.

        Raises:
            DeployError: that has failed, or requests were lost.
        """
        failed = None
        with self.cloud.load(part.wanted.cname) as load:
            try:
                self.deploy(part, **order)
            except DeployError as error:
                failed = error
        lost = load.asked - load.answers[200]
        self.tell("note", f"meanwhile, the live version was sent {load.asked} requests; {lost} were lost")
        self.tell("note", f"{part.wanted.cname} answers as {self.live()}")
        if lost:
            raise DeployError(
                "requests were lost while the second version was deployed", exit_code=ATTENTION
            ) from failed
        if failed:
            raise failed

    def live(self) -> str:
        """What the live service calls its container."""
        wanted = self.furnished
        return self._builder(Wish(), wanted, {}).container(Door(wanted.scheme, wanted.live_host, wanted.cname))


def _furnished(cloud: Rehearsal, aws: Aws, wanted: Wanted, tell: Callable[[str, str], object]) -> Wanted:
    """Let the account have what `pymacaron aws setup` makes, and what the configuration names; with a certificate, so
    that encryption is rehearsed, too. Images go to a registry of this machine only."""
    wanted = replace(wanted, repository=wanted.name.lower(), certificate=_certificate(cloud, wanted))
    account = str(aws.read("sts.GetCallerIdentity")["Account"])
    set_up(aws, wanted, list(calls_of(wanted, account=account)), account, lambda line: tell("event", line))
    if wanted.key_pair:
        cloud.client("ec2").create_key_pair(KeyName=wanted.key_pair)
    if wanted.dns != OFF and wanted.host.count(".") > 1:
        zone = wanted.host.partition(".")[2]
        cloud.client("route53").create_hosted_zone(Name=zone, CallerReference=zone)
    if wanted.bucket:
        where = {} if wanted.region == "us-east-1" else {"LocationConstraint": wanted.region}
        more = {"CreateBucketConfiguration": where} if where else {}
        cloud.client("s3").create_bucket(Bucket=wanted.bucket, **more)
    return wanted


def _certificate(cloud: Rehearsal, wanted: Wanted) -> str:
    """The ARN of a certificate for the live host."""
    with tempfile.TemporaryDirectory() as folder:
        Authority(Path(folder)).context([wanted.host])
        text = Path(folder, "0.pem").read_text("ascii")
    key, certificate = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", text, re.DOTALL)
    said = cloud.client("acm").import_certificate(Certificate=certificate.encode(), PrivateKey=key.encode())
    return str(said["CertificateArn"])


@contextmanager
def _trusting(file: str) -> Iterator[None]:
    """Trust the authority of the rehearsal, and no other, in this process and those that it starts."""
    before = os.environ.get(_TRUSTED)
    os.environ[_TRUSTED] = file
    try:
        yield
    finally:
        if before is None:
            del os.environ[_TRUSTED]
        else:
            os.environ[_TRUSTED] = before
