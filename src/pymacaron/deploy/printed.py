"""What services print, as CloudWatch has it: a group of logs for each environment, which stays when that has ended."""

from __future__ import annotations

from collections.abc import Iterator

from .aws import Aws, Refused

LATE = 60.0  # seconds that a line may need until it can be read
_GROUP = "/aws/elasticbeanstalk/{}/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
_WINDOWS = (120.0, 600.0, 7200.0)  # seconds: the end of a long log is not to be waited for


def group_of(environment: str) -> str:
    """The group of logs of an environment, by its name."""
    return _GROUP.format(environment)


class Feed:
    """The lines of one environment since a time (seconds since 1970), each given once."""

    def __init__(self, aws: Aws, environment: str, since: float) -> None:
        self._aws, self._since, self._seen = aws, since, dict[str, float]()
        self._group = group_of(environment)

    def new(self) -> Iterator[str]:
        begin = max(0, int(self._since * 1000))
        try:
            found = self._aws.pages("logs.FilterLogEvents", "events", logGroupName=self._group, startTime=begin)
        except Refused as error:
            if error.code == "ResourceNotFoundException":
                return  # nothing has been printed so far
            raise
        for one in found:
            if one["eventId"] not in self._seen:
                self._seen[one["eventId"]] = one["timestamp"] / 1000
                yield one["message"].rstrip("\n")
        newest = max(self._seen.values(), default=self._since)
        self._since = max(self._since, newest - LATE)
        self._seen = {name: at for name, at in self._seen.items() if at >= self._since}


def tail_of(aws: Aws, environment: str, most: int) -> list[str]:
    """The last lines of an environment that is not older than two hours."""
    for seconds in _WINDOWS:
        lines = list(Feed(aws, environment, aws.clock.time() - seconds).new())
        if lines:
            return lines[-most:]
    return []
