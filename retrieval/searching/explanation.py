"""A search laid open: what each leg found, the scores, how they were joined, what the reranker weighed."""

import time
from collections.abc import Sequence

from domain.knowledge import SearchResult
from domain.values import Value
from domain.vocabulary import Language
from retrieval.reranking.features import FEATURES, SIGNS, Weights, evidence, features, signs
from retrieval.reranking.ranking import Scored
from retrieval.searching.candidates import Candidate
from retrieval.searching.finding import Found
from retrieval.searching.question import Question

FEATURE_MODEL = "feature model"
"""The default reranker (retrieval/reranking/features.py)."""


class Clock:
    """How long each part of a search takes, in seconds."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def end(self, part: str) -> None:
        """A part is over, and the next one begins."""
        now = time.perf_counter()
        self.seconds[part], self._since = now - self._since, now


class ExplainedTerm(Value):
    """A term of the question in one language of the store."""

    term: str
    language: Language
    passages: int
    """Live passages that hold it."""
    weight: float
    """Inverse document frequency, lowered for a guess."""
    guessed: bool
    """It stands in for a word that the store does not know."""


class ExplainedCandidate(Value):
    """A candidate with what the reranker made of it."""

    candidate: Candidate
    rank: int | None
    """Place in the result, from 1; null: another passage of its document stands for it."""
    score: float | None
    contributions: dict[str, float]
    """Feature to weight times value, of the default reranker; their sum and the bias are what speaks for it."""


class Explanation(Value):
    """One search, laid open."""

    text: str
    language: Language
    embedder: str | None
    """Null: nothing was searched, because the question has no words."""
    terms: tuple[ExplainedTerm, ...] = ()
    candidates: tuple[ExplainedCandidate, ...] = ()
    """Those of the result first, in its order, then the others by meaning."""
    threshold: float
    """From this score on a question counts as answerable."""
    bias: float
    result: SearchResult
    reranker: str = FEATURE_MODEL
    """What the scores are of. Whether the question counts as answerable is always said by the feature model."""
    signs: dict[str, float] = {}
    """Sign of the document that most speaks for to weight times value: with their bias they make its chance."""
    signs_bias: float = 0.0
    seconds: dict[str, float] = {}
    """How long each part took: reading the question, finding (embedding and both legs), ranking."""


def explain_search(
    question: Question, found: Found | None, ranked: Sequence[Scored], result: SearchResult, weights: Weights
) -> Explanation:
    """Puts together what a search did."""
    return Explanation(
        text=question.text,
        language=question.language,
        embedder=found.embedder if found else None,
        terms=_terms(found) if found else (),
        candidates=_candidates(found, ranked, question.language, weights) if found else (),
        threshold=weights.threshold,
        bias=weights.bias,
        signs=_signs(found, question.language, weights) if found else {},
        signs_bias=weights.verdict.bias,
        result=result,
    )


def _terms(found: Found) -> tuple[ExplainedTerm, ...]:
    each = zip(found.terms.terms, found.terms.frequencies, found.terms.weights, strict=True)
    return tuple(
        ExplainedTerm(term=term.term, language=term.language, passages=n, weight=weight, guessed=term.trust < 1)
        for term, n, weight in each
    )


def _signs(found: Found, language: Language, weights: Weights) -> dict[str, float]:
    if not found.candidates:
        return {}
    values = signs(found.candidates, evidence(found.candidates, language, weights), language)
    return {name: value * weight for name, value, weight in zip(SIGNS, values, weights.verdict.weights, strict=True)}


def _candidates(
    found: Found, ranked: Sequence[Scored], language: Language, weights: Weights
) -> tuple[ExplainedCandidate, ...]:
    if not found.candidates:
        return ()
    places = {item.candidate.passage_id: (place, item.score) for place, item in enumerate(ranked, start=1)}
    rows = features(found.candidates, language) * weights.weights
    explained = [
        ExplainedCandidate(
            candidate=candidate,
            rank=places.get(candidate.passage_id, (None, None))[0],
            score=places.get(candidate.passage_id, (None, None))[1],
            contributions=dict(zip(FEATURES, row.tolist(), strict=True)),
        )
        for candidate, row in zip(found.candidates, rows, strict=True)
    ]
    return tuple(sorted(explained, key=lambda item: (item.rank or len(explained) + 1, -item.candidate.meaning)))
