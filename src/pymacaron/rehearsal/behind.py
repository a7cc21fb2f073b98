"""What Elastic Beanstalk itself asks of the other services: source bundles, secrets, certificates. These are no calls
of the one who deploys, so they do not go through the door, and are not recorded."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

from .registry import images

KEY, SECRET = "AKIAREHEARSAL0000000", "rehearsal"  # of nobody
_session = functools.cache(boto3.session.Session)  # reads each model of a service once


def client(service: str, url: str, region: str, **config: Any) -> Any:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return _session().client(service, endpoint_url=url, region_name=region, **keys, **config)


class Behind:
    """The other services, at `url`."""

    def __init__(self, url: str, region: str) -> None:
        self._url, self._region = url, region
        self._streams: set[tuple[str, str]] = set()
        self._clients: dict[str, Any] = {}
        self._told: set[tuple[str, str, str]] = set()  # images that ECR has been told of
        self._s3 = self._client("s3")

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = client(service, self._url, self._region)
        return self._clients[service]

    def has(self, bucket: str, key: str) -> bool:
        with contextlib.suppress(ClientError):
            self._s3.head_object(Bucket=bucket, Key=key)
            return True
        return False

    def read(self, bucket: str, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def delete(self, bucket: str, key: str) -> None:
        self._s3.delete_object(Bucket=bucket, Key=key)

    def make(self, bucket: str) -> None:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        with contextlib.suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(Bucket=bucket, **({} if self._region == "us-east-1" else elsewhere))

    def has_profile(self, name: str) -> bool:
        """Is there an instance profile of this name, or with this ARN?"""
        with contextlib.suppress(ClientError):
            self._client("iam").get_instance_profile(InstanceProfileName=name.rpartition("/")[2])
            return True
        return False

    def tell_images(self, registry: str) -> None:
        """ECR has the images of this registry, where it has their repositories."""
        ecr = self._client("ecr")
        for image in images(registry):
            key = (image.repository, image.tag, image.digest)
            if key not in self._told:
                with contextlib.suppress(ClientError):
                    ecr.put_image(
                        repositoryName=image.repository,
                        imageTag=image.tag,
                        imageDigest=image.digest,
                        imageManifest=image.manifest,
                        imageManifestMediaType=image.media_type,
                    )
                    self._told.add(key)

    def put_logs(self, group: str, stream: str, lines: list[dict[str, int | str]]) -> None:
        logs = self._client("logs")
        if (group, stream) not in self._streams:
            self._streams.add((group, stream))
            with contextlib.suppress(ClientError):  # it is there
                logs.create_log_group(logGroupName=group)
            with contextlib.suppress(ClientError):
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
        with contextlib.suppress(ClientError):  # somebody has deleted it
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)

    def secret(self, arn: str) -> str:
        """What is kept under an ARN of Secrets Manager, which may end with a key of its JSON, or of a parameter."""
        try:
            return self._secret(arn)
        except (ClientError, ValueError, KeyError, TypeError) as e:
            raise RuntimeError("Instances cannot read a secret of the environment.") from e

    def _secret(self, arn: str) -> str:
        if arn.split(":")[2] == "ssm":
            name = arn.partition(":parameter")[2]
            got = self._client("ssm").get_parameter(Name=name, WithDecryption=True)
            return str(got["Parameter"]["Value"])
        parts = arn.split(":")
        text = str(self._client("secretsmanager").get_secret_value(SecretId=":".join(parts[:7]))["SecretString"])
        if len(parts) == 7:
            return text
        value = json.loads(text)[parts[7]]
        return value if isinstance(value, str) else json.dumps(value)

    def certified(self, arns: list[str]) -> list[str]:
        """The names on certificates of ACM."""
        try:
            found = [self._client("acm").describe_certificate(CertificateArn=arn)["Certificate"] for arn in arns]
        except ClientError as e:
            raise RuntimeError("The certificate of the listener was not found.") from e
        return [name for one in found for name in (one["DomainName"], *one.get("SubjectAlternativeNames", ()))]
