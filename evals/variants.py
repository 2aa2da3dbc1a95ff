"""The search with one of its parts off: what is left of recorded candidates, and in which order. Pure.

Candidates are recorded once with everything that is known of them, many more than the search keeps. A variant takes
its part away from each, lets the search's own code shorten the list, and orders what is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from domain.values import Value
from domain.vocabulary import Language
from evals.baselines import RANK_CONSTANT
from retrieval.reranking.features import FEATURES, Weights, chances
from retrieval.reranking.ranking import rank
from retrieval.reranking.training import Case, LabelledQuestion, fit
from retrieval.searching.candidates import Candidate
from retrieval.searching.pool import Pool, shortlist

ALL = 100
"""More documents than are looked at for any question."""
TOP = 5
WORDS = frozenset("bm25 coverage title_coverage title_rarity rarest_word codes codes_missing".split())
MEANING = frozenset("closeness title_closeness sentence_closeness alignment weakest_word weaker_words".split())
Order = Callable[[Sequence[Candidate]], list[float]]


class Recorded(Value):
    """A labelled question with all that was found for it."""

    id: str
    language: Language
    documents: tuple[str, ...]
    """Those that answer it; empty where none does."""
    crosses: bool = False
    candidates: tuple[Candidate, ...]
    without_guesses: tuple[Candidate, ...]
    """The same where no word is taken for another that it resembles."""
    full_foreign: tuple[Candidate, ...]
    """The same where words count in passages of other languages as much as in those of the customer's."""


@dataclass(frozen=True)
class Variant:
    """One way to search."""

    name: str
    zeroed: frozenset[str] = frozenset()
    """What is taken away from candidates."""
    as_whole: frozenset[str] = frozenset()
    """Closenesses that are those of the whole passage instead."""
    semantic_k: int = 5
    keyword_k: int = 3
    recording: Literal["candidates", "without_guesses", "full_foreign"] = "candidates"
    hidden: frozenset[str] = frozenset()
    """Features that the reranker does not see."""
    order: Order | None = None
    """Scores in place of the reranker's."""


def by_meaning(candidates: Sequence[Candidate]) -> list[float]:
    """The order of the search by meaning."""
    return [candidate.meaning for candidate in candidates]


def by_reciprocal_ranks(candidates: Sequence[Candidate]) -> list[float]:
    """Plain reciprocal-rank fusion of both searches."""
    return [
        sum(1 / (RANK_CONSTANT + place) for place in (each.meaning_rank, each.word_rank) if place is not None)
        for each in candidates
    ]


WHOLE = Variant("everything")
VARIANTS = (
    Variant("keyword search finds nothing", keyword_k=0),
    Variant("meaning alone, no words anywhere", zeroed=WORDS, keyword_k=0),
    Variant("words alone, no meaning anywhere", zeroed=MEANING, semantic_k=0, keyword_k=8),
    Variant("no vectors of sentences", as_whole=frozenset({"sentence_closeness"})),
    Variant("no word-by-word likeness", zeroed=frozenset({"alignment", "weakest_word", "weaker_words"})),
    Variant(
        "no vector and no terms of titles",
        zeroed=frozenset({"title_coverage", "title_rarity"}),
        as_whole=frozenset({"title_closeness"}),
    ),
    Variant("no leads", hidden=frozenset(name for name in FEATURES if name.endswith("_lead"))),
    Variant("words of other languages count fully", recording="full_foreign"),
    Variant("no guesses at typos", recording="without_guesses"),
    Variant("no reranker: order of meaning", order=by_meaning),
    Variant(
        "plain reciprocal-rank fusion",
        semantic_k=ALL,
        keyword_k=ALL,
        recording="full_foreign",
        order=by_reciprocal_ranks,
    ),
)


def kept(case: Recorded, variant: Variant) -> list[Candidate]:
    """What both searches of a variant keep for a question, with their ranks there."""
    found: tuple[Candidate, ...] = getattr(case, variant.recording)
    pool = _pool([_changed(candidate, variant) for candidate in found])
    return shortlist(pool, semantic_k=variant.semantic_k, keyword_k=variant.keyword_k)


def _changed(candidate: Candidate, variant: Variant) -> Candidate:
    known = Candidate.model_fields.keys()
    update = dict.fromkeys(variant.zeroed & known, 0.0) | dict.fromkeys(variant.as_whole, candidate.closeness)
    return candidate.model_copy(update=update) if update else candidate


def _pool(candidates: Sequence[Candidate]) -> Pool:
    numbers = [name for name, field in Candidate.model_fields.items() if field.annotation is float]
    return Pool(
        rows=[candidate.model_dump() for candidate in candidates],
        preferred=np.array([candidate.preferred for candidate in candidates], dtype=bool),
        columns={name: np.array([getattr(each, name) for each in candidates], dtype=float) for name in numbers},
        meaning=np.array([candidate.meaning for candidate in candidates], dtype=float),
        words=np.array([candidate.bm25 for candidate in candidates], dtype=float),
    )


def ranked(case: Recorded, variant: Variant, weights: Weights) -> tuple[tuple[str, float], ...]:
    """The best documents with their scores, best first."""
    candidates = kept(case, variant)
    scores = variant.order(candidates) if variant.order else chances(candidates, case.language, weights)
    found = rank(candidates, scores, case.language, weights.threshold)[:TOP]
    return tuple((item.candidate.document_id, item.score) for item in found)


def refit(cases: Sequence[Recorded], variant: Variant, shipped: Weights) -> Weights:
    """The weights that the default reranker would have, had it been fitted to this variant."""
    taught = [
        Case(
            question=LabelledQuestion(id=case.id, language=case.language, text="", documents=case.documents),
            candidates=tuple(kept(case, variant)),
        )
        for case in cases
    ]
    return fit(taught, shipped.embedder, threshold=shipped.threshold, hidden=variant.hidden)
