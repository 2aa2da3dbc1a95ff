"""How well each piece of the found passages answers each question of a message."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from activities.generation.answer_features import Known, features, texts_of
from activities.generation.answer_weights import AnswerModel, shipped_model
from activities.generation.asking import Question
from activities.generation.misspellings import mended
from activities.generation.offers import offers_of, places_of
from activities.generation.pieces import Piece
from domain.ports import Embedder
from domain.vocabulary import Language

MAX_PIECES = 90
"""Pieces that are judged; those of the passages found first."""
Rows = npt.NDArray[np.float64]


class Judged(NamedTuple):
    """A question with the chance of each piece that it answers, 0 to 1."""

    question: Question
    chances: tuple[float, ...]

    @property
    def best(self) -> int:
        """Place of the piece that answers best."""
        return max(range(len(self.chances)), key=self.chances.__getitem__)


async def rows_of(
    embedder: Embedder,
    questions: Sequence[Question],
    pieces: Sequence[Piece],
    scores: Mapping[str, float],
    language: Language,
    *,
    whole: str = "",
) -> list[Rows]:
    """For each question one row a piece. `scores`: of each passage by its id; `whole`: the message that the questions
    were cut out of. Embeds everything in one call. Raises Unavailable when a remote embedder does not answer."""
    offers = offers_of(pieces)
    words = [text for offer in offers for text in (offer.text, offer.context, offer.subject)]
    questions = [Question(*(mended(text, language, words) for text in question)) for question in questions]
    whole = mended(whole, language, words)
    asked = [text for question in questions for text in texts_of(question.text, offers)]
    texts = list(dict.fromkeys([*asked, whole] if whole else asked))
    vectors = np.asarray(await embedder.embed(texts), dtype=np.float32)
    known = Known({text: place for place, text in enumerate(texts)}, vectors)
    places = places_of(pieces, scores, language)
    return [
        np.concatenate(
            [features(question.text, language, offers, known, own=question.own, whole=whole), places], axis=1
        )
        for question in questions
    ]


def judge(questions: Sequence[Question], rows: Sequence[Rows], model: AnswerModel | None = None) -> list[Judged]:
    """Each question with the chances of its pieces, by the shipped model unless another is given."""
    chosen = model or shipped_model()
    return [
        Judged(question, tuple(chosen.chances(each).tolist())) for question, each in zip(questions, rows, strict=True)
    ]
