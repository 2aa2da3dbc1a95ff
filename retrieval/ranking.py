"""Orders candidate passages by the chance that they answer. Pure: numbers in, numbers out.

Each candidate becomes a row of features: how near it is in meaning, how much of the question's rare words it holds, in
the same language or another one (words of another language say little), and how it stands against the best other
document. A logistic function, fitted on labelled questions (`retrieval.calibration`), turns the row into a chance.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import Field

from domain.values import Value
from domain.vocabulary import Kind, Language

WEIGHTS = Path(__file__).parent / "resources" / "ranking.json"
UNPREFERRED = 0.75
"""A passage of a kind that the intent does not suggest counts for this share of its chance."""


class Candidate(Value):
    """A passage that may answer, with what both legs of the search say of it."""

    passage_id: str
    document_id: str
    language: Language
    kind: Kind
    title: str
    content_hash: str
    url: str | None = None
    preferred: bool = True
    """It is of a kind that was asked for, or that the intent suggests."""
    closeness: float
    """Cosine between the question and the passage, -1 to 1."""
    title_closeness: float
    """Cosine between the question and the passage's title, -1 to 1."""
    coverage: float = Field(ge=0)
    """Share of the question's words, weighed by rarity, that the passage holds, 0 to 1."""
    title_coverage: float = Field(ge=0)
    """The same for the title alone."""
    title_rarity: float = Field(ge=0)
    """How rare the question's words in the title are together: high when a product is called by its name."""


class Weights(Value):
    """The fitted logistic function, with what it was fitted on."""

    embedder: str
    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float = Field(ge=0, le=1)
    """From this chance on a question counts as answerable."""
    questions: int
    """How many labelled questions it was fitted on."""


class Scored(Value):
    """A candidate with the chance, 0 to 1, that it answers."""

    candidate: Candidate
    score: float


FEATURES = (
    "closeness",
    "title_closeness",
    "coverage_same",
    "coverage_other",
    "title_coverage_same",
    "closeness_lead",
    "coverage_lead",
    "name_lead",
    "same_language",
    "policy",
    "faq",
)
"""A lead is the distance to the best other document. The kinds differ in length, and so in how near they come."""


@cache
def shipped_weights() -> Weights:
    """The weights that come with Holdpoint. Raises ValueError when the file does not fit this code."""
    weights = Weights.model_validate(json.loads(WEIGHTS.read_text(encoding="utf-8")))
    if weights.features != FEATURES or len(weights.weights) != len(FEATURES):
        raise ValueError(f"{WEIGHTS.name} was fitted for other features; fit it again.")
    return weights


def features(candidates: Sequence[Candidate], language: Language) -> np.ndarray:
    """One row a candidate, one column a feature."""
    nearness = [_nearness(candidate) for candidate in candidates]
    coverage = [candidate.coverage for candidate in candidates]
    names = [math.log1p(candidate.title_rarity) for candidate in candidates]
    rows = np.zeros((len(candidates), len(FEATURES)))
    for row, candidate in enumerate(candidates):
        same = float(candidate.language is language)
        others = [index for index, other in enumerate(candidates) if other.document_id != candidate.document_id]
        rows[row] = (
            candidate.closeness,
            candidate.title_closeness,
            candidate.coverage * same,
            candidate.coverage * (1 - same),
            candidate.title_coverage * same,
            *(
                values[row] - max((values[index] for index in others), default=0.0)
                for values in (nearness, coverage, names)
            ),
            same,
            candidate.kind is Kind.POLICY,
            candidate.kind is Kind.FAQ,
        )
    return rows


def _nearness(candidate: Candidate) -> float:
    # The mean does better than either alone or the larger: a title names the thing, the text says what about it.
    return (candidate.closeness + candidate.title_closeness) / 2


def chances(candidates: Sequence[Candidate], language: Language, weights: Weights) -> list[float]:
    """The chance of each candidate that it answers, 0 to 1."""
    if not candidates:
        return []
    sums = features(candidates, language) @ np.asarray(weights.weights) + weights.bias
    result: list[float] = (1 / (1 + np.exp(-np.clip(sums, -30, 30)))).tolist()
    return result


def rank(candidates: Sequence[Candidate], language: Language, weights: Weights, top: int) -> list[Scored]:
    """Best first, one passage a document, at most `top`.

    A document's chance is that of its best passage; it is shown in the customer's language where it exists in it.
    Passages of kinds that were not suggested count only when nothing suggested is answerable, and then for less.
    """
    if not candidates:
        return []
    suggested = _documents([item for item in candidates if item.preferred], language, weights)
    if suggested and suggested[0].score >= weights.threshold:
        return suggested[:top]
    rest = [
        Scored(candidate=item.candidate, score=item.score * UNPREFERRED)
        for item in _documents([item for item in candidates if not item.preferred], language, weights)
    ]
    return sorted([*suggested, *rest], key=_order)[:top]


def _documents(candidates: Sequence[Candidate], language: Language, weights: Weights) -> list[Scored]:
    groups: dict[str, list[Scored]] = {}
    for candidate, chance in zip(candidates, chances(candidates, language, weights), strict=True):
        groups.setdefault(candidate.document_id, []).append(Scored(candidate=candidate, score=chance))
    best = []
    for group in groups.values():
        shown = min(group, key=lambda item: (item.candidate.language is not language, *_order(item)))
        best.append(Scored(candidate=shown.candidate, score=max(item.score for item in group)))
    return sorted(best, key=_order)


def _order(scored: Scored) -> tuple[float, str]:
    return (-scored.score, scored.candidate.passage_id)
