"""AWS's own command line for Elastic Beanstalk, `eb`, takes a rehearsal for the real one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_rehearsal import BRANCH, ENHANCED, PROFILE

from pymacaron.rehearsal import Rehearsal

pytestmark = pytest.mark.heavy
EB = Path(__file__).parent.parent / ".ebcli" / "bin" / "eb"
_CONFIG = """\
branch-defaults: {default: {environment: shop-blue}}
global: {application_name: shop, default_region: us-east-1, profile: null, sc: null}
"""

Run = Callable[..., str]


@pytest.fixture(scope="module")
def stage() -> Iterator[Rehearsal]:
    """A rehearsal with an application and two environments of its two versions."""
    with Rehearsal(others=True) as rehearsal:
        client = rehearsal.client()
        client.create_storage_location()
        rehearsal.client("iam").create_instance_profile(InstanceProfileName="pym")
        client.create_application(ApplicationName="shop")
        for version, name, prefix in (("1.0", "shop-blue", "shop-live"), ("2.0", "shop-green", "shop-next")):
            client.create_application_version(ApplicationName="shop", VersionLabel=version)
            client.create_environment(
                ApplicationName="shop",
                EnvironmentName=name,
                VersionLabel=version,
                CNAMEPrefix=prefix,
                PlatformArn=BRANCH,
                OptionSettings=[PROFILE, ENHANCED],
            )
        yield rehearsal


@pytest.fixture(scope="module")
def eb(stage: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `eb` in a folder that is set up for the application; what it prints."""
    if not EB.exists():
        reason = "the command line of Elastic Beanstalk is not installed: `make rehearse`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("eb")
    (folder / ".elasticbeanstalk").mkdir()
    (folder / ".elasticbeanstalk" / "config.yml").write_text(_CONFIG, "utf-8")
    told = {**os.environ, **stage.environment, "HOME": str(folder)}

    def run(*words: str) -> str:
        done = subprocess.run(
            [EB, *words], cwd=folder, env=told, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    return run


def test_eb(eb: Run, stage: Rehearsal) -> None:
    """list, status, events, health, printenv and logs tell what is there; setenv, swap, deploy and terminate change it,
    and see the end of what they began."""
    assert eb("list").split() == ["*", "shop-blue", "shop-green"]
    assert "shop-green : ['i-" in eb("list", "--verbose")
    status = eb("status")
    for line in ("Deployed Version: 1.0", "CNAME: shop-live.us-east-1.elasticbeanstalk.com", "Health: Green"):
        assert line in status
    assert "Successfully launched environment: shop-blue" in eb("events")
    assert "Docker running on 64bit Amazon Linux 2023/4.13.5" in eb("health")
    assert "Successfully deployed new configuration to environment." in eb("setenv", "COLOUR=green")
    assert "COLOUR = green" in eb("printenv")
    assert "/var/log/eb-docker/containers/eb-current-app/stdouterr.log" in eb("logs")
    assert "Completed swapping CNAMEs for environments" in eb("swap", "shop-blue", "-n", "shop-green")
    assert "CNAME: shop-live.us-east-1.elasticbeanstalk.com" in eb("status", "shop-green")
    assert "Environment update completed successfully." in eb("deploy", "--version", "1.0", "shop-green")
    assert "Deployed Version: 1.0" in eb("status", "shop-green")
    assert "terminateEnvironment completed successfully." in eb("terminate", "--force", "shop-blue")
    assert eb("list").split() == ["shop-green"]
    assert {entry.code for entry in stage.record.entries} == {None}
