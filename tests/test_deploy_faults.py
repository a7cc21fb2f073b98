"""Deployments that others are in the way of: AWS that answers badly or not at all, another deployment, missing
permissions; and where secrets are all the while."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from clouds import (
    CHANGING,
    EACH,
    FIRST,
    REGION,
    Bench,
    Cloud,
    Killed,
    MortalAws,
    clouds,
    deploy,
    planned,
    resume,
    wanted,
)
from cures import same
from leaks import secret

from pymacaron.config.secret import remember
from pymacaron.deploy.aws import Aws, Refused, Throttled, Uncertain
from pymacaron.deploy.journal import find
from pymacaron.deploy.lock import LIFE, Lock, LockLost
from pymacaron.deploy.observe import observe
from pymacaron.deploy.order import KEPT, Order
from pymacaron.deploy.permissions import PERMITS
from pymacaron.deploy.plan import problems
from pymacaron.deploy.quotas import Quota, quotas_of
from pymacaron.deploy.run import Door
from pymacaron.exceptions import DeployError


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with clouds() as made:
        yield made


def code_of(work: Callable[[], int]) -> int:
    try:
        return work()
    except DeployError as error:
        return error.exit_code


class RoughAws(MortalAws):
    """Calls of which some are throttled, late, answered with 500, or lost on the way there or back."""

    def __init__(self, cloud: Cloud, seed: int, *, rate: float = 0.12) -> None:
        super().__init__(cloud)
        self._random, self._rate = Random(seed), rate

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        kind = self._random.choice(["throttled", "unheard", "lost", "late"])
        if self._random.random() >= self._rate:
            return super()._call(operation, parameters)
        if kind == "throttled":
            raise Throttled(operation, "Throttling", "Rate exceeded")
        if kind == "late":
            self.clock.sleep(55)
            return super()._call(operation, parameters)
        if kind == "lost":
            super()._call(operation, parameters)
        raise Uncertain(operation, f"no answer: {kind}")


def check_rough(seed: int, folder: Path, rate: float = 0.12) -> None:
    """A deployment under disturbances, resumed until it has ended."""
    with clouds() as cloud:
        asked = wanted(aws_notify_topic="arn:aws:sns:eu-west-1:123456789012:pym-shop-alarms")
        deploy(cloud, folder, 1, "a", asked)
        before, resumed, fails = cloud.live(asked), 0, [(), (), ("green_tests",), ("live_tests",)][seed % 4]
        order: dict[str, Any] = [{}, {"canary": 10}, {"watch": 2}, {"canary": 10, "watch": 2}][seed // 4 % 4]
        more = {"fails": fails, "connect": partial(RoughAws, seed=seed, rate=rate), "making": partial(planned, **order)}
        code = code_of(lambda: deploy(cloud, folder, 2, "b", asked, **more))
        while code in {3, 7}:
            resumed += 1
            assert resumed < 20, "it does not come to an end"
            again = partial(RoughAws, seed=seed * 1000 + resumed, rate=rate)
            code = code_of(partial(resume, cloud, find(folder), "b", fails=fails, connect=again))
        cloud.clock.advance(3600)
        live = [one for one in cloud.account.there() if one.cname == asked.cname]
        assert len(live) == 1
        assert (live[0].version == before) == (code != 0)
        assert len(list(cloud.account.there())) == (2 if code == 0 and "canary" not in order else 1)
        assert not cloud.state(asked)[2], "the lock is free"
        turn = "UpdateEnvironment" if "canary" in order else "SwapEnvironmentCNAMEs"
        turns = [operation for operation, _ in cloud.changes].count(f"elasticbeanstalk.{turn}")
        assert turns == {0: 1, 5: 2}.get(code, 0)


@pytest.mark.parametrize("seed", range(6))
def test_disturbed(seed: int, tmp_path: Path) -> None:
    """Throttling, answers that are late, lost or 500: resumed where it needs attention, a deployment ends with exactly
    one live environment, one swap (or one there and one back), no lock, and nothing left behind."""
    check_rough(seed, tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("first", range(100, 400, 50))
def test_disturbed_often(first: int, tmp_path: Path) -> None:
    """The same law, for three hundred sequences with twice as many disturbances, fifty at a time."""
    for seed in range(first + FIRST, first + 50, EACH):
        check_rough(seed, tmp_path / str(seed), 0.25)


# Several at once


def lock_of(cloud: Cloud, holder: str, owner: str) -> Lock:
    where = {"Bucket": f"elasticbeanstalk-{REGION}-123456789012", "Key": "pymacaron/shop/live/lock.json"}
    return Lock(MortalAws(cloud), where, holder=holder, owner=owner)


def test_two_at_once(cloud: Cloud, tmp_path: Path) -> None:
    """Whoever comes second is told who deploys, and changes nothing that is live; or waits until the other is done. A
    lock whose owner has given no sign of life for its time is taken over."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    other = lock_of(cloud, "20261122-085959-zzzz", "bob@desk")
    other.take()
    with pytest.raises(DeployError, match=r"bob@desk is deploying already .*--wait-lock") as held:
        deploy(cloud, tmp_path, 2, "b", wanted())
    assert held.value.exit_code == 6
    assert len(list(cloud.account.there())) == 1
    cloud.clock.later(120, other.free)
    assert deploy(cloud, tmp_path, 3, "b", wanted(), lock_patience=600.0) == 0
    other.take()
    cloud.clock.advance(LIFE + 1)
    assert deploy(cloud, tmp_path, 4, "c", wanted()) == 0


