"""Whether a score says how often it is right. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from domain.values import Value
from evals.intervals import Estimate, share

BINS = 5


class Bin(Value):
    """Questions with scores near each other."""

    score: float
    """Their mean score."""
    right: Estimate
    """How many of them were right."""


def reliability(scores: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Questions in the order of their scores, cut into bins of about the same size; fewer where there are few."""
    pairs = sorted(zip(scores, right, strict=True), key=lambda pair: pair[0])
    edges = [round(place * len(pairs) / bins) for place in range(bins + 1)]
    parts = [pairs[start:end] for start, end in pairwise(edges) if end > start]
    return [Bin(score=sum(s for s, _ in part) / len(part), right=share([r for _, r in part])) for part in parts]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the mean gap between score and share right, weighed by the questions in each bin."""
    total = sum(each.right.n for each in bins)
    return sum(abs(each.score - each.right.value) * each.right.n for each in bins) / total if total else 0.0
