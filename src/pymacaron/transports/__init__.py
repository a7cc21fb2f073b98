"""How requests get to other services: each transport has one method, so that they stand in for one another.

carrying.py   what is carried, and what can go wrong on the way
local.py      to an application in this process
http.py       over the network, by urllib3, which services that call nobody do without; sockets.py its connections,
              heads.py how answers begin

For tests:
fake.py       to functions and ready results that stand in for another service
recording.py  to another transport, and what was said is kept; or to what was kept. tapes.py the file that it is kept
              in, entries.py what stands in there
"""

from __future__ import annotations

from .carrying import Origin, Sending, Transport, TransportFault, WrongAnswer, target_of
from .local import LocalTransport

__all__ = ["LocalTransport", "Origin", "Sending", "Transport", "TransportFault", "WrongAnswer", "target_of"]
