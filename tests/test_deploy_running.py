"""Deployments carried out against AWS in this process: what becomes of them when they go well, fail, and are killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clouds import CHANGING, Cloud, Killed, MortalAws, clouds, deploy, planned, resume, wanted

from pymacaron.deploy.journal import find
from pymacaron.deploy.observe import Found, observe
from pymacaron.deploy.order import Order
from pymacaron.deploy.resources import Wanted
from pymacaron.deploy.rollback import plan_rollback
from pymacaron.deploy.steps import Plan
from pymacaron.exceptions import DeployError


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with clouds() as made:
        yield made


def code_of(work: Callable[[], int]) -> int:
    """How a deployment ends."""
    try:
        return work()
    except DeployError as error:
        return error.exit_code


def back(found: Found, asked: Wanted, number: int, now: float, to: str = "") -> Plan:
    made = plan_rollback(asked, found, Order(f"20261122-09000{number}-aaaa", now), to)
    assert isinstance(made, Plan), made
    return made


def live_and_kept(cloud: Cloud) -> tuple[str, list[str]]:
    """The version that is live, and those of the environments beside it."""
    live = cloud.live(wanted())
    return live, sorted(str(one.version) for one in cloud.account.there() if one.version != live)


def test_first_second_and_back(cloud: Cloud, tmp_path: Path) -> None:
    """The first deployment has the live address from the beginning; the second one takes it over and leaves the first
    beside it; going back swaps, makes nothing, and is written down."""
    assert deploy(cloud, tmp_path, 1, "a", wanted()) == 0
    first, kept = live_and_kept(cloud)
    assert (first[:4], kept) == ("1.0-", [])
    assert deploy(cloud, tmp_path, 2, "b", wanted()) == 0
    second, kept = live_and_kept(cloud)
    assert kept == [first] != [second]
    made = Counter(operation for operation, _ in cloud.changes)
    assert deploy(cloud, tmp_path, 3, "b", wanted(), making=back) == 0
    assert live_and_kept(cloud) == (first, [second])
    assert Counter(operation for operation, _ in cloud.changes)["elasticbeanstalk.CreateEnvironment"] == 2
    assert made["elasticbeanstalk.SwapEnvironmentCNAMEs"] == 1
    found = observe(MortalAws(cloud), wanted())
    assert [one.label for one in found.releases] == [first, second, first]


def test_back_to_a_version_whose_environment_is_gone(cloud: Cloud, tmp_path: Path) -> None:
    """Then a new environment is made with it, and takes the live address over."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    first, _ = live_and_kept(cloud)
    deploy(cloud, tmp_path, 2, "b", wanted())
    cloud.clock.advance(25 * 3600)
    deploy(cloud, tmp_path, 3, "c", wanted())  # ends the first one, replaced for more than a day
    cloud.clock.advance(3600)
    assert first not in live_and_kept(cloud)[1]
    assert deploy(cloud, tmp_path, 4, "a", wanted(), making=partial(back, to=first)) == 0
    assert cloud.live(wanted()) == first


@pytest.mark.parametrize(("fails", "code"), [
    ("unit_tests", 3), ("build", 3), ("image_tests", 3), ("push", 3), ("green_tests", 4), ("live_tests", 5),
    ("container", 5),
])  # fmt: skip
def test_what_fails_leaves_what_is_live(cloud: Cloud, tmp_path: Path, fails: str, code: int) -> None:
    """Whatever fails, what was live is live, nothing stays behind, nobody is locked out, and the exit code tells how
    far it came."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    before = cloud.live(wanted())
    assert code_of(lambda: deploy(cloud, tmp_path, 2, "b", wanted(), fails=[fails])) == code
    cloud.clock.advance(3600)
    environments, _, locked = cloud.state(wanted())
    assert (environments, locked) == (((before, True, "Ready"),), False)
    assert "SwapEnvironmentCNAMEs" not in str(cloud.changes) or code == 5


def test_an_environment_that_does_not_come_up(cloud: Cloud, tmp_path: Path) -> None:
    """It is ended, unless it is to be kept, and the reason told; the next deployment ends what was kept."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    cloud.account.outcomes.append(("*090002*", "launch-with-errors"))
    with pytest.raises(DeployError, match=r"(?s)complete, but with errors.*5xx") as failed:
        deploy(cloud, tmp_path, 2, "b", wanted(), making=partial(planned, keep_failed=True))
    assert failed.value.exit_code == 4
    assert len(list(cloud.account.there())) == 2
    assert deploy(cloud, tmp_path, 3, "c", wanted()) == 0
    cloud.clock.advance(3600)
    assert [one.name[-20:] for one in cloud.account.there()] == ["20261122-090001-aaaa", "20261122-090003-aaaa"]


