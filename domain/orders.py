"""Orders as the store's order system knows them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from domain.values import Value


class OrderStatus(StrEnum):
    """State of an order. `late` is no state: it is computed from `expected_at`."""

    PLACED = "placed"
    PROCESSING = "processing"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    LOST = "lost"
    CANCELLED = "cancelled"
    RETURN_STARTED = "return_started"
    RETURNED = "returned"
    REFUNDED = "refunded"


ON_ITS_WAY = frozenset(
    {
        OrderStatus.PLACED,
        OrderStatus.PROCESSING,
        OrderStatus.PARTIALLY_SHIPPED,
        OrderStatus.SHIPPED,
        OrderStatus.OUT_FOR_DELIVERY,
    }
)
AWAITED = ON_ITS_WAY | {OrderStatus.LOST}
"""What has not arrived, and has not been sent back or cancelled."""


BEFORE_DISPATCH = frozenset({OrderStatus.PLACED, OrderStatus.PROCESSING})
"""Nothing of it has been handed to a carrier."""


class OrderItem(Value):
    """One line of an order."""

    sku: str
    name: str
    quantity: int = Field(ge=1)
    price: Decimal = Field(ge=0)
    """Price of one piece in the order's currency."""


class Shipment(Value):
    """One parcel of an order that travels in parts."""

    status: OrderStatus
    carrier: str | None = None
    tracking: str | None = None
    expected_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    skus: tuple[str, ...] = ()
    """What is in it, by the items' codes."""


class Order(Value):
    """One order with its items. Times carry an offset."""

    order_id: str = Field(min_length=1, max_length=100)
    email: str = Field(min_length=3, max_length=320)
    name: str | None = None
    postcode: str | None = None
    status: OrderStatus
    placed_at: AwareDatetime
    delivered_at: AwareDatetime | None = None
    expected_at: AwareDatetime | None = None
    carrier: str | None = None
    tracking: str | None = None
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    total: Decimal = Field(ge=0)
    items: tuple[OrderItem, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    """The parcels, where the order system knows them one by one."""
    refunded: Decimal | None = Field(default=None, ge=0)
    """What was paid back so far; None: not known."""

    def is_late(self, at: datetime) -> bool:
        """True when the parcel was promised before `at` and has not arrived."""
        return self.status in ON_ITS_WAY and self.expected_at is not None and self.expected_at < at
