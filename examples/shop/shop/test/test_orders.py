"""Placing an order. The services that it calls are not there: fakes answer, and what they give is held against the
documents all the same."""

from __future__ import annotations

import pytest
from server import app

from pymacaron import ApiPool
from pymacaron.auth import generate_token
from pymacaron.tasks import run_here

ASTRID = {"id": "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55", "name": "Astrid", "email": "a@example.com", "language": "de"}
ORDER = {
    "customer_id": ASTRID["id"], "lines": [{"sku": "TEA-001"}], "payment": {"method": "invoice"},
    "delivery": {"street": "Storgatan 2", "city": "Umeå", "country": "SE"},
}  # fmt: skip


def place():
    token = {"Authorization": f"Bearer {generate_token(ASTRID['id'])}"}
    return app.test_client().post("/v1/orders", json=ORDER, headers=token)


@pytest.fixture(autouse=True)
def tasks():
    with run_here() as fired:  # at once, without a worker
        yield fired


@pytest.fixture
def customers():
    with ApiPool.customers.fake(get_customer=ASTRID) as calls:
        yield calls


def test_an_order_is_confirmed_by_mail(customers):
    with ApiPool.mailer.fake(send_mail=lambda mail: {**mail.to_json(), "id": ASTRID["id"]}) as mails:
        placed = place()
    assert placed.status_code == 202
    assert [mail.body.subject for mail in mails] == [f"Ihre Bestellung {placed.get_json()['id']}"]
    assert [call.arguments for call in customers] == [{"customer_id": ASTRID["id"]}]


@pytest.mark.usefixtures("customers")
def test_an_order_stands_without_its_mail(tasks):
    with ApiPool.mailer.fake(send_mail=TimeoutError()):
        assert place().status_code == 202
    assert [task.state for task in tasks] == ["failed"]


def test_there_is_no_order_of_nobody():
    with ApiPool.customers.fake(get_customer=ConnectionError()), ApiPool.mailer.fake() as mails:
        assert place().get_json()["error"] == "SERVICE_UNAVAILABLE"
    assert not mails
