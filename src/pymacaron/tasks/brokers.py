"""Where tasks wait: what `async_broker` means, and what each kind of broker needs so that no task is lost."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pymacaron.config import Config, program_folder, reveal
from pymacaron.exceptions import ConfigurationError, Finding

from .queues import LEASE, Queues
from .records import Records

_OURS = "pymacaron://"  # the URL of our own transport
FILE, REDIS, AMQP, SQS = "file", "redis", "amqp", "sqs"
_KINDS = {"sqlite": FILE, "redis": REDIS, "rediss": REDIS, "amqp": AMQP, "amqps": AMQP, "pyamqp": AMQP, "sqs": SQS}
DEFAULT = "tasks"  # the queue of tasks that name none
FOLDER = ".pymacaron"  # beside the configuration, for what an embedded broker keeps
_MARGIN = 60  # seconds that a task may be with a worker beyond the time that it may take
_CONNECT, _ANSWER = 3.0, 10.0  # seconds that a broker may take


class Broker(NamedTuple):
    """Where tasks wait.

    Attributes:
        kind: FILE, REDIS, AMQP or SQS.
        url: for Celery; it may hold a password.
        options: of kombu's transport.
        prefix: of the names of all queues: those of several services may be at one broker.
        hold: seconds that a worker may hold a task before it is due; 0: the broker itself holds it.
        records: makes what remembers how tasks stand.
    """

    kind: str
    url: str
    options: Mapping[str, Any]
    prefix: str
    hold: float
    records: Callable[[], Records]

    def queue(self, name: str) -> str:
        """What a queue is called at the broker."""
        return f"{self.prefix}-{name}"


def broker_of(config: Config) -> Broker:
    """The broker of a configuration.

    Raises:
        ConfigurationError: `async_broker` is the URL of none.
    """
    url = None if config.async_broker is None else reveal(config.async_broker)
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", config.name or "pymacaron")[:40]
    if url is None:
        return _file(os.environ.get("PYMACARON_TASKS") or os.path.join(_home(config), FOLDER), prefix)
    kind = _KINDS.get(urlsplit(url).scheme)
    if kind is None:
        raise _unknown(config)
    url, lease = _without_lease(url)
    if kind == FILE:
        return _file(os.path.join(_home(config), url.partition("://")[2].removeprefix("/")), prefix, lease)
    if kind == REDIS:
        return _redis(url, prefix, lease)
    # what a worker has taken and not acknowledged is taken for lost after so many seconds
    visible = config.async_max_seconds + _MARGIN
    if kind == AMQP:
        options = {"confirm_publish": True, "connect_timeout": _CONNECT, "read_timeout": _ANSWER}
        return Broker(AMQP, url, options, prefix, visible / 2, _stored(prefix))
    return _sqs(config, url, prefix, lease)


_LEASE = re.compile(r"[?&]lease=([0-9]+(?:\.[0-9]+)?)")


def _without_lease(url: str) -> tuple[str, float | None]:
    """An URL, and the seconds of a lease that it may name: `redis://host/0?lease=5`."""
    found = _LEASE.search(url)
    return (url, None) if found is None else (url[: found.start()] + url[found.end() :], float(found[1]))


def _home(config: Config) -> str:
    """The folder that paths are relative to: the same for server, worker and scripts, wherever they are started."""
    return os.path.dirname(config.config_file) if config.config_file else os.path.abspath(program_folder())


def _file(folder: str, prefix: str, lease: float | None = None) -> Broker:
    def queues() -> Queues:
        from .queues.by_file import FileQueues  # with sqlite3, for those who use it

        return FileQueues(os.path.join(folder, "queues.db"), lease=lease or LEASE)

    def records() -> Records:
        from .records.by_file import FileRecords  # likewise

        return FileRecords(os.path.join(folder, "records.db"))

    return Broker(FILE, _OURS, {"queues": queues}, prefix, 0, records)


def _redis(url: str, prefix: str, lease: float | None = None) -> Broker:
    of_ours = f"pymacaron:{prefix}"

    def queues() -> Queues:
        from .queues.by_redis import RedisQueues  # for those who use it

        return RedisQueues(url, of_ours, lease=lease or LEASE)

    def records() -> Records:
        from .records.by_redis import RedisRecords  # likewise

        return RedisRecords(url, f"{{{of_ours}}}:")

    return Broker(REDIS, _OURS, {"queues": queues}, prefix, 0, records)


def _sqs(config: Config, url: str, prefix: str, lease: float | None) -> Broker:
    region = urlsplit(url).hostname or config.aws_region
    if not region:
        cure = "write for example sqs://eu-west-1, or set aws_region"
        raise ConfigurationError([Finding(_place(config), "async_broker", "names no region of SQS", cure)])
    key, secret = config.aws_access_key_id, config.aws_secret_access_key
    credentials = {"aws_access_key_id": reveal(key), "aws_secret_access_key": reveal(secret)} if key and secret else {}

    def queues() -> Queues:
        from .queues import by_sqs  # for those who use it

        return by_sqs.SqsQueues(region, credentials, lease=lease or by_sqs.LEASE)

    return Broker(SQS, _OURS, {"queues": queues}, prefix, 0, _stored(prefix))


def _stored(prefix: str) -> Callable[[], Records]:
    """For brokers that keep nothing but queues: in the store of the service."""

    def records() -> Records:
        from .records.by_store import StoreRecords  # for those who use it

        return StoreRecords(f"{prefix}-tasks")

    return records


def _place(config: Config) -> str:
    return config.config_file or "get_config()"


def _unknown(config: Config) -> ConfigurationError:
    fact = "has to be the URL of a broker: redis://, rediss://, amqp://, amqps://, sqs:// or sqlite://"
    return ConfigurationError([Finding(_place(config), "async_broker", fact, "leave it out for the embedded one")])
