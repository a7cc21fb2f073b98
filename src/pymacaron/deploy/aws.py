"""The one place that speaks to AWS: each call is in the table of permissions, and what became of it is certain or is
said to be uncertain."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from random import uniform
from typing import Any, Protocol

from pymacaron._types import Environment
from pymacaron.config import Config, reveal
from pymacaron.exceptions import DeployError, PyMacaronError

from .permissions import PERMITS

try:
    from boto3.session import Session
    from botocore import xform_name
    from botocore.awsrequest import AWSRequest
    from botocore.config import Config as Options
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        ProfileNotFound,
        ProxyConnectionError,
    )
    from botocore.httpsession import URLLib3Session
    from botocore.parsers import ResponseParserError
except ImportError:
    raise DeployError("deployment needs boto3; run: pip install 'pymacaron[aws]'") from None

_THROTTLED = frozenset((
    "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "PriorRequestNotComplete",
))  # fmt: skip
# Servers that say so have not begun.
_BUSY = frozenset(("ServiceUnavailable", "ServiceUnavailableException", "503"))
_DENIED = frozenset((
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "InsufficientPrivilegesException", "403",
))  # fmt: skip
_ABSENT = frozenset(("NoSuchKey", "NoSuchBucket", "404"))
_UNREACHED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
_ATTEMPTS = 10
_FIRST_ATTEMPTS = 4
_LONGEST_PAUSE = 20.0  # seconds


# Nothing is tried twice by itself.
OPTIONS = Options(
    retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60, user_agent_appid="pymacaron",
    request_checksum_calculation="when_required",
)  # fmt: skip


class Clock(Protocol):
    """Time that a rehearsal can put forward."""

    def time(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None: ...


class WallClock:
    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Refused(PyMacaronError):
    """AWS has not done it: the answer is an error of the caller's. `code` is what AWS calls it."""

    def __init__(self, operation: str, code: str, text: str) -> None:
        super().__init__(f"{operation}: {code}: {text}")
        self.operation, self.code, self.text = operation, code, text

    @property
    def is_denial(self) -> bool:
        return self.code in _DENIED

    @property
    def is_absence(self) -> bool:
        """Is the object of S3 not there, or its bucket?"""
        return self.code in _ABSENT

    @property
    def is_unreached(self) -> bool:
        """Is there no connection to AWS?"""
        return self.code in {one.__name__ for one in _UNREACHED}


class Throttled(Refused):
    """It has not been done, since AWS has too much to do or was not reached; it may be tried again."""


class Uncertain(PyMacaronError):
    """Nobody knows whether it has been done: no answer, or one of a server in trouble."""

    def __init__(self, operation: str, text: str) -> None:
        super().__init__(f"{operation}: {text}")
        self.operation = operation


