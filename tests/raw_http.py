"""Requests as bytes, most of them malformed or ambiguous, and what is wrong with the answers of a server to them."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

POST = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
SMUGGLED = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"  # nobody asks for it otherwise: its answer says "pym_env"
FOLLOWING = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
GET = b"GET /ping HTTP/1.1\r\nHost: x\r\n"
_NOWHERE = b"POST /nowhere HTTP/1.1\r\nHost: x\r\n"

# What must not be taken for more than one request.
AMBIGUOUS = {
    "both lengths": CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "both lengths, the other first": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "a list of lengths": POST + b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length in hexadecimal": POST + b"Content-Length: 0x0\r\n\r\n" + SMUGGLED,
    "a length beyond all bounds": POST + b"Content-Length: 18446744073709551616\r\n\r\n" + SMUGGLED,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked is not the last coding": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two codings": CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a vertical tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a chunk that is longer": CHUNKED + b"\r\n3\r\nabcXX0\r\n\r\n" + SMUGGLED,
    "a chunk that is shorter": CHUNKED + b"\r\n9\r\nabc\r\n0\r\n\r\n" + SMUGGLED,
    "a negative chunk": CHUNKED + b"\r\n-3\r\nabc\r\n0\r\n\r\n" + SMUGGLED,
    "a chunk beyond all bounds": CHUNKED + b"\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n" + SMUGGLED,
    "chunks with bare line feeds": CHUNKED + b"\r\n3\nabc\n0\n\n" + SMUGGLED,
    "a body that nobody reads": b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED)
    + SMUGGLED,
    "a body of a GET": GET + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
    "a bare carriage return": b"GET /ping HTTP/1.1\r\nHost: x\rX: y\r\n\r\n",
    "a header with NUL": GET + b"X: a\x00b\r\n\r\n",
    "a header without a name": GET + b": y\r\n\r\n",
    "a header without a colon": GET + b"foo\r\n\r\n",
}
# Bodies that break off, which must not be taken for whole ones.
TRUNCATED = {
    "before its length": POST + b"Content-Length: 10\r\n\r\nabc",
    "in a chunk": CHUNKED + b"\r\n5\r\nabc",
    "between chunks": CHUNKED + b"\r\n3\r\nabc\r\n",
    "before any chunk": CHUNKED + b"\r\n",
}
# What only has to be answered, or not, without a fault of ours.
ODD = {
    "HTTP/0.9": b"GET /ping\r\n\r\n",
    "HTTP/3": b"GET /ping HTTP/3.0\r\nHost: x\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "all bytes": bytes(range(256)),
    "a method beyond ASCII": b"G\xc3T /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long method": b"A" * 5000 + b" /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "OPTIONS *": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target": b"GET http://y/ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target that is no URL": b"GET http://[/ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target beyond ASCII": b"GET /\xc3\xa9\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target with escapes that are none": b"GET /%ff%zz?%ff=%zz&&=& HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target with NUL": b"GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
    "two targets": b"GET /a /b HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /ping HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "a host that is none": b"GET /ping HTTP/1.1\r\nHost: x/../\xff\r\n\r\n",
    "headers beyond ASCII": GET + b"X: \xe9\xff\r\nCookie: \xff=\xfe\r\nAccept: \xe9\r\nAuthorization: \xff\r\n\r\n",
    "a content type beyond ASCII": _NOWHERE + b"Content-Type: a/\xe9\r\nContent-Length: 1\r\n\r\n{",
    "many headers": GET + b"".join(b"X-%d: y\r\n" % number for number in range(300)) + b"\r\n",
    "a long header": GET + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    "an expectation": POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "an unknown expectation": POST + b"Expect: tea\r\nContent-Length: 3\r\n\r\nabc",
    "an upgrade": GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAAB\r\n\r\n",
    "a trailer": CHUNKED + b"\r\n3\r\nabc\r\n0\r\nX-A: b\r\n\r\n",
    "an extension of a chunk": CHUNKED + b"\r\n3;a=b\r\nabc\r\n0\r\n\r\n",
}
_STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d) ")
_KNOWN = frozenset((b"501", b"505"))  # what is not implemented (RFC 9110, section 15.6): a server may say so


def exchange(port: int, data: bytes, patience: float = 3.0) -> bytes:
    """What comes back for bytes after which no more come; that is told when nothing comes for so many seconds."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), 10) as connection, suppress(OSError):  # it may have seen enough
        connection.settimeout(patience)
        connection.sendall(data)
        for _ in range(2):
            with suppress(TimeoutError):
                while piece := connection.recv(65536):
                    got += piece
                break
            connection.shutdown(socket.SHUT_WR)
    return got


def faults_of(port: int) -> Iterator[str]:
    """What is wrong with the answers to the requests above."""
    for name, data in (AMBIGUOUS | ODD).items():
        got = exchange(port, data + FOLLOWING, patience=0.5)
        yield from _own_faults(name, got)
        if name in AMBIGUOUS and b"pym_env" in got:
            yield f"{name}: a request that is none was answered"
        if len(set(_STATUS.findall(got)) - {b"100"}) > 2 or got.count(b"HTTP/1.") > 3:
            yield f"{name}: more answers than requests"
    for name, data in TRUNCATED.items():
        got = exchange(port, data, patience=0.3)
        yield from _own_faults(name, got)
        if b" 200 " in got[:20]:
            yield f"a body that ends {name} was taken for a whole one"


def _own_faults(name: str, got: bytes) -> Iterator[str]:
    if any(status[:1] == b"5" and status not in _KNOWN for status in _STATUS.findall(got)):
        yield f"{name}: {got[:100]!r}"


def fuzz(port: int, count: int, seed: int = 0) -> list[str]:
    """What is wrong with the answers to the requests above, and to so many that are made of them by changing bytes."""
    chance = random.Random(seed)
    known = [*AMBIGUOUS.values(), *TRUNCATED.values(), *ODD.values()]
    found = list(faults_of(port))
    for _ in range(count):
        data = changed(chance.choice(known)[:2000], chance)
        found += _own_faults(repr(data), exchange(port, data + FOLLOWING, patience=0.1))
    if b" 200 " not in exchange(port, FOLLOWING)[:20]:
        found.append("it does not answer any more")
    return found


def changed(data: bytes, chance: random.Random) -> bytes:
    """`data` with up to four changes: bytes left out, put in, doubled, other line ends."""
    for _ in range(chance.randint(1, 4)):
        first = chance.randrange(len(data) + 1)
        last = min(len(data), first + chance.choice((0, 1, 1, 2, 8)))
        piece = chance.choice((b"", data[first:last] * 2, bytes([chance.randrange(256)]), *_PIECES))
        data = data[:first] + piece + data[last:]
    return data


_PIECES = (
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b":",
    b"\x00",
    b"0",
    b"-",
    b"%",
    b"\xff",
    b"chunked",
    b"Content-Length: 1\r\n",
)
