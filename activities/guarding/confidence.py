"""How sure we are that a draft answers rightly: one number, 0 to 1, and in words what pulled it down.

An answer gets the calibrated chance of `confidence_weights` for the features of `confidence_features`. A clarifying
question and a holding draft answer nothing, and get fixed numbers.
"""

from collections.abc import Sequence

from activities.guarding.confidence_features import features_of
from activities.guarding.confidence_reasons import told_reasons
from activities.guarding.confidence_weights import CLARIFICATION, HOLDING, UNCLEAR, Weights, shipped_weights
from domain.findings import Finding, Reason
from domain.steps import GuardInput

__all__ = ["confidence_of", "explained", "shipped_weights"]

BELOW = "below_threshold"
"""Code of the reason that the confidence gives."""
CLEAR = 0.7
"""From this probability of all the intents found on, a clarifying question asks about the right thing."""


def confidence_of(
    request: GuardInput,
    findings: Sequence[Finding],
    weights: Weights | None = None,
    *,
    agreement: float | None = None,
) -> float:
    """The chance, 0 to 1, that an answer is right; of other drafts the number that is laid down for them."""
    if request.draft.kind == "holding":
        return HOLDING
    if request.draft.kind == "clarification":
        known = sum(score.probability for score in request.classification.intents)
        return CLARIFICATION if known >= CLEAR and not findings else UNCLEAR
    found = weights or shipped_weights()
    row = features_of(request, findings, agreement)
    return round(found.chance(row, request.classification.intent, request.classification.language), 4)


def explained(
    reasons: tuple[Reason, ...], request: GuardInput, findings: Sequence[Finding], weights: Weights | None = None
) -> tuple[Reason, ...]:
    """The reasons; where the confidence is one of them its sentence also tells what pulled it down most. No customer's
    words are in it."""
    if request.draft.kind != "answer" or not any(reason.code == BELOW for reason in reasons):
        return reasons
    why = told_reasons(request, findings, weights or shipped_weights())
    return tuple(_with(reason, why) if reason.code == BELOW and why else reason for reason in reasons)


def _with(reason: Reason, why: str) -> Reason:
    return reason.model_copy(update={"text": f"{reason.text.removesuffix('.')}: {why}."})
