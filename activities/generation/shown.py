"""What of other systems' data may stand in a reply: names, numbers and days, each only where it reads as one.

An order system holds whatever was typed into it. Nothing of it is ever used as a pattern or a template; what cannot be
meant as it stands (ten thousand characters, a day in 1970) is left out of what a customer reads.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime

from domain.orders import Order, OrderItem

MAX_WORDS = 80
"""Characters of a name or number that a sentence takes."""
FIRST_YEAR = 2000
"""No shop has sold on the internet for long before: earlier times stand for `unknown` in many systems."""
MAX_ITEMS = 5
_STRANGE = re.compile(r"[{}<>$\\|`^~=;\n\r]|%[a-z]|https?:|www\.|--|\.\.", re.I)
"""Signs of markup, templates, queries and addresses, and the ends of lines."""


def shown(value: str | None) -> str | None:
    """A carrier, a number or a name on one line, None where it reads as none of these."""
    text = re.sub(r"[ \t]+", " ", value or "").strip()
    if not 0 < len(text) <= MAX_WORDS or _STRANGE.search(text) or not text.isprintable():
        return None
    return text if any(map(str.isalnum, text)) else None


def day_of(moment: datetime | None) -> date | None:
    """The day of a time as its own time zone counts, None where it is none that can be meant."""
    return moment.date() if moment is not None and moment.year >= FIRST_YEAR else None


def is_past(expected: datetime | None, at: datetime) -> bool:
    """Whether the day of a promise is over where it was given: on the day itself nobody is told of a delay."""
    return expected is not None and at.astimezone(expected.tzinfo).date() > expected.date()


def item_name(item: OrderItem) -> str | None:
    """By its name, else by its code."""
    return shown(item.name) or shown(item.sku)


def items_told(items: Iterable[OrderItem]) -> str:
    """Such as `2 × Costa cushion, Falk shelf`; of many the first few and `…`; empty where none can be told."""
    told = [(f"{item.quantity} × " if item.quantity > 1 else "") + name for item in items if (name := item_name(item))]
    return ", ".join([*told[:MAX_ITEMS], *(["…"] if len(told) > MAX_ITEMS else [])])


def items_of(order: Order, skus: Iterable[str]) -> tuple[OrderItem, ...]:
    """The lines of an order with these codes, in the order's own sequence."""
    wanted = set(skus)
    return tuple(item for item in order.items if item.sku in wanted)


def oddities(order: Order) -> tuple[str, ...]:
    """What cannot be right about an order, each a short English text for the agent."""
    times = {
        "placed": order.placed_at,
        "expected": order.expected_at,
        "delivered": order.delivered_at,
    }
    odd = [f"it counts as {name} in {at.year}" for name, at in times.items() if at and at.year < FIRST_YEAR]
    if shown(order.order_id) is None:
        odd.append("its number cannot be shown")
    if any(item_name(item) is None for item in order.items):
        odd.append("the name of an item cannot be shown")
    return tuple(odd)
