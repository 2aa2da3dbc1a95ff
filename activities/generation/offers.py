"""The pieces of all found passages as offers to answer, with where they stand. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from activities.generation.answer_features import Offer
from activities.generation.pieces import Piece, context_of, subject_of
from domain.vocabulary import Kind, Language

PLACES = (
    *("passage_score", "passage_behind", "first_document", "early"),
    *("faq", "product", "row", "item", "foreign", "leans", "piece_length"),
)
"""What is known of a piece beside its words, after the columns of `answer_features.NAMES`."""
LONG = 60
"""Words from which on a piece is as long as can be."""
Rows = npt.NDArray[np.float64]


def offers_of(pieces: Sequence[Piece]) -> list[Offer]:
    """The pieces as the features read them."""
    return [Offer(p.text, context_of(p), subject_of(p.passage), p.passage.language) for p in pieces]


def places_of(pieces: Sequence[Piece], scores: Mapping[str, float], language: Language) -> Rows:
    """One row a piece, one column for each of PLACES. `scores`: of each passage by its id, best passage first."""
    best = max(scores.values(), default=0.0)
    ids = {piece.passage.passage_id: piece.passage.document_id for piece in pieces}
    first = next((ids[name] for name in scores if name in ids), "")
    rows = [
        [
            scores.get(piece.passage.passage_id, 0.0),
            best - scores.get(piece.passage.passage_id, 0.0),
            piece.passage.document_id == first,
            1 / (1 + piece.place),
            piece.passage.kind is Kind.FAQ,
            piece.passage.kind is Kind.PRODUCT,
            piece.shape == "row",
            piece.shape in ("item", "step"),
            piece.passage.language is not language,
            piece.leans,
            min(LONG, piece.words) / LONG,
        ]
        for piece in pieces
    ]
    return np.array(rows, dtype=np.float64).reshape(len(pieces), len(PLACES))
