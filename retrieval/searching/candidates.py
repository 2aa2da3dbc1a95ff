"""Candidate passages with all that ranking weighs of them. Pure: rows and vectors in, numbers out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from domain.values import Value
from domain.vocabulary import Kind, Language
from retrieval.alignment import alignments, unpack_pieces
from retrieval.searching.question import Question, WeightedTerms
from retrieval.vectors import unpack

K1, B = 1.2, 0.75
"""Of BM25: how soon a repeated word stops counting, and how much long passages are held back."""
MEANING_WEIGHTS = (0.5, 1.0, 1.6)
"""Of whole passage, nearest sentence and word-by-word likeness: their deviations on XQuAD are about 2 : 1 : 0.6."""
_COPIED = ("passage_id", "document_id", "language", "kind", "title", "content_hash", "url", "closeness")
FOREIGN_WORDS = 0.3
"""Share of its BM25 score that a passage in another language than the customer's is ordered by: what matches there are
names, codes and chance. Plain fusion of both orders loses a third of the hits across languages."""


class Candidate(Value):
    """A passage that may answer, with what both searches say of it."""

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
    """Cosine between the question and the whole passage, -1 to 1."""
    title_closeness: float
    """Cosine between the question and the passage's title, -1 to 1."""
    sentence_closeness: float
    """The best cosine between the question and a sentence of the passage, -1 to 1."""
    alignment: float = Field(ge=0, le=1)
    """Word-by-word likeness, across languages too (retrieval/alignment.py)."""
    bm25: float = Field(ge=0)
    coverage: float = Field(ge=0)
    """Share of the question's words, weighed by rarity, that the passage holds, 0 to 1."""
    title_coverage: float = Field(ge=0)
    """The same for the title alone."""
    title_rarity: float = Field(ge=0)
    """How rare the question's words in the title are together: high when a product is called by its name."""
    codes: float = Field(default=0.0, ge=0, le=1)
    """Share of the question's codes and numbers that the passage holds; 0 where it has none."""
    codes_missing: float = Field(default=0.0, ge=0, le=1)
    """Share that it lacks; 0 where the question has none."""
    age_years: float = Field(default=0.0, ge=0)
    """Since it is in effect, or was loaded."""
    meaning_rank: int | None = None
    """Place of its document in the search by meaning, from 1; null: not among those kept."""
    word_rank: int | None = None
    """The same for the search by words."""

    @property
    def meaning(self) -> float:
        """What the search by meaning orders by."""
        whole, sentence, words = MEANING_WEIGHTS
        return whole * self.closeness + sentence * self.sentence_closeness + words * self.alignment

    def words(self, language: Language) -> float:
        """What the search by words orders by, for a customer of this language."""
        return self.bm25 * (1.0 if self.language is language else FOREIGN_WORDS)


def candidates_of(
    rows: Sequence[Mapping[str, Any]],
    question: Question,
    vector: Sequence[float],
    terms: WeightedTerms,
    *,
    kinds: Sequence[Kind],
    at: datetime,
) -> list[Candidate]:
    """Rows of the statement `details` as candidates, in the same order. `kinds` are those that count as preferred."""
    asked = np.asarray(vector, dtype=np.float32)
    aligned = alignments(question.pieces, [unpack_pieces(row["pieces"]) for row in rows])
    return [
        Candidate.model_validate(
            {name: row[name] for name in _COPIED}
            | {"preferred": row["kind"] in kinds, "alignment": min(1.0, alignment)}
            | {"age_years": max(0.0, (at - row["since"]).days / 365.25)}
            | _closenesses(row, asked)
            | _word_scores(row, terms)
        )
        for row, alignment in zip(rows, aligned, strict=True)
    ]


def _closenesses(row: Mapping[str, Any], asked: npt.NDArray[np.float32]) -> dict[str, float]:
    parts = unpack(row["parts"], len(asked)) @ asked
    return {
        "title_closeness": float(parts[0]) if len(parts) else row["closeness"],
        "sentence_closeness": float(parts[1:].max()) if len(parts) > 1 else row["closeness"],
    }


def _word_scores(row: Mapping[str, Any], terms: WeightedTerms) -> dict[str, float]:
    language = Language(row["language"])
    own = [place for place, term in enumerate(terms.terms) if term.language is language]
    held = [place for place in own if row["frequencies"][place]]
    named = [place for place in own if row["in_title"][place]]
    codes = [place for place in own if any(letter.isdigit() for letter in terms.terms[place].term)]
    total = terms.totals.get(language, 0.0) or 1.0
    rarity = sum(terms.weights[place] for place in named)
    share = len([place for place in codes if row["frequencies"][place]]) / len(codes) if codes else 0.0
    return {
        "bm25": sum(
            terms.weights[place] * saturated(row["frequencies"][place], row["length"], terms.average_lengths[place])
            for place in held
        ),
        "coverage": sum(terms.weights[place] for place in held) / total,
        "title_coverage": rarity / total,
        "title_rarity": rarity,
        "codes": share,
        "codes_missing": 1 - share if codes else 0.0,
    }


def saturated(frequency: int, length: int, average: float) -> float:
    """BM25's share for a term that occurs `frequency` times in a passage of `length` terms, 0 to K1 + 1."""
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length / max(average, 1.0)))


def shortlist(
    candidates: Sequence[Candidate], language: Language, *, semantic_k: int, keyword_k: int
) -> list[Candidate]:
    """The best documents of each search, each kind of preference for itself, with every passage of theirs that is
    among the best two of its language there. Ranks are written into them."""
    kept: dict[str, Candidate] = {}
    for preferred in (True, False):
        group = [candidate for candidate in candidates if candidate.preferred is preferred]
        by_meaning = _places(group, lambda item: item.meaning, semantic_k)
        by_words = _places(group, lambda item: item.words(language), keyword_k, above=0.0)
        for item in _best_of_documents(group, {*by_meaning, *by_words}):
            ranks = {"meaning_rank": by_meaning.get(item.document_id), "word_rank": by_words.get(item.document_id)}
            kept[item.passage_id] = item.model_copy(update=ranks)
    return list(kept.values())


def _places(group: Sequence[Candidate], score: Any, most: int, above: float = -np.inf) -> dict[str, int]:
    """Place of each of the best documents, from 1, by their best passage."""
    best: dict[str, float] = {}
    for item in group:
        if score(item) > above:
            best[item.document_id] = max(score(item), best.get(item.document_id, -np.inf))
    ordered = sorted(best, key=lambda document: (-best[document], document))[:most]
    return {document: place for place, document in enumerate(ordered, start=1)}


def _best_of_documents(group: Sequence[Candidate], documents: set[str]) -> list[Candidate]:
    taken: dict[tuple[str, Language], list[Candidate]] = {}
    for item in sorted(group, key=lambda item: (-item.meaning - item.bm25 / 20, item.passage_id)):
        if item.document_id in documents:
            taken.setdefault((item.document_id, item.language), []).append(item)
    return [item for items in taken.values() for item in items[:2]]
