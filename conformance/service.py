"""The documents of the suite, served by pymacaron, and the suite's remote schemas beside them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from suite import SUITE, Written

from pymacaron import API, ApiPool
from pymacaron.documents import DocumentFault
from pymacaron.exceptions import DocumentError, PyMacaronException
from pymacaron.messages import Request
from pymacaron.wire import read_request

PORT = 1234  # the suite's schemas name it
PATIENCE = 60.0  # seconds to wait for the port
JSON = "application/json"


class Answer(NamedTuple):
    """What was said to a value: a status, 0 if the document was refused, and the text of the answer."""

    status: int
    text: str


class Service:
    """All documents of a folder, as callers of their operations see them.

    Attributes:
        refused: why a document cannot be loaded, by API.
        unserved: the keywords for which a document can be loaded, but not be served, by API.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        (folder / "echo.py").write_text("def echo(body):\n    return body, 200\n", "utf-8")
        sys.path.insert(0, str(folder))
        app = Flask("conformance")
        api = API(app, log_level="ERROR")
        self.refused: dict[str, str] = {}
        self.unserved: dict[str, set[str]] = {}
        for name in names:
            self._load(api, folder, name)
        api.start(serve=[name for name in names if name not in self.refused and name not in self.unserved])
        self._client = app.test_client()

    def _load(self, api: API, folder: Path, name: str) -> None:
        try:
            api.load_apis(folder / f"{name}.json")
        except DocumentError as error:
            self.refused[name] = str(error)
            return
        keywords = {str(fault.pointer[-1]) for fault in getattr(ApiPool, name).soft_faults}
        if keywords:
            self.unserved[name] = keywords

    def send(self, one: Written, body: bytes) -> Answer:
        """Send a body to the operation of a document."""
        if one.api in self.refused:
            return Answer(0, self.refused[one.api])
        if one.api in self.unserved:
            return self._read(one.api, body)
        answer = self._client.post(one.path, data=body, content_type=JSON)
        return Answer(answer.status_code, answer.text)

    @staticmethod
    def _read(api: str, body: bytes) -> Answer:
        """What the operation of an API that is not served makes of a body."""
        operation = getattr(ApiPool, api).document.operations[0]
        try:
            read_request(operation, Request("POST", operation.path, "", {"content-type": JSON}, body))
        except PyMacaronException as error:
            return Answer(error.status, str(error))
        except DocumentFault as error:
            return Answer(0, str(error))
        return Answer(200, "")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        pass


@contextmanager
def remotes() -> Iterator[None]:
    """The suite's remote schemas, served at the address that its references name.

    Raises:
        SystemExit: something else keeps the port.
    """
    server = _bound(partial(_Quiet, directory=str(SUITE / "remotes")))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _bound(handler: Any) -> ThreadingHTTPServer:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ThreadingHTTPServer(("localhost", PORT), handler)
        except OSError:  # another run, probably
            if time.monotonic() > until:
                sys.exit(f"localhost:{PORT} is taken, and the suite's remote schemas have to be served there")
            time.sleep(0.2)
