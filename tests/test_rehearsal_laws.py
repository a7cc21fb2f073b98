"""Laws of a rehearsal that hold for all calls: of its protocol, of the state of environments, of its record."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from test_rehearsal import BRANCH, ONCE, PROFILE, created, filled

from pymacaron.rehearsal import Clock, Rehearsal
from pymacaron.rehearsal.calls import CALLS
from pymacaron.rehearsal.protocol import Refusal, faults_of_result, read_call, service, write_answer

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """What the model allows for a shape; structures and lists that are not empty."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    if isinstance(shape, StructureShape):
        members = {
            name: values(member, depth + 1)
            for name, member in shape.members.items()
            if depth < 4 or name in shape.required_members
        }
        required = {name: members.pop(name) for name in shape.required_members}
        structure = st.fixed_dictionaries(required, optional=members)
        return structure if not depth else structure.filter(bool)
    if isinstance(shape, ListShape):
        return st.lists(values(shape.member, depth + 1), min_size=max(least, 1), max_size=min(most or 2, 2))
    if "enum" in shape.metadata:
        return st.sampled_from(shape.metadata["enum"])
    if shape.type_name == "string":
        return st.text(LETTERS, min_size=least, max_size=min(most or least + 5, least + 5))
    whole = st.integers(max(least, -(2**31)), most or 2**31 - 1)
    return {
        "boolean": st.booleans(),
        "integer": whole,
        "long": whole,
        "double": st.floats(allow_nan=False, allow_infinity=False),
        "timestamp": st.integers(0, 2**42).map(
            lambda ms: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
        ),
    }[shape.type_name]


@st.composite
def calls(draw: st.DrawFn, of: Callable[[OperationModel], Shape | None]) -> tuple[OperationModel, Any]:
    """An operation, with a value for its input or its output."""
    operation = service().operation_model(draw(st.sampled_from(service().operation_names)))
    shape = of(operation)
    return operation, draw(values(shape)) if shape else {}


@given(calls(lambda operation: operation.input_shape))
@settings(max_examples=60)
def test_requests_round_trip(call: tuple[OperationModel, Any]) -> None:
    """What botocore writes for a call is read as that call."""
    operation, params = call
    written = create_serializer("query").serialize_to_request(params, operation)["body"]
    found, read = read_call(urlencode(written).encode())
    assert (found.name, read) == (operation.name, params)


FIELDS = st.sampled_from(service().operation_names).flatmap(lambda name: st.dictionaries(
    st.one_of(
        st.sampled_from(["EnvironmentId", "StartTime", "MaxRecords", "Tier.Name", "OptionSettings.member.1.Value"]),
        st.text("ABTNamember.123", max_size=20),
    ), st.text(max_size=20),
).map(lambda fields: urlencode({"Action": name, "Version": "2010-12-01", **fields}).encode()))  # fmt: skip


@given(st.one_of(st.binary(), st.text("&=%.A1").map(str.encode), FIELDS))
def test_any_form_is_read_or_refused(body: bytes) -> None:
    """Whatever a form holds, it is a call or it is refused."""
    with contextlib.suppress(Refusal):
        read_call(body)


@given(calls(lambda operation: operation.output_shape))
@settings(max_examples=60)
def test_answers_round_trip(call: tuple[OperationModel, Any]) -> None:
    """What is written as the answer is read by botocore as that result, and the model has nothing against it."""
    operation, result = call
    assert faults_of_result(operation, result) == []
    answer = {"body": write_answer(operation, result, "7"), "headers": {}, "status_code": 200}
    read = create_parser("query").parse(answer, operation.output_shape)
    assert read.pop("ResponseMetadata")["RequestId"] == "7"
    assert read == result


def test_operations_are_those_of_the_model() -> None:
    """There is no operation that the model does not have, and those that there are not are named on the page, and
    answer so."""
    assert set(CALLS) <= set(service().operation_names)
    missing = set(service().operation_names) - set(CALLS)
    page = (Path(__file__).parent.parent / "docs" / "rehearsal.md").read_text("utf-8")
    told = page.partition("answer the error `NotImitated`:")[2].partition(";")[0]
    assert {name.strip("` \n") for name in told.split(",")} == missing
    with Rehearsal() as rehearsal, pytest.raises(ClientError, match="NotImitated"):
        rehearsal.client(config=ONCE).compose_environments(ApplicationName="shop")


NAMES = ["shop-one", "shop-two", "shop-six"]
ENDS = "Successfully launched", "Completed swapping", "terminateEnvironment completed"


