"""Deployments carried out against AWS in this process: what becomes of them when they go well, fail, and are killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clouds import (
    CHANGING,
    EACH,
    FIRST,
    Bench,
    Cloud,
    Killed,
    MortalAws,
    begun,
    clouds,
    deploy,
    planned,
    resume,
    wanted,
)

from pymacaron.deploy import operating
from pymacaron.deploy.aws import Throttled, Uncertain
from pymacaron.deploy.due import terminated
from pymacaron.deploy.ending import retire
from pymacaron.deploy.journal import find, read
from pymacaron.deploy.lock import LIFE
from pymacaron.deploy.observe import Found, observe
from pymacaron.deploy.order import Order
from pymacaron.deploy.resources import Wanted
from pymacaron.deploy.rollback import plan_rollback
from pymacaron.deploy.run import Unclear
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
    assert code == 5 or "elasticbeanstalk.SwapEnvironmentCNAMEs" not in [operation for operation, _ in cloud.changes]


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


def watched(cloud: Cloud, folder: Path, number: int, *, minutes: float = 4, **more: Any) -> tuple[int, float]:
    """How a deployment ends that is watched, and how many minutes that took."""
    began = cloud.clock.now()
    making = partial(planned, watch=minutes)
    code = code_of(lambda: deploy(cloud, folder, number, f"{number}", wanted(), making=making, **more))
    return code, (cloud.clock.now() - began).total_seconds() / 60


def alarms(cloud: Cloud) -> list[str]:
    return [one["AlarmName"] for one in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]]


def test_what_is_live_is_watched(cloud: Cloud, tmp_path: Path) -> None:
    """For its minutes, with alarms of its own. One of them fires, or its health is red: what was live before is live
    again (5), and environment and alarms of the new one are gone. Red for a moment is nothing."""
    assert watched(cloud, tmp_path, 1, minutes=0)[0] == 0
    assert alarms(cloud) == []

    def reddens(kind: str, text: str) -> None:
        if (kind, "watch alarms" in text) == ("begin", True):
            green = next(one for one in cloud.account.there() if one.cname == wanted().cname)
            cloud.clock.later(90, lambda: green.turn("Red", "Severe"))
            cloud.clock.later(120, lambda: green.turn("Green", "Ok"))

    first, (code, minutes) = cloud.live(wanted()), watched(cloud, tmp_path, 2, tell=reddens)
    assert (code, len(alarms(cloud))) == (0, 2)
    assert minutes > 4
    second = cloud.live(wanted())
    assert second != first

    said: list[str] = []

    def fires(kind: str, text: str) -> None:
        said.append(text)
        if (kind, "watch alarms" in text) == ("begin", True):
            name = next(one for one in alarms(cloud) if one.endswith("090003-aaaa-ApplicationRequests5xx"))
            state = {"AlarmName": name, "StateValue": "ALARM", "StateReason": "12 were more than 10"}
            cloud.clock.later(80, lambda: cloud.client("cloudwatch").set_alarm_state(**state))

    code, minutes = watched(cloud, tmp_path, 3, tell=fires)
    assert (code, cloud.live(wanted())) == (5, second)
    assert 80 / 60 < minutes < 4
    assert any("5xx has fired: 12 were more than 10" in line for line in said)
    cloud.account.outcomes.append(("*090004*", "red-after-swap"))
    assert watched(cloud, tmp_path, 4)[0] == 5
    assert (cloud.live(wanted()), len(alarms(cloud))) == (second, 2)


def test_what_is_left_is_watched(cloud: Cloud, tmp_path: Path) -> None:
    """Whoever resumes watches for what is left of the time, and looks once if nothing is."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    for number, away in ((2, 100), (3, 3600)):
        begun: list[float] = []

        def dies(kind: str, text: str, begun: list[float] = begun) -> None:
            if (kind, "watch alarms" in text) == ("begin", True):
                begun.append(cloud.clock.now().timestamp())
                dying = next(one for one in reversed(cloud.processes) if one.number > 0)
                dying.last = dying.number + 9

        with pytest.raises(Killed):
            watched(cloud, tmp_path, number, tell=dies)
        cloud.clock.advance(away)
        again = cloud.clock.now().timestamp()
        assert resume(cloud, find(tmp_path), f"{number}") == 0
        ended = cloud.clock.now().timestamp()
        assert ended - begun[0] >= 240
        assert ended - max(begun[0] + 240, again) < 60


