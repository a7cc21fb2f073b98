"""What is asked and done between deployments; the account made ready; the road to an environment that no name
leads to."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import trustme
from click.testing import CliRunner
from clouds import PACE, REGION, Cloud, MortalAws, StillClock, clouds, deploy, shop, wanted

from pymacaron.cli import pymacaron as command
from pymacaron.cli.deploying import interruptible, workshop_for
from pymacaron.config import Config
from pymacaron.deploy import operating
from pymacaron.deploy.aws import OPTIONS, Aws
from pymacaron.deploy.deployment import Account, deployment, of_file, ordered, told
from pymacaron.deploy.last_words import last_words
from pymacaron.deploy.lock import Lock
from pymacaron.deploy.resources import wanted_of
from pymacaron.deploy.run import Door, StepFailed
from pymacaron.deploy.setup import calls_of, set_up
from pymacaron.deploy.workshop import Here
from pymacaron.exceptions import DeployError
from pymacaron.rehearsal import Rehearsal


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with clouds() as made:
        yield made


def account_in(cloud: Cloud, folder: Path, **more: Any) -> Account:
    return Account(shop(**more), wanted(**more), MortalAws(cloud), {}, str(folder))


# What there is


def test_status_and_releases(cloud: Cloud, tmp_path: Path) -> None:
    """Status tells what is live and who deploys, releases what has been live; both as JSON and for people."""
    account = account_in(cloud, tmp_path)
    assert operating.status(account, account.observed())["live"] is None
    deploy(cloud, tmp_path, 1, "a", wanted())
    deploy(cloud, tmp_path, 2, "b", wanted())
    lock = Lock(
        account.aws,
        {"Bucket": account.observed().bucket, "Key": "pymacaron/shop/live/lock.json"},
        holder="x",
        owner="bob",
    )
    lock.take()
    said = operating.status(account, account.observed())
    json.dumps(said)
    assert (said["version"], said["health"], said["lock"]["owner"]) == (cloud.live(wanted()), "Green", "bob")
    assert [one["live"] for one in said["environments"]] == [False, True]
    assert any("bob is deploying" in line for line in operating.status_lines(said))
    rows = operating.releases(account.observed(), wanted())
    assert [(row["live"], row["swap"]) for row in rows] == [(True, True), (False, True)]
    assert {row["by"] for row in rows} == {"ann@laptop"}


def test_only_what_is_not_live_is_ended(cloud: Cloud, tmp_path: Path) -> None:
    """Not the live environment, nothing while somebody deploys or goes back, and by `prune` only what is due."""
    account = account_in(cloud, tmp_path)
    deploy(cloud, tmp_path, 1, "a", wanted())
    deploy(cloud, tmp_path, 2, "b", wanted())
    first, second = [one.name for one in account.observed().environments]
    with pytest.raises(DeployError, match="is live"):
        operating.terminate(account, account.observed(), second)
    with pytest.raises(DeployError, match="there are shop-live-"):
        operating.terminate(account, account.observed(), "shop-live")
    lock = account.lock(account.observed().bucket, "20261122-090001-aaaa")
    lock.take()
    with pytest.raises(DeployError, match="is deploying already") as held:
        operating.terminate(account, account.observed(), first)
    assert held.value.exit_code == 6
    lock.free()
    assert operating.prune(account, account.observed(), lambda _: None) == 0
    cloud.clock.advance(25 * 3600)
    assert operating.prune(account, account.observed(), lambda _: None) == 1
    cloud.clock.advance(3600 * PACE)
    assert [one.name for one in account.observed().environments] == [second]
    assert lock.held_by() is None


def test_versions_are_deleted(cloud: Cloud, tmp_path: Path) -> None:
    """Those beyond `aws_keep_versions`, the oldest first, and none that an environment has."""
    for number, digest in enumerate("abc", 1):
        deploy(cloud, tmp_path, number, digest, wanted())
        cloud.clock.advance(25 * 3600)
    account = account_in(cloud, tmp_path, aws_keep_versions=1)
    operating.prune(account, account.observed(), lambda _: None)
    cloud.clock.advance(3600)
    assert operating.prune_versions(account, account.observed(), lambda _: None) == 1
    assert len(account.observed().versions) == 2


def test_logs_follow_what_is_live(cloud: Cloud, tmp_path: Path) -> None:
    """Each line once; after a swap those of the new environment, and still the last ones of the old."""
    account = account_in(cloud, tmp_path)
    deploy(cloud, tmp_path, 1, "a", wanted())
    first = account.observed().environments[0].name
    cloud.prints(first, "one")
    notes: list[str] = []
    lines = operating.logs(
        account.aws, wanted(), since=cloud.clock.now().timestamp() - 60, follow=True, note=notes.append
    )
    assert next(lines) == "one"
    deploy(cloud, tmp_path, 2, "b", wanted())
    second = account.observed().environments[1].name
    cloud.prints(first, "two")
    cloud.prints(second, "three")
    assert {next(lines), next(lines)} == {"two", "three"}
    assert second in notes[0]
    assert list(operating.logs(account.aws, wanted(), since=cloud.clock.now().timestamp() - 60)) == ["three"]


def test_events_are_told_in_order(cloud: Cloud, tmp_path: Path) -> None:
    """The oldest first, with the environment."""
    deploy(cloud, tmp_path, 1, "a", wanted())
    said = operating.events(MortalAws(cloud), wanted(), hours=24)
    assert said == sorted(said, key=lambda line: line[:19])
    assert any("shop-live-20261122-090001-aaaa: createEnvironment is starting." in line for line in said)


# Plans


def test_a_plan_in_a_file(cloud: Cloud, tmp_path: Path) -> None:
    """It is carried out as it stands there, unless what there is has changed since it was made."""
    account = account_in(cloud, tmp_path)
    made, _ = deployment(account)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"plan": made.to_json()}))
    assert of_file(account, str(file))[0] == made
    assert "elasticbeanstalk.CreateEnvironment(ApplicationName=" in told(made)
    deploy(cloud, tmp_path, 1, "a", wanted())
    with pytest.raises(DeployError, match="has changed since"):
        of_file(account, str(file))
    file.write_text("{}")
    with pytest.raises(DeployError, match="holds no plan"):
        of_file(account, str(file))


def test_some_secrets_are_none(cloud: Cloud, tmp_path: Path) -> None:
    """All of the variables are set, or none: with some, nobody knows what the others are to be."""
    asked = {"env_secrets": ["SHOP_A", "SHOP_B"]}
    account = Account(shop(**asked), wanted(**asked), MortalAws(cloud), {"SHOP_A": "x"}, str(tmp_path))
    with pytest.raises(DeployError, match="SHOP_B of env_secrets is not set") as some:
        ordered(account, account.observed())
    assert some.value.exit_code == 3


# The account


def test_setup(cloud: Cloud) -> None:
    """Everything that a deployment needs is made; done again, nothing is made a second time; roles are trusted by the
    services that they are for, and the instances read one secret only."""
    asked = wanted_of(
        Config(name="other", live_host="o.example.com", aws_region=REGION, aws_instance_profile="pym-other")
    )
    aws, lines = MortalAws(cloud), list[str]()
    calls = [
        one
        for one in calls_of(asked, account="123456789012", email="ops@example.com")
        if one[0] != "iam.AttachRolePolicy"
    ]
    for _ in range(2):
        set_up(aws, asked, calls, "123456789012", lines.append)
    second = lines[len(calls) :]
    assert [line for line in second if line.startswith("made") and "Create" in line and "Topic" not in line] == []
    policy = cloud.client("iam").get_role_policy(RoleName="pym-other", PolicyName="pymacaron-other")["PolicyDocument"]
    (secret,) = [one for one in policy["Statement"] if "secretsmanager:GetSecretValue" in one["Action"]]
    assert secret["Resource"] == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:pym/other/*"]
    assert cloud.client("ecr").describe_repositories(repositoryNames=["other"])["repositories"]


def test_the_policy_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without asking AWS, where the account is said; a faulty configuration is told without a traceback."""
    from pymacaron.cli.aws import aws

    monkeypatch.chdir(tmp_path)
    (tmp_path / "pym-config.yaml").write_text("name: shop\nlive_host: s.example.com\naws_region: eu-west-1\n")
    done = CliRunner().invoke(aws, ["policy", "--account", "123456789012"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["Version"] == "2012-10-17"
    (tmp_path / "pym-config.yaml").write_text("name: shop\nlive_host: s.example.com\naws_region: here\n")
    done = CliRunner().invoke(aws, ["policy", "--account", "123456789012"])
    assert "pym-config.yaml:3:13: aws_region: is no region" in str(done.exception)


def test_no_connection(cloud: Cloud) -> None:
    """AWS that has never answered is not waited for as long as one that has; a region that nobody knows is named."""
    clock = StillClock(cloud.clock)
    began = clock.time()
    for region, says in ((REGION, "connection of this machine"), ("eu-wst-1", "did you mean 'eu-west-1'?")):
        away = Aws(
            lambda service: boto3.client(service, REGION, endpoint_url="http://127.0.0.1:9", config=OPTIONS), clock
        )
        with pytest.raises(DeployError, match=says) as told:
            Account(shop(), replace(wanted(), region=region), away, {}).observed()
        assert told.value.exit_code == 3
    assert clock.time() - began < 60


# The road to green


class Version(BaseHTTPRequestHandler):
    """A service that tells which host it was asked for."""

    def do_GET(self) -> None:
        body = json.dumps({"container": f"{self.headers['Host']} 1.0"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def balancer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A load balancer with a certificate for shop.example.com, where no name leads."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("shop.example.com").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Version) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=partial(server.serve_forever, 0.01))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_certificate_is_that_of_the_live_host(cloud: Cloud, tmp_path: Path, balancer: str) -> None:
    """A new environment is asked at its own load balancer as the live host: with a certificate for that name it
    answers, with another one it is refused."""
    workshop = workshop_for(account_in(cloud, tmp_path))
    assert workshop.container(Door("https", "shop.example.com", balancer)) == "shop.example.com 1.0"
    with pytest.raises(StepFailed, match="TLS connection failed"):
        workshop.container(Door("https", "other.example.com", balancer))


def test_nobody_is_there(cloud: Cloud, tmp_path: Path) -> None:
    """That is told, and is no traceback."""
    with pytest.raises(StepFailed, match="no connection"):
        workshop_for(account_in(cloud, tmp_path)).container(Door("http", "shop.example.com", "127.0.0.1:9"))


def test_tests_that_hang(cloud: Cloud, tmp_path: Path) -> None:
    """They are ended before the lock could expire, and have failed."""
    (tmp_path / "pym-config.yaml").write_text("name: shop\nlive_host: shop.example.com\n")
    for name in ("test", "testaccept"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_it.py").write_text("import time\n\ndef test_it(): time.sleep(3600)\n")
    here = Here(
        str(tmp_path), architecture="x86_64", stage="live", variables={}, secrets={}, say=lambda line: None, longest=0.5
    )  # fmt: skip
    with pytest.raises(StepFailed, match="is ended after"):
        here.unit_tests()
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(StepFailed, match="take longer than"):
        here.tests(Door("http", "shop.example.com", f"127.0.0.1:{server.getsockname()[1]}"))


def wait_for(number: int, cleared: list[int]) -> None:
    """Something that is under way when a signal comes."""
    try:
        os.kill(os.getpid(), number)
        while True:
            time.sleep(0.01)
    finally:
        cleared.append(number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_is_ended_clears_up(number: int, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C, the end of a job and that of a terminal: what is under way clears up behind itself, the code is that of
    shells, and it is told how to go on. A signal that is ignored stays so."""
    cleared: list[int] = []
    before = {one: signal.signal(one, signal.SIG_DFL) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(SystemExit) as ended, interruptible():
            wait_for(number, cleared)
        assert (ended.value.code, cleared) == (code, [number])
        assert "`pymacaron deploy --resume`" in capsys.readouterr().err
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with interruptible():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


# The commands


def check_files_of_instances(cloud: Rehearsal) -> None:
    """Where CloudWatch has no line of an environment, its instances are asked for their files."""
    aws = Aws(lambda name: cloud.client(name, config=OPTIONS), StillClock(cloud.account.clock))
    profile = ("aws:autoscaling:launchconfiguration", "IamInstanceProfile", "aws-elasticbeanstalk-ec2-role")
    options = [dict(zip(("Namespace", "OptionName", "Value"), profile, strict=True))]
    eb = cloud.client("elasticbeanstalk")
    eb.create_application(ApplicationName="other")
    platform = eb.list_available_solution_stacks()["SolutionStacks"][0]
    eb.create_environment(
        ApplicationName="other", EnvironmentName="other-1", SolutionStackName=platform, OptionSettings=options
    )
    said = last_words(aws, "other-1")
    assert "Successfully launched environment: other-1" in said
    assert "  nothing runs in this environment" in said
    assert "printed nothing" in last_words(aws, "nobody")


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty account to a plan, by the commands themselves, over the real protocol: what is missing is named
    with its cure, `aws setup` makes it, then a deployment can begin; asking changes nothing."""
    (tmp_path / "pym-config.yaml").write_text("name: shop\nlive_host: shop.example.com\naws_region: eu-west-1\n")
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(command, words)
        assert getattr(done.exception, "exit_code", done.exit_code) == code, done.output
        return f"{done.output}{done.exception or ''}"

    with Rehearsal(region=REGION, others=True) as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        missing = run("deploy", "--plan", code=3)
        assert "aws_service_role: names aws-elasticbeanstalk-service-role" in missing
        assert "run `pymacaron aws setup`" in missing
        run("aws", "setup", "--email", "ops@example.com")
        check_files_of_instances(cloud)
        assert "--canary needs a live environment" in run("deploy", "--plan", "--canary", code=3)
        changes = len(cloud.record.mutations())
        said = run("aws", "doctor")
        assert "ready to deploy" in said
        assert (
            "quotas       1 of 75 applications (a deployment takes 1), 0 of 1000 versions (a deployment takes 1), 1"
            in said
        )
        cloud.tell({"quota": {"environments": 1, "applications": 1}})
        said = run("deploy", "--plan", code=3)
        assert "the account has 1 of 1 environments in this region, and 1 more are needed" in said
        assert "the account has 1 of 1 applications" in said
        assert "ready to deploy" not in run("aws", "doctor", code=3)
        cloud.tell({"quota": {"environments": 200, "applications": 75}})
        made = json.loads(run("deploy", "--plan", "--json"))["plan"]
        assert [step["kind"] for step in made["steps"]][:4] == ["unit_tests", "build", "image_tests", "push"]
        assert "nothing is live at shop-live.eu-west-1.elasticbeanstalk.com" in run("status", code=1)
        assert "nobody holds the lock" in run("deploy", "unlock")
        assert "nothing is live" in run("rollback", "--plan", code=3)
        assert "no environment has" in run("logs", code=3)
        assert run("env", "list") == run("events") == ""
        assert run("env", "prune") == "0 ended\n"
        assert "0 environments ended" in run("cleanup")
        assert "no journal" in run("deploy", "--resume", "20261122-090000-aaaa", code=3)
        assert "no interrupted deployment" in run("deploy", "--resume", code=3)
        assert "by its digest" in run("deploy", "--image", "shop:latest", code=2)
        assert "are for --rehearse" in run("deploy", "--before", "..", code=2)
        assert "NAME=VALUE" in run("deploy", "--rehearse", "--variable", "=x", code=2)
        assert len(cloud.record.mutations()) == changes
        check_refusals(cloud, run, monkeypatch)


ASKING = ("aws policy", "aws setup", "deploy --plan", "logs", "events", "env prune")


def check_refusals(cloud: Rehearsal, run: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever command it is: what AWS refuses, or this machine says of AWS, is told with its cure, and ends in 3."""
    denied = {"operation": "DescribeEvents", "error": "AccessDenied", "times": 0}
    cloud.tell(denied)
    assert '"Action": ["elasticbeanstalk:DescribeEvents"]' in run("events", code=3)
    assert ":123456789012:environment/shop/*" in run("events", code=3)
    cloud.tell({"service": "sts", "operation": "*", "error": "RequestTimeTooSkewed", "times": 0})
    assert "the clock of this machine is wrong" in run("aws", "policy", code=3)
    for name, text, says in (
        ("AWS_PROFILE", "nobody", "provide valid credentials"), ("AWS_ENDPOINT_URL", "nowhere", "AWS settings of this"),
    ):  # fmt: skip
        with monkeypatch.context() as patched:
            patched.setenv(name, text)
            assert says in run("aws", "policy", code=3)
    with monkeypatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.delenv(name)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patched.setenv(name, "nowhere")
        for words in ASKING:
            assert "provide valid credentials" in run(*words.split(), code=3), words
