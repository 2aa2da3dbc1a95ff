"""The systems of a store that answers JSON over HTTP, as its description says."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from activities.lookups.descriptions import Endpoint, HttpDescription
from activities.lookups.order_ids import is_meant
from activities.lookups.records import Unreadable, customer_in, email_of, order_in, records_in, return_in, text_of
from activities.lookups.service import ShopService
from domain.customers import CustomerRecord, Return
from domain.orders import Order
from domain.values import Value

T = TypeVar("T", bound=Value)
_SLOT = re.compile(r"\{(email|order_ids?|limit)\}")


class HttpDesk:
    """Satisfies `domain.ports.OrderDesk`, `CustomerDesk` and `ReturnDesk`.

    Whatever the system answers, only records that bear the customer's address themselves are handed on.
    """

    def __init__(self, store: str, described: HttpDescription) -> None:
        self._described = described
        self._service = ShopService(
            store,
            headers=described.headers,
            key=described.token,
            key_in=described.token_in,
            seconds=described.seconds,
        )

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        """This customer's orders, newest first; with `order_ids` only those. Raises Unavailable."""
        endpoint = self._described.orders
        own = await self._own(endpoint, email, order_ids, limit)
        meant = [each for each in own if _is_wanted(text_of(each, endpoint, "order_id"), order_ids)]
        orders = self._read(meant, endpoint, order_in)
        return tuple(sorted(orders, key=lambda order: order.placed_at, reverse=True)[:limit])

    async def customer_of(self, store: str, email: str) -> CustomerRecord | None:
        """The record of a customer, None where there is none. Raises Unavailable."""
        endpoint = self._described.customers
        if endpoint is None:
            return None
        return next(iter(self._read(await self._own(endpoint, email, (), 1), endpoint, customer_in)), None)

    async def emails_of(self, store: str, names: Sequence[str], postcode: str) -> tuple[str, ...]:
        """None: what is described is asked by address alone."""
        return ()

    async def returns_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Return, ...]:
        """This customer's returns, newest first; with `order_ids` only those of these orders. Raises Unavailable."""
        endpoint = self._described.returns
        if endpoint is None:
            return ()
        own = await self._own(endpoint, email, order_ids, limit)
        meant = [each for each in own if _is_wanted(text_of(each, endpoint, "order_id"), order_ids)]
        found = self._read(meant, endpoint, return_in)
        return tuple(sorted(found, key=lambda each: each.requested_at, reverse=True)[:limit])

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._service.aclose()

    async def _own(self, endpoint: Endpoint, email: str, order_ids: Sequence[str], limit: int) -> list[Any]:
        """The records that bear this address. One request an order where it is asked for by `{order_id}`."""
        email = email.strip().lower()
        if "{order_id}" in endpoint.url or _mentions(endpoint.body, "{order_id}"):
            asked: Iterable[tuple[str, ...]] = [(each,) for each in order_ids]
        else:
            asked = [tuple(order_ids)]
        found: list[Any] = []
        for ids in asked:
            answer = await self._service.ask(
                endpoint.method,
                _filled(endpoint.url, email, ids, limit, escaped=True),
                _filled_body(endpoint.body, email, ids, limit) if endpoint.method == "POST" else None,
            )
            found += self._read_list(answer, endpoint, email)
        return found

    def _read_list(self, answer: Any, endpoint: Endpoint, email: str) -> list[Any]:
        try:
            return [each for each in records_in(answer, endpoint) if email and email_of(each, endpoint) == email]
        except Unreadable as error:
            raise self._service.misfit(f"gave an answer that its description does not fit: {error}") from error

    def _read(self, records: Iterable[Any], endpoint: Endpoint, read: Callable[[Any, Endpoint], T]) -> list[T]:
        try:
            return [read(each, endpoint) for each in records]
        except Unreadable as error:
            raise self._service.misfit(f"gave a record that its description does not fit: {error}") from error


def _is_wanted(order_id: str, order_ids: Sequence[str]) -> bool:
    return not order_ids or any(is_meant(each, order_id) for each in order_ids)


def _filled(template: str, email: str, order_ids: Sequence[str], limit: int, *, escaped: bool) -> str:
    """A template with its slots filled in one pass, so that nothing filled in is filled again."""
    values = {
        "email": email,
        "order_id": order_ids[0] if order_ids else "",
        "order_ids": ",".join(order_ids),
        "limit": str(limit),
    }
    return _SLOT.sub(lambda slot: quote(values[slot[1]], safe="") if escaped else values[slot[1]], template)


def _filled_body(value: Any, email: str, order_ids: Sequence[str], limit: int) -> Any:
    if isinstance(value, dict):
        return {name: _filled_body(each, email, order_ids, limit) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled_body(each, email, order_ids, limit) for each in value]
    if not isinstance(value, str):
        return value
    if value == "{order_ids}":
        return list(order_ids)
    return limit if value == "{limit}" else _filled(value, email, order_ids, limit, escaped=False)


def _mentions(value: Any, slot: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(each, slot) for each in value.values())
    if isinstance(value, list):
        return any(_mentions(each, slot) for each in value)
    return isinstance(value, str) and slot in value
