"""How sure we are that a draft answers rightly: one number, 0 to 1, from what the steps saw.

A weighted geometric mean: each factor is a chance, each exponent says how much it matters, and one weak factor cannot
be bought off by the others. Weights are data, in resources/confidence.json.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from activities.wording import RESOURCES
from domain.findings import Finding
from domain.orders import Order, OrderStatus
from domain.steps import GuardInput
from domain.vocabulary import Intent

IN_TROUBLE = frozenset({OrderStatus.LOST})
"""States after which a bare status is seldom what the customer needs."""


class Weights(NamedTuple):
    """Exponents of the factors, and the chances that stand for kinds of evidence."""

    version: str
    intent: float
    language: float
    evidence: float
    coverage: float
    finding: float
    """Each finding multiplies the confidence by this."""
    order_named: float
    order_only: float
    order_list: float
    order_in_trouble: float
    clarification: float
    holding: float
    narrow_margin: float
    """Taken off when a second source is as good as the first and says something else."""


@cache
def shipped_weights() -> Weights:
    """The weights in resources, read once a process."""
    return Weights(**json.loads((RESOURCES / "confidence.json").read_text(encoding="utf-8")))


def confidence_of(request: GuardInput, findings: Sequence[Finding], weights: Weights | None = None) -> float:
    """The chance, 0 to 1, that the draft is right."""
    weights = weights or shipped_weights()
    known = min(1.0, sum(score.probability for score in request.classification.intents))
    factors = (
        (known, weights.intent),
        (request.classification.language_confidence, weights.language),
        (_evidence(request, weights), weights.evidence),
        (request.coverage if request.draft.kind == "answer" else 1.0, weights.coverage),
    )
    exponent = sum(weight * math.log(max(1e-3, min(1.0, factor))) for factor, weight in factors)
    return round(math.exp(exponent) * weights.finding ** len(findings), 4)


def _evidence(request: GuardInput, weights: Weights) -> float:
    if request.draft.kind == "holding":
        return weights.holding
    if request.draft.kind == "clarification":
        return weights.clarification
    parts = []
    orders = request.retrieval.lookup.orders
    if orders and any(name.startswith("order/") for name in request.draft.facts):
        parts.append(_order_evidence(orders, request, weights))
    if request.draft.citations:
        parts.append(_passage_evidence(request, weights))
    return min(parts) if parts else weights.holding


def _order_evidence(orders: tuple[Order, ...], request: GuardInput, weights: Weights) -> float:
    told = [order for order in orders if f"order/{order.order_id}/status" in request.draft.facts]
    if request.classification.intent is Intent.ORDER_STATUS and any(order.status in IN_TROUBLE for order in told):
        return weights.order_in_trouble
    if request.classification.order_ids:
        return weights.order_named if not request.retrieval.lookup.missing else weights.order_in_trouble
    return weights.order_only if len(orders) == 1 else weights.order_list


def _passage_evidence(request: GuardInput, weights: Weights) -> float:
    scores = {passage.passage_id: passage.score for passage in request.retrieval.passages}
    cited = [scores.get(citation.passage_id, 0.0) for citation in request.draft.citations]
    best = max(scores.values(), default=0.0)
    ranked = sorted(scores.values(), reverse=True)
    narrow = len(ranked) > 1 and ranked[0] - ranked[1] < 0.02
    return max(0.0, min(max(cited), best) - (weights.narrow_margin if narrow else 0.0))
