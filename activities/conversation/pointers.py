"""“The other one”, “the second”, “my last order”: orders that a message means without naming them."""

import re
from functools import cache

from activities.conversation.mentions import Mentions
from activities.conversation.words import ORDINALS, any_of, ordinal
from activities.wording import clean, fold
from domain.conversations import Pointer
from domain.orders import Order
from domain.vocabulary import Language
from retrieval.analysis.stopwords import stop_words

_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 5
"""So many first letters of a word make it the same word in another form."""


def pointed_at(text: str, mentions: Mentions) -> tuple[tuple[str, ...], Pointer | None]:
    """The order ids that a message points at among those of the conversation; where only the look-up can tell, the
    pointer. Both empty: it points at none."""
    folded = fold(clean(text))
    if any_of("newest").search(folded):
        return (), Pointer(kind="newest")
    if mentions.listed:
        for place in ORDINALS:
            if ordinal(place).search(folded) and len(mentions.listed) >= int(place):
                return (mentions.listed[int(place) - 1],), None
        if any_of("last_listed").search(folded):
            return mentions.listed[-1:], None
        if any_of("both").search(folded):
            return mentions.listed, None
    if any_of("other").search(folded) or any_of("others").search(folded):
        return _others(mentions)
    return (), None


def without_pointer(text: str) -> str:
    """A folded text without the words that point."""
    for name in ("newest", "last_listed", "others", "other", "both"):
        text = any_of(name).sub(" ", text)
    for place in ORDINALS:
        text = ordinal(place).sub(" ", text)
    return text


def speaks_of_all(text: str) -> bool:
    """“My orders”, “another order”: not the one that the conversation is about."""
    return any_of("plural").search(fold(clean(text))) is not None


def chosen(orders: tuple[Order, ...], pointer: Pointer) -> tuple[Order, ...]:
    """The orders that a pointer means among all of the customer's, newest first. All of them when it means none."""
    match pointer.kind:
        case "newest":
            return orders[:1]
        case "other":
            digits = {_digits(each) for each in pointer.others_than}
            return tuple(order for order in orders if _digits(order.order_id) not in digits) or orders
        case "items":
            spoken = _stems(pointer.text)
            meant = tuple(order for order in orders if any(_stems(item.name) & spoken for item in order.items))
            return meant or orders


def _others(mentions: Mentions) -> tuple[tuple[str, ...], Pointer | None]:
    """All that the customer's words left open: of two that were named together the one not spoken of last."""
    rest = tuple(each for each in mentions.listed if each not in mentions.focus[-1:])
    if len(mentions.focus) == 1 and len(rest) == 1 and mentions.focus[0] in mentions.listed:
        return rest, None
    if not mentions.focus:
        return (), None
    return (), Pointer(kind="other", others_than=mentions.focus)


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(fold(clean(text))) if word not in _telling_nothing()}


@cache
def _telling_nothing() -> frozenset[str]:
    return frozenset().union(*(stop_words(language) for language in Language))


def _digits(order_id: str) -> str:
    return "".join(letter for letter in order_id if letter.isdigit())
