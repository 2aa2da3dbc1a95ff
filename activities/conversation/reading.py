"""A message read as part of its conversation: what the step `classify` makes of both."""

from activities.classification.classifier import Understood
from activities.classification.port import MessageClassifier
from activities.classified import tier_after_lookup
from activities.conversation.attempts import CODE, asked_too_often, exhausted_by, unhelped
from activities.conversation.continuation import continuation_of
from activities.conversation.pointers import chosen
from activities.conversation.settling import UNSURE, continued, settled_by, taken_up
from activities.wording import gist_of
from domain.conversations import Continued
from domain.findings import Reason
from domain.messages import unanswered_text
from domain.routing import strictest
from domain.steps import Case, ClassifyResult, GuardInput, IntentScore, OrderLookup
from domain.vocabulary import Intent, Outcome, Tier

HARDLY = 3
"""Words beside order numbers that say nothing by themselves."""
LIKELY = 0.7


async def understood_in(classifier: MessageClassifier, case: Case) -> tuple[Understood, Continued | None]:
    """What the customer wants, with what the message takes from earlier turns. Raises Unavailable as the classifier
    does."""
    text = unanswered_text(case.thread)
    understood = await _understood(classifier, text)
    continuation = continuation_of(case)
    settled = settled_by(continuation, understood)
    if settled and continuation.matter is not None:
        matter = await _understood(classifier, continuation.matter)
        accepted = await _understood(classifier, continuation.accepted) if continuation.accepted else None
        understood = taken_up(understood, matter, accepted)
    taken = continued(continuation, understood, text, settled=settled)
    if taken is not None and not understood.order_ids:
        understood = understood._replace(order_ids=taken.order_ids)
    return understood, taken


async def _understood(classifier: MessageClassifier, text: str) -> Understood:
    """Order numbers with hardly a word around them (“where are A and B?”) ask how those orders stand: without the
    numbers nothing is left for a classifier to read."""
    found = await classifier.understand(text)
    words = [word for word in gist_of(text).split() if any(map(str.isalpha, word))]
    first = found.intents[0]
    unread = first.intent is Intent.OTHER or first.probability < UNSURE
    if not found.order_ids or len(words) > HARDLY or not unread:
        return found
    return found._replace(intents=(IntentScore(intent=Intent.ORDER_STATUS, probability=LIKELY),))


def in_conversation(
    found: ClassifyResult, case: Case, taken: Continued | None, *, language_known: bool = False
) -> ClassifyResult:
    """The result of `classify` with its place in the conversation: two attempts that failed make it tier 3, one needs
    a person's look. `language_known`: the customer's record told the language, the message did not."""
    if language_known:
        text = f"Language {found.language.value}: from the customer record, since the message is too short to tell."
        taken = taken or Continued()
        taken = taken.model_copy(update={"used": (*taken.used, text)})
    reason = unhelped(case)
    if reason is None or found.nothing_to_answer:
        return found.model_copy(update={"continues": taken})
    tier = Tier.PERSON if reason.code == CODE else strictest(found.tier, Tier.REVIEW)
    return found.model_copy(update={"continues": taken, "tier": tier, "reasons": (*found.reasons, reason)})


def asked_in_vain(request: GuardInput, outcome: Outcome) -> tuple[Outcome, tuple[Reason, ...]]:
    """The guard's outcome: a question that would be the third in a row goes to a person, whoever composed it."""
    reason = asked_too_often(request.case.thread) if request.draft.kind == "clarification" else None
    if reason is None or request.edited:
        return outcome, ()
    return Outcome.ESCALATE, (reason,)


def pointed_out(lookup: OrderLookup, classification: ClassifyResult) -> OrderLookup:
    """The look-up with the orders that the message points at, all of them where it points at none."""
    pointer = classification.continues.pointer if classification.continues else None
    if pointer is None or len(lookup.orders) < 2:
        return lookup
    orders = chosen(lookup.orders, pointer)
    ids = {order.order_id for order in orders}
    return lookup.model_copy(
        update={"orders": orders, "returns": tuple(each for each in lookup.returns if each.order_id in ids)}
    )


def after_lookup(case: Case, classification: ClassifyResult, lookup: OrderLookup) -> tuple[Tier, tuple[Reason, ...]]:
    """The tier after the look-up and why: as the store's policy says, and a person's instead of a third question."""
    tier, reasons = tier_after_lookup(case, classification, lookup)
    exhausted = exhausted_by(case, classification, lookup)
    return (Tier.PERSON, (*reasons, exhausted)) if exhausted else (tier, reasons)
