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
    "weakest_word",
    "weaker_words",
    "bm25",
    "coverage_same",
    "coverage_other",
    "title_coverage_same",
    "rarest_word",
    "codes",
    "codes_missing",
    "meaning_lead",
    "alignment_lead",
    "weaker_words_lead",
    "bm25_lead",
    "coverage_lead",
    "name_lead",
    "rarest_word_lead",
    "first_by_meaning",
    "first_by_words",
    "same_language",
    "policy",
    "faq",
    "age",
)
"""A lead is the distance of a document's best passage to that of the best other document. The kinds differ in length,
and so in how near they come."""

SIGNS = (
    "evidence",
    "evidence_lead",
    "evidence_of_others",
    "weakest_word",
    "weaker_words",
    "alignment",
    "nearest_part",
    "sentence_closeness",
    "closeness",
    "coverage",
    "bm25",
    "codes_missing",
    "title_closeness",
    "same_language",
)
"""What tells of the first document whether it answers at all. A passage about the right thing that lacks the fact that
was asked for is near in every way but one: its weakest words."""
OTHERS = 3
NOTHING = -5.0
"""Evidence where there is no other document: far below any."""


class Verdict(Value):
    """The fitted logistic function over the signs of the first document."""

    signs: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float


class Weights(Value):
    """The fitted logistic function, with what it was fitted on."""

    embedder: str
    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    verdict: Verdict
    """Of the first document: the chance that it answers."""
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
    lengths = (len(weights.weights), len(weights.verdict.weights))
    if (weights.features, weights.verdict.signs, lengths) != (FEATURES, SIGNS, (len(FEATURES), len(SIGNS))):
        raise ValueError(f"{WEIGHTS.name} was fitted for other features; fit it again.")
    return weights


def features(candidates: Sequence[Candidate], language: Language) -> Rows:
    """One row a candidate, one column a feature."""
    if not candidates:
        return np.zeros((0, len(FEATURES)))
    columns = {name: _column(candidates, name) for name in _NUMBERS}
    same = np.array([float(candidate.language is language) for candidate in candidates])
    names = np.log1p(columns["title_rarity"])
    columns |= {
        "bm25": columns["bm25"] / 10,
        "rarest_word": columns["rarest_word"] / 5,
        "coverage_same": columns["coverage"] * same,
        "coverage_other": columns["coverage"] * (1 - same),
        "title_coverage_same": columns["title_coverage"] * same,
        "meaning_lead": _leads(candidates, columns["meaning"]),
        "alignment_lead": _leads(candidates, columns["alignment"]),
        "weaker_words_lead": _leads(candidates, columns["weaker_words"]),
        "bm25_lead": _leads(candidates, columns["bm25"] / 10),
        "coverage_lead": _leads(candidates, columns["coverage"]),
        "name_lead": _leads(candidates, names),
        "rarest_word_lead": _leads(candidates, columns["rarest_word"] / 5),
        "first_by_meaning": np.array([float(candidate.meaning_rank == 1) for candidate in candidates]),
        "first_by_words": np.array([float(candidate.word_rank == 1) for candidate in candidates]),
        "same_language": same,
        "policy": np.array([float(candidate.kind is Kind.POLICY) for candidate in candidates]),
        "faq": np.array([float(candidate.kind is Kind.FAQ) for candidate in candidates]),
        "age": np.minimum(columns["age_years"], 3.0),
    }
    return np.column_stack([columns[name] for name in FEATURES])


_NUMBERS = (
    *("closeness", "title_closeness", "sentence_closeness", "alignment", "weakest_word", "weaker_words", "bm25"),
    *("coverage", "title_coverage", "title_rarity", "rarest_word", "codes", "codes_missing", "age_years", "meaning"),
)


def _column(candidates: Sequence[Candidate], name: str) -> Rows:
    return np.array([getattr(candidate, name) for candidate in candidates], dtype=float)


def _leads(candidates: Sequence[Candidate], values: Rows) -> Rows:
    """For each candidate how far its document is ahead of the best other one, by the best passage of each."""
    best: dict[str, float] = {}
    for candidate, value in zip(candidates, values.tolist(), strict=True):
        best[candidate.document_id] = max(value, best.get(candidate.document_id, -math.inf))
    ordered = sorted(best.values(), reverse=True)
    first, second = ordered[0], ordered[1] if len(ordered) > 1 else 0.0
    return np.array(
        [best[item.document_id] - (second if best[item.document_id] == first else first) for item in candidates]
    )


def evidence(candidates: Sequence[Candidate], language: Language, weights: Weights) -> list[float]:
    """How much speaks for each candidate, in logits: what they are ordered by."""
    sums: list[float] = (features(candidates, language) @ np.asarray(weights.weights) + weights.bias).tolist()
    return sums


def signs(candidates: Sequence[Candidate], speaking: Sequence[float], language: Language) -> list[float]:
    """The signs of the document that most speaks for, in the order of SIGNS. There is at least one candidate."""
    best: dict[str, float] = {}
    for candidate, value in zip(candidates, speaking, strict=True):
        best[candidate.document_id] = max(value, best.get(candidate.document_id, -math.inf))
    first, *others = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
    own = [candidate for candidate in candidates if candidate.document_id == first[0]]
    top = max(zip(speaking, candidates, strict=True), key=lambda pair: pair[0])[1]

    def most(name: str) -> float:
        return max(float(getattr(candidate, name)) for candidate in own)

    rest = [value for _, value in others[:OTHERS]] or [NOTHING]
    return [
        first[1],
        first[1] - rest[0],
        sum(rest) / len(rest),
        most("weakest_word"),
        most("weaker_words"),
        most("alignment"),
        max(most("title_closeness"), most("sentence_closeness")),
        most("sentence_closeness"),
        most("closeness"),
        most("coverage"),
        most("bm25") / 10,
        top.codes_missing,
        most("title_closeness"),
        float(any(candidate.language is language for candidate in own)),
    ]


def chances(candidates: Sequence[Candidate], language: Language, weights: Weights) -> list[float]:
    """The chance of each candidate that it answers, 0 to 1. The highest is the verdict on the question."""
    if not candidates:
        return []
    speaking = evidence(candidates, language, weights)
    verdict = _logistic(
        float(np.dot(signs(candidates, speaking, language), weights.verdict.weights)) + weights.verdict.bias
    )
    raw = [_logistic(value) for value in speaking]
    return [verdict * value / max(raw) for value in raw]


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-min(max(value, -30.0), 30.0)))
