"""The must-escalate categories, and what gives one away."""

from collections.abc import Iterable
from typing import NamedTuple

CATEGORIES = (
    "legal_threat",
    "safety",
    "self_harm",
    "threat",
    "vulnerable_customer",
    "chargeback",
    "person_requested",
)
"""Names of the categories that always go to a person, whatever a store sets."""
NEGATABLE = frozenset({"legal_threat", "threat", "chargeback", "person_requested"})
"""A negation before the phrase cancels it here; elsewhere a needless look by a person costs less than a miss."""


NEVER_MISSED = frozenset({"self_harm", "threat"})
"""A needless look by a person costs nothing here beside a miss."""


class Sign(NamedTuple):
    """Words that were met."""

    category: str
    excerpt: str


def first_of_each(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """The first sign of each category, in the order of CATEGORIES."""
    first: dict[str, Sign] = {}
    for sign in signs:
        first.setdefault(sign.category, sign)
    return tuple(first[category] for category in CATEGORIES if category in first)
