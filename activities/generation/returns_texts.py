"""Returns: whether an order may go back, until when, and how far a return is that runs already."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from activities.generation.formats import plural, written_date, written_money
from activities.generation.order_texts import Told, facts_of, order_slots, order_status
from activities.generation.phrases import phrases
from activities.generation.shown import day_of, items_of, items_told
from activities.guarding.policy_terms import RETURN_WINDOW, days_fixed, days_told, speaks_of_term
from domain.customers import Return, ReturnStatus
from domain.knowledge import Passage
from domain.orders import ON_ITS_WAY, Order, OrderStatus
from domain.styles import Formality
from domain.vocabulary import Kind, Language

OVER = frozenset({OrderStatus.RETURN_STARTED, OrderStatus.RETURNED, OrderStatus.REFUNDED})
GONE = frozenset({OrderStatus.LOST, OrderStatus.CANCELLED})
"""There is nothing to send back."""
RULE = "delivered_at + {days} days"
SECTION = " › "
"""Between the title of a document and that of a part of it."""


class Window(NamedTuple):
    """What is told of returning one order."""

    told: Told
    may_start: bool
    """Whether a return can be begun: the form is worth a link."""


def return_of_order(
    order: Order,
    returns: Sequence[Return],
    days: int | None,
    language: Language,
    at: datetime,
    *,
    formality: Formality = "formal",
) -> Window:
    """What holds for returning an order at the time `at`. `days` is the period of the cited policy, None: not known."""
    running = next((each for each in returns if each.order_id == order.order_id), None)
    if running is not None:
        return Window(return_state(running, order, language, formality), may_start=False)
    if order.status in OVER | GONE:
        return Window(order_status(order, language, at, formality), may_start=False)
    words = phrases(language, formality)
    slots = order_slots(order, language, words)
    if order.status in ON_ITS_WAY:
        return Window(Told(words.return_not_delivered.format(**slots), facts_of(order), 1), may_start=True)
    delivered = day_of(order.delivered_at)
    until = _plus(delivered, days) if delivered is not None and days is not None else None
    if delivered is None or days is None or until is None:
        return Window(Told("", {}, 0), may_start=True)
    slots |= {"days": plural(words.days, days, language), "return_until": written_date(until, language)}
    facts = facts_of(order) | {
        f"order/{order.order_id}/return_until": until.isoformat(),
        f"order/{order.order_id}/return_rule": RULE.format(days=days),
    }
    open_still = until >= at.date()
    text = words.return_until if open_still else words.return_over
    return Window(Told(text.format(**slots), facts, 1), may_start=open_still)


def return_state(one: Return, order: Order, language: Language, formality: Formality = "formal") -> Told:
    """How far a return is: one to three sentences."""
    words = phrases(language, formality)
    days = {"requested_at": one.requested_at, "received_at": one.received_at, "refunded_at": one.refunded_at}
    known = {name: day for name, moment in days.items() if (day := day_of(moment))}
    key = one.status.value
    if one.status is ReturnStatus.RECEIVED and "received_at" not in known:
        key = "received_undated"
    if one.status is ReturnStatus.REFUNDED and "refunded_at" not in known:
        key = "refunded_undated"
    if one.status is ReturnStatus.REQUESTED and "requested_at" not in known:
        return order_status(order, language, one.requested_at, formality)
    slots = order_slots(order, language, words) | {name: written_date(day, language) for name, day in known.items()}
    told = [words.returns[key].format(**slots)]
    if one.status is ReturnStatus.REFUNDED and one.amount is not None:
        told.append(words.returns["amount"].format(amount=written_money(one.amount, order.currency, language)))
    items = items_told(items_of(order, one.skus))
    if items and one.status is not ReturnStatus.REJECTED:
        told.append(words.returns["covers"].format(items=items))
    return Told(" ".join(told), facts_of(order) | _facts(one, order, known), len(told))


def return_days(cited: Sequence[Passage], quoted: Iterable[str], language: Language) -> int | None:
    """The days of the return period: what the best cited policy fixes as an attribute, else what the quoted sentences
    that speak of returns say, else those of the cited passages; of documents alone that are named for returns, since
    others have periods of their own. None where they say nothing or several things."""
    policies = [passage for passage in cited if passage.kind is Kind.POLICY]
    fixed = next((days for passage in policies if (days := days_fixed(RETURN_WINDOW, passage.attributes))), None)
    if fixed is not None:
        return fixed
    named = [passage for passage in cited if is_named_for_returns(passage)]
    own = [text for passage, text in zip(cited, quoted, strict=False) if passage in named]
    for texts in (own, [passage.text for passage in named]):
        found = {days for text in texts for days in days_told(RETURN_WINDOW, text, language)}
        if found:
            return next(iter(found)) if len(found) == 1 else None
    return None


def is_named_for_returns(passage: Passage) -> bool:
    """Whether the title of a passage's document speaks of returns."""
    return speaks_of_term(RETURN_WINDOW, passage.title.split(SECTION, maxsplit=1)[0])


def _plus(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _facts(one: Return, order: Order, known: Mapping[str, date]) -> dict[str, str]:
    values = {"return": one.status.value} | {f"return_{name}": day.isoformat() for name, day in known.items()}
    if one.amount is not None:
        values["return_amount"] = f"{one.amount} {order.currency}"
    return {f"order/{order.order_id}/{name}": value for name, value in values.items()}
