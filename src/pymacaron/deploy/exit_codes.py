"""What a deployment ends with; `pymacaron deploy --help` tells each of them."""

from __future__ import annotations

DONE = 0
STOPPED = 3  # it could not begin
GREEN_FAILED = 4
ROLLED_BACK = 5
HELD = 6  # somebody else deploys
ATTENTION = 7  # it has begun, and cannot go on
