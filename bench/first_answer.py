"""Imports a service the way a WSGI server does and asks it one thing; tells what that took from the process's start.

    python first_answer.py FOLDER MODULE PATH

Writes {"cpu": seconds of CPU time since the process began, "load": the same of load_apis() and start() alone (None
where the module does not tell)}. Imports nothing heavy, since all of it counts.
"""

import io
import json
import os
import sys
import time


def ask(app, path):  # untyped: an import of typing would count
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    statuses = []
    body = b"".join(app(environ, lambda status, *_: statuses.append(status)))
    return statuses[-1], body


out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[1])
service = __import__(sys.argv[2])
status, answer = ask(service.app, sys.argv[3])
cpu = time.process_time()
if not status.startswith("200"):
    sys.exit(f"{status}: {answer[:200]!r}")
print(json.dumps({"cpu": cpu, "load": getattr(service, "SECONDS", None)}), file=out, flush=True)
