"""Orders scored candidates: one passage a document, in the customer's language where it exists in it. Pure."""

from collections.abc import Sequence

from domain.values import Value
from domain.vocabulary import Language
from retrieval.searching.candidates import Candidate

UNPREFERRED = 0.75
"""A passage of a kind that the intent does not suggest counts for this share of its chance."""


class Scored(Value):
    """A candidate with its score, 0 to 1: the chance that it answers, or another reranker's relevance."""

    candidate: Candidate
    score: float


def rank(
    candidates: Sequence[Candidate], scores: Sequence[float], language: Language, threshold: float
) -> list[Scored]:
    """Best first, one passage a document.

    A document's score is that of its best passage; it is shown in the customer's language where it exists in it.
    Passages of kinds that were not suggested count only when nothing suggested reaches `threshold`, and then for less.
    """
    scored = [Scored(candidate=item, score=score) for item, score in zip(candidates, scores, strict=True)]
    suggested = _documents([item for item in scored if item.candidate.preferred], language)
    if suggested and suggested[0].score >= threshold:
        return suggested
    rest = [
        Scored(candidate=item.candidate, score=item.score * UNPREFERRED)
        for item in _documents([item for item in scored if not item.candidate.preferred], language)
    ]
    return sorted([*suggested, *rest], key=_order)


def _documents(scored: Sequence[Scored], language: Language) -> list[Scored]:
    groups: dict[str, list[Scored]] = {}
    for item in scored:
        groups.setdefault(item.candidate.document_id, []).append(item)
    best = []
    for group in groups.values():
        shown = min(group, key=lambda item: (item.candidate.language is not language, *_order(item)))
        best.append(Scored(candidate=shown.candidate, score=max(item.score for item in group)))
    return sorted(best, key=_order)


def _order(scored: Scored) -> tuple[float, float, str]:
    # Of two that say the same, the younger.
    return (-scored.score, scored.candidate.age_years, scored.candidate.passage_id)
