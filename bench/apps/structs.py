"""The service's schemas as msgspec Structs, for Litestar and Falcon."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=80)]


class LineItem(Struct):
    sku: Annotated[str, Meta(pattern="^[A-Z]{3}-[0-9]{4}$")]
    name: Name
    quantity: Annotated[int, Meta(ge=1, le=1000)]
    unit_cents: Annotated[int, Meta(ge=0, le=10_000_000)]
    gift: bool = False


class Address(Struct):
    street: Annotated[str, Meta(min_length=1, max_length=100)]
    city: Annotated[str, Meta(min_length=1, max_length=60)]
    postcode: Annotated[str, Meta(pattern="^[0-9A-Z -]{3,10}$")]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class Customer(Struct):
    name: Name
    # msgspec knows no formats: a pattern stands in for `email`
    email: Annotated[str, Meta(pattern="^[^@ ]+@[^@ ]+[.][^@ ]+$", max_length=120)] | None = None
    phone: Annotated[str, Meta(pattern="^[+][0-9 ]{6,20}$")] | None = None


class Order(Struct):
    order_id: UUID
    status: Literal["new", "paid", "shipped", "cancelled"]
    priority: Annotated[int, Meta(ge=1, le=5)]
    currency: Literal["EUR", "SEK", "USD"]
    created_at: datetime
    customer: Customer
    shipping: Address
    items: Annotated[list[LineItem], Meta(min_length=1, max_length=100)]
    notes: Annotated[str, Meta(max_length=500)] | None = None


class PlacedOrder(Order, kw_only=True):
    total: int


class Bulk(Struct):
    batch_id: UUID
    items: Annotated[list[LineItem], Meta(min_length=1, max_length=1000)]


class BulkResult(Struct):
    count: int
    total: int


class CatalogItem(Struct):
    sku: str
    name: str
    description: str
    price_cents: int
    currency: str
    in_stock: bool
    tags: list[str]
    updated_at: datetime


class Catalog(Struct):
    count: int
    items: list[CatalogItem]


class Item(Struct):
    item_id: str
    limit: int
    q: str | None = None
    flag: bool | None = None


class Me(Struct):
    sub: str


def total(lines):
    return sum(line.quantity * line.unit_cents for line in lines)


def placed(order):
    fields = {name: getattr(order, name) for name in Order.__struct_fields__}
    return PlacedOrder(**fields, total=total(order.items))


def catalog(rows):
    return Catalog(count=len(rows), items=[CatalogItem(**row) for row in rows])
