"""How requests get to other services: each transport has one method, so that they stand in for one another.

carrying.py   what is carried, and what can go wrong on the way
local.py      to an application in this process
http.py       over the network, by urllib3, which services that call nobody do without; sockets.py its connections
"""

from __future__ import annotations

from .carrying import Origin, Sending, Transport, TransportFault, WrongAnswer, target_of
from .local import LocalTransport

__all__ = ["LocalTransport", "Origin", "Sending", "Transport", "TransportFault", "WrongAnswer", "target_of"]
