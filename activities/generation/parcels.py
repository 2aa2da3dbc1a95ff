"""An order that travels in several parcels: a line each, and one for what is still to come."""

from collections.abc import Iterator
from datetime import datetime

from activities.generation.formats import written_date
from activities.generation.phrases import Phrases, phrases
from activities.generation.shown import day_of, is_past, items_of, items_told, shown
from domain.orders import ON_ITS_WAY, Order, OrderStatus, Shipment
from domain.styles import Formality
from domain.vocabulary import Language

MAX_PARCELS = 6
_MOVING = frozenset({OrderStatus.SHIPPED, OrderStatus.OUT_FOR_DELIVERY})


def are_told(order: Order) -> bool:
    """Whether the parcels are worth a line each: of an order that is still on its way, in parts."""
    in_parts = order.status is OrderStatus.PARTIALLY_SHIPPED or len(order.shipments) > 1
    return bool(order.shipments) and in_parts and order.status in ON_ITS_WAY


def parcel_lines(order: Order, language: Language, at: datetime, formality: Formality = "formal") -> list[str]:
    """The parcels in their order, at most MAX_PARCELS, then what has not been sent yet."""
    words = phrases(language, formality)
    lines = []
    for number, parcel in enumerate(order.shipments[:MAX_PARCELS], 1):
        items = items_told(items_of(order, parcel.skus))
        state = ", ".join(_state(parcel, language, at, words))
        line = words.parcel["line" if items else "line_bare"]
        lines.append(line.format(number=number, items=items, state=state))
    return [*lines, *_rest(order, words)]


def _state(parcel: Shipment, language: Language, at: datetime, words: Phrases) -> Iterator[str]:
    carrier, tracking = shown(parcel.carrier), shown(parcel.tracking)
    expected, delivered = day_of(parcel.expected_at), day_of(parcel.delivered_at)
    key = parcel.status.value
    if parcel.status is OrderStatus.DELIVERED and delivered is None:
        key = "delivered_undated"
    state = words.parcel[key].format(delivered_at=written_date(delivered, language) if delivered else "")
    moving = parcel.status in _MOVING
    yield f"{state} {words.parcel['carrier'].format(carrier=carrier)}" if moving and carrier else state
    if moving and tracking:
        yield words.parcel["tracking"].format(tracking=tracking)
    if parcel.status in ON_ITS_WAY and expected is not None:
        key = "late" if is_past(parcel.expected_at, at) else "expected"
        yield words.parcel[key].format(expected_at=written_date(expected, language))


def _rest(order: Order, words: Phrases) -> list[str]:
    """What no parcel holds, where it is known what the others hold."""
    if order.status is not OrderStatus.PARTIALLY_SHIPPED:
        return []
    sent = {sku for parcel in order.shipments for sku in parcel.skus}
    if not all(parcel.skus for parcel in order.shipments):
        return [words.parcel["rest_bare"]]
    left = [item for item in order.items if item.sku not in sent]
    told = items_told(left)
    return [words.parcel["rest"].format(items=told)] if told else []