# In place


def variables(cloud: Cloud) -> dict[str, str]:
    """Those of what is live."""
    (live,) = [one for one in cloud.account.there() if one.cname == wanted().cname]
    return {name: text for (space, name), text in live.settings.items() if space.endswith(":environment")}


def test_canary(cloud: Cloud, tmp_path: Path) -> None:
    """What is live gets the new version with its variables, a share of its callers first, and no environment is made;
    the way back is a new environment with the version before."""
    canary = partial(planned, canary=25)
    assert code_of(lambda: deploy(cloud, tmp_path, 1, "a", wanted(aws_variables={"A": "1"}))) == 0
    first, before = cloud.live(wanted()), variables(cloud)
    assert deploy(cloud, tmp_path, 2, "b", wanted(aws_variables={"B": "2"}), making=canary) == 0
    second, after = cloud.live(wanted()), variables(cloud)
    assert len(list(cloud.account.there())) == 1
    assert first != second == after["PYM_CONTAINER"]
    assert (after["A"], after["B"], before["PYM_DEPLOY_ID"] == after["PYM_DEPLOY_ID"]) == ("1", "2", False)
    told = [event.message for event in cloud.account.events]
    assert "Forwarding 25 percent of the traffic to the new version for 5 minutes." in told
    rows = operating.releases(observe(MortalAws(cloud), wanted()), wanted())
    assert [(row["version"], row["live"], row["swap"]) for row in rows] == [(second, True, True), (first, False, False)]
    assert deploy(cloud, tmp_path, 3, "a", wanted(), making=back) == 0
    assert live_and_kept(cloud) == (first, [second])
    assert deploy(cloud, tmp_path, 4, "b", wanted(), making=back) == 0
    assert live_and_kept(cloud) == (second, [first])


@pytest.mark.parametrize(("outcome", "fails", "updates"), [
    ("canary-fails", [], 1), ("update-fails", [], 1), ("", ["live_tests"], 2),
])  # fmt: skip
def test_a_canary_that_fails(cloud: Cloud, tmp_path: Path, outcome: str, fails: list[str], updates: int) -> None:
    """Elastic Beanstalk takes it back, or, once it has gone to everybody, another update does: version and variables
    are those of before, and that is told (5)."""
    deploy(cloud, tmp_path, 1, "a", wanted(aws_variables={"A": "1"}))
    before = cloud.state(wanted())[0], variables(cloud)
    cloud.account.outcomes += [("*", outcome)] if outcome else []
    making = partial(planned, canary=10)
    asked = wanted(aws_variables={"A": "2", "B": "3"})
    assert code_of(lambda: deploy(cloud, tmp_path, 2, "b", asked, making=making, fails=fails)) == 5
    assert (cloud.state(wanted())[0], variables(cloud), cloud.state(wanted())[2]) == (*before, False)
    made = Counter(operation for operation, _ in cloud.changes)
    assert made["elasticbeanstalk.UpdateEnvironment"] == updates
    cloud.account.outcomes.clear()
    assert code_of(lambda: deploy(cloud, tmp_path, 3, "c", asked, making=making)) == 0
    assert variables(cloud)["A"] == "2"


