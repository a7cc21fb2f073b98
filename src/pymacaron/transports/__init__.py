"""How requests get to other services: each transport has one method, so that they stand in for one another.

carrying.py   what is carried, and what can go wrong on the way
http.py       over the network, by urllib3; sockets.py its connections, which keep to a deadline
"""

from __future__ import annotations

from .carrying import NO_LIMIT, Origin, Sending, Transport, TransportFault, WrongAnswer

__all__ = ["NO_LIMIT", "Origin", "Sending", "Transport", "TransportFault", "WrongAnswer"]
