"""What the order system says, in the customer's language, with the facts that the text rests on."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from activities.generation.formats import written_date, written_money
from activities.generation.phrases import phrases
from domain.orders import BEFORE_DISPATCH, ON_ITS_WAY, Order, OrderStatus
from domain.steps import OrderLookup
from domain.vocabulary import Language

MAX_LISTED = 3
"""Orders listed when the customer has several and named none."""
_DAYS = re.compile(r"\b(\d{1,3})[ -]?(?:calendar |working |business )?(?:days?|días|dias|jours|tagen?|tage)\b", re.I)


class Told(NamedTuple):
    """Sentences with the facts they rest on."""

    text: str
    facts: dict[str, str]
    sentences: int


def order_status(order: Order, language: Language, at: datetime) -> Told:
    """The state of one order at the time `at`: one to three sentences."""
    words = phrases(language)
    key = order.status.value
    if order.status is OrderStatus.DELIVERED and order.delivered_at is None:
        key = "delivered_undated"
    slots = {
        "order_id": order.order_id,
        "placed_at": written_date(order.placed_at.date(), language),
        "delivered_at": written_date(order.delivered_at.date(), language) if order.delivered_at else "",
        "total": written_money(order.total, order.currency, language),
    }
    told = [words.status[key].format(**slots)]
    if order.status in ON_ITS_WAY:
        told += _on_its_way(order, language, at)
    return Told(" ".join(told), facts_of(order), len(told))


def whether_gone(order: Order, language: Language) -> Told:
    """Whether the order has left the warehouse, which is what cancelling it hangs on; nothing once it has arrived."""
    words = phrases(language)
    text = words.not_gone_yet if order.status in BEFORE_DISPATCH else words.gone_already
    return Told(text, facts_of(order), 1) if order.status in ON_ITS_WAY else Told("", {}, 0)


def order_list(orders: tuple[Order, ...], language: Language, at: datetime) -> Told:
    """The latest orders, at most MAX_LISTED, newest first."""
    words = phrases(language)
    listed = [order_status(order, language, at) for order in orders[:MAX_LISTED]]
    lines = [words.several, *(f"- {told.text}" for told in listed), words.more_orders]
    facts = {name: value for told in listed for name, value in told.facts.items()}
    return Told("\n".join(lines), facts, sum(told.sentences for told in listed))


def questions(lookup: OrderLookup, language: Language) -> str | None:
    """What to ask when nothing could be looked up; None when there is something to tell. Never says whether an order
    exists that is not this customer's."""
    words = phrases(language)
    if lookup.needs_identity:
        return words.identity
    if lookup.missing:
        text = words.not_found if len(lookup.missing) == 1 else words.not_found_many
        return text.format(order_id=", ".join(lookup.missing[:MAX_LISTED]))
    return None if lookup.orders else words.no_orders


def return_window(order: Order, quoted: str, language: Language, at: datetime) -> Told:
    """Until when the order may go back, only with a number of days that the quoted policy itself states."""
    words = phrases(language)
    slots = {"order_id": order.order_id}
    facts = facts_of(order)
    if order.status in (OrderStatus.RETURN_STARTED, OrderStatus.RETURNED, OrderStatus.REFUNDED):
        return Told(words.return_running.format(**slots), facts, 1)
    if order.status in ON_ITS_WAY:
        return Told(words.return_not_delivered.format(**slots), facts, 1)
    days = _DAYS.search(quoted)
    if order.delivered_at is None or days is None:
        return Told("", {}, 0)
    until = (order.delivered_at + timedelta(days=int(days[1]))).date()
    slots |= {
        "delivered_at": written_date(order.delivered_at.date(), language),
        "days": days[1],
        "return_until": written_date(until, language),
    }
    facts |= {
        f"order/{order.order_id}/return_until": until.isoformat(),
        f"order/{order.order_id}/return_rule": f"delivered_at + {days[1]} days",
    }
    text = words.return_until if until >= at.date() else words.return_over
    return Told(text.format(**slots), facts, 1)


def facts_of(order: Order) -> dict[str, str]:
    """The looked-up values of an order that a text may use, named `order/{order_id}/{field}`."""
    values = {
        "status": order.status.value,
        "placed_at": order.placed_at.date().isoformat(),
        "expected_at": order.expected_at.date().isoformat() if order.expected_at else "",
        "delivered_at": order.delivered_at.date().isoformat() if order.delivered_at else "",
        "carrier": order.carrier or "",
        "tracking": order.tracking or "",
        "total": f"{order.total} {order.currency}",
    }
    return {f"order/{order.order_id}/{name}": value for name, value in values.items() if value}


def _on_its_way(order: Order, language: Language, at: datetime) -> list[str]:
    """When it should come and with whom. Of an order in parts the date is about all of it, the parcel about one."""
    words, in_parts = phrases(language), order.status is OrderStatus.PARTIALLY_SHIPPED
    told = []
    if order.expected_at is not None:
        expected = written_date(order.expected_at.date(), language)
        usual = words.expected_whole if in_parts else words.expected
        told.append((words.late if order.is_late(at) else usual).format(expected_at=expected))
    if order.carrier and order.tracking:
        with_whom = words.part_tracking if in_parts else words.carrier_tracking
        told.append(with_whom.format(carrier=order.carrier, tracking=order.tracking))
    elif order.carrier:
        told.append(words.carrier.format(carrier=order.carrier))
    elif order.tracking:
        told.append(words.tracking.format(tracking=order.tracking))
    return told
