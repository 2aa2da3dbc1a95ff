"""What an order's state makes of a message, and what is asked of the store's documents then.

Whoever misses a parcel that counts as delivered seldom asks in the words of the document that helps. Questions are
data, in resources/situations.json.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Literal

from activities.generation.order_hints import says
from activities.wording import RESOURCES
from domain.orders import AWAITED, Order, OrderStatus
from domain.steps import ClassifyResult
from domain.vocabulary import Intent, Language

Situation = Literal["missed", "cancel", "refund", "return_cost"]
SENT_BACK = frozenset({OrderStatus.RETURNED, OrderStatus.REFUNDED})


def situation_of(text: str, read: ClassifyResult, orders: Sequence[Order]) -> Situation | None:
    """`missed`: an order of `orders`, those that the message is about, counts as delivered and has not come. `cancel`:
    one that has not arrived is to be stopped. `refund`: the money for one that was sent back is waited for.
    `return_cost`: something is to go back, and it is asked what that costs. None: none of them."""
    if is_missed(text, orders):
        return "missed"
    intents = {score.intent for score in read.intents}
    if Intent.CANCEL in intents and any(order.status in AWAITED for order in orders):
        return "cancel"
    if Intent.REFUND in intents and any(order.status in SENT_BACK for order in orders):
        return "refund"
    return "return_cost" if Intent.RETURN_REQUEST in intents and says(text, "return_cost") else None


def is_missed(text: str, orders: Sequence[Order]) -> bool:
    """Whether a customer says that they have nothing of an order that counts as delivered."""
    return any(order.status is OrderStatus.DELIVERED for order in orders) and says(text, "absent")


def too_late_to_cancel(read: ClassifyResult, orders: Sequence[Order]) -> bool:
    """Whether orders are to be cancelled that have all arrived: what is left is to send them back."""
    wants_to_cancel = any(score.intent is Intent.CANCEL for score in read.intents)
    return wants_to_cancel and bool(orders) and all(order.status is OrderStatus.DELIVERED for order in orders)


def question_in(situation: Situation, language: Language) -> str:
    """What the document that helps answers, as it is searched for."""
    return questions_in(situation, language)[0]


def questions_in(situation: Situation, language: Language) -> tuple[str, ...]:
    """The same in all its wordings: a document may be named by any of them."""
    return tuple(_questions()[language.value][situation])


@cache
def _questions() -> dict[str, dict[str, list[str]]]:
    questions: dict[str, dict[str, list[str]]] = json.loads((RESOURCES / "situations.json").read_text(encoding="utf-8"))
    return questions
