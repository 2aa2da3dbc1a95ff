"""Orders that nobody placed, of every state, made by chance that is always the same, beside the demo store's own."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from domain.customers import Return
from domain.orders import ON_ITS_WAY, Order, OrderItem, OrderStatus
from domain.values import Value
from domain.vocabulary import Language
from evals.generated.cases import chance_of

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""When every question is asked: the anchor of the demo store, so that its orders need not be moved."""
CUSTOMERS = 420
FIRST = 20_001
"""Number of the first order; those of the demo store are below."""
CARRIERS = ("Norddrop", "Veloway", "Balsam Freight", "Correio Sul", "Kite Parcels")
STATES: Mapping[OrderStatus, int] = {
    OrderStatus.PLACED: 8,
    OrderStatus.PROCESSING: 10,
    OrderStatus.PARTIALLY_SHIPPED: 7,
    OrderStatus.SHIPPED: 20,
    OrderStatus.OUT_FOR_DELIVERY: 8,
    OrderStatus.DELIVERED: 27,
    OrderStatus.LOST: 4,
    OrderStatus.CANCELLED: 5,
    OrderStatus.RETURN_STARTED: 4,
    OrderStatus.RETURNED: 4,
    OrderStatus.REFUNDED: 4,
}
"""How often each state comes, of about 100."""
ORDERS_A_CUSTOMER = (1, 1, 1, 2, 3, 5)


class People(Value):
    """Names of customers who write in one language."""

    language: Language
    names: tuple[str, ...]


class Shopper(Value):
    """A customer with their orders, newest first."""

    email: str
    language: Language
    orders: tuple[Order, ...]
    returns: tuple[Return, ...] = ()


def synthetic_shoppers(people: Sequence[People], wares: Sequence[tuple[str, str]]) -> list[Shopper]:
    """CUSTOMERS customers, the languages in turn. `wares` are codes and names to fill orders with."""
    shoppers, number = [], FIRST
    for place in range(CUSTOMERS):
        group = people[place % len(people)]
        chance = chance_of(f"shopper/{place}")
        email = f"shopper{place:03}@example.net"
        name = chance.choice((*group.names, None))
        made = []
        for _ in range(chance.choice(ORDERS_A_CUSTOMER)):
            made.append(_order(f"ORD-{number}", email, name, wares, chance))
            number += 1
        newest_first = tuple(sorted(made, key=lambda order: order.placed_at, reverse=True))
        shoppers.append(Shopper(email=email, language=group.language, orders=newest_first))
    return shoppers


def shoppers_of(orders: Sequence[Order], returns: Sequence[Return] = ()) -> list[Shopper]:
    """The customers of given orders and the returns of these; their language is not known and says nothing."""
    emails = dict.fromkeys(order.email for order in orders)
    mine = {email: [order for order in orders if order.email == email] for email in emails}
    return [
        Shopper(
            email=email,
            language=Language.EN,
            orders=tuple(sorted(found, key=lambda order: order.placed_at, reverse=True)),
            returns=tuple(each for each in returns if each.order_id in {order.order_id for order in found}),
        )
        for email, found in mine.items()
    ]


def _order(order_id: str, email: str, name: str | None, wares: Sequence[tuple[str, str]], chance: Random) -> Order:
    status = chance.choices(list(STATES), weights=list(STATES.values()))[0]
    placed, delivered, expected = _times(status, chance)
    items = tuple(_item(*chance.choice(wares), chance) for _ in range(chance.choice((1, 1, 2, 3))))
    left = status not in (OrderStatus.PLACED, OrderStatus.PROCESSING, OrderStatus.CANCELLED)
    return Order(
        order_id=order_id,
        email=email,
        name=name,
        status=status,
        placed_at=placed,
        delivered_at=delivered,
        expected_at=expected,
        carrier=chance.choice(CARRIERS) if left and chance.random() < 0.9 else None,
        tracking=f"TK{chance.randrange(10**9):09}EU" if left and chance.random() < 0.85 else None,
        currency="EUR",
        total=sum((item.price * item.quantity for item in items), Decimal("4.95")),
        items=items,
    )


def _times(status: OrderStatus, chance: Random) -> tuple[datetime, datetime | None, datetime | None]:
    """When it was placed, delivered and expected; a part of what is on its way is late, some have no dates at all."""
    if status in ON_ITS_WAY:
        placed = NOW - timedelta(days=chance.randrange(1, 14), minutes=chance.randrange(600))
        days = -chance.randrange(1, 6) if chance.random() < 0.25 else chance.randrange(1, 10)
        expected = None if chance.random() < 0.12 else NOW + timedelta(days=days)
        return placed, None, expected
    if status in (OrderStatus.LOST, OrderStatus.CANCELLED):
        return NOW - timedelta(days=chance.randrange(8, 40)), None, None
    delivered = NOW - timedelta(days=chance.randrange(1, 55), minutes=chance.randrange(600))
    placed = delivered - timedelta(days=chance.randrange(2, 9))
    if status is OrderStatus.DELIVERED and chance.random() < 0.05:
        return placed, None, None
    return placed, delivered, delivered + timedelta(hours=chance.randrange(-20, 40))


def _item(sku: str, name: str, chance: Random) -> OrderItem:
    price = Decimal(chance.randrange(590, 24_990, 10)) / 100
    return OrderItem(sku=sku, name=name, quantity=chance.choice((1, 1, 1, 2, 4)), price=price)
