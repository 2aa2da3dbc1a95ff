"""The generator that needs no model: looked-up facts and quoted sentences in a courteous frame."""

from collections.abc import Sequence

from activities.generation.body import Body, joined, told_body
from activities.generation.citations import citations_of
from activities.generation.framing import framed
from activities.generation.order_hints import says_opened
from activities.generation.order_part import (
    LOOKED_UP,
    named_orders_part,
    odd_orders,
    orders_at_hand,
    orders_part,
)
from activities.generation.phrases import Phrases, phrases
from activities.generation.quotes import Quote, Quoted, QuoteFinder
from activities.generation.quoting import quoted, quoted_instead, quotes_for_orders, wanted_of
from activities.generation.refunds import facts_of_proposal, refund_proposal
from activities.generation.return_quotes import about_returns
from activities.generation.returns_texts import return_days, return_of_order
from activities.generation.situations import too_late_to_cancel
from domain.customers import ReturnStatus
from domain.findings import Reason
from domain.knowledge import Passage
from domain.messages import unanswered_text
from domain.orders import ON_ITS_WAY, OrderStatus
from domain.ports import Composed, Embedder
from domain.steps import GenerateInput
from domain.styles import Formality
from domain.vocabulary import Intent, Kind, Language

NAME = "template-5"
NEEDS_A_PERSON = frozenset({Intent.REFUND, Intent.CANCEL, Intent.ACCOUNT, Intent.TECHNICAL_ISSUE})
"""Something has to be done that only a person may do: the draft says so beside what it quotes."""


class TemplateGenerator:
    """Satisfies `domain.ports.Generator`. Deterministic; says nothing that is not looked up, quoted or in phrases."""

    remote = False

    def __init__(self, embedder: Embedder) -> None:
        self._quotes = QuoteFinder(embedder)

    @property
    def name(self) -> str:
        return NAME

    async def compose(self, request: GenerateInput, passages: Sequence[Passage]) -> Composed:
        """Raises Unavailable only when a remote embedder does not answer."""
        body = await self._body(request, passages)
        text, proposal = framed(body, request), body.proposal
        if request.rejected_text is not None and text.strip() == request.rejected_text.strip():
            body = Body([_words(request).holding_again], "holding")
            text = framed(body, request)
        return Composed(
            text=text,
            kind=body.kind,
            citations=citations_of(body.quotes, text),
            facts=body.facts | facts_of_proposal(proposal),
            proposal=proposal,
            coverage=body.coverage,
            reasons=body.reasons,
            answers=body.answers,
            model=NAME,
        )

    async def _body(self, request: GenerateInput, passages: Sequence[Passage]) -> Body:
        intents = _intents(request)
        words, formality = _words(request), _formality(request)
        orders = orders_part(request, intents, formality)
        if orders is not None and orders.kind == "clarification" and request.classification.intent in LOOKED_UP:
            instead = await quoted_instead(self._quotes, request, passages)
            return _quoted_body(request, instead) if instead.quotes else orders
        if Intent.RETURN_REQUEST in intents and request.classification.intent in (Intent.RETURN_REQUEST, Intent.CANCEL):
            passages = about_returns(passages, wanted_of(request))
        quotes, unanswered, answers = await quoted(self._quotes, request, passages, intents)
        quotes = quotes_for_orders(request, passages, quotes, intents)
        state = form = Body([])
        if Intent.RETURN_REQUEST in intents:
            state, form = _return_parts(request, quotes)
        told = _quoted_part(request, quotes) if quotes else Body([])
        known = orders if orders is not None and orders.kind == "answer" else Body([])
        looked_up = bool(known.paragraphs or state.paragraphs)
        whole = joined([known, state, told, form, _open_part(request, () if looked_up else unanswered)])
        if not whole.paragraphs:
            named = named_orders_part(request, formality)
            return named or Body([words.holding_again if request.attempt > 1 else words.holding], "holding")
        proposal = refund_proposal(request, passages, quotes) if Intent.REFUND in intents else None
        return whole._replace(
            paragraphs=[*whole.paragraphs, *_by_person(request, intents)], proposal=proposal, answers=answers
        )


def _intents(request: GenerateInput) -> set[Intent]:
    """What is wanted; of an order that has arrived no cancelling, but what is left: to send it back."""
    intents = {score.intent for score in request.classification.intents}
    late = too_late_to_cancel(request.classification, orders_at_hand(request))
    return (intents - {Intent.CANCEL}) | {Intent.RETURN_REQUEST} if late else intents