def test_a_canary_that_does_not_come_back(cloud: Cloud, tmp_path: Path) -> None:
    """The way back fails, too: that needs attention (7), and is gone once more by whoever resumes."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    first = cloud.live(wanted())

    def breaks(kind: str, _: str) -> None:
        cloud.account.outcomes += [("*", "update-fails")] if kind == "failed" else []

    making = partial(planned, canary=10)
    late = partial(deploy, cloud, tmp_path, 2, "b", wanted(), making=making, fails=["live_tests"], tell=breaks)
    assert (code_of(late), cloud.live(wanted()) == first) == (7, False)
    cloud.account.outcomes.clear()
    assert code_of(lambda: resume(cloud, find(tmp_path), "b")) == 5
    assert (cloud.live(wanted()), cloud.state(wanted())[2]) == (first, False)


def test_a_canary_is_overtaken(cloud: Cloud, tmp_path: Path) -> None:
    """By another one between its plan and its lock: it stops, and what is live is that of the other."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    found = observe(MortalAws(cloud), wanted(), options=True)
    deploy(cloud, tmp_path, 2, "b", wanted(), making=partial(planned, canary=10))
    second = cloud.live(wanted())
    late = partial(planned, found)
    assert code_of(
        lambda: deploy(cloud, tmp_path, 3, "c", wanted(), making=lambda _, *more: late(*more, canary=10))
    ) == 4  # fmt: skip
    assert cloud.live(wanted()) == second


# Killed


TOPIC = "arn:aws:sns:eu-west-1:123456789012:pym-shop-alarms"
# Deployments before it; what fails in it.
SCENARIOS: dict[str, tuple[int, tuple[str, ...]]] = {
    "first": (0, ()), "second": (1, ()), "green fails": (1, ("green_tests",)), "live fails": (1, ("live_tests",)),
    "rollback": (2, ()), "watched": (1, ()), "falls ill": (1, ()), "canary": (1, ()),
    "canary fails": (1, ()), "tests of a canary fail": (1, ("live_tests",)),
}  # fmt: skip
MAKING: dict[str, Callable[..., Plan]] = {
    "rollback": back, "watched": partial(planned, watch=2), "falls ill": partial(planned, watch=2),
    "canary": partial(planned, canary=25), "canary fails": partial(planned, canary=25),
    "tests of a canary fail": partial(planned, canary=25),
}  # fmt: skip
OUTCOMES = {"falls ill": ("*090009*", "red-after-swap"), "canary fails": ("*", "canary-fails")}


class GoesBack(MortalAws):
    """Somebody goes back to the first environment while its end is tried a second time."""

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation.endswith("TerminateEnvironment") and not any("Swap" in one for one in self.calls):
            there = [one.name for one in self.cloud.account.there()]
            swap = {"SourceEnvironmentName": there[0], "DestinationEnvironmentName": there[-1]}
            super()._call("elasticbeanstalk.SwapEnvironmentCNAMEs", swap)
            self.clock.sleep(60)
            raise Throttled(operation, "Throttling", "later")
        return super()._call(operation, parameters)


def test_what_is_live_again_is_not_ended(cloud: Cloud, tmp_path: Path) -> None:
    """What a plan ends is looked at before each attempt: it may have become live since the plan was made, or since the
    last attempt."""
    for number, digest in enumerate("ab", 1):
        deploy(cloud, tmp_path, number, digest, wanted())
    first, second = (one.name for one in cloud.account.there())
    aws = GoesBack(cloud)
    found = observe(aws, wanted())
    made = planned(found, wanted(), 3, aws.clock.time())
    run = begun(aws, wanted(), Bench(cloud, "c"), tmp_path, made, found)
    step = terminated(wanted(), found.environments[0].id, first, f"end {first}", kind="retire")
    with pytest.raises(Unclear, match="is live, so it is not terminated"):
        retire(run, step)
    assert [one.name for one in observe(aws, wanted()).environments] == [first, second]


