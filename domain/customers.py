"""What the store's customer record and return desk know, and how it is known who a customer is."""

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from domain.values import Value
from domain.vocabulary import Language


class Proof(StrEnum):
    """How it is known who a customer is."""

    CHANNEL = "channel"
    """The channel vouches for them: all of their orders are theirs to see."""
    EMAIL_ORDER = "email_order"
    """They gave an e-mail address and the number of an order of that address: that order alone."""
    NAME_POSTCODE = "name_postcode"
    """They gave the name and postcode of one customer: all of that customer's orders. A store has to allow it."""


class CustomerRecord(Value):
    """A customer as the store knows them."""

    email: str = Field(min_length=3, max_length=320)
    name: str | None = Field(default=None, max_length=500)
    postcode: str | None = Field(default=None, max_length=20)
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


def name_key(name: str) -> str:
    """What two writings of one name have in common: no case, accents, punctuation or order of words."""
    letters = unicodedata.normalize("NFKD", name.casefold()).replace("-", " ")
    return " ".join(sorted("".join(each for each in letters if each.isalnum() or each.isspace()).split()))


def postcode_key(postcode: str) -> str:
    """What two writings of one postcode have in common; of an American ZIP+4 the first five digits."""
    plain = "".join(letter for letter in postcode.upper() if letter.isascii() and letter.isalnum())
    return plain[:5] if re.fullmatch(r"\s*\d{5}-\d{4}\s*", postcode) else plain
