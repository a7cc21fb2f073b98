"""What AWS refuses, or does not answer: what mends it, and an error for people in place of an exception for us."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymacaron.exceptions import DeployError
from pymacaron.names import suggest

from .aws import Aws, Refused, Throttled, Uncertain, regions
from .exit_codes import STOPPED
from .permissions import PERMITS, places_of, statement_for
from .resources import Wanted

_CLOCK = frozenset(("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"))
_CLOCK_WORDS = ("Signature expired", "Signature not yet current")  # https://docs.aws.amazon.com/IAM/latest/UserGuide
_CREDENTIALS = frozenset((
    "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound", "ExpiredToken",
    "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch",
    "InvalidSignatureException", "IncompleteSignature", "AuthFailure", "InvalidAccessKeyId", "OptInRequired",
    "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "MissingAuthenticationToken",
))  # fmt: skip
_UNKNOWN = "ACCOUNT"  # in a statement, where AWS does not say which account this is


@contextmanager
def asking(aws: Aws, wanted: Wanted) -> Iterator[None]:
    """What AWS says no to in the block, or does not answer, is an error that has its cure.

    Raises:
        DeployError: in place of Refused and Uncertain.
    """
    try:
        yield
    except Refused as error:
        raise DeployError(f"{error}; {cure_of(aws, wanted, error)}", exit_code=STOPPED) from error
    except Uncertain as error:
        cure = f"check your connection, then see `pymacaron status`{_of_region(wanted.region)}"
        raise DeployError(f"AWS does not answer: {error}; {cure}", exit_code=STOPPED) from error


def cure_of(aws: Aws, wanted: Wanted, error: Refused, account: str = "") -> str:
    """What mends a refusal.

    Args:
        account: its number; "": AWS is asked, if it is needed.
    """
    if error.is_denial:
        return allow(error.operation, wanted, account or _account(aws))
    if error.code in _CLOCK or any(words in error.text for words in _CLOCK_WORDS):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(aws.clock.time()))
        return f"the clock of this machine is wrong: it says {now}; set it: `timedatectl set-ntp true`"
    if error.code in _CREDENTIALS:
        keys = "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        return f"provide valid credentials: {keys}, a profile in ~/.aws that `aws_user` names, or a role"
    if error.is_unreached:
        return f"check the network connection of this machine{_of_region(wanted.region)}"
    if isinstance(error, Throttled):
        return "wait a few minutes and try again"
    if error.code == "NoSuchBucket":
        return "the first deployment creates the bucket of Elastic Beanstalk; a docker_bucket has to exist"
    return "correct it in pym-config.yaml or in the AWS settings of this machine; see `pymacaron aws doctor`"


def _account(aws: Aws) -> str:
    try:
        return str(aws.read("sts.GetCallerIdentity", 1)["Account"])
    except (Refused, Uncertain):
        return _UNKNOWN


def _of_region(region: str) -> str:
    """What may be wrong with the name of a region, of which there are newer ones than boto3 knows."""
    known = regions()
    if region in known or not known:
        return ""
    return f", and aws_region: boto3 knows no {region}; {suggest(region, known) or 'is it newer?'}"


def allow(operation: str, wanted: Wanted, account: str) -> str:
    """How to give the permission for a call."""
    statement = json.dumps(statement_for(operation, places_of(wanted, account=account)))
    who, command = "whoever deploys", "pymacaron aws policy"
    if PERMITS[operation].when == "setup":
        who, command = "whoever runs `pymacaron aws setup`", f"{command} --setup"
    return f"add this statement to the policy of {who} (`{command}` has all of them): {statement}"
