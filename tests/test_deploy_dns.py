"""The name that callers know, in Route 53: made once, left alone where somebody else has it, replaced where that is
asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from clouds import Cloud, MortalAws, clouds, deploy, planned, shop, wanted

from pymacaron.config import load_config
from pymacaron.deploy.aws import Refused
from pymacaron.deploy.dns import name_lines, name_of
from pymacaron.deploy.observe import observe
from pymacaron.deploy.permissions import places_of, policy_of
from pymacaron.deploy.resources import Wanted, wanted_of
from pymacaron.exceptions import DeployError

CNAME = "shop-live.eu-west-1.elasticbeanstalk.com"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with clouds() as made:
        yield made


def zone_in(cloud: Cloud, name: str, *, private: bool = False) -> str:
    more: dict[str, Any] = {"VPC": {"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}} if private else {}
    config = {"PrivateZone": private}
    made = cloud.client("route53").create_hosted_zone(Name=name, CallerReference=name, HostedZoneConfig=config, **more)
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


def records(cloud: Cloud, zone: str) -> dict[str, Any]:
    """What there is, by type."""
    found = cloud.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {one["Type"]: one for one in found if one["Type"] not in {"NS", "SOA"}}


def put(cloud: Cloud, zone: str, kind: str, value: str) -> None:
    record = {"Name": "shop.example.com", "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    cloud.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)


def changes(cloud: Cloud) -> int:
    return [operation for operation, _ in cloud.changes].count("route53.ChangeResourceRecordSets")


def test_the_name_is_made_once(cloud: Cloud, tmp_path: Path) -> None:
    """The first deployment lets the live host lead to the live address, in the public zone with the longest name that
    fits; those behind it find it there."""
    zone_in(cloud, "com")
    zone_in(cloud, "shop.example.com", private=True)
    zone = zone_in(cloud, "example.com")
    deploy(cloud, tmp_path, 1, "a", wanted())
    (record,) = records(cloud, zone).values()
    assert (record["Name"], record["Type"]) == ("shop.example.com.", "CNAME")
    assert record["ResourceRecords"] == [{"Value": CNAME}]
    deploy(cloud, tmp_path, 2, "b", wanted())
    assert changes(cloud) == 1
    name = name_of(MortalAws(cloud), wanted())
    assert len(list(name_lines(wanted(), name, is_live=False))) == 1
    assert list(name_lines(wanted(), name, is_live=True, addresses=lambda host: {"192.0.2.1"})) == [
        f"shop.example.com points to {CNAME}, in the hosted zone {zone}",
        f"shop.example.com resolves to the same addresses as {CNAME}",
    ]


def test_the_name_of_a_zone(cloud: Cloud, tmp_path: Path) -> None:
    """It cannot be a CNAME: it becomes an alias, which is known again."""
    zone = zone_in(cloud, "shop.example.com")
    for number, digest in ((1, "a"), (2, "b")):
        deploy(cloud, tmp_path, number, digest, wanted())
    assert records(cloud, zone)["A"]["AliasTarget"]["DNSName"].rstrip(".") == CNAME
    assert changes(cloud) == 1


def test_what_leads_elsewhere(cloud: Cloud, tmp_path: Path) -> None:
    """It stays as it is, and the plan says so; with `aws_dns: replace` it is replaced in one step, unless somebody else
    has changed it since: then nothing is done, and what is live stays live."""
    zone = zone_in(cloud, "example.com")
    put(cloud, zone, "A", "192.0.2.7")
    found = observe(MortalAws(cloud), wanted())
    (warning,) = planned(found, wanted(), 1, 0).warnings
    assert warning.startswith("shop.example.com points to 192.0.2.7 and is left unchanged")
    deploy(cloud, tmp_path, 1, "a", wanted())
    assert list(records(cloud, zone)) == ["A"]
    asked = wanted(aws_dns="replace")
    deploy(cloud, tmp_path, 2, "b", asked)
    assert list(records(cloud, zone)) == ["CNAME"]
    assert list(planned(observe(MortalAws(cloud), asked), asked, 3, 0).warnings) == []


def test_nobody_has_to_see_the_zones(cloud: Cloud, tmp_path: Path) -> None:
    """Without the permission to look, a deployment goes on, and says that it has not looked; with `aws_dns: off` it
    does not ask, and needs no permission; an environment that has the host from another's configuration leaves it."""

    class Blind(MortalAws):
        def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
            if operation.startswith("route53."):
                raise Refused(operation, "AccessDenied", "not authorized")
            return super()._call(operation, parameters)

    zone_in(cloud, "example.com")
    (warning,) = planned(observe(Blind(cloud), wanted()), wanted(), 1, 0).warnings
    assert "cannot look up shop.example.com in Route 53" in warning
    off = wanted(aws_dns="off")
    assert planned(observe(Blind(cloud), off), off, 1, 0).warnings == ()
    assert "route53" not in str(policy_of(places_of(off, account="1")))
    assert "shop.example.com" in str(policy_of(places_of(wanted(), account="1")))
    assert wanted_of(shop(), stage="staging").dns == "off"
    assert staged(tmp_path).dns == "create"


def staged(folder: Path) -> Wanted:
    text = "name: shop\nlive_host: staging.example.com\naws_region: eu-west-1\n"
    (folder / "pym-config.staging.yaml").write_text(text, "utf-8")
    return wanted_of(load_config(str(folder), {"PYM_ENV": "staging"}), stage="staging")


def test_a_name_that_cannot_be_made(cloud: Cloud, tmp_path: Path) -> None:
    """The version is live and well, which the message says; resuming makes the name."""

    class Late(MortalAws):
        def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
            if operation == "route53.ChangeResourceRecordSets":
                raise Refused(operation, "InvalidChangeBatch", "it already exists")
            return super()._call(operation, parameters)

    zone_in(cloud, "example.com")
    with pytest.raises(DeployError, match="live and healthy") as failed:
        deploy(cloud, tmp_path, 1, "a", wanted(), connect=Late)
    assert failed.value.exit_code == 7
    assert cloud.live(wanted())
