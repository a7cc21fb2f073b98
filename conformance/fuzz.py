"""Mutate right requests and send them: whatever comes, no answer is a failure of the service, and none shows a trace.

    python conformance/fuzz.py [--requests N] [--seed N] [--only WORD]

Valid requests are made for every operation of the examples' documents and of some of the corpus, then changed at
random places: bytes of the body, of the path and the query, headers left out, doubled, swapped between requests. The
functions behind them answer as their document promises, so every answer of 500 or more is ours. The exit code is 1 if
there was one, and its request is printed as it can be sent again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from pymacaron.formats import Formats
from pymacaron.messages import Request
from pymacaron.operations import Operation
from pymacaron.pool import ApiPool
from pymacaron.samples import NoSample, arguments, result, spoiled_request
from pymacaron.wire import write_request

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "corpus"))
from traffic import Service  # noqa: E402 - the folder of another tool, not a package

CORPUS = ROOT / ".corpus"
DOCUMENTS = (
    "real/v2/ga4gh-wes.yaml", "real/v2/gitea.json", "real/v30/oad-spotify.json", "real/v30/oad-box.json",
    "real/v30/oad-lyft.json", "real/v30/oad-apideck-hris.json", "real/v31/figma.yaml", "real/v31/scalar-galaxy.yaml",
    "real/v31/rclone.yaml", "real/v31/airflow-3-ui.yaml",
)  # fmt: skip

# What tends to hurt: delimiters, encodings, extremes.
MORSELS = (
    *(bytes((byte,)) for byte in b"\x00\xff\x7f{}[]()<>'\\,|&=;:/?#%+~^$* "),
    b"%00", b"%ff", b"%2F", b"..", b"//", b"&&", b"[]", b"[a][b]", b"--", b"\r\n", b"\n\n", b"\xc3\x28", b"\\ud800",
    b"null", b"true", b"-0", b"1e999", b"9" * 40, b"NaN", b"1970-01-01T00:00:60Z", b"\xef\xbb\xbf",
    "\u202e".encode(), "\U0001f600".encode(), b"[" * 300, b'{"a":' * 200, b"A" * 5000,
)  # fmt: skip
HEADERS = (
    "content-type", "accept", "cookie", "content-encoding", "if-none-match", "range", "authorization", "content-length",
)  # fmt: skip
VALUES = (
    "", "*/*", "application/json", "application/json; charset=utf-16", "text/plain; charset=nonsense",
    "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/xml",
    "application/*", "q=;q=q", "gzip", "bytes=0-", "a=b; c", "\xff", ",;,=", "-1", "9" * 20, "Bearer \x00",
)  # fmt: skip


class Source:
    """The operations to ask, with the service that answers them."""

    def __init__(self, path: Path) -> None:
        name = path.stem
        (api,) = ApiPool.load({name: str(path)}, Formats())
        self.name = name
        self.service = Service(api.document)
        for operation in self.service.operations:  # a changed path may be another operation's
            self._prepare(operation, Random(operation.title))

    def _prepare(self, operation: Operation, random: Random) -> None:
        """Let the function answer something that its document promises."""
        for _ in range(20):
            try:
                status, value, headers = result(operation, random)
            except NoSample:
                continue
            self.service.functions[operation].returns = value, status, headers
            return

    def seed(self, operation: Operation, random: Random) -> Request | None:
        """A request for an operation, mostly a right one."""
        self._prepare(operation, random)
        try:
            if random.random() < 0.2:
                return spoiled_request(operation, random)
            return write_request(operation, arguments(operation, random))
        except NoSample:
            return None


def mutated(request: Request, random: Random) -> Request:
    """The request with one to five things changed."""
    body = request.body if isinstance(request.body, bytes) else request.body.read()
    parts = {
        "path": request.path.encode("latin-1", "replace"),
        "query": request.query.encode("latin-1", "replace"),
        "body": body,
    }
    headers = dict(request.headers)
    for _ in range(random.randint(1, 5)):
        what = random.choice(("path", "query", "query", "body", "body", "body", "header"))
        if what == "header":
            _change_header(headers, random)
        else:
            parts[what] = _changed(parts[what], random)
    headers = {name: value for name, value in headers.items() if "\r" not in value and "\n" not in value}
    path, query = (parts[key].decode("latin-1") for key in ("path", "query"))
    query = "".join(char if char > " " else f"%{ord(char):02X}" for char in query)  # no server lets others through
    return Request(request.method, path or "/", query, headers, parts["body"])


def _changed(data: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    end = min(len(data), at + random.choice((0, 1, 2, 8, 64)))
    way = random.random()
    if way < 0.5:
        return data[:at] + random.choice(MORSELS) + data[end:]
    if way < 0.7:
        return data[:at] + data[end:]
    if way < 0.85:
        return data[:at] + data[at:end] * random.randint(2, 4) + data[end:]
    return data[:at] + bytes([random.randrange(256)]) + data[min(len(data), at + 1) :]


def _change_header(headers: dict[str, str], random: Random) -> None:
    name = random.choice((*HEADERS, *headers))
    if random.random() < 0.3:
        headers.pop(name, None)
    elif random.random() < 0.5 or name not in headers:
        headers[name] = random.choice(VALUES)
    else:
        headers[name] = _changed(headers[name].encode("latin-1", "replace"), random).decode("latin-1")


def requests(sources: list[Source], random: Random, count: int) -> Iterator[tuple[Source, Request]]:
    """Mutated requests, some twenty from each right one."""
    sent = 0
    while sent < count:
        source = random.choice(sources)
        seed = source.seed(random.choice(source.service.operations), random)
        if seed is None:
            continue
        for _ in range(min(20, count - sent)):
            yield source, mutated(seed, random)
            sent += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    options = parser.parse_args()
    examples = {path.name: path for path in sorted((ROOT / "examples").rglob("apis/*.yaml"))}  # some in two services
    paths = [*examples.values(), *(CORPUS / name for name in DOCUMENTS)]
    sources = [Source(path) for path in paths if path.exists() and options.only in str(path)]
    statuses: Counter[int] = Counter()
    failures = 0
    began = time.monotonic()
    for source, request in requests(sources, Random(options.seed), options.requests):
        answer = source.service.ask(request)
        statuses[answer.status] += 1
        if (answer.status >= 500 and b"UNHANDLED" in answer.body) or b"Traceback" in answer.body:
            failures += 1
            if failures <= 10:
                print(f"{source.name}: {answer.status} {answer.body[:200]!r}")
                headers = dict(request.headers)
                print(f"    {request.method} {request.path!r} ?{request.query!r} {headers!r} {request.body!r:.400}")
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    print(f"{sum(statuses.values())} requests to {len(sources)} documents in {time.monotonic() - began:.0f} s: {told}")
    print(f"{sum(statuses.values()) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
