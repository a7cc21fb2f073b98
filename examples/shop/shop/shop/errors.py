"""What can go wrong in the shop, as its callers see it."""

from __future__ import annotations

from pymacaron.exceptions import PyMacaronException, add_error

ProductNotFound = add_error("ProductNotFound", code="PRODUCT_NOT_FOUND", status=404)
ProductExists = add_error("ProductExists", code="PRODUCT_EXISTS", status=409)
UnknownCategory = add_error("UnknownCategory", code="UNKNOWN_CATEGORY", status=422)
SkuMismatch = add_error("SkuMismatch", code="SKU_MISMATCH", status=422)
UnreadablePicture = add_error("UnreadablePicture", code="UNREADABLE_PICTURE", status=422)
UnreadablePriceList = add_error("UnreadablePriceList", code="UNREADABLE_PRICE_LIST", status=422)
NotPriced = add_error("NotPriced", code="NOT_PRICED", status=409)
OrderNotFound = add_error("OrderNotFound", code="ORDER_NOT_FOUND", status=404)
TooLateToCancel = add_error("TooLateToCancel", code="TOO_LATE_TO_CANCEL", status=409)
InvalidPageToken = add_error("InvalidPageToken", code="INVALID_PAGE_TOKEN", status=422)


class OutOfStock(PyMacaronException):
    """Fewer are left than were ordered."""

    code = "OUT_OF_STOCK"
    status = 409

    def __init__(self, sku: str, title: str, left: int) -> None:
        super().__init__(f"{left} of {sku} left")
        self.tell_user(f"Sorry, we have only {left} of “{title}” left." if left else f"Sorry, “{title}” is sold out.")


class PaymentDeclined(PyMacaronException):
    """Nobody has been charged."""

    code = "PAYMENT_DECLINED"
    status = 402
