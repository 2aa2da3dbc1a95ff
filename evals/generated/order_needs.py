"""What a right answer about an order says, by its state. Written down before anything was answered."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from activities.wording import fold
from domain.orders import ON_ITS_WAY, Order, OrderStatus
from domain.values import Value
from domain.vocabulary import Language
from evals.generated.cases import Need

RETURN_DAYS = 30
"""Of the demo store's policy, `policies/returns`."""
RETURN_FORM = "shop.example/returns"
CANCEL_DOCUMENTS = ("faqs/cancel-order", "policies/cancellation")
MISSING_DOCUMENTS = ("faqs/delivered-not-received",)
RETURN_UNDER_WAY = (OrderStatus.RETURN_STARTED, OrderStatus.RETURNED, OrderStatus.REFUNDED)


class Says(Value):
    """Phrases of which one tells a state, in lower case and without accents."""

    language: Language
    state: str
    """One of `OrderStatus`, or `late`, `choice`, `not_delivered`, `over`, `missing_parcel`."""
    says: tuple[str, ...]


Phrases = Mapping[tuple[Language, str], tuple[str, ...]]


def status_needs(order: Order, language: Language, phrases: Phrases, at: datetime) -> tuple[Need, ...]:
    """The number, the state, the date that matters and who brings it. A lost parcel: also what happens now."""
    needs = [_number(order), _told(order.status.value, language, phrases)]
    if order.status in ON_ITS_WAY:
        if order.expected_at is not None:
            needs.append(_day(order.expected_at))
        if order.is_late(at):
            needs.append(_told("late", language, phrases))
        needs += [Need(phrases=(fold(each),)) for each in _bringing(order) if each]
    if order.status is OrderStatus.DELIVERED and order.delivered_at is not None:
        needs.append(_day(order.delivered_at))
    if order.status is OrderStatus.LOST:
        needs.append(_told("choice", language, phrases))
    return tuple(needs)


def return_needs(order: Order, language: Language, phrases: Phrases, at: datetime) -> tuple[Need, ...]:
    """Until when it may go back and with which form; that it is too late; or why there is nothing to send back."""
    if order.status in RETURN_UNDER_WAY:
        known = {phrase for state in RETURN_UNDER_WAY for phrase in phrases[language, state.value]}
        return (_number(order), Need(phrases=tuple(sorted(known))))
    if order.status in ON_ITS_WAY:
        return (_number(order), _told("not_delivered", language, phrases))
    if order.status is not OrderStatus.DELIVERED:
        return (_number(order), _told(order.status.value, language, phrases))
    if order.delivered_at is None:
        return general_return_needs()
    until = order.delivered_at + timedelta(days=RETURN_DAYS)
    if until.date() < at.date():
        return (_number(order), _day(until), _told("over", language, phrases))
    return (_number(order), _day(until), Need(phrases=(RETURN_FORM,)))


def general_return_needs() -> tuple[Need, ...]:
    """For whoever names no order that could be looked up: the period and the form."""
    return (Need(values=(f"{RETURN_DAYS} days",)), Need(phrases=(RETURN_FORM,)))


def cancel_needs(order: Order, language: Language, phrases: Phrases) -> tuple[Need, ...]:
    """The number and the state; whether it can still be stopped follows from a document that is to be cited."""
    return (_number(order), _told(order.status.value, language, phrases))


def refund_needs(order: Order, language: Language, phrases: Phrases) -> tuple[Need, ...]:
    """The number and how far it is; once the goods are back also how long the refund takes."""
    needs = [_number(order), _told(order.status.value, language, phrases)]
    return (*needs, Need(values=("5 working days",))) if order.status is OrderStatus.RETURNED else tuple(needs)


def missing_needs(language: Language, phrases: Phrases) -> tuple[Need, ...]:
    """What to do when a parcel counts as delivered and is not there: a bare state helps nobody."""
    return (_told("missing_parcel", language, phrases),)


def _bringing(order: Order) -> list[str | None]:
    """Who brings it and under which number: of an order in parcels those of the parcels that are on their way."""
    if not order.shipments:
        return [order.carrier, order.tracking]
    on_their_way = [each for each in order.shipments if each.status in ON_ITS_WAY]
    return [name for each in on_their_way for name in (each.carrier, each.tracking)]


def _number(order: Order) -> Need:
    return Need(phrases=(fold(order.order_id),))


def _day(moment: datetime) -> Need:
    return Need(values=(moment.date().isoformat(),))


def _told(state: str, language: Language, phrases: Phrases) -> Need:
    return Need(phrases=phrases[language, state])
