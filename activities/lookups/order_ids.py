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


def could_be_one(written: str, orders: Sequence[Order]) -> bool:
    """Whether what is written may be an order number: not where it is a bare number of another length than those of all
    the customer's orders, as an item's is."""
    if not orders or not written.isdigit():
        return True
    return len(written) in {len(_digits(order.order_id)) for order in orders}


def narrowed(orders: Sequence[Order], text: str, limit: int) -> tuple[Order, ...]:
    """At most `limit` of a customer's orders, in their order: those whose things the message names come before later
    ones."""
    if len(orders) <= limit:
        return tuple(orders)
    said = _words(text)
    ranked = sorted(range(len(orders)), key=lambda place: (-_named_things(orders[place], said), place))
    return tuple(orders[place] for place in sorted(ranked[:limit]))


def _named_things(order: Order, said: set[str]) -> int:
    """Of the things in an order, how many the message names by a word at least, in whatever number or case."""
    stems = {_stem(word) for word in said}
    things = ({_stem(word) for word in _words(f"{item.name} {item.sku}")} for item in order.items)
    return sum(1 for thing in things if thing & stems)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", fold(text)))


def _stem(word: str) -> str:
    """What a word keeps of itself in the plural and in other cases, roughly: it is compared with a few names only."""
    return word[: max(4, min(len(word) - 2, 8))]


def _key(order_id: str) -> str:
    return _PLAIN.sub("", order_id.upper())


def _digits(order_id: str) -> str:
    return re.sub(r"\D", "", order_id)
