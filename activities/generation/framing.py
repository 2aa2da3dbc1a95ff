"""The frame of a reply: greeting, thanks, closing and signature, as the store's style wants them."""

from activities.generation.body import Body
from activities.generation.greeting import name_to_greet
from activities.generation.phrases import phrases, signature_of
from domain.steps import GenerateInput

OURS = frozenset({"assistant", "agent"})


def framed(body: Body, request: GenerateInput) -> str:
    """The whole text. In a conversation where we have answered before, nobody is greeted or thanked again."""
    policy, language = request.case.policy, request.classification.language
    words = phrases(language, policy.style.formality_in(language))
    opening = [] if is_greeted(request) else _opening(request, warm=policy.style.tone == "warm")
    closing = [words.closing] if body.kind == "answer" else []
    return "\n\n".join([*opening, *body.paragraphs, *closing, signature_of(policy, language)])


def is_greeted(request: GenerateInput) -> bool:
    """Whether we have written to the customer in this conversation before; a notice is no answer."""
    return any(turn.role in OURS for turn in request.case.thread)


def _opening(request: GenerateInput, *, warm: bool) -> list[str]:
    policy, language = request.case.policy, request.classification.language
    formality = policy.style.formality_in(language)
    words, lookup = phrases(language, formality), request.retrieval.lookup
    name = name_to_greet(lookup.orders, lookup.customer, first_only=formality == "informal")
    if warm:
        return [words.greeting_named.format(name=name) if name else words.greeting, words.thanks]
    alone = words.greeting_alone_named if name else words.greeting_alone
    usual = words.greeting_named if name else words.greeting
    return [(alone or usual).format(name=name or "")]
