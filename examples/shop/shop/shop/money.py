"""What amounts of money can do. The document makes this a parent of the model Money (`x-parent`)."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

Currency: TypeAlias = Literal["EUR", "SEK", "USD"]


class Arithmetic:
    """Adding, multiplying and printing."""

    amount: int
    currency: Currency

    def __add__(self, other: Any) -> Any:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return self._of(self.amount + other.amount)

    def __mul__(self, times: int) -> Any:
        return self._of(self.amount * times)

    def _of(self, amount: int) -> Any:
        made: Any = type(self)  # the model
        return made(amount=amount, currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount // 100}.{self.amount % 100:02} {self.currency}"
