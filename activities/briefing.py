"""The brief for the agent who takes a query over, and the notice for the customer."""

import json
from collections.abc import Sequence
from functools import cache

from activities.conversation.attempts import CODE as ATTEMPTS_EXHAUSTED
from activities.conversation.attempts import tried_in
from activities.foreign import name_of
from activities.generation.phrases import notice_of, phrases
from activities.generation.quotes import answer_sentences
from activities.wording import RESOURCES
from domain.customers import CustomerRecord, Proof
from domain.findings import Reason
from domain.knowledge import Passage
from domain.messages import unanswered_text
from domain.orders import Order
from domain.steps import Brief, ClassifyResult, EscalateInput
from domain.vocabulary import Language, SendMode

MAX_WORDS_OF_CUSTOMER = 600
MAX_ORDERS = 5
MAX_ISSUES = 3
NOTICED = ("self_harm", "safety", "threat", "vulnerable_customer", "legal_threat")
"""Must-escalate categories with an approved notice of their own, the gravest first."""
_GIVEN = {
    Proof.EMAIL_ORDER: "the e-mail address and number of this order",
    Proof.NAME_POSTCODE: "the name and postcode that these orders belong to",
}
_OTHERWISE = "Read the conversation and answer the customer yourself."


def write_brief(request: EscalateInput, passages: Sequence[Passage]) -> Brief:
    """The brief from all that is known; `passages` are those that were found, best first."""
    notice = _notice(request)
    return Brief(
        who=_who(request),
        what=f"{_what(request)}{_files(request)}",
        tried=tuple(_tried(request)),
        policy=tuple(_quoted(passage) for passage in passages[:2]),
        suggestion=_suggestion(request.classification),
        because=request.because or (Reason(code="policy", text="The store's policy asks for a person."),),
        notice=notice[0] if notice else None,
        notice_language=notice[1] if notice else None,
    )


def _who(request: EscalateInput) -> str:
    customer = request.case.query.customer
    name = customer.email or customer.id or "A customer who left no address"
    parts = [f"{name} ({'verified' if customer.verified else 'not verified'})."]
    orders = request.retrieval.lookup.orders if request.retrieval else ()
    parts += [_order_line(order) for order in orders[:MAX_ORDERS]]
    record = request.retrieval.lookup.customer if request.retrieval else None
    parts += _recorded(record) if record else []
    return " ".join(parts)


def _recorded(record: CustomerRecord) -> list[str]:
    """What the store's record says that an agent should know."""
    parts = [f"Loyalty tier {record.loyalty_tier}."] if record.loyalty_tier else []
    parts += [f"Customer since {record.since.date()}."] if record.since else []
    return parts + [f"Open issue: {issue[:300].rstrip('.')}." for issue in record.open_issues[:MAX_ISSUES]]


def _order_line(order: Order) -> str:
    dates = [f"placed {order.placed_at.date()}"]
    if order.delivered_at:
        dates.append(f"delivered {order.delivered_at.date()}")
    elif order.expected_at:
        dates.append(f"expected {order.expected_at.date()}")
    status = order.status.value.replace("_", " ")
    return f"Order {order.order_id}: {status}, {', '.join(dates)}, {order.total:.2f} {order.currency}."


def _what(request: EscalateInput) -> str:
    words = " ".join(unanswered_text(request.case.thread).split())
    if len(words) > MAX_WORDS_OF_CUSTOMER:
        words = f"{words[:MAX_WORDS_OF_CUSTOMER].rsplit(' ', 1)[0]} …"
    read = request.classification
    if read is None:
        return words
    intents = ", ".join(f"{score.intent.words} ({score.probability:.0%})" for score in read.intents)
    foreign = read.foreign_language
    language = name_of(foreign) if foreign else phrases(Language.EN).languages[read.language.value]
    moods = ["urgent"] * (read.urgency == "high") + [read.sentiment] * (read.sentiment != "neutral")
    felt = f" ({', '.join(moods)})" if moods else ""
    return f"{intents}, in {language}{felt}: “{words}”"


def _files(request: EscalateInput) -> str:
    names = [attachment.name for attachment in request.case.query.attachments]
    return f" Sent along: {', '.join(names)}." if names else ""


def _tried(request: EscalateInput) -> list[str]:
    exhausted = any(reason.code == ATTEMPTS_EXHAUSTED for reason in request.because)
    tried = tried_in(request.case.thread) if exhausted else []
    if request.retrieval is not None:
        found = len(request.retrieval.passages)
        tried.append(
            f"Searched the knowledge: {found} passages, {'an' if request.retrieval.answerable else 'no'} answer."
        )
        lookup = request.retrieval.lookup
        if lookup.needs_identity:
            tried.append("Looked no order up: it is not known who the customer is.")
        if lookup.proof in _GIVEN:
            tried.append(f"The customer gave {_GIVEN[lookup.proof]}; the channel does not vouch for them.")
        tried += [f"Order {order_id} was not found for this customer." for order_id in lookup.missing]
    if request.draft is not None:
        tried.append(f"Drafted ({request.draft.kind}, attempt {request.draft.attempt}): “{request.draft.text[:300]}”")
    for finding in request.findings:
        words = f" “{finding.excerpt}”" if finding.excerpt else ""
        tried.append(f"Finding {finding.check}: {finding.why}{words}")
    tried += [f"A reviewer rejected a draft: {reason}" for reason in request.rejections]
    return tried


def _quoted(passage: Passage) -> str:
    return f"{passage.title}: “{' '.join(answer_sentences(passage)[:3])[:500]}”"


def _suggestion(classification: ClassifyResult | None) -> str:
    if classification is None:
        return _OTHERWISE
    wanted = {*classification.must_escalate, classification.intent.value}
    return next((text for name, text in _suggestions().items() if name in wanted), _OTHERWISE)


@cache
def _suggestions() -> dict[str, str]:
    """What to do by category or intent, the gravest first."""
    found: dict[str, str] = json.loads((RESOURCES / "suggestions.json").read_text(encoding="utf-8"))
    return found


def _notice(request: EscalateInput) -> tuple[str, Language] | None:
    """The approved text for the customer; none while the store only watches."""
    if request.case.policy.send_mode is SendMode.SHADOW:
        return None
    query, classification = request.case.query, request.classification
    language = classification.language if classification else query.language or Language.EN
    categories = classification.must_escalate if classification else ()
    category = next((name for name in NOTICED if name in categories), "person")
    return notice_of(category, language), language
