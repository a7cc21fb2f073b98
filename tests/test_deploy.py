"""What is wanted, what a plan makes of it and of what there is, and what IAM has to allow: all without AWS."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from click import Context
from cures import same
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.cli import pymacaron as command
from pymacaron.config import Config, load_config
from pymacaron.deploy import journal
from pymacaron.deploy.bundle import bundle_of
from pymacaron.deploy.canary import problems_of_canary
from pymacaron.deploy.deeds import impossible
from pymacaron.deploy.due import due
from pymacaron.deploy.missing import covers
from pymacaron.deploy.observe import BRANCH, Environment, Found, Release, Version, marked, marks_of
from pymacaron.deploy.options import IN_PLACE, lint, options_of
from pymacaron.deploy.order import GIVEN, NONE, Order, green_name, new_id
from pymacaron.deploy.permissions import PERMITS, allows, places_of, policy_of, statement_for
from pymacaron.deploy.plan import plan, problems
from pymacaron.deploy.prices import DATE, cost_of
from pymacaron.deploy.resources import Wanted, wanted_of
from pymacaron.deploy.rollback import plan_rollback
from pymacaron.deploy.setup import calls_of
from pymacaron.deploy.steps import ApiCall, Plan, Step
from pymacaron.exceptions import ConfigurationError, DeployError
from pymacaron.rehearsal.programs import Part, parts_of

SOURCE = Path(__file__).parent.parent / "src" / "pymacaron" / "deploy"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:" + "a" * 64
NOW = 1_800_000_000.0


def config(**more: Any) -> Config:
    return Config(**{"name": "shop", "live_host": "shop.example.com", "aws_region": "eu-west-1", **more})


def wanted(**more: Any) -> Wanted:
    return wanted_of(config(**more), version="1.0")


# What is wanted


@pytest.mark.parametrize(("written", "key"), [
    ("aws_region: eu-west-1a", "aws_region"), ("aws_hosts_min: 5", "aws_hosts_min"),
    ("aws_hosts_min: 0", "aws_hosts_min"), ("aws_instance_type: small", "aws_instance_type"),
    ("aws_instance_type: 't3.small, t4g.small'", "aws_instance_type"),
    ("aws_cert_arn: my-cert", "aws_cert_arn"), ("aws_cname_prefix: UP", "aws_cname_prefix"),
    ("aws_cert_arn: arn:aws:acm:us-east-1:123456789012:certificate/x", "aws_cert_arn"),
    ("aws_variables: {DB_PASSWORD: x}", "aws_variables"), ("aws_variables: {PORT: '80'}", "aws_variables"),
    ("aws_vpc: {id: vpc-1}", "aws_vpc"), ("aws_vpc: {vpc: vpc-1}", "aws_vpc"), ("with_async: true", "async_broker"),
    ("aws_notify_topic: alarms", "aws_notify_topic"), ("live_host: x.example.com/api", "live_host"),
])  # fmt: skip
def test_a_fault_has_its_place(tmp_path: Path, written: str, key: str) -> None:
    """What Elastic Beanstalk would refuse is told with the file, the line and the key, and with a cure."""
    lines = ["name: shop", "live_host: shop.example.com", "aws_region: eu-west-1"]
    kept = [line for line in lines if line.partition(":")[0] != written.partition(":")[0]]
    (tmp_path / "pym-config.yaml").write_text("\n".join([*kept, written, ""]))
    with pytest.raises(ConfigurationError) as faulty:
        wanted_of(load_config(str(tmp_path)))
    (found,) = faulty.value.findings
    line = f":{len(kept) + 1}:" if key == written.partition(":")[0] else ""
    assert (found.path, line in found.place, bool(found.cure)) == (key, True, True)


def test_a_broker_that_is_secret(tmp_path: Path) -> None:
    """A broker whose variable is not set where one deploys is no missing one: Secrets Manager may have it."""
    lines = ["name: shop", "live_host: shop.example.com", "aws_region: eu-west-1", "with_async: true"]
    (tmp_path / "pym-config.yaml").write_text(
        "\n".join([*lines, "env_secrets: [NO_BROKER]", "async_broker: NO_BROKER"])
    )
    assert wanted_of(load_config(str(tmp_path), strict=False)).secrets == ("NO_BROKER",)


def test_all_faults_at_once() -> None:
    """Everything that is wrong is one message; a short name needs no other prefix than the one that is made of it."""
    with pytest.raises(ConfigurationError) as faulty:
        wanted_of(config(aws_region=None, aws_instance_type="x", name="1"), stage="Live!")
    assert {found.path for found in faulty.value.findings} >= {"aws_region", "aws_instance_type", "name", "Live!"}
    assert wanted(name="svc").cname == "svc-live.eu-west-1.elasticbeanstalk.com"


@given(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,60}", fullmatch=True), st.sampled_from(["live", "staging", "a-b-c-d-e-f-g"])
)
def test_names_of_environments(name: str, stage: str) -> None:
    """They keep to the rules of Elastic Beanstalk (4 to 40 letters, digits and hyphens, none at an end), and another
    deployment has another one."""
    asked = replace(wanted(), name=name, stage=stage)
    names = {green_name(asked, new_id(NOW, letters)) for letters in ("aaaa", "aaab")}
    assert len(names) == 2
    assert all(4 <= len(one) <= 40 and one.replace("-", "").isalnum() and one[0] != "-" != one[-1] for one in names)


def test_a_name_on_a_certificate() -> None:
    """A star stands for one word."""
    assert covers("*.example.com", "api.example.com")
    assert not covers("*.example.com", "example.com")
    assert not covers("*.example.com", "a.b.example.com")


# Options and bundle


@given(st.booleans(), st.booleans(), st.booleans(), st.integers(1, 4))
def test_options_are_what_the_reference_has(spot: bool, worker: bool, vpc: bool, hosts: int) -> None:
    """Each option is there once, known to the rehearsal's copy of the reference with a value that it may have, and none
    contradicts another."""
    from pymacaron.rehearsal.options import faults_of, settings_of

    more: dict[str, Any] = {"aws_vpc": {"id": "vpc-1", "subnets": "subnet-1,subnet-2"}} if vpc else {}
    more |= {"with_async": True, "async_broker": "redis://cache"} if worker else {}
    asked = wanted(
        aws_spot=spot, aws_hosts_min=hosts, aws_keypair="ann", aws_notify_topic=TOPIC, aws_cert_arn=CERT, **more
    )
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pym/shop/live-AbCdEf:KEY"
    options = options_of(asked, variables={"A": "b"}, secrets={"KEY": arn})
    assert list(lint(options)) == []
    assert list(faults_of(settings_of([one.to_json() for one in options]), {})) == []


TOPIC = "arn:aws:sns:eu-west-1:123456789012:pym-shop-alarms"
CERT = "arn:aws:acm:eu-west-1:123456789012:certificate/1"


def test_the_bundle_is_the_same_bytes() -> None:
    """For the same image, whenever and wherever it is made; the checksum names it; one file says what runs, pinned by
    its digest; nothing of variables or secrets is in it."""
    one = bundle_of(wanted(aws_variables={"COLOUR": "turquoise"}, env_secrets=["SHOP_DB"]), IMAGE)
    assert one.sha256 == bundle_of(wanted(), IMAGE).sha256
    assert one.label(wanted()) != bundle_of(wanted(), IMAGE.replace("a" * 64, "b" * 64)).label(wanted())
    with zipfile.ZipFile(io.BytesIO(one.data)) as archive:
        assert archive.namelist() == ["Dockerrun.aws.json"]
        said = json.loads(archive.read("Dockerrun.aws.json"))
    assert (said["AWSEBDockerrunVersion"], said["Image"]["Name"]) == ("1", IMAGE)
    both = bundle_of(wanted(with_async=True, async_broker="redis://cache"), IMAGE)
    with zipfile.ZipFile(io.BytesIO(both.data)) as archive:
        assert archive.namelist() == ["docker-compose.yml"]
        services = json.loads(archive.read("docker-compose.yml"))["services"]
    assert {one["image"] for one in services.values()} == {IMAGE}
    assert services.keys() == {"web", "worker"}


@pytest.mark.parametrize("more", [{}, {"async_drain": 300, "shutdown_grace": 40}])
def test_web_and_worker_have_one_worker(more: dict[str, Any]) -> None:
    """The container that serves runs no tasks, as the other one does; each has longer to end than its calls or tasks
    may go on; both commands are ours; only who answers /ping is asked for it."""
    both = bundle_of(wanted(with_async=True, async_broker="redis://cache", **more), IMAGE)
    with zipfile.ZipFile(io.BytesIO(both.data)) as archive:
        services = json.loads(archive.read("docker-compose.yml"))["services"]
    assert services["web"]["command"] == ["pymacaron", "run", "--production", "--no-tasks"]
    assert services["worker"]["command"] == ["pymacaron", "worker"]
    graces = {name: int(one["stop_grace_period"].rstrip("s")) for name, one in services.items()}
    assert graces["web"] > config(**more).shutdown_delay + config(**more).shutdown_grace
    assert graces["worker"] > config(**more).async_drain
    run = [Part(IMAGE, tuple(services[name]["command"]), graces[name]) for name in ("web", "worker")]
    assert parts_of(both.data) == run  # as a rehearsal runs them
    assert parts_of(bundle_of(wanted(), IMAGE).data) == [Part(IMAGE)]
    for one in services.values():
        program, *words = one["command"]
        assert program == command.name
        named = command.get_command(Context(command), words[0])
        assert named
        named.make_context(words[0], words[1:])  # raises what is wrong with the words
    assert [name for name, one in services.items() if one.get("healthcheck")] == ["worker"]


# Plans

LABELS = st.sampled_from(["1.0-a", "1.0-b", "1.0-c"])


@st.composite
def founds(draw: st.DrawFn) -> Found:
    """An account in any state: environments of ours and of others, live or not; a record that may be out of date."""
    asked = wanted()
    environments: tuple[Environment, ...] = tuple(
        Environment(
            f"e-{number}", f"shop-live-{number}", f"x-{number}.eu-west-1.elasticbeanstalk.com",
            "lb", draw(st.sampled_from(["Ready", "Ready", "Updating", "Terminating"])), "Green", draw(LABELS),
            *draw(st.sampled_from([("live", f"id-{number}"), ("staging", f"id-{number}"), ("", "")])),
            created=NOW - draw(st.integers(0, 200_000)),
        )
        for number in range(draw(st.integers(0, 4)))
    )  # fmt: skip
    has_live: bool = draw(st.booleans())
    if environments and has_live:
        environments = (replace(environments[0], cname=asked.cname, status="Ready", stage="live"), *environments[1:])
    ages = sorted(draw(st.lists(st.integers(0, 200_000), max_size=4)), reverse=True)
    releases = tuple(
        Release(f"id-{at}", "1.0-a", f"e-{draw(st.integers(0, 4))}", "name", NOW - age, "ann")
        for at, age in enumerate(ages)
    )
    exists = draw(st.booleans()) or bool(environments)
    return Found(
        "123456789012", "arn:aws:iam::123456789012:user/ann", application=exists, environments=environments,
        versions=tuple(Version(label, f"key-{label}", "PROCESSED") for label in ("1.0-a", "1.0-b")) if exists else (),
        platform=f"arn:aws:elasticbeanstalk:eu-west-1::platform/{BRANCH}/4.13.5", bucket="bucket",
        bucket_exists=draw(st.booleans()), registry=IMAGE.partition("@")[0], releases=releases, is_prefix_free=True,
    )  # fmt: skip


def order(**more: Any) -> Order:
    return Order(**{"deploy_id": "20270115-080000-aaaa", "now": NOW, **more})


@given(founds(), st.booleans(), st.sampled_from(["", IMAGE]))
def test_laws_of_plans(found: Found, keep: bool, image: str) -> None:
    """A plan is made of its arguments alone; it never ends what is live, nor what is not ours; there is a swap where
    something is live and none otherwise; each call fits the service's model; tests come before the swap and behind it,
    and once where there is none; the lock before and behind everything that changes an environment."""
    asked = wanted()
    made = plan(asked, found, order(keep_failed=keep, image=image))
    assert made == plan(asked, found, order(keep_failed=keep, image=image))
    assert Plan.from_json(json.loads(json.dumps(made.to_json()))) == made
    live, kinds = found.live(asked), [step.kind for step in made.steps]
    ended = {
        call.parameters["EnvironmentId"] for step in made.steps if step.kind == "retire" for call in step.calls[:1]
    }
    ours = {one.id for one in found.environments if one.stage == "live"}
    assert ended <= ours - ({live.id} if live else set())
    assert kinds.count("swap") == (1 if live else 0)
    tested = kinds.index("green_tests") if live else kinds.index("green") + 0.5
    assert kinds.index("lock") < kinds.index("green") < tested < kinds.index("verify") < kinds.index("live_tests")
    assert kinds.index("live_tests") < kinds.index("record") < kinds.index("unlock")
    assert not live or tested < kinds.index("swap") < kinds.index("verify")
    assert len({step.name for step in made.steps}) == len(made.steps)
    assert ("end_green" in [step.kind for step in made.if_green_fails]) == (not keep)
    for call in made.calls():
        check_call(call.operation, call.shown())


def check_call(operation: str, parameters: dict[str, Any]) -> None:
    """A call is in the table, and its parameters are those of botocore's model."""
    assert operation in PERMITS
    service, _, name = operation.partition(".")
    members = model_of(service).operation_model(name).input_shape
    assert parameters.keys() <= (members.members.keys() if members else set())


