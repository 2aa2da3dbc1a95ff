"""Shopify's orders, returns and customers as ours. Pure.

States are read from what Shopify says of payment, parcels and returns, in the order in which a person would ask: was it
cancelled, paid back, sent back, and where is it now.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.customers import CustomerRecord, Return, ReturnStatus
from domain.orders import Order, OrderItem, OrderStatus, Shipment
from domain.vocabulary import Language

_AT_RETURN = {
    "RETURN_REQUESTED": OrderStatus.RETURN_STARTED,
    "IN_PROGRESS": OrderStatus.RETURN_STARTED,
    "INSPECTION_COMPLETE": OrderStatus.RETURNED,
    "RETURNED": OrderStatus.RETURNED,
}
_BEFORE_DISPATCH = {
    "IN_PROGRESS": OrderStatus.PROCESSING,
    "ON_HOLD": OrderStatus.PROCESSING,
    "SCHEDULED": OrderStatus.PROCESSING,
    "PENDING_FULFILLMENT": OrderStatus.PROCESSING,
}
_OF_PARCEL = {
    "DELIVERED": OrderStatus.DELIVERED,
    "PICKED_UP": OrderStatus.DELIVERED,
    "OUT_FOR_DELIVERY": OrderStatus.OUT_FOR_DELIVERY,
    "LABEL_PRINTED": OrderStatus.PROCESSING,
    "LABEL_PURCHASED": OrderStatus.PROCESSING,
    "SUBMITTED": OrderStatus.PROCESSING,
    # A parcel that could not be delivered is a person's matter, as one that was lost: nobody should hear that it comes.
    "FAILURE": OrderStatus.LOST,
    "NOT_DELIVERED": OrderStatus.LOST,
}
_VOID = frozenset({"CANCELED", "LABEL_VOIDED"})
_OF_RETURN = {
    "REQUESTED": ReturnStatus.REQUESTED,
    "OPEN": ReturnStatus.APPROVED,
    "CLOSED": ReturnStatus.RECEIVED,
    "DECLINED": ReturnStatus.REJECTED,
}


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Amount(_Read):
    amount: str
    currencyCode: str = ""  # noqa: N815  their name


class _Money(_Read):
    presentmentMoney: _Amount  # noqa: N815


class _Nodes(_Read):
    nodes: list[Any] = []


class _Address(_Read):
    name: str | None = None
    zip: str | None = None


class _Item(_Read):
    sku: str | None = None
    name: str
    quantity: int
    originalUnitPriceSet: _Money  # noqa: N815


class _Tracking(_Read):
    company: str | None = None
    number: str | None = None


class _Parcel(_Read):
    displayStatus: str | None = None  # noqa: N815
    deliveredAt: str | None = None  # noqa: N815
    estimatedDeliveryAt: str | None = None  # noqa: N815
    trackingInfo: list[_Tracking] = []  # noqa: N815
    fulfillmentLineItems: _Nodes = _Nodes()  # noqa: N815


class ShopifyOrder(_Read):
    """An order as Shopify tells it, as far as it is asked for."""

    name: str
    email: str | None = None
    createdAt: str = ""  # noqa: N815
    cancelledAt: str | None = None  # noqa: N815
    displayFinancialStatus: str | None = None  # noqa: N815
    displayFulfillmentStatus: str = ""  # noqa: N815
    returnStatus: str = ""  # noqa: N815
    totalPriceSet: _Money | None = None  # noqa: N815
    totalRefundedSet: _Money | None = None  # noqa: N815
    shippingAddress: _Address | None = None  # noqa: N815
    lineItems: _Nodes = _Nodes()  # noqa: N815
    fulfillments: list[_Parcel] = []
    returns: _Nodes = Field(default_factory=_Nodes)


def order_of(told: ShopifyOrder) -> Order:
    """Raises ValueError, pydantic's among them, where something that every order has is missing."""
    if told.totalPriceSet is None:
        raise ValueError("an order has no total")
    parcels = [parcel for parcel in told.fulfillments if parcel.displayStatus not in _VOID]
    shipments = tuple(_shipment(parcel) for parcel in parcels)
    refunded = told.totalRefundedSet.presentmentMoney.amount if told.totalRefundedSet else None
    arrived = [each.delivered_at for each in shipments if each.delivered_at is not None]
    expected = [each.expected_at for each in shipments if each.expected_at is not None]
    address = told.shippingAddress or _Address()
    return Order.model_validate(
        {
            "order_id": told.name,
            "email": (told.email or "").strip().lower(),
            "name": address.name,
            "postcode": address.zip,
            "status": _status(told, shipments),
            "placed_at": told.createdAt,
            "delivered_at": max(arrived) if len(arrived) == len(shipments) and arrived else None,
            "expected_at": max(expected) if expected else None,
            "carrier": shipments[-1].carrier if shipments else None,
            "tracking": shipments[-1].tracking if shipments else None,
            "currency": told.totalPriceSet.presentmentMoney.currencyCode,
            "total": told.totalPriceSet.presentmentMoney.amount,
            "items": [_item(_Item.model_validate(each)) for each in told.lineItems.nodes],
            "shipments": shipments
            if len(shipments) > 1 or told.displayFulfillmentStatus == "PARTIALLY_FULFILLED"
            else (),
            "refunded": refunded,
        }
    )