class Aws:
    """Calls of AWS in one region.

    Args:
        client: gives the client of boto3 for a service; it must not try anything twice by itself, since a second swap
            would undo the first one.
    """

    def __init__(self, client: Callable[[str], Any], clock: Clock | None = None) -> None:
        self._client, self.clock = client, clock or WallClock()
        self._clients: dict[str, Any] = {}
        self._is_reached = False

    def read(self, operation: str, attempts: int = _ATTEMPTS, /, **parameters: Any) -> dict[str, Any]:
        """What AWS answers to a question; asked again for some minutes where it does not, and for seconds where it has
        answered nothing so far: the machine has no connection, or the region is misspelt.

        Args:
            attempts: fewer, for what can be done without.

        Raises:
            Refused: it answers with an error.
            Uncertain: it does not answer.
        """
        assert not PERMITS[operation].changes, f"{operation} is no question"
        attempt = 0
        while True:
            try:
                return self._call(operation, parameters)
            except (Throttled, Uncertain):
                attempt += 1
                if attempt >= (attempts if self._is_reached else min(attempts, _FIRST_ATTEMPTS)):
                    raise
            self.pause(attempt)

    def pause(self, attempt: int) -> None:
        """Wait before an attempt after the first: longer each time, and not at the time at which others do."""
        longest = min(2.0**attempt, _LONGEST_PAUSE)
        self.clock.sleep(uniform(longest / 2, longest))  # noqa: S311 - how long to wait is no secret

    def pages(self, operation: str, items: str, **parameters: Any) -> list[dict[str, Any]]:
        """All items of a list that comes in pages."""
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            answer = self.read(operation, **parameters, **more)
            found += answer.get(items, [])
            name = "nextToken" if "nextToken" in answer else "NextToken"
            if not answer.get(name):
                return found
            more = {name: answer[name]}

    def change(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Let AWS change something, once.

        Raises:
            Throttled, Refused: it has not.
            Uncertain: it may have.
        """
        assert PERMITS[operation].changes, f"{operation} changes nothing"
        return self._call(operation, parameters)

    def fetch(self, address: str) -> str:
        """The text at an address that an answer of AWS has signed for whoever has it.

        Raises:
            Uncertain: it is not there.
        """
        try:
            response = URLLib3Session(timeout=10).send(AWSRequest("GET", address).prepare())
        except (HTTPClientError, ValueError) as error:
            raise Uncertain("GET", f"no answer: {type(error).__name__}") from error
        if response.status_code != 200:
            raise Uncertain("GET", f"it is answered with {response.status_code}")
        return str(response.content.decode("utf-8", "replace"))

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        service, _, name = operation.partition(".")
        client = self._made(service, operation)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(name))(**parameters)
        except ClientError as error:
            self._is_reached = True
            raise _told(operation, error.response) from error
        except _UNREACHED as error:
            raise Throttled(operation, type(error).__name__, "there is no connection to AWS") from error
        except (HTTPClientError, ResponseParserError) as error:
            raise Uncertain(operation, f"no answer: {type(error).__name__}") from error
        except BotoCoreError as error:
            raise Refused(operation, type(error).__name__, str(error)) from error
        self._is_reached = True
        return answer

    def _made(self, service: str, operation: str) -> Any:
        """The client for a service; the first one reads what this machine says of AWS."""
        if service not in self._clients:
            try:
                self._clients[service] = self._client(service)
            except (BotoCoreError, ValueError) as error:  # the latter of addresses that are none
                raise Refused(operation, type(error).__name__, str(error)) from error
        return self._clients[service]


def _told(operation: str, response: Mapping[str, Any]) -> PyMacaronError:
    code, text = str(response["Error"].get("Code", "")), str(response["Error"].get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    if code in _THROTTLED or code in _BUSY or status == 429:
        return Throttled(operation, code, text)
    if status >= 500:
        return Uncertain(operation, f"{status} {code}: {text}")
    return Refused(operation, code, text)


def connect(config: Config, clock: Clock | None = None, environment: Environment | None = None) -> Aws:
    """AWS as the environment has credentials for it; else as the profile `aws_user` has; else with those of the
    configuration."""
    given = os.environ if environment is None else environment
    session = cache(lambda: _session(config, given))
    return Aws(lambda service: session().client(service, config=OPTIONS), clock)


def regions() -> list[str]:
    """Those that boto3 knows, of ordinary accounts; none, where it cannot read its settings."""
    try:
        return list(Session().get_available_regions("elasticbeanstalk"))
    except BotoCoreError:
        return []


def _session(config: Config, environment: Environment) -> Any:
    region = config.aws_region
    is_given = any(
        environment.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE")
    )
    if not is_given and config.aws_access_key_id and config.aws_secret_access_key:
        keys = {
            "aws_access_key_id": config.aws_access_key_id,
            "aws_secret_access_key": reveal(config.aws_secret_access_key),
        }
        return Session(region_name=region, **keys)
    if not is_given and config.aws_user:
        try:
            return Session(region_name=region, profile_name=config.aws_user)
        except ProfileNotFound:
            pass
    return Session(region_name=region)
