"""What the mailer remembers: the latest mails, for as long as the process lives."""

from __future__ import annotations

from collections import deque
from typing import Any

outbox: deque[Any] = deque(maxlen=1000)  # the last one first; threads may add to it