# Killed


TOPIC = "arn:aws:sns:eu-west-1:123456789012:pym-shop-alarms"
# Deployments before it; what fails in it.
SCENARIOS: dict[str, tuple[int, tuple[str, ...]]] = {
    "first": (0, ()), "second": (1, ()), "green fails": (1, ("green_tests",)), "live fails": (1, ("live_tests",)),
    "rollback": (2, ()),
}  # fmt: skip


class Scenario:
    """A deployment in a cloud of its own, at which the ones before it have been."""

    def __init__(self, name: str, cloud: Cloud, folder: Path) -> None:
        before, self._fails = SCENARIOS[name]
        self._making = {"making": back} if name == "rollback" else {}
        self._asked = wanted(aws_notify_topic=TOPIC)
        self._cloud, self._folder = cloud, folder
        for number, digest in zip(range(1, before + 1), "ab", strict=False):
            deploy(cloud, folder, number, digest, self._asked)
        cloud.changes.clear()

    def begin(self, **more: Any) -> int:
        return code_of(
            lambda: deploy(self._cloud, self._folder, 9, "c", self._asked, fails=self._fails, **self._making, **more)
        )

    def go_on(self, **more: Any) -> int:
        return code_of(lambda: resume(self._cloud, find(self._folder), "c", fails=self._fails, **more))

    def end(self, code: int) -> tuple[Any, ...]:
        """How it has ended: exit code, everything that there is, how often what was changed. Signs of life of the lock
        are as many as there are."""
        changes = Counter(
            f"{operation} {parameters.get('Key', '')}" if operation.startswith("s3.") else operation
            for operation, parameters in self._cloud.changes
        )
        counted = {name: number for name, number in changes.items() if not name.endswith("lock.json")}
        return code, self._cloud.state(self._asked), counted


def undisturbed(name: str, folder: Path) -> tuple[tuple[Any, ...], list[str]]:
    """How a scenario ends that nobody disturbs, and its calls."""
    with clouds() as cloud:
        one = Scenario(name, cloud, folder)
        end = one.end(one.begin())
        return end, next(one for one in reversed(cloud.processes) if one.number > 0).calls


@pytest.mark.parametrize(("name", "each"), [("live fails", 1), ("first", 4), ("green fails", 4), ("rollback", 3)])
def test_killed_after_a_change(name: str, each: int, tmp_path: Path) -> None:
    """A process that is killed after a call that changed something, before its answer was read, and one that goes on:
    the same end as without, nothing is changed twice, nothing is left behind. The second deployment is that which fails
    when it is live; of the others, some calls are tried here, and all by `make faults`."""
    expected, calls = undisturbed(name, tmp_path / "whole")
    for last in at_changes(calls)[::each]:
        check_killed(name, tmp_path, last, heard=True, expected=expected)


@pytest.mark.heavy
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_any_call(name: str, heard: bool, tmp_path: Path) -> None:
    """The same law at every single call, questions too, whether it arrived or not."""
    expected, calls = undisturbed(name, tmp_path / "whole")
    for last in range(1, len(calls) + 1):
        check_killed(name, tmp_path, last, heard=heard, expected=expected)


def at_changes(calls: list[str]) -> list[int]:
    """The calls that change something, by their numbers; of the many signs of life, the first and the last ones."""
    found = [number for number, operation in enumerate(calls, 1) if operation in CHANGING]
    puts = [number for number in found if calls[number - 1] == "s3.PutObject"]
    return [number for number in found if number not in puts[3:-2]]


def check_killed(name: str, folder: Path, last: int, *, heard: bool, expected: tuple[Any, ...]) -> None:
    place = folder / f"{last}-{heard}"
    with clouds() as cloud:
        one = Scenario(name, cloud, place)
        with pytest.raises(Killed):
            one.begin(last=last, heard=heard)
        killed_at = next(process.calls[-1] for process in cloud.processes if process.last)
        assert one.end(one.go_on()) == expected, f"{name}, killed at call {last}, {killed_at}"
