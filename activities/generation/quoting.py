"""What is quoted beside the orders that a reply tells of: what answers the message, and what answers the situation."""

from collections.abc import Sequence

from activities.generation.asking import questions_of
from activities.generation.lost_quotes import speaks_of_loss, with_loss
from activities.generation.order_hints import misses, says
from activities.generation.order_part import orders_at_hand
from activities.generation.quotes import Quote, Quoted, QuoteFinder
from activities.generation.return_quotes import Wanted, quotes_on_return
from activities.generation.returns_texts import GONE, OVER
from activities.generation.situations import Situation, questions_in, situation_of
from activities.guarding.policy_terms import RETURN_WINDOW, speaks_of_term
from activities.wording import core_of
from domain.knowledge import Passage
from domain.messages import unanswered_text
from domain.orders import OrderStatus
from domain.steps import GenerateInput
from domain.vocabulary import Intent

UNSEEN = 0.3
"""Chance of an answer from which on it is quoted though the search saw none; the confidence weighs both."""
BESIDE_ORDER = 0.4
"""The same beside an order that is told: there a guess does harm."""
INSTEAD_OF_ORDER, SURE_OF_ORDER = 0.6, 0.9
"""The same instead of asking for an order number, and the probability of the intent from which on that is asked anyway.
Of 69 generated messages that this touched 59 were questions to the documents (54 answered rightly), 10 about orders."""


async def quoted(
    finder: QuoteFinder, request: GenerateInput, passages: Sequence[Passage], intents: set[Intent]
) -> Quoted:
    """Quotes, unless nothing found fits or the question was only where an order is. Raises Unavailable when a remote
    embedder does not answer."""
    text, at_hand = unanswered_text(request.case.thread), orders_at_hand(request)
    situation = situation_of(text, request.classification, at_hand)
    if intents == {Intent.ORDER_STATUS} and situation != "missed":
        return Quoted()
    own = await _found(finder, request, passages, core_of(text))
    named = bool(at_hand or request.classification.order_ids)
    if not request.retrieval.answerable and (named or not _reaches(own, UNSEEN)):
        own = Quoted()
    if named and Intent.RETURN_REQUEST not in intents and not _reaches(own, BESIDE_ORDER):
        own = Quoted()
    return await _for(situation, finder, request, passages, own) if situation else own


async def quoted_instead(finder: QuoteFinder, request: GenerateInput, passages: Sequence[Passage]) -> Quoted:
    """What answers a message that seems to be about an order and names none: `From when on can I follow a parcel?` asks
    for a rule, and who misses a parcel that counts as delivered is told what to do. Empty where the classifier is sure
    of the order, or nothing surely answers. Raises Unavailable when a remote embedder does not answer."""
    read, text = request.classification, unanswered_text(request.case.thread)
    if read.order_ids or request.retrieval.lookup.orders:
        return Quoted()
    if read.intent is Intent.ORDER_STATUS and misses(text) and says(text, "handed"):
        avoid = request.rejected_text or ""
        return await finder.whole(questions_in("missed", read.language), passages, language=read.language, avoid=avoid)
    if read.probability >= SURE_OF_ORDER:
        return Quoted()
    own = await _found(finder, request, passages, core_of(text))
    return own if _reaches(own, INSTEAD_OF_ORDER) else Quoted()


async def _for(
    situation: Situation, finder: QuoteFinder, request: GenerateInput, passages: Sequence[Passage], own: Quoted
) -> Quoted:
    """What answers the situation, and behind it what answers the message's own words; each only where it surely does:
    the order is told, and beside that a guess does harm."""
    language = request.classification.language
    wordings = questions_in(situation, language)
    rule = await finder.whole(wordings, passages, language=language, avoid=request.rejected_text or "")
    if not rule.quotes:
        rule = await _found(finder, request, passages, wordings[0])
    sure = own if _reaches(own, BESIDE_ORDER) else Quoted()
    if not _reaches(rule, BESIDE_ORDER):
        return sure
    known = {quote.passage.document_id for quote in rule.quotes}
    more = [quote for quote in sure.quotes if quote.passage.document_id not in known]
    return Quoted((*rule.quotes, *more), (), rule.answers)


async def _found(finder: QuoteFinder, request: GenerateInput, passages: Sequence[Passage], question: str) -> Quoted:
    return await finder.find(
        question,
        passages,
        request.retrieval.passages,
        language=request.classification.language,
        avoid=request.rejected_text or "",
    )


def _reaches(found: Quoted, chance: float) -> bool:
    return found.answers is not None and found.answers >= chance


def quotes_for_orders(
    request: GenerateInput, passages: Sequence[Passage], quotes: tuple[Quote, ...], intents: set[Intent]
) -> tuple[Quote, ...]:
    """The quotes with all that a lost order or a return hangs on, and without what is of no use to its customer."""
    at_hand = orders_at_hand(request)
    if any(order.status is OrderStatus.LOST for order in at_hand):
        quotes = with_loss(quotes, passages, request.classification.language)
    if Intent.RETURN_REQUEST not in intents:
        return quotes
    if len(at_hand) == 1 and at_hand[0].status in OVER | GONE and Intent.REFUND not in intents:
        return tuple(quote for quote in quotes if at_hand[0].status is OrderStatus.LOST and speaks_of_loss(quote.text))
    if not request.retrieval.answerable:
        return quotes
    return quotes_on_return(_on_topic(request, quotes), passages, wanted_of(request))


def _on_topic(request: GenerateInput, quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
    """Where an order at hand is to go back and that is all that is asked, only what speaks of returns."""
    text, at_hand = unanswered_text(request.case.thread), orders_at_hand(request)
    several = len(questions_of(core_of(text), request.classification.language)) > 1
    if not at_hand or several or situation_of(text, request.classification, at_hand) == "return_cost":
        return quotes
    return tuple(quote for quote in quotes if speaks_of_term(RETURN_WINDOW, f"{quote.passage.title}\n{quote.text}"))


def wanted_of(request: GenerateInput) -> Wanted:
    """What a return is about. Whoever names no order is told the period too: their case is not known."""
    at_hand = orders_at_hand(request)
    general = not at_hand and request.classification.intent is Intent.RETURN_REQUEST
    return Wanted(
        message=unanswered_text(request.case.thread),
        bought=" ".join(item.name for order in at_hand for item in order.items),
        language=request.classification.language,
        period=general or any(order.status is OrderStatus.DELIVERED for order in at_hand),
    )
