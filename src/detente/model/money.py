"""Money: an exact amount that never travels without its currency."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` in whole units of `currency` (ISO 4217); exact decimals, never binary floats."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """Two decimals with thousands separated by a thin space, currency last: `12 031.38 EUR`."""
        return f"{self.amount:,.2f} {self.currency}".replace(",", "\u202f")

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added: no exchange rate is agreed")
        return Money(self.amount + other.amount, self.currency)