@cache
def model_of(service: str) -> Any:
    return get_session().get_service_model(service)


@given(founds(), st.sampled_from(["", IMAGE]), st.integers(0, 2))
def test_laws_of_canaries(found: Found, image: str, watch: int) -> None:
    """One is planned only where something of ours is live behind an application load balancer. It makes, swaps and ends
    nothing that is live; its one update gives what a version brings along, and the way back all that was there before;
    each call fits the service's model."""
    asked, live = wanted(aws_variables={"A": "1"}), found.live(wanted())
    kept = {"PYM_VERSION": "0.9", "A": "0"}
    found = replace(found, live_options=tuple((IN_PLACE[0], *one) for one in kept.items()) + BALANCED)
    wish = order(image=image, canary=10, watch=watch)
    said = [fact for _, fact, _ in problems_of_canary(asked, found, wish)]
    assert bool(said) == (live is None or live.stage != "live")
    assert list(problems_of_canary(asked, replace(found, live_options=()), wish))
    if said or live is None:
        return
    made = plan(asked, found, wish)
    assert Plan.from_json(json.loads(json.dumps(made.to_json()))) == made
    kinds = [step.kind for step in made.steps]
    assert kinds.index("lock") < kinds.index("canary") < kinds.index("share") < kinds.index("verify")
    assert not {"green", "swap"} & set(kinds)
    names = [step.name for step in (*made.steps, *made.if_live_fails) if step.kind != "unlock"]
    assert len(set(names)) == len(names)
    there, back = (
        next(step.calls[0] for step in steps if step.kind == kind).parameters
        for steps, kind in ((made.steps, "canary"), (made.if_live_fails, "take_back"))
    )
    changed = {one["OptionName"] for one in options_in(there) if one["Namespace"] in IN_PLACE}
    restored = {one["OptionName"]: one["Value"] for one in options_in(back) if one["Namespace"] in IN_PLACE}
    assert restored == kept
    assert {one["OptionName"] for one in options_in(back, "OptionsToRemove")} == changed - kept.keys()
    for call in made.calls():
        check_call(call.operation, call.shown())


