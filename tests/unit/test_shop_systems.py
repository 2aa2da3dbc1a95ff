"""Look-ups at a shop's own system: against real HTTP servers that speak as Shopify does, and as a plain JSON API."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from activities.lookups.descriptions import HttpDescription, LookUpsFile, ShopifyDescription
from activities.lookups.http import HttpDesk
from activities.lookups.service import LookUpUnusable
from activities.lookups.shopify import ShopifyDesk
from domain.customers import ReturnStatus
from domain.errors import Unavailable
from domain.orders import OrderStatus
from domain.vocabulary import Language
from tests.shop_server import TOKEN, Fault, Shop, money, parcel, serve_shop, shopify_order

OWN, OTHER = "ana@example.org", "rui@example.org"
PLAIN = {
    "number": 4711,
    "mail": OWN,
    "state": "on_the_road",
    "created": "2026-11-01 10:00:00",
    "sum": {"value": "49.50", "cur": "eur"},
    "lines": [{"art": 17, "text": "Mug", "n": 2, "each": "24.75"}],
}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with serve_shop() as running:
        yield running


def shopify(shop: Shop, token: str = TOKEN, **other: Any) -> ShopifyDesk:
    described = ShopifyDescription(
        kind="shopify", shop="lumen.myshopify.com", token=SecretStr(token), url=shop.url, **other
    )
    return ShopifyDesk("lumen", described)


def plain(shop: Shop, **other: Any) -> HttpDesk:
    orders = {
        "url": f"{shop.url}/orders?email={{email}}&n={{limit}}",
        "list": "data.orders",
        "fields": {
            "order_id": "number",
            "email": "mail",
            "status": "state",
            "placed_at": "created",
            "currency": "sum.cur",
            "total": "sum.value",
        },
        "items": {"list": "lines", "fields": {"sku": "art", "name": "text", "quantity": "n", "price": "each"}},
        "statuses": {"on_the_road": "shipped"},
        "timezone": "Europe/Lisbon",
        **other,
    }
    described = {"kind": "http", "token": TOKEN, "seconds": 1.0, "orders": orders}
    return HttpDesk("north", HttpDescription.model_validate(described))


SENT = {"displayFulfillmentStatus": "FULFILLED"}
STATES: list[tuple[dict[str, Any], OrderStatus]] = [
    ({}, OrderStatus.PLACED),
    ({"displayFulfillmentStatus": "IN_PROGRESS"}, OrderStatus.PROCESSING),
    ({"displayFulfillmentStatus": "PARTIALLY_FULFILLED", "fulfillments": [parcel("IN_TRANSIT")]},
     OrderStatus.PARTIALLY_SHIPPED),
    ({**SENT, "fulfillments": [parcel("IN_TRANSIT")]}, OrderStatus.SHIPPED),
    ({**SENT, "fulfillments": []}, OrderStatus.SHIPPED),
    ({**SENT, "fulfillments": [parcel("LABEL_PRINTED")]}, OrderStatus.PROCESSING),
    ({**SENT, "fulfillments": [parcel("OUT_FOR_DELIVERY")]}, OrderStatus.OUT_FOR_DELIVERY),
    ({**SENT, "fulfillments": [parcel("DELIVERED")]}, OrderStatus.DELIVERED),
    ({**SENT, "fulfillments": [parcel("DELIVERED"), parcel("IN_TRANSIT")]}, OrderStatus.SHIPPED),
    ({**SENT, "fulfillments": [parcel("DELIVERED"), parcel("CANCELED")]}, OrderStatus.DELIVERED),
    ({**SENT, "fulfillments": [parcel("NOT_DELIVERED")]}, OrderStatus.LOST),
    ({"cancelledAt": "2026-11-02T10:00:00Z"}, OrderStatus.CANCELLED),
    ({**SENT, "fulfillments": [parcel("DELIVERED")], "returnStatus": "IN_PROGRESS"}, OrderStatus.RETURN_STARTED),
    ({**SENT, "fulfillments": [parcel("DELIVERED")], "returnStatus": "RETURNED"}, OrderStatus.RETURNED),
    ({"displayFinancialStatus": "REFUNDED", "totalRefundedSet": money("79.90")}, OrderStatus.REFUNDED),
]  # fmt: skip


@pytest.mark.parametrize(("told", "status"), STATES)
async def test_each_state_at_shopify_is_read_as_a_person_would(
    shop: Shop, told: dict[str, Any], status: OrderStatus
) -> None:
    shop.orders = [shopify_order("#1001", OWN, **told)]
    (order,) = await shopify(shop).orders_of("lumen", OWN)
    assert order.status is status
    assert (order.order_id, order.currency, order.total, order.postcode) == (
        "#1001",
        "EUR",
        Decimal("79.90"),
        "1100-148",
    )
    assert (order.delivered_at is not None) == (status is OrderStatus.DELIVERED or "returnStatus" in told)


async def test_shopify_is_asked_for_one_address_and_the_numbers_that_are_meant(shop: Shop) -> None:
    shop.orders = [shopify_order(f"#{number}", OWN) for number in (1003, 1002, 1001)]
    desk = shopify(shop)
    assert [order.order_id for order in await desk.orders_of("lumen", " ANA@example.org ")] == [
        "#1003",
        "#1002",
        "#1001",
    ]
    assert [order.order_id for order in await desk.orders_of("lumen", OWN, order_ids=["#1002"])] == ["#1002"]
    assert [each["variables"]["search"] for each in shop.asked] == [
        f'email:"{OWN}"',
        f'email:"{OWN}" AND (name:"1002")',
    ]
    assert shop.asked[0]["path"] == "/admin/api/2026-07/graphql.json"


async def test_more_orders_than_a_page_holds_are_read_page_by_page(shop: Shop) -> None:
    shop.orders = [shopify_order(f"#{number}", OWN) for number in range(1030, 1000, -1)]
    assert len(await shopify(shop).orders_of("lumen", OWN, limit=25)) == 25
    assert [each["variables"]["after"] for each in shop.asked] == [None, "10", "20"]


async def test_what_a_careless_system_answers_of_others_goes_nowhere(shop: Shop) -> None:
    shop.careless = True
    returns = {"nodes": [{"name": "#1001-R1", "status": "OPEN", "createdAt": "2026-11-07T09:00:00Z"}]}
    shop.orders = [shopify_order("#1001", OTHER, returns=returns), shopify_order("#1002", None or "", returns=returns)]
    shop.customers = [{"firstName": "Rui", "defaultEmailAddress": {"emailAddress": OTHER}}]
    desk = shopify(shop)
    assert await desk.orders_of("lumen", OWN) == ()
    assert await desk.orders_of("lumen", OWN, order_ids=["1001"]) == ()
    assert await desk.orders_of("lumen", "") == ()
    assert await desk.returns_of("lumen", OWN) == ()
    assert await desk.customer_of("lumen", OWN) is None
    shop.orders = [{**PLAIN, "mail": OTHER}, {**PLAIN, "mail": None}]
    assert await plain(shop).orders_of("north", OWN) == ()
    assert await plain(shop).orders_of("north", OWN, order_ids=["4711"]) == ()


@pytest.mark.parametrize(
    "email", ['x" OR email:*', "a@b.c) OR (name:1", "ana@example.org' --", "a b@c.d", "", "*@example.org", "@"]
)
async def test_an_address_that_says_something_else_in_shopifys_search_is_never_sent(shop: Shop, email: str) -> None:
    desk = shopify(shop)
    assert await desk.orders_of("lumen", email) == ()
    assert await desk.customer_of("lumen", email) is None
    assert await desk.returns_of("lumen", email) == ()
    assert shop.asked == []


async def test_an_order_number_that_says_something_else_is_no_order_number(shop: Shop) -> None:
    assert await shopify(shop).orders_of("lumen", OWN, order_ids=['1" OR email:"rui@example.org']) == ()
    assert shop.asked == []


async def test_shopifys_customers_and_returns_are_read(shop: Shop) -> None:
    lines = {"nodes": [{"fulfillmentLineItem": {"lineItem": {"sku": "LO-1"}}}, {}]}
    returns = [
        {"name": "#1001-R1", "status": "OPEN", "createdAt": "2026-11-07T09:00:00Z", "returnLineItems": lines},
        {"name": "#1001-R2", "status": "CANCELED", "createdAt": "2026-11-08T09:00:00Z"},
        {
            "name": "#1001-R3",
            "status": "CLOSED",
            "createdAt": "2026-11-09T09:00:00Z",
            "closedAt": "2026-11-10T09:00:00Z",
        },
    ]
    shop.orders = [shopify_order("#1001", OWN, returns={"nodes": returns})]
    shop.customers = [
        {
            "firstName": "Ana",
            "lastName": "Sousa",
            "locale": "pt-PT",
            "tags": ["newsletter", "tier: gold"],
            "createdAt": "2024-02-01T00:00:00Z",
            "defaultEmailAddress": {"emailAddress": OWN},
            "defaultAddress": {"zip": "1100-148"},
        }
    ]
    desk = shopify(shop, loyalty_tag="tier:")
    last, first = await desk.returns_of("lumen", OWN, order_ids=["#1001"])
    assert (first.status, first.skus, last.status) == (ReturnStatus.APPROVED, ("LO-1",), ReturnStatus.RECEIVED)
    record = await desk.customer_of("lumen", OWN)
    assert record is not None
    assert (record.name, record.language, record.loyalty_tier) == ("Ana Sousa", Language.PT, "gold")


THROTTLED = (
    b'{"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": '
    b'{"requestedQueryCost": 302, "throttleStatus": {"currentlyAvailable": 2, "restoreRate": 50.0}}}}'
)
LEAK = b"ana@example.org asked for #1001 with " + TOKEN.encode()
LATER: list[tuple[Fault, str, float | None]] = [
    (Fault(body=THROTTLED), "limits the number of questions: try again later.", 6.0),
    (Fault(status=429, headers=(("retry-after", "7"),), body=LEAK), "failed (429): try again later.", 7.0),
    (Fault(status=503, body=LEAK), "failed (503): try again later.", None),
    (Fault(delay=3.0), "did not answer within 1 s: try again later.", None),
    (Fault(cut=True), "cannot be reached (RemoteProtocolError): try again later.", None),
]
NEVER: list[tuple[Fault, str]] = [
    (Fault(body=b"<html><body>Log in</body></html>"), "sent an answer that is not JSON"),
    (Fault(body=b"[" * 100_000), "sent an answer that is not JSON"),
    (Fault(body=b'"' + b"x" * (5 << 20) + b'"'), "sent an answer beyond all measure"),
    (Fault(status=302, body=LEAK), "refuses the request (302)"),
    (Fault(body=b"[]"), "sent an answer that is no GraphQL"),
    (Fault(body=b'{"data": null}'), "sent an answer that is no GraphQL"),
    (Fault(body=b'{"errors": [{"message": "ana@example.org", "extensions": {"code": "ACCESS_DENIED"}}]}'),
     "does not let the token read orders, customers or returns"),
    (Fault(body=b'{"errors": "ana@example.org"}'), "refuses the query"),
    (Fault(body=b'{"data": {"orders": {"nodes": [{"email": "ana@example.org"}]}}}'),
     "gave a record that cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "sentence", "pause"), LATER)
async def test_a_system_that_fails_for_now_is_worth_another_try(
    shop: Shop, fault: Fault, sentence: str, pause: float | None
) -> None:
    shop.then(fault)
    with pytest.raises(Unavailable) as caught:
        await shopify(shop, seconds=1.0).orders_of("lumen", OWN)
    assert caught.value.message == f"The order system of the store lumen {sentence}"
    assert caught.value.retry_after == pause
    assert not isinstance(caught.value, LookUpUnusable)


@pytest.mark.parametrize(("fault", "sentence"), NEVER)
async def test_a_system_that_answers_something_else_is_told_from_one_that_is_away(
    shop: Shop, fault: Fault, sentence: str
) -> None:
    shop.then(fault)
    with pytest.raises(LookUpUnusable) as caught:
        await shopify(shop).orders_of("lumen", OWN)
    where = "correct [stores.lumen] in the file of HOLDPOINT_LOOKUPS."
    assert caught.value.message == f"The order system of the store lumen {sentence}: {where}"


async def test_a_token_that_is_refused_is_named_and_not_shown(shop: Shop) -> None:
    with pytest.raises(LookUpUnusable) as caught:
        await shopify(shop, token="shpat_0ther").orders_of("lumen", OWN)
    assert "refuses the token (401)" in caught.value.message
    assert "0ther" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_plain_system_is_read_as_it_is_described(shop: Shop) -> None:
    shop.orders = [PLAIN]
    (order,) = await plain(shop).orders_of("north", "Ana@Example.org", limit=50)
    assert (order.order_id, order.status, order.currency, order.total) == (
        "4711",
        OrderStatus.SHIPPED,
        "EUR",
        Decimal("49.50"),
    )
    assert order.placed_at.isoformat() == "2026-11-01T10:00:00+00:00"
    assert [(item.sku, item.name, item.quantity) for item in order.items] == [("17", "Mug", 2)]
    assert shop.asked[0]["path"] == "/orders?email=ana%40example.org&n=50"


async def test_what_is_filled_into_an_address_stays_one_value(shop: Shop) -> None:
    await plain(shop).orders_of("north", "a&admin=1#{limit}@example.org")
    assert shop.asked[0]["email"] == "a&admin=1#{limit}@example.org"
    assert "admin" not in shop.asked[0]


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"created": 1_700_000_000}, "a time is no text in the form of ISO 8601"),
        ({"created": "yesterday"}, "a time is not in the form of ISO 8601"),
        ({"state": "weird"}, "status cannot be read"),
        ({"sum": None}, "currency, total cannot be read"),
        ({"lines": "x"}, "a list of items or shipments is none"),
        ({"lines": [{"art": "1", "text": "Mug", "n": 0, "each": "1"}]}, "items.0.quantity cannot be read"),
    ],
)
async def test_a_record_that_does_not_fit_is_refused_by_the_name_of_the_field(
    shop: Shop, spoilt: dict[str, Any], why: str
) -> None:
    shop.orders = [{**PLAIN, **spoilt}]
    with pytest.raises(LookUpUnusable) as caught:
        await plain(shop).orders_of("north", OWN)
    assert f"gave a record that its description does not fit: {why}:" in caught.value.message


async def test_orders_without_items_in_other_currencies_and_of_1970_are_orders(shop: Shop) -> None:
    moneys = [{"value": "1", "cur": each} for each in ("EUR", "usd", "GBP")]
    shop.orders = [
        {**PLAIN, "number": number, "lines": None, "created": "1970-01-01T00:00:00Z", "sum": each}
        for number, each in enumerate(moneys)
    ]
    orders = await plain(shop).orders_of("north", OWN)
    assert [order.currency for order in orders] == ["EUR", "USD", "GBP"]
    assert all(order.items == () and order.placed_at.year == 1970 for order in orders)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "ftp"},
        {"kind": "shopify", "shop": "evil.example", "token": "x"},
        {"kind": "http", "orders": {"url": "https://x.example", "fields": {"order_id": "id"}}},
        {"kind": "http", "orders": {"url": "file:///etc/passwd", "fields": {}}},
        {"kind": "http", "orders": {"url": "https://x.example?e={email}", "fields": {"order_id": "a[["}}},
        {"kind": "http", "surprise": 1, "orders": {"url": "https://x.example?e={email}", "fields": {}}},
    ],
)
def test_a_description_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LookUpsFile.model_validate({"stores": {"x": wrong}})
