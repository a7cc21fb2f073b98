"""How gunicorn serves a service: `gunicorn --config python:pymacaron.gunicorn server:app`.

The command line and WEB_CONCURRENCY (the number of workers) count more than what stands here.
"""

from __future__ import annotations

worker_class = "gthread"
threads = 8