def options_in(parameters: dict[str, Any], where: str = "OptionSettings") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parameters[where]
    return found


BALANCED = tuple(
    ("aws:elasticbeanstalk:environment", *one)
    for one in (("EnvironmentType", "LoadBalanced"), ("LoadBalancerType", "application"))
)


@given(founds())
def test_laws_of_rollbacks(found: Found) -> None:
    """There is a way back or a reason; a swap goes to an environment of ours that is ready, and makes none."""
    made = plan_rollback(wanted(), found, order())
    if isinstance(made, str):
        assert made
        return
    kinds = [step.kind for step in made.steps]
    (swap,) = [step for step in made.steps if step.kind == "swap"]
    assert made.blue == swap.calls[0].parameters["SourceEnvironmentId"]
    target = swap.calls[0].parameters["DestinationEnvironmentId"]
    if "green" not in kinds:
        (one,) = [one for one in found.environments if one.id == target]
        assert (one.is_ready, one.stage) == (True, "live")


def test_what_is_due() -> None:
    """Kept: the live one, the one before it for its hours, whatever was replaced less than an hour ago. Ended: older
    ones, and those that never went live."""
    asked, hour = wanted(), 3600

    def environment(number: int) -> Environment:
        return Environment(f"e-{number}", f"n-{number}", "", "", "Ready", "Green", "1.0", "live", "id")

    def release(number: int, hours: float) -> Release:
        return Release(f"id-{number}", "1.0", f"e-{number}", f"n-{number}", NOW - hours * hour, "ann")

    live = replace(environment(4), cname=asked.cname)
    found = Found(
        "1", "a:b", environments=(environment(1), environment(2), environment(3), live, environment(5)),
        releases=(release(1, 9), release(2, 5), release(3, 2), release(4, 0.5)),
    )  # fmt: skip
    assert {one.id for one, _ in due(asked, found, NOW)} == {"e-1", "e-2", "e-5"}
    assert {one.id for one, _ in due(asked, found, NOW + 24 * hour)} == {"e-1", "e-2", "e-3", "e-5"}