class Environments(RuleBasedStateMachine):
    """Environments made, swapped, updated and ended at random, on a clock of which each call takes a part."""

    def __init__(self) -> None:
        super().__init__()
        clock = Clock(start=datetime(2026, 1, 2, tzinfo=UTC), step=3)
        self.stack = contextlib.ExitStack()
        self.rehearsal = self.stack.enter_context(Rehearsal(pace=0.1, clock=clock))
        self.eb = filled(self.rehearsal)
        self.accepted: list[str] = []  # ids of requests

    def teardown(self) -> None:
        self.stack.close()

    def there(self) -> dict[str, dict[str, Any]]:
        found = self.eb.describe_environments(IncludeDeleted=False)["Environments"]
        assert len({e["EnvironmentName"] for e in found}) == len(found)
        return {e["EnvironmentName"]: e for e in found}

    def asked(self, call: Callable[[], dict[str, Any]], *, allowed: bool) -> None:
        """The call does what it says if it is allowed, else it is refused."""
        if allowed:
            self.accepted.append(call()["ResponseMetadata"]["RequestId"])
            return
        with pytest.raises(ClientError):
            call()

    @rule(name=st.sampled_from(NAMES), prefix=st.sampled_from(["live", "next"]))
    def create(self, name: str, prefix: str) -> None:
        free = self.eb.check_dns_availability(CNAMEPrefix=prefix)["Available"]
        taken = name in self.there()
        self.asked(lambda: created(self.eb, name, CNAMEPrefix=prefix), allowed=free and not taken)

    @precondition(lambda self: len(self.there()) > 1)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        before = self.there()
        one, two = data.draw(st.permutations(sorted(before)))[:2]
        ready = before[one]["Status"] == before[two]["Status"] == "Ready"
        if not ready:  # it may become so while the call is made
            return
        pair = {"SourceEnvironmentId": before[one]["EnvironmentId"], "DestinationEnvironmentName": two}
        self.asked(lambda: self.eb.swap_environment_cnames(**pair), allowed=True)
        while (after := self.there())[one]["Status"] != "Ready":
            assert [after[n]["CNAME"] for n in (one, two)] == [before[n]["CNAME"] for n in (one, two)]
        assert [after[n]["CNAME"] for n in (one, two)] == [before[n]["CNAME"] for n in (two, one)]

    @rule(name=st.sampled_from(NAMES))
    def terminate(self, name: str) -> None:
        found = self.there().get(name)
        if found is None or found["Status"] in {"Ready", "Terminating"}:
            self.asked(lambda: self.eb.terminate_environment(EnvironmentName=name), allowed=found is not None)

    @rule(seconds=st.integers(0, 60))
    def wait(self, seconds: int) -> None:
        self.rehearsal.advance(seconds)

    @invariant()
    def names_lead_to_one(self) -> None:
        """No two environments have the same CNAME, and what is taken is not free."""
        names = [e["CNAME"] for e in self.there().values()]
        assert len(set(names)) == len(names)
        for prefix in ("live", "next"):
            answer = self.eb.check_dns_availability(CNAMEPrefix=prefix)
            assert answer["Available"] == (answer["FullyQualifiedCNAME"] not in names)

    @invariant()
    def operations_are_told(self) -> None:
        """Every request that was accepted has events, the oldest of which says that it is starting; when nothing goes
        on any more, the newest one says that it is done. What was refused has done nothing."""
        for request_id in self.accepted[-3:]:
            told = [event["Message"] for event in self.eb.describe_events(RequestId=request_id)["Events"]]
            assert told[-1].endswith("is starting.")
            if all(e["Status"] == "Ready" for e in self.there().values()):
                assert told[0].startswith(ENDS)
        kinds = {"CreateEnvironment", "SwapEnvironmentCNAMEs", "TerminateEnvironment"}
        done = [e.request_id for e in self.rehearsal.record.mutations() if e.operation in kinds]
        assert done == self.accepted


TestEnvironments = Environments.TestCase
TestEnvironments.settings = settings(max_examples=6, stateful_step_count=10)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=6)
def test_the_record_is_what_has_happened(seed: int) -> None:
    """Whatever goes wrong, and whatever the caller was told: the calls that the record calls done, made again where
    nothing goes wrong, lead to the same."""
    chance = {"seed": seed, "rate": 0.4, "kinds": ["throttle", "unavailable", "drop", "lost"], "most": 1000}
    with Rehearsal() as troubled, Rehearsal() as calm:
        filled(troubled)
        troubled.tell({"random": chance})
        eb = troubled.client(config=ONCE)
        for name in NAMES:
            for _ in range(3):
                with contextlib.suppress(ClientError, BotoCoreError):
                    created(eb, name)
            with contextlib.suppress(ClientError, BotoCoreError):
                eb.swap_environment_cnames(SourceEnvironmentName=NAMES[0], DestinationEnvironmentName=name)
        with contextlib.suppress(ClientError, BotoCoreError):
            eb.terminate_environment(EnvironmentName=NAMES[1])
        again = calm.client(config=ONCE)
        for entry in troubled.record.mutations():
            again._make_api_call(entry.operation, entry.params)
        assert shown(troubled) == shown(calm)


