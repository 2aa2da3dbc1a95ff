"""Whether a reply says a fact: compared in a plain form, without case, accents and the ways of writing numbers. Pure.

Nothing here is taken from what writes or guards replies: a mistake that both made would be seen by neither.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from domain.orders import Order
from domain.vocabulary import Language
from evals.answer_dates import days_of, written_forms
from evals.answer_questions import AnswerQuestion, Fact
from evals.answer_text import folded, occurs, plain, words_of

_ORDER_ID = re.compile(r"\b(?:ord-?\s?)?(\d{5})\b")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_CLAUSE = re.compile(r"[.!?;:\n]+\s|,\s|\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_BEFORE = 5
"""Words before a status within which a negation or a condition takes it back."""


class Shop:
    """What the checker knows of the store: its orders, its return form, and what day it is."""

    def __init__(self, orders: Mapping[str, Order], return_form: str | None, today: date) -> None:
        self.orders = orders
        self.return_form = return_form
        self.today = today


def missing_facts(question: AnswerQuestion, reply: str, shop: Shop) -> tuple[Fact, ...]:
    """What has to be said and is not. Raises KeyError for an order that the store does not have."""
    return tuple(fact for fact in question.facts if not says(fact, reply, question.language, shop))


def false_facts(question: AnswerQuestion, reply: str, shop: Shop) -> tuple[Fact, ...]:
    """What is said and must not be."""
    return tuple(fact for fact in question.wrong if says(fact, reply, question.language, shop))


def is_right(question: AnswerQuestion, reply: str, shop: Shop) -> bool:
    """Right and complete: every fact is there and nothing that is wrong."""
    return not missing_facts(question, reply, shop) and not false_facts(question, reply, shop)


def says(fact: Fact, reply: str, language: Language, shop: Shop) -> bool:
    """Whether a reply says one fact."""
    if fact.any:
        text = plain(reply, language)
        return any(occurs(plain(each, language), text) for each in fact.any)
    if fact.link or fact.url:
        wanted = fact.url or shop.return_form or ""
        return any(_address(found).startswith(_address(wanted)) for found in _URL.findall(reply)) if wanted else False
    order = shop.orders[fact.order or ""]
    return _tells(fact, order, about(reply, order.order_id), language, shop.today)


def about(reply: str, order_id: str) -> str:
    """The part of a reply that is about one order: all of it unless it names several."""
    number = order_id.rpartition("-")[2]
    named = set(_ORDER_ID.findall(reply.casefold()))
    if named <= {number}:
        return reply
    parts, current = [], set[str]()
    for sentence in _SENTENCE.split(reply):
        current = set(_ORDER_ID.findall(sentence.casefold())) or current
        if number in current:
            parts.append(sentence)
    return "\n".join(parts)


def _tells(fact: Fact, order: Order, text: str, language: Language, today: date) -> bool:
    if fact.field == "status":
        return tells_status(order.status.value, text, language)
    if fact.field == "total":
        return occurs(plain(f"{order.total:.2f}", language), plain(text, language))
    if fact.field in {"carrier", "tracking"}:
        value = order.carrier if fact.field == "carrier" else order.tracking
        return value is not None and folded(value).replace(" ", "") in folded(text).replace(" ", "")
    moment = order.delivered_at if fact.field == "return_until" else getattr(order, fact.field or "")
    if moment is None:
        return False
    later = timedelta(days=fact.days or 0)
    return any(tells_day(day + later, text, language, today) for day in days_of(moment))


def tells_day(day: date, text: str, language: Language, today: date) -> bool:
    """Whether a text names a day in one of the forms that a language writes it in."""
    read = folded(text)
    return any(
        re.search(rf"(?<![\w./-]){re.escape(form)}(?![\w])(?![./-]\d)", read)
        for form in written_forms(day, language, today)
    )


def tells_status(status: str, text: str, language: Language) -> bool:
    """Whether a text says in any usual wording that an order has this status, not denied and not as a condition."""
    words = words_of(language)
    for clause in _CLAUSE.split(folded(text)):
        for wording in words.status[status]:
            for found in re.finditer(rf"(?<!\w){re.escape(wording)}", clause):
                if not _taken_back(clause[: found.start()], wording, words.negations, words.conditions):
                    return True
    return False


def _taken_back(before: str, wording: str, negations: Sequence[str], conditions: Sequence[str]) -> bool:
    near = " ".join(before.split()[-_BEFORE:])
    denied = {*negations} & {*wording.split()}  # the wording denies something itself, such as "not left our warehouse"
    against = conditions if denied else (*negations, *conditions)
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", near) for each in against)


def _address(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", url.casefold()).rstrip("/.,;:")
