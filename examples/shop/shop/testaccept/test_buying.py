"""From the basket to the invoice. These tests need the services that the shop calls, too: `make run` starts all three,
and then `pymacaron test --local` asks them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from pymacaron.auth import generate_token
from pymacaron.test import PyMacaronTestCase

ASTRID = "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55"
ORDER = {
    "customer_id": ASTRID, "lines": [{"sku": "TEA-001"}], "payment": {"method": "invoice"},
    "delivery": {"street": "Storgatan 2", "city": "Umeå", "country": "SE"},
}  # fmt: skip


class OrdersTest(PyMacaronTestCase):
    def setUp(self):
        self.astrid = generate_token(ASTRID)

    def test_an_order_is_placed_and_canceled(self):
        again = {"X-Request-Id": str(uuid4())}
        order = self.assertPostReturnJson("/v1/orders", ORDER, 202, self.astrid, headers=again)
        assert self.assertPostReturnJson("/v1/orders", ORDER, 202, self.astrid, headers=again) == order
        path = f"/v1/orders/{order['id']}"
        assert self.assertGetReturnDict(path) == order
        assert "Sencha" in self.assertCallReturnHtml("GET", f"{path}/invoice")
        self.assertPostReturnOk(f"{path}/cancel")
        self.assertPostReturnError(f"{path}/cancel", 409, None)

    def test_who_pays_by_card_has_paid(self):
        card = {"method": "card", "number": "4242424242424242", "expires": "12/39"}
        assert self.assertPostReturnJson("/v1/orders", {**ORDER, "payment": card}, 201, self.astrid)["status"] == "paid"
        declined = {**ORDER, "payment": {**card, "expires": "01/20"}}
        self.assertPostReturnError("/v1/orders", declined, 402, "PAYMENT_DECLINED", auth=self.astrid)

    def test_orders_are_listed(self):
        order = self.assertPostReturnJson("/v1/orders", ORDER, 202, self.astrid)
        mine = self.assertGetReturnDict("/v1/me/orders?page_size=1", auth=self.astrid)
        assert mine["orders"] == [order]
        query = {"customer_id": ASTRID, "status": "awaiting_payment shipped", "placed_after": order["placed_at"]}
        self.assertGetReturnDict("/v1/orders", query=query | {"page_size": 5})
        self.assertGetReturnError("/v1/me/orders", 401, "AUTHORIZATION_HEADER_MISSING")

    def test_the_newsletter(self):
        form = {"email": f"{uuid4()}@example.com"}
        self.assertPostReturnJson("/v1/newsletter", form=form, status=202)
        assert self.assertPostReturnJson("/v1/newsletter", form=form | {"topics": ["news", "offers"]})["topics"]

    def test_a_report_takes_a_while(self):
        staff = generate_token("eva", data={"scope": "staff"})
        self.assertPostReturnError("/v1/reports/mails", 403, "FORBIDDEN", auth=self.astrid)
        state = self.assertPostReturnDict("/v1/reports/mails", status=202, auth=staff)
        self.assertGetReturnDict(self.answer.headers["location"], auth=staff)
        assert state

    def test_what_every_service_answers(self):
        self.assertHasPing()
        assert self.assertHasVersion()["name"] == "catalogue newsletter orders"
        self.assertHasAuthVersion()


@pytest.fixture
def basket(live_service):
    """The cookie of a basket with a cup in it."""
    live_service.assertPostReturnJson("/v1/basket", {"sku": "CUP-001"})
    return {"Cookie": live_service.answer.headers["set-cookie"].partition(";")[0]}


def test_a_basket(live_service, basket):
    live_service.assertPostReturnOk("/v1/basket", {"sku": "TEA-002"}, headers=basket)
    assert len(live_service.assertGetReturnJson("/v1/basket", headers=basket)["lines"]) == 2
    live_service.assertCallReturnOk("DELETE", "/v1/basket", headers=basket)
    assert live_service.assertGetReturnJson("/v1/basket", headers=basket) == {"lines": []}
    live_service.assertGetReturnError("/v1/basket", 400, "INVALID_PARAMETER", headers={"Cookie": "basket=x"})
