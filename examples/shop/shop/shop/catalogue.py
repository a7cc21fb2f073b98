"""What the shop sells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Any

from pymacaron.exceptions import ConditionFailedError, ItemNotFound
from pymacaron.models import Category, Product, ProductPage
from shop import samples
from shop.errors import ProductExists, ProductNotFound, SkuMismatch, UnknownCategory
from shop.paging import page_of

categories = [Category.from_json(row) for row in samples.CATEGORIES]


# -- categories


def list_categories(depth: int) -> list[Category]:
    return [_pruned(category.clone(), depth) for category in categories]


def _pruned(category: Category, depth: int) -> Category:
    if depth == 1:
        del category.children
    for child in category.children or []:
        _pruned(child, depth - 1)
    return category


def _slugs(tree: list[Category]) -> Iterator[str]:
    for category in tree:
        yield category.slug
        yield from _slugs(category.children or [])


def _below(slugs: list[str], tree: list[Category]) -> Iterator[str]:
    """These categories and all below them."""
    for category in tree:
        if category.slug in slugs:
            yield from _slugs([category])
        else:
            yield from _below(slugs, category.children or [])


# -- finding products


def find_products(text, category, tag, filter, sort, x_currency, page_size, page_token):  # noqa: A002, PLR0917 - as the document calls them
    found = [row for row in all_products() if row.status not in {"draft", "retired"}]
    if text is not None:
        found = [row for row in found if text.lower() in f"{row.title} {row.description or ''}".lower()]
    if category is not None:
        wanted = set(_below(category, categories))
        found = [row for row in found if row.category in wanted]
    if tag is not None:
        found = [row for row in found if set(tag) <= set(row.tags or [])]
    if filter is not None:
        found = [row for row in found if _passes(row, filter, x_currency)]
    for key in reversed(sort):
        found.sort(key=_sort_key(key.removeprefix("-"), x_currency), reverse=key.startswith("-"))
    page, next_token = page_of(found, page_size, page_token)
    return ProductPage(products=page, next_page_token=next_token), 200, {"X-Total-Count": len(found)}


def _passes(product: Product, filter_: Any, currency: str) -> bool:
    price = product.prices.get(currency)
    if filter_.min_price is not None and (price is None or price < filter_.min_price):
        return False
    if filter_.max_price is not None and (price is None or price > filter_.max_price):
        return False
    return filter_.in_stock is None or filter_.in_stock == bool(product.stock)


def _sort_key(name: str, currency: str) -> Any:
    if name == "price":  # what has no price in this currency comes last
        return lambda row: row.prices.get(currency, float("inf"))
    return lambda row: row.title.lower()


# -- one product


def get_product(sku: str) -> Product:
    try:
        return Product.load_from_db(sku)
    except ItemNotFound:
        raise ProductNotFound(f"There is no product {sku}").tell_user("We do not sell that (any more).") from None


def all_products() -> list[Product]:
    return sorted(Product.scan_db(), key=attrgetter("sku"))


def create_product(product: Product):
    try:
        _checked(product).save_to_db(if_absent=True)
    except ConditionFailedError:
        raise ProductExists(f"There is a product {product.sku} already; PUT replaces it") from None
    return product, 201, {"Location": f"/v1/products/{product.sku}"}


def put_product(product: Product, sku: str):
    if product.sku != sku:
        raise SkuMismatch("The sku in the body is not the one in the path")
    (old,) = Product.load_many_from_db([sku])
    if old is not None:
        product.created_at, product.picture = old.created_at, old.picture
    _checked(product).save_to_db()
    return product, 201 if old is None else 200


def change_product(change, sku: str) -> Product:
    get_product(sku)
    return Product.update_in_db(sku, change=partial(_merge, change))


def _merge(change, product: Product) -> None:
    for name in change.get_property_names():
        if name not in change:
            continue
        if change[name] is None:
            del product[name]
        else:
            product[name] = change[name]
    _checked(product)


def delete_product(sku: str) -> None:
    get_product(sku).delete_from_db()


def _checked(product: Product) -> Product:
    """The product with its dates."""
    if product.category not in set(_slugs(categories)):
        raise UnknownCategory("There is no such category; GET /categories lists them")
    product.changed_at = datetime.now(UTC)
    product.created_at = product.created_at or product.changed_at
    return product


# -- stock


def count_stock(skus: list[str]) -> dict[str, int]:
    found = Product.load_many_from_db(skus)
    return {product.sku: product.stock for product in found if product is not None}
