"""The steps before anything that is live is touched: on this machine, and what is kept for environments."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron._types import Json

from .bundle import bundle_of
from .calls import secret_call, tags
from .observe import Found
from .order import GIVEN, Order
from .resources import Wanted
from .steps import ApiCall, Step, ref


def label_of(wanted: Wanted, order: Order) -> Json:
    """What the version is called; of an image that is still to be built, what the step `bundle` will give."""
    return bundle_of(wanted, order.image).label(wanted) if order.image else ref("bundle.label")


def local(wanted: Wanted, found: Found, order: Order) -> Iterator[Step]:
    """What is done here, and with the registry."""
    if order.unit_tests:
        yield Step("unit_tests", "run the unit tests", minutes=0.5)
    if not order.image:
        yield Step("build", f"build the image for {wanted.architecture}", minutes=1)
        if order.acceptance_tests:
            yield Step("image_tests", "start the image, and run the acceptance tests against it", minutes=0.5)
        yield Step("push", f"push the image to {found.registry or wanted.repository}", minutes=1)


def stored(wanted: Wanted, found: Found, order: Order, label: Json) -> Iterator[Step]:
    """What is there before any environment: secrets, bucket, bundle, application, version."""
    if order.secrets == GIVEN:
        yield Step(
            "secret", f"store {', '.join(wanted.secrets)} in Secrets Manager", (secret_call(wanted, found, order),), 0.1
        )
    if not found.bucket_exists and not wanted.bucket:
        call = ApiCall.of("elasticbeanstalk.CreateStorageLocation", {})
        yield Step("storage", f"create the bucket {found.bucket}", (call,), 0.1)
    bundle = bundle_of(wanted, order.image) if order.image else None
    key: Json = bundle.key(wanted) if bundle else ref("bundle.key")
    put = {"Bucket": found.bucket, "Key": key, "Body": ref("bundle.body"), "ContentType": "application/zip"}
    yield Step("bundle", "upload the source bundle to the bucket", (ApiCall.of("s3.PutObject", put),), 0.1, order.image)
    if not found.application:
        said = {"ApplicationName": wanted.name, "Description": f"{wanted.name}, by pymacaron"}
        call = ApiCall.of("elasticbeanstalk.CreateApplication", {**said, "Tags": tags({"pym:app": wanted.name})})
        yield Step("application", f"create the application {wanted.name}", (call,), 0.1)
    source = {"S3Bucket": found.bucket, "S3Key": key}
    call = ApiCall.of("elasticbeanstalk.CreateApplicationVersion", {
        "ApplicationName": wanted.name, "VersionLabel": label, "SourceBundle": source, "Process": True,
        "Description": f"{wanted.version} by {order.deploy_id}"[:200],
        "Tags": tags({"pym:app": wanted.name, "pym:deploy-id": order.deploy_id}),
    })  # fmt: skip
    yield Step("version", "create the application version", (call,), 0.2)