def test_whoever_has_lost_the_lock_does_not_swap(cloud: Cloud, tmp_path: Path) -> None:
    """While tests run for too long, somebody takes the lock over: the first one ends what it has made, and no more."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    before = cloud.live(wanted())

    class Slow(Bench):
        def tests(self, door: Door) -> None:
            cloud.clock.advance(LIFE + 60)
            lock_of(cloud, "20261122-085959-zzzz", "bob@desk").take()

    code = code_of(lambda: deploy(cloud, tmp_path, 2, "b", wanted(), bench=Slow(cloud, "b")))
    assert (code, cloud.live(wanted())) == (4, before)
    held = lock_of(cloud, "x", "x").held_by()
    assert held is not None
    assert held[0].owner == "bob@desk"


def test_one_has_the_lock(cloud: Cloud) -> None:
    """Of any number who try, one gets it; it stays theirs while they give signs of life; only they free it."""
    cloud.make(f"elasticbeanstalk-{REGION}-123456789012")
    locks = [lock_of(cloud, f"20261122-09000{number}-aaaa", f"user {number}") for number in range(4)]
    locks[0].take()
    for one in locks[1:]:
        with pytest.raises(DeployError, match="user 0"):
            one.take()
    for _ in range(10):
        cloud.clock.advance(LIFE / 2)
        locks[0].beat()
    locks[1].free()
    assert locks[1].held_by() is not None
    cloud.clock.advance(LIFE + 1)
    locks[2].take()
    with pytest.raises(LockLost):
        locks[0].beat()
    locks[0].free()
    assert locks[2].held_by() is not None
    locks[2].free()
    assert locks[2].held_by() is None


def test_a_plan_that_is_overtaken(cloud: Cloud, tmp_path: Path) -> None:
    """Another deployment between the plan and its lock stops it, before any environment is made."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    found = observe(MortalAws(cloud), wanted())
    deploy(cloud, tmp_path, 2, "b", wanted())
    late = partial(deploy, cloud, tmp_path, 3, "c", wanted(), making=lambda _, *more: planned(found, *more))
    assert code_of(late) == 3
    assert len(list(cloud.account.there())) == 2
    assert lock_of(cloud, "x", "x").held_by() is None


