"""Queues in Amazon SQS. A lease is its visibility timeout, which a worker extends while it has a message.

kombu's own transport wants libcurl, and cannot extend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from pymacaron.exceptions import TaskValueError

from .queue import Taken

LEASE = 30.0  # seconds; each extension is a request that costs something
_LONGEST = 900  # seconds that SQS delays a message; it is put again for the rest (running.py)
_LARGE = 200_000  # bytes that every queue takes
_REFUSED = frozenset(("InvalidParameterValue", "InvalidMessageContents", "AWS.SimpleQueueService.BatchRequestTooLong"))
_BETWEEN = "\n"  # in tags; neither names of queues nor receipts have one


class SqsQueues:
    """Queues of one region.

    Args:
        credentials: of boto3; without them, what boto3 finds.
    """

    idle = 1.0  # each look is a request as well

    def __init__(self, region: str, credentials: Mapping[str, Any], *, lease: float = LEASE) -> None:
        self.lease = lease
        retries: Any = {"mode": "standard", "total_max_attempts": 3}
        config = Config(connect_timeout=3, read_timeout=10, retries=retries)
        self._sqs = boto3.Session().client("sqs", region_name=region, config=config, **credentials)
        self._urls: dict[str, str] = {}

    def put(self, queue: str, body: str, seconds: float = 0) -> None:
        delay = min(round(seconds), _LONGEST)
        try:
            self._sqs.send_message(QueueUrl=self._url(queue), MessageBody=body, DelaySeconds=delay)
        except ClientError as error:
            code, size = error.response["Error"]["Code"], len(body.encode())
            if code not in _REFUSED or size < _LARGE:
                raise
            cure = "keep what is large in the store"
            raise TaskValueError(f"SQS does not take a message of {size} bytes; {cure}") from None

    def take(self, queue: str) -> Taken | None:
        found = self._sqs.receive_message(
            QueueUrl=self._url(queue), MaxNumberOfMessages=1, VisibilityTimeout=round(self.lease), WaitTimeSeconds=0,
            AttributeNames=["ApproximateReceiveCount"],
        ).get("Messages")  # fmt: skip
        if not found:
            return None
        times = int(found[0]["Attributes"]["ApproximateReceiveCount"])
        return Taken(f"{queue}{_BETWEEN}{found[0]['ReceiptHandle']}", times, found[0]["Body"])

    def extend(self, tags: Iterable[str]) -> None:
        for tag in tags:
            self._visible(tag, self.lease)

    def done(self, tag: str) -> bool:
        queue, receipt = tag.split(_BETWEEN)
        self._sqs.delete_message(QueueUrl=self._url(queue), ReceiptHandle=receipt)
        return True

    def give_back(self, tag: str, seconds: float = 0) -> None:
        self._visible(tag, seconds)

    def count(self, queue: str) -> int:
        if not queue:  # only asked to see whether somebody is there
            self._sqs.list_queues(MaxResults=1)
            return 0
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self._sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    def clear(self, queue: str) -> int:
        count = self.count(queue)
        self._sqs.purge_queue(QueueUrl=self._url(queue))
        return count

    def close(self) -> None:
        self._sqs.close()

    def _visible(self, tag: str, seconds: float) -> None:
        queue, receipt = tag.split(_BETWEEN)
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._url(queue), ReceiptHandle=receipt, VisibilityTimeout=round(seconds)
            )
        except (self._sqs.exceptions.MessageNotInflight, self._sqs.exceptions.ReceiptHandleIsInvalid):
            return  # it is somebody else's by now, or gone

    def _url(self, queue: str) -> str:
        """Where a queue is; it is made if it is not there, and kept as it is otherwise."""
        url = self._urls.get(queue)
        if url is None:
            try:
                url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            except self._sqs.exceptions.QueueDoesNotExist:
                attributes = {"MessageRetentionPeriod": "1209600"}  # 14 days, the most that there is
                url = self._sqs.create_queue(QueueName=queue, Attributes=attributes)["QueueUrl"]
            self._urls[queue] = url
        return url
