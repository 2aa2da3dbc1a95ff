"""What a message says of its writer's own orders without naming one, read once those orders are known. Pure.

`Will the fire pit make it by Friday?` sounds like a question about a product, and whoever wrote it is waiting for one:
told by words of whereabouts together with a word that an order of theirs is known by. Of 58 such messages, written by
somebody who saw no reply, the classifier alone read half so.
"""

from collections.abc import Sequence

from activities.classification.classifier import Understood
from activities.conversation.words import any_of
from activities.generation.asking import questions_of
from activities.generation.order_hints import misses, names_goods_of, says
from activities.lookups.order_ids import meant_among
from activities.wording import fold
from domain.conversations import Continued
from domain.orders import AWAITED, Order, OrderStatus
from domain.steps import IntentScore
from domain.vocabulary import Intent, Language

MISTAKEN = {Intent.PRODUCT_QUESTION: 0.92, Intent.PAYMENT: 0.92, Intent.SHIPPING: 0.97, Intent.OTHER: 1.1}
"""What such a message is taken for, and the probability from which on that is believed. Who returns, cancels, complains
or cannot use what came means something else by the same words."""
KEPT = frozenset(
    {
        *(Intent.RETURN_REQUEST, Intent.REFUND, Intent.CANCEL, Intent.COMPLAINT, Intent.HUMAN_AGENT),
        *(Intent.ACCOUNT, Intent.TECHNICAL_ISSUE),
    }
)
"""Intents that are wanted besides, and stay."""
BESIDES = KEPT | {Intent.SHIPPING, Intent.PRODUCT_QUESTION, Intent.PAYMENT}
"""The same where the message asks several things."""
PROBABILITY = 0.9


def read_with(
    understood: Understood, taken: Continued | None, orders: Sequence[Order], language: Language
) -> tuple[Understood, Continued | None]:
    """What was understood and taken from the conversation, in the light of the writer's orders."""
    if taken is not None and another_is_meant(understood.core, taken, orders, language):
        understood = understood._replace(order_ids=())
        used = tuple(line for line in taken.used if not any(order_id in line for order_id in taken.order_ids))
        taken = taken.model_copy(update={"order_ids": (), "pointer": None, "used": used}) if used else None
    return (asking_after(understood, orders, language) if may_ask_after(understood) else understood), taken


def worth_reading(understood: Understood, taken: Continued | None) -> bool:
    """Whether the writer's orders may change how a message is read."""
    return may_ask_after(understood) or bool(taken and taken.order_ids)


def another_is_meant(text: str, taken: Continued, orders: Sequence[Order], language: Language) -> bool:
    """Whether a message that names no order speaks of goods of another one than the conversation was about: `And the
    little table, then?`"""
    given = any(order_id.casefold() in text.casefold() for order_id in taken.order_ids)
    if not taken.order_ids or given or any_of("stand_ins").search(fold(text)):
        return False
    named = [order for order in orders if names_goods_of(text, order, language)]
    return bool(named) and not meant_among(taken.order_ids, named)


def may_ask_after(understood: Understood) -> bool:
    """Whether a message names no order and speaks of whereabouts, and not of the goods as such."""
    text, first = understood.core, understood.intents[0]
    nothing_to_read = understood.order_ids or understood.settled or understood.nothing_to_answer
    if nothing_to_read or first.probability >= MISTAKEN.get(first.intent, 0.0) or says(text, "goods"):
        return False
    return says(text, "whereabouts") or misses(text)


def asking_after(understood: Understood, orders: Sequence[Order], language: Language) -> Understood:
    """The same, with `order_status` first where the message speaks of an order of these that is still awaited.
    Where it asks several things, what it was taken for stays behind."""
    if not any(_is_spoken_of(understood.core, order, language) for order in orders):
        return understood
    stay = BESIDES if len(questions_of(understood.core, language)) > 1 else KEPT
    rest = tuple(score for score in understood.intents if score.intent in stay)
    first = IntentScore(intent=Intent.ORDER_STATUS, probability=PROBABILITY)
    return understood._replace(intents=(first, *(score for score in rest if score.intent is not first.intent)))


def _is_spoken_of(text: str, order: Order, language: Language) -> bool:
    """Of what has arrived only who misses it asks where it is."""
    missed = order.status is OrderStatus.DELIVERED and misses(text)
    return (order.status in AWAITED or missed) and names_goods_of(text, order, language)
