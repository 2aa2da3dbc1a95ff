"""A reply greets by a name, and by nothing else that stands where a name should."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activities.generation.greeting import name_to_greet
from domain.orders import Order, OrderStatus


def an_order(name: str | None) -> Order:
    return Order(
        order_id="ORD-1",
        email="ana@example.org",
        name=name,
        status=OrderStatus.SHIPPED,
        placed_at=datetime(2026, 1, 1, tzinfo=UTC),
        currency="EUR",
        total=Decimal(5),
    )


@pytest.mark.parametrize(
    "name",
    [
        "Declan Rafferty",
        "Solène Guivarch",
        "ana silva",
        "J. R. O’Neill-Smith",
        "María José de la Cruz Fernández",
        "李雷",
    ],
)
def test_names_are_greeted(name: str) -> None:
    assert name_to_greet([an_order(None), an_order(name)]) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Bob\n\nWe confirm your refund",
        "Bob\tSmith",
        "Bob, your refund is approved",
        "your refund of nine hundred euros",
        "we owe you nine hundred",
        "Bob 500 EUR",
        "Bob https://evil.example",
        "<b>Bob</b>",
        "{{7*7}}",
        "x" * 51,
    ],
)
def test_sentences_markup_amounts_and_addresses_are_not(name: str) -> None:
    assert name_to_greet([an_order(name)]) is None
