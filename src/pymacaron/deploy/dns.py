"""The name that callers know, in the account's own DNS (Route 53): where it leads, and what lets it lead to what is
live. It is made once; what changes with each deployment is which environment has the address that it leads to."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pymacaron._types import Json

from .aws import Aws, Refused, Uncertain
from .resources import OFF, REPLACE, Wanted
from .steps import ApiCall, Step, canonical

_TTL = 300  # seconds
_KINDS = ("A", "AAAA", "CNAME")
_ATTEMPTS = 3
# The zones of elasticbeanstalk.com, for names that are those of their own zone and cannot be a CNAME (RFC 1034 section
# 3.6.2): https://docs.aws.amazon.com/general/latest/gr/elasticbeanstalk.html
_ZONES = {
    "af-south-1": "Z1EI3BVKMKK4AM", "ap-east-1": "ZPWYUBWRU171A", "ap-northeast-1": "Z1R25G3KIG2GBW",
    "ap-northeast-2": "Z3JE5OI70TWKCP", "ap-northeast-3": "ZNE5GEY1TIAGY", "ap-south-1": "Z18NTBI3Y7N9TZ",
    "ap-southeast-1": "Z16FZ9L249IFLT", "ap-southeast-2": "Z2PCDNR3VC2G1N", "ap-southeast-3": "Z05913172VM7EAZB40TA8",
    "ca-central-1": "ZJFCZL7SSZB5I", "eu-central-1": "Z1FRNW7UH4DEZJ", "eu-north-1": "Z23GO28BZ5AETM",
    "eu-south-1": "Z10VDYYOA2JFKM", "eu-west-1": "Z2NYPWQ7DFZAZH", "eu-west-2": "Z1GKAAAUGATPF1",
    "eu-west-3": "Z5WN6GAYWG5OB", "il-central-1": "Z02941091PERNCB1MI5H7", "me-south-1": "Z2BBTEKR2I36N2",
    "sa-east-1": "Z10X7K2B4QSOFV", "us-east-1": "Z117KPS5GTRQ2G", "us-east-2": "Z14LCN19Q5QHIC",
    "us-gov-east-1": "Z35TSARG0EJ4VU", "us-gov-west-1": "Z4KAURWC4UUUG", "us-west-1": "Z1LQECGX5PH1X",
    "us-west-2": "Z38NKT9BP95V3O",
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """The live host in a public zone of the account.

    Attributes:
        zone: its id; "" if the account has none for it, or more than one.
        apex: is it the name of the zone itself?
        records: what is there for it, each as JSON text.
        leads: where these lead.
        trouble: why nothing more is known.
    """

    zone: str = ""
    apex: bool = False
    records: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    trouble: str = ""

    def is_right(self, wanted: Wanted) -> bool:
        """Does it lead to what is live? One of several records that share the callers is enough."""
        return wanted.cname in self.leads


def name_of(aws: Aws, wanted: Wanted) -> Name:
    """What the account's DNS says of the live host. Who may not ask is told so, and can deploy."""
    if wanted.dns == OFF:
        return Name()
    try:
        zones = _zones(aws, wanted.host)
        if len(zones) != 1:
            several = f"the account has {len(zones)} public zones for {wanted.host}; which one is in use is not known"
            return Name(trouble=several if zones else "")
        ((zone, name),) = zones
        records = tuple(_records(aws, zone, wanted.host))
    except (Refused, Uncertain) as error:
        return Name(trouble=f"cannot look up {wanted.host} in Route 53: {error}")
    leads = tuple(where for one in records for where in _targets(one))
    return Name(zone, name == wanted.host, tuple(map(canonical, records)), leads)


def _zones(aws: Aws, host: str) -> list[tuple[str, str]]:
    """The public zones that a host belongs to, by the longest name that fits: id and name."""
    words = host.split(".")
    for at in range(len(words) - 1):
        name = ".".join(words[at:])
        said = aws.read("route53.ListHostedZonesByName", _ATTEMPTS, DNSName=name, MaxItems="10")["HostedZones"]
        found = [
            (one["Id"].rpartition("/")[2], name) for one in said
            if _plain(one["Name"]) == name and not one["Config"].get("PrivateZone")
        ]  # fmt: skip
        if found:
            return found
    return []


