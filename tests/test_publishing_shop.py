"""Every operation of the shop is tried from its page; and how it is with a large document. See tests/browsers.py for
what every page is held to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from browsers import Visit
from programs import OPENS, ROOT, Server, free_row, running, together, token_for
from trying import PIXEL, address, fill, send

from pymacaron.cli.documents import documents_of
from pymacaron.mocking import mock_app
from pymacaron.publishing import publish_documents


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its three services; those that the first one calls listen on the next ports."""
    logs = tmp_path_factory.mktemp("logs")
    with running(together(free_row(3), logs), ROOT, logs / "run", OPENS, PYMACARON_TASKS=str(logs / "tasks")) as server:
        yield server


ASTRID = "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55"
TEA = {"sku": "TEA-700", "title": "Kukicha", "category": "tea", "prices": {"EUR": 900}}
ORDER = {"customer_id": ASTRID, "lines": [{"sku": "TEA-001"}], "payment": {"method": "invoice"},
         "delivery": {"street": "Storgatan 2", "city": "Umeå", "country": "SE"}}  # fmt: skip
EVE = {"name": "Eve", "email": "eve@example.com"}
HOME = {"street": "Storgatan 2", "city": "Umeå", "country": "SE"}
MAIL = {"to": "eve@example.com", "subject": "Hello", "text": "It is ready."}
FOUND = {"category": "tea\ncups", "filter": '{"max_price": 2000}', "sort": "-price", "X-Currency": "SEK"}
PICTURE = {"sku": "TEA-700", "picture": ("tea.png", PIXEL), "focus": '{"x": 0.5, "y": 1}'}
Tries = list[tuple[str, dict[str, Any], Any, set[int]]]
CATALOGUE: Tries = [  # operation, fields, body, statuses; in an order in which they work
    ("GET /v1/categories", {"depth": "2"}, None, {200}),
    ("GET /v1/products", FOUND, None, {200}),
    ("POST /v1/products", {}, TEA, {201}),
    ("GET /v1/products/{sku}", {"sku": "TEA-700"}, None, {200}),
    ("PUT /v1/products/{sku}", {"sku": "TEA-700"}, TEA, {200}),
    ("PATCH /v1/products/{sku}", {"sku": "TEA-700"}, {"title": "Kukicha, roasted"}, {200}),
    ("PUT /v1/products/{sku}/picture", PICTURE, None, {200}),
    ("GET /v1/products/{sku}/picture", {"sku": "TEA-700"}, None, {200}),
    ("GET /v1/stock/{skus}", {"skus": "TEA-700\nCUP-001"}, None, {200}),
    ("GET /v1/prices.csv", {}, None, {200}),
    ("PUT /v1/prices.csv", {}, "sku,EUR\nTEA-700,8.00\n", {200}),
    ("DELETE /v1/products/{sku}", {"sku": "TEA-700"}, None, {204}),
]  # fmt: skip
ORDERS: Tries = [
    ("POST /v1/basket", {}, {"sku": "CUP-001"}, {200}), ("GET /v1/basket", {}, None, {200}),
    ("DELETE /v1/basket", {}, None, {204}),
    ("POST /v1/orders", {}, ORDER, {202}), ("GET /v1/orders", {"status": "paid\nawaiting_payment"}, None, {200}),
    ("GET /v1/me/orders", {"page_size": "3"}, None, {200}),
    ("GET /v1/orders/{order_id}", {"order_id": "ORDER"}, None, {200}),
    ("GET /v1/orders/{order_id}/invoice", {"order_id": "ORDER"}, None, {200}),
    ("POST /v1/orders/{order_id}/cancel", {"order_id": "ORDER"}, None, {204}),
    ("POST /v1/reports/mails", {}, None, {202}),
]  # fmt: skip
CUSTOMERS: Tries = [
    ("POST /v1/customers", {}, EVE, {201}), ("GET /v1/customers/{customer_id}", {"customer_id": ASTRID}, None, {200}),
    ("PUT /v1/customers/{customer_id}/addresses/{label}", {"customer_id": "EVE", "label": "home"}, HOME, {201}),
    ("DELETE /v1/customers/{customer_id}", {"customer_id": "EVE"}, None, {204}),
]  # fmt: skip
NEWSLETTER: Tries = [("POST /v1/newsletter", {"email": "eve@example.com", "topics": "news\noffers"}, None, {202})]
MAILER: Tries = [("POST /v1/mails", {}, MAIL, {201}), ("GET /v1/mails", {"limit": "3"}, None, {200})]
STATUS: Tries = [(f"GET {path}", {}, None, {200}) for path in ("/ping", "/ready", "/version", "/auth/version")]


