"""What has to be there before a deployment, and is not: roles, keys, a bucket, secrets, certificates, types of
instances; each with the setting that names it and the cure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .aws import Aws, Refused
from .resources import Wanted

_Missing = Iterator[tuple[str, str, str]]


def missing_of(aws: Aws, wanted: Wanted, bucket: str, has_bucket: bool) -> _Missing:
    setup = "run `pymacaron aws setup`, or name one that exists"
    for key, operation, parameters in (
        ("aws_service_role", "iam.GetRole", {"RoleName": wanted.service_role.rpartition("/")[2]}),
        ("aws_instance_profile", "iam.GetInstanceProfile",
         {"InstanceProfileName": wanted.instance_profile.rpartition("/")[2]}),
    ):  # fmt: skip
        if not exists(aws, operation, **parameters):
            yield key, f"names {next(iter(parameters.values()))}, which the account does not have", setup
    if wanted.key_pair and not exists(aws, "ec2.DescribeKeyPairs", KeyNames=[wanted.key_pair]):
        yield (
            "aws_keypair",
            f"names {wanted.key_pair}, which {wanted.region} does not have",
            "leave it out, or create it",
        )
    if wanted.bucket and not has_bucket:
        yield "docker_bucket", f"names {bucket}, which does not exist", "leave it out, or create it"
    if wanted.registry_secret and not _has_secret(aws, wanted.registry_secret):
        cure = "create it: `pymacaron aws registry --user NAME`"
        yield "docker_secret", f"names {wanted.registry_secret}, which Secrets Manager does not have", cure
    if wanted.certificate:
        yield from _certificate(aws, wanted)
    yield from _types(aws, wanted)


def _has_secret(aws: Aws, ident: str) -> bool:
    """Is it there? One of others, of which nobody tells us, may be."""
    try:
        return exists(aws, "secretsmanager.DescribeSecret", SecretId=ident)
    except Refused:
        return ident.startswith("arn:")


def _certificate(aws: Aws, wanted: Wanted) -> _Missing:
    if ":acm:" not in str(wanted.certificate):
        return
    try:
        said = aws.read("acm.DescribeCertificate", CertificateArn=wanted.certificate)["Certificate"]
    except Refused as error:
        if error.is_denial:
            raise
        yield (
            "aws_cert_arn",
            f"does not exist ({error.code})",
            "copy the ARN of one that exists in the same region and account",
        )
        return
    if said["Status"] != "ISSUED":
        yield "aws_cert_arn", f"is {said['Status']}", "validate it first: ACM shows how (a DNS record, or an e-mail)"
    names = {said["DomainName"], *said.get("SubjectAlternativeNames", ())}
    host = wanted.live_host.partition(":")[0]
    if not any(covers(name, host) for name in names):
        yield "aws_cert_arn", f"is for {', '.join(sorted(names))}, not for {host}", "request one for that name in ACM"


def covers(name: str, host: str) -> bool:
    """Is a certificate's name one for a host? A star stands for one word (RFC 6125 section 6.4.3)."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _types(aws: Aws, wanted: Wanted) -> _Missing:
    try:
        found = aws.read("ec2.DescribeInstanceTypes", InstanceTypes=list(wanted.instance_types))["InstanceTypes"]
    except Refused as error:
        if error.is_denial:
            raise
        yield "aws_instance_type", f"has a type that {wanted.region} does not offer", "write for example t3.small"
        return
    for one in found:
        if wanted.architecture not in one["ProcessorInfo"]["SupportedArchitectures"]:
            built = ", ".join(one["ProcessorInfo"]["SupportedArchitectures"])
            yield (
                "aws_instance_type",
                f"has {one['InstanceType']}, which is {built}",
                f"choose types for {wanted.architecture}",
            )


def exists(aws: Aws, operation: str, **parameters: Any) -> bool:
    try:
        aws.read(operation, **parameters)
    except Refused as error:
        if error.is_denial:
            raise
        return False
    return True
