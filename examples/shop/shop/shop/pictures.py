"""Pictures of products: files in a folder that goes away with the process."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Literal, TypeAlias

from pymacaron.models import Picture, Product
from shop.catalogue import get_product
from shop.errors import UnreadablePicture

ContentType: TypeAlias = Literal["image/png", "image/jpeg"]

folder = TemporaryDirectory(prefix="shop-pictures-")
SIGNATURES: dict[bytes, ContentType] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def put_picture(form, sku: str) -> Picture:
    get_product(sku)
    content_type, size = _save(form.picture, sku)
    picture = Picture(content_type=content_type, bytes=size, caption=form.caption, focus=form.focus)
    Product.update_in_db(sku, set={"picture": picture})
    return picture


def get_picture(sku: str):
    picture = get_product(sku).picture
    if picture is None or not _path(sku).exists():  # the process that had it has ended
        return None, 204
    return _path(sku), 200, {"Content-Type": picture.content_type}


def _save(upload, sku: str) -> tuple[ContentType, int]:
    """The type of a picture, going by its first bytes, and its size."""
    data = upload.read()
    content_type: ContentType | None = next(
        (kind for signature, kind in SIGNATURES.items() if data.startswith(signature)), None
    )
    if content_type is None:
        raise UnreadablePicture("A picture has to be PNG or JPEG").tell_user("Please choose a PNG or JPEG picture.")
    with NamedTemporaryFile(dir=folder.name, delete=False) as file:
        file.write(data)
    os.replace(file.name, _path(sku))  # who is reading the old picture keeps it
    return content_type, len(data)


def _path(sku: str) -> Path:
    return Path(folder.name, sku)  # the document allows nothing in a sku that means something to a file system
