"""Answering only what scores highest: how many of those answers are wrong. Pure."""

from collections.abc import Sequence

from evals.intervals import Estimate, share


def risk_at(scores: Sequence[float], right: Sequence[bool], coverage: float) -> tuple[float, Estimate]:
    """The score from which on about this share is answered, and how many of those are wrong. Answers of that very
    score are all in: a threshold cannot part them. Raises ValueError for none at all."""
    ordered = sorted(scores, reverse=True)
    if not ordered:
        raise ValueError("There are no answers to cover.")
    threshold = ordered[max(0, round(coverage * len(ordered)) - 1)]
    return threshold, share([not good for score, good in zip(scores, right, strict=True) if score >= threshold])


def area_under_risk(scores: Sequence[float], right: Sequence[bool]) -> float:
    """Mean share of wrong answers over all coverages, the highest score first; answers of one score count with the
    mean of all of that score, so that their order says nothing. NaN for none at all."""
    if not scores:
        return float("nan")
    groups: dict[float, list[bool]] = {}
    for score, good in zip(scores, right, strict=True):
        groups.setdefault(score, []).append(good)
    total, done, wrong = 0.0, 0, 0.0
    for score in sorted(groups, reverse=True):
        rate = sum(not good for good in groups[score]) / len(groups[score])
        for _ in groups[score]:
            done += 1
            wrong += rate
            total += wrong / done
    return total / len(scores)
