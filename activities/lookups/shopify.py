"""A shop at Shopify, asked through its Admin GraphQL API: orders, returns and customers of one address."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from activities.lookups import shopify_records
from activities.lookups.descriptions import ShopifyDescription
from activities.lookups.order_ids import is_meant
from activities.lookups.service import ShopService
from activities.lookups.shopify_records import ShopifyOrder
from domain.customers import CustomerRecord, Return
from domain.errors import Unavailable
from domain.orders import Order

QUERIES = Path(__file__).with_name("shopify.graphql")
PAGE = 10
"""Orders a request."""
RETURNS_PAGE = 10
T = TypeVar("T")
S = TypeVar("S")


class ShopifyDesk:
    """Satisfies `domain.ports.OrderDesk`, `CustomerDesk` and `ReturnDesk`.

    Their search forgives much, such as parts of an address, so each order's own address is compared once more.
    """

    def __init__(self, store: str, described: ShopifyDescription) -> None:
        self._described = described
        base = (described.url or f"https://{described.shop}").rstrip("/")
        self._url = f"{base}/admin/api/{described.version}/graphql.json"
        self._service = ShopService(
            store, headers={}, key=described.token, key_in="X-Shopify-Access-Token", seconds=described.seconds
        )

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        """This customer's orders, newest first; with `order_ids` only those. Raises Unavailable."""
        search = _search(email, order_ids)
        found: list[Order] = []
        after: str | None = None
        while search is not None and len(found) < limit:
            page = await self._ask("orders", {"search": search, "first": min(PAGE, limit), "after": after}, "orders")
            told = self._read(ShopifyOrder.model_validate, page.get("nodes") or [])
            own = [each for each in told if _is_of(each, email) and _is_wanted(each.name, order_ids)]
            found += self._read(shopify_records.order_of, own)
            after = (page.get("pageInfo") or {}).get("endCursor")
            if after is None or not page["pageInfo"].get("hasNextPage"):
                break
        return tuple(found[:limit])

    async def customer_of(self, store: str, email: str) -> CustomerRecord | None:
        """The record of a customer, None where there is none. Raises Unavailable."""
        search = _search(email)
        if search is None:
            return None
        page = await self._ask("customer", {"search": search}, "customers")
        email = email.strip().lower()
        own = [each for each in page.get("nodes") or [] if _address_of(each) == email]
        records = self._read(lambda told: shopify_records.customer_of(told, email, self._described.loyalty_tag), own)
        return records[0] if records else None

    async def emails_of(self, store: str, names: Sequence[str], postcode: str) -> tuple[str, ...]:
        """None: their search finds customers by parts of names, which proves nothing."""
        return ()

    async def returns_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Return, ...]:
        """This customer's returns, newest first; with `order_ids` only those of these orders. Raises Unavailable."""
        search = _search(email, order_ids)
        if search is None:
            return ()
        page = await self._ask("returns", {"search": search, "first": RETURNS_PAGE}, "orders")
        told = self._read(ShopifyOrder.model_validate, page.get("nodes") or [])
        own = [each for each in told if _is_of(each, email) and _is_wanted(each.name, order_ids)]
        found = [each for of_order in self._read(shopify_records.returns_in, own) for each in of_order]
        return tuple(sorted(found, key=lambda each: each.requested_at, reverse=True)[:limit])

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._service.aclose()

    async def _ask(self, query: str, variables: dict[str, Any], field: str) -> dict[str, Any]:
        """What a query gives under its one field. Errors come with status 200, and their texts are not shown."""
        answer = await self._service.ask("POST", self._url, {"query": queries()[query], "variables": variables})
        if not isinstance(answer, dict):
            raise self._service.misfit("sent an answer that is no GraphQL")
        errors = answer.get("errors")
        if errors:
            raise self._error(errors, answer)
        found = (answer.get("data") or {}).get(field)
        if not isinstance(found, dict):
            raise self._service.misfit("sent an answer that is no GraphQL")
        return found

    def _error(self, errors: Any, answer: dict[str, Any]) -> Unavailable:
        first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
        code = str((first.get("extensions") or {}).get("code", ""))
        if code == "THROTTLED" or str(first.get("message", "")).lower() == "throttled":
            text = f"{self._service.who} limits the number of questions: try again later."
            return Unavailable(text, retry_after=_until_restored(answer))
        if code in {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
            return Unavailable(f"{self._service.who} failed: try again later.")
        if code == "ACCESS_DENIED":
            return self._service.misfit("does not let the token read orders, customers or returns")
        return self._service.misfit("refuses the query")

    def _read(self, read: Callable[[S], T], told: Sequence[S]) -> list[T]:
        try:
            return [read(each) for each in told]
        except (ValidationError, ValueError, AttributeError, TypeError) as error:
            raise self._service.misfit("gave a record that cannot be read") from error


@cache
def queries() -> dict[str, str]:
    """The queries by their names."""
    parts = re.split(r"^# query: (\w+)\n", QUERIES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {
        name: re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def _search(email: str, order_ids: Sequence[str] = ()) -> str | None:
    """A search in their language; None for what could mean something else in it."""
    email = email.strip().lower()
    if not re.fullmatch(r"[^\s\"'\\()*:<>]+@[^\s\"'\\()*:<>]+", email):
        return None
    names = [name for each in order_ids if (name := each.strip().lstrip("#")) and re.fullmatch(r"[\w./-]{1,100}", name)]
    if order_ids and not names:
        return None
    by_name = " OR ".join(f'name:"{name}"' for name in names)
    return f'email:"{email}" AND ({by_name})' if names else f'email:"{email}"'


def _is_of(told: ShopifyOrder, email: str) -> bool:
    return (told.email or "").strip().lower() == email.strip().lower()


def _is_wanted(order_id: str, order_ids: Sequence[str]) -> bool:
    return not order_ids or any(is_meant(each, order_id) for each in order_ids)


def _address_of(told: dict[str, Any]) -> str:
    return str((told.get("defaultEmailAddress") or {}).get("emailAddress") or "").strip().lower()


def _until_restored(answer: dict[str, Any]) -> float | None:
    """Seconds until as many points as the query costs are there again; None where they do not say."""
    try:
        cost = answer["extensions"]["cost"]
        lacking = float(cost["requestedQueryCost"]) - float(cost["throttleStatus"]["currentlyAvailable"])
        return min(60.0, max(1.0, lacking / float(cost["throttleStatus"]["restoreRate"])))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
