"""Messages that are leased to those who work on them.

Who takes a message has it for some seconds, and longer while it says so. When it is done with it, it acknowledges it,
and the message is gone; when it dies, the lease ends and the message is there again. So no message is lost, and one is
handed out twice only if its worker died or was cut off.

    queue.py      what every kind does
    by_file.py    in an SQLite file, for one machine
    by_redis.py   in Redis: kombu's own transport loses what a worker has popped and not yet noted when it is killed
    by_sqs.py     in Amazon SQS: kombu's own transport wants libcurl, and cannot extend a lease
"""

from __future__ import annotations

from .queue import LEASE, Queues, Taken

__all__ = ["LEASE", "Queues", "Taken"]
