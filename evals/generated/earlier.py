"""The confidence as it was before it was fitted: a weighted geometric mean of chances set by hand, to compare with."""

import math
from collections.abc import Sequence

from domain.findings import Finding
from domain.orders import Order, OrderStatus
from domain.steps import GuardInput
from domain.vocabulary import Intent

INTENT, LANGUAGE, EVIDENCE, COVERAGE = 0.35, 0.2, 1.0, 0.1
FINDING, NARROW_MARGIN = 0.7, 0.04
NAMED, ONLY, LISTED, IN_TROUBLE, HOLDING = 0.98, 0.97, 0.93, 0.8, 0.2


def earlier_confidence(request: GuardInput, findings: Sequence[Finding]) -> float:
    """The number, 0 to 1, that an answer got."""
    known = min(1.0, sum(score.probability for score in request.classification.intents))
    factors = (
        (known, INTENT),
        (request.classification.language_confidence, LANGUAGE),
        (_evidence(request), EVIDENCE),
        (request.coverage, COVERAGE),
    )
    exponent = sum(weight * math.log(max(1e-3, min(1.0, factor))) for factor, weight in factors)
    return round(math.exp(exponent) * FINDING ** len(findings), 4)


def _evidence(request: GuardInput) -> float:
    parts = []
    orders = request.retrieval.lookup.orders
    if orders and any(name.startswith("order/") for name in request.draft.facts):
        parts.append(_of_orders(orders, request))
    if request.draft.citations:
        parts.append(_of_passages(request))
    return min(parts) if parts else HOLDING


def _of_orders(orders: tuple[Order, ...], request: GuardInput) -> float:
    told = [order for order in orders if f"order/{order.order_id}/status" in request.draft.facts]
    lost = any(order.status is OrderStatus.LOST for order in told)
    if request.classification.intent is Intent.ORDER_STATUS and lost:
        return IN_TROUBLE
    if request.classification.order_ids:
        return NAMED if not request.retrieval.lookup.missing else IN_TROUBLE
    return ONLY if len(orders) == 1 else LISTED


def _of_passages(request: GuardInput) -> float:
    scores = {passage.passage_id: passage.score for passage in request.retrieval.passages}
    cited = [scores.get(citation.passage_id, 0.0) for citation in request.draft.citations]
    ranked = sorted(scores.values(), reverse=True)
    narrow = len(ranked) > 1 and ranked[0] - ranked[1] < 0.02
    return max(0.0, min(max(cited), ranked[0] if ranked else 0.0) - (NARROW_MARGIN if narrow else 0.0))