def _records(aws: Aws, zone: str, host: str) -> Iterator[Any]:
    """The records that lead from a host to somewhere."""
    said = aws.read(
        "route53.ListResourceRecordSets", _ATTEMPTS, HostedZoneId=zone, StartRecordName=host, MaxItems="100"
    )
    yield from (one for one in said["ResourceRecordSets"] if _plain(one["Name"]) == host and one["Type"] in _KINDS)


def _targets(record: Any) -> Iterator[str]:
    if "AliasTarget" in record:
        yield _plain(record["AliasTarget"]["DNSName"]).removeprefix("dualstack.")
    yield from (_plain(one["Value"]) for one in record.get("ResourceRecords", ()))


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


# What is done about it


def name_steps(wanted: Wanted, name: Name) -> Iterator[Step]:
    """The step that lets the live host lead to what is live: where nothing is there for it, or others are to be
    replaced."""
    made = _record(wanted, name) if name.zone and not name.is_right(wanted) else None
    if made is None or (name.records and wanted.dns != REPLACE):
        return
    old: list[Json] = [{"Action": "DELETE", "ResourceRecordSet": json.loads(one)} for one in name.records]
    # CREATE is refused where somebody else was faster, and nothing of it is done then
    batch: Json = {"Comment": f"{wanted.name}, by pymacaron", "Changes": [*old, {"Action": "CREATE", **made}]}
    call = ApiCall.of("route53.ChangeResourceRecordSets", {"HostedZoneId": name.zone, "ChangeBatch": batch})
    away = f" instead of {', '.join(name.leads)}" if name.leads else ""
    yield Step("name", f"point {wanted.host} to {wanted.cname}{away}", (call,), 0.2, wanted.host)


def _record(wanted: Wanted, name: Name) -> dict[str, Json] | None:
    if not name.apex:
        record: dict[str, Json] = {"Type": "CNAME", "TTL": _TTL, "ResourceRecords": [{"Value": wanted.cname}]}
    elif wanted.region in _ZONES:
        target: Json = {"HostedZoneId": _ZONES[wanted.region], "DNSName": wanted.cname, "EvaluateTargetHealth": False}
        record = {"Type": "A", "AliasTarget": target}
    else:
        return None
    return {"ResourceRecordSet": {"Name": wanted.host, **record}}


def name_warnings(wanted: Wanted, name: Name) -> Iterator[str]:
    """What is wrong with the name, and stays so."""
    if name.trouble:
        yield f"{name.trouble}; 'aws_dns: off' skips this check"
    if not name.zone or name.is_right(wanted) or list(name_steps(wanted, name)):
        return
    if name.leads:
        cure = f"its callers do not reach this deployment; 'aws_dns: {REPLACE}' points it to {wanted.cname}"
        yield f"{wanted.host} points to {', '.join(name.leads)} and is left unchanged: {cure}"
    else:
        cure = f"make it an alias of {wanted.cname} by hand"
        yield f"{wanted.host} has no record, and as the name of its zone it cannot be a CNAME: {cure}"


# What is so


def name_lines(
    wanted: Wanted, name: Name, *, is_live: bool, addresses: Callable[[str], set[str]] | None = None
) -> Iterator[str]:  # fmt: skip
    """Where the live host leads, by the account's DNS if it is there, and as this machine is told.

    Args:
        is_live: is there something that has the live address? Else nobody else is asked for it.
        addresses: of a host, none of one that there is not; None: as the system finds them.
    """
    if wanted.dns == OFF:
        yield f"{wanted.host} has to be a CNAME of {wanted.cname}; Route 53 is not checked (aws_dns: off)"
    elif name.zone:
        yield f"{wanted.host} points to {', '.join(name.leads) or 'nothing'}, in the hosted zone {name.zone}"
    else:
        yield f"{wanted.host} is in no hosted zone of this account; it has to be a CNAME of {wanted.cname}"
    yield from name_warnings(wanted, name)
    if not is_live:
        return
    found = addresses or _addresses
    ours, live = found(wanted.host), found(wanted.cname)
    if live and ours & live:
        yield f"{wanted.host} resolves to the same addresses as {wanted.cname}"
    elif live and ours:
        yield f"{wanted.host} resolves to other addresses than {wanted.cname}: a proxy, or something else"
    elif live:
        yield f"{wanted.host} does not resolve on this machine, but {wanted.cname} does"


def _addresses(host: str) -> set[str]:
    try:
        return {str(one[4][0]) for one in socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)}
    except OSError:
        return set()
