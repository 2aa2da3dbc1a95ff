"""A composed reply given its place in the conversation: no question is put twice, open issues are spoken of, and the
agent is told what was used. What is only for the agent never enters the text."""

from collections.abc import Iterator

from activities.conversation.questions import questions_in
from activities.conversation.turns import OURS, Turns
from activities.conversation.words import said
from activities.generation.greeting import name_to_greet
from activities.generation.phrases import phrases
from activities.lookups.order_ids import is_meant
from domain.customers import CustomerRecord
from domain.findings import Reason
from domain.orders import Order
from domain.ports import Composed
from domain.steps import GenerateInput

MAX_ISSUES = 3
_SHOWN = 120


def shaped(composed: Composed, request: GenerateInput) -> Composed:
    """The reply as it fits the conversation and the customer."""
    composed = _not_asked_twice(composed, request)
    composed = _with_open_issues(composed, request)
    return composed.model_copy(update={"used": tuple(dict.fromkeys((*composed.used, *used_in(composed, request))))})


def used_in(composed: Composed, request: GenerateInput) -> Iterator[str]:
    """What of the conversation and of the customer's record shaped the reply, or is for the agent to know."""
    lookup, classification = request.retrieval.lookup, request.classification
    if classification.continues is not None:
        yield from classification.continues.used
        pointer = classification.continues.pointer
        if pointer is not None and pointer.kind == "newest" and len(lookup.orders) == 1:
            yield f"Order history: “my last order” is {lookup.orders[0].order_id}."
    if request.case.digest is not None:
        yield f"Conversation: {request.case.digest.turns} older messages were read in short."
    name = name_to_greet(lookup.orders, lookup.customer)
    if name and name.split()[0] in composed.text.split("\n\n", 1)[0]:
        yield f"Name {name}: from {'the customer record' if _recorded(lookup.customer) else 'an order'}."
    if lookup.customer is not None:
        yield from _record(lookup.customer)


def open_issues_about(orders: tuple[Order, ...], record: CustomerRecord | None) -> tuple[tuple[Order, str], ...]:
    """Each order at hand with what the store still owes the customer about it, in the store's words."""
    issues = record.open_issues if record else ()
    return tuple((order, issue) for order in orders for issue in issues if _names(issue, order))


def _record(record: CustomerRecord) -> Iterator[str]:
    if record.loyalty_tier:
        yield f"Loyalty tier {record.loyalty_tier}: for you to know, it changes nothing by itself."
    for issue in record.open_issues[:MAX_ISSUES]:
        yield f"Open issue: {issue if len(issue) <= _SHOWN else issue[:_SHOWN] + ' …'}"


def _recorded(record: CustomerRecord | None) -> bool:
    return record is not None and bool(record.name)


def _names(issue: str, order: Order) -> bool:
    """Whether an issue speaks of an order: it holds its number, with or without the letters."""
    words = [word.strip(".,;:()[]#") for word in issue.split()]
    return any(is_meant(word, order.order_id) for word in words if any(map(str.isdigit, word)))


def _not_asked_twice(composed: Composed, request: GenerateInput) -> Composed:
    """A question that we have put in these words already is put in others; those said too, a person looks."""
    if composed.kind != "clarification":
        return composed
    before = {paragraph for text in _asking_texts(request.case.thread) for paragraph in text.split("\n\n")}
    paragraphs = composed.text.split("\n\n")
    again = [place for place, text in enumerate(paragraphs) if text in before and questions_in(text)]
    if not again:
        return composed
    language = request.classification.language
    other = said("asked_again", language, request.case.policy.style.formality_in(language))
    if other in before:
        reason = Reason(code="asked_twice", text="The same was asked twice already: ask in your own words.")
        return composed.model_copy(update={"reasons": (*composed.reasons, reason)})
    paragraphs[again[0]] = other
    kept = [text for place, text in enumerate(paragraphs) if place not in again[1:]]
    return composed.model_copy(update={"text": "\n\n".join(kept)})


def _asking_texts(thread: Turns) -> Iterator[str]:
    """Our last replies in a row that only asked, newest first."""
    for turn in reversed(thread):
        if turn.role not in OURS:
            continue
        if not questions_in(turn.text):
            return
        yield turn.text


def _with_open_issues(composed: Composed, request: GenerateInput) -> Composed:
    """A reply about an order that the store still owes something on says that colleagues are on it, and a person sees
    it first."""
    found = open_issues_about(request.retrieval.lookup.orders, request.retrieval.lookup.customer)
    if not found or composed.kind == "clarification":
        return composed
    order, issue = found[0]
    reason = Reason(code="open_issue", text=f"Order {order.order_id} has an open issue: {issue[:300]}")
    language = request.classification.language
    formality = request.case.policy.style.formality_in(language)
    sentence = said("colleagues_on_it", language, formality, order_id=order.order_id)
    paragraphs = composed.text.split("\n\n")
    closing = phrases(language, formality).closing
    place = paragraphs.index(closing) if closing in paragraphs else max(1, len(paragraphs) - 1)
    paragraphs.insert(place, sentence)
    return composed.model_copy(update={"text": "\n\n".join(paragraphs), "reasons": (*composed.reasons, reason)})
