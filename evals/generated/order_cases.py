"""Questions about orders: wordings written by hand, each asked about orders of several states."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from domain.orders import Order, OrderStatus
from domain.values import Value
from domain.vocabulary import Language
from evals.generated.cases import GeneratedCase, Need, chance_of, split_of
from evals.generated.order_needs import (
    CANCEL_DOCUMENTS,
    MISSING_DOCUMENTS,
    RETURN_DAYS,
    RETURN_UNDER_WAY,
    Phrases,
    cancel_needs,
    general_return_needs,
    missing_needs,
    refund_needs,
    return_needs,
    status_needs,
)
from evals.generated.orders import NOW, Shopper
from evals.generated.wear import Manners, worn

Kind = Literal["status", "several", "return", "notreceived", "cancel", "refund"]
ASKED: Mapping[Kind, int] = {"status": 10, "return": 10, "several": 5, "notreceived": 5, "cancel": 5, "refund": 5}
"""Of how many orders each wording asks."""
STRANGERS, UNKNOWN, UNVERIFIED = 0.06, 0.11, 0.2
"""Somebody else's order, a number that nobody has, and a customer who is not verified: where each share ends."""
FITTING: Mapping[Kind, frozenset[OrderStatus]] = {
    "notreceived": frozenset({OrderStatus.DELIVERED}),
    "refund": frozenset(RETURN_UNDER_WAY),
}
"""States that the wordings speak of; others: all."""


class OrderWording(Value):
    """A question about an order; `{id}` and `{id2}` stand for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]{2}-\d{2}$")]
    kind: Kind
    language: Language
    text: str


def order_cases(
    wordings: Sequence[OrderWording],
    shoppers: Sequence[Shopper],
    phrases: Phrases,
    manners: Mapping[Language, Manners],
) -> Iterator[GeneratedCase]:
    """Each wording with orders of customers of its split, of as many states as there are."""
    for wording in wordings:
        among = [shopper for shopper in shoppers if split_of(shopper.email) == split_of(wording.id)]
        chance = chance_of(wording.id)
        for place in range(ASKED[wording.kind]):
            drawn = _drawn(wording, among, chance)
            yield _case(
                f"orders/{wording.id}/{place}",
                wording,
                drawn,
                among=among,
                phrases=phrases,
                manners=manners,
                chance=chance,
            )


class _Drawn(Value):
    shopper: Shopper
    orders: tuple[Order, ...]
    """Those that are asked about."""


def _drawn(wording: OrderWording, among: Sequence[Shopper], chance: Random) -> _Drawn:
    if wording.kind == "several":
        shopper = chance.choice([shopper for shopper in among if len(shopper.orders) > 1])
        return _Drawn(shopper=shopper, orders=tuple(chance.sample(shopper.orders, 2)))
    fitting = FITTING.get(wording.kind, frozenset(OrderStatus))
    nameless = "{id}" not in wording.text
    pairs = [
        (shopper, order)
        for shopper in among
        for order in (shopper.orders[:1] if nameless else shopper.orders)
        if order.status in fitting
    ]
    states = sorted({order.status for _, order in pairs})
    state = chance.choice([*states, *({OrderStatus.DELIVERED} & {*states}), *({OrderStatus.SHIPPED} & {*states})])
    shopper, order = chance.choice([pair for pair in pairs if pair[1].status is state])
    return _Drawn(shopper=shopper, orders=(order,))


def _case(
    id: str,
    wording: OrderWording,
    drawn: _Drawn,
    *,
    among: Sequence[Shopper],
    phrases: Phrases,
    manners: Mapping[Language, Manners],
    chance: Random,
) -> GeneratedCase:
    shopper, dice, named = drawn.shopper, chance.random(), "{id}" in wording.text
    email: str | None = shopper.email
    asked = [order.order_id for order in drawn.orders]
    if named and wording.kind != "several" and dice < STRANGERS:
        other = chance.choice([each for each in among if each.email != shopper.email])
        asked = [chance.choice(other.orders).order_id]
    elif named and wording.kind != "several" and dice < UNKNOWN:
        asked = [f"ORD-{chance.randrange(70_000, 99_999)}"]
    elif dice < UNVERIFIED:
        email = None
    known = email is not None and asked == [order.order_id for order in drawn.orders]
    answerable = known or (wording.kind == "return" and not named)
    text = wording.text.replace("{id}", asked[0]).replace("{id2}", asked[-1])
    return GeneratedCase(
        id=id,
        split=split_of(wording.id),
        kind=f"orders/{wording.kind}",
        cluster=f"orders/{wording.id}",
        language=wording.language,
        text=worn(text, wording.language, manners, chance),
        email=email,
        needs=_needs(wording, drawn, phrases, known=known, named=named) if answerable else (),
        documents=_documents(wording, drawn) if answerable else (),
        own=_own(shopper) if email else (),
        dates=_dates(shopper),
        answerable=answerable,
    )


def _needs(wording: OrderWording, drawn: _Drawn, phrases: Phrases, *, known: bool, named: bool) -> tuple[Need, ...]:
    """A customer with several orders who names none of them when returning gets the general rule: it holds for all."""
    language, order = wording.language, drawn.orders[0]
    if wording.kind == "return":
        if not named and (not known or len(drawn.shopper.orders) > 1):
            return general_return_needs()
        return return_needs(order, language, phrases, NOW)
    if wording.kind == "notreceived":
        return missing_needs(language, phrases)
    if wording.kind == "cancel":
        return cancel_needs(order, language, phrases)
    if wording.kind == "refund":
        return refund_needs(order, language, phrases)
    return tuple(need for each in drawn.orders for need in status_needs(each, language, phrases, NOW))


def _documents(wording: OrderWording, drawn: _Drawn) -> tuple[str, ...]:
    if wording.kind == "notreceived":
        return MISSING_DOCUMENTS
    over = drawn.orders[0].status in {OrderStatus.CANCELLED, *RETURN_UNDER_WAY}  # its state says it all
    return CANCEL_DOCUMENTS if wording.kind == "cancel" and not over else ()


def _own(shopper: Shopper) -> tuple[str, ...]:
    known = [(order.order_id, order.tracking) for order in shopper.orders]
    return (shopper.email, *(each for pair in known for each in pair if each))


def _dates(shopper: Shopper) -> tuple[str, ...]:
    """Every day that has to do with one of the orders, its parcels and its returns."""
    days = set()
    for order in shopper.orders:
        moments = [order.placed_at, order.delivered_at, order.expected_at]
        moments += [moment for each in order.shipments for moment in (each.delivered_at, each.expected_at)]
        if order.delivered_at is not None:
            moments.append(order.delivered_at + timedelta(days=RETURN_DAYS))
        days |= {moment.date().isoformat() for moment in moments if moment is not None}
    for one in shopper.returns:
        stages = (one.requested_at, one.received_at, one.refunded_at)
        days |= {moment.date().isoformat() for moment in stages if moment is not None}
    return tuple(sorted(days))
