"""What an operation allows, beside what it takes: how long, how often, how many at once, and the same call twice.

deadlines.py   x-timeout-ms: an answer in time, whatever the function does
rates.py       x-rate-limit: how often a caller may call; counting.py, redis_counting.py: where that is counted
crowds.py      max_concurrency: how many calls at once
repeats.py     x-idempotent: the same key gets the same answer, and the work is done once; working.py: that work;
               prints.py: is it the same request? renewing.py: what goes on behind it
tags.py        x-etag: an answer that the caller has already is not sent again

An operation that says nothing of all this pays nothing for it.
"""

from __future__ import annotations

from .behind import Limited, Limits
from .deadlines import in_time

__all__ = ["Limited", "Limits", "in_time"]
