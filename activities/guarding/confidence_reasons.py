"""What pulled a confidence down, in a sentence for the agent: never with the customer's words. Pure."""

from collections.abc import Callable, Mapping, Sequence

from activities.guarding.confidence_features import NEVER_AGAINST, Features, features_of
from activities.guarding.confidence_weights import Weights
from domain.findings import Finding
from domain.steps import GuardInput

MOST = 3
"""Reasons told at most."""
SMALL = 0.15
"""A pull below this, in log odds, says nothing."""
OF_SOURCES = frozenset(
    {"text_score", "product_score", "order_rule_score", "margin", "close_rival", "answers", "coverage"}
)
"""Say something only of a draft that cites a source."""
Teller = Callable[[GuardInput, Features], str]


def told_reasons(request: GuardInput, findings: Sequence[Finding], weights: Weights) -> str:
    """The main reasons as the end of a sentence, the strongest first; empty when nothing stands out."""
    row = features_of(request, findings)
    usual = dict(zip(weights.features, weights.usual, strict=True))
    pulls = sorted((pull, name) for name, pull in weights.pulls(row).items() if _is_so(name, row, usual))
    found: dict[str, None] = {}
    for pull, name in pulls:
        if pull > -SMALL or len(found) == MOST:
            break
        found[WORDS[name](request, row)] = None
    prior = weights.prior(request.classification.intent, request.classification.language)
    if prior < -SMALL and len(found) < MOST:
        found[f"answers about {request.classification.intent.words} in this language were wrong more often"] = None
    return "; ".join(found)


def _is_so(name: str, row: Features, usual: Mapping[str, float]) -> bool:
    """Whether what is told of a feature holds for this draft: there is more of it than usual, or less of what may not
    speak against a draft."""
    if name not in WORDS or (name in OF_SOURCES and not row["cites"]):
        return False
    return row[name] < usual[name] if name in NEVER_AGAINST else row[name] > usual[name]


def _top(request: GuardInput, _: Features) -> str:
    passages = request.retrieval.passages
    best = f"the best source scores {passages[0].score:.2f}" if passages else "nothing was found"
    rivals = [each.score for each in passages if each.document_id != passages[0].document_id]
    return f"{best}, and another document scores {max(rivals):.2f}" if rivals and rivals[0] > 0.2 else best


def _intent(request: GuardInput, _: Features) -> str:
    found = request.classification
    return f"the intent “{found.intent.words}” has a probability of {found.probability:.2f} only"


def _says(text: str) -> Teller:
    return lambda request, row: text


WORDS: Mapping[str, Teller] = {
    "intent": _intent,
    "runner_up": _says("another intent is nearly as likely"),
    "several_intents": _says("the message seems to want several things"),
    "unfamiliar": _says("the message is unlike those that the classifier knows"),
    "intent_other": _says("it is not clear what the customer wants"),
    "language": _says("the language of the message is not certain"),
    "terse": _says("the message is very short"),
    "question_sentences": _says("the message has several sentences, and the answer may not cover all"),
    "rejected_before": _says("an earlier draft was rejected"),
    "agreement": _says("the model's samples do not agree"),
    "findings": _says("the guard found something"),
    "cross_language": _says("the source is in another language"),
    "text_score": _top,
    "product_score": _top,
    "order_rule_score": _top,
    "margin": _top,
    "close_rival": _top,
    "cited_below_top": _says("the cited source is not the one that was found first"),
    "answers": _says("what is quoted may not be what was asked for"),
    "open_question": _says("nothing found answers a part of the question"),
    "unanswerable": _says("nothing found seems to answer the question"),
    "coverage": _says("a part of the draft rests on no source"),
    "second_source": _says("two sources are quoted, which may say different things"),
    "words_missing": _says("words of the question do not occur in the draft"),
    "words_missing_in_title": _says("words of the question do not occur in the title of the source"),
    "codes_missing": _says("a code or model that was asked for does not occur in the draft"),
    "names_missing": _says("a name that was asked for does not occur in the draft"),
    "money_missing": _says("the question seems to ask for an amount, and the draft tells none"),
    "period_missing": _says("the question seems to ask for a time, and the draft tells none"),
    "measure_missing": _says("the question seems to ask for a measure, and the draft tells none"),
    "percentage_missing": _says("the question seems to ask for a percentage, and the draft tells none"),
    "order_list": _says("the customer has several orders and named none"),
    "order_missing": _says("a number that was named is not among this customer's orders"),
    "order_in_trouble": _says("the order is lost, and its state alone helps nobody"),
    "delivered_and_missed": _says("the order counts as delivered, and it does not seem to be there"),
    "nothing_but_form": _says("the draft gives the return form and no rule"),
    "window_unknown": _says("the draft does not say until when the order may go back"),
    "needs_identity": _says("the customer is not verified"),
    "order_and_source": _says("the draft mixes an order with a quoted source"),
    "silent_on_order": _says("an order was looked up, and the draft does not speak of it"),
    "numbers_without_order": _says("a number was named, and no order was found for it"),
}
"""What each feature means when it speaks against a draft. Features without a line are never told."""
