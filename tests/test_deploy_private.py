"""Images that not everybody may have: how hosts log in to their registry."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from clouds import Cloud, MortalAws, clouds, wanted
from leaks import secret

from pymacaron.cli import pymacaron as command
from pymacaron.deploy.bundle import bundle_of
from pymacaron.deploy.hooks import registry_of
from pymacaron.deploy.observe import observe
from pymacaron.deploy.order import Order
from pymacaron.deploy.permissions import places_of
from pymacaron.deploy.plan import problems
from pymacaron.deploy.registry import keep_login
from pymacaron.deploy.setup import instance_policy
from pymacaron.exceptions import ConfigurationError

REPOSITORY, SECRET = "docker.io/ann/shop", "pym/shop/registry"
IMAGE = f"{REPOSITORY}@sha256:{'a' * 64}"
PASSWORD = secret("dahlia \"$(id)`\\ 'quartz'-17")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with clouds() as made:
        yield made


def files_of(data: bytes) -> dict[str, tuple[str, int]]:
    """The files of a bundle, with their permissions."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            one.filename: (archive.read(one).decode(), one.external_attr >> 16 & 0o777) for one in archive.infolist()
        }


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


def test_hosts_log_in(tmp_path: Path) -> None:
    """A program in the bundle, run before the image is pulled, logs in with what Secrets Manager has: the password goes
    by standard input, and is in no argument, no output, and not in the bundle. Where it cannot, it fails."""
    asked = wanted(docker_repo=REPOSITORY, docker_secret=SECRET)
    files = files_of(bundle_of(asked, IMAGE).data)
    places = [f".platform/{kind}/prebuild/10_registry.sh" for kind in ("hooks", "confighooks")]
    assert sorted(files) == sorted(["Dockerrun.aws.json", *places])
    (text, mode), (same, _) = (files[place] for place in places)
    assert (text, mode) == (same, 0o755)
    (tmp_path / "said").write_text(json.dumps({"username": "ann", "password": PASSWORD}))
    program(tmp_path, "aws", f'echo "$@" >> {tmp_path}/aws.arguments; cat {tmp_path}/said')
    program(tmp_path, "docker", f'echo "$@" > {tmp_path}/docker.arguments; cat > {tmp_path}/given')
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "given").read_text() == PASSWORD
    assert (tmp_path / "docker.arguments").read_text() == "login --username ann --password-stdin docker.io\n"
    assert f"--region eu-west-1 --secret-id {SECRET} " in (tmp_path / "aws.arguments").read_text()
    program(tmp_path, "aws", "exit 254")
    assert subprocess.run(["bash", "-c", text], env=environment, capture_output=True, check=False).returncode == 254


def test_most_bundles_have_no_program() -> None:
    """Registries that need no password have none; with a worker, the programs stand beside docker-compose.yml."""
    assert list(files_of(bundle_of(wanted(docker_repo=REPOSITORY), IMAGE).data)) == ["Dockerrun.aws.json"]
    both = wanted(docker_repo=REPOSITORY, docker_secret=SECRET, with_async=True, async_broker="redis://cache")
    assert len(files_of(bundle_of(both, IMAGE).data)) == 3


@pytest.mark.parametrize(("repository", "host"), [
    ("ann/shop", "docker.io"), ("docker.io/ann/shop", "docker.io"), ("ghcr.io/ann/shop", "ghcr.io"),
    ("registry.example.com:5000/shop", "registry.example.com:5000"), ("localhost/shop", "localhost"),
])  # fmt: skip
def test_registries(repository: str, host: str) -> None:
    """The host is the first part of a repository's name, if it looks like one."""
    assert registry_of(repository) == host


def test_the_secret_of_a_registry(cloud: Cloud) -> None:
    """It has to be there before a deployment begins, and is made by one command and changed by the same; hosts may read
    it."""
    asked = wanted(docker_repo=REPOSITORY, docker_secret=SECRET)
    order = Order("20261122-090001-aaaa", 0.0)
    aws = MortalAws(cloud)
    (problem,) = problems(asked, observe(aws, asked), order)
    assert problem[0] == "docker_secret"
    assert "pymacaron aws registry" in problem[2]
    for password in ("first-password", PASSWORD):
        assert keep_login(aws, asked, "ann", password) == SECRET
    kept = cloud.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    assert json.loads(kept) == {"username": "ann", "password": PASSWORD}
    assert list(problems(asked, observe(aws, asked), order)) == []
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shared/hub-AbCdEf"
    other = wanted(docker_repo=REPOSITORY, docker_secret=arn)
    assert arn in str(instance_policy(other, places_of(other, account="123456789012")))


@pytest.mark.parametrize(("more", "told"), [
    ({"docker_secret": SECRET}, "docker_secret: is set, but docker_repo is in ECR"),
    ({"docker_secret": "hub", "docker_repo": REPOSITORY}, "docker_secret: does not begin with pym/shop/"),
])  # fmt: skip
def test_secrets_that_hosts_cannot_use(more: dict[str, str], told: str) -> None:
    """They are told with the setting."""
    with pytest.raises(ConfigurationError, match=told):
        wanted(**more)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> None:
    """`pymacaron aws registry` takes the password from standard input, and shows it nowhere."""
    from pymacaron.deploy import aws

    monkeypatch.chdir(tmp_path)
    text = f"name: shop\nlive_host: s.example.com\naws_region: eu-west-1\ndocker_repo: {REPOSITORY}\n"
    (tmp_path / "pym-config.yaml").write_text(text)
    monkeypatch.setattr(aws, "connect", lambda config: MortalAws(cloud))
    done = CliRunner().invoke(command, ["aws", "registry", "--user", "ann"], input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert "docker_secret: pym/shop/registry" in done.output
    assert PASSWORD not in done.output
    kept = cloud.client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"]
    assert json.loads(kept)["password"] == PASSWORD
