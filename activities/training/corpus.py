"""Texts with their vectors and n-grams: embedded once, whatever is fitted on them."""

import asyncio
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


class Reader:
    """Embeds each text once, however many corpora it belongs to."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    async def corpus(self, texts: Sequence[str]) -> Corpus:
        """Raises Unavailable when a remote embedder does not answer."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            for text, vector in zip(batch, await self._embedder.embed(batch), strict=True):
                self._known[text] = np.asarray(vector, dtype=np.float32)
        vectors = np.stack([self._known[text] for text in texts])
        return await asyncio.to_thread(Corpus, texts, vectors)