# Of a service with operations that take long, of which "REPORT" is one.
LONG: Tries = [
    ("GET /operations/{operation_id}", {"operation_id": "REPORT"}, None, {200}),
    ("GET /operations/{operation_id}/result", {"operation_id": "REPORT"}, None, {200, 202}),
    ("DELETE /operations/{operation_id}", {"operation_id": "REPORT"}, None, {202, 409}),
]
PLACES = {"catalogue": 0, "orders": 0, "newsletter": 0, "customers": 1, "mailer": 2}  # counted from the first port
OF = {"catalogue": CATALOGUE, "orders": ORDERS, "newsletter": NEWSLETTER, "customers": CUSTOMERS, "mailer": MAILER}
OF_SERVICES = {"orders", "customers", "mailer"}  # one of each service: there its status is tried, too
MAKES = {"POST /v1/orders": "ORDER", "POST /v1/customers": "EVE", "POST /v1/reports/mails": "REPORT"}


@pytest.mark.parametrize("api", OF)
def test_every_operation_of_the_shop(shop: Server, visit: Visit, api: str) -> None:
    """Every operation of the shop is tried from its page, and answers as its document says."""
    page = visit(shop.port + PLACES[api], f"/doc/{api}")
    long = LONG if PLACES[api] == 0 else []
    titles = "all => all.map(one => new URL(one.href).searchParams.get('operation'))"
    listed = page.locator(".operations a").evaluate_all(titles)
    assert sorted(listed) == sorted(title for title, *_ in OF[api] + STATUS + long)
    page.locator("#token > summary").click()
    page.get_by_label("Token", exact=True).fill(token_for("eva", scope="mails" if api == "mailer" else "staff"))
    page.keyboard.press("Enter")
    page.locator("#token-word", has_text="accepted").wait_for()
    made: dict[str, str] = {}  # ids of what was created
    for title, fields, sent, expected in OF[api] + (STATUS + long if api in OF_SERVICES else []):
        page.goto(urljoin(page.url, address(title, api)))
        fill(page, **{name: made.get(text, text) if isinstance(text, str) else text for name, text in fields.items()})
        if sent is not None:
            page.get_by_label("The body").fill(sent if isinstance(sent, str) else json.dumps(sent))
        status, text = send(page)
        assert status in expected, (title, text)
        if title in MAKES:
            made[MAKES[title]] = str(json.loads(text)["id"])


# A large one


@pytest.mark.heavy  # needs the documents of the corpus, which `corpus/fetch.py` fetches
def test_a_large_document(visit: Visit) -> None:
    """In GitHub's document, with more than a thousand operations, one is found, opened and tried within three seconds,
    the making of the pages included."""
    documents = documents_of([str(ROOT / ".corpus" / "real" / "v30" / "github.yaml")])
    app = mock_app(documents)
    publish_documents(app, documents)
    page = visit(app, "/doc/")
    started = time.monotonic()
    page.get_by_role("link", name="GitHub").click()
    page.get_by_label("Find one of 1078").fill("post issues create comment")
    page.keyboard.press("Enter")
    page.get_by_label("The body").wait_for()
    fill(page, owner="octocat", repo="hello", issue_number="7")
    status, text = send(page)
    assert time.monotonic() - started < 3
    assert (status, json.loads(text)["id"]) == (201, 1)