def test_problems_come_before_anything_is_done() -> None:
    """An address that somebody has, an environment that is busy, a repository that is missing: each has its setting and
    its cure."""
    found = Found(
        "123456789012", "a:b", platform="p", registry="r", is_prefix_free=False, missing=(("aws_keypair", "f", "c"),)
    )
    assert [key for key, _, _ in problems(wanted(), found, order())] == ["aws_keypair", "aws_cname_prefix"]
    assert "docker_repo" in [key for key, _, _ in problems(wanted(), replace(found, registry=""), order())]
    busy = Environment("e-1", "n", wanted().cname, "", "Updating", "Green", "1.0", "live", "id")
    told = [fact for _, fact, _ in problems(wanted(), replace(found, environments=(busy,)), order())]
    assert any("is Updating" in fact for fact in told)


def test_secrets_are_named_in_plans_only() -> None:
    """A plan has no values, since it never gets any."""
    made = plan(wanted(env_secrets=["SHOP_DB"]), Found("1", "a:b", bucket="b"), order(secrets=GIVEN))
    (call,) = [call for call in made.calls() if call.operation == "secretsmanager.CreateSecret"]
    assert call.shown()["SecretString"] == "${values of SHOP_DB}"
    assert "secret" not in [step.kind for step in plan(wanted(), Found("1", "a:b"), order(secrets=NONE)).steps]


