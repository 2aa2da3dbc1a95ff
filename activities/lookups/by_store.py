"""Desks chosen by store: a system of the store's own where one is described, our tables elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.customers import CustomerRecord, Return
from domain.orders import Order
from domain.ports import CustomerDesk, OrderDesk, ReturnDesk


class Desk(OrderDesk, CustomerDesk, ReturnDesk, Protocol):
    """All that is known of a store's customers, from one system."""


class DesksByStore:
    """Satisfies the three ports. A store with a system of its own never falls back to our tables: what they hold of it
    would be out of date."""

    def __init__(
        self, own: Mapping[str, Desk], *, orders: OrderDesk, customers: CustomerDesk, returns: ReturnDesk
    ) -> None:
        self._own = dict(own)
        self._orders, self._customers, self._returns = orders, customers, returns

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        desk = self._own.get(store, self._orders)
        return await desk.orders_of(store, email, order_ids=order_ids, limit=limit)

    async def customer_of(self, store: str, email: str) -> CustomerRecord | None:
        return await self._own.get(store, self._customers).customer_of(store, email)

    async def emails_of(self, store: str, names: Sequence[str], postcode: str) -> tuple[str, ...]:
        return await self._own.get(store, self._customers).emails_of(store, names, postcode)

    async def returns_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Return, ...]:
        desk = self._own.get(store, self._returns)
        return await desk.returns_of(store, email, order_ids=order_ids, limit=limit)
