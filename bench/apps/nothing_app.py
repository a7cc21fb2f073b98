"""A WSGI callable that does nothing: what the measuring loop itself costs, which is in every figure."""

from workloads import WORKLOADS

SKIP = {name: "only ping is answered" for name in WORKLOADS if name != "ping"}
HEADERS = [("Content-Type", "application/json"), ("Content-Length", "2")]


def app(_environ, start_response):
    start_response("200 OK", HEADERS)
    return [b"{}"]
