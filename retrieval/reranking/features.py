"""The default reranker: a small logistic model over what both searches say. Pure: numbers in, numbers out.

Each candidate becomes a row of features: how near it is in meaning, how much of the question's rare words and codes it
holds, in the same language or another one, and how it stands against the best other document. A logistic function,
fitted on labelled questions (`retrieval.reranking.training`), turns the row into the chance that it answers.
"""

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import Field

from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.searching.candidates import Candidate

WEIGHTS = Path(__file__).parents[1] / "resources" / "ranking.json"
Rows = npt.NDArray[np.float64]

FEATURES = (
    "closeness",
    "title_closeness",
    "sentence_closeness",
    "alignment",
    "coverage_same",
    "coverage_other",
    "title_coverage_same",
    "codes",
    "codes_missing",
    "meaning_lead",
    "alignment_lead",
    "coverage_lead",
    "name_lead",
    "first_by_meaning",
    "first_by_words",
    "same_language",
    "policy",
    "faq",
    "age",
)
"""A lead is the distance to the best other document. The kinds differ in length, and so in how near they come."""


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
    data: dict[str, str] = {}
    """Name and SHA-256 of each set it was fitted on."""


@cache
def shipped_weights() -> Weights:
    """The weights that come with Holdpoint. Raises ValueError when the file does not fit this code."""
    weights = Weights.model_validate(json.loads(WEIGHTS.read_text(encoding="utf-8")))
    if weights.features != FEATURES or len(weights.weights) != len(FEATURES):
        raise ValueError(f"{WEIGHTS.name} was fitted for other features; fit it again.")
    return weights


def features(candidates: Sequence[Candidate], language: Language) -> Rows:
    """One row a candidate, one column a feature."""
    nearness = [_nearness(candidate) for candidate in candidates]
    aligned = [candidate.alignment for candidate in candidates]
    coverage = [candidate.coverage for candidate in candidates]
    names = [math.log1p(candidate.title_rarity) for candidate in candidates]
    rows = np.zeros((len(candidates), len(FEATURES)))
    for row, candidate in enumerate(candidates):
        same = float(candidate.language is language)
        others = [index for index, other in enumerate(candidates) if other.document_id != candidate.document_id]
        rows[row] = (
            candidate.closeness,
            candidate.title_closeness,
            candidate.sentence_closeness,
            candidate.alignment,
            candidate.coverage * same,
            candidate.coverage * (1 - same),
            candidate.title_coverage * same,
            candidate.codes,
            candidate.codes_missing,
            *(
                values[row] - max((values[index] for index in others), default=0.0)
                for values in (nearness, aligned, coverage, names)
            ),
            candidate.meaning_rank == 1,
            candidate.word_rank == 1,
            same,
            candidate.kind is Kind.POLICY,
            candidate.kind is Kind.FAQ,
            min(candidate.age_years, 3.0),
        )
    return rows


def _nearness(candidate: Candidate) -> float:
    # The mean does better than any alone or the largest: a title names the thing, a sentence says what about it.
    return (candidate.closeness + candidate.title_closeness + 2 * candidate.sentence_closeness) / 4


def chances(candidates: Sequence[Candidate], language: Language, weights: Weights) -> list[float]:
    """The chance of each candidate that it answers, 0 to 1."""
    if not candidates:
        return []
    sums = features(candidates, language) @ np.asarray(weights.weights) + weights.bias
    result: list[float] = (1 / (1 + np.exp(-np.clip(sums, -30, 30)))).tolist()
    return result
