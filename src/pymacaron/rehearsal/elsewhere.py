"""The services of AWS that are not Elastic Beanstalk: answered by moto's server, a program of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from xml.sax.saxutils import escape

from .exchange import Answer, Asked
from .protocol import Refusal
from .recognition import model_of

_HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}
_NAMES = {  # of codes that everyone has, where a service has another
    "json": {
        "Throttling": "ThrottlingException",
        "InternalFailure": "InternalServerError",
        "AccessDenied": "AccessDeniedException",
    },
    "rest-xml": {"Throttling": "SlowDown", "InternalFailure": "InternalError"},
}


def forwarded(port: int, asked: Asked) -> Answer:
    """What the server on this port of loopback answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {name: value for name, value in asked.headers.items() if name not in _HOP}
        connection.request(asked.method, asked.target, asked.body, headers)
        response = connection.getresponse()
        body = response.read()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        return Answer(response.status, body, kept)
    finally:
        connection.close()


def refused(service: str, refusal: Refusal, request_id: str) -> Answer:
    """An error in the manner of the service."""
    model = model_of(service)
    protocol = model.metadata["protocol"] if model else "query"
    code = _NAMES.get(protocol, {}).get(refusal.code, refusal.code)
    status = 503 if code == "SlowDown" else refusal.status
    headers = {"x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
    if protocol in {"json", "rest-json", "smithy-rpc-v2-cbor"}:
        body = json.dumps({"__type": code, "message": refusal.message}).encode()
        return Answer(status, body, {**headers, "x-amzn-ErrorType": code, "Content-Type": "application/x-amz-json-1.1"})
    error = f"<Code>{escape(code)}</Code><Message>{escape(refusal.message)}</Message>"
    texts = {
        "rest-xml": f"<Error>{error}</Error>",
        "ec2": f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>",
    }
    query = f"<ErrorResponse><Error>{error}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return Answer(status, texts.get(protocol, query).encode(), {**headers, "Content-Type": "text/xml"})


@contextlib.contextmanager
def moto() -> Iterator[int]:
    """moto's server, on the port of loopback that is given. It ends with the block, or with this process."""
    settings = {  # policies of AWS's own; certificates at once; none of five thousand images of machines
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_ACM_VALIDATION_WAIT": "0",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    }
    told = {**os.environ, **settings}
    command = [sys.executable, "-m", "pymacaron.rehearsal.moto_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=told) as process:  # noqa: S603 - a module of our own
        assert process.stdin
        assert process.stdout
        try:
            line = process.stdout.readline()
            if not line.strip().isdigit():
                raise RuntimeError("moto's server does not start; is the extra 'rehearse' of pymacaron installed?")
            yield int(line)
        finally:
            process.stdin.close()
            process.wait()


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"
