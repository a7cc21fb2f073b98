"""A whole deployment without AWS: the image really runs, behind load balancers of this machine with real encryption,
and the second environment takes over from the first."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pymacaron.config import Config
from pymacaron.containers import Engine
from pymacaron.exceptions import DeployError
from pymacaron.images import Wish

try:
    from pymacaron.rehearsal import Rehearsal
    from pymacaron.rehearsal.certificates import Authority
except ImportError:
    raise DeployError("a rehearsal needs more libraries; run: pip install 'pymacaron[aws,rehearse]'") from None

from .aws import OPTIONS, Aws
from .deployment import Account, carry_out, deployment
from .execute import DONE
from .resources import Wanted, wanted_of
from .setup import calls_of, set_up
from .workshop import Here

_PACE = 0.05  # how long Elastic Beanstalk takes, compared with the real one
_MADE_UP = "made-up-for-the-rehearsal"  # secrets that are not set here
_TRUSTED = "SSL_CERT_FILE"  # OpenSSL looks there


def rehearse(
    config: Config, *, stage: str, folder: str, version: str, tell: Callable[[str, str], object],
    wish: Wish | None = None, watch: int | None = None,
    script: tuple[dict[str, object], ...] = (),
) -> int:  # fmt: skip
    """Deploy the project of a folder twice, the second time beside the first; DONE.

    Args:
        watch: minutes, as for a deployment; they pass as quickly as everything else here.
        script: what is to go wrong, as for a Rehearsal.

    Raises:
        DeployError: it would fail at AWS, too; `exit_code` as for a deployment.
    """
    engine = Engine.find()
    wanted = wanted_of(config, stage=stage, version=version)
    with Rehearsal(engine=engine, region=wanted.region, pace=_PACE) as cloud, tempfile.TemporaryDirectory() as place:
        aws = Aws(lambda service: cloud.client(service, config=OPTIONS))
        wanted = _furnished(cloud, aws, wanted, Path(place), tell)
        secrets = {name: os.environ.get(name) or _MADE_UP for name in wanted.secrets}
        account = Account(config, wanted, aws, secrets, place, tell)
        variables = {**dict(wanted.variables), **secrets, "PYM_ENV": stage}
        workshop = Here(
            folder, architecture=wanted.architecture, variables=variables, say=lambda line: tell("event", line),
            addresses=cloud.address, wish=wish or Wish(folder), engine=engine,
        )  # fmt: skip
        minutes = (wanted.watch_minutes if watch is None else watch) * _PACE
        with _trusting(str(cloud.ca_file)):
            made, found = deployment(account, watch=minutes)
            carry_out(account, made, found, workshop)
            tell("note", f"{made.green} is live; now the same again, beside it")
            cloud.tell(list(script))
            with cloud.load(wanted.cname) as load:
                made, found = deployment(account, image=workshop.pushed, unit_tests=False, watch=minutes)
                carry_out(account, made, found, workshop, image=workshop.pushed)
            tell("note", f"meanwhile, {load.asked} requests came for what is live; {load.lost} of them were lost")
            if load.lost:
                raise DeployError("requests were lost while the second environment took over", exit_code=7)
        tell("done", "the rehearsal has ended; nothing of it is left")
    return DONE


def _furnished(cloud: Rehearsal, aws: Aws, wanted: Wanted, folder: Path, tell: Callable[[str, str], object]) -> Wanted:
    """Let the account have what `pymacaron aws setup` makes, and what the configuration names; with a certificate, so
    that encryption is rehearsed, too. Images go to a registry of this machine only."""
    wanted = replace(wanted, repository=wanted.name.lower(), certificate=_certificate(cloud, wanted, folder))
    account = str(aws.read("sts.GetCallerIdentity")["Account"])
    set_up(aws, wanted, list(calls_of(wanted, account=account)), account, lambda line: tell("event", line))
    if wanted.key_pair:
        cloud.client("ec2").create_key_pair(KeyName=wanted.key_pair)
    if wanted.bucket:
        where = {} if wanted.region == "us-east-1" else {"LocationConstraint": wanted.region}
        more = {"CreateBucketConfiguration": where} if where else {}
        cloud.client("s3").create_bucket(Bucket=wanted.bucket, **more)
    return wanted


def _certificate(cloud: Rehearsal, wanted: Wanted, folder: Path) -> str:
    """The ARN of a certificate for the live host."""
    Authority(folder).context([wanted.live_host.partition(":")[0]])
    key, certificate = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", (folder / "0.pem").read_text("ascii"), re.DOTALL)
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
