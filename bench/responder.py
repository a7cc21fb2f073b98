"""The other service of the client benchmark and of conformance/soak.py, in a process of its own.

    python bench/responder.py [--faulty]

Prints its port; answers every request with the number at the end of its path, over connections that it keeps. It does
next to nothing else, so that what is measured is who calls. With --faulty, some numbers get no good answer.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from contextlib import suppress

_NUMBER = re.compile(rb"[A-Z]+ /things/?(\d*)[ ?]")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_ABRUPT = socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
EVERY = 50  # with --faulty, of so many numbers some go wrong, each in its way


def answer(connection: socket.socket, *, faulty: bool) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError), connection:
        while number := read(connection):
            body = b'{"id": %s, "name": "abc", "tags": ["x"]}' % number
            whole = _ANSWER % (len(body), body)
            wrong = int(number) % EVERY if faulty else 0
            if wrong == 7:  # breaks off
                connection.setsockopt(socket.SOL_SOCKET, *_ABRUPT)
                return
            if wrong == 13:  # half an answer
                whole = whole[:-5]
            elif wrong == 21:
                whole = whole.replace(b"200", b"500")
            elif wrong == 29:
                whole = whole.replace(b"abc", b"a\xffc")
            connection.sendall(whole)
            if wrong in {13, 35}:  # the answer is right for 35, and the connection ends
                return


def read(connection: socket.socket) -> bytes:
    """The number of the next request; b"" when there is none."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    length = _LENGTH.search(data)
    left = end + 4 + int(length[1] if length else 0) - len(data)
    while left > 0:
        left -= len(connection.recv(left)) or left
    found = _NUMBER.match(data)
    return (found and found[1]) or b"1"


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    faulty = "--faulty" in sys.argv
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), kwargs={"faulty": faulty}, daemon=True).start()


if __name__ == "__main__":
    main()
