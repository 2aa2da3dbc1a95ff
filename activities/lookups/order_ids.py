"""Order numbers as people write them, held against order numbers as the store writes them. Pure."""

import re
from collections.abc import Iterable, Sequence

from activities.classification.entities import OrderIdReader, product_codes_in
from activities.wording import fold
from domain.orders import Order

LEAST_DIGITS = 4
"""Digits of an order number that name it without its letters."""
_LIKE_ONE = re.compile(r"(?<![\w.,@-])#?\s?([A-Z]{1,4}-?\d{4,12})(?![\w-]|[.,]\d|@)", re.IGNORECASE)
_PLAIN = re.compile(r"[^A-Z0-9]")


def order_ids_in(text: str, reader: OrderIdReader) -> tuple[str, ...]:
    """Order numbers in a text: those in a known format, and what looks like one of another, upper case."""
    codes = product_codes_in(text)
    others = (match.group(1).upper() for match in _LIKE_ONE.finditer(text))
    found = dict.fromkeys((*reader.read(text), *others))
    return tuple(order_id for order_id in found if order_id not in codes)


def is_meant(written: str, order_id: str) -> bool:
    """Whether a customer who writes this means that order: the same but for case, spaces, hyphens and `#`, or the same
    digits."""
    if _key(written) == _key(order_id):
        return True
    digits = _digits(written)
    return len(digits) >= LEAST_DIGITS and digits == _digits(order_id)


def meant_among(written: Sequence[str], orders: Iterable[Order]) -> tuple[Order, ...]:
    """The orders that are named, in their order."""
    return tuple(order for order in orders if any(is_meant(each, order.order_id) for each in written))


def not_among(written: Sequence[str], orders: Sequence[Order]) -> tuple[str, ...]:
    """What is named and not there."""
    return tuple(each for each in written if not any(is_meant(each, order.order_id) for order in orders))


def narrowed(orders: Sequence[Order], text: str, limit: int) -> tuple[Order, ...]:
    """At most `limit` of a customer's orders, in their order: those whose things the message names come before later
    ones."""
    if len(orders) <= limit:
        return tuple(orders)
    said = set(re.findall(r"\w{4,}", fold(text)))
    ranked = sorted(range(len(orders)), key=lambda place: (-_named_things(orders[place], said), place))
    return tuple(orders[place] for place in sorted(ranked[:limit]))


def _named_things(order: Order, said: set[str]) -> int:
    """Of the things in an order, how many the message names by a word at least."""
    things = (set(re.findall(r"\w{4,}", fold(f"{item.name} {item.sku}"))) for item in order.items)
    return sum(1 for thing in things if thing & said or any(_near(word, said) for word in thing))


def _near(word: str, said: set[str]) -> bool:
    """A plural or another ending: the same first letters, all but three at most."""
    return len(word) >= 6 and any(
        len(each) >= 6 and each[: max(5, len(word) - 2)] == word[: max(5, len(word) - 2)] for each in said
    )


def _key(order_id: str) -> str:
    return _PLAIN.sub("", order_id.upper())


def _digits(order_id: str) -> str:
    return re.sub(r"\D", "", order_id)
