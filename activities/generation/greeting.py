"""By which name a reply greets. A customer chooses it freely, so that only what reads as a name is repeated."""

import re
from collections.abc import Iterable

from domain.customers import CustomerRecord
from domain.orders import Order

MAX_CHARACTERS = 50
MAX_WORDS = 6
ANY_WORDS = 3
"""So many words may be written in any case; more only as names are, so that no sentence passes for one."""
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*\.?")
_PARTICLES = frozenset(
    "al bin da das de del della den der di do dos du e el i la las le los ten ter van von y zu".split()
)


def name_to_greet(
    orders: Iterable[Order], customer: CustomerRecord | None = None, *, first_only: bool = False
) -> str | None:
    """The name in the customer's record, else the first one on the orders, if it reads as one: else the reply would say
    whatever the customer put there. `first_only`: as friends would be greeted."""
    names = [customer.name if customer else None, *(order.name for order in orders)]
    name = next((each for each in names if each), "")[: MAX_CHARACTERS + 2].strip(" ")
    words = name.split(" ")
    if len(name) > MAX_CHARACTERS or len(words) > MAX_WORDS or not all(map(_WORD.fullmatch, words)):
        return None
    as_written = all(word[0].isupper() or word in _PARTICLES for word in words)
    if not as_written and len(words) > ANY_WORDS:
        return None
    first = words[0]
    return first if first_only and len(first) > 1 and not first.endswith(".") and first not in _PARTICLES else name
