"""Bad input over real HTTP, to the shop under both servers: each gets a clear error, and the service goes on.

`BAD` has one line for each kind of it. Where gunicorn does not let a request through to any application, its own
answer counts, as long as it is a clear refusal.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from programs import SHOP, Server, by_gunicorn, by_python, running, token_for

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CANARY = b"c4n4ry"  # in values that are wrong: nobody is told them again
TOKEN = b"Authorization: Bearer " + token_for("somebody").encode()
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
FORM = b"Content-Type: application/x-www-form-urlencoded"
CSV = b"Content-Type: text/csv"
MULTIPART = b"Content-Type: multipart/form-data; boundary=b"
INVALID, MALFORMED, BAD_REQUEST = "INVALID_PARAMETER", "INVALID_JSON", "BAD_REQUEST"
PICTURE = "/v1/products/TEA-001/picture"


class Bad(NamedTuple):
    """A request as bytes, and what is answered: the status, our code for it, and the places of the faults.

    `gunicorn` is the status that gunicorn itself answers instead; `then_close`: the client sends no more.
    """

    what: str
    request: bytes
    status: int
    code: str
    places: tuple[str, ...] = ()
    gunicorn: int = 0
    then_close: bool = False


def http(method: str, target: str | bytes, *headers: bytes, body: bytes = b"", length: bool = True) -> bytes:
    """A request. Its Content-Length is right if there is one; without `length` there is none of ours."""
    target = target.encode() if isinstance(target, str) else target
    lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: localhost", b"Connection: close", TOKEN, *headers]
    if body and length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def get(query: str | bytes, *headers: bytes) -> bytes:
    return http("GET", b"/v1/products" + (query.encode() if isinstance(query, str) else query), *headers)


def order(body: bytes, *headers: bytes) -> bytes:
    return http("POST", "/v1/orders", JSON, *headers, body=body)


def unframed(*headers: bytes, body: bytes = b"{}") -> bytes:
    """An order whose end only these headers can tell."""
    return http("POST", "/v1/orders", JSON, *headers, body=body, length=False)


def typed(content_type: bytes, body: bytes = b"{}") -> bytes:
    return http("POST", "/v1/orders", b"Content-Type: " + content_type, body=body)


def picture(*parts: bytes, end: bytes = b"--b--\r\n", header: bytes = MULTIPART) -> bytes:
    body = b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + end
    return http("PUT", PICTURE, header, body=body)


def newsletter(body: bytes) -> bytes:
    return http("POST", "/v1/newsletter", FORM, body=body)


def prices(body: bytes) -> bytes:
    return http("PUT", "/v1/prices.csv", CSV, body=body)


MISSING = ("/customer_id", "/lines", "/delivery", "/payment")
DEEP = 100_000

BAD = [
    # no JSON
    Bad("cut off", order(b'{"customer_id": '), 400, MALFORMED),
    Bad("no literal", order(b'{"notes": tru}'), 400, MALFORMED),
    Bad("single quotes", order(b"{'notes': 1}"), 400, MALFORMED),
    Bad("trailing text", order(b"{} {}"), 400, MALFORMED),
    Bad("NaN", order(b'{"notes": NaN}'), 400, MALFORMED),
    Bad("1e400", order(b'{"notes": 1e400}'), 400, MALFORMED),
    Bad("a lone surrogate", order(b'{"notes": "\\ud800"}'), 400, MALFORMED),
    Bad("a raw NUL", order(b'{"notes": "\0"}'), 400, MALFORMED),
    Bad("invalid UTF-8", order(b'{"notes": "\xff\xfe"}'), 400, MALFORMED),
    Bad("UTF-16", order('{"notes": 1}'.encode("utf-16")), 400, MALFORMED),
    Bad("cut-off gzip", order(b"\x1f\x8b\x08\x00\x00", b"Content-Encoding: gzip"), 400, BAD_REQUEST),
    Bad("brackets", order(b"[" * DEEP), 400, MALFORMED),
    Bad("closed brackets", order(b'{"lines":' + b"[" * DEEP + b"]" * DEEP + b"}"), 400, MALFORMED),
    Bad("braces", order(b'{"notes":' * DEEP + b"1" + b"}" * DEEP), 400, MALFORMED),
    # JSON that breaks the schema
    Bad("null", order(b"null"), 400, INVALID, ("",)),
    Bad("a list", order(b"[]"), 400, INVALID, ("",)),
    Bad("wrong types", order(b'{"customer_id": 1, "lines": {}, "delivery": "c4n4ry", "payment": []}'), 400, INVALID,
        MISSING),
    Bad("nothing in it", order(b"{}"), 400, INVALID, MISSING),
    Bad("a byte order mark", order(b"\xef\xbb\xbf{}"), 400, INVALID, MISSING),
    Bad("the same key twice", order(b'{"notes": "c4n4ry", "notes": "c4n4ry"}'), 400, INVALID, MISSING),
    Bad("an escaped NUL", order(b'{"notes": "\\u0000c4n4ry"}'), 400, INVALID, MISSING),
    Bad("a huge integer", order(b'{"lines": [{"sku": "c4n4ry", "quantity": ' + b"9" * 300 + b"}]}"), 400, INVALID,
        ("/lines/0/sku", "/lines/0/quantity")),
    Bad("unknown properties", http("POST", "/v1/products", JSON, body=b'{"nope": "c4n4ry"}'), 400, INVALID, ("/nope",)),
    Bad("a long text", order(b'{"notes": "' + b"x" * 4_000_000 + b'"}'), 400, INVALID),
    Bad("many faults", order(b'{"lines": [' + b"{}," * 200_000 + b"{}]}"), 400, INVALID),
    # bodies that are too large, none, or of another type
    Bad("20 MB", order(b'{"notes": "' + b"x" * 20_000_000 + b'"}'), 413, "PAYLOAD_TOO_LARGE"),
    Bad("20 MB announced", unframed(b"Content-Length: 20000000", body=b""), 413, "PAYLOAD_TOO_LARGE"),
    Bad("20 MB in a chunk", unframed(CHUNKED, body=b"1312D00\r\n" + b" " * 20_000_000 + b"\r\n0\r\n\r\n"), 413,
        "PAYLOAD_TOO_LARGE"),
    Bad("no body", http("POST", "/v1/orders", JSON), 400, INVALID, ("",)),
    Bad("an empty body", unframed(b"Content-Length: 0", body=b""), 400, INVALID, ("",)),
    Bad("text", typed(b"text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    Bad("no media type", typed(b'///;;="c4n4ry'), 415, "UNSUPPORTED_MEDIA_TYPE"),
    Bad("an unknown charset", typed(b"application/json; charset=c4n4ry"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    Bad("a codec that is no charset", typed(b"application/json; charset=punycode"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    Bad("NUL in a charset", typed(b'application/json; charset="a\0b"'), 415, "UNSUPPORTED_MEDIA_TYPE", gunicorn=400),
    Bad("not of its charset", typed(b"application/json; charset=utf-32", b"{}"), 400, MALFORMED),
    # how the message is framed
    Bad("two lengths", unframed(b"Content-Length: 3", b"Content-Length: 2"), 400, INVALID, gunicorn=400),
    Bad("length and chunks", unframed(b"Content-Length: 2", CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"), 400, BAD_REQUEST,
        gunicorn=400),
    Bad("a long length and chunks", unframed(b"Content-Length: " + b"9" * 5000, CHUNKED, body=b"0\r\n\r\n"), 400,
        BAD_REQUEST, gunicorn=400),
    Bad("two codings", unframed(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), 400, BAD_REQUEST),
    Bad("an unknown coding", unframed(b"Transfer-Encoding: rot13"), 400, BAD_REQUEST, gunicorn=501),
    Bad("a length in words", unframed(b"Content-Length: two"), 400, BAD_REQUEST, gunicorn=400),
    Bad("a negative length", unframed(b"Content-Length: -2"), 400, BAD_REQUEST, gunicorn=400),
    Bad("a length without end", unframed(b"Content-Length: " + b"9" * 30), 400, BAD_REQUEST),
    Bad("fewer bytes than announced", unframed(b"Content-Length: 99"), 400, BAD_REQUEST, then_close=True),
    Bad("no chunk", unframed(CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"), 400, BAD_REQUEST),
    Bad("a chunk cut off", unframed(CHUNKED, body=b"10\r\n{}"), 400, BAD_REQUEST, then_close=True),
    # headers
    Bad("two types", order(b"{}", b"Content-Type: text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE", gunicorn=400),
    Bad("two values for one", get("", b"X-Currency: EUR", b"X-Currency: SEK"), 400, INVALID, ("X-Currency",)),
    Bad("bytes in a header", get("", b"X-Currency: \xff\xfec4n4ry"), 400, INVALID, ("X-Currency",)),
    Bad("NUL in a header", get("", b"X-Currency: EUR\0"), 400, INVALID, ("X-Currency",), gunicorn=400),
    Bad("bytes in a cookie", http("GET", "/v1/basket", b"Cookie: basket=\xff\xfe"), 400, INVALID, ("basket",)),
    Bad("two cookies", http("GET", "/v1/basket", b"Cookie: basket=c4n4ry; basket=2"), 400, INVALID, ("basket",)),
    Bad("a huge header", get("", b"X-Junk: " + b"x" * 100_000), 431, "", gunicorn=431),
    Bad("500 headers", get("", *(b"X-%d: x" % number for number in range(500))), 431, "", gunicorn=431),
    # method, path and query
    Bad("a method that is not there", http("PUT", "/v1/orders", JSON, body=b"{}"), 405, "METHOD_NOT_ALLOWED"),
    Bad("a method that is none", http("C4N4RY", "/v1/orders"), 405, "METHOD_NOT_ALLOWED"),
    Bad("a path that is not there", http("GET", "/v1/c4n4ry"), 404, "NOT_FOUND"),
    Bad("a target that is no URL", http("GET", "http://[::1/v1/products"), 400, ""),
    Bad("a path that leads up", http("GET", "/v1/../v1/products"), 404, "NOT_FOUND"),
    Bad("invalid UTF-8 in the path", http("GET", "/v1/orders/%FF%FE"), 400, ""),
    Bad("bytes in the path", http("GET", b"/v1/orders/\xff\xfe"), 400, "", gunicorn=400),
    Bad("NUL in the path", http("GET", "/v1/products/TEA-001%00"), 400, INVALID, ("sku",)),
    Bad("a huge number in the path", http("GET", "/v1/orders/" + "9" * 3000), 400, INVALID, ("order_id",)),
    Bad("no number in the path", http("GET", "/v1/orders/1_0"), 400, INVALID, ("order_id",)),
    Bad("invalid UTF-8 in the query", get("?text=%FF%FE"), 400, INVALID, ("text",)),
    Bad("one value twice", get("?page_size=1&page_size=2"), 400, INVALID, ("page_size",)),
    Bad("several faults", get("?page_size=c4n4ry&sort=c4n4ry&tag=a&tag=a", b"X-Currency: c4n4ry"), 400, INVALID,
        ("page_size", "sort[0]", "tag", "X-Currency")),
    Bad("an unknown key of an object", get("?filter[c4n4]=1"), 400, INVALID, ("filter[c4n4]",)),
    Bad("brackets without end", get("?filter" + "[a]" * 1200 + "=1"), 400, INVALID, ("filter",)),
    Bad("a huge query", get("?text=" + "c4n4ry" * 200_000), 414, "", gunicorn=414),
    # forms
    Bad("no boundary", picture(header=b"Content-Type: multipart/form-data"), 400, BAD_REQUEST),
    Bad("no parts", http("PUT", PICTURE, MULTIPART, body=b"c4n4ry"), 400, BAD_REQUEST),
    Bad("a part cut off", picture(b'name="caption"\r\n\r\nc4n4ry', end=b""), 400, BAD_REQUEST),
    Bad("bytes in the head of a part", picture(b'name="\xff"; filename="\xfe"\r\n\r\nx'), 400, BAD_REQUEST),
    Bad("a part without a name", picture(b"\r\n\r\nc4n4ry"), 400, INVALID, ("/picture",)),
    Bad("2000 parts", picture(*[b'name="x"\r\n\r\nc4n4ry'] * 2000), 413, "PAYLOAD_TOO_LARGE"),
    Bad("one file twice", picture(*[b'name="picture"; filename="a"\r\n\r\nc4n4ry'] * 2), 400, INVALID, ("/picture",)),
    Bad("invalid UTF-8 in a part", picture(b'name="caption"\r\n\r\n\xff\xfe'), 400, INVALID, ("/caption",)),
    Bad("no JSON in a part", picture(b'name="focus"\r\n\r\n{c4n4ry'), 400, INVALID, ("/focus",)),
    Bad("100,000 fields", newsletter(b"a&" * 100_000), 413, "PAYLOAD_TOO_LARGE"),
    Bad("invalid UTF-8 in a form", newsletter(b"email=%FF\xff"), 400, INVALID, ("/email",)),
    Bad("one field twice", newsletter(b"email=c4n4ry&email=b"), 400, INVALID, ("/email",)),
    Bad("text that is none", prices(b"sku,EUR\nTEA-001,\xff"), 400, BAD_REQUEST),
    Bad("a table that is none", prices(b'sku,EUR\n"c4n4ry'), 422, "UNREADABLE_PRICE_LIST"),
]  # fmt: skip


@pytest.fixture(scope="module", params=["python", "gunicorn"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = by_python() if request.param == "python" else by_gunicorn()
    log = tmp_path_factory.mktemp("shop") / request.param
    with running(command, SHOP, log, PYMACARON_CACHE="off") as server:
        yield server
        assert "Traceback" not in server.log


def command_of(server: Server) -> list[str]:
    assert isinstance(server.process.args, list)
    return [str(word) for word in server.process.args]


def has_our_form(error: dict[str, Any], bad: Bad) -> None:
    assert error.keys() >= {"error", "error_description", "error_id", "status"}
    assert (error["status"], error["error"]) == (bad.status, bad.code)
    assert UUID.fullmatch(error["error_id"])
    assert error["error_description"]
    if bad.code == INVALID:
        faults = error["errors"]
        assert set(bad.places) <= {fault.get("pointer", fault.get("name")) for fault in faults}
        assert all(fault["expected"] and fault["code"] and fault["in"] for fault in faults)


@pytest.mark.parametrize(("body", "offset"), [(b"{'a': 1}", 1), (b'{"a": ', 6), (b'{"a": "\xff"}', 7), (b"[1, 2", 5)])
def test_where_json_goes_wrong(shop: Server, body: bytes, offset: int) -> None:
    """The offset counts bytes from the start of the body."""
    assert shop.send(order(body)).json["offset"] == offset


@pytest.mark.parametrize("bad", BAD, ids=[bad.what for bad in BAD])
def test_bad_input(shop: Server, bad: Bad) -> None:
    """A clear error, with every place that is wrong and no value that was sent; and the next request is answered."""
    answer = shop.send(bad.request, then_close=bad.then_close)
    assert CANARY not in answer.body
    assert b"Traceback" not in answer.body
    is_gunicorns = bad.gunicorn and "gunicorn" in command_of(shop)
    assert answer.status == (bad.gunicorn if is_gunicorns else bad.status)
    if bad.code and not is_gunicorns:
        has_our_form(answer.json, bad)
    if answer.status == 405:
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert shop.ask("GET", "/ping").json == {}


def test_what_is_invalid_costs_little(shop: Server) -> None:
    """However many faults there are, the answer stays short."""
    answer = shop.send(order(b'{"lines": [' + b"{}," * 50_000 + b"{}]}"))
    assert answer.status == 400
    assert len(answer.body) < 500_000


def test_slow_and_silent_clients_hold_nobody_up(shop: Server) -> None:
    """Connections that send nothing, or half a request, and go away again."""
    for data in (b"", b"GET /v1/pro", b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", shop.port), 5) as connection:
            connection.sendall(data)
            assert shop.ask("GET", "/ping").status == 200
    assert shop.ask("GET", "/ping").status == 200