class ShowsLate(MortalAws):
    """Versions are made, of which no answer comes, and which do not show until they are made again."""

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        made = self.calls.count("elasticbeanstalk.CreateApplicationVersion")
        answer = super()._call(operation, parameters)
        if operation.endswith("CreateApplicationVersion"):
            raise Uncertain(operation, "no answer")
        if operation.endswith("DescribeApplicationVersions") and made == 1:
            answer["ApplicationVersions"] = []
        return answer


def test_what_was_done_and_shows_late(cloud: Cloud, tmp_path: Path) -> None:
    """A second attempt that is refused, since the first one was heard, is looked at once more and goes on."""
    assert deploy(cloud, tmp_path, 1, "a", wanted(), connect=ShowsLate) == 0
    assert [one for one, _ in cloud.changes].count("elasticbeanstalk.CreateApplicationVersion") == 1


class DiesBeforeTheRecord(MortalAws):
    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "s3.PutObject" and "releases.json" in parameters["Key"]:
            raise Killed
        return super()._call(operation, parameters)


def test_who_comes_back_late_writes_no_record(cloud: Cloud, tmp_path: Path) -> None:
    """A deployment that was killed behind its swap and goes on when another one has gone live leaves the record and
    what is live as they are, and says so."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    with pytest.raises(Killed):
        deploy(cloud, tmp_path, 2, "b", wanted(), connect=DiesBeforeTheRecord)
    path = find(tmp_path)
    cloud.clock.advance(LIFE + 1)
    deploy(cloud, tmp_path, 3, "c", wanted())
    before = observe(MortalAws(cloud), wanted())
    assert code_of(lambda: resume(cloud, path, "b")) == 7
    after = observe(MortalAws(cloud), wanted())
    assert (after.releases, after.live(wanted())) == (before.releases, before.live(wanted()))


class Scenario:
    """A deployment in a cloud of its own, at which the ones before it have been."""

    def __init__(self, name: str, cloud: Cloud, folder: Path) -> None:
        before, self.fails = SCENARIOS[name]
        self.topic = TOPIC
        self._making = {"making": MAKING.get(name, planned)}
        self._asked = wanted(aws_notify_topic=TOPIC)
        self._cloud, self._folder = cloud, folder
        if name == "first":
            cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
        for number, digest in zip(range(1, before + 1), "ab", strict=False):
            deploy(cloud, folder, number, digest, self._asked)
        cloud.changes.clear()
        if name in OUTCOMES:
            cloud.account.outcomes.append(OUTCOMES[name])

    def begin(self, **more: Any) -> int:
        return code_of(
            lambda: deploy(self._cloud, self._folder, 9, "c", self._asked, fails=self.fails, **self._making, **more)
        )

    def go_on(self, **more: Any) -> int:
        journal = max(self._folder.glob("2*.jsonl"))
        ended = read(journal).code
        if ended in {0, 4, 5}:
            return ended  # it was killed when its last line was written, and has nothing left to do
        return code_of(lambda: resume(self._cloud, journal, "c", fails=self.fails, **more))

    def end(self, code: int) -> tuple[Any, ...]:
        """How it has ended: exit code, everything that there is, how often what was changed. Signs of life of the lock
        are as many as there are."""
        changes = Counter(
            f"{operation} {parameters.get('Key', '')}" if operation.startswith("s3.") else operation
            for operation, parameters in self._cloud.changes
        )
        counted = {
            name: number
            for name, number in changes.items()
            if not name.endswith("lock.json") and "/deploys/" not in name
        }
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
    when it is live; of the others, some calls are tried here, and by `make faults` all within a week."""
    expected, calls = undisturbed(name, tmp_path / "whole")
    for last in at_changes(calls)[::each]:
        check_killed(name, tmp_path, last, heard=True, expected=expected)


@pytest.mark.heavy
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_any_call(name: str, heard: bool, tmp_path: Path) -> None:
    """The same law at every single call, questions too, whether it arrived or not."""
    expected, calls = undisturbed(name, tmp_path / "whole")
    for last in range(1 + FIRST, len(calls) + 1, EACH):
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
