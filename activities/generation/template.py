"""The generator that needs no model: looked-up facts and quoted sentences in a courteous frame."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from activities.generation.greeting import name_to_greet
from activities.generation.order_texts import Told, order_list, order_status, questions, return_window, whether_gone
from activities.generation.phrases import phrases, signature_of
from activities.generation.quotes import Quote, QuoteFinder
from activities.wording import core_of
from domain.drafts import Citation
from domain.knowledge import Passage
from domain.messages import unanswered_text
from domain.ports import Composed, Embedder
from domain.steps import GenerateInput
from domain.vocabulary import Intent, Language

NAME = "template-2"
LOOKED_UP = frozenset({Intent.ORDER_STATUS, Intent.RETURN_REQUEST, Intent.REFUND, Intent.CANCEL})
NEEDS_A_PERSON = frozenset({Intent.REFUND, Intent.CANCEL, Intent.ACCOUNT, Intent.TECHNICAL_ISSUE})
"""Something has to be done that only a person may do: the draft says so beside what it quotes."""
Kind = Literal["answer", "clarification", "holding"]


class _Body(NamedTuple):
    """The middle of a reply."""

    paragraphs: list[str]
    kind: Kind
    facts: dict[str, str] = {}
    quotes: tuple[Quote, ...] = ()
    grounded: int = 0
    """Sentences that rest on a passage or a looked-up fact."""
    ungrounded: int = 0


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
        language = request.classification.language
        text = _framed(body, request)
        if request.rejected_text is not None and text.strip() == request.rejected_text.strip():
            body = _Body([phrases(language).holding_again], "holding")
            text = _framed(body, request)
        told = body.grounded + body.ungrounded
        return Composed(
            text=text,
            kind=body.kind,
            citations=tuple(_citation(quote.passage) for quote in body.quotes),
            facts=body.facts,
            coverage=body.grounded / told if told else 0.0,
            model=NAME,
        )

    async def _body(self, request: GenerateInput, passages: Sequence[Passage]) -> _Body:
        intents = {score.intent for score in request.classification.intents}
        language = request.classification.language
        orders = _orders_part(request, intents)
        if orders is not None and orders.kind == "clarification" and request.classification.intent in LOOKED_UP:
            return orders
        quotes = await self._quoted(request, passages, intents)
        parts = [orders] if orders is not None and orders.kind == "answer" else []
        if quotes:
            parts.append(_quoted_part(request, quotes))
        if Intent.RETURN_REQUEST in intents:
            parts.append(_return_part(request, " ".join(quote.text for quote in quotes)))
        joined = _joined(parts)
        if not joined.paragraphs:
            again = request.attempt > 1
            return _Body([phrases(language).holding_again if again else phrases(language).holding], "holding")
        if NEEDS_A_PERSON & intents:
            return joined._replace(paragraphs=[*joined.paragraphs, phrases(language).checked_by_person])
        return joined

    async def _quoted(
        self, request: GenerateInput, passages: Sequence[Passage], intents: set[Intent]
    ) -> tuple[Quote, ...]:
        """Quotes, unless nothing found fits or the question was only where an order is."""
        if not request.retrieval.answerable or intents == {Intent.ORDER_STATUS}:
            return ()
        question = core_of(unanswered_text(request.case.thread))
        return await self._quotes.find(
            question, passages, request.retrieval.passages, avoid=request.rejected_text or ""
        )


def _orders_part(request: GenerateInput, intents: set[Intent]) -> _Body | None:
    """What the look-up says about orders; None when the message is not about one."""
    language, lookup = request.classification.language, request.retrieval.lookup
    if Intent.ORDER_STATUS not in intents and not (request.classification.order_ids and LOOKED_UP & intents):
        return None
    asked = questions(lookup, language)
    if asked is not None and not lookup.orders:
        return _Body([asked], "clarification", ungrounded=1)
    if Intent.ORDER_STATUS not in intents and Intent.RETURN_REQUEST in intents:
        return None
    at = request.case.query.received_at
    named = bool(request.classification.order_ids)
    if len(lookup.orders) == 1 or named:
        told = [order_status(order, language, at) for order in lookup.orders[:3]]
        if Intent.CANCEL in intents and len(told) == 1:
            told = [_together(told[0], whether_gone(lookup.orders[0], language))]
    else:
        told = [order_list(lookup.orders, language, at)]
    paragraphs = [part.text for part in told] + ([asked] if asked else [])
    facts = {name: value for part in told for name, value in part.facts.items()}
    return _Body(paragraphs, "answer", facts, (), sum(part.sentences for part in told), 1 if asked else 0)


def _together(first: Told, second: Told) -> Told:
    return Told(f"{first.text} {second.text}".strip(), first.facts | second.facts, first.sentences + second.sentences)


def _quoted_part(request: GenerateInput, quotes: tuple[Quote, ...]) -> _Body:
    language = request.classification.language
    words = phrases(language)
    paragraphs = [words.lead if request.attempt == 1 else words.lead_again]
    foreign = {quote.passage.language for quote in quotes} - {language}
    if foreign:
        names = ", ".join(words.languages[other.value] for other in sorted(foreign))
        paragraphs = [words.other_language.format(language=names)]
    paragraphs += [_marked(quote, language) for quote in quotes]
    url = quotes[0].passage.url
    if url:
        paragraphs.append(words.source.format(url=url))
    return _Body(paragraphs, "answer", {}, quotes, sum(quote.sentences for quote in quotes))


def _return_part(request: GenerateInput, quoted: str) -> _Body:
    """Until when the one order at hand may go back, and the form."""
    language, lookup = request.classification.language, request.retrieval.lookup
    paragraphs, facts, sentences = [], {}, 0
    if len(lookup.orders) == 1:
        told: Told = return_window(lookup.orders[0], quoted, language, request.case.query.received_at)
        if told.text:
            paragraphs, facts, sentences = [told.text], told.facts, told.sentences
    url = request.case.policy.return_form_url
    if url:
        paragraphs.append(phrases(language).return_form.format(url=url))
        sentences += 1
    return _Body(paragraphs, "answer", facts, (), sentences)


def _joined(parts: Sequence[_Body]) -> _Body:
    return _Body(
        [paragraph for part in parts for paragraph in part.paragraphs],
        "answer",
        {name: value for part in parts for name, value in part.facts.items()},
        tuple(quote for part in parts for quote in part.quotes),
        sum(part.grounded for part in parts),
        sum(part.ungrounded for part in parts),
    )


def _framed(body: _Body, request: GenerateInput) -> str:
    language = request.classification.language
    words = phrases(language)
    named = name_to_greet(request.retrieval.lookup.orders)
    greeting = words.greeting_named.format(name=named) if named else words.greeting
    signature = signature_of(request.case.policy, language)
    closing = [words.closing] if body.kind == "answer" else []
    return "\n\n".join([greeting, words.thanks, *body.paragraphs, *closing, signature])


def _marked(quote: Quote, language: Language) -> str:
    """Words of another language stand in the quotation marks of this one."""
    return quote.text if quote.passage.language is language else phrases(language).quotation.format(text=quote.text)


def _citation(passage: Passage) -> Citation:
    return Citation(
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        content_hash=passage.content_hash,
        title=passage.title,
        url=passage.url,
    )