def returns_in(told: ShopifyOrder) -> tuple[Return, ...]:
    """The returns of an order but those that were called off. Raises ValueError as `order_of` does."""
    paid_back = told.totalRefundedSet is not None and float(told.totalRefundedSet.presentmentMoney.amount) > 0
    found = []
    for each in told.returns.nodes:
        status = _OF_RETURN.get(each.get("status", ""))
        if status is None:
            continue
        if status is ReturnStatus.RECEIVED and paid_back:
            status = ReturnStatus.REFUNDED
        lines = (line.get("fulfillmentLineItem") or {} for line in each.get("returnLineItems", {}).get("nodes", []))
        found.append(
            Return.model_validate(
                {
                    "return_id": each.get("name"),
                    "order_id": told.name,
                    "status": status,
                    "requested_at": each.get("createdAt"),
                    "received_at": each.get("closedAt") if status is not ReturnStatus.REJECTED else None,
                    "skus": [sku for line in lines if (sku := (line.get("lineItem") or {}).get("sku"))],
                }
            )
        )
    return tuple(found)


def customer_of(told: dict[str, Any], email: str, loyalty_tag: str) -> CustomerRecord:
    """A customer whose address was compared before. Raises ValueError as `order_of` does."""
    language = str(told.get("locale") or "").partition("-")[0].lower()
    tags: Sequence[str] = told.get("tags") or ()
    tier = next((tag[len(loyalty_tag) :].strip() for tag in tags if loyalty_tag and tag.startswith(loyalty_tag)), None)
    return CustomerRecord.model_validate(
        {
            "email": email,
            "name": " ".join(part for part in (told.get("firstName"), told.get("lastName")) if part) or None,
            "postcode": (told.get("defaultAddress") or {}).get("zip"),
            "language": language if language in set(Language) else None,
            "loyalty_tier": tier or None,
            "since": told.get("createdAt"),
        }
    )


def _status(told: ShopifyOrder, shipments: Sequence[Shipment]) -> OrderStatus:
    if told.cancelledAt:
        return OrderStatus.CANCELLED
    if told.displayFinancialStatus == "REFUNDED":
        return OrderStatus.REFUNDED
    if told.returnStatus in _AT_RETURN:
        return _AT_RETURN[told.returnStatus]
    if any(each.status is OrderStatus.LOST for each in shipments):
        return OrderStatus.LOST
    if told.displayFulfillmentStatus == "PARTIALLY_FULFILLED":
        return OrderStatus.PARTIALLY_SHIPPED
    if told.displayFulfillmentStatus == "FULFILLED":
        return _whole(shipments)
    return _BEFORE_DISPATCH.get(told.displayFulfillmentStatus, OrderStatus.PLACED)


def _whole(shipments: Sequence[Shipment]) -> OrderStatus:
    """Of an order that has been handed over whole: how its slowest parcel stands."""
    states = {each.status for each in shipments}
    if states == {OrderStatus.DELIVERED}:
        return OrderStatus.DELIVERED
    if states and states <= {OrderStatus.DELIVERED, OrderStatus.OUT_FOR_DELIVERY}:
        return OrderStatus.OUT_FOR_DELIVERY
    return OrderStatus.PROCESSING if states == {OrderStatus.PROCESSING} else OrderStatus.SHIPPED


def _shipment(parcel: _Parcel) -> Shipment:
    tracking = parcel.trackingInfo[0] if parcel.trackingInfo else _Tracking()
    lines = (each.get("lineItem") or {} for each in parcel.fulfillmentLineItems.nodes)
    return Shipment.model_validate(
        {
            "status": _OF_PARCEL.get(parcel.displayStatus or "", OrderStatus.SHIPPED),
            "carrier": tracking.company,
            "tracking": tracking.number,
            "expected_at": parcel.estimatedDeliveryAt,
            "delivered_at": parcel.deliveredAt,
            "skus": [line["sku"] for line in lines if line.get("sku")],
        }
    )


def _item(told: _Item) -> OrderItem:
    price = told.originalUnitPriceSet.presentmentMoney.amount
    return OrderItem.model_validate(
        {"sku": told.sku or "", "name": told.name, "quantity": told.quantity, "price": price}
    )
