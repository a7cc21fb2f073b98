"""Deployments that go on where they have not begun: on a machine that has nothing but the project."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clouds import Bench, Cloud, Killed, MortalAws, clouds, deploy, is_copy, shop, wanted
from leaks import secret
from test_deploy_running import SCENARIOS, Scenario, at_changes, code_of, undisturbed

from pymacaron.deploy.aws import Throttled
from pymacaron.deploy.deployment import Account
from pymacaron.deploy.journal import is_id, read
from pymacaron.deploy.lock import LIFE
from pymacaron.deploy.operating import prune_copies
from pymacaron.deploy.resuming import go_on
from pymacaron.exceptions import DeployError


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with clouds() as made:
        yield made


def elsewhere(cloud: Cloud, folder: Path, **more: Any) -> Account:
    asked = more.pop("asked", None) or wanted(**more)
    return Account(shop(**more), asked, MortalAws(cloud), {}, str(folder))


def check_elsewhere(name: str, folder: Path, last: int, expected: tuple[Any, ...]) -> None:
    with clouds() as cloud:
        one = Scenario(name, cloud, folder / f"{last}-here")
        with pytest.raises(Killed):
            one.begin(last=last, heard=True)
        cloud.clock.advance(LIFE + 1)
        account = elsewhere(cloud, folder / f"{last}-there", aws_notify_topic=one.topic)
        bench = Bench(cloud, "c", frozenset(one.fails))
        assert one.end(code_of(lambda: go_on(account, bench))) == expected, f"{name}, killed at call {last}"


def test_killed_and_resumed_elsewhere(tmp_path: Path) -> None:
    """A machine that dies with its disk, at a call that changes something, and another one that is told `--resume` when
    the lock of the first has expired: the same end as without, nothing is changed twice, nothing left behind."""
    expected, calls = undisturbed("live fails", tmp_path / "whole")
    for last in at_changes(calls)[1::9]:
        check_elsewhere("live fails", tmp_path, last, expected)


@pytest.mark.heavy
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_any_change_and_resumed_elsewhere(name: str, tmp_path: Path) -> None:
    """The same law for every call that changes something."""
    expected, calls = undisturbed(name, tmp_path / "whole")
    for last in at_changes(calls)[1:]:
        check_elsewhere(name, tmp_path, last, expected)


def test_a_deployment_that_goes_on_is_left_alone(cloud: Cloud, tmp_path: Path) -> None:
    """While somebody else may still be at it, another machine does not join in by itself: it says who has the lock, and
    how to go on if that process is no more. What has come to its end is not begun again."""
    deploy(cloud, tmp_path / "here", 1, "a", wanted())
    account, bench = elsewhere(cloud, tmp_path / "there"), Bench(cloud, "b")
    with pytest.raises(DeployError, match="no interrupted deployment"):
        go_on(account, bench)
    calls = next(one for one in reversed(cloud.processes) if one.number > 0).calls
    with pytest.raises(Killed):
        deploy(cloud, tmp_path / "here", 2, "b", wanted(), last=calls.index("elasticbeanstalk.CreateEnvironment") + 3)
    ident = "20261122-090002-aaaa"
    with pytest.raises(DeployError, match=f"was working on {ident}") as busy:
        go_on(account, bench)
    with pytest.raises(DeployError, match=f"ann@laptop is running this deployment.*--resume {ident} --force") as held:
        go_on(account, bench, ident)
    assert (busy.value.exit_code, held.value.exit_code) == (3, 6)
    assert go_on(account, bench, ident, force=True) == 0
    assert read(account.journals / f"{ident}.jsonl").code == 0
    assert len(list(cloud.account.there())) == 2


def test_another_checkout_does_not_go_on_with_an_image(cloud: Cloud, tmp_path: Path) -> None:
    """An image that was not pushed is built again where the deployment goes on, from the same version only."""
    deploy(cloud, tmp_path / "here", 1, "a", wanted())
    with pytest.raises(DeployError):
        deploy(cloud, tmp_path / "here", 2, "b", wanted(), fails=["push"])
    other = elsewhere(cloud, tmp_path / "there", asked=replace(wanted(), version="2.0"))
    with pytest.raises(DeployError, match=r"deploys 1\.0, but this folder has 2\.0"):
        go_on(other, Bench(cloud, "b"), "20261122-090002-aaaa")
    assert go_on(elsewhere(cloud, tmp_path / "there"), Bench(cloud, "b"), "20261122-090002-aaaa") == 0


class NoCopies(MortalAws):
    """A bucket that takes everything but journals."""

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "s3.PutObject" and is_copy(parameters):
            self.calls.append("copy")
            raise Throttled(operation, "SlowDown", "please reduce your rate")
        return super()._call(operation, parameters)


def test_nothing_waits_for_copies(cloud: Cloud, tmp_path: Path) -> None:
    """A bucket that takes no copies is told of once, asked again now and then, and in nobody's way. Copies hold no
    secrets."""
    values, notes = {"SHOP_DB": secret("lantern-orchid-marble-4")}, list[str]()
    asked = wanted(env_secrets=["SHOP_DB"])
    assert deploy(cloud, tmp_path, 1, "a", asked, secrets=values) == 0

    def tell(kind: str, text: str) -> None:
        notes.extend([text] if kind == "note" else [])

    assert deploy(cloud, tmp_path, 2, "b", asked, secrets=values, connect=NoCopies, tell=tell) == 0
    assert len([one for one in notes if "cannot copy the journal to the bucket" in one]) == 1
    calls = next(one for one in reversed(cloud.processes) if one.number > 0).calls
    assert 1 < calls.count("copy") < 12
    found = cloud.client("s3").list_objects_v2(Bucket=cloud.account.bucket, Prefix="pymacaron/shop/live/deploys/")
    (key,) = [one["Key"] for one in found["Contents"]]
    text = cloud.read(cloud.account.bucket, key).decode()
    assert is_id(key.rpartition("/")[2].removesuffix(".jsonl"))
    assert [json.loads(line)["event"] for line in text.splitlines()][-1] == "end"
    assert values["SHOP_DB"] not in text
    account = elsewhere(cloud, tmp_path)
    assert prune_copies(account, account.observed()) == 0
    cloud.clock.advance(32 * 24 * 3600)
    assert prune_copies(account, account.observed()) == 1
