"""What amounts of money can do. The document makes this a parent of the model Money (`x-parent`)."""

from __future__ import annotations

from typing import Any


class Arithmetic:
    """Adding, multiplying and printing."""

    amount: int
    currency: str

    def __add__(self, other: Any) -> Any:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return type(self)(amount=self.amount + other.amount, currency=self.currency)

    def __mul__(self, times: int) -> Any:
        return type(self)(amount=self.amount * times, currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount // 100}.{self.amount % 100:02} {self.currency}"
