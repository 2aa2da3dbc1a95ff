"""What was understood of a message, held against the store's policy: its tier, and why. Pure."""

from activities.classification.classifier import Understood
from activities.classification.signs import CATEGORIES
from activities.foreign import name_of
from activities.language import Heard
from domain.findings import Reason
from domain.money import Money
from domain.orders import OrderStatus
from domain.routing import above_limit, refund_tier, strictest, tier_of
from domain.steps import Case, ClassifyResult, IntentScore, OrderLookup
from domain.vocabulary import Intent, Tier

_TOO_MANY_TRIES = (
    "Here, or within a day in other conversations, several order numbers, addresses or names were given that do not "
    "belong together: make sure who the customer is before you say anything of an order."
)


def classified(case: Case, understood: Understood, heard: Heard) -> ClassifyResult:
    """The result of `classify`. Must-escalate categories and a sixth language go to a person, whatever the table."""
    intents = _with_person(understood, case)
    categories = _categories(understood, case)
    tier = strictest(tier_of(case.policy, tuple(score.intent for score in intents)), case.tier_floor)
    for_person = bool(categories) or (heard.foreign is not None and not understood.nothing_to_answer)
    return ClassifyResult(
        intent=intents[0].intent,
        probability=intents[0].probability,
        intents=intents,
        language=heard.language,
        language_confidence=round(heard.confidence, 4),
        tier=Tier.PERSON if for_person else tier,
        nothing_to_answer=understood.nothing_to_answer and not categories and not case.query.attachments,
        must_escalate=categories,
        order_ids=understood.order_ids,
        money=tuple(Money(number=each.number, currency=each.currency) for each in understood.amounts),
        dates=understood.dates,
        product_codes=understood.product_codes,
        sentiment=understood.sentiment,
        urgency=understood.urgency,
        familiarity=understood.familiarity,
        foreign_language=heard.foreign,
        reasons=_reasons(case, understood, intents, heard),
    )


def _with_person(understood: Understood, case: Case) -> tuple[IntentScore, ...]:
    """The intents, with `human_agent` where a person was asked for in words or by the API."""
    asked = case.query.wants_person or any(sign.category == "person_requested" for sign in understood.signs)
    if not asked or any(score.intent is Intent.HUMAN_AGENT for score in understood.intents):
        return understood.intents
    return (*understood.intents, IntentScore(intent=Intent.HUMAN_AGENT, probability=1.0))


def _categories(understood: Understood, case: Case) -> tuple[str, ...]:
    met = {sign.category for sign in understood.signs}
    if case.query.wants_person:
        met.add("person_requested")
    return tuple(category for category in CATEGORIES if category in met)


def _reasons(case: Case, understood: Understood, intents: tuple[IntentScore, ...], heard: Heard) -> tuple[Reason, ...]:
    reasons = [
        Reason(code=sign.category, text=f"The message says “{sign.excerpt}”: {sign.category.replace('_', ' ')}.")
        for sign in understood.signs
    ]
    if case.query.wants_person:
        reasons.append(Reason(code="person_requested", text="The customer asked for a person."))
    if heard.foreign is not None and not understood.nothing_to_answer:
        text = f"The message is in {name_of(heard.foreign)}, which is none of the five languages answered here."
        reasons.append(Reason(code="foreign_language", text=text))
    strict = [score.intent for score in intents if case.policy.table[score.intent] is Tier.PERSON]
    reasons += [
        Reason(code="intent", text=f"Queries with the intent “{intent.words}” always go to a person here.")
        for intent in strict
    ]
    if case.tier_floor is not Tier.AUTOMATIC:
        reasons.append(
            Reason(code="tier_floor", text=f"An earlier query of this conversation was tier {case.tier_floor.value}.")
        )
    return tuple(reasons)


def tier_after_lookup(
    case: Case, classification: ClassifyResult, lookup: OrderLookup
) -> tuple[Tier, tuple[Reason, ...]]:
    """The tier after the look-up: a refund of more than the store's limit goes to a person, and so does a customer who
    has tried too often to say who they are; somebody has to see to an order that was lost before they are told so."""
    if lookup.too_many_tries:
        return Tier.PERSON, (Reason(code="too_many_tries", text=_TOO_MANY_TRIES),)
    tier, reasons = _refund_tier(case, classification, lookup)
    lost = [order.order_id for order in lookup.orders if order.status is OrderStatus.LOST]
    if not lost or tier is Tier.PERSON:
        return tier, reasons
    text = f"Order {', '.join(lost)} was lost on its way: follow it up before the customer is told so."
    return strictest(tier, Tier.REVIEW), (*reasons, Reason(code="order_lost", text=text))


def _refund_tier(case: Case, classification: ClassifyResult, lookup: OrderLookup) -> tuple[Tier, tuple[Reason, ...]]:
    if Intent.REFUND not in {score.intent for score in classification.intents}:
        return classification.tier, ()
    at_hand = lookup.orders if classification.order_ids or len(lookup.orders) == 1 else ()
    amounts = (*classification.money, *(Money(number=order.total, currency=order.currency) for order in at_hand))
    tier, high = refund_tier(case.policy, amounts), above_limit(case.policy, amounts)
    if high is None or classification.tier is Tier.PERSON:
        return strictest(classification.tier, tier), ()
    limit = f"{case.policy.refund_limit_in(high.currency)} {high.currency}"
    text = f"The refund may be {high.number} {high.currency}, above the store's limit of {limit}."
    return tier, (Reason(code="refund_limit", text=text),)