def shown(rehearsal: Rehearsal) -> list[tuple[Any, ...]]:
    with rehearsal.door.lock:
        rehearsal.door.script.clear()
    found = rehearsal.client().describe_environments()["Environments"]
    names = ("EnvironmentName", "VersionLabel", "Status", "Health")
    return [tuple(e[name] for name in names) for e in found]


def test_templates_and_tags() -> None:
    """An environment of a template has its settings, and those that it is given on top; tags are found again."""
    with Rehearsal() as rehearsal:
        eb = filled(rehearsal)
        size = {"Namespace": "aws:autoscaling:asg", "OptionName": "MaxSize", "Value": "9"}
        template = {"ApplicationName": "shop", "TemplateName": "usual"}
        eb.create_configuration_template(**template, PlatformArn=BRANCH, OptionSettings=[PROFILE, size])
        more = {**size, "OptionName": "MinSize", "Value": "2"}
        arn = eb.create_environment(
            ApplicationName="shop", EnvironmentName="shop-one", TemplateName="usual", OptionSettings=[more],
            Tags=[{"Key": "team", "Value": "shop"}],
        )["EnvironmentArn"]  # fmt: skip
        found = eb.describe_configuration_settings(ApplicationName="shop", EnvironmentName="shop-one")
        listed = found["ConfigurationSettings"][0]["OptionSettings"]
        assert {"MaxSize": "9", "MinSize": "2"}.items() <= {o["OptionName"]: o["Value"] for o in listed}.items()
        eb.update_tags_for_resource(ResourceArn=arn, TagsToAdd=[{"Key": "deploy", "Value": "7"}], TagsToRemove=["team"])
        eb.describe_environments()
        tags = {tag["Key"]: tag["Value"] for tag in eb.list_tags_for_resource(ResourceArn=arn)["ResourceTags"]}
        assert tags["deploy"] == "7"
        assert "team" not in tags
        eb.delete_configuration_template(**template)
        assert eb.describe_applications()["Applications"][0]["ConfigurationTemplates"] == []


def test_versions_expire() -> None:
    """A lifecycle keeps so many versions, never less than those that run, and versions that run are not deleted."""
    with Rehearsal() as rehearsal:
        eb = filled(rehearsal)
        created(eb, "shop-one")
        rule = {"MaxCountRule": {"Enabled": True, "MaxCount": 2, "DeleteSourceFromS3": True}}
        eb.update_application_resource_lifecycle(
            ApplicationName="shop", ResourceLifecycleConfig={"ServiceRole": "arn:x", "VersionLifecycleConfig": rule}
        )
        for label in "2345":
            eb.create_application_version(ApplicationName="shop", VersionLabel=label)
        found = eb.describe_application_versions(ApplicationName="shop")["ApplicationVersions"]
        assert [version["VersionLabel"] for version in found] == ["5", "1"]
        with pytest.raises(ClientError, match="in use"):
            eb.delete_application_version(ApplicationName="shop", VersionLabel="1")
        with pytest.raises(ClientError, match="it has environments"):
            eb.delete_application(ApplicationName="shop")
        eb.terminate_environment(EnvironmentName="shop-one")
        eb.delete_application_version(ApplicationName="shop", VersionLabel="1")
        eb.delete_application(ApplicationName="shop")
        assert eb.describe_applications()["Applications"] == []


def test_every_read_answers() -> None:
    """Each operation that reads answers for an environment that runs, with what the model allows."""
    with Rehearsal() as rehearsal:
        eb = filled(rehearsal)
        created(eb, "shop-one")
        eb.request_environment_info(EnvironmentName="shop-one", InfoType="tail")
        named = {"ApplicationName": "shop", "EnvironmentName": "shop-one", "CNAMEPrefix": "live", "PlatformArn": BRANCH}
        arn = rehearsal.account.arn("environment", "shop", "shop-one")
        more = {"InfoType": "tail", "OptionSettings": [PROFILE], "ResourceArn": arn, "AttributeNames": ["All"]}
        for name in (n for n in CALLS if n.startswith(("Describe", "List", "Check", "Retrieve", "Validate"))):
            shape = service().operation_model(name).input_shape
            eb._make_api_call(
                name, {key: value for key, value in (named | more).items() if shape and key in shape.members}
            )
        assert {entry.code for entry in rehearsal.record.entries} <= {None, "InvalidParameterCombination"}
