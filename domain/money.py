"""Amounts of money."""

from decimal import Decimal

from domain.values import Value


class Money(Value):
    """An amount with the ISO 4217 code of its currency."""

    number: Decimal
    currency: str