def test_what_it_costs() -> None:
    """An estimate for known types, with its date; none is invented for others."""
    cost = cost_of(wanted())
    assert cost is not None
    assert 0 < cost.least < cost.most
    assert cost_of(wanted(aws_instance_type="x9.huge")) is None
    assert any(DATE in one for one in plan(wanted(), Found("1", "a:b"), order()).cost)


# Permissions


def operations_in_the_source() -> Iterator[str]:
    """Every text that is an operation of a service."""
    services = {
        "elasticbeanstalk",
        "s3",
        "ecr",
        "iam",
        "sts",
        "acm",
        "ec2",
        "secretsmanager",
        "cloudwatch",
        "logs",
        "route53",
        "service-quotas",
        "sns",
    }
    for file in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                service, _, name = node.value.partition(".")
                if service in services and name.isalnum():
                    yield node.value


def test_every_call_is_permitted() -> None:
    """Every call that stands in the source is in the table, its operation is one of botocore's, and the policy that is
    printed allows its action; what only `setup` calls is in its policy alone."""
    places = places_of(wanted(), account="123456789012")
    policies = {"deploy": policy_of(places), "setup": policy_of(places, setup=True)}
    cure = "PERMITS there has a line for each call of AWS: what has to be permitted, and where"
    same("src/pymacaron/deploy/permissions.py", PERMITS, operations_in_the_source(), cure)
    for operation, permit in PERMITS.items():
        service, _, name = operation.partition(".")
        assert name in model_of(service).operation_names
        assert all(allows(policies[permit.when], action) for action in permit.actions), operation
    assert not allows(policies["deploy"], "iam:CreateRole")
    assert {operation for operation, _ in calls_of(wanted(), account="1", email="a@b")} <= set(PERMITS)


def test_the_policy_can_be_attached() -> None:
    """It has no more than the 6144 characters of a managed policy, no name left in braces, roles passed on condition
    only, and says nothing of registries that are not AWS's."""
    text = ""
    for repository in ("docker.io/ann/shop", None):
        text = json.dumps(
            policy_of(places_of(wanted(docker_repo=repository), account="123456789012")), separators=(",", ":")
        )
        assert len(text) <= 6144
        assert "{" not in text.replace('{"', "").replace("{}", "")
        assert ("ecr:PutImage" in text) == (repository is None)
    passing = next(one for one in json.loads(text)["Statement"] if one["Action"] == ["iam:PassRole"])
    assert passing["Condition"]
    assert len(passing["Resource"]) == 2
    statement = statement_for("s3.PutObject", places_of(wanted(docker_bucket="mine"), account="1"))
    assert statement["Resource"] == ["arn:aws:s3:::mine/pymacaron/*"]


# Journals and marks


