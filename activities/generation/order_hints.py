"""What a message says of orders without naming one: which is meant, that nothing has come, that goods were opened.

Words are data, in resources/order_hints.json.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Literal

from activities.generation.telling_words import MAX_READ, telling_stems
from activities.phrase_lists import comparable, compiled
from activities.wording import RESOURCES, clean, negated_before
from domain.orders import AWAITED, Order, OrderItem
from domain.steps import ClassifyResult
from domain.vocabulary import Language

Hint = Literal["latest", "awaited", "absent", "opened", "loose", "whereabouts", "handed", "goods", "return_cost"]
"""`loose`: those of `absent` that are said of parts and accounts too; `whereabouts`: where something is, when it comes;
`handed`: that a parcel counts as delivered; `goods`: what only who thinks of the goods themselves asks, their stock,
make or parts; `return_cost`: what sending back costs."""


def says(text: str, hint: Hint) -> bool:
    """Whether a message holds words of a list, whatever its language: people mix them."""
    return _pattern(hint).search(comparable(clean(text[:MAX_READ]))) is not None


def misses(text: str) -> bool:
    """Whether a message plainly says that nothing has come: not only that something is missing or cannot be found."""
    return _strictly_absent().search(comparable(clean(text[:MAX_READ]))) is not None


def says_opened(text: str) -> bool:
    """Whether goods were opened or used, and not the contrary: `never used`."""
    spoken = comparable(clean(text[:MAX_READ]))
    return any(not negated_before(spoken, found.start()) for found in _pattern("opened").finditer(spoken))


def meant_orders(text: str, read: ClassifyResult, orders: Sequence[Order]) -> tuple[Order, ...]:
    """The one of several orders, newest first, that a message plainly means: by a product's code or name, a day, as
    the last one, or as the only one that is still awaited. Empty when it means none plainly."""
    if len(orders) < 2:
        return ()
    choices = (
        [order for order in orders if any(item.sku.upper() in read.product_codes for item in order.items)],
        _by_name(text, orders, read.language),
        [order for order in orders if _is_of_a_day(order, read.dates)],
        list(orders[:1]) if says(text, "latest") else [],
        [order for order in orders if order.status in AWAITED] if says(text, "awaited") else [],
    )
    return next((tuple(found) for found in choices if len(found) == 1), ())


def named_items(text: str, read: ClassifyResult, order: Order) -> tuple[OrderItem, ...]:
    """The lines of an order that a message names by code or name; none: it speaks of all of it."""
    spoken = known_by(text, read.language)
    coded = tuple(item for item in order.items if item.sku.upper() in read.product_codes)
    touched = tuple(item for item in order.items if known_by(item.name, read.language) & spoken)
    plain = tuple(
        item for item in touched if (known_by(item.name, read.language) & spoken) - _of_others(item, touched, read)
    )
    return coded or plain or touched


def known_by(text: str, language: Language) -> frozenset[str]:
    """The words of a text that a product may be known by."""
    return telling_stems(text, language) - _generic(language)


def _of_others(item: OrderItem, among: Sequence[OrderItem], read: ClassifyResult) -> frozenset[str]:
    return frozenset(stem for other in among if other is not item for stem in known_by(other.name, read.language))


def names_goods_of(text: str, order: Order, language: Language) -> bool:
    """Whether a text holds a word that something in the order is known by."""
    spoken = known_by(text, language)
    return any(known_by(item.name, language) & spoken for item in order.items)


def _by_name(text: str, orders: Sequence[Order], language: Language) -> list[Order]:
    """Orders with an item whose name shares a word with the message that no other order's items have."""
    spoken = known_by(text, language)
    named = [frozenset(stem for item in order.items for stem in known_by(item.name, language)) for order in orders]
    counts = Counter(stem for stems in named for stem in stems)
    return [
        order for order, stems in zip(orders, named, strict=True) if any(counts[stem] == 1 for stem in stems & spoken)
    ]


def _is_of_a_day(order: Order, dates: Sequence[str]) -> bool:
    """Placed on a day that the message names; the year 0000 stands for any."""
    placed = order.placed_at.date().isoformat()
    return any(day == placed or (day.startswith("0000-") and placed[4:] == day[4:]) for day in dates)


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[str, list[str]]] = json.loads((RESOURCES / "order_hints.json").read_text(encoding="utf-8"))
    return lists


@cache
def _pattern(hint: Hint) -> re.Pattern[str]:
    return compiled(phrase for language in Language for phrase in _lists()[language.value][hint])


@cache
def _strictly_absent() -> re.Pattern[str]:
    lists = _lists()
    return compiled(
        phrase
        for language in Language
        for phrase in lists[language.value]["absent"]
        if phrase not in lists[language.value]["loose"]
    )


@cache
def _generic(language: Language) -> frozenset[str]:
    """Of words that no product is known by: of orders in general."""
    words = " ".join(_lists()[language.value]["generic"])
    return telling_stems(words, language)
