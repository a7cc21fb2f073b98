"""Pictures of products, kept in the store, where all processes find them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pymacaron.models import Picture, Product
from shop.catalogue import get_product
from shop.db import load_picture, save_picture
from shop.errors import UnreadablePicture

ContentType: TypeAlias = Literal["image/png", "image/jpeg"]

SIGNATURES: dict[bytes, ContentType] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def put_picture(form, sku: str) -> Picture:
    get_product(sku)
    data = form.picture.read()
    content_type = _type_of(data)
    save_picture(sku, data)
    picture = Picture(content_type=content_type, bytes=len(data), caption=form.caption, focus=form.focus)
    Product.update_in_db(sku, set={"picture": picture})
    return picture


def get_picture(sku: str):
    picture = get_product(sku).picture
    data = load_picture(sku) if picture else None
    if picture is None or data is None:
        return None, 204
    return data, 200, {"Content-Type": picture.content_type}


def _type_of(data: bytes) -> ContentType:
    """What a picture is, going by its first bytes."""
    found: ContentType | None = next((kind for sign, kind in SIGNATURES.items() if data.startswith(sign)), None)
    if found is None:
        raise UnreadablePicture("A picture has to be PNG or JPEG").tell_user("Please choose a PNG or JPEG picture.")
    return found
