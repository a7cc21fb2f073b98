"""The service's schemas as pydantic models, for FastAPI and flask-openapi3."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field

Name = Annotated[str, Field(min_length=1, max_length=80)]


class LineItem(BaseModel):
    sku: Annotated[str, Field(pattern="^[A-Z]{3}-[0-9]{4}$")]
    name: Name
    quantity: Annotated[int, Field(ge=1, le=1000)]
    unit_cents: Annotated[int, Field(ge=0, le=10_000_000)]
    gift: bool = False


class Address(BaseModel):
    street: Annotated[str, Field(min_length=1, max_length=100)]
    city: Annotated[str, Field(min_length=1, max_length=60)]
    postcode: Annotated[str, Field(pattern="^[0-9A-Z -]{3,10}$")]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class Customer(BaseModel):
    name: Name
    email: Annotated[EmailStr, Field(max_length=120)] | None = None
    phone: Annotated[str, Field(pattern="^[+][0-9 ]{6,20}$")] | None = None


class Order(BaseModel):
    order_id: UUID
    status: Literal["new", "paid", "shipped", "cancelled"]
    priority: Annotated[int, Field(ge=1, le=5)]
    currency: Literal["EUR", "SEK", "USD"]
    created_at: datetime
    customer: Customer
    shipping: Address
    notes: Annotated[str, Field(max_length=500)] | None = None
    items: Annotated[list[LineItem], Field(min_length=1, max_length=100)]


class PlacedOrder(Order):
    total: int


class Bulk(BaseModel):
    batch_id: UUID
    items: Annotated[list[LineItem], Field(min_length=1, max_length=1000)]


class BulkResult(BaseModel):
    count: int
    total: int


class CatalogItem(BaseModel):
    sku: str
    name: str
    description: str
    price_cents: int
    currency: str
    in_stock: bool
    tags: list[str]
    updated_at: datetime


class Catalog(BaseModel):
    count: int
    items: list[CatalogItem]


class ItemPath(BaseModel):
    item_id: Annotated[str, Field(max_length=40)]


class ItemQuery(BaseModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    q: Annotated[str, Field(max_length=50)] | None = None
    flag: bool | None = None


class Item(BaseModel):
    item_id: str
    limit: int
    q: str | None = None
    flag: bool | None = None


class Me(BaseModel):
    sub: str


def total(lines):
    return sum(line.quantity * line.unit_cents for line in lines)


def placed(order):
    return PlacedOrder.model_construct(**order.__dict__, total=total(order.items))


def catalog(rows):
    return Catalog(count=len(rows), items=rows)
