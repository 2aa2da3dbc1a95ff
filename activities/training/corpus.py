"""Texts with their vectors and n-grams: embedded once, whatever is fitted on them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from activities.classification.model import Numbers, Vectors
from activities.training.heads import Space, grams_of, likeness, weighed
from domain.ports import Embedder

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BATCH = 64


class Corpus:
    """Texts, read."""

    def __init__(self, texts: Sequence[str], vectors: Vectors) -> None:
        self.texts = tuple(texts)
        self.vectors = vectors
        self.grams = grams_of(self.texts)

    def likenesses(self, space: Space) -> Vectors:
        """(texts, landmarks)."""
        return likeness(self.vectors, space)

    def weighed(self, rarity: Numbers) -> "csr_matrix":
        """N-grams as rows of unit length."""
        return weighed(self.grams, rarity)


async def read_corpus(embedder: Embedder, texts: Sequence[str]) -> Corpus:
    """Embeds the texts. Raises Unavailable when a remote embedder does not answer."""
    rows: list[list[float]] = []
    for start in range(0, len(texts), BATCH):
        rows += await embedder.embed(texts[start : start + BATCH])
    return Corpus(texts, np.asarray(rows, dtype=np.float32).reshape(len(texts), embedder.dimensions))