def test_a_journal_tells_what_was_done(tmp_path: Path) -> None:
    """Read again, a journal has the plan, what is wanted, and what was done; half a line at its end says nothing."""
    asked = wanted(env_secrets=["SHOP_DB"], aws_variables={"A": "b"})
    made = plan(asked, Found("1", "a:b"), order(secrets=GIVEN))
    book = journal.Journal.begun(tmp_path, made, asked, NOW)
    assert (tmp_path / ".gitignore").read_text("utf-8") == "*\n"  # a deployment leaves no changes to be committed
    book.write(NOW, "given", values={"green.id": "e-1"})
    book.write(NOW, "done", step="build")
    with book.path.open("a") as file:
        file.write('{"event": "done", "st')
    story = journal.read(journal.find(tmp_path))
    assert (story.plan, story.wanted, story.given, story.done) == (made, asked, {"green.id": "e-1"}, {"build"})
    assert story.plan.hash == made.hash


@pytest.mark.parametrize("damage", [
    "cut", "null", "[]", "no JSON", '{"event": "begin"}', '{"event": "given"}', '{"event": "end"}', "\\udcff", "plan",
    "wanted", "pymacaron", "event", "plan.steps", "plan.cost", "plan.deploy_id", "wanted.name",
])  # fmt: skip
def test_whatever_a_journal_holds(tmp_path: Path, damage: str) -> None:
    """It is a story, or an error that says what to do, with the code of what could not begin: of a file that is damaged
    or that another version has written, too. What a later process writes behind half a line is read."""
    asked = wanted()
    book = journal.Journal.begun(tmp_path, plan(asked, Found("1", "a:b"), order()), asked, NOW)
    book.write(NOW, "done", step="build")
    whole = book.path.read_text("utf-8").splitlines()
    first, rest = json.loads(whole[0]), whole[1:]
    part, _, name = damage.rpartition(".")
    if name in (first[part] if part else first):
        del (first[part] if part else first)[name]
        made = [[json.dumps(first), *rest]]
    elif damage == "cut":
        made = [[*whole[:at], whole[at][:20]] for at in range(2)]
    else:
        made = [[*whole[:at], damage, *whole[at:]] for at in range(3)]
    for lines in made:
        book.path.write_text("\n".join(lines), "utf-8", "surrogateescape")
        journal.Journal(book.path).write(NOW, "done", step="push")
        found = read_or_told(book.path)
        if isinstance(found, journal.Story):
            assert "push" in found.done
        else:
            assert (found.exit_code, ";" in str(found)) == (3, True)


def read_or_told(path: Path) -> journal.Story | DeployError:
    try:
        return journal.read(path)
    except DeployError as error:
        return error


def test_a_full_disk(tmp_path: Path) -> None:
    """What cannot be written down is not done: the deployment does not begin (3), or can go on (7)."""
    made = plan(wanted(), Found("1", "a:b"), order())
    full = tmp_path / f"{made.deploy_id}.jsonl"
    full.symlink_to("/dev/full")
    with pytest.raises(DeployError, match="No space left on device; make room") as refused:
        journal.Journal.begun(tmp_path, made, wanted(), NOW)
    assert refused.value.exit_code == 3
    with pytest.raises(DeployError, match="go on") as stopped:
        journal.Journal(full).intent(NOW, "lock", made.steps[-1].calls[0])
    assert stopped.value.exit_code == 7


def test_a_plan_of_another_version() -> None:
    """A step or a call that nobody here knows is found before anything is done."""
    made = plan(wanted(), Found("1", "a:b"), order())
    assert impossible(made) == ""
    for kind, operation in (("dance", "s3.PutObject"), ("lock", "s3.DeleteBucket"), ("lock", "iam.CreateRole")):
        strange = replace(made, if_live_fails=(Step(kind, "x", (ApiCall.of(operation, {}),)),))
        assert (kind if kind == "dance" else operation) in impossible(strange)


def test_marks() -> None:
    """An environment of ours is known by its description."""
    assert marks_of(marked("live", "x")) == ("live", "x")
    assert marks_of("made by hand") == marks_of("") == ("", "")


def test_deployment_is_imported_on_demand() -> None:
    """Neither `import pymacaron` nor the list of commands imports boto3 or the room."""
    code = (
        "import sys, pymacaron\nfrom click.testing import CliRunner\nfrom pymacaron.cli import pymacaron as command\n"
        "assert CliRunner().invoke(command, ['--help']).exit_code == 0\n"
        "assert not {one for one in sys.modules if one.startswith(('boto', 'pymacaron.deploy.'))}"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
