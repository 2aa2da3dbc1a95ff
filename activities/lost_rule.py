"""What the store does about a lost parcel, looked for when an order turns out to be lost: no message asks for it in
these words."""

from activities.generation.lost_quotes import question_on_loss
from domain.knowledge import SearchResult
from domain.orders import OrderStatus
from domain.ports import KnowledgeSearch
from domain.steps import Case, ClassifyResult, OrderLookup
from domain.vocabulary import Kind

LOOKED_AT = 2


async def with_lost_rule(
    knowledge: KnowledgeSearch, case: Case, classification: ClassifyResult, found: SearchResult, lookup: OrderLookup
) -> SearchResult:
    """What was found, and behind it what answers for a lost order where one was looked up. It does not make the message
    answerable. Raises Unavailable."""
    if not any(order.status is OrderStatus.LOST for order in lookup.orders):
        return found
    rule = await knowledge.search(
        case.query.store,
        question_on_loss(classification.language),
        language=classification.language,
        kinds=(Kind.POLICY, Kind.FAQ),
        at=case.query.received_at,
        top=LOOKED_AT,
    )
    known = {each.passage_id for each in found.passages}
    more = [each for each in rule.passages if each.passage_id not in known] if rule.answerable else []
    # Looked for in other words than the customer's, so that its score says nothing of the message.
    return found.model_copy(
        update={"passages": (*found.passages, *(each.model_copy(update={"score": 0.0}) for each in more))}
    )
