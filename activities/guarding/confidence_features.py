"""What speaks for a draft and against it: one row of numbers from what every step saw. Pure.

The row is what the weights of `resources/confidence.json` belong to, so a changed feature needs new weights. Shares and
chances are between 0 and 1; chances that matter near their ends are log odds.
"""

import math
from collections.abc import Sequence

from activities.generation.order_hints import says
from activities.guarding.confidence_words import Fit, fit_of
from activities.wording import core_of
from domain.drafts import Draft
from domain.findings import Finding
from domain.knowledge import FoundPassage
from domain.messages import unanswered_text
from domain.orders import Order, OrderStatus
from domain.steps import ClassifyResult, GuardInput
from domain.vocabulary import Intent, Kind, Language

Features = dict[str, float]
NAMES = (
    "intent", "runner_up", "several_intents", "unfamiliar", "intent_other", "language",
    "terse", "question_sentences", "verified", "rejected_before", "agreement",
    "findings", "no_findings_in_order", "cross_language",
    "cites", "text_score", "product_score", "order_rule_score", "cited_below_top", "margin", "close_rival",
    "unanswerable", "answers", "open_question", "coverage", "second_source", "cites_product", "cites_policy",
    "words_missing", "words_missing_in_title", "codes_missing", "names_missing", "money_missing", "period_missing",
    "measure_missing", "percentage_missing",
    "tells_order", "order_named", "order_only", "order_list", "several_orders", "order_missing", "order_in_trouble",
    "delivered_and_missed", "nothing_but_form", "window_told", "window_unknown", "needs_identity",
    "order_and_source", "silent_on_order", "numbers_without_order",
)  # fmt: skip
"""Every feature, in the order of the weights; `prior` comes from the weights themselves."""
NEVER_AGAINST = frozenset(
    {
        "intent",
        "language",
        "agreement",
        "text_score",
        "product_score",
        "order_rule_score",
        "margin",
        "answers",
        "coverage",
    }
)
"""More of these may not lower a confidence, whatever a sample says: a better source is no reason for doubt."""
NEVER_FOR = frozenset(
    {
        "runner_up", "unfamiliar", "terse", "intent_other", "rejected_before", "findings", "cross_language",
        "cited_below_top", "close_rival", "unanswerable", "open_question", "second_source", "words_missing",
        "words_missing_in_title", "codes_missing", "names_missing", "money_missing", "period_missing",
        "measure_missing", "percentage_missing", "order_missing", "order_in_trouble", "delivered_and_missed",
        "nothing_but_form", "window_unknown", "silent_on_order", "numbers_without_order",
    }
)  # fmt: skip
"""More of these may not raise it."""
FEW, MANY = 0.001, 0.999
PLAIN = 80
"""A question of fewer characters is terse, and easily taken for another; not so where an order is told, since few words
are enough to ask for one (measured: telling the two apart sends as much, rightly more often)."""
CLOSE = 0.05
"""A second document this near to the first in score is a rival."""
ABOUT_ORDERS = frozenset({Intent.ORDER_STATUS, Intent.RETURN_REQUEST, Intent.CANCEL, Intent.REFUND})
IN_TROUBLE = frozenset({OrderStatus.LOST})
"""States after which a bare status is seldom what the customer needs."""


def features_of(request: GuardInput, findings: Sequence[Finding], agreement: float | None = None) -> Features:
    """The row of one answer. `agreement` is how well several samples of a model agree, 0 to 1; None without a model."""
    question = core_of(unanswered_text(request.case.thread))
    fit = fit_of(question, request.draft, request.classification.language)
    row = dict.fromkeys(NAMES, 0.0)
    row |= _of_classification(request.classification)
    row |= {
        "terse": max(0.0, 1 - math.log1p(len(question)) / math.log1p(PLAIN)),
        "question_sentences": min(3, fit.sentences) / 3,
        "verified": float(request.case.query.customer.verified),
        "rejected_before": float(request.draft.attempt > 1),
        "agreement": 0.0 if agreement is None else agreement - 0.5,
        "findings": min(3, len(findings)) / 3,
        "cross_language": float(any(finding.check == "other_language" for finding in findings)),
    }
    orders = _of_orders(request, fit)
    row |= orders
    if orders["tells_order"] > 0:
        row["terse"] = 0.0
    row["no_findings_in_order"] = float(not findings and orders["tells_order"] > 0)
    if request.draft.citations:
        row |= _of_sources(request, fit, with_order=orders["tells_order"] > 0)
        row["order_and_source"] = orders["tells_order"]
    return row


def log_odds(chance: float) -> float:
    """Of a chance, kept off 0 and 1."""
    held = min(MANY, max(FEW, chance))
    return math.log(held / (1 - held))


