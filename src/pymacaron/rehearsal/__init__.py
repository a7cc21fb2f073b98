"""AWS on this machine, as far as a deployment needs it: an Elastic Beanstalk that speaks the real protocol, and other
services behind the same address. Needs the extra `rehearse`. See docs/rehearsal.md.

account.py     what an account has: applications, environments, events
balancer.py    the load balancers: HTTP, HTTPS, a forward proxy
backstage.py   what a rehearsal itself is told: script, clock, record
behind.py      what Elastic Beanstalk asks of other services
calls/         the operations of Elastic Beanstalk
certificates.py  an authority, and certificates
clock.py       time, and what is due
door.py        calls answered, recorded, and made to fail
elsewhere.py   services of AWS that are answered by moto's server
exchange.py    requests and answers
faults.py      how calls fail
load.py        constant load on what runs
moto_server.py moto's server as a program
options.py     the options of environments
paging.py      lists in pages
platforms.py   versions of platforms
printed.py     what programs print, on its way to CloudWatch
programs.py    what environments run: containers, programs
protocol.py    requests read, answers written, by botocore's model
recognition.py which operation a request of another service is for
record.py      the log of calls
registry.py    a registry of images
routes.py      which name leads where
running.py     environments that really run
serving.py     the HTTP server
stage.py       all of it together
"""

from __future__ import annotations

from .clock import Clock
from .faults import Mistaken
from .stage import Rehearsal

__all__ = ["Clock", "Mistaken", "Rehearsal"]