def test_what_is_overtaken_is_not_swapped_in(cloud: Cloud, tmp_path: Path) -> None:
    """A process dies right before its swap, somebody else deploys meanwhile: resumed, the first one leaves what is live
    alone, and nothing of its own stays."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    calls = calls_until(cloud, tmp_path / "trial", "elasticbeanstalk.SwapEnvironmentCNAMEs")
    with pytest.raises(Killed):
        deploy(cloud, tmp_path, 3, "c", wanted(), last=calls)
    cloud.clock.advance(LIFE + 60)
    deploy(cloud, tmp_path / "other", 4, "d", wanted())
    live = cloud.live(wanted())
    assert code_of(lambda: resume(cloud, find(tmp_path), "c")) == 4
    cloud.clock.advance(3600)
    assert cloud.live(wanted()) == live
    assert not [one.name for one in cloud.account.there() if "090003" in one.name]
    assert lock_of(cloud, "x", "x").held_by() is None


def calls_until(cloud: Cloud, folder: Path, operation: str) -> int:
    """The number of a call in a deployment like the one that comes."""
    deploy(cloud, folder, 2, "b", wanted())
    calls = next(one for one in reversed(cloud.processes) if one.number > 0).calls
    return calls.index(operation) + 1


# Secrets


def test_secrets_are_where_they_belong(cloud: Cloud, tmp_path: Path) -> None:
    """The value of a secret is in Secrets Manager and in the one call that brings it there: not in plan, journal,
    bundle or any other call; the environment has the ARN with the key. A value may have a "=" in it."""
    values = {"SHOP_DB": secret("correct-horse-battery=staple=1"), "SHOP_JWT": secret("zebra-quartz-giraffe-2")}
    asked, said = wanted(env_secrets=list(values)), list[str]()
    assert deploy(cloud, tmp_path, 1, "a", asked, secrets=values, tell=lambda *words: said.append(" ".join(words))) == 0
    stored = cloud.client("secretsmanager").get_secret_value(SecretId="pym/shop/live")
    assert json.loads(stored["SecretString"]) == values
    options = cloud.account.environments[-1].settings
    assert options["aws:elasticbeanstalk:application:environmentsecrets", "SHOP_DB"] == f"{stored['ARN']}:SHOP_DB"
    others = [parameters for operation, parameters in cloud.changes if operation != "secretsmanager.CreateSecret"]
    everything = "".join([*map(str, others), *said, *(path.read_text("utf-8") for path in tmp_path.rglob("*.jsonl"))])
    assert not [value for value in values.values() if value in everything]


def test_secrets_are_kept(cloud: Cloud, tmp_path: Path) -> None:
    """A machine without the values deploys with those that Secrets Manager has; a new one is missed before anything
    begins."""
    deploy(cloud, tmp_path, 1, "a", wanted(env_secrets=["SHOP_DB"]), secrets={"SHOP_DB": "correct-horse-1"})
    asked = wanted(env_secrets=["SHOP_DB", "SHOP_NEW"])
    found = observe(MortalAws(cloud), asked)
    order = Order("20261122-090002-aaaa", 0.0, secrets=KEPT)
    assert [fact for _, fact, _ in problems(asked, found, order)] == ["Secrets Manager does not have SHOP_NEW yet"]
    assert list(problems(wanted(env_secrets=["SHOP_DB"]), found, order)) == []


# What AWS says


@pytest.mark.parametrize(("fails", "code"), [("green_tests", 4), ("live_tests", 5)])
def test_the_last_words(cloud: Cloud, tmp_path: Path, fails: str, code: int) -> None:
    """Who deploys is told why the new environment has failed: its last events, the last lines of its service, without
    secrets. They are asked for when what was live is live, and before it is ended. The journal does not have them."""
    remember(secret("harbour-violet-compass-9"))

    class Failing(Bench):
        def tests(self, door: Door) -> None:
            newest = cloud.account.environments[-1].name
            cloud.prints(newest, "no database at db:5432 for harbour-violet-compass-9")
            super().tests(door)

    deploy(cloud, tmp_path, 1, "a", wanted())
    with pytest.raises(DeployError) as failed:
        deploy(cloud, tmp_path, 2, "b", wanted(), bench=Failing(cloud, "b", frozenset((fails,))))
    assert failed.value.exit_code == code
    said = str(failed.value)
    assert re.search(r"the last lines of shop-live-.*-090002-aaaa:\n  no database at db:5432 for \*+\n", said)
    assert re.search(r"the last events of .*\n(  .*\n)*  \d\d:\d\d:\d\d INFO  Successfully launched environment", said)
    calls = next(one for one in reversed(cloud.processes) if one.number > 0).calls
    changes = [one for one in calls if one.startswith("elasticbeanstalk.") and one in CHANGING]
    assert changes[-1] == "elasticbeanstalk.TerminateEnvironment"
    assert calls.index("logs.FilterLogEvents") < calls.index(changes[-1])
    swaps = [at for at, one in enumerate(calls) if one == "elasticbeanstalk.SwapEnvironmentCNAMEs"]
    assert not swaps or swaps[-1] < calls.index("logs.FilterLogEvents")
    assert "no database" not in next(tmp_path.glob("*-090002-*.jsonl")).read_text("utf-8")


def test_a_permission_that_is_missing(cloud: Cloud, tmp_path: Path) -> None:
    """It is told with the statement that gives it, and the deployment goes back from where it stands."""

    class Denied(MortalAws):
        def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
            if operation == "elasticbeanstalk.CreateEnvironment":
                raise Refused(operation, "AccessDenied", "not authorized")
            return super()._call(operation, parameters)

    with pytest.raises(DeployError, match=r"elasticbeanstalk:CreateEnvironment.*environment/shop/") as stopped:
        deploy(cloud, tmp_path, 1, "a", wanted(), connect=Denied)
    assert stopped.value.exit_code == 4


@pytest.mark.parametrize(("error", "told"), [
    ({"Code": "Throttling"}, Throttled), ({"Code": "SlowDown"}, Throttled), ({"Code": "AccessDenied"}, Refused),
    ({"Code": "InternalFailure", "status": 500}, Uncertain), ({"Code": "ServiceUnavailable", "status": 503}, Throttled),
])  # fmt: skip
def test_what_an_error_means(error: dict[str, Any], told: type[Exception]) -> None:
    """Whether a call that failed may have been done: not if AWS refused it, or had no time for it; else nobody
    knows."""

    class Client:
        def get_caller_identity(self) -> None:
            said = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": error.get("status", 400)}}
            raise ClientError(said, "GetCallerIdentity")

    with pytest.raises(told):
        Aws(lambda _: Client())._call("sts.GetCallerIdentity", {})


def test_a_call_that_is_not_in_the_table() -> None:
    """It is not made."""
    with pytest.raises(KeyError):
        Aws(lambda _: None).change("ec2.TerminateInstances", {})


class Hosts(MortalAws):
    """An account with a quota of processors, and a pretended list of instances."""

    most = 8
    instances: tuple[tuple[str, int, int, dict[str, str]], ...] = (
        ("t3.small", 1, 2, {}), ("t3.small", 1, 2, {"InstanceLifecycle": "spot"}), ("p5.xlarge", 9, 9, {}),
    )  # fmt: skip

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "service-quotas.GetServiceQuota":
            return {"Quota": {"Value": float(self.most)}}
        if operation == "ec2.DescribeInstances":
            rows = [
                {"InstanceType": name, "CpuOptions": {"CoreCount": cores, "ThreadsPerCore": threads}, **more}
                for name, cores, threads, more in self.instances
            ]
            return {"Reservations": [{"Instances": rows}]}
        return super()._call(operation, parameters)


def test_quotas(cloud: Cloud) -> None:
    """What is there and what comes have to have room in what the account allows, processors too: of instances on
    demand, of the families that the quota is for. What AWS does not tell, or denies, is not held against anybody."""
    aws = Hosts(cloud)
    found = observe(aws, wanted())
    said = {one.name: one for one in quotas_of(aws, wanted(), found)}
    assert said["vCPUs"] == Quota("vCPUs", 8, 2, 4)
    assert [one.problem for one in said.values()] == [None] * 4
    (more,) = [one for one in quotas_of(aws, wanted(aws_hosts_min=4), found) if one.problem]
    assert more.problem
    assert "2 of 8 vCPUs" in more.problem[1]
    assert {one.name for one in quotas_of(MortalAws(cloud), wanted(), found)} == {
        "applications",
        "versions",
        "environments",
    }
    assert "vCPUs" not in {one.name for one in quotas_of(aws, wanted(aws_instance_type="p5.xlarge"), found)}


def test_calls_that_change_something_are_known() -> None:
    """Tests in which a deployment dies at each call that changes something know these calls."""
    named = {name for name, permit in PERMITS.items() if permit.when == "deploy"}
    changing = {name for name in named if not name.partition(".")[2].startswith(READING)}
    same("CHANGING of tests/clouds.py", CHANGING, changing, "list it there, or in READING of this test")


READING = (
    "Describe", "Get", "List", "Head", "Filter", "Start", "Batch", "Check", "Request", "Retrieve", "Validate",
)  # fmt: skip
