"""The part of a reply that speaks of orders: which of them, what is said, and what is asked when none is known."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from activities.generation.body import Body, told_body
from activities.generation.order_hints import meant_orders
from activities.generation.order_texts import (
    MAX_LISTED,
    Told,
    order_list,
    order_status,
    questions,
    whether_gone,
)
from activities.generation.phrases import phrases
from activities.generation.returns_texts import return_of_order, return_state
from activities.generation.shown import oddities
from activities.generation.situations import is_missed
from domain.findings import Reason
from domain.messages import unanswered_text
from domain.orders import Order, OrderStatus
from domain.steps import ClassifyResult, GenerateInput, OrderLookup
from domain.styles import Formality
from domain.vocabulary import Intent, Language

LOOKED_UP = frozenset({Intent.ORDER_STATUS, Intent.RETURN_REQUEST, Intent.REFUND, Intent.CANCEL})
MEANS_STATE = frozenset({Intent.SHIPPING, Intent.OTHER})
"""Whoever asks when it comes, or says little but a number, and names an order of theirs, wants to know its state."""


def orders_at_hand(request: GenerateInput) -> tuple[Order, ...]:
    """The orders that the message is plainly about: named, the only one, or one of several that is meant by what is
    said. Empty when it is not plain."""
    return orders_of(unanswered_text(request.case.thread), request.classification, request.retrieval.lookup)


def orders_of(text: str, read: ClassifyResult, lookup: OrderLookup) -> tuple[Order, ...]:
    """The same, of a message and what was looked up for it."""
    if read.order_ids or len(lookup.orders) == 1:
        return lookup.orders[:MAX_LISTED]
    return meant_orders(text, read, lookup.orders)


def orders_part(request: GenerateInput, intents: set[Intent], formality: Formality) -> Body | None:
    """What the look-up says about orders; None when the message is not about one."""
    language, lookup = request.classification.language, request.retrieval.lookup
    at_hand = orders_at_hand(request)
    named = bool(request.classification.order_ids and lookup.orders)
    asks_state = Intent.ORDER_STATUS in intents or (named and bool(MEANS_STATE & intents))
    if not asks_state and not (LOOKED_UP & intents and (request.classification.order_ids or at_hand)):
        return None
    asked = questions(lookup, language, formality)
    if asked is not None and not lookup.orders:
        return Body([asked], "clarification", ungrounded=1)
    if not asks_state and Intent.RETURN_REQUEST in intents:
        return None
    part = told_body(list(_told(request, at_hand, intents, formality)))
    if asked:
        part = part._replace(paragraphs=[*part.paragraphs, asked], ungrounded=1)
    if is_missed(unanswered_text(request.case.thread), at_hand):
        part = part._replace(paragraphs=[*part.paragraphs, phrases(language, formality).not_received])
    return part._replace(reasons=tuple(_reasons(request, at_hand)))


def named_orders_part(request: GenerateInput, formality: Formality) -> Body | None:
    """The state of the orders that a message names which nothing answers, and that a person looks at the rest; None
    when it names none of the customer's."""
    at_hand = orders_at_hand(request) if request.classification.order_ids else ()
    if not at_hand:
        return None
    part = told_body(list(_told(request, at_hand, set(), formality)))
    text = "Nothing that was found answers the message: the draft tells the order that it names."
    reasons = (Reason(code="open_question", text=text), *odd_orders(at_hand))
    open_part = phrases(request.classification.language, formality).unanswered
    return part._replace(paragraphs=[*part.paragraphs, open_part], ungrounded=1, reasons=reasons)


def looked_up_texts(
    lookup: OrderLookup, language: Language, at: datetime, formality: Formality = "formal"
) -> Iterator[str]:
    """All that may be said of these orders because it is so: what a reply is held against."""
    by_id = {order.order_id: order for order in lookup.orders}
    for order in lookup.orders:
        yield order_status(order, language, at, formality).text
        yield whether_gone(order, language, formality).text
        yield return_of_order(order, (), None, language, at, formality=formality).told.text
    for one in lookup.returns:
        if one.order_id in by_id:
            yield return_state(one, by_id[one.order_id], language, formality).text


def odd_orders(orders: Iterable[Order]) -> Iterator[Reason]:
    """What the agent should know of orders that cannot be right as the order system tells them."""
    for order in orders:
        if odd := oddities(order):
            number = " ".join(order.order_id.split())[:40]
            text = f"Order {number} cannot be right in the order system: {'; '.join(odd)}."
            yield Reason(code="odd_order", text=text)


def _told(
    request: GenerateInput, at_hand: tuple[Order, ...], intents: set[Intent], formality: Formality
) -> Iterator[Told]:
    language, at = request.classification.language, request.case.query.received_at
    lookup = request.retrieval.lookup
    if not at_hand:
        yield order_list(lookup.orders, language, at, formality)
        return
    for order in at_hand:
        told = order_status(order, language, at, formality)
        running = next((each for each in lookup.returns if each.order_id == order.order_id), None)
        if running is not None and order.status in (
            OrderStatus.RETURN_STARTED,
            OrderStatus.RETURNED,
            OrderStatus.REFUNDED,
        ):
            told = return_state(running, order, language, formality)
        if Intent.CANCEL in intents and len(at_hand) == 1:
            told = _together(told, whether_gone(order, language, formality))
        yield told
    if _is_guessed(request, at_hand):
        yield Told(phrases(language, formality).more_orders, {}, 0)


def _is_guessed(request: GenerateInput, at_hand: tuple[Order, ...]) -> bool:
    """Whether the orders at hand were taken to be meant by what was said of them, without a number."""
    read = request.classification
    if read.order_ids:
        return False
    pointer = read.continues.pointer if read.continues else None
    by_items = pointer is not None and pointer.kind == "items"
    return by_items or len(at_hand) < len(request.retrieval.lookup.orders)


def _reasons(request: GenerateInput, at_hand: tuple[Order, ...]) -> Iterator[Reason]:
    if is_missed(unanswered_text(request.case.thread), at_hand):
        text = "The order counts as delivered and the customer says that nothing has come: see what the carrier says."
        yield Reason(code="not_received", text=text)
    yield from odd_orders(at_hand or request.retrieval.lookup.orders[:MAX_LISTED])


def _together(first: Told, second: Told) -> Told:
    between = "\n" if "\n" in first.text else " "
    text = f"{first.text}{between}{second.text}" if second.text else first.text
    return Told(text, first.facts | second.facts, first.sentences + second.sentences)