def group_of(intent: Intent, language: Language) -> str:
    """The group whose prior a query gets, such as `order_status/en`."""
    return f"{intent.value}/{language.value}"


def _of_classification(found: ClassifyResult) -> Features:
    others = [score.probability for score in found.intents[1:]]
    return {
        "intent": log_odds(found.probability) / 4,
        "runner_up": max(others, default=0.0),
        "several_intents": float(len(others) > 0),
        "unfamiliar": 1.0 - found.familiarity,
        "intent_other": float(found.intent is Intent.OTHER),
        "language": log_odds(found.language_confidence) / 4,
    }


def _of_sources(request: GuardInput, fit: Fit, *, with_order: bool) -> Features:
    """Beside an order that is told the source's score says nothing: most of the answer does not rest on it."""
    passages, draft = request.retrieval.passages, request.draft
    scores = {passage.passage_id: passage.score for passage in passages}
    cited = max((scores.get(citation.passage_id, 0.0) for citation in draft.citations), default=0.0)
    top = passages[0].score if passages else 0.0
    margin = top - _rival(passages)
    kinds = {passage.kind for passage in passages if passage.passage_id == draft.citations[0].passage_id}
    return {
        "cites": 1.0,
        f"{_sort_of(request, kinds)}_score": 0.0 if with_order else log_odds(top) / 4,
        "cited_below_top": top - cited,
        "margin": margin,
        "close_rival": float(margin < CLOSE),
        "unanswerable": float(not request.retrieval.answerable),
        "answers": 0.0 if draft.answers is None or with_order else log_odds(draft.answers) / 4,
        "open_question": float(any(reason.code == "open_question" for reason in draft.reasons)),
        "coverage": request.coverage,
        "second_source": float(len(draft.citations) > 1),
        "cites_product": float(Kind.PRODUCT in kinds),
        "cites_policy": float(Kind.POLICY in kinds),
        "words_missing": fit.words_missing,
        "words_missing_in_title": fit.words_missing_in_title,
        "codes_missing": fit.codes_missing,
        "names_missing": fit.names_missing,
        "money_missing": float("money" in fit.kinds_missing),
        "period_missing": float("period" in fit.kinds_missing),
        "measure_missing": float("measure" in fit.kinds_missing),
        "percentage_missing": float("percentage" in fit.kinds_missing),
    }


def _sort_of(request: GuardInput, kinds: set[Kind]) -> str:
    """What the answer is about: a score says much of a rule, less of a product's sheet with its many lines, and little
    where the customer wants to know something of an order."""
    if request.classification.intent in ABOUT_ORDERS:
        return "order_rule"
    return "product" if Kind.PRODUCT in kinds else "text"


def _rival(passages: Sequence[FoundPassage]) -> float:
    """Score of the best passage of another document."""
    first = passages[0].document_id if passages else ""
    return max((passage.score for passage in passages if passage.document_id != first), default=0.0)


def _of_orders(request: GuardInput, fit: Fit) -> Features:
    lookup, draft, classification = request.retrieval.lookup, request.draft, request.classification
    told = [order for order in lookup.orders if _tells(draft, order, "status")]
    named = bool(classification.order_ids)
    returning = classification.intent is Intent.RETURN_REQUEST
    delivered = _any_delivered(told) and not returning
    window = any(_tells(draft, order, "return_until") for order in lookup.orders)
    at_hand = named or len(lookup.orders) == 1
    return {
        "tells_order": float(bool(told)),
        "order_named": float(bool(told) and named),
        "order_only": float(bool(told) and not named and len(lookup.orders) == 1),
        "order_list": float(bool(told) and not named and len(lookup.orders) > 1),
        "several_orders": float(len(told) > 1),
        "order_missing": float(bool(lookup.missing)),
        "order_in_trouble": float(any(order.status in IN_TROUBLE for order in told) and not returning),
        "delivered_and_missed": float(delivered and says(unanswered_text(request.case.thread), "absent")),
        "nothing_but_form": float(returning and not told and not draft.citations),
        "window_told": float(returning and window),
        "window_unknown": float(returning and at_hand and not window and _any_delivered(lookup.orders)),
        "needs_identity": float(lookup.needs_identity),
        "silent_on_order": float(at_hand and bool(lookup.orders) and not told),
        "numbers_without_order": float(named and not lookup.orders),
    }


def _any_delivered(orders: Sequence[Order]) -> bool:
    """One of them has reached its customer, as far as anybody knows."""
    return any(order.status is OrderStatus.DELIVERED for order in orders)


def _tells(draft: Draft, order: Order, fact: str) -> bool:
    return f"order/{order.order_id}/{fact}" in draft.facts
