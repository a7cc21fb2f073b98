"""A way to another service that can be killed without harm to the service: `python relay.py PORT PORT`, from and to."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def main(here: int, there: int) -> None:
    with socket.create_server(("127.0.0.1", here), backlog=128) as door:
        while True:
            caller, _ = door.accept()
            try:
                called = socket.create_connection(("127.0.0.1", there))
            except OSError:
                caller.close()
                continue
            for pair in ((caller, called), (called, caller)):
                threading.Thread(target=_pass_on, args=pair, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
