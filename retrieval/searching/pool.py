"""Everything that was found for a question, as columns of numbers: what is kept of it becomes candidates. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.vocabulary import Kind, Language
from retrieval.alignment import align, unpack_pieces
from retrieval.searching.candidates import K1, MEANING_WEIGHTS, B, Candidate
from retrieval.searching.question import Question, WeightedTerms
from retrieval.vectors import unpack

Column = npt.NDArray[np.float64]
_COPIED = ("passage_id", "document_id", "language", "kind", "title", "content_hash", "url", "closeness")


@dataclass(frozen=True)
class Pool:
    """Found passages, one row each, with a column for each thing that is weighed."""

    rows: Sequence[Mapping[str, Any]]
    preferred: npt.NDArray[np.bool_]
    columns: Mapping[str, Column]
    meaning: Column
    """What the search by meaning orders by."""
    words: Column
    """What the search by words orders by."""

    def candidate(self, row: int, *, meaning_rank: int | None, word_rank: int | None) -> Candidate:
        """A row as a candidate."""
        return Candidate.model_validate(
            {name: self.rows[row][name] for name in _COPIED}
            | {name: float(column[row]) for name, column in self.columns.items()}
            | {"preferred": bool(self.preferred[row]), "meaning_rank": meaning_rank, "word_rank": word_rank}
        )


def pool_of(
    rows: Sequence[Mapping[str, Any]],
    question: Question,
    vector: Sequence[float],
    terms: WeightedTerms,
    *,
    kinds: Sequence[Kind],
    at: datetime,
) -> Pool:
    """Rows of the statement `details`, weighed. `kinds` are those that count as preferred."""
    aligned = align(question.pieces, [unpack_pieces(row["pieces"]) for row in rows])
    closeness = np.array([row["closeness"] for row in rows], dtype=float)
    titles, sentences = _closenesses(rows, np.asarray(vector, dtype=np.float32), closeness)
    columns = {
        "title_closeness": titles,
        "sentence_closeness": sentences,
        "alignment": np.array([min(1.0, each.mean) for each in aligned]),
        "weakest_word": np.array([min(1.0, each.weakest) for each in aligned]),
        "weaker_words": np.array([min(1.0, each.weaker) for each in aligned]),
        "age_years": np.array([max(0.0, (at - row["since"]).days / 365.25) for row in rows]),
        **_word_columns(rows, terms),
    }
    whole, part, words = MEANING_WEIGHTS
    return Pool(
        rows=rows,
        preferred=np.array([row["kind"] in kinds for row in rows], dtype=bool),
        columns=columns,
        meaning=whole * closeness + part * np.maximum(titles, sentences) + words * columns["alignment"],
        words=columns["bm25"],
    )


def _closenesses(
    rows: Sequence[Mapping[str, Any]], vector: npt.NDArray[np.float32], whole: Column
) -> tuple[Column, Column]:
    """Cosines of the title and of the nearest sentence; those of the whole where a passage has no parts."""
    parts = unpack(b"".join(row["parts"] for row in rows), len(vector)) @ vector
    size = len(vector) + 4
    titles, sentences = whole.copy(), whole.copy()
    start = 0
    for place, row in enumerate(rows):
        end = start + len(row["parts"]) // size
        if end > start:
            titles[place] = parts[start]
        if end > start + 1:
            sentences[place] = parts[start + 1 : end].max()
        start = end
    return titles, sentences


def _word_columns(rows: Sequence[Mapping[str, Any]], terms: WeightedTerms) -> dict[str, Column]:
    """What the shared words of question and passage say; `terms.known` are the columns of the rows' arrays."""
    weights = np.array([terms.weights[place] for place in terms.known])
    averages = np.array([max(terms.average_lengths[place], 1.0) for place in terms.known])
    codes = np.array([terms.is_code(place) for place in terms.known], dtype=bool)
    shape = (len(rows), len(terms.known))
    counts = np.array([row["frequencies"] for row in rows], dtype=float).reshape(shape)
    named = np.array([row["in_title"] for row in rows], dtype=float).reshape(shape)
    lengths = np.array([row["length"] for row in rows], dtype=float)[:, None]
    totals = np.array([terms.totals.get(Language(row["language"]), 0.0) or 1.0 for row in rows])
    asked_codes = np.array([terms.codes.get(Language(row["language"]), 0) for row in rows])
    saturated = counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths / averages))
    held = counts > 0
    rarest = (held * weights).max(axis=1) if terms.known else np.zeros(len(rows))
    rarity = named @ weights
    share = np.where(asked_codes > 0, (held & codes).sum(axis=1) / np.maximum(asked_codes, 1), 0.0)
    return {
        "bm25": saturated @ weights,
        "coverage": (held @ weights) / totals,
        "title_coverage": rarity / totals,
        "title_rarity": rarity,
        "rarest_word": rarest,
        "codes": share,
        "codes_missing": np.where(asked_codes > 0, 1 - share, 0.0),
    }


def shortlist(pool: Pool, *, semantic_k: int, keyword_k: int) -> list[Candidate]:
    """The best documents of each search, preferred ones and others apart, with their two best passages a language."""
    kept: list[Candidate] = []
    for preferred in (True, False):
        group = np.flatnonzero(pool.preferred == preferred).tolist()
        by_meaning = _places(pool, group, pool.meaning, semantic_k)
        by_words = _places(pool, [row for row in group if pool.words[row] > 0], pool.words, keyword_k)
        for row in _best_of_documents(pool, group, {*by_meaning, *by_words}):
            document = pool.rows[row]["document_id"]
            kept.append(pool.candidate(row, meaning_rank=by_meaning.get(document), word_rank=by_words.get(document)))
    return kept


def _places(pool: Pool, group: Sequence[int], scores: Column, most: int) -> dict[str, int]:
    """Place of each of the best documents, from 1, by their best passage."""
    best: dict[str, float] = {}
    for row in group:
        document = pool.rows[row]["document_id"]
        best[document] = max(float(scores[row]), best.get(document, -np.inf))
    ordered = sorted(best, key=lambda document: (-best[document], document))[:most]
    return {document: place for place, document in enumerate(ordered, start=1)}


def _best_of_documents(pool: Pool, group: Sequence[int], documents: set[str]) -> list[int]:
    taken: dict[tuple[str, str], list[int]] = {}
    for row in sorted(group, key=lambda row: (-pool.meaning[row] - pool.words[row] / 20, pool.rows[row]["passage_id"])):
        if pool.rows[row]["document_id"] in documents:
            taken.setdefault((pool.rows[row]["document_id"], pool.rows[row]["language"]), []).append(row)
    return [row for rows in taken.values() for row in rows[:2]]
