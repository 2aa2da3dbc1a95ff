"""What the store does where an order is lost, missed or to be stopped, looked for when the order's state is known: no
message asks for it in the words of the documents."""

from activities.generation.lost_quotes import question_on_loss
from activities.generation.order_part import orders_of
from activities.generation.situations import question_in, situation_of
from activities.return_rule import ahead_of
from domain.knowledge import FoundPassage, SearchResult
from domain.messages import unanswered_text
from domain.orders import OrderStatus
from domain.ports import KnowledgeSearch
from domain.steps import Case, ClassifyResult, OrderLookup
from domain.vocabulary import Kind

LOOKED_AT = 2


async def with_situation_rule(
    knowledge: KnowledgeSearch, case: Case, classification: ClassifyResult, found: SearchResult, lookup: OrderLookup
) -> SearchResult:
    """What was found; ahead of it what answers somebody who misses an order or wants to stop one, and behind it what
    answers for a lost one, which does not make the message answerable. Raises Unavailable."""
    text = unanswered_text(case.thread)
    situation = situation_of(text, classification, orders_of(text, classification, lookup))
    if situation is not None:
        rules = await _rules(knowledge, case, classification, question_in(situation, classification.language))
        found = ahead_of(rules, found) if rules else found
    if not any(order.status is OrderStatus.LOST for order in lookup.orders):
        return found
    rules = await _rules(knowledge, case, classification, question_on_loss(classification.language))
    known = {each.passage_id for each in found.passages}
    # Looked for in other words than the customer's, so that its score says nothing of the message.
    more = [each.model_copy(update={"score": 0.0}) for each in rules if each.passage_id not in known]
    return found.model_copy(update={"passages": (*found.passages, *more)})


async def _rules(
    knowledge: KnowledgeSearch, case: Case, classification: ClassifyResult, question: str
) -> tuple[FoundPassage, ...]:
    rule = await knowledge.search(
        case.query.store,
        question,
        language=classification.language,
        kinds=(Kind.POLICY, Kind.FAQ),
        at=case.query.received_at,
        top=LOOKED_AT,
    )
    return rule.passages if rule.answerable else ()
