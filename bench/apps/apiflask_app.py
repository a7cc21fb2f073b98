"""APIFlask with marshmallow, its default, on the way in and out."""

from types import SimpleNamespace

import jwt
import workloads
from apiflask import APIFlask, HTTPTokenAuth, Schema
from apiflask.fields import UUID, Boolean, DateTime, Email, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp

app = APIFlask(__name__, title="bench", version="1.0.0")
signed_in = HTTPTokenAuth(scheme="Bearer")


class LineItem(Schema):
    sku = String(required=True, validate=Regexp("^[A-Z]{3}-[0-9]{4}$"))
    name = String(required=True, validate=Length(1, 80))
    quantity = Integer(required=True, validate=Range(1, 1000))
    unit_cents = Integer(required=True, validate=Range(0, 10_000_000))
    gift = Boolean()


class Address(Schema):
    street = String(required=True, validate=Length(1, 100))
    city = String(required=True, validate=Length(1, 60))
    postcode = String(required=True, validate=Regexp("^[0-9A-Z -]{3,10}$"))
    country = String(required=True, validate=Regexp("^[A-Z]{2}$"))


class Customer(Schema):
    name = String(required=True, validate=Length(1, 80))
    email = Email(validate=Length(max=120))
    phone = String(validate=Regexp("^[+][0-9 ]{6,20}$"))


class Order(Schema):
    order_id = UUID(required=True)
    status = String(required=True, validate=OneOf(["new", "paid", "shipped", "cancelled"]))
    priority = Integer(required=True, validate=Range(1, 5))
    currency = String(required=True, validate=OneOf(["EUR", "SEK", "USD"]))
    created_at = DateTime(required=True)
    customer = Nested(Customer, required=True)
    shipping = Nested(Address, required=True)
    notes = String(validate=Length(max=500))
    items = List(Nested(LineItem), required=True, validate=Length(1, 100))


class PlacedOrder(Order):
    total = Integer(required=True)


class Bulk(Schema):
    batch_id = UUID(required=True)
    items = List(Nested(LineItem), required=True, validate=Length(1, 1000))


class BulkResult(Schema):
    count = Integer()
    total = Integer()


class CatalogItem(Schema):
    sku = String()
    name = String()
    description = String()
    price_cents = Integer()
    currency = String()
    in_stock = Boolean()
    tags = List(String())
    updated_at = DateTime()


class Catalog(Schema):
    count = Integer()
    items = List(Nested(CatalogItem))


class ItemQuery(Schema):
    limit = Integer(load_default=10, validate=Range(1, 100))
    q = String(validate=Length(max=50))
    flag = Boolean()


class Item(Schema):
    item_id = String()
    limit = Integer()
    q = String()
    flag = Boolean()


class Me(Schema):
    sub = String()


CATALOG = [SimpleNamespace(**row) for row in workloads.catalog_rows()]


@signed_in.verify_token
def claims_of(token):
    try:
        return jwt.decode(token, workloads.SECRET, ["HS256"], audience=workloads.AUDIENCE, issuer=workloads.ISSUER)
    except jwt.InvalidTokenError:
        return None


@app.get("/ping")
def ping():
    return {}


@app.get("/items/<item_id>")
@app.input(ItemQuery, location="query")
@app.output(Item)
def get_item(item_id, query_data):
    return {"item_id": item_id, **query_data}


@app.post("/orders")
@app.input(Order)
@app.output(PlacedOrder)
def place_order(json_data):
    return json_data | {"total": workloads.total(json_data["items"])}


@app.post("/bulk")
@app.input(Bulk)
@app.output(BulkResult)
def add_up(json_data):
    lines = json_data["items"]
    return {"count": len(lines), "total": workloads.total(lines)}


@app.get("/catalog")
@app.output(Catalog)
def get_catalog():
    return {"count": len(CATALOG), "items": CATALOG}


@app.get("/me")
@app.auth_required(signed_in)
@app.output(Me)
def who_am_i():
    return {"sub": signed_in.current_user["sub"]}
