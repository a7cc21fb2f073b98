"""The seven requests that every contender answers, and what a right answer is. Standard library only."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any, NamedTuple

SECRET = "a secret for measuring only, 0123456789abcdef"
ISSUER = AUDIENCE = "bench"
USER = "user-7"
START = dt.datetime(2025, 3, 1, 8, tzinfo=dt.UTC)


class Workload(NamedTuple):
    """One request; `statuses` are right, and so is a body that has at least what `wanted` has (None: any body)."""

    name: str
    method: str
    path: str
    wanted: Any = None
    query: str = ""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    statuses: tuple[int, ...] = (200, 201)

    def fault(self, status: int, body: bytes) -> str | None:
        """What is wrong with this answer, if anything."""
        if status not in self.statuses:
            return f"status {status}: {body[:200]!r}"
        if self.wanted is None or same(json.loads(body), self.wanted):
            return None
        return f"wrong body: {body[:200]!r}"


def same(answer: Any, wanted: Any) -> bool:
    """Whether two JSON values say the same; extra nulls are allowed, and date-times are compared to the second."""
    if isinstance(wanted, dict):
        said = {name: value for name, value in answer.items() if value is not None}
        return said.keys() == wanted.keys() and all(same(said[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        return len(answer) == len(wanted) and all(map(same, answer, wanted))
    if isinstance(wanted, str) and wanted.startswith("2025-"):
        return str(answer)[:19] == wanted[:19]
    return bool(answer == wanted)


def total(lines: list[dict[str, Any]]) -> int:
    """The price of all line items, in cents."""
    return sum(line["quantity"] * line["unit_cents"] for line in lines)


def line_item(number: int) -> dict[str, Any]:
    return {
        "sku": f"TEA-{number:04}",
        "name": f"Assam tea in tin {number:03}",
        "quantity": number % 9 + 1,
        "unit_cents": 1000 + number,
        "gift": number % 4 == 0,
    }


def catalog_rows() -> list[dict[str, Any]]:
    """What each contender makes its own objects of when it is imported; `updated_at` is a datetime."""
    return [
        {
            "sku": f"CUP-{number:04}",
            "name": f"Porcelain cup {number}",
            "description": f"Thin and white, number {number}.",
            "price_cents": 1200 + number,
            "currency": "EUR",
            "in_stock": number % 5 != 0,
            "tags": ["kitchen", "white", f"s{number % 8}"],
            "updated_at": START + dt.timedelta(hours=number),
        }
        for number in range(200)
    ]


def new_order(bad_line: int | None = None) -> dict[str, Any]:
    """An order of five lines; the quantity of `bad_line` is below its minimum."""
    lines = [line_item(number) for number in range(5)]
    if bad_line is not None:
        lines[bad_line]["quantity"] = 0
    return {
        "order_id": "7d9d1f3e-52a1-4c5b-8f0e-6a1c9f7b2d10",
        "status": "paid",
        "priority": 2,
        "currency": "SEK",
        "created_at": "2025-03-01T08:00:00+00:00",
        "customer": {"name": "Ebba Nyström", "email": "ebba.nystrom@example.com", "phone": "+46 8 555 010 20"},
        "shipping": {"street": "Strandvägen 7A, gate 4411", "city": "Stockholm", "postcode": "114 56", "country": "SE"},
        "notes": "Leave it with the neighbour downstairs if nobody opens; two of the tins are presents, "
        "please pack them apart, leave prices out. A plain box will do.",
        "items": lines,
    }


def token() -> str:
    """A JWT that is valid until 2100."""
    parts: list[dict[str, Any]] = [
        {"alg": "HS256", "typ": "JWT"},
        {"iss": ISSUER, "aud": AUDIENCE, "sub": USER, "iat": 1_740_000_000, "exp": 4_102_444_800},
    ]
    signed = ".".join(_base64(encode(part)) for part in parts)
    return f"{signed}.{_base64(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=dt.datetime.isoformat).encode()


JSON = (("Content-Type", "application/json"),)
ORDER = new_order()
BULK = {"batch_id": "c1b7a0de-0f3c-4a57-9e7e-3f5d2c8b6a90", "items": [line_item(number) for number in range(500)]}
CATALOG = json.loads(encode({"count": 200, "items": catalog_rows()}))

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("ping", "GET", "/ping", {}),
        Workload(
            "item",
            "GET",
            "/items/abc-123",
            {"item_id": "abc-123", "limit": 25, "q": "red shoes", "flag": True},
            query="limit=25&q=red%20shoes&flag=true",
        ),
        Workload(
            "order", "POST", "/orders", ORDER | {"total": total(ORDER["items"])}, body=encode(ORDER), headers=JSON
        ),
        Workload(
            "bulk",
            "POST",
            "/bulk",
            {"count": 500, "total": total(BULK["items"])},  # type: ignore[arg-type]
            body=encode(BULK),
            headers=JSON,
        ),
        Workload("catalog", "GET", "/catalog", CATALOG),
        Workload("invalid", "POST", "/orders", body=encode(new_order(bad_line=3)), headers=JSON, statuses=(400, 422)),
        Workload("me", "GET", "/me", {"sub": USER}, headers=(("Authorization", f"Bearer {token()}"),)),
    )
}
