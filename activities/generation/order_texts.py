"""What the order system says, in the customer's language, with the facts that the text rests on."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from activities.generation.formats import plural, written_date, written_money
from activities.generation.parcels import are_told, parcel_lines
from activities.generation.phrases import Phrases, phrases
from activities.generation.shown import day_of, is_past, shown
from domain.orders import BEFORE_DISPATCH, ON_ITS_WAY, Order, OrderStatus
from domain.steps import OrderLookup
from domain.styles import Formality
from domain.vocabulary import Language

MAX_LISTED = 3
"""Orders listed when the customer has several and named none."""
NO_NUMBER = "–"
"""Stands for the number of an order that cannot be shown."""


class Told(NamedTuple):
    """Sentences with the facts they rest on."""

    text: str
    facts: dict[str, str]
    sentences: int


def order_status(order: Order, language: Language, at: datetime, formality: Formality = "formal") -> Told:
    """The state of one order at the time `at`: one to three sentences, and a line a parcel where it travels in
    several."""
    words = phrases(language, formality)
    if are_told(order):
        lines = parcel_lines(order, language, at, formality)
        intro = words.parcel["some" if order.status is OrderStatus.PARTIALLY_SHIPPED else "all"]
        parcels = plural(words.parcels, len(order.shipments), language)
        told = [intro.format(parcels=parcels, **order_slots(order, language, words))]
        text = "\n".join([*told, *(f"- {line}" for line in lines)])
        rest = [*_when(order, language, at, words), *_paid_back(order, language, words)]
        whole = "\n".join([text, " ".join(rest)]) if rest else text
        return Told(whole, facts_of(order), 1 + len(lines) + len(rest))
    told = [_state(order, language, words), *_on_its_way(order, language, at, words)]
    told += _paid_back(order, language, words)
    return Told(" ".join(told), facts_of(order), len(told))


def order_slots(order: Order, language: Language, words: Phrases) -> dict[str, str]:
    """What the sentences about one order are filled with."""
    order_id = shown(order.order_id) or NO_NUMBER
    placed, delivered = day_of(order.placed_at), day_of(order.delivered_at)
    dated = words.order_dated.format(order_id=order_id, placed_at=written_date(placed, language)) if placed else ""
    return {
        "order_id": order_id,
        "order": dated or order_id,
        "delivered_at": written_date(delivered, language) if delivered else "",
        "total": written_money(order.total, order.currency, language),
        "refunded": written_money(order.refunded or 0, order.currency, language),
    }


def whether_gone(order: Order, language: Language, formality: Formality = "formal") -> Told:
    """Whether the order has left the warehouse, which is what cancelling it hangs on; nothing once it has arrived."""
    words = phrases(language, formality)
    text = words.not_gone_yet if order.status in BEFORE_DISPATCH else words.gone_already
    return Told(text, facts_of(order), 1) if order.status in ON_ITS_WAY else Told("", {}, 0)


def order_list(
    orders: tuple[Order, ...], language: Language, at: datetime, formality: Formality = "formal", *, more: bool = True
) -> Told:
    """The latest orders, at most MAX_LISTED, newest first; with `more` the customer may name another one."""
    words = phrases(language, formality)
    listed = [order_status(order, language, at, formality) for order in orders[:MAX_LISTED]]
    lines = [words.several, *(f"- {told.text.replace(chr(10) + '- ', chr(10) + '  - ')}" for told in listed)]
    facts = {name: value for told in listed for name, value in told.facts.items()}
    text = "\n".join([*lines, *([words.more_orders] if more else [])])
    return Told(text, facts, sum(told.sentences for told in listed))


def questions(lookup: OrderLookup, language: Language, formality: Formality = "formal") -> str | None:
    """What to ask when nothing could be looked up; None when there is something to tell. Never says whether an order
    exists that is not this customer's."""
    words = phrases(language, formality)
    if lookup.needs_identity:
        return words.identity
    missing = [name for each in lookup.missing if (name := shown(each))]
    if missing:
        text = plural(words.not_found, len(missing), language)
        return text.format(order_id=", ".join(missing[:MAX_LISTED]))
    return None if lookup.orders else words.no_orders


def facts_of(order: Order) -> dict[str, str]:
    """The looked-up values of an order that a text may use, named `order/{order_id}/{field}`."""
    values = {
        "status": order.status.value,
        "placed_at": _iso(order.placed_at),
        "expected_at": _iso(order.expected_at),
        "delivered_at": _iso(order.delivered_at),
        "carrier": shown(order.carrier) or "",
        "tracking": shown(order.tracking) or "",
        "total": f"{order.total} {order.currency}",
        "refunded": f"{order.refunded} {order.currency}" if order.refunded else "",
    }
    for number, parcel in enumerate(order.shipments, 1):
        values[f"parcel_{number}_status"] = parcel.status.value
        values[f"parcel_{number}_tracking"] = shown(parcel.tracking) or ""
        values |= {f"parcel_{number}_{name}": _iso(getattr(parcel, name)) for name in ("expected_at", "delivered_at")}
    return {f"order/{order.order_id}/{name}": value for name, value in values.items() if value}


def _iso(moment: datetime | None) -> str:
    day = day_of(moment)
    return day.isoformat() if day else ""


def _state(order: Order, language: Language, words: Phrases) -> str:
    key = order.status.value
    if order.status is OrderStatus.DELIVERED and day_of(order.delivered_at) is None:
        key = "delivered_undated"
    if order.status is OrderStatus.REFUNDED and order.refunded:
        key = "refunded_whole" if order.refunded >= order.total else "refunded_part"
    return words.status[key].format(**order_slots(order, language, words))


def _on_its_way(order: Order, language: Language, at: datetime, words: Phrases) -> list[str]:
    """When it should come and with whom. Of an order in parts the date is about all of it, the parcel about one."""
    if order.status is OrderStatus.DELIVERED:
        return _by_whom(order, words)
    if order.status not in ON_ITS_WAY:
        return []
    return [*_when(order, language, at, words), *_with_whom(order, words)]


def _when(order: Order, language: Language, at: datetime, words: Phrases) -> Iterable[str]:
    expected = day_of(order.expected_at)
    if expected is None or order.status not in ON_ITS_WAY:
        return []
    whole = order.status is OrderStatus.PARTIALLY_SHIPPED or are_told(order)
    if is_past(order.expected_at, at):
        text = words.late_whole if whole else words.late
    else:
        text = words.expected_whole if whole else words.expected
    return [text.format(expected_at=written_date(expected, language))]


def _with_whom(order: Order, words: Phrases) -> list[str]:
    carrier, tracking = shown(order.carrier), shown(order.tracking)
    if carrier and tracking:
        in_parts = order.status is OrderStatus.PARTIALLY_SHIPPED
        text = words.part_tracking if in_parts else words.carrier_tracking
        return [text.format(carrier=carrier, tracking=tracking)]
    if carrier:
        return [words.carrier.format(carrier=carrier)]
    return [words.tracking.format(tracking=tracking)] if tracking else []


def _by_whom(order: Order, words: Phrases) -> list[str]:
    carrier, tracking = shown(order.carrier), shown(order.tracking)
    if carrier is None:
        return []
    text = words.delivered_tracking if tracking else words.delivered_by
    return [text.format(carrier=carrier, tracking=tracking)]


def _paid_back(order: Order, language: Language, words: Phrases) -> list[str]:
    """What was refunded so far of an order that is not at its end."""
    if not order.refunded or order.status is OrderStatus.REFUNDED:
        return []
    return [words.status["refunded_so_far"].format(**order_slots(order, language, words))]
