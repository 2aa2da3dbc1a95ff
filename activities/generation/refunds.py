"""A refund that an agent may grant: of what, how it is reckoned, and on which clause it rests. It promises nothing."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from babel.numbers import get_currency_precision

from activities.classification.entities import amounts_in
from activities.generation.order_hints import named_items
from activities.generation.order_part import orders_at_hand
from activities.generation.quotes import Quote, answer_sentences
from activities.generation.return_words import speaks_of
from activities.generation.shown import item_name
from domain.customers import ReturnStatus
from domain.knowledge import Passage
from domain.messages import unanswered_text
from domain.money import Money
from domain.orders import Order, OrderItem, OrderStatus
from domain.proposals import RefundProposal
from domain.steps import GenerateInput
from domain.vocabulary import Kind

MAX_LINES = 20
MAX_CLAUSE = 400
UNSENT = frozenset({OrderStatus.PLACED, OrderStatus.PROCESSING, OrderStatus.LOST, OrderStatus.CANCELLED})
"""The customer never had the goods: all that was paid comes back, nothing is deducted."""


class _Clause(NamedTuple):
    passage_id: str
    text: str


class _Line(NamedTuple):
    text: str
    amount: Decimal


def refund_proposal(
    request: GenerateInput, passages: Sequence[Passage], quotes: Sequence[Quote]
) -> RefundProposal | None:
    """What an agent may grant for the one order at hand; None when it is not plain which, or nothing is left to give
    back. Never more than was paid less what was given back already."""
    at_hand = orders_at_hand(request)
    if len(at_hand) != 1:
        return None
    order, message = at_hand[0], unanswered_text(request.case.thread)
    paid_back = _paid_back(request, order)
    left = order.total - paid_back
    if left <= 0:
        return None
    clauses = tuple(_clauses(passages, [quote.passage.passage_id for quote in quotes]))
    deducts = order.status not in UNSENT and not speaks_of(message, "faulty")
    whole, lines = _lines(order, _wanted(request, order, message), clauses, deducts=deducts)
    lines += list(_deductions(order, clauses)) if deducts else []
    amount = _rounded(sum((line.amount for line in lines), Decimal()), order)
    told = [line.text for line in lines[:MAX_LINES]]
    if paid_back:
        told.append(f"Paid back already: {_money(paid_back, order)} of {_money(order.total, order)}")
        amount -= paid_back if whole else 0
    if amount > left:
        told.append(f"No more than is left: {_money(left, order)}")
    amount = max(Decimal(), min(amount, left))
    best = next(iter(clauses), None)
    return RefundProposal(
        order_id=order.order_id,
        amount=Money(number=amount, currency=order.currency),
        calculation=(*told, f"Refund: {_money(amount, order)}"),
        to_check=tuple(_to_check(order, message, clauses, deducts=deducts, part=bool(paid_back) and not whole)),
        clause=best.text if best else "",
        passage_id=best.passage_id if best else None,
    )


def facts_of_proposal(proposal: RefundProposal | None) -> dict[str, str]:
    """Its figures, named `refund/{order_id}/{field}`: a decision about the draft counts for these alone."""
    if proposal is None:
        return {}
    values = {"amount": f"{proposal.amount.number} {proposal.amount.currency}"}
    values |= {f"line_{number}": line for number, line in enumerate(proposal.calculation, 1)}
    return {f"refund/{proposal.order_id}/{name}": value for name, value in values.items()}


def _wanted(request: GenerateInput, order: Order, message: str) -> tuple[OrderItem, ...]:
    """The items that the message names, or that a return of this order covers; none: the whole order."""
    named = named_items(message, request.classification, order)
    if named:
        return named
    skus = next((one.skus for one in request.retrieval.lookup.returns if one.order_id == order.order_id), ())
    return tuple(item for item in order.items if item.sku in skus)


def _lines(
    order: Order, wanted: Sequence[OrderItem], clauses: Sequence[_Clause], *, deducts: bool
) -> tuple[bool, list[_Line]]:
    """The items, then what else was paid or given as a discount. First whether it is the whole order."""
    goods = sum((item.price * item.quantity for item in order.items), Decimal())
    whole = not wanted or len(wanted) == len(order.items)
    if whole and not order.items:
        return True, [_Line(f"Total of the order = {_money(order.total, order)}", order.total)]
    lines = [_line(item, order) for item in (order.items if whole else wanted)]
    rest = order.total - goods
    if rest > 0 and whole:
        kept = deducts and any(_keeps_shipping(clause.text) for clause in clauses)
        text = f"Shipping and other charges {_money(rest, order)}"
        lines.append(_Line(f"{text}: not refunded by the policy" if kept else text, Decimal() if kept else rest))
    if rest < 0 and goods > 0:
        share = _rounded(rest * sum((line.amount for line in lines), Decimal()) / goods, order)
        lines.append(_Line(f"{'Discount' if whole else 'Share of the discount'} = {_money(share, order)}", share))
    return whole, lines


def _line(item: OrderItem, order: Order) -> _Line:
    amount = item.price * item.quantity
    name = item_name(item) or "item"
    return _Line(f"{item.quantity} × {name} at {_money(item.price, order)} = {_money(amount, order)}", amount)


def _deductions(order: Order, clauses: Sequence[_Clause]) -> Iterator[_Line]:
    """What a policy deducts, where it names one amount alone; of several an agent has to choose."""
    found = _deducted(order, clauses)
    if len(found) == 1:
        amount = found[0]
        yield _Line(f"Deducted by the policy: -{_money(amount, order)}", -amount)


def _deducted(order: Order, clauses: Sequence[_Clause]) -> list[Decimal]:
    sums = [
        amount.number
        for clause in clauses
        if speaks_of(clause.text, "deducted")
        for amount in amounts_in(clause.text)
        if amount.currency == order.currency
    ]
    return list(dict.fromkeys(sums))


def _keeps_shipping(text: str) -> bool:
    return speaks_of(text, "shipping") and speaks_of(text, "never")


def _to_check(order: Order, message: str, clauses: Sequence[_Clause], *, deducts: bool, part: bool) -> Iterator[str]:
    """What the agent has to look at before granting it. `part`: of an order of which something was paid back."""
    if part:
        yield "Something was paid back already: see that it was not for the same items."
    if deducts and len(_deducted(order, clauses)) > 1:
        said = " / ".join(clause.text for clause in clauses if speaks_of(clause.text, "deducted"))
        yield f"The policy deducts different amounts, none is deducted here: “{said[:MAX_CLAUSE]}”"
    shipping = [clause.text for clause in clauses if speaks_of(clause.text, "shipping")]
    if deducts and shipping and not any(map(_keeps_shipping, shipping)):
        yield f"On shipping the policy says: “{shipping[0][:MAX_CLAUSE]}”"
    if order.status not in UNSENT and speaks_of(message, "faulty"):
        yield "The customer says that something was wrong with the goods, so nothing is deducted."
    if order.status is OrderStatus.DELIVERED:
        yield "The goods are with the customer: see whether they come back first."
    if not clauses:
        yield "No policy on refunds was found."


def _paid_back(request: GenerateInput, order: Order) -> Decimal:
    """What the order system or the returns say was paid back, whichever is more; of a refunded order all of it where
    neither says how much."""
    by_returns = sum(
        (
            one.amount or Decimal()
            for one in request.retrieval.lookup.returns
            if one.order_id == order.order_id and one.status is ReturnStatus.REFUNDED
        ),
        Decimal(),
    )
    known = max(order.refunded or Decimal(), by_returns)
    if order.status is OrderStatus.REFUNDED and not known:
        return order.total
    return known


def _clauses(passages: Sequence[Passage], quoted: Sequence[str]) -> Iterator[_Clause]:
    """The sentences that speak of refunds, of policies first, and of quoted passages before others."""
    policies = [passage for passage in passages if passage.kind is not Kind.PRODUCT]
    policies.sort(key=lambda passage: (passage.kind is not Kind.POLICY, passage.passage_id not in quoted))
    for passage in policies:
        for sentence in answer_sentences(passage):
            if speaks_of(sentence, "refund") or speaks_of(sentence, "deducted"):
                yield _Clause(passage.passage_id, sentence[:MAX_CLAUSE])


def _rounded(amount: Decimal, order: Order) -> Decimal:
    """To the smallest coin of the order's currency."""
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(order.currency)), ROUND_HALF_UP)


def _money(amount: Decimal, order: Order) -> str:
    return f"{_rounded(amount, order)} {order.currency}"
