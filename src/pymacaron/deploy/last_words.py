"""Why an environment has failed, in its own words: its last events, and the last lines that its service has printed.
Both are asked for before it is ended. Nothing that is in the way of that is in the way of the deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pymacaron.config import redact

from .aws import Aws, Refused, Uncertain
from .printed import tail_of

_MOST_EVENTS, _MOST_LINES, _MOST_LETTERS = 10, 40, 300
_ATTEMPTS = 3
_LOOKS, _LOOK = 12, 5.0  # until its instances have answered, and seconds between
_SILENT = "it printed nothing readable"


def last_words(aws: Aws, environment: str) -> str:
    """The end of what is known of an environment, by its name, without secrets; lines for people."""
    events = _asked(lambda: _events(aws, environment))
    lines = _asked(lambda: tail_of(aws, environment, _MOST_LINES)) or _asked(lambda: _of_instances(aws, environment))
    said = [f"the last events of {environment}:", *_shown(events or ["none"])]
    return "\n".join([*said, f"the last lines of {environment}:", *_shown(lines or [_SILENT])])


def _asked(ask: Callable[[], list[str]]) -> list[str]:
    try:
        return ask()
    except (Refused, Uncertain) as error:
        return [f"AWS did not return them: {error}"] if isinstance(error, Refused) and error.is_denial else []


def _shown(lines: list[str]) -> Iterator[str]:
    for line in lines:
        text = redact(line)
        yield f"  {text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + '…'}"


def _events(aws: Aws, environment: str) -> list[str]:
    asked: dict[str, Any] = {"EnvironmentName": environment, "MaxRecords": _MOST_EVENTS}
    found = aws.read("elasticbeanstalk.DescribeEvents", _ATTEMPTS, **asked)["Events"]
    return [f"{one['EventDate']:%H:%M:%S} {one.get('Severity', ''):5} {one['Message']}" for one in reversed(found)]


def _of_instances(aws: Aws, environment: str) -> list[str]:
    """What the instances have in their files, where CloudWatch has nothing: a service may end before its lines are
    sent there. Elastic Beanstalk brings it to an address that it signs."""
    asked: dict[str, Any] = {"EnvironmentName": environment, "InfoType": "tail"}
    before = _addresses(aws, asked)
    aws.read("elasticbeanstalk.RequestEnvironmentInfo", _ATTEMPTS, **asked)
    for _ in range(_LOOKS):
        aws.clock.sleep(_LOOK)
        new = _addresses(aws, asked) - before
        if new:
            texts = [aws.fetch(address) for address, _ in sorted(new, key=str)]
            return [line for text in texts for line in text.splitlines()[-_MOST_LINES:]][-2 * _MOST_LINES :]
    return []


def _addresses(aws: Aws, asked: dict[str, Any]) -> set[tuple[str, Any]]:
    found = aws.read("elasticbeanstalk.RetrieveEnvironmentInfo", _ATTEMPTS, **asked)["EnvironmentInfo"]
    return {(one["Message"], one.get("SampleTimestamp")) for one in found}
