"""Embedding models of Cohere, over the network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from domain.ports import EmbeddingRole
from retrieval.embedding.cohere_api import CohereApi, misfit
from retrieval.embedding.local_models import clean

BATCH = 96
"""Texts in one request: as many as they take."""
QUESTION_SECONDS = 4.0
"""All attempts for a question: a customer waits, and the step that searches has 10 s."""
PASSAGE_SECONDS = 60.0
"""All attempts for a request of passages: a load can wait out a limit on the number of requests in a minute."""
INPUT_TYPES: dict[EmbeddingRole, str] = {"passage": "search_document", "question": "search_query"}
FIXED_DIMENSIONS = {
    "embed-english-v3.0": 1024,
    "embed-multilingual-v3.0": 1024,
    "embed-english-light-v3.0": 384,
    "embed-multilingual-light-v3.0": 384,
}
"""Models whose vectors have one length, which may not be asked for."""


class CohereEmbedder:
    """Satisfies `domain.ports.Embedder`. What is embedded leaves the installation."""

    provider = "cohere"

    def __init__(
        self,
        api: CohereApi,
        *,
        model: str = "embed-v4.0",
        dimensions: int = 1024,
        question_seconds: float = QUESTION_SECONDS,
        passage_seconds: float = PASSAGE_SECONDS,
    ) -> None:
        """`dimensions` is what is asked for; a model with vectors of one length keeps to that length."""
        self._api = api
        self._model = model
        self._dimensions = FIXED_DIMENSIONS.get(model, dimensions)
        self._seconds: dict[EmbeddingRole, float] = {"question": question_seconds, "passage": passage_seconds}

    @property
    def name(self) -> str:
        return f"cohere/{self._model}/{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        """One unit vector a text, in order. Raises Unavailable when Cohere does not answer in time or not with vectors,
        ModelUnusable when it refuses."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            batch = [_filled(text) for text in texts[start : start + BATCH]]
            answer = await self._api.post("/v2/embed", self._request(batch, role), patience=self._seconds[role])
            vectors += _unit_vectors(answer, len(batch), self._dimensions)
        return vectors

    def _request(self, texts: list[str], role: EmbeddingRole) -> dict[str, Any]:
        request = {
            "model": self._model,
            "texts": texts,
            "input_type": INPUT_TYPES[role],
            "embedding_types": ["float"],
            "truncate": "END",
        }
        return request if self._model in FIXED_DIMENSIONS else request | {"output_dimension": self._dimensions}


def _filled(text: str) -> str:
    """A text as they take it: one of blanks alone would fail the whole request."""
    return clean(text) if text.strip() else "-"


def _unit_vectors(answer: dict[str, Any], count: int, dimensions: int) -> list[list[float]]:
    try:
        rows = np.asarray(answer["embeddings"]["float"], dtype=np.float64)
    except (LookupError, TypeError, ValueError) as error:
        raise misfit("holds no vectors") from error
    if rows.shape != (count, dimensions):
        size = " × ".join(str(side) for side in rows.shape) or "no"
        raise misfit(f"holds {size} numbers where {count} × {dimensions} were asked for")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(rows).all() or not lengths.all():
        raise misfit("holds vectors without a direction")
    result: list[list[float]] = (rows / lengths).tolist()
    return result
