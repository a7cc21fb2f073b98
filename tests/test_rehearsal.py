"""The Elastic Beanstalk of a rehearsal, asked by boto3 over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from pymacaron.rehearsal import Clock, Mistaken, Rehearsal
from pymacaron.rehearsal.behind import client

ONCE = Config(retries={"total_max_attempts": 1})
UNCHECKED = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
PROFILE = {"Namespace": "aws:autoscaling:launchconfiguration", "OptionName": "IamInstanceProfile", "Value": "pym"}
ENHANCED = {"Namespace": "aws:elasticbeanstalk:healthreporting:system", "OptionName": "SystemType", "Value": "enhanced"}
BRANCH = "arn:aws:elasticbeanstalk:us-east-1::platform/Docker running on 64bit Amazon Linux 2023"


@pytest.fixture
def stage() -> Iterator[Rehearsal]:
    """A rehearsal with an application `shop` of one version, `1`."""
    with Rehearsal() as rehearsal:
        filled(rehearsal)
        yield rehearsal


def filled(rehearsal: Rehearsal) -> Any:
    eb = rehearsal.client(config=ONCE)
    eb.create_application(ApplicationName="shop")
    eb.create_application_version(ApplicationName="shop", VersionLabel="1")
    return eb


def created(eb: Any, name: str, *settings: dict[str, str], **more: Any) -> dict[str, Any]:
    wanted = {"VersionLabel": "1", "PlatformArn": BRANCH, "OptionSettings": [PROFILE, ENHANCED, *settings], **more}
    answer: dict[str, Any] = eb.create_environment(ApplicationName="shop", EnvironmentName=name, **wanted)
    return answer


def named(eb: Any, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = eb.describe_environments(EnvironmentNames=[name])["Environments"]
    return found[0]


def messages(eb: Any, **filters: Any) -> list[str]:
    return [event["Message"] for event in eb.describe_events(**filters)["Events"]]


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_life(stage: Rehearsal) -> None:
    """An environment is launched, is ready, is updated, and ends; it has the name that was asked for meanwhile."""
    eb = stage.client()
    assert eb.check_dns_availability(CNAMEPrefix="shop-live")["Available"]
    first = created(eb, "shop-one", CNAMEPrefix="shop-live")
    assert (first["Status"], first["Health"], first["HealthStatus"]) == ("Launching", "Grey", "Pending")
    assert first["CNAME"] == "shop-live.us-east-1.elasticbeanstalk.com"
    assert "EndpointURL" not in first
    there = named(eb, "shop-one")
    assert (there["Status"], there["Health"], there["HealthStatus"]) == ("Ready", "Green", "Ok")
    assert there["EndpointURL"].endswith(".us-east-1.elb.amazonaws.com")
    assert not eb.check_dns_availability(CNAMEPrefix="shop-live")["Available"]
    eb.create_application_version(ApplicationName="shop", VersionLabel="2")
    assert eb.update_environment(EnvironmentName="shop-one", VersionLabel="2")["Status"] == "Updating"
    assert named(eb, "shop-one")["VersionLabel"] == "2"
    assert eb.terminate_environment(EnvironmentName="shop-one")["Status"] == "Terminating"
    assert named(eb, "shop-one")["Status"] == "Terminated"
    assert eb.describe_environments(IncludeDeleted=False)["Environments"] == []
    assert eb.check_dns_availability(CNAMEPrefix="shop-live")["Available"]
    again = created(eb, "shop-one", CNAMEPrefix="shop-live")
    assert again["EnvironmentId"] != first["EnvironmentId"]


def test_swap(stage: Rehearsal) -> None:
    """A swap exchanges the names of two environments, and one more is as if nothing had been."""
    eb = stage.client()
    ids = [created(eb, name)["EnvironmentId"] for name in ("shop-one", "shop-two")]
    before = [named(eb, name)["CNAME"] for name in ("shop-one", "shop-two")]
    for expected in (before[::-1], before):
        request = eb.swap_environment_cnames(SourceEnvironmentId=ids[0], DestinationEnvironmentId=ids[1])
        assert [named(eb, name)["CNAME"] for name in ("shop-one", "shop-two")] == expected
        told = messages(eb, RequestId=request["ResponseMetadata"]["RequestId"])
        assert told.count("Completed swapping CNAMEs for environments 'shop-one' and 'shop-two'.") == 2


def test_swap_takes_its_time() -> None:
    """While a swap goes on, names are as before, and another swap is refused."""
    with Rehearsal(pace=1, clock=Clock(start=datetime(2026, 1, 2, tzinfo=UTC), step=1)) as rehearsal:
        eb = filled(rehearsal)
        created(eb, "shop-one")
        created(eb, "shop-two")
        rehearsal.account.clock.advance(300)
        pair = {"SourceEnvironmentName": "shop-one", "DestinationEnvironmentName": "shop-two"}
        before = named(eb, "shop-one")["CNAME"]
        eb.swap_environment_cnames(**pair)
        assert (named(eb, "shop-one")["CNAME"], named(eb, "shop-one")["Status"]) == (before, "Updating")
        with pytest.raises(ClientError, match="Must be Ready"):
            eb.swap_environment_cnames(**pair)
        rehearsal.account.clock.advance(10)
        assert named(eb, "shop-two")["CNAME"] == before


def test_same_again(tmp_path: Path) -> None:
    """With a clock that stands still, a rehearsal goes the same way each time: ids, times, events, records."""

    def play(path: Path) -> tuple[Any, str]:
        with Rehearsal(pace=0.1, clock=Clock(start=datetime(2026, 1, 2, tzinfo=UTC), step=5), record=path) as rehearsal:
            eb = filled(rehearsal)
            created(eb, "shop-one")
            for _ in range(5):
                eb.describe_environments()
            return [tuple(event.items()) for event in eb.describe_events()["Events"]], path.read_text()

    assert play(tmp_path / "one") == play(tmp_path / "two")


@pytest.mark.parametrize(
    ("call", "params", "message"),
    [
        ("create_environment", {"ApplicationName": "none", "EnvironmentName": "shop-x"}, "No Application named 'none'"),
        ("create_environment", {"ApplicationName": "shop", "EnvironmentName": "shop-x"}, "no solution stack"),
        ("terminate_environment", {"EnvironmentName": "none"}, "No Environment found for EnvironmentName = 'none'."),
        ("create_application", {"ApplicationName": "shop"}, "Application shop already exists."),
        ("create_application_version", {"ApplicationName": "shop", "VersionLabel": "1"}, "already exists"),
        ("update_environment", {"EnvironmentId": "e-1"}, "No Environment found for EnvironmentId = 'e-1'."),
        ("describe_events", {"NextToken": "x"}, "NextToken"),
    ],
)
def test_refusals(stage: Rehearsal, call: str, params: dict[str, Any], message: str) -> None:
    """What does not fit what is there is refused, with the words of AWS where they are known."""
    with pytest.raises(ClientError, match=message) as raised:
        getattr(stage.client(config=ONCE), call)(**params)
    assert code(raised) == ("InvalidParameterValue", 400)


def test_names_are_taken(stage: Rehearsal) -> None:
    """Two environments do not share a name, nor a CNAME; the latter in any case of letters."""
    eb = stage.client(config=ONCE)
    created(eb, "shop-one", CNAMEPrefix="shop-live")
    with pytest.raises(ClientError, match=r"Environment shop-one already exists\."):
        created(eb, "shop-one")
    with pytest.raises(ClientError, match=r"DNS name \(shop-live.us-east-1.elasticbeanstalk.com\) is not available\."):
        created(eb, "shop-two", CNAMEPrefix="Shop-Live")


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("create_application", {}),
        ("create_application", {"ApplicationName": "x" * 101}),
        ("create_environment", {"ApplicationName": "shop", "EnvironmentName": "x"}),
        ("check_dns_availability", {"CNAMEPrefix": "svc"}),
        ("describe_events", {"Severity": "LOUD"}),
        ("describe_events", {"MaxRecords": "many"}),
    ],
)
def test_model_of_requests(stage: Rehearsal, call: str, params: dict[str, Any]) -> None:
    """What the model of the service does not allow is refused by the server too: types, lengths, enumerations."""
    with pytest.raises(ClientError) as raised:
        getattr(stage.client(config=UNCHECKED), call)(**params)
    assert code(raised) in {("ValidationError", 400), ("MalformedInput", 400)}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("Action", "MalformedQueryString"),
        ("Version=2010-12-01", "MissingAction"),
        ("Action=DescribeEvents", "InvalidAction"),
        ("Action=Describe&Version=2010-12-01", "InvalidAction"),
        ("Action=DescribeEvents&Version=2010-12-01&Colour=green", "ValidationError"),
        ("Action=DescribeEvents&Version=2010-12-01&Action=DescribeEvents", "MalformedQueryString"),
        ("Action=DescribeEvents&Version=2010-12-01&StartTime=soon", "MalformedInput"),
        ("Action=DescribeEvents&Version=2010-12-01&Severity.member.1=INFO", "MalformedInput"),
        ("Action=DescribeApplications&Version=2010-12-01&ApplicationNames.member.2=x", "MalformedInput"),
        ("Action=DescribeApplications&Version=2010-12-01&ApplicationNames=x", "MalformedInput"),
        ("Action=CreateStorageLocation&Version=2010-12-01&Colour=green", "ValidationError"),
        ("Action=DescribeEnvironments&Version=2010-12-01&IncludeDeleted=perhaps", "MalformedInput"),
        ("Action=UpdateEnvironment&Version=2010-12-01&Tier=x&Tier.Name=x", "MalformedInput"),
        ("Action=UpdateEnvironment&Version=2010-12-01&Tier.Colour=x", "ValidationError"),
    ],
)
def test_forms(stage: Rehearsal, form: str, expected: str) -> None:
    """A form that is no call of the protocol is refused, with an error of the protocol."""
    request = AWSRequest("POST", stage.url)
    SigV4Auth(Credentials("key", "secret"), "elasticbeanstalk", "us-east-1").add_auth(request)
    asked = urllib.request.Request(stage.url, form.encode(), dict(request.headers.items()))
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(asked)
    with raised.value as answer:
        assert f"<Code>{expected}</Code>" in answer.read().decode()
    last = stage.record.entries[-1]
    assert (last.code, last.done) == (expected, False)


def test_signatures(stage: Rehearsal) -> None:
    """A request has to be signed, for this service and this region."""

    def asked(**headers: str) -> tuple[int, str]:
        request = urllib.request.Request(stage.url, b"Action=DescribeEvents&Version=2010-12-01", headers)
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request)
        with raised.value as answer:
            return answer.code, answer.read().decode().partition("<Code>")[2].partition("</Code>")[0]

    def signed(service: str, region: str) -> str:
        request = AWSRequest("POST", stage.url)
        SigV4Auth(Credentials("key", "secret"), service, region).add_auth(request)
        return str(request.headers["Authorization"])

    assert asked() == (403, "MissingAuthenticationToken")
    assert asked(Authorization="Basic eDp5") == (400, "IncompleteSignature")
    assert asked(Authorization=signed("elasticbeanstalk", "mars-east-1")) == (403, "SignatureDoesNotMatch")
    assert asked(Authorization=signed("s3", "us-east-1")) == (403, "SignatureDoesNotMatch")


def test_settings(stage: Rehearsal) -> None:
    """Settings are validated in the same way by the call for that and by those that use them, and are found again."""
    eb = stage.client(config=ONCE)
    asg = "aws:autoscaling:asg"
    faulty: list[tuple[str, str, str]] = [
        (asg, "MinSize", "many"), (asg, "MaxSize", "0"), (asg, "MinSize", "5"), ("aws:nowhere", "Name", "x"),
        ("aws:elasticbeanstalk:environment", "LoadBalancerType", "heavy"),
        ("aws:elasticbeanstalk:application:environmentsecrets", "TOKEN", "in clear"),
        ("aws:elasticbeanstalk:application:environment", "LONG", "x" * 4096),
        ("aws:autoscaling:trigger", "Period", "7"),
        ("aws:elbv2:listener:443", "Protocol", "HTTPS"),
        ("aws:elasticbeanstalk:managedactions", "ManagedActionsEnabled", "true"),
        ("aws:elasticbeanstalk:command", "DeploymentPolicy", "TrafficSplitting"),
        ("aws:elasticbeanstalk:healthreporting:system", "ConfigDocument", "{"),
    ]  # fmt: skip
    for namespace, name, value in faulty:
        setting = {"Namespace": namespace, "OptionName": name, "Value": value}
        found = eb.validate_configuration_settings(ApplicationName="shop", OptionSettings=[setting])["Messages"]
        assert [message["Severity"] for message in found[:1]] == ["error"], setting
        with pytest.raises(ClientError) as raised:
            created(eb, "shop-one", setting)
        assert code(raised) == ("ConfigurationValidationException", 400)
    size = {"Namespace": asg, "OptionName": "MinSize", "Value": "2"}
    assert not eb.validate_configuration_settings(ApplicationName="shop", OptionSettings=[size, PROFILE])["Messages"]
    created(eb, "shop-one", size)
    described = eb.describe_configuration_settings(ApplicationName="shop", EnvironmentName="shop-one")
    listed = described["ConfigurationSettings"][0]["OptionSettings"]
    assert size in listed
    assert {"Namespace": asg, "OptionName": "MaxSize", "Value": "4"} in listed


def test_events_in_pages(stage: Rehearsal) -> None:
    """Pages of events together are all events, newest first, even when new ones come meanwhile."""
    eb = stage.client()
    created(eb, "shop-one")
    eb.describe_environments()
    whole, found = messages(eb), []
    token: dict[str, str] = {}
    while True:
        page = eb.describe_events(MaxRecords=2, **token)
        found += [event["Message"] for event in page["Events"]]
        eb.update_application(ApplicationName="shop", Description="more events")
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == whole
    assert whole[-1] == "Created new Application: shop"
    assert messages(eb, EnvironmentName="shop-one")[0] == "Successfully launched environment: shop-one"
    assert messages(eb, Severity="ERROR") == []


def test_quotas(stage: Rehearsal) -> None:
    """What an account has too many of is refused with the error of its kind."""
    eb = stage.client(config=ONCE)
    stage.tell({"quota": {"environments": 1, "versions": 1, "applications": 1}})
    created(eb, "shop-one")
    calls: dict[str, Callable[[], Any]] = {
        "Environments": lambda: created(eb, "shop-two"),
        "ApplicationVersions": lambda: eb.create_application_version(ApplicationName="shop", VersionLabel="2"),
        "Applications": lambda: eb.create_application(ApplicationName="other"),
    }
    for kind, call in calls.items():
        with pytest.raises(ClientError) as raised:
            call()
        assert code(raised) == (f"TooMany{kind}Exception", 400)


def test_script(stage: Rehearsal) -> None:
    """Calls go wrong as the script says, and the record tells what has happened all the same."""
    eb = stage.client(config=Config(retries={"total_max_attempts": 1}, read_timeout=0.2))
    one = {"operation": "CreateApplication"}
    stage.tell([{**one, "error": "Throttling"}, {**one, "error": "AccessDenied", "call": 2}])
    stage.tell([{**one, "drop": "before", "call": 3}, {**one, "drop": "after", "call": 4}])
    stage.tell({**one, "delay": 0.4, "call": 5})
    errors = []
    for number in range(6):
        try:
            eb.create_application(ApplicationName=f"app-{number}")
            errors.append("")
        except (ClientError, ConnectionClosedError, ReadTimeoutError) as e:
            errors.append(e.response["Error"]["Code"] if isinstance(e, ClientError) else type(e).__name__)
    closed = "ConnectionClosedError"
    assert errors == ["Throttling", "AccessDenied", closed, closed, "ReadTimeoutError", ""]
    stage.tell({"operation": "DescribeApplications", "times": 0, "error": "InternalFailure"})
    for _ in range(3):
        with pytest.raises(ClientError, match="InternalFailure"):
            eb.describe_applications()
    made = [entry for entry in stage.record.mutations() if entry.operation == "CreateApplication"]
    assert {entry.params["ApplicationName"] for entry in made} - {"app-4"} == {"shop", "app-3", "app-5"}


@pytest.mark.parametrize("wanted", [1, {}, {"operation": "X"}, {"error": 5}, {"drop": "never"}, {"outcome": "x"}])
def test_faulty_scripts(wanted: Any) -> None:
    """A script that is not understood is refused, and says what to write."""
    with pytest.raises(Mistaken):
        Rehearsal(script=[wanted])


@pytest.mark.parametrize(
    ("outcome", "ends", "message"),
    [
        ("launch-fails", ("Ready", "Grey"), "Failed to launch environment."),
        ("launch-with-errors", ("Ready", "Red"), "Create environment operation is complete, but with errors."),
        ("launch-never-ends", ("Launching", "Grey"), "Waiting for EC2 instances"),
    ],
)
def test_launches_that_fail(stage: Rehearsal, outcome: str, ends: tuple[str, str], message: str) -> None:
    """An environment ends as the script says; those with other names do not."""
    stage.tell({"outcome": outcome, "environment": "*-one"})
    eb = stage.client()
    created(eb, "shop-one")
    created(eb, "shop-two")
    assert (named(eb, "shop-one")["Status"], named(eb, "shop-one")["Health"]) == ends
    assert named(eb, "shop-two")["Health"] == "Green"
    assert any(told.startswith(message) for told in messages(eb, EnvironmentName="shop-one"))


def test_backstage(stage: Rehearsal) -> None:
    """Over HTTP a rehearsal takes scripts, puts its clock forward, sets health, gives its record."""

    def told(method: str, name: str, value: Any = None) -> Any:
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"{stage.url}/_rehearsal/{name}", body, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    eb = stage.client(config=ONCE)
    created(eb, "shop-one")
    named(eb, "shop-one")
    told("POST", "health", {"environment": "shop-one", "health": "Red", "cause": "it is tired"})
    health = eb.describe_environment_health(EnvironmentName="shop-one", AttributeNames=["All"])
    assert (health["Causes"], health["Status"], health["Color"]) == (["it is tired"], "Ready", "Red")
    told("POST", "script", {"error": "Throttling"})
    with pytest.raises(ClientError, match="Rate exceeded"):
        eb.describe_events()
    told("POST", "clock", {"advance": 7200})
    lines = [json.loads(line) for line in told("GET", "record").splitlines()]
    assert [line["operation"] for line in lines if line["mutation"]][-1] == "CreateEnvironment"
    assert json.loads(told("GET", "state"))["environments"][0]["Health"] == "Red"
    with pytest.raises(urllib.error.HTTPError, match="400"):
        told("POST", "script", {"outcome": "rain"})


def test_others() -> None:
    """The other services are behind the same address: recorded without secrets, and made to fail in their own ways."""
    with Rehearsal(others=True) as rehearsal:
        eb, s3, secrets = (rehearsal.client(name, config=ONCE) for name in ("elasticbeanstalk", "s3", "secretsmanager"))
        bucket = eb.create_storage_location()["S3Bucket"]
        bundle = {"S3Bucket": bucket, "S3Key": "shop/1.zip"}
        eb.create_application(ApplicationName="shop")
        with pytest.raises(ClientError, match="Unable to download from S3 location"):
            eb.create_application_version(ApplicationName="shop", VersionLabel="1", SourceBundle=bundle)
        s3.put_object(Bucket=bucket, Key="shop/1.zip", Body=b"zip", IfNoneMatch="*")
        eb.create_application_version(ApplicationName="shop", VersionLabel="1", SourceBundle=bundle, Process=True)
        secrets.create_secret(Name="pym/shop/live", SecretString="a secret that nobody reads")
        created(eb, "shop-one")
        named(eb, "shop-one")
        assert "The instance profile pym associated with the environment does not exist." in messages(eb)
        rehearsal.client("iam").create_instance_profile(InstanceProfileName="pym")
        created(eb, "shop-two")
        assert named(eb, "shop-two")["Health"] == "Green"
        rehearsal.tell({"service": "s3", "operation": "Put*", "error": "Throttling"})
        rehearsal.tell({"service": "ecr", "error": "AccessDenied"})
        with pytest.raises(ClientError) as raised:
            s3.put_object(Bucket=bucket, Key="x")
        assert code(raised) == ("SlowDown", 503)
        with pytest.raises(ClientError) as raised:
            rehearsal.client("ecr", config=ONCE).get_authorization_token()
        assert code(raised) == ("AccessDeniedException", 403)
        assert "nobody reads" not in "".join(rehearsal.record.lines())
        calls = [f"{entry.service}:{entry.operation}" for entry in rehearsal.record.mutations()]
        assert calls[-5:-3] == ["elasticbeanstalk:CreateApplicationVersion", "secretsmanager:CreateSecret"]


def test_as_a_program(tmp_path: Path) -> None:
    """`python -m pymacaron.rehearsal` prints the variables that lead AWS's libraries to it, and ends when it is told;
    what it does not understand is told in a line."""
    record, script = tmp_path / "record", tmp_path / "script"
    command = [sys.executable, "-m", "pymacaron.rehearsal", "--port", "0", "--no-others", "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip().removeprefix("export AWS_ENDPOINT_URL=")
        client("elasticbeanstalk", url, "us-east-1").create_application(ApplicationName="shop")
        process.terminate()
    assert process.returncode == 0
    assert json.loads(record.read_text("utf-8"))["operation"] == "CreateApplication"
    script.write_text('{"outcome": "rain"}', "utf-8")
    done = subprocess.run([*command, "--script", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, "outcome is one of launch-fails" in done.stderr) == (2, True)
