"""What environments cost, from a list in this file: an estimate with its date, since asking AWS needs one more
permission."""

from __future__ import annotations

from typing import NamedTuple

from .resources import Wanted

DATE = "2025-06-01"
PLACE = "us-east-1"
# US dollars an hour, on demand, Linux; other regions are up to a half dearer.
_HOURLY = {
    "t2.micro": 0.0116, "t2.small": 0.023, "t2.medium": 0.0464,
    "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832, "t3.xlarge": 0.1664,
    "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336, "t4g.large": 0.0672, "t4g.xlarge": 0.1344,
    "m5.large": 0.096, "m6i.large": 0.096, "m7i.large": 0.1008, "m6g.large": 0.077, "m7g.large": 0.0816,
    "c5.large": 0.085, "c6i.large": 0.085, "c7i.large": 0.0893, "c6g.large": 0.068, "c7g.large": 0.0725,
    "r5.large": 0.126, "r6g.large": 0.1008,
}  # fmt: skip
_BALANCER = 0.0225 + 2 * 0.005  # with its addresses in two zones, without what it carries
_DISK = 16 * 0.08 / 730  # 16 GB of gp3
_ADDRESS = 0.005
HOURS = 730  # of a month


class Cost(NamedTuple):
    """What one environment costs in an hour with the fewest and the most hosts; None: the type is not on the list."""

    least: float
    most: float

    def __str__(self) -> str:
        month, hour = (self.least * HOURS, self.most * HOURS), (self.least, self.most)
        return f"${month[0]:.0f} to ${month[1]:.0f} a month (${hour[0]:.2f} to ${hour[1]:.2f} an hour)"


def cost_of(wanted: Wanted) -> Cost | None:
    """What an environment costs, without traffic and logs."""
    hourly = _HOURLY.get(wanted.instance_types[0])
    if hourly is None:
        return None
    host = hourly + _DISK + _ADDRESS
    return Cost(wanted.hosts_min * host + _BALANCER, wanted.hosts_max * host + _BALANCER)


def said_of(wanted: Wanted, *, beside: int) -> list[str]:
    """Sentences about what a deployment costs; `beside` is how many replaced environments stay for a time."""
    cost = cost_of(wanted)
    if cost is None:
        return [f"{wanted.instance_types[0]} is not on the price list of this version ({DATE})"]
    said = [f"the environment: about {cost}; list prices of {PLACE} on {DATE}, without traffic"]
    if beside:
        until = f"${cost.least * wanted.keep_hours:.2f}"
        said.append(
            f"+${cost.least:.2f} an hour while the replaced one is kept: about {until} for {wanted.keep_hours} h"
        )
    return said


def said_of_canary(wanted: Wanted, minutes: float) -> list[str]:
    """Sentences about what an update in place costs, which has as many hosts again for some minutes."""
    cost = cost_of(wanted)
    if cost is None:
        return said_of(wanted, beside=0)
    more = cost.least - _BALANCER
    return [*said_of(wanted, beside=0), f"+${more:.2f} an hour for about {minutes:.0f} minutes: twice as many hosts"]
