"""What an understood message takes from the conversation in the end: intents, orders, a pointer for the look-up.

What a message says for itself always wins over what the turns before it suggest.
"""

from activities.classification.classifier import Understood
from activities.conversation.continuation import Continuation
from activities.conversation.pointers import speaks_of_all
from domain.conversations import Continued, Pointer
from domain.steps import IntentScore
from domain.vocabulary import Intent

ABOUT_ORDERS = frozenset({Intent.ORDER_STATUS, Intent.REFUND, Intent.RETURN_REQUEST, Intent.CANCEL})
UNSURE = 0.6
"""Below this probability a message that goes on with something is taken to want what was wanted before."""


def settled_by(continuation: Continuation, own: Understood) -> bool:
    """Whether the earlier matter's intents count for the message that was understood as `own`."""
    if continuation.matter is None or continuation.surely:
        return continuation.matter is not None
    first = own.intents[0]
    return first.intent in (Intent.OTHER, Intent.ORDER_STATUS) or first.probability < UNSURE


def taken_up(own: Understood, matter: Understood, accepted: Understood | None = None) -> Understood:
    """A message that goes on with an earlier matter: its own words and entities, and the intents of the matter, first
    those of a proposal that it accepts. What must go to a person keeps going there."""
    scores: dict[Intent, IntentScore] = {}
    for score in (*(accepted.intents if accepted else ()), *matter.intents):
        scores.setdefault(score.intent, score)
    if len(scores) > 1:
        scores.pop(Intent.OTHER, None)
    known = {sign.category for sign in own.signs}
    return own._replace(
        intents=tuple(scores.values()),
        signs=(*own.signs, *(sign for sign in matter.signs if sign.category not in known)),
        amounts=tuple(dict.fromkeys((*own.amounts, *matter.amounts))),
        dates=own.dates or matter.dates,
        product_codes=own.product_codes or matter.product_codes,
        nothing_to_answer=False,
        familiarity=matter.familiarity,
    )


def continued(continuation: Continuation, understood: Understood, text: str, *, settled: bool) -> Continued | None:
    """What was taken, for the steps that follow; None when the message stands for itself."""
    about_orders = bool(ABOUT_ORDERS & {score.intent for score in understood.intents})
    ids, pointer = continuation.order_ids, continuation.pointer
    if understood.order_ids or not about_orders:
        pointer = None
    elif not ids and pointer is None and continuation.focus:
        ids = continuation.focus
    elif not ids and pointer is None and not speaks_of_all(text):
        pointer = Pointer(kind="items", text=text[:500])
    ids = () if understood.order_ids or not (about_orders or settled) or pointer is not None else ids
    used = []
    if settled and continuation.matter:
        used.append(f"{continuation.why}: what they want is taken from “{_excerpt(continuation.matter)}”.")
    if ids:
        used.append(f"Order {', '.join(ids)} is taken from earlier in the conversation.")
    if not (used or ids or pointer):
        return None
    return Continued(
        matter=continuation.matter[:2000] if settled and continuation.matter else None,
        order_ids=ids,
        pointer=pointer,
        used=tuple(used),
    )


def _excerpt(text: str, length: int = 80) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else f"{words[:length].rsplit(' ', 1)[0]} …"