def _by_person(request: GenerateInput, intents: set[Intent]) -> list[str]:
    """What is said to be a person's to decide."""
    words, states = _words(request), {order.status for order in orders_at_hand(request)}
    if Intent.REFUND in intents and states != {OrderStatus.REFUNDED}:
        return [words.refund_by_person]
    if Intent.CANCEL in intents and states <= ON_ITS_WAY:
        return [words.cancel_by_person]
    if intents & NEEDS_A_PERSON == {Intent.CANCEL} and states == {OrderStatus.CANCELLED}:
        return []
    return [words.checked_by_person] if NEEDS_A_PERSON & intents else []


def _formality(request: GenerateInput) -> Formality:
    return request.case.policy.style.formality_in(request.classification.language)


def _words(request: GenerateInput) -> Phrases:
    return phrases(request.classification.language, _formality(request))


def _quoted_body(request: GenerateInput, found: Quoted) -> Body:
    """A reply that is nothing but quotes."""
    whole = joined([_quoted_part(request, found.quotes), _open_part(request, found.unanswered)])
    return whole._replace(answers=found.answers)


def _quoted_part(request: GenerateInput, quotes: tuple[Quote, ...]) -> Body:
    language, words = request.classification.language, _words(request)
    paragraphs = [*_lead(request, quotes), *(_marked(quote, language, words) for quote in quotes)]
    url = quotes[0].passage.url
    if url:
        paragraphs.append(words.source.format(url=url))
    return Body(paragraphs, "answer", {}, quotes, sum(quote.sentences for quote in quotes))


def _open_part(request: GenerateInput, unanswered: tuple[str, ...]) -> Body:
    """Of several questions those that nothing found answers: the customer is told so, and a person looks at them."""
    if not unanswered:
        return Body([])
    told = "; ".join(f"“{question[:200]}”" for question in unanswered)
    reason = Reason(code="open_question", text=f"Nothing that was found surely answers {told}.")
    return Body([_words(request).unanswered], ungrounded=1, reasons=(reason,))


def _lead(request: GenerateInput, quotes: tuple[Quote, ...]) -> list[str]:
    """What leads up to the quotes, by what was asked. Promises nothing; a plain tone does without."""
    words = _words(request)
    foreign = {quote.passage.language for quote in quotes} - {request.classification.language}
    if foreign:
        names = ", ".join(words.languages[other.value] for other in sorted(foreign))
        return [words.other_language.format(language=names)]
    if request.case.policy.style.tone == "plain":
        return []
    if request.attempt > 1:
        return [words.lead_again]
    if {quote.passage.kind for quote in quotes} == {Kind.PRODUCT}:
        return [words.lead_product]
    intents = (score.intent.value for score in request.classification.intents)
    return [next((words.leads[intent] for intent in intents if intent in words.leads), words.lead)]


def _return_parts(request: GenerateInput, quotes: tuple[Quote, ...]) -> tuple[Body, Body]:
    """Until when the order at hand may go back, or how far its return is; and the form where a return may begin."""
    language, at_hand = request.classification.language, orders_at_hand(request)
    lookup, state, may_start = request.retrieval.lookup, Body([]), True
    if len(at_hand) == 1:
        days = return_days([quote.passage for quote in quotes], [quote.text for quote in quotes], language)
        told, may_start = return_of_order(
            at_hand[0], lookup.returns, days, language, request.case.query.received_at, formality=_formality(request)
        )
        opened = bool(told.text) and may_start and says_opened(unanswered_text(request.case.thread))
        rejected = any(
            one.order_id == at_hand[0].order_id and one.status is ReturnStatus.REJECTED for one in lookup.returns[:1]
        )
        reasons = (*odd_orders(at_hand), *([_OPENED] if opened else []), *([_REJECTED] if rejected else []))
        state = told_body([told])._replace(reasons=reasons)
    url = request.case.policy.return_form_url
    form = [_words(request).return_form.format(url=url)] if url and may_start else []
    return state, Body(form, grounded=len(form))


_OPENED = Reason(
    code="return_condition", text="The customer says that goods were opened or used: check whether they may go back."
)
_REJECTED = Reason(code="return_rejected", text="A return of this order was not accepted: explain why.")


def _marked(quote: Quote, language: Language, words: Phrases) -> str:
    """Words of another language stand in the quotation marks of this one."""
    return quote.text if quote.passage.language is language else words.quotation.format(text=quote.text)
