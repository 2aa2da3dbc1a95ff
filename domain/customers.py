"""What the store's customer record and return desk know."""

from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from domain.values import Value
from domain.vocabulary import Language


class CustomerRecord(Value):
    """A customer as the store knows them."""

    email: str = Field(min_length=3, max_length=320)
    name: str | None = None
    language: Language | None = None
    """The language they chose."""
    loyalty_tier: str | None = Field(default=None, max_length=100)
    """As the store calls it, such as `gold`."""
    open_issues: tuple[str, ...] = ()
    """What the store still owes them, in its own words, newest first."""
    since: AwareDatetime | None = None


class ReturnStatus(StrEnum):
    """State of a return."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    RECEIVED = "received"
    REFUNDED = "refunded"
    REJECTED = "rejected"


class Return(Value):
    """One return of an order or a part of it."""

    return_id: str = Field(min_length=1, max_length=100)
    order_id: str = Field(min_length=1, max_length=100)
    status: ReturnStatus
    requested_at: AwareDatetime
    received_at: AwareDatetime | None = None
    refunded_at: AwareDatetime | None = None
    amount: Decimal | None = Field(default=None, ge=0)
    """What is paid back, in the order's currency; None while nobody has decided."""
    skus: tuple[str, ...] = ()
    """What goes back; none: all of the order."""
